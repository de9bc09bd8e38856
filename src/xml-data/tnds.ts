/**
 * Converts between TNDS, the serialized form of a sub-tree, and the canonical MO tree.
 *
 * A document has Nodes inside each other, or flat Nodes with a `Path`, or a mixture. The reader first gives each Node its
 * full path and then builds the tree, so it treats all forms alike. The writer nests the Nodes.
 *
 * @see OMA-TS-DM_TNDS 1.2
 */
import { DecodeError } from '../errors.ts';
import { finish, type LongWork, NodeCount } from '../long-work.ts';
import { childOf, type LocUri, nameOf, namesOf } from '../mo/loc-uri.ts';
import { isBinaryFormat, isListOf, type MoNode, type NodeFormat, type OwnValue, parseNodeFormat } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import { DDF_NAMESPACE } from '../syncml/namespaces.ts';
import { parseXml } from '../syncml/xml-reader.ts';
import { toBase64, writeMarkup, writeXml } from '../syncml/xml-writer.ts';
import { type Element, isElement } from '../wbxml/element.ts';
import { ddfElement, ddfTextElement } from './ddf-elements.ts';

/** A sub-tree and its address. */
export interface TndsDocument {
  /** The LocURI of `root`: that of the target or of a child of it. */
  readonly locUri: LocUri;
  readonly root: MoNode;
  /** False when no top Node has a name: then the device finds the place of the MO by its MOID. */
  readonly named: boolean;
  /**
   * The nodes at and below `locUri` without a Node element of their own, which exist because of others below them: none of
   * their properties is known. Absent when all nodes have one.
   */
  readonly implied?: readonly LocUri[];
}

/** The greatest depth of a tree. No device has a deeper one, and a flat document could describe any depth. */
const MAX_DEPTH = 64;

/** One Node element and the names on its path from the top. */
interface Entry {
  readonly path: readonly string[];
  readonly element: Element;
}

/** A node while the tree is built; `entry` is absent until its Node element is found. */
interface Branch {
  entry?: Entry;
  readonly children: Map<string, Branch>;
}

/**
 * Parses a document from a command or a result for `targetLocUri`.
 * @throws DecodeError ERR_TNDS_SHAPE, ERR_XML_SYNTAX or ERR_XML_LIMIT
 */
export function parseTnds(text: string, targetLocUri: LocUri): TndsDocument {
  return readTnds(parseXml(text.trim()), targetLocUri);
}

/**
 * Converts a document that is a tree of elements, from Data or from WBXML.
 * @throws DecodeError ERR_TNDS_SHAPE
 */
export function readTnds(document: Element, targetLocUri: LocUri): TndsDocument {
  if (document.name !== 'MgmtTree') throw shapeError(`not a MgmtTree: ${document.name}`);
  const target = namesOf(targetLocUri);
  const topNodes = childrenNamed(document, 'Node');
  const named = topNodes.some((node) => nodeNameOf(node) !== '');
  const entries: Entry[] = [];
  for (const node of topNodes) addEntries(node, [], target, entries);
  const top: Branch = { children: new Map() };
  for (const entry of entries) insert(top, entry);
  const [first, ...others] = [...top.children];
  if (first === undefined) throw shapeError('a MgmtTree without Node');
  const targetName = nameOf(targetLocUri);
  if (others.length > 0) {
    const merged = underTarget(top, targetName);
    const root = toNode(targetName, merged);
    return withImplied({ locUri: targetLocUri, root, named }, merged);
  }
  const [name, branch] = first;
  const locUri = name === targetName ? targetLocUri : childOf(targetLocUri, name);
  return withImplied({ locUri, root: toNode(name, branch), named }, branch);
}

function withImplied(document: TndsDocument, top: Branch): TndsDocument {
  const implied = impliedNodes(document.locUri, top);
  return implied.length === 0 ? document : { ...document, implied };
}

function impliedNodes(locUri: LocUri, { entry, children }: Branch): readonly LocUri[] {
  const below = [...children].flatMap(([name, child]) => impliedNodes(childOf(locUri, name), child));
  return entry === undefined ? [locUri, ...below] : below;
}

