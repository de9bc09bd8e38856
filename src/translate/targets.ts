/**
 * From a ClientURI to nodes of the device: which instances, which nodes in them, at which LocURIs (DM-2.0 §6.1.2).
 *
 * Reads only what decides: nothing for a plain address, the leaves that `nv` names, the sub-tree below the first
 * component that is no real name.
 */
import type { ClientUri, PathSegment } from '../dm2/client-uri.ts';
import { parseClientUri } from '../dm2/client-uri.ts';
import { resolveOnTrees } from '../dm2/resolve.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
import type { CrossingContext } from './context.ts';
import { instanceByMiid, instancesOf } from './discovery.ts';
import { isMade, isSecret } from './made-objects.ts';
import { type MoInstance, type Procedure, recall, together } from './procedure.ts';
import { readTree, type TreeRead } from './tree-reader.ts';
import { canonicalPath, composeView, locUriOf, treePartsOf } from './uri.ts';

/** A node that a command addresses. */
export interface Target {
  readonly mapping: MoMapping;
  readonly miid: string;
  readonly root: string;
  /** Names below the MO root, as DM 2.0 has them. */
  readonly path: readonly string[];
  readonly locUri: string;
  /** The sub-tree as DM 2.0 sees it; present when it was read. */
  readonly node?: MoNode;
}

export type Targets =
  | { readonly kind: 'found'; readonly targets: readonly Target[] }
  /** A wildcard that matches nothing under an existing parent. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'status'; readonly status: number };

/** A parsed ClientURI with the mapping that its MOID selects. */
export interface Addressed {
  readonly uri: ClientUri;
  readonly mapping: MoMapping;
}

const NOT_FOUND: Targets = { kind: 'status', status: 404 };

/**
 * Reads a ClientURI; a MOID that the account does not provide in Perm is 403 (DM-2.0 §10).
 * @throws DecodeError ERR_CLIENT_URI_SYNTAX
 */
export function address(context: CrossingContext, text: string): Addressed | { readonly status: number } {
  const uri = parseClientUri(text, context.index);
  const mapping = context.index.byMoid(uri.moid) ?? context.index.fallbackMapping(uri.moid);
  return isProvisioned(context, mapping) ? { uri: withRealNames(uri, mapping), mapping } : { status: 403 };
}

/** True when Perm of the account covers the MO. */
export function isProvisioned(context: CrossingContext, mapping: MoMapping): boolean {
  return context.account.moids.some((moid) => moid === '*' || context.index.canonicalMoid(moid) === mapping.moid);
}

/** The nodes with their data, for GET, HPUT and HPOST. */
export function* resolveForRead(context: CrossingContext, { uri, mapping }: Addressed): Procedure<Targets> {
  const instances = yield* chooseInstances(context, uri, mapping);
  if (!('length' in instances)) return instances;
  const views: { readonly miid: string; readonly root: string; readonly view: InstanceView }[] = [];
  const read = yield* together(instances.map(({ root }) => readInstanceView(mapping, root, uri)));
  instances.forEach(({ miid, root }, at) => {
    const view = read[at];
    if (view !== undefined) views.push({ miid, root, view });
  });
  const bad = views.map(({ view }) => view.failure).find((status) => status !== undefined);
  if (bad !== undefined) return { kind: 'status', status: bad };
  const resolution = resolveOnTrees(
    uri,
    views.map(({ miid, view }) => ({ miid, tree: view.tree })),
  );
  if (resolution.kind === 'notFound') return NOT_FOUND;
  if (resolution.kind === 'empty') return { kind: 'empty' };
  return {
    kind: 'found',
    targets: resolution.nodes.map(({ miid, path, node }) => {
      const root = instances.find((instance) => instance.miid === miid)?.root ?? '';
      return { mapping, miid, root, path, locUri: locUriOf(mapping, root, path), node };
    }),
  };
}

/** The addresses for DELETE, EXEC and HGET; a plain ClientURI costs no reading: the device itself says whether the node exists. */
export function* resolveForChange(context: CrossingContext, addressed: Addressed): Procedure<Targets> {
  const { uri, mapping } = addressed;
  const path = namesOf(uri.path);
  if (path === undefined || uri.instance.kind === 'x') return yield* resolveForRead(context, addressed);
  const instances = yield* chooseInstances(context, uri, mapping);
  if (!('length' in instances)) return instances;
  return {
    kind: 'found',
    targets: instances.map(({ miid, root }) => ({ mapping, miid, root, path, locUri: locUriOf(mapping, root, path) })),
  };
}

/** The names of a path without x-name and wildcard, or undefined. */
export function namesOf(path: readonly PathSegment[]): readonly string[] | undefined {
  const names = path.flatMap((segment) => (segment.kind === 'name' ? [segment.name] : []));
  return names.length === path.length ? names : undefined;
}

