/**
 * TNDS, the serialized form of a sub-tree: XML document ↔ canonical MO tree.
 *
 * Nodes stand inside each other, or flat with a `Path`, or both; the reader turns every node into its full path first,
 * so that the forms need no telling apart. The writer nests. WBXML documents come as elements, already decoded.
 *
 * @see OMA-TS-DM_TNDS 1.2
 */
import { DecodeError } from '../errors.ts';
import { type MoNode, type NodeFormat, parseNodeFormat } from '../mo/node.ts';
import { decodeEmbedded } from '../syncml/embedded-document.ts';
import { parseXml } from '../syncml/xml-reader.ts';
import { toBase64, writeXml } from '../syncml/xml-writer.ts';
import { type Element, isElement } from '../wbxml/element.ts';

/** A sub-tree and where it belongs. */
export interface TndsDocument {
  /** LocURI of `root`: the target itself, or a child of it. */
  readonly locUri: string;
  readonly root: MoNode;
  /** False when the top node had no name: the device then files the object by its MOID. */
  readonly named: boolean;
}

/** Deeper than any device's tree; a flat document could otherwise nest without end. */
const MAX_DEPTH = 64;
const NAMESPACE = 'syncml:dmddf1.2';

/** One Node element with its place, before the tree is built. */
interface Entry {
  readonly path: readonly string[];
  readonly element: Element;
}

interface Branch {
  entry?: Entry;
  readonly children: Map<string, Branch>;
}

/**
 * Reads a document that stands in a command or result at `targetLocUri`.
 * @throws DecodeError ERR_TNDS_SHAPE, or that of the XML reader
 */
export function parseTnds(text: string, targetLocUri: string): TndsDocument {
  return readTnds(parseXml(text.trim()), targetLocUri);
}

/**
 * Reads a document as bytes, WBXML or XML text: one that stands by itself.
 * @throws DecodeError ERR_TNDS_SHAPE, or that of the codec
 */
export function decodeTnds(bytes: Uint8Array, targetLocUri: string): TndsDocument {
  return readTnds(decodeEmbedded(bytes), targetLocUri);
}

/** Reads a document that is elements already: markup inside Data, or decoded WBXML. */
export function readTnds(document: Element, targetLocUri: string): TndsDocument {
  if (document.name !== 'MgmtTree') throw shapeError(`not a MgmtTree: ${document.name}`);
  const target = namesOf(targetLocUri);
  const topNodes = childrenNamed(document, 'Node');
  const named = topNodes.some((node) => nameOf(node) !== '');
  const entries = topNodes.flatMap((node) => flatten(node, [], target));
  const top: Branch = { children: new Map() };
  for (const entry of entries) insert(top, entry);
  const [first, ...others] = [...top.children];
  if (first === undefined) throw shapeError('a MgmtTree without Node');
  const targetName = target.at(-1) ?? '.';
  if (others.length > 0)
    return { locUri: locUriOf(target), root: toNode(targetName, underTarget(top, targetName)), named };
  const [name, branch] = first;
  const isTarget = name === targetName;
  return { locUri: locUriOf(isTarget ? target : [...target, name]), root: toNode(name, branch), named };
}

/** Several top nodes: one with the target's name is the target, all others can only be its children. */
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

/** Writes the nested form: for Add and Replace the command's target is the parent of `node`. */
export function formatTnds(node: MoNode): string {
  return writeXml(element('MgmtTree', element('VerDTD', '1.2'), toElement(node)));
}

function flatten(element: Element, ancestors: readonly string[], target: readonly string[]): readonly Entry[] {
  const path = childNamed(element, 'Path');
  const parent = path === undefined ? ancestors : relativePath(textOf(path).trim(), target);
  const name = nameOf(element);
  if (name.includes('/')) throw shapeError(`a name with a slash: "${name}"`);
  if (name === '' && parent.length > 0) throw shapeError('a node without name below another node');
  const full = [...parent, name === '' ? (target.at(-1) ?? '.') : name];
  if (full.length > MAX_DEPTH) throw shapeError(`nodes nest deeper than ${MAX_DEPTH}`);
  return [{ path: full, element }, ...childrenNamed(element, 'Node').flatMap((child) => flatten(child, full, target))];
}

/** A Path counts from the target; one that a writer made absolute begins like the place above the top node, or with all of the target. */
function relativePath(path: string, target: readonly string[]): readonly string[] {
  const names = namesOf(path);
  const above = target.slice(0, -1);
  const beginsWith = (place: readonly string[]) => place.every((name, at) => names[at] === name);
  const isAbsolute = path.startsWith('.') ? beginsWith(above) : target.length > 1 && beginsWith(target);
  return isAbsolute ? names.slice(above.length) : names;
}

function insert(top: Branch, entry: Entry): void {
  const branch = entry.path.reduce<Branch>((at, name) => {
    const child: Branch = at.children.get(name) ?? { children: new Map() };
    at.children.set(name, child);
    return child;
  }, top);
  if (branch.entry !== undefined) throw shapeError(`a node twice: ${entry.path.join('/')}`);
  branch.entry = entry;
}

