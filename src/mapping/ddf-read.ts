/**
 * Reads a vendor's DDF into node descriptions.
 *
 * The Nodes directly below MgmtTree may be flat, each with the Path of its parent; here they become trees again. A
 * document that contradicts itself is refused, and the error names the node. A document that is incomplete gets the
 * defaults of DDF and warnings.
 *
 * @see DM-2.0 §6.4, §13.3; OMA-TS-DM_TND 1.2 "Device Description Framework"
 */
import { DecodeError } from '../errors.ts';
import { type DdfNode, type IgnoredElement, parseDdfDocument } from '../xml-data/ddf-document.ts';
import { readProperties } from './ddf-properties.ts';
import type { NodeDescription } from './mapping.ts';
import { isWildcard } from './path-pattern.ts';

/** A tree of nodes with the path of its top node. */
export interface DescribedTree {
  /** Names of the nodes above the top node, from the root of the device's tree; '' for one that is named at run-time. */
  readonly above: readonly string[];
  readonly node: NodeDescription;
}

/** A fault of the document that was tolerated. */
export interface DdfWarning {
  /** LocURI of the node, such as `./Vendor/Radio`. */
  readonly at: string;
  readonly message: string;
}

/** The content of one DDF. */
export interface DdfTree {
  readonly verDtd: string;
  readonly man?: string;
  readonly mod?: string;
  readonly trees: readonly DescribedTree[];
  /** The document describes the root of a device's tree, and so the whole device. */
  readonly isWholeDevice: boolean;
  readonly warnings: readonly DdfWarning[];
  /** Elements without meaning for the bridge: those of vendors, and those that DM 2.0 ignores. */
  readonly ignored: readonly IgnoredElement[];
}

/**
 * Reads a DDF document.
 * @throws DecodeError ERR_DDF_SHAPE with the node in its place, or the error of the XML reader
 */
export function readDdf(xml: string): DdfTree {
  const { nodes, ...document } = parseDdfDocument(xml);
  const warnings: DdfWarning[] = [];
  const drafts = nodes.flatMap((node) => draftTop(node, warnings));
  const tops = mergeTops(drafts, warnings);
  const drafted = draftsByLocUri(tops);
  const trees = tops.filter((top) => !attach(top, drafted, warnings));
  refuseLoops(trees);
  return {
    ...document,
    trees: trees.map(({ above, draft }) => ({ above, node: finish(draft) })),
    isWholeDevice: nodes.some(isTreeRoot),
    warnings,
  };
}

/** A node under construction: flat Nodes of the document may still become its children. */
interface Draft {
  readonly own: Omit<NodeDescription, 'children'>;
  readonly children: Map<string, Draft>;
}

interface Top {
  readonly above: readonly string[];
  readonly draft: Draft;
}

/** Reads a Node directly below MgmtTree; the root of the device's tree is replaced by its children. */
function draftTop(node: DdfNode, warnings: DdfWarning[]): readonly Top[] {
  const above = namesOfPath(node.path ?? '.');
  if (isTreeRoot(node)) {
    return node.nodes.map((child) => ({ above: [], draft: draftNode(child, [], warnings) }));
  }
  return [{ above, draft: draftNode(node, above, warnings) }];
}

/** True for the root of a device's tree. */
function isTreeRoot({ name, path = '.' }: DdfNode): boolean {
  return (name === '.' || name === './') && namesOfPath(path).length === 0;
}

function draftNode(node: DdfNode, above: readonly string[], warnings: DdfWarning[]): Draft {
  if (node.name === undefined) throw refusal('a Node without NodeName', [...above, '?']);
  const name = isRunTimeName(node.name) ? '' : node.name;
  const path = [...above, name];
  if (/^\.{1,2}$/.test(name) || /[/?]/.test(name)) throw refusal('not the name of a node', path);
  const warn = (message: string) => warnings.push({ at: locUriOf(path), message });
  if (above.length > 0 && node.path !== undefined && !isPathOf(node.path, above)) {
    warn(`Path "${node.path}" is not the path of the node's parent, and is ignored`);
  }
  const own = { name, ...readProperties(node, warn) };
  const children = new Map<string, Draft>();
  for (const child of node.nodes) addChild(children, draftNode(child, path, warnings), path, warnings);
  return { own, children };
}

