/**
 * Reads DDF documents (1.1 and 1.2) as plain data: every element of the DTD that describes a device, with its text
 * unchanged.
 *
 * Elements may come in any order. A word may be text where the DTD has an empty element. Vendors add elements of other
 * namespaces. Elements that this file does not read are skipped and counted. `mapping/` decides the meaning of formats,
 * paths and names.
 *
 * @see OMA-TS-DM_TND 1.2 "Device Description Framework"; DM-2.0 §6.4
 */
import { DecodeError } from '../errors.ts';
import type { Mutable } from '../mutable.ts';
import { type Element, isElement, stringContent } from '../wbxml/element.ts';
import { parseDataXml } from './data-xml.ts';

/** The DFProperties of a Node. Format and Type come from RTProperties when DFProperties have none. */
export interface DdfProperties {
  /** The names of the commands, such as `Get`. */
  readonly accessTypes: readonly string[];
  readonly defaultValue?: string;
  readonly description?: string;
  /** The name of the format, such as `chr`. */
  readonly format?: string;
  /** The name, such as `ZeroOrN`, and its N if it has one. */
  readonly occurrence?: { readonly name: string; readonly count?: string };
  readonly scope?: string;
  readonly title?: string;
  readonly mimeTypes: readonly string[];
  readonly ddfName?: string;
  readonly caseSense?: string;
}

/** One Node and the Nodes inside it. */
export interface DdfNode {
  /** Absent without NodeName; '' when the node gets its name at run-time. */
  readonly name?: string;
  readonly path?: string;
  readonly properties: DdfProperties;
  readonly value?: string;
  readonly nodes: readonly DdfNode[];
}

/** A skipped element: its name, the number of its occurrences, and the node of the first one. */
export interface IgnoredElement {
  readonly element: string;
  readonly count: number;
  /** The names of the Nodes around it, joined by `/`. */
  readonly at: string;
}

/** The content of a MgmtTree. */
export interface DdfDocument {
  readonly verDtd: string;
  readonly man?: string;
  readonly mod?: string;
  readonly nodes: readonly DdfNode[];
  readonly ignored: readonly IgnoredElement[];
}

/** True for a MgmtTree that describes nodes (DDF); false for one that carries their values (TNDS). */
export function isDdf(text: string): boolean {
  return /<(?:\w+:)?MgmtTree[\s>]/.test(text) && /<(?:\w+:)?DFProperties[\s/>]/.test(text);
}

/**
 * Parses a DDF document.
 * @throws DecodeError ERR_XML_SYNTAX or ERR_XML_LIMIT; ERR_DDF_SHAPE when the root is not a MgmtTree or has no Node
 */
export function parseDdfDocument(text: string): DdfDocument {
  const root = parseDataXml(text);
  if (root.name !== 'MgmtTree') throw new DecodeError('ERR_DDF_SHAPE', `not a MgmtTree: <${root.name}>`);
  const reader = new DdfReader(root.namespace);
  const nodes = reader.nodes(root, '');
  reader.ignoreOthers(root, TREE_PARTS, '.');
  if (nodes.length === 0) throw new DecodeError('ERR_DDF_SHAPE', 'a MgmtTree without Node');
  const verDtd = reader.trimmed(root, 'VerDTD') ?? '';
  const document: Mutable<DdfDocument> = { verDtd, nodes, ignored: reader.ignored() };
  const man = reader.trimmed(root, 'Man');
  const mod = reader.trimmed(root, 'Mod');
  if (man !== undefined) document.man = man;
  if (mod !== undefined) document.mod = mod;
  return document;
}

const TREE_PARTS = ['VerDTD', 'Man', 'Mod', 'Node'];
const NODE_PARTS = ['NodeName', 'Path', 'RTProperties', 'DFProperties', 'Node', 'Value'];
const DF_PARTS = [
  'AccessType',
  'DefaultValue',
  'Description',
  'DFFormat',
  'Occurrence',
  'Scope',
  'DFTitle',
  'DFType',
  'CaseSense',
];

/** Reads the Nodes of one document and counts the skipped elements. `at` is the path of the current Node for the report. */
class DdfReader {
  readonly #namespace: string;
  readonly #ignored = new Map<string, { count: number; readonly at: string }>();

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  nodes(parent: Element, at: string): readonly DdfNode[] {
    return this.#children(parent, 'Node').map((node) => this.#node(node, at));
  }

  trimmed(parent: Element | undefined, name: string): string | undefined {
    return this.#text(parent, name)?.trim();
  }

