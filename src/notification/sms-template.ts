/**
 * The request to an SMS gateway: an operator's template, whose string values name the parts of a short message.
 *
 * Placeholders are replaced after the template was parsed. So a value can never change the structure of the request.
 */
import type { ShortMessage } from './wap-push.ts';

/** A JSON value of a template. */
export type TemplateValue = string | number | boolean | null | readonly TemplateValue[] | TemplateObject;
export interface TemplateObject {
  readonly [name: string]: TemplateValue;
}

/** `query` and `form` are pairs of a URL or of its form encoding; `json` is the body. */
export type SmsTemplate =
  | { readonly kind: 'query' | 'form'; readonly pairs: Readonly<Record<string, string>> }
  | { readonly kind: 'json'; readonly body: TemplateObject };

export interface SmsParts extends ShortMessage {
  /** The number of the device. */
  readonly to: string;
  /** As a device writes it. */
  readonly sessionId: string;
}

const PLACEHOLDER = /\{([^{}]*)\}/g;
const TEXT_PLACEHOLDERS: readonly string[] = ['to', 'sessionId', 'udh', 'data', 'udh:base64', 'data:base64'];
/** Bytes, percent-encoded: JSON cannot hold them. */
const BYTE_PLACEHOLDERS: readonly string[] = ['udh:bytes', 'data:bytes'];

/** The names in braces that a template has and that stand for nothing. */
export function unknownPlaceholders(template: SmsTemplate): readonly string[] {
  const known = template.kind === 'json' ? TEXT_PLACEHOLDERS : [...TEXT_PLACEHOLDERS, ...BYTE_PLACEHOLDERS];
  const texts = template.kind === 'json' ? textsIn(template.body) : Object.values(template.pairs);
  const names = texts.flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name));
  return [...new Set(names)].filter((name) => !known.includes(name));
}

/** `application/x-www-form-urlencoded`: the pairs of a query or a form, with the parts filled in. */
export function fillPairs(pairs: Readonly<Record<string, string>>, parts: SmsParts): string {
  return Object.entries(pairs)
    .map(([name, text]) => `${encodeURIComponent(name)}=${fillEncoded(text, parts)}`)
    .join('&');
}

/** The body of a JSON template, with the parts filled in. */
export function fillJson(value: TemplateValue, parts: SmsParts): TemplateValue {
  if (typeof value === 'string') return value.replace(PLACEHOLDER, (_, name: string) => partText(name, parts));
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map((each) => fillJson(each, parts));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fillJson(each, parts)]));
}

function fillEncoded(text: string, parts: SmsParts): string {
  let filled = '';
  let from = 0;
  for (const { index, 0: whole, 1: name = '' } of text.matchAll(PLACEHOLDER)) {
    filled += encodeURIComponent(text.slice(from, index)) + encodedPart(name, parts);
    from = index + whole.length;
  }
  return filled + encodeURIComponent(text.slice(from));
}

function encodedPart(name: string, parts: SmsParts): string {
  if (name === 'udh:bytes') return percentEncoded(parts.header);
  if (name === 'data:bytes') return percentEncoded(parts.data);
  return encodeURIComponent(partText(name, parts));
}

function partText(name: string, { to, sessionId, header, data }: SmsParts): string {
  switch (name) {
    case 'to':
      return to;
    case 'sessionId':
      return sessionId;
    case 'udh':
      return hexOf(header);
    case 'data':
      return hexOf(data);
    case 'udh:base64':
      return Buffer.from(header).toString('base64');
    case 'data:base64':
      return Buffer.from(data).toString('base64');
    default:
      throw new TypeError(`no placeholder {${name}}`);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

function percentEncoded(bytes: Uint8Array): string {
  return hexOf(bytes).replace(/../g, '%$&');
}

function textsIn(value: TemplateValue): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(textsIn);
}

function isList(value: readonly TemplateValue[] | TemplateObject): value is readonly TemplateValue[] {
  return Array.isArray(value);
}
