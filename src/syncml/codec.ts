/**
 * Bytes of an HTTP body to messages and back, by media type.
 *
 * Devices leave `.dm` out of the type and write letters as they like; the type decides the encoding, of its parameters
 * only `charset` counts, and only for XML. What is written is always UTF-8.
 *
 * @see DM-1.3 §5.3 "Message encoding format"; RFC 9110 §8.3; RFC 7303 §3 (a byte order mark before the charset
 * parameter, that before the XML declaration)
 */
import { DecodeError } from '../errors.ts';
import type { Element } from '../wbxml/element.ts';
import type { SyncmlMessage } from './message.ts';
import { type ParsedMessage, parseMessage } from './parse.ts';
import { formatMessage } from './serialize.ts';
import type { Tolerance } from './tolerances.ts';
import { parseXml } from './xml-reader.ts';

/** The encoding of each media type that carries a DM message; the answer has the type of the request. */
const DM_MEDIA_TYPES = {
  'application/vnd.syncml.dm+xml': 'xml',
  'application/vnd.syncml.dm+wbxml': 'wbxml',
  'application/vnd.syncml+xml': 'xml',
  'application/vnd.syncml+wbxml': 'wbxml',
} as const;

/** A media type that carries a DM message. */
export type DmMediaType = keyof typeof DM_MEDIA_TYPES;

/** One way to carry messages. */
interface Encoding {
  /** The tree in a body; what had to be tolerated goes into the list. */
  readonly decode: (body: Uint8Array, contentType: string, tolerated: Tolerance[]) => Element;
  readonly encode: (message: SyncmlMessage) => Uint8Array;
  /** The length of what `encode` answers. */
  readonly measure: (message: SyncmlMessage) => number;
}

const ENCODINGS: Partial<Record<'xml' | 'wbxml', Encoding>> = {
  xml: { decode: decodeXml, encode: encodeXml, measure: (message) => Buffer.byteLength(formatMessage(message)) },
};

/** Reads the body of a request; `contentType` is the header as received. */
export function decodeMessage(body: Uint8Array, contentType: string): ParsedMessage {
  const tolerated: Tolerance[] = [];
  const root = encodingOf(contentType).decode(body, contentType, tolerated);
  const parsed = parseMessage(root);
  return tolerated.length === 0 ? parsed : { ...parsed, tolerated: [...tolerated, ...parsed.tolerated] };
}

/** Writes the body of a message of that media type. */
export function encodeMessage(message: SyncmlMessage, mediaType: string): Uint8Array {
  return encodingOf(mediaType).encode(message);
}

/** The bytes that the message takes in that media type, which is what MaxMsgSize counts (DM-1.3 §7.2). */
export function measureMessage(message: SyncmlMessage, mediaType: string): number {
  return encodingOf(mediaType).measure(message);
}

/** The media type in a Content-Type header, if it is one of DM. */
export function mediaTypeOf(contentType: string): DmMediaType | undefined {
  const semicolon = contentType.indexOf(';');
  const essence = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  return isDmMediaType(essence) ? essence : undefined;
}

function isDmMediaType(type: string): type is DmMediaType {
  return Object.hasOwn(DM_MEDIA_TYPES, type);
}

function encodingOf(contentType: string): Encoding {
  const type = mediaTypeOf(contentType);
  const encoding = type === undefined ? undefined : ENCODINGS[DM_MEDIA_TYPES[type]];
  if (encoding === undefined)
    throw new DecodeError('ERR_MEDIA_TYPE', 'not a media type of DM messages that is read here');
  return encoding;
}

function decodeXml(body: Uint8Array, contentType: string, tolerated: Tolerance[]): Element {
  const charset = charsetOfBody(body, contentType);
  if (charset !== 'utf-8') tolerated.push('charset');
  return parseXml(decodeText(body, charset), { onTolerated: (what) => tolerated.push(what) });
}

const encoder = new TextEncoder();

function encodeXml(message: SyncmlMessage): Uint8Array {
  return encoder.encode(formatMessage(message));
}

type Charset = 'utf-8' | 'utf-16le' | 'utf-16be' | 'iso-8859-1';

/** What a body is written in. Names that are not known count as UTF-8, of which US-ASCII is a part. */
function charsetOfBody(body: Uint8Array, contentType: string): Charset {
  const [first, second, third] = body;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  const name = charsetParameter(contentType) ?? declaredEncoding(body);
  return name === 'iso-8859-1' || name === 'latin1' ? 'iso-8859-1' : 'utf-8';
}

function charsetParameter(contentType: string): string | undefined {
  if (!contentType.includes(';')) return undefined;
  for (const parameter of contentType.split(';').slice(1)) {
    const [name = '', value = ''] = parameter.split('=');
    if (name.trim().toLowerCase() === 'charset') return value.trim().replaceAll('"', '').toLowerCase();
  }
  return undefined;
}

/** An XML declaration that names its encoding does so within this length. */
const DECLARATION_BYTES = 100;

function declaredEncoding(body: Uint8Array): string | undefined {
  const start = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, DECLARATION_BYTES)).toString('latin1');
  const end = start.startsWith('<?xml') ? start.indexOf('?>') : -1;
  return /encoding\s*=\s*["']([\w.-]+)/.exec(start.slice(0, Math.max(end, 0)))?.[1]?.toLowerCase();
}

function decodeText(body: Uint8Array, charset: Charset): string {
  // TextDecoder means windows-1252 by iso-8859-1, which differs in the C1 range.
  if (charset === 'iso-8859-1') return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch (cause) {
    throw new DecodeError('ERR_XML_SYNTAX', `the body is not ${charset}`, { cause });
  }
}
