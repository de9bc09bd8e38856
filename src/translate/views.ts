/** What an instance looks like to the backend: sub-trees of the device, or of what the bridge makes, put together. */
import type { ClientUri } from '../dm2/client-uri.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { MoNode } from '../mo/node.ts';
import { namesOf } from './address.ts';
import type { CrossingContext } from './context.ts';
import { isMade, isSecret } from './made-objects.ts';
import { type Procedure, recall } from './procedure.ts';
import { toDm2Status } from './status.ts';
import { together } from './together.ts';
import { readTrees, type TreeRead } from './tree-reader.ts';
import { composeView, treePartsOf } from './uri.ts';

export interface InstanceView {
  /** As much of the instance as was needed, under its root. */
  readonly tree: MoNode | undefined;
  /** DM 2.0 status when a part could not be read. */
  readonly failure?: number;
}

/** As much of one instance as the ClientURI needs: the sub-tree that holds the targets, the leaves that decide on an x-name. */
export function* readInstanceView(
  context: CrossingContext,
  mapping: MoMapping,
  root: string,
  uri: ClientUri,
): Procedure<InstanceView> {
  const firstPattern = uri.path.findIndex(({ kind }) => kind !== 'name');
  const main = namesOf(firstPattern < 0 ? uri.path : uri.path.slice(0, firstPattern)) ?? [];
  const conditions = conditionsOn(uri);
  const beside = conditions.filter((path) => !startsWith(path, main));
  const [read, ...others] = yield* together([main, ...beside].map((path) => readView(mapping, root, path)));
  const failure = read === undefined ? undefined : failureOf(context, read);
  if (read === undefined || failure === undefined)
    return { tree: graftAll(root, [main, ...beside], [read, ...others]) };
  // Whether it matters is up to the conditions.
  const within = conditions.filter((path) => startsWith(path, main));
  const more = yield* together(within.map((path) => readView(mapping, root, path)));
  return { tree: graftAll(root, [...beside, ...within], [...others, ...more]), failure };
}

/** The leaves of one instance that decide whether an x-name means it. */
export function* readConditions(mapping: MoMapping, root: string, uri: ClientUri): Procedure<InstanceView> {
  const paths = conditionsOn(uri);
  const reads = yield* together(paths.map((path) => readView(mapping, root, path)));
  return { tree: graftAll(root, paths, reads) };
}

function conditionsOn({ instance, conditions }: ClientUri): readonly (readonly string[])[] {
  if (instance.kind !== 'x') return [];
  return conditions.filter(({ x, path }) => x === instance.name && path.length > 0).map(({ path }) => path);
}

function graftAll(
  root: string,
  paths: readonly (readonly string[])[],
  reads: readonly (TreeRead | undefined)[],
): MoNode | undefined {
  return paths.reduce<MoNode | undefined>((tree, path, at) => {
    const read = reads[at];
    return read?.state === 'present' ? graft(tree, root, path, read.node) : tree;
  }, undefined);
}

/** The sub-tree at `path` as DM 2.0 sees it, put together from all places of the device that hold a part of it. */
export function* readView(mapping: MoMapping, root: string, path: readonly string[]): Procedure<TreeRead> {
  if (isMade(root)) return yield* readMade(root, path);
  const parts = treePartsOf(mapping, root, path);
  const reads = yield* readTrees(parts);
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
  const [recalled] = (yield* recall([[root, ...path].join('/')])).recalled;
  return recalled?.state === 'present' ? { state: 'present', node: recalled.tree } : { state: 'absent' };
}

/** The DM 2.0 status of a reading that came to nothing; undefined when it tells what is there. */
export function failureOf({ statusTable }: CrossingContext, read: TreeRead): number | undefined {
  if (read.state === 'refused') return 403;
  if (read.state !== 'failed') return undefined;
  const translated = toDm2Status(statusTable, read.status, 'GET');
  if (translated.kind === 'none') return statusTable.others.error;
  const status = translated.kind === 'final' ? translated.status : translated.otherwise;
  return status < 300 ? statusTable.others.error : status;
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

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((name, at) => path[at] === name);
}
