/**
 * A user interaction alert of DM 1.x ↔ the page of a DM 2.0 SHOW: a text, a form with yes and no, a text field, a single or
 * multiple choice. Only a page that is identical to one of these becomes an alert again.
 *
 * @see OMA-TS-DM_Protocol 1.3 §10 (alerts and their optional parameters); 2.0 §5.3.7
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import { ALERT } from '../syncml/alert-codes.ts';
import { escapeText } from '../syncml/xml-text.ts';

/** True for the user interaction alerts, 1100 to 1104. */
export function isUserInteraction(code: number): boolean {
  return code >= ALERT.display && code <= ALERT.multipleChoice;
}

/** The page of an alert, whose first Item has the optional parameters, the second one the text, and the others the choices. */
export function toPage(code: number, items: readonly PlainItem[]): string {
  const [parameters, text, ...choices] = items.map(({ data = '' }) => data);
  const options = new URLSearchParams(parameters ?? '');
  const message = `<p>${escapeText(text ?? '')}</p>`;
  const controls = controlsOf(code, choices, options);
  const body = controls === '' ? message : `<form method="post">${message}${controls}</form>`;
  return `<!DOCTYPE html><html><head><meta charset="utf-8"><title>Message</title></head><body>${body}</body></html>`;
}

/** The parameters of an alert that a page cannot express, without those that have the default value. */
export function unshownParameters(code: number, items: readonly PlainItem[]): readonly string[] {
  const shown: readonly string[] = SHOWN[code] ?? [];
  return [...new URLSearchParams(items[0]?.data ?? '')]
    .filter(([name, value]) => {
      if (DEFAULTS[name] === value) return false;
      const isUnknownType = name === 'IT' && INPUT_TYPES[value] === undefined;
      return !shown.includes(name) || isUnknownType || (name === 'ET' && value !== 'P');
    })
    .map(([name, value]) => `${name}=${value}`);
}

const SHOWN: Readonly<Record<number, readonly string[]>> = {
  [ALERT.textInput]: ['DR', 'MAXLEN', 'IT', 'ET'],
  [ALERT.singleChoice]: ['DR'],
  [ALERT.multipleChoice]: ['DR'],
};
const DEFAULTS: Readonly<Record<string, string>> = { IT: 'A', ET: 'T' };

/** The alert of a page that `toPage` has made; undefined for any other page. */
export function fromPage(page: string): { readonly code: number; readonly items: readonly PlainItem[] } | undefined {
  const [, text] = /<p>([^<]*)<\/p>/u.exec(page) ?? [];
  if (text === undefined) return undefined;
  const choices = [...page.matchAll(/<label><input type="(?:radio|checkbox)"[^>]*>([^<]*)<\/label>/gu)];
  const checked = choices.flatMap(([label], at) => (label.includes(' checked>') ? [String(at + 1)] : []));
  const parameters = fieldParameters(page);
  if (checked.length > 0) parameters.push(`DR=${checked.join('-')}`);
  const texts = [parameters.join('&'), plainText(text), ...choices.map(([, choice = '']) => plainText(choice))];
  const items = texts.map((data): PlainItem => ({ data }));
  // `toPage` has made the page exactly when it makes the same page again.
  const code = PAGE_CODES.find((each) => toPage(each, items) === page);
  return code === undefined ? undefined : { code, items };
}

const PAGE_CODES = [ALERT.display, ALERT.confirmOrReject, ALERT.textInput, ALERT.singleChoice, ALERT.multipleChoice];

function fieldParameters(page: string): string[] {
  const [field, type = ''] = /<input name="answer" type="(\w+)"[^>]*>/u.exec(page) ?? [];
  if (field === undefined) return [];
  const input = Object.keys(INPUT_TYPES).find((each) => INPUT_TYPES[each] === type);
  const [, maxLength] = / maxlength="(\d+)"/u.exec(field) ?? [];
  const [, value] = / value="([^"]*)"/u.exec(field) ?? [];
  const parameters: string[] = [];
  if (maxLength !== undefined) parameters.push(`MAXLEN=${maxLength}`);
  if (input !== undefined) parameters.push(`IT=${input}`);
  if (type === 'password') parameters.push('ET=P');
  if (value !== undefined) parameters.push(`DR=${encodeURIComponent(plainText(value))}`);
  return parameters;
}

function plainText(escaped: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };
  return escaped.replaceAll(/&(lt|gt|amp|quot);/gu, (_, name: string) => entities[name] ?? '');
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

/** IT and the type of the input field; A, the default, is `text`. */
const INPUT_TYPES: Readonly<Record<string, string>> = { N: 'number', D: 'date', T: 'time', P: 'tel' };

/** The input field with MAXLEN, IT (input type: numeric, date, phone…) and ET (echo type) of §10.3. */
function inputField(options: URLSearchParams): string {
  const type = options.get('ET') === 'P' ? 'password' : (INPUT_TYPES[options.get('IT') ?? ''] ?? 'text');
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
