/**
 * A user interaction alert of DM 1.x as the page that a DM 2.0 SHOW points to: a text, a yes/no form, a text field, a
 * choice or several.
 *
 * @see OMA-TS-DM_Protocol 1.3 §10 (alerts and their optional parameters); 2.0 §5.3.7
 */
import type { PlainItem } from '../../dm1/session-model.ts';
import { ALERT } from '../../syncml/alert-codes.ts';
import { escapeText } from '../../syncml/xml-text.ts';

/** True for the alerts that ask the user, 1100 to 1104. */
export function isUserInteraction(code: number): boolean {
  return code >= ALERT.display && code <= ALERT.multipleChoice;
}

/** The page; the first Item has the optional parameters, the second the text, the others the choices. */
export function toPage(code: number, items: readonly PlainItem[]): string {
  const [parameters, text, ...choices] = items.map(({ data = '' }) => data);
  const options = new URLSearchParams(parameters ?? '');
  const message = `<p>${escapeText(text ?? '')}</p>`;
  const controls = controlsOf(code, choices, options);
  const body = controls === '' ? message : `<form method="post">${message}${controls}</form>`;
  return `<!DOCTYPE html><html><head><meta charset="utf-8"><title>Message</title></head><body>${body}</body></html>`;
}

function controlsOf(code: number, choices: readonly string[], options: URLSearchParams): string {
  const defaults = (options.get('DR') ?? '').split('-');
  switch (code) {
    case ALERT.confirmOrReject:
      return '<button name="answer" value="yes">Yes</button><button name="answer" value="no">No</button>';
    case ALERT.textInput:
      return `${inputField(options)}${SUBMIT}`;
    case ALERT.singleChoice:
    case ALERT.multipleChoice:
      return `${choices.map((choice, at) => choiceField(code, choice, String(at + 1), defaults)).join('')}${SUBMIT}`;
    default:
      return '';
  }
}

const SUBMIT = '<button>OK</button>';

/** MAXLEN, IT (input type: numeric, date, phone…) and ET (echo type) of §10.3. */
function inputField(options: URLSearchParams): string {
  const types: Readonly<Record<string, string>> = { N: 'number', D: 'date', T: 'time', P: 'tel' };
  const type = options.get('ET') === 'P' ? 'password' : (types[options.get('IT') ?? ''] ?? 'text');
  const maxLength = /^\d+$/.test(options.get('MAXLEN') ?? '') ? ` maxlength="${options.get('MAXLEN')}"` : '';
  const value = options.get('DR');
  return `<input name="answer" type="${type}"${maxLength}${value === null ? '' : ` value="${quote(value)}"`}>`;
}

function choiceField(code: number, choice: string, number: string, defaults: readonly string[]): string {
  const type = code === ALERT.singleChoice ? 'radio' : 'checkbox';
  const checked = defaults.includes(number) ? ' checked' : '';
  return `<label><input type="${type}" name="answer" value="${number}"${checked}>${escapeText(choice)}</label>`;
}

function quote(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;');
}
