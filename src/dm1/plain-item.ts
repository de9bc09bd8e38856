/**
 * Items inside the bridge: text only, with the Meta that applies to them.
 *
 * Opaque data of a WBXML device and markup inside Data become the text that an XML message would carry. So Data is
 * base64 exactly when Format is `b64` or `bin`, and the rest of the bridge does not depend on the encoding.
 *
 * @see DMREPPRO "Item", "Data", "Meta"
 */
import { DecodeError } from '../errors.ts';
import { isBase64 } from '../mo/base64.ts';
import type { Mutable } from '../mutable.ts';
import { decodeEmbedded, TNDS_WBXML_TYPE, TNDS_XML_TYPE } from '../syncml/embedded-document.ts';
import type { Item, ItemData, Meta } from '../syncml/message.ts';
import { isSyncmlNamespace } from '../syncml/namespaces.ts';
import { withoutTrailingNul } from '../syncml/parse-values.ts';
import { isXmlText } from '../syncml/xml-text.ts';
import { toBase64, writeMarkup, writeXml } from '../syncml/xml-writer.ts';

/** An Item as text: markup inside Data has become XML text, opaque bytes have become base64 or UTF-8 text. */
export interface PlainItem {
  readonly target?: string;
  readonly source?: string;
  readonly meta?: Meta;
  /** Absent: no Data element; '': an empty one. */
  readonly data?: string;
}

/** Data as text; with a Meta of its own where the Format of the text differs from that of the Item. */
export interface PlainData {
  readonly data: string;
  readonly meta?: Meta;
}

/** Reads an Item; `defaults` is the Meta of its command. */
export function toPlainItem(item: Item, defaults?: Meta): PlainItem {
  const meta = mergeMeta(defaults, item.meta);
  const plain: Mutable<PlainItem> = {};
  if (item.target !== undefined) plain.target = item.target.locUri;
  if (item.source !== undefined) plain.source = item.source.locUri;
  if (meta !== undefined) plain.meta = meta;
  if (item.data === undefined) return plain;
  const text = plainData(item.data, meta);
  plain.data = text.data;
  if (text.meta !== undefined) plain.meta = text.meta;
  return plain;
}

/**
 * The Item as it goes into a message; bytes stay bytes, which WBXML carries as they are and XML as `b64` (DMREPPRO
 * "Format").
 */
export function fromPlainItem(item: PlainItem): Item {
  const wire: Mutable<Item> = {};
  if (item.target !== undefined) wire.target = { locUri: item.target };
  if (item.source !== undefined) wire.source = { locUri: item.source };
  if (item.meta !== undefined) wire.meta = item.meta;
  if (item.data !== undefined) wire.data = carriedData(item.data, item.meta);
  return wire;
}

function carriedData(data: string, meta: Meta | undefined): ItemData {
  return meta?.format === 'bin' && isBase64(data) ? new Uint8Array(Buffer.from(data, 'base64')) : data;
}

/** Meta of a command is the default for its Items; an Item overrides it child by child (DMREPPRO "Meta"). */
export function mergeMeta(defaults: Meta | undefined, own: Meta | undefined): Meta | undefined {
  return defaults === undefined ? own : { ...defaults, ...own };
}

function plainData(data: ItemData, meta: Meta | undefined): PlainData {
  if (typeof data === 'string') return textOfText(data, meta);
  if (!(data instanceof Uint8Array)) return { data: writeMarkup(data, isSyncmlNamespace) };
  return textOfBytes(data, meta);
}

/**
 * Returns text unchanged, except a TNDS document in WBXML, which an XML message carries as base64: it becomes XML text.
 */
export function textOfText(text: string, meta: Meta | undefined): PlainData {
  if (!isTndsInWbxml(meta) || !isBase64(text)) return { data: text };
  return documentText(Buffer.from(text, 'base64'), meta) ?? { data: text };
}

/**
 * The text that an XML message with that Meta would carry instead of opaque bytes; Format becomes `b64` for bytes that
 * are no text. A NUL at the end of a text is dropped, because some devices count the end of their C strings.
 */
export function textOfBytes(bytes: Uint8Array, meta: Meta | undefined): PlainData {
  const unended = withoutTrailingNul(bytes);
  const document = isTndsInWbxml(meta) ? (documentText(bytes, meta) ?? documentText(unended, meta)) : undefined;
  if (document !== undefined) return document;
  const format = meta?.format?.toLowerCase();
  if (format === 'bin') return { data: toBase64(bytes) };
  const unicode = decodeText(unended);
  // A list of children is one, whatever characters it has.
  if (format === 'node' && unicode !== undefined) return { data: unicode };
  const text = xmlTextOf(unicode, meta);
  // In b64 the native value is the base64 text itself; an encoder that unpacked it is packed again.
  if (format === 'b64') {
    const isNative = unended === bytes ? isBase64 : isCanonicalBase64;
    return { data: text !== undefined && isNative(text) ? text : toBase64(bytes) };
  }
  const isWbxml = meta?.type?.toLowerCase().endsWith('+wbxml') ?? false;
  // A device that names a format of text means its text, also one that XML cannot hold. A NUL inside is no text of any device.
  const isText = format !== undefined && TEXT_FORMATS.has(format) && !isWbxml;
  if (isText && unicode !== undefined && !unicode.includes('\0')) return { data: text ?? unicode };
  return text === undefined || isWbxml ? { data: toBase64(bytes), meta: { ...meta, format: 'b64' } } : { data: text };
}

const TEXT_FORMATS: ReadonlySet<string> = new Set(['chr', 'xml', 'int', 'bool', 'date', 'time', 'float']);

function isTndsInWbxml(meta: Meta | undefined): boolean {
  return meta?.type?.trim().toLowerCase() === TNDS_WBXML_TYPE;
}

/** An embedded TNDS document as XML text; undefined when the bytes are no document. */
function documentText(bytes: Uint8Array, meta: Meta | undefined): PlainData | undefined {
  try {
    return { data: writeXml(decodeEmbedded(bytes)), meta: { ...meta, type: TNDS_XML_TYPE, format: 'xml' } };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** UTF-8 text; undefined when the bytes are none. */
function decodeText(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return Buffer.byteLength(text) !== bytes.length || text.includes('\uFFFD') ? undefined : text;
}

/** The text when XML allows all of its characters, a TNDS document without the NULs at the end of its values. */
function xmlTextOf(text: string | undefined, meta: Meta | undefined): string | undefined {
  if (text === undefined || isXmlText(text)) return text;
  if (meta?.type?.trim().toLowerCase() !== TNDS_XML_TYPE) return undefined;
  const document = text.replaceAll(/\0(?=<\/)/gu, '');
  return isXmlText(document) ? document : undefined;
}

/** True for base64 in exactly the form that an encoder gives it: hardly any other text has that form by chance. */
function isCanonicalBase64(text: string): boolean {
  return text !== '' && Buffer.from(text, 'base64').toString('base64') === text;
}