function toNode(name: string, { entry, children }: Branch): MoNode {
  const properties = entry === undefined ? undefined : childNamed(entry.element, 'RTProperties');
  const value = entry === undefined ? undefined : childNamed(entry.element, 'Value');
  const isNode = children.size > 0 || entry === undefined || (value === undefined && hasDdfName(properties));
  const format = formatOf(properties) ?? (isNode ? 'node' : 'chr');
  if (children.size > 0 && format !== 'node') throw shapeError(`a leaf with child nodes: ${name}`);
  const type = typeOf(properties, format);
  const acl = optionalText(properties, 'ACL')?.trim();
  const title = optionalText(properties, 'Title');
  return {
    name,
    format,
    ...(type === undefined ? {} : { type }),
    ...(value === undefined || format === 'node' || format === 'null' ? {} : { value: valueText(value, format) }),
    ...(format === 'node' ? { children: [...children].map(([childName, child]) => toNode(childName, child)) } : {}),
    ...(acl === undefined || acl === '' ? {} : { acl }),
    ...(title === undefined || title === '' ? {} : { title }),
  };
}

/** `<Format><chr/></Format>`, or the bare word as some writers have it. */
function formatOf(properties: Element | undefined): NodeFormat | undefined {
  const element = properties === undefined ? undefined : childNamed(properties, 'Format');
  if (element === undefined) return undefined;
  const word = element.content.find(isElement)?.name ?? textOf(element).trim();
  if (word === '') return undefined;
  const format = parseNodeFormat(word);
  if (format === undefined) throw shapeError(`not a format: ${word}`);
  return format;
}

/** Interior nodes have DDFName in their Type, leaves MIME. */
function hasDdfName(properties: Element | undefined): boolean {
  const type = properties === undefined ? undefined : childNamed(properties, 'Type');
  return type !== undefined && childNamed(type, 'DDFName') !== undefined;
}

/** MIME or DDFName; the defaults text/plain and "no MOID" are left out. */
function typeOf(properties: Element | undefined, format: NodeFormat): string | undefined {
  const element = properties === undefined ? undefined : childNamed(properties, 'Type');
  if (element === undefined) return undefined;
  const type = textOf(element.content.find(isElement) ?? element).trim();
  return type === '' || (format !== 'node' && type === 'text/plain') ? undefined : type;
}

/** Text, opaque bytes of WBXML, or markup that was not escaped. */
function valueText(element: Element, format: NodeFormat): string {
  const isBinary = format === 'b64' || format === 'bin';
  const texts = element.content.map((part) => {
    if (isElement(part)) return writeXml(part, element.namespace);
    return typeof part !== 'string' && isBinary ? toBase64(part) : plainText(part);
  });
  return texts.join('');
}

function toElement(node: MoNode): Element {
  const isLeaf = node.format !== 'node';
  const hasValue = isLeaf && node.format !== 'null' && node.value !== undefined;
  return element(
    'Node',
    element('NodeName', node.name),
    element(
      'RTProperties',
      ...(node.acl === undefined || node.acl === '' ? [] : [element('ACL', node.acl)]),
      element('Format', element(node.format)),
      ...(node.title === undefined || node.title === '' ? [] : [element('Title', node.title)]),
      element('Type', isLeaf ? element('MIME', node.type || 'text/plain') : element('DDFName', node.type ?? '')),
    ),
    ...(hasValue ? [element('Value', node.value)] : []),
    ...(node.children ?? []).map(toElement),
  );
}

function element(name: string, ...content: readonly (string | Element)[]): Element {
  return { name, namespace: NAMESPACE, content: content.filter((part) => part !== '') };
}

function nameOf(element: Element): string {
  return optionalText(element, 'NodeName')?.trim() ?? '';
}

function optionalText(element: Element | undefined, name: string): string | undefined {
  const child = element === undefined ? undefined : childNamed(element, name);
  return child === undefined ? undefined : textOf(child);
}

function textOf(element: Element): string {
  return element.content.map((part) => (isElement(part) ? '' : plainText(part))).join('');
}

function plainText(part: string | Uint8Array): string {
  return typeof part === 'string' ? part : new TextDecoder().decode(part);
}

function childNamed(element: Element, name: string): Element | undefined {
  return element.content.filter(isElement).find((child) => child.name === name);
}

function childrenNamed(element: Element, name: string): readonly Element[] {
  return element.content.filter(isElement).filter((child) => child.name === name);
}

function namesOf(locUri: string): readonly string[] {
  const [place = ''] = locUri.trim().split('?');
  return place.split('/').filter((name) => name !== '' && name !== '.');
}

function locUriOf(names: readonly string[]): string {
  return ['.', ...names].join('/');
}

function shapeError(what: string): DecodeError {
  return new DecodeError('ERR_TNDS_SHAPE', `TNDS: ${what}`);
}
