/**
 * Items as they cross the engine: text only, with the Meta that holds for them written out.
 *
 * What a WBXML device puts into opaque data, and what stands as markup inside Data, becomes the text that an XML message
 * would carry. So Data is base64 exactly when Format is `b64` or `bin`, and nobody further on asks how it was encoded.
 *
 * @see DMREPPRO "Item", "Data", "Meta"
 */
import { DecodeError } from '../errors.ts';
import { decodeEmbedded, TNDS_WBXML_TYPE, TNDS_XML_TYPE } from '../syncml/embedded-document.ts';
import type { Item, ItemData, Meta } from '../syncml/message.ts';
import { isXmlText } from '../syncml/xml-text.ts';
import { toBase64, writeXml } from '../syncml/xml-writer.ts';

/** An Item as it crosses the engine: text only; markup inside Data has become XML text, opaque bytes base64 or UTF-8. */
export interface PlainItem {
  readonly target?: string;
  readonly source?: string;
  readonly meta?: Meta;
  /** Absent: no Data element; '': an empty one. */
  readonly data?: string;
}

/** The Item with `defaults`, the Meta of its command, under its own. */
export function toPlainItem(item: Item, defaults?: Meta): PlainItem {
  const meta = mergeMeta(defaults, item.meta);
  const plain = item.data === undefined ? {} : plainData(item.data, meta);
  return {
    ...(item.target === undefined ? {} : { target: item.target.locUri }),
    ...(item.source === undefined ? {} : { source: item.source.locUri }),
    ...(meta === undefined ? {} : { meta }),
    ...plain,
  };
}

/** The Item as it goes into a message; bytes stay bytes, which WBXML carries as they are and XML as `b64` (DMREPPRO "Format"). */
export function fromPlainItem(item: PlainItem): Item {
  return {
    ...(item.target === undefined ? {} : { target: { locUri: item.target } }),
    ...(item.source === undefined ? {} : { source: { locUri: item.source } }),
    ...(item.meta === undefined ? {} : { meta: item.meta }),
    ...(item.data === undefined ? {} : { data: carriedData(item.data, item.meta) }),
  };
}

function carriedData(data: string, meta: Meta | undefined): ItemData {
  return meta?.format === 'bin' && isBase64(data) ? new Uint8Array(Buffer.from(data, 'base64')) : data;
}

/** Meta of a command is the default for its Items; an Item overrides it child by child (DMREPPRO "Meta"). */
export function mergeMeta(defaults: Meta | undefined, own: Meta | undefined): Meta | undefined {
  return defaults === undefined ? own : { ...defaults, ...own };
}

/** Data as text; a Meta that says `b64` when the bytes were none and Format did not say so. */
function plainData(data: ItemData, meta: Meta | undefined): { data: string; meta?: Meta } {
  if (typeof data === 'string') return textOfText(data, meta);
  if (!(data instanceof Uint8Array)) return { data: data.map((element) => writeXml(element)).join('') };
  return textOfBytes(data, meta);
}

/** Text as it is; only a TNDS document in WBXML, which an XML message carries as base64, becomes what it says. */
export function textOfText(text: string, meta: Meta | undefined): { data: string; meta?: Meta } {
  if (!isTndsInWbxml(meta) || !isBase64(text)) return { data: text };
  return documentText(Buffer.from(text, 'base64'), meta) ?? { data: text };
}

/** What opaque bytes would be in an XML message of that Meta. */
export function textOfBytes(bytes: Uint8Array, meta: Meta | undefined): { data: string; meta?: Meta } {
  const document = isTndsInWbxml(meta) ? documentText(bytes, meta) : undefined;
  if (document !== undefined) return document;
  const format = meta?.format?.toLowerCase();
  if (format === 'bin') return { data: toBase64(bytes) };
  const text = decodeText(bytes);
  // In b64 the native value is the base64 text itself; an encoder that unpacked it is packed again.
  if (format === 'b64') return { data: text !== undefined && isBase64(text) ? text : toBase64(bytes) };
  const isWbxml = meta?.type?.toLowerCase().endsWith('+wbxml') ?? false;
  return text === undefined || isWbxml ? { data: toBase64(bytes), meta: { ...meta, format: 'b64' } } : { data: text };
}

function isTndsInWbxml(meta: Meta | undefined): boolean {
  return meta?.type?.trim().toLowerCase() === TNDS_WBXML_TYPE;
}

/** An embedded TNDS document as XML text; `undefined` where the bytes are none. */
function documentText(bytes: Uint8Array, meta: Meta | undefined): { data: string; meta: Meta } | undefined {
  try {
    return { data: writeXml(decodeEmbedded(bytes)), meta: { ...meta, type: TNDS_XML_TYPE, format: 'xml' } };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** UTF-8 text of characters that XML allows; `undefined` where the bytes are no such text. */
function decodeText(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (Buffer.byteLength(text) !== bytes.length || text.includes('\uFFFD')) return undefined;
  return isXmlText(text) ? text : undefined;
}

/** Whether it is base64 as devices write it, white space and missing padding included. */
export function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/u.test(text.replaceAll(/\s+/gu, ''));
}
