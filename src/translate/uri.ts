/**
 * Nodes of DM 2.0 MO instances ↔ LocURIs, and the views and names that follow from them: the sub-tree that DM 2.0
 * shows, the MIID of an instance, the instance in which a LocURI lies.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.1, §12.1
 */
import { describeNode, isHidden, type MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { rewrite } from '../mapping/path-pattern.ts';
import { below, locNames } from '../mo/loc-uri.ts';
import type { MoNode } from '../mo/node.ts';
import { movedBelow, pathOfPlace, placeOf } from './mo-place.ts';

/** A node of an MO instance as DM 2.0 addresses it. */
export interface InstanceNode {
  readonly moid: string;
  readonly miid: string;
  /** Names from below the MO root. */
  readonly path: readonly string[];
}

/** One sub-tree of the device that holds a part of a 2.0 sub-tree. */
export interface TreePart {
  readonly locUri: string;
  /** Where its top node stands in the MO, as 2.0 names it. */
  readonly at: readonly string[];
  /** What the mapping says it is. */
  readonly expect: 'leaf' | 'unknown';
}

/** The LocURI of the node at `path` of the instance whose root is `root`. */
export function locUriOf(mapping: MoMapping, root: string, path: readonly string[]): string {
  return placeOf(mapping, root, path);
}

/** The path with alternative spellings replaced, such as `ServerID` in the DM Account of Appendix I. */
export function canonicalPath(mapping: MoMapping, path: readonly string[]): readonly string[] {
  return rewrite(mapping.pathAliases, path);
}

/** The sub-trees that must be read to show the 2.0 sub-tree at `path`; the first is its top node. */
export function treePartsOf(mapping: MoMapping, root: string, path: readonly string[]): readonly TreePart[] {
  const toPart = (at: readonly string[]): TreePart => {
    const format = describeNode(mapping, at)?.format ?? 'node';
    return { locUri: placeOf(mapping, root, at), at, expect: format === 'node' ? 'unknown' : 'leaf' };
  };
  const main = toPart(path);
  const outside = movedBelow(mapping, path)
    .map(toPart)
    .filter(({ locUri }) => !locUri.startsWith(`${main.locUri}/`));
  return [main, ...outside].filter(({ at }) => !isHidden(mapping, at));
}

/** A part and what was found there; `node` absent: nothing. */
export interface ReadPart {
  readonly part: Pick<TreePart, 'locUri'>;
  readonly node: MoNode | undefined;
}

/** A node under construction; `own` is missing on nodes that only their descendants imply. */
interface Growing {
  own?: MoNode;
  readonly children: Map<string, Growing>;
}

/** A 2.0 sub-tree that is put together. */
interface View {
  readonly mapping: MoMapping;
  /** Names of the instance's root on the device; undefined when that is no path. */
  readonly root: readonly string[] | undefined;
  /** Where its top node stands in the MO. */
  readonly base: readonly string[];
  readonly top: Growing;
}

/** MOID → MIID → LocURI of the MO root. */
export type Miids = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The 2.0 sub-tree at `path` of the instance at `root`; undefined when none of it exists. */
export function composeView(
  mapping: MoMapping,
  root: string,
  path: readonly string[],
  parts: readonly ReadPart[],
): MoNode | undefined {
  if (isHidden(mapping, path)) return undefined;
  const view: View = { mapping, root: locNames(root), base: path, top: { children: new Map() } };
  for (const { part, node } of parts) {
    const names = node === undefined ? undefined : locNames(part.locUri);
    if (node !== undefined && names !== undefined) place(view, names, node);
  }
  const { top } = view;
  const exists = top.own !== undefined || (path.length > 0 && top.children.size > 0);
  return exists ? finish(path.at(-1) ?? nodeNameOf(root), top) : undefined;
}

/** The MIID of the instance at `root`: the one it has, else its root node's name made unique and remembered. */
export function assignMiid(miids: Miids, moid: string, root: string): { readonly miid: string; readonly miids: Miids } {
  const instances = Object.hasOwn(miids, moid) ? (miids[moid] ?? {}) : {};
  const known = Object.entries(instances).find(([, at]) => isSamePlace(at, root));
  if (known !== undefined) return { miid: known[0], miids };
  const miid = uniqueName(nodeNameOf(root), instances);
  // Entries, not a literal: `__proto__` is a legal node name.
  const grown = Object.fromEntries([...Object.entries(instances), [miid, root]]);
  return { miid, miids: Object.fromEntries([...Object.entries(miids).filter(([key]) => key !== moid), [moid, grown]]) };
}

/** The 2.0 address of a place on the device; where instances are nested, the innermost that has an address for it. */
export function clientUriOf(index: MoIndex, miids: Miids, locUri: string): InstanceNode | undefined {
  let best: (InstanceNode & { readonly anchor: number }) | undefined;
  const place = locNames(locUri);
  if (place === undefined) return undefined;
  for (const [moid, instances] of Object.entries(miids)) {
    const mapping = index.byMoid(moid) ?? index.fallbackMapping(moid);
    for (const [miid, root] of Object.entries(instances)) {
      const found = pathOfPlace(mapping, locNames(root), place);
      if (found !== undefined && found.anchor > (best?.anchor ?? -1)) best = { moid, miid, ...found };
    }
  }
  return best === undefined ? undefined : { moid: best.moid, miid: best.miid, path: best.path };
}

/** The name of the node at a LocURI. */
function nodeNameOf(locUri: string): string {
  return locUri.slice(locUri.lastIndexOf('/') + 1);
}

function isSamePlace(one: string, other: string): boolean {
  return one === other || (locNames(one) ?? [one]).join('/') === (locNames(other) ?? [other]).join('/');
}

function place(view: View, names: readonly string[], node: MoNode): void {
  const path = pathOfPlace(view.mapping, view.root, names)?.path;
  const inside = path === undefined ? undefined : below(view.base, path);
  if (inside !== undefined) growAt(view.top, inside).own = node;
  for (const child of node.children ?? []) place(view, [...names, child.name], child);
}

function growAt(top: Growing, path: readonly string[]): Growing {
  return path.reduce((at, name) => {
    const known = at.children.get(name);
    if (known !== undefined) return known;
    const child: Growing = { children: new Map() };
    at.children.set(name, child);
    return child;
  }, top);
}

function finish(name: string, { own, children }: Growing): MoNode {
  const implied: MoNode = { name, format: 'node', children: [] };
  if (own !== undefined && own.format !== 'node' && children.size === 0) return { ...own, name };
  const interior = own?.format === 'node' ? { ...own, name } : implied;
  return { ...interior, children: [...children].map(([childName, child]) => finish(childName, child)) };
}

function uniqueName(name: string, taken: Readonly<Record<string, string>>): string {
  if (!Object.hasOwn(taken, name)) return name;
  let count = 2;
  while (Object.hasOwn(taken, `${name}-${count}`)) count += 1;
  return `${name}-${count}`;
}
