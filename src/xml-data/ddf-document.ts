/**
 * DDF documents (1.1 and 1.2) as plain data: every element of the DTD that says something of a device, texts as written.
 *
 * Reading is forgiving in form: elements in any order, words as text where the DTD wants an empty element, elements of
 * other namespaces as vendors add them. What has no meaning here is skipped and counted. What formats, paths and names
 * mean is decided in `mapping/`.
 *
 * @see OMA-TS-DM_TND 1.2 "Device Description Framework"; DM-2.0 §6.4
 */
import { DecodeError } from '../errors.ts';
import { type Element, isElement } from '../wbxml/element.ts';
import { parseDataXml } from './data-xml.ts';

/** DFProperties of a Node; RTProperties give Format and Type where DFProperties have none. */
export interface DdfProperties {
  /** Names of the commands, such as `Get`. */
  readonly accessTypes: readonly string[];
  readonly defaultValue?: string;
  readonly description?: string;
  /** The name of the format, such as `chr`. */
  readonly format?: string;
  /** The name, such as `ZeroOrN`, and the N where there is one. */
  readonly occurrence?: { readonly name: string; readonly count?: string };
  readonly scope?: string;
  readonly title?: string;
  readonly mimeTypes: readonly string[];
  readonly ddfName?: string;
  readonly caseSense?: string;
}

/** One Node with what stands inside it. */
export interface DdfNode {
  /** Absent: there was no NodeName; '': the node is named at run-time. */
  readonly name?: string;
  readonly path?: string;
  readonly properties: DdfProperties;
  readonly value?: string;
  readonly nodes: readonly DdfNode[];
}

/** An element that was skipped: its name, how often, and where first. */
export interface IgnoredElement {
  readonly element: string;
  readonly count: number;
  /** Names of the nodes around it. */
  readonly at: string;
}

/** One MgmtTree. */
export interface DdfDocument {
  readonly verDtd: string;
  readonly man?: string;
  readonly mod?: string;
  readonly nodes: readonly DdfNode[];
  readonly ignored: readonly IgnoredElement[];
}

/** True for XML whose root is MgmtTree and which describes nodes instead of carrying their values. */
export function isDdf(text: string): boolean {
  return /<(?:\w+:)?MgmtTree[\s>]/.test(text) && /<(?:\w+:)?DFProperties[\s/>]/.test(text);
}

/** @throws DecodeError that of the XML reader, or ERR_DDF_SHAPE when the root is no MgmtTree or holds no Node */
export function parseDdfDocument(text: string): DdfDocument {
  const root = parseDataXml(text);
  if (root.name !== 'MgmtTree') throw new DecodeError('ERR_DDF_SHAPE', `not a MgmtTree: <${root.name}>`);
  const reader = new DdfReader(root.namespace);
  const [verDtd, man, mod] = ['VerDTD', 'Man', 'Mod'].map((name) => reader.trimmed(root, name));
  const nodes = reader.nodes(root, '');
  reader.ignoreOthers(root, ['VerDTD', 'Man', 'Mod', 'Node'], '.');
  if (nodes.length === 0) throw new DecodeError('ERR_DDF_SHAPE', 'a MgmtTree without Node');
  return {
    verDtd: verDtd ?? '',
    ...(man !== undefined && { man }),
    ...(mod !== undefined && { mod }),
    nodes,
    ignored: reader.ignored(),
  };
}

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

class DdfReader {
  readonly #namespace: string;
  readonly #ignored = new Map<string, { count: number; readonly at: string }>();

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  nodes(parent: Element, at: string): readonly DdfNode[] {
    return this.#own(parent, 'Node').map((node) => this.#node(node, at));
  }

  trimmed(parent: Element | undefined, name: string): string | undefined {
    return this.#text(parent, name)?.trim();
  }

