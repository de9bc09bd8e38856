/** The optional parameters of an alert for a text (DM-1.3 §10.3), and how dates and times are written in them. */
import type { Control } from './controls.ts';
import type { TextForm } from './page.ts';

/** DR, MAXLEN, IT and ET, in this order; '' for none. */
export function alertOptions(control: Extract<Control, { readonly kind: 'text' }>): string {
  const options = new URLSearchParams();
  const initial = toAlertText(control.value, control.form);
  if (initial !== undefined && initial !== '') options.set('DR', initial);
  if (control.maxLength !== undefined) options.set('MAXLEN', control.maxLength);
  if (control.inputType !== undefined) options.set('IT', control.inputType);
  if (control.isPassword) options.set('ET', 'P');
  return options.toString();
}

/** A value of HTML as an alert has it: a date as DDMMYYYY, a time as hhmmss; undefined for a value that is none. */
function toAlertText(value: string, form: TextForm): string | undefined {
  if (form === 'text') return value;
  if (form === 'date') {
    const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) ?? [];
    return year === undefined ? undefined : `${day}${month}${year}`;
  }
  const [, hours, minutes, seconds = '00'] = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$/.exec(value) ?? [];
  return hours === undefined ? undefined : `${hours}${minutes}${seconds}`;
}

/** The text that a user typed as the value of HTML; undefined for a date or time that is none. */
export function fromAlertText(text: string, form: TextForm): string | undefined {
  if (form === 'text') return text;
  const digits = text.trim();
  // A control that the user left empty is submitted empty.
  if (digits === '') return '';
  if (form === 'date') {
    const [, day = '', month = '', year = ''] = /^(\d{2})(\d{2})(\d{4})$/.exec(digits) ?? [];
    return isDate(year, month, day) ? `${year}-${month}-${day}` : undefined;
  }
  const [, hours, minutes, seconds = '00'] = /^([01]\d|2[0-3])([0-5]\d)([0-5]\d)?$/.exec(digits) ?? [];
  return hours === undefined ? undefined : `${hours}:${minutes}:${seconds}`;
}

function isDate(year: string, month: string, day: string): boolean {
  const text = `${year}-${month}-${day}`;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