  /** Counts the children whose name is not in `known`, or which are of another namespace. */
  ignoreOthers(parent: Element | undefined, known: readonly string[], at: string): void {
    for (const child of parent?.content ?? []) {
      if (isElement(child) && !(this.#isDdf(child) && known.includes(child.name))) this.ignore(child.name, at);
    }
  }

  ignore(element: string, at: string): void {
    const entry = this.#ignored.get(element);
    if (entry === undefined) this.#ignored.set(element, { count: 1, at });
    else entry.count += 1;
  }

  ignored(): readonly IgnoredElement[] {
    return [...this.#ignored].map(([element, { count, at }]) => ({ element, count, at }));
  }

  #node(element: Element, parentAt: string): DdfNode {
    const name = this.trimmed(element, 'NodeName');
    const shownName = name === undefined || name === '' ? '<x>' : name;
    const at = parentAt === '' ? shownName : `${parentAt}/${shownName}`;
    this.ignoreOthers(element, NODE_PARTS, at);
    const properties = this.#properties(element, at);
    const node: Mutable<DdfNode> = { properties, nodes: this.nodes(element, at) };
    const path = this.trimmed(element, 'Path');
    const value = this.#text(element, 'Value');
    if (name !== undefined) node.name = name;
    if (path !== undefined && path !== '') node.path = path;
    if (value !== undefined) node.value = value;
    return node;
  }

  #properties(node: Element, at: string): DdfProperties {
    const [df] = this.#children(node, 'DFProperties');
    const [rt] = this.#children(node, 'RTProperties');
    if (df === undefined) this.ignore('(DFProperties missing)', at);
    this.ignoreOthers(df, DF_PARTS, at);
    const accessTypes = this.#words(df, 'AccessType');
    // DM 2.0 has no Copy (DM-2.0 §6.3.1, Min. Access Type).
    if (this.#children(df, 'AccessType').some((list) => this.#children(list, 'Copy').length > 0))
      this.ignore('Copy', at);
    const hasType = this.#children(df, 'DFType').length > 0;
    const type = hasType ? this.#type(df, 'DFType') : this.#type(rt, 'Type');
    const properties: Mutable<DdfProperties> = { accessTypes, ...type };
    const defaultValue = this.#text(df, 'DefaultValue');
    const description = this.trimmed(df, 'Description');
    const format = this.#word(df, 'DFFormat') ?? this.#word(rt, 'Format');
    const occurrence = this.#occurrence(df);
    const scope = this.#word(df, 'Scope');
    const title = this.trimmed(df, 'DFTitle');
    const caseSense = this.#word(df, 'CaseSense');
    if (defaultValue !== undefined) properties.defaultValue = defaultValue;
    if (description !== undefined && description !== '') properties.description = description;
    if (format !== undefined) properties.format = format;
    if (occurrence !== undefined) properties.occurrence = occurrence;
    if (scope !== undefined) properties.scope = scope;
    if (title !== undefined && title !== '') properties.title = title;
    if (caseSense !== undefined) properties.caseSense = caseSense;
    return properties;
  }

  #type(parent: Element | undefined, name: string): Pick<DdfProperties, 'mimeTypes' | 'ddfName'> {
    const [type] = this.#children(parent, name);
    if (type === undefined) return { mimeTypes: [] };
    const texts = this.#children(type, 'MIME').map((mime) => stringContent(mime).trim());
    texts.push(stringContent(type).trim());
    const mimeTypes = texts.filter((text) => text !== '');
    const ddfName = this.trimmed(type, 'DDFName');
    return ddfName === undefined ? { mimeTypes } : { mimeTypes, ddfName };
  }

  #occurrence(df: Element | undefined): DdfProperties['occurrence'] {
    const name = this.#word(df, 'Occurrence');
    const [element] = this.#children(df, 'Occurrence');
    if (name === undefined || element === undefined) return undefined;
    const count = this.trimmed(element, name);
    return count === undefined || count === '' ? { name } : { name, count };
  }

  #word(parent: Element | undefined, name: string): string | undefined {
    return this.#words(parent, name)[0];
  }

  /** The words of a list: empty elements, `<DFFormat><chr/></DFFormat>`, or text, as some vendors write it. */
  #words(parent: Element | undefined, name: string): readonly string[] {
    return this.#children(parent, name).flatMap((list) => {
      const elements = list.content.filter(isElement).filter((child) => this.#isDdf(child));
      if (elements.length > 0) return elements.map((child) => child.name);
      return stringContent(list)
        .split(/[\s,]+/)
        .filter((word) => word !== '');
    });
  }

  #text(parent: Element | undefined, name: string): string | undefined {
    const [child] = this.#children(parent, name);
    return child === undefined ? undefined : stringContent(child);
  }

  /** The children of that name in the namespace of DDF. */
  #children(parent: Element | undefined, name: string): readonly Element[] {
    if (parent === undefined) return [];
    return parent.content.filter(isElement).filter((child) => child.name === name && this.#isDdf(child));
  }

  #isDdf({ namespace }: Element): boolean {
    return namespace === this.#namespace || namespace === '' || /^syncml:dmddf/i.test(namespace);
  }
}