  /** Notes the children that are none of `known`, or that another namespace has. */
  ignoreOthers(parent: Element | undefined, known: readonly string[], at: string): void {
    for (const child of parent?.content ?? []) {
      if (isElement(child) && !(this.#isOurs(child) && known.includes(child.name))) this.ignore(child.name, at);
    }
  }

  ignore(element: string, at: string): void {
    const noted = this.#ignored.get(element);
    if (noted === undefined) this.#ignored.set(element, { count: 1, at });
    else noted.count += 1;
  }

  ignored(): readonly IgnoredElement[] {
    return [...this.#ignored].map(([element, { count, at }]) => ({ element, count, at }));
  }

  #node(element: Element, above: string): DdfNode {
    const name = this.trimmed(element, 'NodeName');
    const path = this.trimmed(element, 'Path');
    const value = this.#text(element, 'Value');
    const at = [...(above === '' ? [] : [above]), name === undefined || name === '' ? '<x>' : name].join('/');
    this.ignoreOthers(element, NODE_PARTS, at);
    return {
      ...(name !== undefined && { name }),
      ...(path !== undefined && path !== '' && { path }),
      properties: this.#properties(element, at),
      ...(value !== undefined && { value }),
      nodes: this.nodes(element, at),
    };
  }

  #properties(node: Element, at: string): DdfProperties {
    const [df] = this.#own(node, 'DFProperties');
    const [rt] = this.#own(node, 'RTProperties');
    if (df === undefined) this.ignore('(DFProperties missing)', at);
    this.ignoreOthers(df, DF_PARTS, at);
    if (df !== undefined && this.#own(df, 'AccessType').some((list) => this.#own(list, 'Copy').length > 0)) {
      // DM 2.0 has no Copy (§6.3.1, Min. Access Type).
      this.ignore('Copy', at);
    }
    const format = this.#word(df, 'DFFormat') ?? this.#word(rt, 'Format');
    const type =
      df !== undefined && this.#own(df, 'DFType').length > 0 ? this.#type(df, 'DFType') : this.#type(rt, 'Type');
    const occurrence = this.#occurrence(df);
    const [defaultValue, description, title] = [
      this.#text(df, 'DefaultValue'),
      this.trimmed(df, 'Description'),
      this.trimmed(df, 'DFTitle'),
    ];
    const [scope, caseSense] = [this.#word(df, 'Scope'), this.#word(df, 'CaseSense')];
    return {
      accessTypes: this.#words(df, 'AccessType'),
      ...(defaultValue !== undefined && { defaultValue }),
      ...(description !== undefined && description !== '' && { description }),
      ...(format !== undefined && { format }),
      ...(occurrence !== undefined && { occurrence }),
      ...(scope !== undefined && { scope }),
      ...(title !== undefined && title !== '' && { title }),
      ...type,
      ...(caseSense !== undefined && { caseSense }),
    };
  }

  #type(parent: Element | undefined, name: string): Pick<DdfProperties, 'mimeTypes' | 'ddfName'> {
    const [type] = parent === undefined ? [] : this.#own(parent, name);
    if (type === undefined) return { mimeTypes: [] };
    const ddfName = this.trimmed(type, 'DDFName');
    const bare = textOf(type).trim();
    const mimeTypes = [...this.#own(type, 'MIME').map((mime) => textOf(mime).trim()), bare];
    return { mimeTypes: mimeTypes.filter((mime) => mime !== ''), ...(ddfName !== undefined && { ddfName }) };
  }

  #occurrence(df: Element | undefined): DdfProperties['occurrence'] {
    const name = this.#word(df, 'Occurrence');
    if (df === undefined || name === undefined) return undefined;
    const count = this.#own(df, 'Occurrence').map((element) => this.trimmed(element, name))[0];
    return { name, ...(count !== undefined && count !== '' && { count }) };
  }

  #word(parent: Element | undefined, name: string): string | undefined {
    return this.#words(parent, name)[0];
  }

  /** `<DFFormat><chr/></DFFormat>`, or the bare word as some writers have it. */
  #words(parent: Element | undefined, name: string): readonly string[] {
    const lists = parent === undefined ? [] : this.#own(parent, name);
    return lists.flatMap((list) => {
      const inside = list.content.filter(isElement).filter((child) => this.#isOurs(child));
      const bare = textOf(list).split(/[\s,]+/);
      return inside.length > 0 ? inside.map((child) => child.name) : bare.filter((word) => word !== '');
    });
  }

  #text(parent: Element | undefined, name: string): string | undefined {
    const [child] = parent === undefined ? [] : this.#own(parent, name);
    return child === undefined ? undefined : textOf(child);
  }

  #own(parent: Element, name: string): readonly Element[] {
    return parent.content.filter(isElement).filter((child) => child.name === name && this.#isOurs(child));
  }

  #isOurs({ namespace }: Element): boolean {
    return namespace === this.#namespace || namespace === '' || /^syncml:dmddf/i.test(namespace);
  }
}

function textOf(element: Element): string {
  return element.content.filter((part) => typeof part === 'string').join('');
}
