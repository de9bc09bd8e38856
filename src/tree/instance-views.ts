/** Instances as the backend sees them: composed of sub-trees of the device, or virtual. */
import { cacheValidator } from '../dm2/cache-validator.ts';
import type { ClientUri } from '../dm2/client-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { hasVolatile, isValueLeaf, type MoMapping } from '../mapping/mapping.ts';
import { childOf, type LocUri, nameOf } from '../mo/loc-uri.ts';
import { descend, type MoNode } from '../mo/node.ts';
import { type NodePath, startsWith } from '../mo/node-path.ts';
import type { Mutable } from '../mutable.ts';
import { isSuccess } from '../syncml/status-codes.ts';
import { composeView, type ReadPart } from '../translate/compose-view.ts';
import type { TranslationContext } from '../translate/context.ts';
import { toDm2Status } from '../translate/status.ts';
import { treePartsOf } from '../translate/uri.ts';
import {
  type InstanceRoot,
  isSecret,
  isVirtualRoot,
  type VirtualRoot,
  virtualUriOf,
} from '../translate/virtual-objects.ts';
import { all } from '../workflow/combinators.ts';
import { emit, inParts, requestVirtualTree, type Workflow } from '../workflow/workflow.ts';
import { hasOwnValue } from '../xml-data/xml-tree.ts';
import { leadingNames } from './address.ts';
import { cachedInstance, cacheInstance, validatorOf } from './cache-entries.ts';
import { cachedDevInfo, completed, isDevInfoRoot, reportedView } from './device-info.ts';
import { readTrees, type TreeRead } from './tree-reader.ts';
import { hasSecrets, withUnreadableLeaves } from './unreadable.ts';

export interface InstanceView {
  /** The part of the instance that was needed, under its root. */
  readonly tree: MoNode | undefined;
  /** CV of the instance; present when its whole content is known (DM-2.0 §11.1). */
  readonly cv?: string;
  /** The DM 2.0 status of a part that could not be read. */
  readonly failure?: number;
}

/** The part of an instance that the ClientURI needs: the sub-tree with the targets, and the leaves that decide on an x-name. */
export function* readInstanceView(
  context: TranslationContext,
  mapping: MoMapping,
  root: InstanceRoot,
  uri: ClientUri,
): Workflow<InstanceView> {
  const main = leadingNames(uri.path);
  const validated = uri.cv === undefined ? undefined : yield* readToValidate(mapping, root, main);
  if (validated !== undefined) return validated;
  const conditions = conditionsOn(uri);
  if (conditions.length === 0) return toInstanceView(context, root, main, yield* readView(mapping, root, main));
  const beside = conditions.filter((path) => !startsWith(path, main));
  const [read, ...others] = yield* all([main, ...beside].map((path) => readView(mapping, root, path)));
  const failure = read === undefined ? undefined : failureOf(context, read);
  if (read === undefined || failure === undefined) {
    const view: Mutable<InstanceView> = { tree: graftAll(root, [main, ...beside], [read, ...others]) };
    if (read?.state === 'present' && read.cv !== undefined) view.cv = read.cv;
    return view;
  }
  // The failure matters only if the conditions choose this instance.
  const within = conditions.filter((path) => startsWith(path, main));
  const more = yield* all(within.map((path) => readView(mapping, root, path)));
  return { tree: graftAll(root, [...beside, ...within], [...others, ...more]), failure };
}

/** The view of an instance of which one sub-tree was read. */
function toInstanceView(context: TranslationContext, root: InstanceRoot, path: NodePath, read: ViewRead): InstanceView {
  if (read.state !== 'present') {
    const failure = failureOf(context, read);
    return failure === undefined ? { tree: undefined } : { tree: undefined, failure };
  }
  const tree = graftAll(root, [path], [read]);
  return read.cv === undefined ? { tree } : { tree, cv: read.cv };
}

/**
 * The whole instance for a command with a CV, which is compared with the CV of the whole content (DM-2.0 §11.2). Undefined
 * when the instance has no CV, or the node at `main` is not in the readable part.
 */
function* readToValidate(mapping: MoMapping, root: InstanceRoot, main: NodePath): Workflow<InstanceView | undefined> {
  if (hasVolatile(mapping, [])) return undefined;
  const whole = yield* readView(mapping, root, []);
  if (whole.state !== 'present' || whole.cv === undefined) return undefined;
  return descend(whole.node, main) === undefined ? undefined : { tree: whole.node, cv: whole.cv };
}

/** The leaves that decide if an x-name means the instance. */
export function* readConditions(mapping: MoMapping, root: InstanceRoot, uri: ClientUri): Workflow<InstanceView> {
  const paths = conditionsOn(uri);
  const reads = yield* all(paths.map((path) => readView(mapping, root, path)));
  return { tree: graftAll(root, paths, reads) };
}

function conditionsOn({ instance, conditions }: ClientUri): readonly NodePath[] {
  if (instance.kind !== 'x') return [];
  return conditions.filter(({ x, path }) => x === instance.name && path.length > 0).map(({ path }) => path);
}

function graftAll(
  root: InstanceRoot,
  paths: readonly NodePath[],
  reads: readonly (TreeRead | undefined)[],
): MoNode | undefined {
  const rootName = isVirtualRoot(root) ? root : nameOf(root);
  return paths.reduce<MoNode | undefined>((tree, path, at) => {
    const read = reads[at];
    return read?.state === 'present' ? graft(tree, rootName, path, read.node) : tree;
  }, undefined);
}

