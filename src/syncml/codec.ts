/**
 * Decodes the body of an HTTP message into a SyncML message and encodes it, by media type.
 *
 * Messages of the plain form are read straight into records, see `plain-message.ts`; all others become a tree first.
 * The media type decides the encoding: XML or WBXML. Some devices leave `.dm` out of the type or write capital letters.
 * Of the parameters only `charset` counts, and only for XML. An encoded message is always UTF-8.
 *
 * @see DM-1.3 §5.3 "Message encoding format"; RFC 9110 §8.3 (Content-Type); RFC 7303 §3 (the byte order mark has
 * priority over the charset parameter, and the parameter over the XML declaration)
 */
import { DecodeError } from '../errors.ts';
import { decodeWbxmlInParts, decodeWbxmlStart } from '../wbxml/decode.ts';
import { type Element, isElement } from '../wbxml/element.ts';
import { inOneGo } from '../wbxml/growing-tree.ts';
import { CHARSETS } from '../wbxml/tokens.ts';
import { SYNCML_TABLES } from './code-pages.ts';
import type { SyncmlMessage } from './message.ts';
import { type ParsedMessage, parseMessage, parseMessageInParts } from './parse.ts';
import { readPlainWbxml } from './plain-wbxml.ts';
import { readPlainXml } from './plain-xml.ts';
import { formatMessage } from './serialize.ts';
import { encodeWbxmlMessage, type MessageEncoding, messageEncoding } from './serialize-wbxml.ts';
import type { Tolerance } from './tolerances.ts';
import { parseXml, parseXmlInParts } from './xml-reader.ts';

/** The encoding of each media type of DM messages. The response has the media type of the request. */
const DM_MEDIA_TYPES = {
  'application/vnd.syncml.dm+xml': 'xml',
  'application/vnd.syncml.dm+wbxml': 'wbxml',
  'application/vnd.syncml+xml': 'xml',
  'application/vnd.syncml+wbxml': 'wbxml',
} as const;

type DmMediaType = keyof typeof DM_MEDIA_TYPES;

/** A message that is decoded in parts: other work can run after each of them. */
export type DecodingInParts = Generator<void, ParsedMessage, void>;

/** Bytes or characters of one part: it takes a few milliseconds. */
const PART = 32_768;

interface Codec {
  readonly decode: (body: Uint8Array, contentType: string) => DecodingInParts;
  readonly encode: (message: SyncmlMessage, encoding?: MessageEncoding) => Uint8Array;
}

const CODECS: Readonly<Record<(typeof DM_MEDIA_TYPES)[DmMediaType], Codec>> = {
  xml: { decode: decodeXml, encode: encodeXml },
  wbxml: { decode: decodeWbxmlBody, encode: encodeWbxmlMessage },
};

/**
 * Decodes the body of a request; `contentType` is the value of its Content-Type header.
 * @throws DecodeError ERR_MEDIA_TYPE, ERR_XML_*, ERR_WBXML_* or ERR_SYNCML_*, see `parseMessage`
 */
export function decodeMessage(body: Uint8Array, contentType: string): ParsedMessage {
  return inOneGo(decodeMessageInParts(body, contentType));
}

/**
 * Decodes the body of a request in parts, see {@link decodeMessage}.
 * @throws DecodeError in any part
 */
export function decodeMessageInParts(body: Uint8Array, contentType: string): DecodingInParts {
  return codecOf(contentType).decode(body, contentType);
}

/** Returns the message with the deviations of its document before its own. */
function withNotes(document: readonly Tolerance[], parsed: ParsedMessage): ParsedMessage {
  return document.length === 0 ? parsed : { ...parsed, tolerated: [...document, ...parsed.tolerated] };
}

/**
 * Decodes the header of a message of which only the beginning is there; undefined when the header is not whole in it, or
 * cannot be read. The message has no commands.
 */
