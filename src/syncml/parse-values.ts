/**
 * Parses the elements that commands and the header share: texts, numbers, Meta, Target and Source, Items and their Data.
 *
 * Children may come in any order. They are known by their local name, because devices leave the MetInf namespace out.
 * Every string in a result is detached, because a slice would keep the whole message in memory.
 *
 * @see DMREPPRO "Element type definitions"; MetInf for the children of Meta
 */
import { DecodeError } from '../errors.ts';
import type { Mutable } from '../mutable.ts';
import { type Content, type Element, isElement, type StartTag } from '../wbxml/element.ts';
import type { Address, Chal, Cred, Item, ItemData, Meta } from './message.ts';
import { METINF_NAMESPACE } from './namespaces.ts';
import type { Tolerance } from './tolerances.ts';
import { detach } from './xml-text.ts';
import { toBase64 } from './xml-writer.ts';

/** A record while it is being read: no member has to be present yet. */
export type Draft<T> = Mutable<Partial<T>>;

/** The deviations found in the message so far. */
export type Tolerated = Set<Tolerance>;

/**
 * The exact text of an element. Opaque bytes are read as UTF-8, child elements are left out.
 * @throws DecodeError ERR_SYNCML_SHAPE when opaque bytes are not UTF-8
 */
export function exactText(element: Element): string {
  const { content } = element;
  const first = content[0];
  if (content.length === 1 && typeof first === 'string') return detach(first);
  return detach(content.map(textOf).join(''));
}

/** The same text without the white space around it. */
export function trimmedText(element: Element): string {
  const { content } = element;
  const first = content[0];
  if (content.length === 1 && typeof first === 'string') return detach(first.trim());
  return detach(content.map(textOf).join('').trim());
}

function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  if (isElement(content)) return '';
  const text = decodeUtf8(withoutTrailingNul(content));
  if (text === undefined) {
    throw new DecodeError('ERR_SYNCML_SHAPE', 'opaque bytes that are not UTF-8 where text belongs');
  }
  if (text.includes('\0')) throw new DecodeError('ERR_SYNCML_SHAPE', 'a NUL inside a text');
  return text;
}

