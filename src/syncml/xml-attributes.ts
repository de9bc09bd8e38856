/**
 * Reads and checks the attributes of a start tag. Only namespace declarations have an effect; the others belong to markup in
 * Data, which keeps them.
 *
 * @see XML 1.0 (Fifth Edition) §3.1, §3.3.3; Namespaces in XML 1.0 §6.3 "Uniqueness of Attributes"
 */
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

/** One attribute. In `value` references are resolved and all white space is spaces (§3.3.3). */
interface RawAttribute {
  readonly prefix: string;
  readonly local: string;
  readonly value: string;
}

/** The attributes of a start tag. */
export interface Attributes {
  /** In the order written, without the declaration of the default namespace. */
  readonly list: readonly Attribute[];
  /** The offset of the `>` or `/>` that ends the tag. */
  readonly end: number;
}

/**
 * Reads the attributes from `at`, the offset after the name of a start tag, and declares their namespaces for the element
 * of that depth.
 * @throws DecodeError ERR_XML_SYNTAX or ERR_XML_LIMIT
 */
export function readAttributes(text: string, at: number, scope: NamespaceScope, depth: number): Attributes {
  const raw: RawAttribute[] = [];
  const end = readAttributeList(text, at, raw);
  for (const attribute of raw) declare(attribute, at, scope, depth);
  const list: Attribute[] = [];
  const seen = new Set<string>();
  for (const { prefix, local, value } of raw) {
    const namespace = namespaceOf(prefix, at, scope);
    // Two attributes are the same by local name and namespace (Namespaces in XML §6.3).
    if (raw.length > 1) seen.add(prefix === '' ? local : `${local} ${namespace}`);
    if (prefix !== '' || local !== 'xmlns') list.push({ prefix, name: local, namespace, value });
  }
  if (raw.length > 1 && seen.size < raw.length) throw syntaxError('the same attribute twice', at);
  return { list, end };
}

function declare({ prefix, local, value }: RawAttribute, at: number, scope: NamespaceScope, depth: number): void {
  const isDefault = prefix === '' && local === 'xmlns';
  if (!isDefault && prefix !== 'xmlns') return;
  const refusal = scope.declare(depth, isDefault ? '' : local, detach(value));
  if (refusal !== undefined) throw syntaxError(refusal, at);
}

/** Returns the namespace of an attribute, and `xmlns` for a declaration. */
function namespaceOf(prefix: string, at: number, scope: NamespaceScope): string {
  if (prefix === '' || prefix === 'xmlns') return prefix;
  const namespace = scope.resolve(prefix);
  if (namespace === undefined) throw syntaxError('a prefix that is not declared', at);
  return namespace;
}

function readAttributeList(text: string, at: number, attributes: RawAttribute[]): number {
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
    attributes.push({ prefix, local, value: attributeValue(text, opening + 1, closing) });
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