/** Joins several top Nodes into one: the one with the name of the target is the target, the others are its children. */
function underTarget(top: Branch, targetName: string): Branch {
  const branch = top.children.get(targetName);
  if (branch === undefined) return top;
  for (const [name, child] of top.children) {
    if (name === targetName) continue;
    if (branch.children.has(name)) throw shapeError(`a node twice: ${name}`);
    branch.children.set(name, child);
  }
  return branch;
}

/** Returns the nested form. An Add or Replace with this document has the parent of `node` as its target. */
export function formatTnds(node: MoNode): string {
  return finish(formatTndsInParts(node));
}

export function* formatTndsInParts(node: MoNode): LongWork<string> {
  const document = writeXml(ddfElement('MgmtTree', [ddfTextElement('VerDTD', '1.2')]));
  return withInside(document, 'MgmtTree', yield* formatNode(node, new NodeCount()));
}

function* formatNode(node: MoNode, count: NodeCount): LongWork<string> {
  if (count.endsPart()) yield;
  const own = writeXml(toElement(node), DDF_NAMESPACE);
  const { children = [] } = node;
  if (children.length === 0) return own;
  let inside = '';
  for (const child of children) inside += yield* formatNode(child, count);
  return withInside(own, 'Node', inside);
}

/** The element with more text before its end. */
function withInside(element: string, name: string, inside: string): string {
  return `${element.slice(0, -`</${name}>`.length)}${inside}</${name}>`;
}

/** Adds the entries of a Node and of the Nodes inside it; `ancestors` are the names of the Nodes around it. */
function addEntries(element: Element, ancestors: readonly string[], target: readonly string[], entries: Entry[]): void {
  const path = childNamed(element, 'Path');
  const parent = path === undefined ? ancestors : relativePath(textOf(path).trim(), target);
  const name = nodeNameOf(element);
  if (name.includes('/')) throw shapeError(`a name with a slash: "${name}"`);
  if (name === '' && parent.length > 0) throw shapeError('a node without name below another node');
  const fullPath = [...parent, name === '' ? (target.at(-1) ?? '.') : name];
  if (fullPath.length > MAX_DEPTH) throw shapeError(`nodes nest deeper than ${MAX_DEPTH}`);
  entries.push({ path: fullPath, element });
  for (const child of childrenNamed(element, 'Node')) addEntries(child, fullPath, target, entries);
}

/**
 * The names of a Path from the top Node on. Some devices write an absolute Path: it begins with `.` and the parent of the
 * target, or with the whole target.
 */
function relativePath(path: string, target: readonly string[]): readonly string[] {
  const names = namesOfPath(path);
  const targetParent = target.slice(0, -1);
  const beginsWith = (prefix: readonly string[]) => prefix.every((name, i) => names[i] === name);
  const isAbsolute = path.startsWith('.') ? beginsWith(targetParent) : target.length > 1 && beginsWith(target);
  return isAbsolute ? names.slice(targetParent.length) : names;
}

function insert(top: Branch, entry: Entry): void {
  let branch = top;
  for (const name of entry.path) {
    const child: Branch = branch.children.get(name) ?? { children: new Map() };
    branch.children.set(name, child);
    branch = child;
  }
  if (branch.entry !== undefined) throw shapeError(`a node twice: ${entry.path.join('/')}`);
  branch.entry = entry;
}

function toNode(name: string, { entry, children }: Branch): MoNode {
  const properties = entry === undefined ? undefined : childNamed(entry.element, 'RTProperties');
  const value = entry === undefined ? undefined : childNamed(entry.element, 'Value');
  const isNode = children.size > 0 || entry === undefined || (value === undefined && hasDdfName(properties));
  const reported = formatOf(properties) ?? (isNode ? 'node' : 'chr');
  const format = children.size > 0 ? 'node' : reported;
  const node: Mutable<MoNode> = { name, format };
  const type = typeOf(properties, format);
  const acl = optionalText(properties, 'ACL')?.trim();
  const title = optionalText(properties, 'Title');
  if (type !== undefined) node.type = type;
  if (value !== undefined && format !== 'node' && format !== 'null') node.value = valueText(value, format);
  const ownValue = value === undefined ? undefined : ownValueOf(value, reported, [...children.keys()]);
  if (ownValue !== undefined) node.ownValue = ownValue;
  if (format === 'node') node.children = [...children].map(([childName, child]) => toNode(childName, child));
  if (acl !== undefined) node.acl = acl;
  if (title !== undefined && title !== '') node.title = title;
  return node;
}

