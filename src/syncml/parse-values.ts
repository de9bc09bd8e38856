/**
 * The parts that commands and the header share: text, numbers, Meta, locations, Items and their Data.
 *
 * Children may come in any order and are known by their local name, because devices leave the MetInf namespace out.
 * Every string that is kept is detached: one value must not keep its message alive.
 *
 * @see DMREPPRO "Element type definitions"; MetInf for the children of Meta
 */
import { DecodeError } from '../errors.ts';
import { type Content, type Element, isElement } from '../wbxml/element.ts';
import type { Chal, Cred, Item, ItemData, Location, Meta } from './message.ts';
import { METINF_NAMESPACE } from './namespaces.ts';
import type { Tolerance } from './tolerances.ts';
import { detach } from './xml-text.ts';
import { toBase64 } from './xml-writer.ts';

/** A record while it is being read. */
export type Draft<T> = { -readonly [K in keyof T]?: T[K] };

/** What was tolerated in the message so far. */
export type Tolerated = Set<Tolerance>;

/** The exact text of an element; opaque bytes count as UTF-8, child elements do not count. */
export function exactText(element: Element): string {
  const { content } = element;
  const first = content[0];
  if (content.length === 1 && typeof first === 'string') return detach(first);
  return detach(content.map(textOf).join(''));
}

/** The text of an element without white space around it. */
export function trimmedText(element: Element): string {
  const { content } = element;
  const first = content[0];
  if (content.length === 1 && typeof first === 'string') return detach(first.trim());
  return detach(content.map(textOf).join('').trim());
}

function textOf(content: Content): string {
  if (typeof content === 'string') return content;
  if (isElement(content)) return '';
  const text = decodeUtf8(content);
  if (text === undefined) {
    throw new DecodeError('ERR_SYNCML_SHAPE', 'opaque bytes that are not UTF-8 where text belongs');
  }
  return text;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text of a credential or nonce. A WBXML encoder may have unpacked base64; only Format can tell the two apart. */
function secretText(element: Element, format: string | undefined): string {
  const bytes = opaqueOf(element);
  if (bytes === undefined) return trimmedText(element);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').trim();
  const isBase64 = format?.toLowerCase() === 'b64' && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isBase64 ? text : toBase64(bytes);
}

/** The bytes of an element that holds opaque data, text beside it included; `undefined` when all is text. */
function opaqueOf({ content }: Element): Uint8Array | undefined {
  if (!content.some((part) => part instanceof Uint8Array)) return undefined;
  const parts: Uint8Array[] = [];
  for (const part of content) if (!isElement(part)) parts.push(typeof part === 'string' ? Buffer.from(part) : part);
  // A copy: the value must not keep its message alive.
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A decimal number, or `undefined`; nothing beyond what a number holds exactly. */
export function parseDecimal(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Reads Target or Source. */
export function parseLocation(element: Element, tolerated: Tolerated): Location {
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
    if (locUri !== '') tolerated.add('bareLocation');
  }
  return locName === undefined ? { locUri } : { locUri, locName };
}

/** Reads Meta, with or without a MetInf element around its children. */
export function parseMeta(element: Element, tolerated: Tolerated): Meta {
  const meta: Draft<Meta> = {};
  const nextNonce = readMetaChildren(element, meta, tolerated);
  // Format decides how it is read and may stand behind it.
  if (nextNonce !== undefined) meta.nextNonce = secretText(nextNonce, meta.format);
  return meta;
}

/** Fills in what can be read at once; answers NextNonce. */
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

type NumberKey = 'size' | 'maxMsgSize' | 'maxObjSize';

function setNumber(meta: Draft<Meta>, key: NumberKey, element: Element, tolerated: Tolerated): void {
  const value = parseDecimal(trimmedText(element));
  if (value === undefined) tolerated.add('badNumber');
  else meta[key] = value;
}

/** Reads Cred; its Data is text in every type that DM knows, and base64 in all but plain Basic. */
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

/** Reads Chal. */
export function parseChal(element: Element, tolerated: Tolerated): Chal {
  const meta = element.content.find((child) => isElement(child) && child.name === 'Meta');
  return { meta: meta !== undefined && isElement(meta) ? parseMeta(meta, tolerated) : {} };
}

/** Reads Item. */
export function parseItem(element: Element, tolerated: Tolerated): Item {
  const item: Draft<Item> = {};
  for (const child of element.content) {
    if (!isElement(child)) continue;
    switch (child.name) {
      case 'Target':
        item.target = parseLocation(child, tolerated);
        break;
      case 'Source':
        item.source = parseLocation(child, tolerated);
        break;
      case 'Meta':
        item.meta = parseMeta(child, tolerated);
        break;
      case 'Data':
        item.data = parseData(child, tolerated);
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

/** Reads Item/Data: markup when there are elements inside, bytes when there is opaque data, else text. */
function parseData(element: Element, tolerated: Tolerated): ItemData {
  const { content } = element;
  const first = content[0];
  if (content.length === 1 && typeof first === 'string') return detach(first);
  const elements = content.filter(isElement);
  if (elements.length === 0) return plainData(element);
  if (content.some((part) => !isElement(part) && textOf(part).trim() !== '')) tolerated.add('textBesideElements');
  return elements.map(detachElement);
}

/** Beside text, opaque data are text as well, if they can be. */
function plainData(element: Element): string | Uint8Array {
  const bytes = opaqueOf(element);
  if (bytes === undefined) return exactText(element);
  const hasText = element.content.some((part) => typeof part === 'string');
  return hasText ? (decodeUtf8(bytes) ?? bytes) : bytes;
}

function detachElement({ name, namespace, content }: Element): Element {
  const copy = (part: Content): Content => {
    if (typeof part === 'string') return detach(part);
    return isElement(part) ? detachElement(part) : new Uint8Array(part);
  };
  return { name, namespace, content: content.map(copy) };
}
