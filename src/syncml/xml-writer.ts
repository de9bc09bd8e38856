/**
 * Writes elements as XML text.
 *
 * An element whose namespace differs from that of its parent gets a default declaration, the form that every device
 * reads. An element that was read with a prefix keeps it. XML has no form for opaque bytes; they are written as base64.
 *
 * @see Namespaces in XML 1.0 §6.2 (defaulting), DMREPPRO (binary data in XML)
 */
import { type Content, type Declaration, type Element, isElement, type StartTag } from '../wbxml/element.ts';
import { XML_URI } from './xml-namespaces.ts';
import { escapeReserved, escapeText } from './xml-text.ts';

/** Returns the text of an element; `inheritedNamespace` is the default namespace of its parent. */
export function writeXml(element: Element, inheritedNamespace = ''): string {
  return new XmlWriter().write(element, inheritedNamespace);
}

/**
 * Returns the text of markup that is the content of an element. It means the same without the document around it: it
 * declares the prefixes that it takes from outside. Elements of a namespace that `isOmitted` get no default declaration.
 * That is the namespace of the element around the markup, which the markup has by accident of its place.
 */
export function writeMarkup(content: readonly Content[], isOmitted: (namespace: string) => boolean): string {
  const writer = new XmlWriter(isOmitted);
  let text = '';
  for (const part of content) text += isElement(part) ? writer.writeTop(part) : writeLeaf(part, escapeReserved);
  return text;
}

/** Returns the base64 text of some bytes (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** A start tag while it is written. */
interface OpenTag {
  declarations: string;
  /** The prefixes that this tag declares, with the namespaces that they had before. */
  readonly hidden: [string, string | undefined][];
}

class XmlWriter {
  readonly #isOmitted: (namespace: string) => boolean;
  readonly #escape: (text: string) => string;
  /** The namespaces of the prefixes that the open tags declare. */
  readonly #prefixes = new Map<string, string>([['xml', XML_URI]]);
  /** The prefixes declared around the markup, and the list that they were taken from. */
  #outer: { readonly from: Declaration; readonly prefixes: ReadonlyMap<string, string> } | undefined;

  constructor(isOmitted?: (namespace: string) => boolean) {
    this.#isOmitted = isOmitted ?? (() => false);
    // Markup of a WBXML message may have characters that XML cannot hold. They are a part of the value.
    this.#escape = isOmitted === undefined ? escapeText : escapeReserved;
  }

