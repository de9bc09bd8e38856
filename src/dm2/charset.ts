/**
 * The text of a resource whose bytes are not necessarily UTF-8: a byte order mark decides, then the `charset` parameter,
 * then UTF-8 (RFC 2046 §4.1.2). Bytes that are not what they claim to be are no text.
 */
import { contentBytes } from './content.ts';
import type { MediaType } from './media-type.ts';
import type { Content } from './package.ts';

/** The text, or the reason why there is none. */
export type TextReading = { readonly text: string } | { readonly problem: string };

type Decoder = (bytes: Uint8Array) => string;

/** Strict decoders, which keep a byte order mark; they throw a TypeError. */
const DECODERS = {
  'utf-8': unicodeDecoder('utf-8'),
  'utf-16le': unicodeDecoder('utf-16le'),
  'utf-16be': unicodeDecoder('utf-16be'),
  'iso-8859-1': (bytes) => Buffer.from(bytes).toString('latin1'),
  'windows-1252': decodeWindows1252,
  'us-ascii': decodeAscii,
} satisfies Readonly<Record<string, Decoder>>;

type Charset = keyof typeof DECODERS;

const ALIASES: Readonly<Record<string, Charset>> = {
  utf8: 'utf-8',
  latin1: 'iso-8859-1',
  'iso_8859-1': 'iso-8859-1',
  cp1252: 'windows-1252',
  ascii: 'us-ascii',
};

/** Those of UTF-32 come first: one begins like that of UTF-16. */
const BYTE_ORDER_MARKS: readonly (readonly [Charset | 'utf-32', readonly number[]])[] = [
  ['utf-32', [0xff, 0xfe, 0, 0]],
  ['utf-32', [0, 0, 0xfe, 0xff]],
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
];

/**
 * The text of a resource. Only text and XML are searched for a byte order mark. The mark is dropped from `text/plain`,
 * and from UTF-16, where it is no part of the text (RFC 2781 §3.2).
 */
export function textOf(content: Content, mediaType: MediaType | undefined): TextReading {
  const isText = mediaType !== undefined && (isTextType(mediaType) || /[/+]xml$/.test(mediaType.essence));
  const named = mediaType?.parameters.get('charset')?.trim().toLowerCase();
  if (!isText && named === undefined) {
    return 'text' in content ? { text: content.text } : { problem: 'bytes that are not UTF-8' };
  }
  const bytes = contentBytes(content);
  const marked = isText ? BYTE_ORDER_MARKS.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte)) : undefined;
  const wanted = marked?.[0] ?? named ?? 'utf-8';
  const charset = charsetOf(wanted);
  if (charset === undefined) return { problem: `unknown charset "${wanted}"` };
  const isDropped = marked !== undefined && (charset !== 'utf-8' || mediaType?.essence === 'text/plain');
  const start = isDropped ? marked[1].length : 0;
  try {
    return { text: DECODERS[charset](bytes.subarray(start)) };
  } catch {
    return { problem: `bytes that are not ${charset}` };
  }
}

/** True for `text/*`, whose value is text whatever its bytes are. */
export function isTextType({ essence }: MediaType): boolean {
  return essence.startsWith('text/');
}

function charsetOf(name: string): Charset | undefined {
  return isCharset(name) ? name : ALIASES[name];
}

function isCharset(name: string): name is Charset {
  return Object.hasOwn(DECODERS, name);
}

function unicodeDecoder(label: 'utf-8' | 'utf-16le' | 'utf-16be'): Decoder {
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
  return (bytes) => decoder.decode(bytes);
}

/** The five bytes without a character are refused; the platform's decoder makes control characters of them. */
function decodeWindows1252(bytes: Uint8Array): string {
  if (bytes.some((byte) => [0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte))) throw new TypeError('not windows-1252');
  return new TextDecoder('windows-1252').decode(bytes);
}

function decodeAscii(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte > 0x7f)) throw new TypeError('not us-ascii');
  return Buffer.from(bytes).toString('latin1');
}
