/**
 * DDF → node descriptions: what a vendor's document says of the trees that its devices have.
 *
 * The Nodes right under MgmtTree may be flat, each with the Path of its parent; here they become trees again. A document
 * that contradicts itself is refused with the place of the contradiction; what is merely incomplete gets the defaults of
 * DDF and a warning.
 *
 * @see DM-2.0 §6.4, §13.3; OMA-TS-DM_TND 1.2 "Device Description Framework"
 */
import { DecodeError } from '../errors.ts';
import { type DdfNode, type IgnoredElement, parseDdfDocument } from '../xml-data/ddf-document.ts';
import { readProperties } from './ddf-properties.ts';
import type { NodeDescription } from './mapping.ts';
import { isWildcard } from './path-pattern.ts';

/** A tree of nodes and where its top hangs. */
export interface DescribedTree {
  /** Names of the nodes above, from the root of the device's tree; '' for one that is named at run-time. */
  readonly above: readonly string[];
  readonly node: NodeDescription;
}

/** Something that was taken although it is not as it should be. */
export interface DdfWarning {
  /** Names of the nodes on the way, such as `./Vendor/Radio`. */
  readonly at: string;
  readonly message: string;
}

/** What one DDF says. */
export interface DdfTree {
  readonly verDtd: string;
  readonly man?: string;
  readonly mod?: string;
  readonly trees: readonly DescribedTree[];
  readonly warnings: readonly DdfWarning[];
  /** Elements that mean nothing here: vendors' own, and those that DM 2.0 ignores. */
  readonly ignored: readonly IgnoredElement[];
}

/** @throws DecodeError ERR_DDF_SHAPE with the node in its place, or that of the XML reader */
export function readDdf(xml: string): DdfTree {
  const { nodes, ...document } = parseDdfDocument(xml);
  const warnings: DdfWarning[] = [];
  const tops = mergeTops(
    nodes.flatMap((node) => draftTop(node, warnings)),
    warnings,
  );
  const trees = tops.filter((top) => !isAttached(top, tops, warnings));
  refuseLoops(trees);
  return { ...document, trees: trees.map(({ above, draft }) => ({ above, node: finish(draft) })), warnings };
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

/** A Node right under MgmtTree; one that is the root of the tree itself stands for its children. */
function draftTop(node: DdfNode, warnings: DdfWarning[]): readonly Top[] {
  const above = namesOfPath(node.path ?? '.');
  if (above.length === 0 && (node.name === '.' || node.name === './')) {
    return node.nodes.map((child) => ({ above: [], draft: draftNode(child, [], warnings) }));
  }
  return [{ above, draft: draftNode(node, above, warnings) }];
}

function draftNode(node: DdfNode, above: readonly string[], warnings: DdfWarning[]): Draft {
  if (node.name === undefined) throw refusal('a Node without NodeName', [...above, '?']);
  const name = isRunTimeName(node.name) ? '' : node.name;
  const path = [...above, name];
  if (/^\.{1,2}$/.test(name) || /[/?]/.test(name)) throw refusal('not the name of a node', path);
  const warn = (message: string) => warnings.push({ at: placeOf(path), message });
  if (above.length > 0 && node.path !== undefined && !isPathOf(node.path, above)) {
    warn(`Path "${node.path}" does not fit where the node stands, and is ignored`);
  }
  const own = { name, ...readProperties(node, warn) };
  const children = new Map<string, Draft>();
  for (const child of node.nodes) addChild(children, draftNode(child, path, warnings), path, warnings);
  return { own, children };
}

/** Several un-named nodes are one description of whatever stands there; a name twice is told, and so is a contradiction. */
function addChild(siblings: Map<string, Draft>, child: Draft, parent: readonly string[], warnings: DdfWarning[]): void {
  const twin = siblings.get(child.own.name);
  if (twin === undefined) siblings.set(child.own.name, child);
  else if (child.own.name !== '') mergeTwins(twin, child, [...parent, child.own.name], warnings);
  else {
    const message = 'more than one un-named node; their descriptions are taken together';
    warnings.push({ at: placeOf(parent), message });
    for (const [name, grandchild] of child.children) {
      if (!twin.children.has(name)) twin.children.set(name, grandchild);
    }
  }
}

/** Vendors' files repeat nodes; the first description counts, as long as the other speaks of the same kind of node. */
function mergeTwins(first: Draft, second: Draft, path: readonly string[], warnings: DdfWarning[]): void {
  if (first.own.format !== second.own.format) {
    throw refusal(`the same node twice, as ${first.own.format} and as ${second.own.format}`, path);
  }
  warnings.push({ at: placeOf(path), message: 'described more than once; the first description counts' });
  for (const child of second.children.values()) addChild(first.children, child, path, warnings);
}

/** The Nodes right under MgmtTree, each place once. */
function mergeTops(tops: readonly Top[], warnings: DdfWarning[]): readonly Top[] {
  const byPlace = new Map<string, Top>();
  for (const top of tops) {
    const path = [...top.above, top.draft.own.name];
    const twin = byPlace.get(placeOf(path));
    if (twin === undefined) byPlace.set(placeOf(path), top);
    else mergeTwins(twin.draft, top.draft, path, warnings);
  }
  return [...byPlace.values()];
}

/** Puts a flat Node below the one that its Path names, if the document describes that. */
function isAttached(top: Top, tops: readonly Top[], warnings: DdfWarning[]): boolean {
  if (top.above.length === 0) return false;
  const parent = tops.flatMap((other) => (other === top ? [] : (findDraft(other, top.above) ?? [])))[0];
  if (parent === undefined) return false;
  addChild(parent.children, top.draft, top.above, warnings);
  return true;
}

function findDraft({ above, draft }: Top, path: readonly string[]): Draft | undefined {
  if (path.length <= above.length || !above.every((name, at) => name === path[at])) return undefined;
  const [name, ...rest] = path.slice(above.length);
  if (name !== draft.own.name) return undefined;
  return rest.reduce<Draft | undefined>((at, each) => at?.children.get(each), draft);
}

/** Trees of which each names the other as its parent hang on nothing. */
function refuseLoops(trees: readonly Top[]): void {
  const parents = new Map(trees.map(({ above, draft }) => [draft.own.name, above.at(-1)]));
  for (const start of parents.keys()) {
    const trail = [start];
    for (let at = parents.get(start); at !== undefined && at !== ''; at = parents.get(at)) {
      // `./A/A` is no loop: a node may have its parent's name.
      if (at === trail.at(-1)) break;
      if (at === start) {
        const loop = [...trail, start].join(' below ');
        throw new DecodeError('ERR_DDF_SHAPE', `a loop of names: ${loop}`, { place: { node: start } });
      }
      if (trail.includes(at)) break;
      trail.push(at);
    }
  }
}

function finish({ own, children }: Draft): NodeDescription {
  // Whoever has child nodes is interior, whatever its DFFormat says.
  const format = children.size > 0 ? 'node' : own.format;
  return { ...own, format, children: Array.from(children.values(), finish) };
}

/** `<x>`, and the logical names of DM-2.0 §6.3.1.5, such as `[AAuthLevel]`: the device's nodes are called otherwise. */
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

/** A place for people. */
export function placeOf(path: readonly string[]): string {
  return ['.', ...path.map((name) => name || '<x>')].join('/');
}

function refusal(what: string, path: readonly string[]): DecodeError {
  const node = placeOf(path);
  return new DecodeError('ERR_DDF_SHAPE', `${what}: ${node}`, { place: { node } });
}