/** The result of reading a view; `cv` is present when the content of the whole instance is known. */
export type ViewRead = Exclude<TreeRead, { readonly state: 'present' }> | PresentView;

interface PresentView {
  readonly state: 'present';
  readonly node: MoNode;
  readonly cv?: string;
}

/** The sub-tree at `path` as DM 2.0 sees it: from a current cache entry, else composed of all its parts on the device. */
export function* readView(mapping: MoMapping, root: InstanceRoot, path: NodePath): Workflow<ViewRead> {
  if (isVirtualRoot(root)) return yield* readVirtual(mapping, root, path);
  const isDevInfo = isDevInfoRoot(root);
  const cached = yield* isDevInfo ? cachedDevInfo(mapping, path) : cachedInstance(mapping, root, path);
  // A node that may not be read is in no entry, so a node that is missing there is read.
  const known = cached === undefined ? undefined : descend(cached.tree, path);
  if (cached !== undefined && known !== undefined) return present(known, validatorOf(mapping, cached));
  if (isValueLeaf(mapping, path)) {
    const above = yield* readView(mapping, root, path.slice(0, -1));
    const leaf = above.state === 'present' ? descend(above.node, path.slice(-1)) : undefined;
    if (above.state !== 'present') return above;
    return leaf === undefined ? { state: 'absent' } : present(leaf, undefined);
  }
  const reported = isDevInfo ? yield* reportedView(mapping) : undefined;
  const parts = treePartsOf(mapping, root, path);
  const requests = parts.map((part) => ({ ...part, hasSecrets: hasSecrets(mapping, part.path) }));
  const reads = yield* withUnreadableLeaves(mapping, root, readTrees(requests));
  const bad = reads.find(({ state }) => state === 'refused' || state === 'failed');
  if (bad !== undefined) return bad;
  // Some devices tell DevInfo in Package#1 only.
  const isUntold = reported !== undefined && path.length === 0 && reads[0]?.state === 'absent';
  const readParts = parts.map((part, at) => ({ part, node: isUntold && at === 0 ? reported : nodeOf(reads[at]) }));
  if (mapping.valueLeaf === undefined) reportOwnValues(readParts);
  const composed = yield* inParts(composeView(mapping, root, path, readParts));
  const brought = reported === undefined ? undefined : descend(reported, path);
  if (composed === undefined) return brought === undefined ? { state: 'absent' } : present(brought, undefined);
  const whole = completed(composed, brought);
  if (path.length > 0 || isUntold) return present(whole, undefined);
  return present(whole, validatorOf(mapping, yield* cacheInstance(mapping, root, whole)));
}

/** Reports the nodes whose own value the backend does not see. */
function reportOwnValues(parts: readonly ReadPart[]): void {
  const found: LocUri[] = [];
  for (const { part, node } of parts) {
    // Nearly no device has such a node.
    if (node !== undefined && hasOwnValue(node)) collectOwnValues(part.locUri, node, found);
  }
  if (found.length > 0) emit({ type: 'ownValues', locUris: found });
}

function collectOwnValues(locUri: LocUri, { ownValue, children = [] }: MoNode, found: LocUri[]): void {
  if (ownValue !== undefined) found.push(locUri);
  for (const child of children) collectOwnValues(childOf(locUri, child.name), child, found);
}

function present(node: MoNode, cv: string | undefined): PresentView {
  return cv === undefined ? { state: 'present', node } : { state: 'present', node, cv };
}

function* readVirtual(mapping: MoMapping, root: VirtualRoot, path: NodePath): Workflow<ViewRead> {
  if (isSecret(root, path)) return { state: 'refused' };
  const tree = yield* requestVirtualTree(virtualUriOf(root, path));
  if (tree === undefined) return { state: 'absent' };
  const isWhole = path.length === 0 && !hasVolatile(mapping, []);
  return present(tree, isWhole ? yield* inParts(cacheValidator(tree)) : undefined);
}

/** The DM 2.0 status of a failed read; undefined when the node was read or does not exist. */
export function failureOf({ statusTable }: TranslationContext, read: TreeRead): number | undefined {
  if (read.state === 'refused') return DM2_STATUS.forbidden;
  if (read.state !== 'failed') return undefined;
  const translated = toDm2Status(statusTable, read.status, 'GET');
  if (translated.kind === 'none') return statusTable.others.error;
  const status = translated.kind === 'final' ? translated.status : translated.otherwise;
  return isSuccess(status) ? statusTable.others.error : status;
}

function nodeOf(read: TreeRead | undefined): MoNode | undefined {
  return read?.state === 'present' ? read.node : undefined;
}

/** Puts `node` at `path` below the root, with interior nodes on the way. */
function graft(tree: MoNode | undefined, rootName: string, path: NodePath, node: MoNode): MoNode {
  const [name, ...rest] = path;
  if (name === undefined) return tree === undefined && node.name === '' ? { ...node, name: rootName } : node;
  const top: MoNode = tree ?? { name: rootName, format: 'node', children: [] };
  const children = top.children ?? [];
  const child = children.find((each) => each.name === name);
  const grown = rest.length === 0 ? node : graft(child ?? { name, format: 'node', children: [] }, name, rest, node);
  return { ...top, children: [...children.filter((each) => each !== child), grown] };
}
