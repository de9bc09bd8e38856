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
  return isElement(content) ? '' : decodeUtf8(content);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DecodeError('ERR_SYNCML_SHAPE', 'opaque bytes that are not UTF-8 where text belongs', { cause });
  }
}

/** The text of an element that carries base64. A WBXML encoder may have put the bytes themselves there. */
export function base64Text(element: Element): string {
  const first = element.content[0];
  if (!(first instanceof Uint8Array) || element.content.length > 1) return trimmedText(element);
  const text = Buffer.from(first.buffer, first.byteOffset, first.byteLength).toString('latin1').trim();
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0
    ? text
    : Buffer.from(first.buffer, first.byteOffset, first.byteLength).toString('base64');
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
  readMetaChildren(element, meta, tolerated);
  return meta;
}

function readMetaChildren(element: Element, meta: Draft<Meta>, tolerated: Tolerated): void {
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
        meta.nextNonce = base64Text(child);
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
        readMetaChildren(child, meta, tolerated);
        break;
      default:
        tolerated.add('unusedElement');
    }
  }
}

type NumberKey = 'size' | 'maxMsgSize' | 'maxObjSize';

function setNumber(meta: Draft<Meta>, key: NumberKey, element: Element, tolerated: Tolerated): void {
  const value = parseDecimal(trimmedText(element));
  if (value === undefined) tolerated.add('badNumber');
  else meta[key] = value;
}

/** Reads Cred; its Data is text in every type that DM knows. */
export function parseCred(element: Element, tolerated: Tolerated): Cred {
  const cred: Draft<Cred> & { data: string } = { data: '' };
  for (const child of element.content) {
    if (!isElement(child)) continue;
    if (child.name === 'Meta') cred.meta = parseMeta(child, tolerated);
    else if (child.name === 'Data') cred.data = base64Text(child);
    else tolerated.add('unusedElement');
  }
  return cred;
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

/** Reads Item/Data: markup when there are elements inside, bytes when there is nothing but one opaque, else text. */
export function parseData(element: Element, tolerated: Tolerated): ItemData {
  const { content } = element;
  const first = content[0];
  if (content.length === 1 && typeof first === 'string') return detach(first);
  if (content.length === 1 && first instanceof Uint8Array) return new Uint8Array(first);
  const elements = content.filter(isElement);
  if (elements.length === 0) return exactText(element);
  if (content.some((part) => !isElement(part) && textOf(part).trim() !== '')) tolerated.add('textBesideElements');
  return elements.map(detachElement);
}

function detachElement({ name, namespace, content }: Element): Element {
  const copy = (part: Content): Content => {
    if (typeof part === 'string') return detach(part);
    return isElement(part) ? detachElement(part) : new Uint8Array(part);
  };
  return { name, namespace, content: content.map(copy) };
}
