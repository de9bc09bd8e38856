/**
 * Reads and checks the attributes of a start tag. Only namespace declarations have an effect; the others belong to markup in
 * Data, which keeps them.
 *
 * @see XML 1.0 (Fifth Edition) §3.1, §3.3.3; Namespaces in XML 1.0 §6.3 "Uniqueness of Attributes"
 */
import type { Mutable } from '../mutable.ts';
import type { Attribute } from '../wbxml/element.ts';
import {
  decodeReferences,
  GT,
  isQuote,
  limitError,
  nameEnd,
  qName,
  SLASH,
  skipSpace,
  syntaxError,
} from './xml-cursor.ts';
import type { NamespaceScope } from './xml-namespaces.ts';
import { detach } from './xml-text.ts';

/** The limit bounds the time for hostile messages: attributes cost more per byte than anything else. DM needs one or two. */
const MAX_ATTRIBUTES = 64;
const EQUALS = 0x3d;

/** The attributes of a start tag. */
export interface Attributes {
  /** In the order written, without the declaration of the default namespace. */
  readonly list: readonly Attribute[];
  /** The offset of the `>` or `/>` that ends the tag. */
  readonly end: number;
}

/**
 * Reads the attributes from `at`, the offset after the name of a start tag, and declares their namespaces for the element
 * of that depth. In values references are resolved and all white space is spaces (§3.3.3).
 * @throws DecodeError ERR_XML_SYNTAX or ERR_XML_LIMIT
 */
export function readAttributes(text: string, at: number, scope: NamespaceScope, depth: number): Attributes {
  const all: Mutable<Attribute>[] = [];
  const end = readAttributeList(text, at, all);
  let hasDefault = false;
  for (const attribute of all) {
    declare(attribute, at, scope, depth);
    hasDefault ||= isDefaultDeclaration(attribute);
  }
  // A declaration counts for the whole tag, also for the attributes before it.
  for (const attribute of all) attribute.namespace = namespaceOf(attribute.prefix, at, scope);
  if (all.length > 1 && hasTwice(all)) throw syntaxError('the same attribute twice', at);
  return { list: hasDefault ? all.filter((attribute) => !isDefaultDeclaration(attribute)) : all, end };
}

function isDefaultDeclaration({ prefix, name }: Attribute): boolean {
  return prefix === '' && name === 'xmlns';
}

/** Two attributes are the same by local name and namespace (Namespaces in XML §6.3). */
function hasTwice(attributes: readonly Attribute[]): boolean {
  const names = attributes.map(({ prefix, name, namespace }) => (prefix === '' ? name : `${name} ${namespace}`));
  return new Set(names).size < names.length;
}

function declare(attribute: Attribute, at: number, scope: NamespaceScope, depth: number): void {
  const { prefix, name, value } = attribute;
  const isDefault = isDefaultDeclaration(attribute);
  if (!isDefault && prefix !== 'xmlns') return;
  const refusal = scope.declare(depth, isDefault ? '' : name, detach(value));
  if (refusal !== undefined) throw syntaxError(refusal, at);
}

/** Returns the namespace of an attribute, and `xmlns` for a declaration. */
function namespaceOf(prefix: string, at: number, scope: NamespaceScope): string {
  if (prefix === '' || prefix === 'xmlns') return prefix;
  const namespace = scope.resolve(prefix);
  if (namespace === undefined) throw syntaxError('a prefix that is not declared', at);
  return namespace;
}

function readAttributeList(text: string, at: number, attributes: Attribute[]): number {
  let i = at;
  for (;;) {
    const start = skipSpace(text, i);
    const code = text.charCodeAt(start);
    if (code === GT || code === SLASH) return start;
    if (attributes.length === MAX_ATTRIBUTES) throw limitError(`more than ${MAX_ATTRIBUTES} attributes`, start);
    if (start === i) throw syntaxError('no white space before an attribute', i);
    const end = nameEnd(text, start);
    const { prefix, local } = qName(text, start, end);
    const equals = skipSpace(text, end);
    if (text.charCodeAt(equals) !== EQUALS) throw syntaxError('attribute without value', start);
    const opening = skipSpace(text, equals + 1);
    const quote = text.charCodeAt(opening);
    const closing = isQuote(quote) ? text.indexOf(String.fromCharCode(quote), opening + 1) : -1;
    if (closing < 0) throw syntaxError('attribute value without its quotes', opening);
    attributes.push({ prefix, name: local, namespace: '', value: attributeValue(text, opening + 1, closing) });
    i = closing + 1;
  }
}

function attributeValue(text: string, start: number, end: number): string {
  const raw = text.slice(start, end);
  if (!/[<&\t\n\r]/.test(raw)) return raw;
  const lt = raw.indexOf('<');
  if (lt >= 0) throw syntaxError('"<" in an attribute value', start + lt);
  return decodeReferences(raw.replace(/[\t\n\r]/g, ' '), start);
}