/** Returns the value of a node that should have none: it has children, or Format null. */
function ownValueOf(value: Element, reported: NodeFormat, childNames: readonly string[]): OwnValue | undefined {
  if (childNames.length === 0 && reported !== 'null') return undefined;
  const format = reported === 'node' || reported === 'null' ? 'chr' : reported;
  const text = valueText(value, format);
  const isList = childNames.length > 0 && isListOf(childNames, text);
  return text === '' || isList ? undefined : { format, value: text };
}

/** The format, which is an empty element, `<Format><chr/></Format>`, or the bare word, as some devices write it. */
function formatOf(properties: Element | undefined): NodeFormat | undefined {
  const element = properties === undefined ? undefined : childNamed(properties, 'Format');
  if (element === undefined) return undefined;
  const word = element.content.find(isElement)?.name ?? textOf(element).trim();
  if (word === '') return undefined;
  const format = parseNodeFormat(word);
  if (format === undefined) throw shapeError(`not a format: ${word}`);
  return format;
}

/** True for an interior node: its Type has DDFName. The Type of a leaf has MIME. */
function hasDdfName(properties: Element | undefined): boolean {
  const type = properties === undefined ? undefined : childNamed(properties, 'Type');
  return type !== undefined && childNamed(type, 'DDFName') !== undefined;
}

/** The MIME type or MOID; `undefined` for the defaults, text/plain and no MOID. */
function typeOf(properties: Element | undefined, format: NodeFormat): string | undefined {
  const element = properties === undefined ? undefined : childNamed(properties, 'Type');
  if (element === undefined) return undefined;
  const type = textOf(element.content.find(isElement) ?? element).trim();
  return type === '' || (format !== 'node' && type === 'text/plain') ? undefined : type;
}

/** The value as text. Opaque bytes of a binary format become base64, and markup becomes XML text. */
function valueText({ content, namespace }: Element, format: NodeFormat): string {
  if (content.some(isElement)) return writeMarkup(content, (each) => each === namespace);
  let text = '';
  for (const part of content) {
    if (isElement(part)) continue;
    text += typeof part !== 'string' && isBinaryFormat(format) ? toBase64(part) : plainText(part);
  }
  return text;
}

/** The node without its children. */
function toElement(node: MoNode): Element {
  const content = [ddfTextElement('NodeName', node.name), toProperties(node)];
  const { value, format } = node;
  if (value !== undefined && format !== 'node' && format !== 'null') content.push(ddfTextElement('Value', value));
  return ddfElement('Node', content);
}

function toProperties({ format, type, acl, title }: MoNode): Element {
  const content: Element[] = [];
  if (acl !== undefined && acl !== '') content.push(ddfTextElement('ACL', acl));
  content.push(ddfElement('Format', [ddfElement(format)]));
  if (title !== undefined && title !== '') content.push(ddfTextElement('Title', title));
  const typeElement =
    format === 'node' ? ddfTextElement('DDFName', type ?? '') : ddfTextElement('MIME', type || 'text/plain');
  content.push(ddfElement('Type', [typeElement]));
  return ddfElement('RTProperties', content);
}

function nodeNameOf(element: Element): string {
  return optionalText(element, 'NodeName')?.trim() ?? '';
}

function optionalText(element: Element | undefined, name: string): string | undefined {
  const child = element === undefined ? undefined : childNamed(element, name);
  return child === undefined ? undefined : textOf(child);
}

function textOf(element: Element): string {
  return element.content.map((part) => (isElement(part) ? '' : plainText(part))).join('');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function plainText(part: string | Uint8Array): string {
  if (typeof part === 'string') return part;
  try {
    return utf8.decode(part);
  } catch {
    throw shapeError('opaque bytes that are not UTF-8 where text belongs');
  }
}

function childNamed(element: Element, name: string): Element | undefined {
  return element.content.filter(isElement).find((child) => child.name === name);
}

function childrenNamed(element: Element, name: string): readonly Element[] {
  return element.content.filter(isElement).filter((child) => child.name === name);
}

/** The names of a Path; a query such as `?list=TNDS` does not count. */
function namesOfPath(text: string): readonly string[] {
  const [path = ''] = text.trim().split('?');
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function shapeError(what: string): DecodeError {
  return new DecodeError('ERR_TNDS_SHAPE', `TNDS: ${what}`);
}