/** The bytes without the NUL at their end: some devices count the end of their C strings. */
export function withoutTrailingNul(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The base64 text of a credential or nonce. Some WBXML encoders send the decoded bytes as opaque data instead of their
 * base64 text. Opaque data is base64 text only when Format says `b64` and the text has that form.
 */
function secretText(element: Element, format: string | undefined): string {
  const bytes = opaqueOf(element);
  if (bytes === undefined) return trimmedText(element);
  const text = Buffer.from(withoutTrailingNul(bytes)).toString('latin1').trim();
  const isBase64 = format?.toLowerCase() === 'b64' && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? text : toBase64(bytes);
}

/** A copy of the bytes of an element that has opaque data, text beside it included; `undefined` when all is text. */
function opaqueOf({ content }: Element): Uint8Array | undefined {
  if (!content.some((part) => part instanceof Uint8Array)) return undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const part of content) {
    if (isElement(part)) continue;
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    parts.push(bytes);
    length += bytes.length;
  }
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** A decimal number of at most 15 digits, which a number holds exactly; `undefined` for any other text. */
export function parseDecimal(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Parses Target or Source. */
export function parseAddress(element: Element, tolerated: Tolerated): Address {
  let locUri: string | undefined;
  let locName: string | undefined;
  for (const child of element.content) {
    if (!isElement(child)) continue;
    if (child.name === 'LocURI') locUri = trimmedText(child);
    else if (child.name === 'LocName') locName = trimmedText(child);
    else tolerated.add('unusedElement');
  }
  if (locUri === undefined) {
    locUri = trimmedText(element);
    if (locUri !== '') tolerated.add('locUriMissing');
  }
  return locName === undefined ? { locUri } : { locUri, locName };
}

/** Parses Meta, with or without a MetInf element around its children. */
export function parseMeta(element: Element, tolerated: Tolerated): Meta {
  const meta: Draft<Meta> = {};
  const nextNonce = readMetaChildren(element, meta, tolerated);
  // Format decides how NextNonce is read, and Format may follow it.
  if (nextNonce !== undefined) meta.nextNonce = secretText(nextNonce, meta.format);
  return meta;
}

/** Reads all children of Meta but NextNonce, and returns NextNonce. */
function readMetaChildren(element: Element, meta: Draft<Meta>, tolerated: Tolerated): Element | undefined {
  let nextNonce: Element | undefined;
  for (const child of element.content) {
    if (!isElement(child)) continue;
    if (child.namespace !== METINF_NAMESPACE) tolerated.add('metInfNamespace');
    switch (child.name) {
      case 'Format':
        meta.format = trimmedText(child);
        break;
      case 'Type':
        meta.type = trimmedText(child);
        break;
      case 'Mark':
        meta.mark = trimmedText(child);
        break;
      case 'NextNonce':
        nextNonce = child;
        break;
      case 'Size':
        setNumber(meta, 'size', child, tolerated);
        break;
      case 'MaxMsgSize':
        setNumber(meta, 'maxMsgSize', child, tolerated);
        break;
      case 'MaxObjSize':
        setNumber(meta, 'maxObjSize', child, tolerated);
        break;
      case 'MetInf':
        tolerated.add('metInfWrapper');
        nextNonce = readMetaChildren(child, meta, tolerated) ?? nextNonce;
        break;
      default:
        tolerated.add('unusedElement');
    }
  }
  return nextNonce;
}

/** The members of Meta that are numbers. */
export type NumberKey = 'size' | 'maxMsgSize' | 'maxObjSize';

function setNumber(meta: Draft<Meta>, key: NumberKey, element: Element, tolerated: Tolerated): void {
  const value = parseDecimal(trimmedText(element));
  if (value === undefined) tolerated.add('badNumber');
  else meta[key] = value;
}

/** Parses Cred. Its Data is text in every authentication type of DM, and base64 in all but Basic without Format b64. */
export function parseCred(element: Element, tolerated: Tolerated): Cred {
  let meta: Meta | undefined;
  let data: Element | undefined;
  for (const child of element.content) {
    if (!isElement(child)) continue;
    if (child.name === 'Meta') meta = parseMeta(child, tolerated);
    else if (child.name === 'Data') data = child;
    else tolerated.add('unusedElement');
  }
  const text = data === undefined ? '' : secretText(data, meta?.format);
  return meta === undefined ? { data: text } : { meta, data: text };
}

/** Parses Chal. */
export function parseChal(element: Element, tolerated: Tolerated): Chal {
  for (const child of element.content) {
    if (isElement(child) && child.name === 'Meta') return { meta: parseMeta(child, tolerated) };
  }
  return { meta: {} };
}

/** Parses Item. */
export function parseItem(element: Element, tolerated: Tolerated): Item {
  const item: Draft<Item> = {};
  for (const child of element.content) {
    if (!isElement(child)) continue;
    switch (child.name) {
      case 'Target':
        item.target = parseAddress(child, tolerated);
        break;
      case 'Source':
        item.source = parseAddress(child, tolerated);
        break;
      case 'Meta':
        item.meta = parseMeta(child, tolerated);
        break;
      case 'Data':
        item.data = parseData(child);
        break;
      case 'MoreData':
        item.moreData = true;
        break;
      default:
        tolerated.add('unusedElement');
    }
  }
  return item;
}

/** Parses Item/Data: markup when it has elements, else bytes when it has opaque data, else text. */
function parseData(element: Element): ItemData {
  const { content } = element;
  const first = content[0];
  if (content.length === 1 && typeof first === 'string') return detach(first);
  return content.some(isElement) ? content.map(detachContent) : textOrBytes(element);
}

/** Opaque data beside text is read as text if it is UTF-8. */
function textOrBytes(element: Element): string | Uint8Array {
  const bytes = opaqueOf(element);
  if (bytes === undefined) return exactText(element);
  const hasText = element.content.some((part) => typeof part === 'string');
  return hasText ? (decodeUtf8(withoutTrailingNul(bytes)) ?? bytes) : bytes;
}

function detachElement({ name, namespace, content, startTag }: Element): Element {
  const detached = { name, namespace, content: content.map(detachContent) };
  return startTag === undefined ? detached : { ...detached, startTag: detachStartTag(startTag) };
}

/** The strings of declarations are detached when they are made. */
function detachStartTag({ prefix, attributes, declarations }: StartTag): StartTag {
  const detached = attributes.map((attribute) => ({
    prefix: detach(attribute.prefix),
    name: detach(attribute.name),
    namespace: attribute.namespace,
    value: detach(attribute.value),
  }));
  return { prefix: detach(prefix), attributes: detached, declarations };
}

function detachContent(content: Content): Content {
  if (typeof content === 'string') return detach(content);
  return isElement(content) ? detachElement(content) : new Uint8Array(content);
}
