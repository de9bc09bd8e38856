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
import { decodeWbxml } from '../wbxml/decode.ts';
import type { Element } from '../wbxml/element.ts';
import { CHARSETS } from '../wbxml/tokens.ts';
import { SYNCML_TABLES } from './code-pages.ts';
import type { SyncmlMessage } from './message.ts';
import { type ParsedMessage, parseMessage } from './parse.ts';
import { formatMessage } from './serialize.ts';
import { encodeWbxmlMessage, type MessageEncoding } from './serialize-wbxml.ts';
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

/** A tree, and how it was encoded where the answer has to follow that. */
interface Decoded {
  readonly root: Element;
  readonly encoding?: MessageEncoding;
}

/** One way to carry messages. */
interface Codec {
  /** The tree in a body; what had to be tolerated goes into the list. */
  readonly decode: (body: Uint8Array, contentType: string, tolerated: Tolerance[]) => Decoded;
  readonly encode: (message: SyncmlMessage, encoding?: MessageEncoding) => Uint8Array;
}

const CODECS: Readonly<Record<(typeof DM_MEDIA_TYPES)[DmMediaType], Codec>> = {
  xml: { decode: decodeXml, encode: encodeXml },
  wbxml: { decode: decodeWbxmlBody, encode: encodeWbxmlMessage },
};

/** Reads the body of a request; `contentType` is the header as received. */
export function decodeMessage(body: Uint8Array, contentType: string): ParsedMessage {
  const tolerated: Tolerance[] = [];
  const { root, encoding } = codecOf(contentType).decode(body, contentType, tolerated);
  const parsed = parseMessage(root, encoding);
  return tolerated.length === 0 ? parsed : { ...parsed, tolerated: [...tolerated, ...parsed.tolerated] };
}

/** Writes the body of a message of that media type; `encoding` is that of the message which it answers. */
export function encodeMessage(message: SyncmlMessage, mediaType: string, encoding?: MessageEncoding): Uint8Array {
  return codecOf(mediaType).encode(message, encoding);
}

/** The media type in a Content-Type header, if it is one of DM. */
export function mediaTypeOf(contentType: string): DmMediaType | undefined {
  if (isDmMediaType(contentType)) return contentType;
  const semicolon = contentType.indexOf(';');
  const essence = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  return isDmMediaType(essence) ? essence : undefined;
}

function isDmMediaType(type: string): type is DmMediaType {
  return Object.hasOwn(DM_MEDIA_TYPES, type);
}

function codecOf(contentType: string): Codec {
  const type = mediaTypeOf(contentType);
  if (type === undefined) throw new DecodeError('ERR_MEDIA_TYPE', 'not a media type of DM messages');
  return CODECS[DM_MEDIA_TYPES[type]];
}

function decodeWbxmlBody(body: Uint8Array, _contentType: string, tolerated: Tolerance[]): Decoded {
  const { root, version, publicId, charset, typeDeclared } = decodeWbxml(body, SYNCML_TABLES);
  if (!typeDeclared) tolerated.push('publicId');
  if (charset === CHARSETS.iso88591) tolerated.push('charset');
  return { root, encoding: { wbxmlVersion: version, textPublicId: typeof publicId === 'string' } };
}

function decodeXml(body: Uint8Array, contentType: string, tolerated: Tolerance[]): Decoded {
  const charset = charsetOfBody(body, contentType);
  if (charset !== 'utf-8') tolerated.push('charset');
  return { root: parseXml(decodeText(body, charset), { onTolerated: (what) => tolerated.push(what) }) };
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { fatal: true });

function encodeXml(message: SyncmlMessage): Uint8Array {
  return encoder.encode(formatMessage(message));
}

type Charset = 'utf-8' | 'utf-16le' | 'utf-16be' | 'iso-8859-1';

/** What a body is written in. Names that are not known count as UTF-8, of which US-ASCII is a part. */
function charsetOfBody(body: Uint8Array, contentType: string): Charset {
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
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
    return (charset === 'utf-8' ? utf8 : new TextDecoder(charset, { fatal: true })).decode(body);
  } catch (cause) {
    throw new DecodeError('ERR_XML_SYNTAX', `the body is not ${charset}`, { cause });
  }
}