/** Step 1 of §6.1.2; an x-name keeps all instances, the conditions decide on the trees. */
function* chooseInstances(
  context: CrossingContext,
  uri: ClientUri,
  mapping: MoMapping,
): Procedure<readonly MoInstance[] | Targets> {
  if (uri.instance.kind === 'miid') {
    const instance = yield* instanceByMiid(context, mapping, uri.instance.miid);
    return instance === undefined ? NOT_FOUND : [instance];
  }
  const instances = yield* instancesOf(context, mapping);
  if (uri.instance.kind === 'only') return instances.length === 1 ? instances : NOT_FOUND;
  return instances.length === 0 ? NOT_FOUND : instances;
}

interface InstanceView {
  /** As much of the instance as was needed, under its root. */
  readonly tree: MoNode | undefined;
  /** DM 2.0 status when a part could not be read. */
  readonly failure?: number;
}

function* readInstanceView(mapping: MoMapping, root: string, uri: ClientUri): Procedure<InstanceView> {
  const paths = pathsToRead(uri);
  const reads = yield* together(paths.map((path) => readView(mapping, root, path)));
  const decisive = reads[0];
  if (decisive?.state === 'refused') return { tree: undefined, failure: 403 };
  if (decisive?.state === 'failed') return { tree: undefined, failure: decisive.status >= 500 ? 503 : 500 };
  let tree: MoNode | undefined;
  reads.forEach((read, at) => {
    const path = paths[at];
    if (read.state === 'present' && path !== undefined) tree = graft(tree, root, path, read.node);
  });
  return { tree };
}

/** First the sub-tree that holds the targets, then the leaves that decide on an x-name instance. */
function pathsToRead(uri: ClientUri): readonly (readonly string[])[] {
  const firstPattern = uri.path.findIndex(({ kind }) => kind !== 'name');
  const main = namesOf(firstPattern < 0 ? uri.path : uri.path.slice(0, firstPattern)) ?? [];
  const { instance } = uri;
  const conditions =
    instance.kind === 'x' ? uri.conditions.filter(({ x }) => x === instance.name).map(({ path }) => path) : [];
  return [main, ...conditions.filter((path) => !startsWith(path, main))];
}

/** The sub-tree at `path` as DM 2.0 sees it, put together from all places of the device that hold a part of it. */
export function* readView(mapping: MoMapping, root: string, path: readonly string[]): Procedure<TreeRead> {
  if (isMade(root)) return yield* readMade(root, path);
  const parts = treePartsOf(mapping, root, path);
  const reads = yield* together(parts.map(({ locUri, expect }) => readTree(locUri, expect)));
  const bad = reads.find(({ state }) => state === 'refused' || state === 'failed');
  if (bad !== undefined) return bad;
  const composed = composeView(
    mapping,
    root,
    path,
    parts.map((part, at) => ({ part, node: nodeOf(reads[at]) })),
  );
  return composed === undefined ? { state: 'absent' } : { state: 'present', node: composed };
}

function* readMade(root: string, path: readonly string[]): Procedure<TreeRead> {
  if (isSecret(root, path)) return { state: 'refused' };
  const recalled = yield* recall([root, ...path].join('/'));
  return recalled.state === 'present' ? { state: 'present', node: recalled.tree } : { state: 'absent' };
}

function nodeOf(read: TreeRead | undefined): MoNode | undefined {
  return read?.state === 'present' ? read.node : undefined;
}

/** Puts `node` at `path` below the root, with interior nodes on the way. */
function graft(tree: MoNode | undefined, root: string, path: readonly string[], node: MoNode): MoNode {
  const [name, ...rest] = path;
  const name0 = root.slice(root.lastIndexOf('/') + 1);
  if (name === undefined) return tree === undefined ? { ...node, name: node.name === '' ? name0 : node.name } : node;
  const top: MoNode = tree ?? { name: name0, format: 'node', children: [] };
  const children = top.children ?? [];
  const child = children.find((each) => each.name === name);
  const grown = rest.length === 0 ? node : graft(child ?? { name, format: 'node', children: [] }, name, rest, node);
  return { ...top, children: [...children.filter((each) => each !== child), grown] };
}

function withRealNames(uri: ClientUri, mapping: MoMapping): ClientUri {
  const conditions = uri.conditions.map((condition) => ({
    ...condition,
    path: canonicalPath(mapping, condition.path),
  }));
  const names = namesOf(uri.path);
  if (names === undefined) return { ...uri, conditions };
  return { ...uri, conditions, path: canonicalPath(mapping, names).map((name) => ({ kind: 'name', name })) };
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((name, at) => path[at] === name);
}

export function isLeafTarget(target: Target): boolean {
  return target.node !== undefined && !isInterior(target.node);
}