/** Adds a child. Several un-named nodes become one description; a name that comes twice gives a warning or an error. */
function addChild(siblings: Map<string, Draft>, child: Draft, parent: readonly string[], warnings: DdfWarning[]): void {
  const { name } = child.own;
  const twin = siblings.get(name);
  if (twin === undefined) {
    siblings.set(name, child);
    return;
  }
  if (name !== '') {
    mergeTwins(twin, child, [...parent, name], warnings);
    return;
  }
  warnings.push({ at: locUriOf(parent), message: 'more than one un-named node; their descriptions are combined' });
  for (const [grandchildName, grandchild] of child.children) {
    if (!twin.children.has(grandchildName)) twin.children.set(grandchildName, grandchild);
  }
}

/** Vendors' files repeat nodes. The first description counts; another format in the second one is a contradiction. */
function mergeTwins(first: Draft, second: Draft, path: readonly string[], warnings: DdfWarning[]): void {
  if (first.own.format !== second.own.format) {
    throw refusal(`the same node twice, as ${first.own.format} and as ${second.own.format}`, path);
  }
  warnings.push({ at: locUriOf(path), message: 'described more than once; the first description counts' });
  for (const child of second.children.values()) addChild(first.children, child, path, warnings);
}

/** The Nodes directly below MgmtTree, each LocURI once. */
function mergeTops(tops: readonly Top[], warnings: DdfWarning[]): readonly Top[] {
  const byLocUri = new Map<string, Top>();
  for (const top of tops) {
    const path = [...top.above, top.draft.own.name];
    const twin = byLocUri.get(locUriOf(path));
    if (twin === undefined) byLocUri.set(locUriOf(path), top);
    else mergeTwins(twin.draft, top.draft, path, warnings);
  }
  return [...byLocUri.values()];
}

/** Adds a flat Node to its parent and returns true, if the document describes the parent that its Path names. */
function attach(top: Top, drafted: ReadonlyMap<string, Draft>, warnings: DdfWarning[]): boolean {
  if (top.above.length === 0) return false;
  const parent = drafted.get(locUriOf(top.above));
  if (parent === undefined) return false;
  addChild(parent.children, top.draft, top.above, warnings);
  return true;
}

/** All nodes of the trees; where several trees have a node, that of the first. */
function draftsByLocUri(tops: readonly Top[]): ReadonlyMap<string, Draft> {
  const drafts = new Map<string, Draft>();
  const addAll = (path: readonly string[], draft: Draft) => {
    const locUri = locUriOf(path);
    if (!drafts.has(locUri)) drafts.set(locUri, draft);
    for (const [name, child] of draft.children) addAll([...path, name], child);
  };
  for (const { above, draft } of tops) addAll([...above, draft.own.name], draft);
  return drafts;
}

/** Refuses trees that name each other as their parent: such a loop has no top node. */
function refuseLoops(trees: readonly Top[]): void {
  const parents = new Map(trees.map(({ above, draft }) => [draft.own.name, above.at(-1)]));
  for (const start of parents.keys()) {
    const trail = [start];
    let at = parents.get(start);
    // `./A/A` is no loop: a node may have its parent's name.
    while (at !== undefined && at !== '' && at !== trail.at(-1)) {
      if (at === start) {
        const loop = [...trail, start].join(' below ');
        throw new DecodeError('ERR_DDF_SHAPE', `a loop of names: ${loop}`, { place: { node: start } });
      }
      if (trail.includes(at)) break;
      trail.push(at);
      at = parents.get(at);
    }
  }
}

function finish({ own, children }: Draft): NodeDescription {
  // A node with child nodes is interior, whatever its DFFormat says.
  const format = children.size > 0 ? 'node' : own.format;
  return { ...own, format, children: Array.from(children.values(), finish) };
}

/** True for `<x>` and for the logical names of DM-2.0 §6.3.1.5, such as `[AAuthLevel]`: a device names such nodes itself. */
function isRunTimeName(name: string): boolean {
  return name === '*' || isWildcard(name) || /^\[.+\]$/.test(name);
}

function namesOfPath(path: string): readonly string[] {
  return path
    .trim()
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .map((name) => (isRunTimeName(name) ? '' : name));
}

function isPathOf(path: string, above: readonly string[]): boolean {
  const names = namesOfPath(path);
  return names.length === above.length && names.every((name, at) => name === above[at]);
}

/** The LocURI of the node at `path`; an un-named node is `<x>` in it. */
function locUriOf(path: readonly string[]): string {
  return ['.', ...path.map((name) => name || '<x>')].join('/');
}

function refusal(what: string, path: readonly string[]): DecodeError {
  const node = locUriOf(path);
  return new DecodeError('ERR_DDF_SHAPE', `${what}: ${node}`, { place: { node } });
}