  /** Returns the text of an element that has no element of the markup around it. */
  writeTop(element: Element): string {
    const outer = outerDeclarations(element.startTag);
    return this.write(element, '', outer === undefined ? NONE : this.#prefixesOf(outer));
  }

  /** `outer` are the prefixes from outside that the start tag declares if the element needs them. */
  write(element: Element, inherited: string, outer: ReadonlyMap<string, string> = NONE): string {
    const { name, content, startTag } = element;
    const namespace = this.#isOmitted(element.namespace) ? '' : element.namespace;
    if (startTag === undefined) {
      const start = `${name}${defaultDeclaration(namespace, inherited)}`;
      return tagged(start, name, this.#writeContent(content, namespace));
    }
    const { prefix } = startTag;
    const tag: OpenTag = { declarations: prefix === '' ? defaultDeclaration(namespace, inherited) : '', hidden: [] };
    const attributes = this.#writeAttributes(element, startTag, tag);
    for (const used of outer.size === 0 ? [] : prefixesIn(element)) {
      const uri = outer.get(used);
      if (uri !== undefined && !this.#prefixes.has(used)) this.#declare(used, uri, tag);
    }
    const inside = this.#writeContent(content, prefix === '' ? namespace : inherited);
    for (const [declared, before] of tag.hidden) {
      if (before === undefined) this.#prefixes.delete(declared);
      else this.#prefixes.set(declared, before);
    }
    const qualified = prefix === '' ? name : `${prefix}:${name}`;
    return tagged(`${qualified}${tag.declarations}${attributes}`, qualified, inside);
  }

  #writeContent(content: readonly Content[], namespace: string): string {
    let text = '';
    for (const part of content) text += isElement(part) ? this.write(part, namespace) : writeLeaf(part, this.#escape);
    return text;
  }

  /** Returns the attributes, and declares their prefixes and that of the element. */
  #writeAttributes({ namespace }: Element, { prefix, attributes }: StartTag, tag: OpenTag): string {
    for (const attribute of attributes) {
      if (attribute.prefix === 'xmlns') this.#declare(attribute.name, attribute.value, tag);
    }
    if (prefix !== '') this.#declare(prefix, namespace, tag);
    let text = '';
    for (const attribute of attributes) {
      if (attribute.prefix === 'xmlns') continue;
      if (attribute.prefix !== '') this.#declare(attribute.prefix, attribute.namespace, tag);
      const name = attribute.prefix === '' ? attribute.name : `${attribute.prefix}:${attribute.name}`;
      text += ` ${name}="${escapeAttribute(attribute.value)}"`;
    }
    return text;
  }

  #declare(prefix: string, uri: string, tag: OpenTag): void {
    const before = this.#prefixes.get(prefix);
    if (before === uri) return;
    tag.hidden.push([prefix, before]);
    this.#prefixes.set(prefix, uri);
    tag.declarations += ` xmlns:${prefix}="${escapeAttribute(uri)}"`;
  }

  /** The elements of a markup have one list in common. */
  #prefixesOf(from: Declaration): ReadonlyMap<string, string> {
    if (this.#outer?.from === from) return this.#outer.prefixes;
    const prefixes = new Map<string, string>();
    for (let each: Declaration | undefined = from; each !== undefined; each = each.outer) {
      if (!prefixes.has(each.prefix)) prefixes.set(each.prefix, each.uri);
    }
    this.#outer = { from, prefixes };
    return prefixes;
  }
}

const NONE: ReadonlyMap<string, string> = new Map();

/** The declarations around an element: those in force without its own. */
function outerDeclarations(startTag: StartTag | undefined): Declaration | undefined {
  let outer = startTag?.declarations;
  for (const { prefix } of startTag?.attributes ?? []) if (prefix === 'xmlns') outer = outer?.outer;
  return outer;
}

/** All prefixes in an element, in the order of their first use. Values may have them, too, as in `xs:int`. */
function prefixesIn(element: Element, found: Set<string> = new Set()): ReadonlySet<string> {
  const { startTag, content } = element;
  if (startTag !== undefined && startTag.prefix !== '') found.add(startTag.prefix);
  for (const { prefix, value } of startTag?.attributes ?? []) {
    if (prefix !== '') found.add(prefix);
    addMentioned(value, found);
  }
  for (const part of content) {
    if (typeof part === 'string') addMentioned(part, found);
    else if (isElement(part)) prefixesIn(part, found);
  }
  return found;
}

function addMentioned(text: string, found: Set<string>): void {
  if (!text.includes(':')) return;
  for (const [, prefix = ''] of text.matchAll(/([^\s:<>"'&;,/=()]+):/gu)) found.add(prefix);
}

function writeLeaf(part: string | Uint8Array, escaped: (text: string) => string): string {
  return typeof part === 'string' ? escaped(part) : toBase64(part);
}

function tagged(start: string, name: string, inside: string): string {
  return inside === '' ? `<${start}/>` : `<${start}>${inside}</${name}>`;
}

function defaultDeclaration(namespace: string, inherited: string): string {
  return namespace === inherited ? '' : ` xmlns="${escapeAttribute(namespace)}"`;
}

function escapeAttribute(text: string): string {
  const escaped = escapeText(text).replaceAll('"', '&quot;');
  return escaped.replace(/[\t\n]/g, (space) => `&#${space.charCodeAt(0)};`);
}
