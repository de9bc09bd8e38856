/**
 * XML of the simulated device: a tree of elements and text without prefixes.
 *
 * The device does not use the bridge's codec, because a fault there would then go unnoticed.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';

export interface XmlElement {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly content: readonly (XmlElement | string)[];
}

/** The text is not a well-formed XML document. */
export class XmlFault extends Error {}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  parseTagValue: false,
  trimValues: false,
  // The entities of a DOCTYPE must not be expanded; `decodeEntities` knows the predefined ones only.
  processEntities: false,
  cdataPropName: '#cdata',
});

/**
 * Reads a document and returns its root element.
 * @throws XmlFault for a text that is not well-formed
 */
export function readXml(text: string): XmlElement {
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) throw new XmlFault(`${verdict.err.msg} (line ${verdict.err.line})`);
  const parsed: unknown = parser.parse(text);
  const root = toContent(parsed).find((node) => typeof node !== 'string');
  if (root === undefined || typeof root === 'string') throw new XmlFault('there is no root element');
  return root;
}

/** Writes an element. Text is escaped; a namespace becomes a default namespace declaration. */
export function writeXml(node: XmlElement | string): string {
  if (typeof node === 'string') return escapeText(node);
  const opening = node.namespace === undefined ? node.name : `${node.name} xmlns='${node.namespace}'`;
  if (node.content.length === 0) return `<${opening}/>`;
  return `<${opening}>${node.content.map(writeXml).join('')}</${node.name}>`;
}

/** Creates an element; undefined parts are omitted. */
export function element(name: string, ...content: readonly (XmlElement | string | undefined)[]): XmlElement {
  return { name, content: content.filter((part) => part !== undefined) };
}

/** The first child element of that name. */
export function child(parent: XmlElement, name: string): XmlElement | undefined {
  return children(parent).find((candidate) => candidate.name === name);
}

export function children(parent: XmlElement): readonly XmlElement[] {
  return parent.content.filter((node) => typeof node !== 'string');
}

/** The text of an element; markup inside counts as its XML text. */
export function textOf(node: XmlElement): string {
  return node.content.map((part) => (typeof part === 'string' ? part : writeXml(part))).join('');
}

/** The trimmed text of a child, or undefined when the child is absent. */
export function childText(parent: XmlElement, name: string): string | undefined {
  const found = child(parent, name);
  return found === undefined ? undefined : textOf(found).trim();
}

function toContent(nodes: unknown): (XmlElement | string)[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: unknown) => toNode(node));
}

function toNode(node: unknown): (XmlElement | string)[] {
  if (!isRecord(node)) return [];
  const name = Object.keys(node).find((key) => key !== ':@');
  if (name === undefined || name.startsWith('?')) return [];
  const value = node[name];
  if (name === '#text') return [decodeEntities(String(value))];
  if (name === '#cdata') return [rawText(value)];
  const attributes = node[':@'];
  const namespace = isRecord(attributes) ? attributes['@_xmlns'] : undefined;
  const content = toContent(value);
  const local = name.slice(name.indexOf(':') + 1);
  return [{ name: local, namespace: typeof namespace === 'string' ? namespace : undefined, content }];
}

function rawText(nodes: unknown): string {
  if (!Array.isArray(nodes)) return '';
  return nodes.map((node: unknown) => (isRecord(node) ? String(node['#text'] ?? '') : '')).join('');
}

const NAMED_ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/giu, (whole, name: string) => {
    if (name.startsWith('#x')) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    return NAMED_ENTITIES[name] ?? whole;
  });
}

function escapeText(text: string): string {
  return text.replace(/&/gu, '&amp;').replace(/</gu, '&lt;').replace(/>/gu, '&gt;').replace(/\r/gu, '&#13;');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
