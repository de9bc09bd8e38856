/** What an instance looks like to the backend: sub-trees of the device, or of what the bridge makes, put together. */
import { cacheValidator } from '../dm2/cache-validator.ts';
import type { ClientUri } from '../dm2/client-uri.ts';
import { hasVolatile, type MoMapping } from '../mapping/mapping.ts';
import { nameOf } from '../mo/loc-uri.ts';
import { descend, type MoNode } from '../mo/node.ts';
import { type NodePath, startsWith } from '../mo/node-path.ts';
import type { TranslationContext } from '../translate/context.ts';
import { toDm2Status } from '../translate/status.ts';
import { composeView, treePartsOf } from '../translate/uri.ts';
import {
  type InstanceRoot,
  isSecret,
  isVirtualRoot,
  type VirtualRoot,
  virtualUriOf,
} from '../translate/virtual-objects.ts';
import { all } from '../workflow/combinators.ts';
import { requestVirtualTree, type Workflow } from '../workflow/workflow.ts';
import { namesOf } from './address.ts';
import { cachedInstance, cacheInstance, validatorOf } from './cache-entries.ts';
import { readTrees, type TreeRead } from './tree-reader.ts';

export interface InstanceView {
  /** As much of the instance as was needed, under its root. */
  readonly tree: MoNode | undefined;
  /** CV of the instance; present when its whole content is known (DM-2.0 §11.1). */
  readonly cv?: string;
  /** DM 2.0 status when a part could not be read. */
  readonly failure?: number;
}

/** As much of one instance as the ClientURI needs: the sub-tree that holds the targets, the leaves that decide on an x-name. */
export function* readInstanceView(
  context: TranslationContext,
  mapping: MoMapping,
  root: InstanceRoot,
  uri: ClientUri,
): Workflow<InstanceView> {
  const firstPattern = uri.path.findIndex(({ kind }) => kind !== 'name');
  const main = namesOf(firstPattern < 0 ? uri.path : uri.path.slice(0, firstPattern)) ?? [];
  const validated = uri.cv === undefined ? undefined : yield* readToValidate(mapping, root, main);
  if (validated !== undefined) return validated;
  const conditions = conditionsOn(uri);
  const beside = conditions.filter((path) => !startsWith(path, main));
  const [read, ...others] = yield* all([main, ...beside].map((path) => readView(mapping, root, path)));
  const failure = read === undefined ? undefined : failureOf(context, read);
  if (read === undefined || failure === undefined) {
    const tree = graftAll(root, [main, ...beside], [read, ...others]);
    return { tree, ...(read?.state !== 'present' || read.cv === undefined ? {} : { cv: read.cv }) };
  }
  // Whether it matters is up to the conditions.
  const within = conditions.filter((path) => startsWith(path, main));
  const more = yield* all(within.map((path) => readView(mapping, root, path)));
  return { tree: graftAll(root, [...beside, ...within], [...others, ...more]), failure };
}

/**
 * The whole instance, where the command brings a CV: that can only be compared with one made of all of it (DM-2.0 §11.2).
 * Undefined when the instance has none, or the node asked for is not in what may be read.
 */
function* readToValidate(
  mapping: MoMapping,
  root: InstanceRoot,
  main: readonly string[],
): Workflow<InstanceView | undefined> {
  if (hasVolatile(mapping, [])) return undefined;
  const whole = yield* readView(mapping, root, []);
  if (whole.state !== 'present' || whole.cv === undefined) return undefined;
  return descend(whole.node, main) === undefined ? undefined : { tree: whole.node, cv: whole.cv };
}

/** The leaves of one instance that decide whether an x-name means it. */
export function* readConditions(mapping: MoMapping, root: InstanceRoot, uri: ClientUri): Workflow<InstanceView> {
  const paths = conditionsOn(uri);
  const reads = yield* all(paths.map((path) => readView(mapping, root, path)));
  return { tree: graftAll(root, paths, reads) };
}

function conditionsOn({ instance, conditions }: ClientUri): readonly (readonly string[])[] {
  if (instance.kind !== 'x') return [];
  return conditions.filter(({ x, path }) => x === instance.name && path.length > 0).map(({ path }) => path);
}

function graftAll(
  root: InstanceRoot,
  paths: readonly (readonly string[])[],
  reads: readonly (TreeRead | undefined)[],
): MoNode | undefined {
  const rootName = isVirtualRoot(root) ? root : nameOf(root);
  return paths.reduce<MoNode | undefined>((tree, path, at) => {
    const read = reads[at];
    return read?.state === 'present' ? graft(tree, rootName, path, read.node) : tree;
  }, undefined);
}

/** What reading a view came to; `cv` with a node means that the content of the whole instance is known. */
export type ViewRead = Exclude<TreeRead, { readonly state: 'present' }> | PresentView;

interface PresentView {
  readonly state: 'present';
  readonly node: MoNode;
  readonly cv?: string;
}

/** The sub-tree at `path` as DM 2.0 sees it: from a current copy, else put together from all places of the device that hold a part. */
export function* readView(mapping: MoMapping, root: InstanceRoot, path: NodePath): Workflow<ViewRead> {
  if (isVirtualRoot(root)) return yield* readVirtual(mapping, root, path);
  const copy = yield* cachedInstance(mapping, root, path);
  // What may not be read is in no copy, so that a node that it lacks is asked for.
  const known = copy === undefined ? undefined : descend(copy.tree, path);
  if (copy !== undefined && known !== undefined) return present(known, validatorOf(mapping, copy));
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
  if (composed === undefined) return { state: 'absent' };
  if (path.length > 0) return present(composed, undefined);
  return present(composed, validatorOf(mapping, yield* cacheInstance(mapping, root, composed)));
}

function present(node: MoNode, cv: string | undefined): PresentView {
  return { state: 'present', node, ...(cv === undefined ? {} : { cv }) };
}

function* readVirtual(mapping: MoMapping, root: VirtualRoot, path: NodePath): Workflow<ViewRead> {
  if (isSecret(root, path)) return { state: 'refused' };
  const tree = yield* requestVirtualTree(virtualUriOf(root, path));
  if (tree === undefined) return { state: 'absent' };
  const isWhole = path.length === 0 && !hasVolatile(mapping, []);
  return present(tree, isWhole ? cacheValidator(tree) : undefined);
}

/** The DM 2.0 status of a reading that came to nothing; undefined when it tells what is there. */
export function failureOf({ statusTable }: TranslationContext, read: TreeRead): number | undefined {
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
function graft(tree: MoNode | undefined, rootName: string, path: NodePath, node: MoNode): MoNode {
  const [name, ...rest] = path;
  if (name === undefined) return tree === undefined ? { ...node, name: node.name === '' ? rootName : node.name } : node;
  const top: MoNode = tree ?? { name: rootName, format: 'node', children: [] };
  const children = top.children ?? [];
  const child = children.find((each) => each.name === name);
  const grown = rest.length === 0 ? node : graft(child ?? { name, format: 'node', children: [] }, name, rest, node);
  return { ...top, children: [...children.filter((each) => each !== child), grown] };
}