export function decodeHeader(start: Uint8Array, contentType: string): ParsedMessage | undefined {
  try {
    const type = mediaTypeOf(contentType);
    if (type === undefined) return undefined;
    const root = DM_MEDIA_TYPES[type] === 'xml' ? xmlHeader(start, contentType) : wbxmlHeader(start);
    return root === undefined ? undefined : parseMessage(root);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/**
 * Encodes a message in a media type; `encoding` is that of the request to which this message is the response.
 * @throws DecodeError ERR_MEDIA_TYPE
 */
export function encodeMessage(message: SyncmlMessage, mediaType: string, encoding?: MessageEncoding): Uint8Array {
  return codecOf(mediaType).encode(message, encoding);
}

/** The media type in a Content-Type header; `undefined` when it is not one of DM messages. */
function mediaTypeOf(contentType: string): DmMediaType | undefined {
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

function* decodeWbxmlBody(body: Uint8Array): DecodingInParts {
  const plain = readPlainWbxml(body);
  if (plain !== undefined) return plain;
  const tolerated: Tolerance[] = [];
  const parts = decodeWbxmlInParts(body, { tables: SYNCML_TABLES, part: PART });
  const parsed = yield* parseMessageInParts(parts, (document) => {
    if (!document.typeDeclared) tolerated.push('publicId');
    if (document.charset === CHARSETS.iso88591) tolerated.push('charset');
    return { root: document.root, encoding: messageEncoding(document) };
  });
  return withNotes(tolerated, parsed);
}

function* decodeXml(body: Uint8Array, contentType: string): DecodingInParts {
  const charset = charsetOf(body, contentType);
  const tolerated: Tolerance[] = charset === 'utf-8' ? [] : ['charset'];
  const text = decodeText(body, charset);
  const plain = readPlainXml(text);
  if (plain !== undefined) return withNotes(tolerated, plain);
  const parts = parseXmlInParts(text, PART, { trailingNul: true, onTolerated: (what) => tolerated.push(what) });
  return withNotes(tolerated, yield* parseMessageInParts(parts, (root) => ({ root })));
}

/** The document up to the end of SyncHdr, with an empty body behind it. */
function xmlHeader(start: Uint8Array, contentType: string): Element | undefined {
  const charset = charsetOf(start, contentType);
  // Not strict: the last character may be cut off.
  const text = charset === 'iso-8859-1' ? decodeText(start, charset) : new TextDecoder(charset).decode(start);
  const end = /<\/(?:[\w.-]+:)?SyncHdr\s*>/.exec(text);
  const prefix = /<((?:[\w.-]+:)?)SyncML[\s>]/.exec(text)?.[1];
  if (end === null || prefix === undefined) return undefined;
  const header = text.slice(0, end.index + end[0].length);
  return parseXml(`${header}<${prefix}SyncBody/></${prefix}SyncML>`, { trailingNul: true });
}

/** The root with SyncHdr and an empty body. SyncHdr is whole when another element follows. */
function wbxmlHeader(start: Uint8Array): Element | undefined {
  const root = decodeWbxmlStart(start, SYNCML_TABLES);
  const [header, body] = root.content.filter(isElement);
  if (header === undefined || body === undefined) return undefined;
  return { ...root, content: [header, { ...body, content: [] }] };
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { fatal: true });

function encodeXml(message: SyncmlMessage): Uint8Array {
  return encoder.encode(formatMessage(message));
}

type Charset = 'utf-8' | 'utf-16le' | 'utf-16be' | 'iso-8859-1';

/** The charset of a body. US-ASCII is a part of UTF-8, and an unknown name is read as UTF-8. */
function charsetOf(body: Uint8Array, contentType: string): Charset {
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

/** The encoding in an XML declaration is looked for in this many bytes. */
const DECLARATION_BYTES = 100;

/** The declaration that most documents have. */
const USUAL_DECLARATION = Buffer.from('<?xml version="1.0" encoding="UTF-8"?>');

function declaredEncoding(body: Uint8Array): string | undefined {
  if (hasUsualDeclaration(body)) return 'utf-8';
  const start = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, DECLARATION_BYTES)).toString('latin1');
  const end = start.startsWith('<?xml') ? start.indexOf('?>') : -1;
  return /encoding\s*=\s*["']([\w.-]+)/.exec(start.slice(0, Math.max(end, 0)))?.[1]?.toLowerCase();
}

function hasUsualDeclaration(body: Uint8Array): boolean {
  for (let at = 0; at < USUAL_DECLARATION.length; at++) if (body[at] !== USUAL_DECLARATION[at]) return false;
  return true;
}

function decodeText(body: Uint8Array, charset: Charset): string {
  // TextDecoder reads the name iso-8859-1 as windows-1252, which differs from it in 80 to 9F.
  if (charset === 'iso-8859-1') return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  try {
    return (charset === 'utf-8' ? utf8 : new TextDecoder(charset, { fatal: true })).decode(body);
  } catch (cause) {
    throw new DecodeError('ERR_XML_SYNTAX', `the body is not ${charset}`, { cause });
  }
}
