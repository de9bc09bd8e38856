/**
 * Reads sub-trees of the device with as few round trips as the device allows: from the session's knowledge, else with
 * `?list=StructData`, else with `?list=TNDS`, else with `?list=Struct` and Gets of the leaves, else node by node
 * (DM-TND §9.1). It stores which of these a device supports.
 */
import type { CommandOutcome } from '../dm1/server-command.ts';
import { childOf, type LocUri } from '../mo/loc-uri.ts';
import { isInterior, isListOf, type MoNode } from '../mo/node.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { isExecuted, STATUS } from '../syncml/status-codes.ts';
import { all } from '../workflow/combinators.ts';
import type { KnownTree, PlacedTree } from '../workflow/device-tree.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { emit, inParts, isChangedLater, readOnDevice, requestKnownTrees, type Workflow } from '../workflow/workflow.ts';
import { type ListAttribute, type Listing, readListing } from './listing.ts';
import { nodeFromGet } from './results-tree.ts';
import { isAbsence, isPartial, isRefusal, isUnsupported } from './status-groups.ts';

export type TreeRead =
  | { readonly state: 'present'; readonly node: MoNode }
  | { readonly state: 'absent' }
  /**
   * The device does not let this server read the sub-tree, or a part of it. `unreadable`: no server can read the node
   * (405), such as one that is only executed.
   */
  | { readonly state: 'refused'; readonly unreadable?: true }
  /** `status` is the 1.x code. */
  | { readonly state: 'failed'; readonly status: number };

/** A sub-tree to read. For a `leaf` the first request is a plain Get. */
export interface SubtreeRequest {
  readonly locUri: LocUri;
  readonly expect: 'leaf' | 'unknown';
  /** It has, by its definition, nodes that no server can read. */
  readonly hasSecrets?: boolean;
}

/** The way of listing that a device supports; undefined when it is not known yet. */
type ListSupport = ListAttribute | 'none' | undefined;

const UNKNOWN: KnownTree = { state: 'unknown' };

/** Reads whole sub-trees; their device commands go out together. */
export function* readTrees(requests: readonly SubtreeRequest[]): Workflow<readonly TreeRead[]> {
  const { trees: known, facts, version } = yield* requestKnownTrees(requests.map(({ locUri }) => locUri));
  const present = known.flatMap((each): readonly TreeRead[] =>
    each.state === 'present' ? [{ state: 'present', node: each.tree }] : [],
  );
  if (present.length === requests.length) return present;
  const support = version === '1.1' ? 'none' : facts.list;
  const reads = yield* all(requests.map((request, at) => readSubtree(request, known[at] ?? UNKNOWN, support)));
  const trees: PlacedTree[] = [];
  for (const [at, { locUri }] of requests.entries()) {
    const read = known[at]?.state === 'unknown' ? reads[at] : undefined;
    if (read?.state === 'present') trees.push({ locUri, tree: read.node });
  }
  if (trees.length > 0) emit({ type: 'trees', trees });
  return reads;
}

function* readSubtree(
  { locUri, expect, hasSecrets }: SubtreeRequest,
  known: KnownTree,
  support: ListSupport,
): Workflow<TreeRead> {
  if (known.state === 'present') return { state: 'present', node: known.tree };
  // A listing hides nodes that may not be read, so a plain Get shows if it is 404 or 403.
  if (known.state === 'absent') return yield* readExpectedLeaf(locUri);
  if (support === 'none') return yield* readNodeByNode(locUri);
  if (expect === 'leaf') return yield* readExpectedLeaf(locUri);
  const read = yield* readByList(locUri, support ?? FIRST, support !== undefined);
  // A device may refuse the whole listing because of one node that no server can read.
  const isWorthWalking = read.state === 'refused' && hasSecrets === true && !isChangedLater(locUri);
  return isWorthWalking ? yield* readNodeByNode(locUri) : read;
}

/**
 * Reads with `?list=`, and with the next attribute when the device does not support this one. `refusesOthers`: it has answered
 * 406 to the attributes before, so it does not ignore queries.
 */
function* readByList(
  locUri: LocUri,
  attribute: ListAttribute,
  isSupported: boolean,
  refusesOthers = false,
): Workflow<TreeRead> {
  const hasValues = attribute !== 'Struct';
  const mayRead = isSupported && hasValues ? [] : [{ locUri, change: 'structure' as const }];
  const [outcome] = yield* readOnDevice([getCommand(`${locUri}?list=${attribute}`)], mayRead);
  const status = outcome?.status ?? STATUS.commandFailed;
  const listing = yield* listingOf(locUri, outcome, attribute);
  if (listing.kind === 'tree') {
    // One Item proves nothing: a device that ignores the query gives the same answer for a node without children.
    const isProof = attribute === 'TNDS' || refusesOthers || (outcome?.results.length ?? 0) > 1;
    if (!isSupported && isProof) storeListSupport(attribute);
    if (hasValues) return { state: 'present', node: listing.tree };
    return yield* readLeaves(locUri, listing.tree, listing.withValue);
  }
  if (listing.kind === 'partial') {
    if (!isSupported && (outcome?.results.length ?? 0) > 1) storeListSupport(attribute);
    return yield* readPartlyListed(locUri, status);
  }
  // 406 revokes the stored fact or that of the profile, and so does a malformed document.
  if (isSupported && (status === STATUS.optionalFeatureNotSupported || listing.kind === 'malformed')) {
    return yield* readByNextList(locUri, attribute, status);
  }
  if (status === STATUS.permissionDenied || (isSupported && isRefusal(status))) return { state: 'refused' };
  if (!isExecuted(status) && !isAbsence(status) && !isUnsupported(status)) return { state: 'failed', status };
  if (isSupported || attribute === 'Struct') return yield* readWithoutList(locUri, status, isSupported);
  // 404: the node does not exist, or the device took the query for a part of its name.
  const plain = isAbsence(status) ? yield* readNode(locUri) : undefined;
  if (plain !== undefined && !('children' in plain)) return plain;
  const isRefused = status === STATUS.optionalFeatureNotSupported;
  return yield* readByList(
    locUri,
    NEXT_ATTRIBUTE[attribute],
    false,
    isRefused && (refusesOthers || attribute === FIRST),
  );
}

/** The attribute that is tried first. */
const FIRST = 'StructData';

const NEXT_ATTRIBUTE = { StructData: 'TNDS', TNDS: 'Struct' } as const satisfies Partial<
  Record<ListAttribute, ListAttribute>
>;

/** Reads node by node what a listing has told only in part, unless later commands have changed it meanwhile. */
function* readPartlyListed(locUri: LocUri, status: number): Workflow<TreeRead> {
  if (isChangedLater(locUri)) return { state: 'failed', status };
  return yield* readNodeByNode(locUri);
}

/** Reads no further when later commands have changed the sub-tree meanwhile. */
function* readByNextList(locUri: LocUri, refused: ListAttribute, status: number): Workflow<TreeRead> {
  if (isChangedLater(locUri)) return { state: 'failed', status };
  if (refused === 'Struct') return yield* readWithoutList(locUri, status, false);
  return yield* readByList(locUri, NEXT_ATTRIBUTE[refused], false);
}

/** The answer of the device to `?list=`; a malformed document is logged. A part of the sub-tree is no listing. */
export function* listingOf(
  locUri: LocUri,
  outcome: CommandOutcome | undefined,
  attribute: ListAttribute,
): Workflow<Listing> {
  if (outcome !== undefined && (isPartial(outcome.status) || outcome.brokenOff === true)) return { kind: 'partial' };
  if (outcome === undefined || !isExecuted(outcome.status)) return { kind: 'none' };
  const listing = yield* inParts(readListing(locUri, outcome.results, attribute));
  if (listing.kind === 'malformed') {
    const facts = { locUri, attribute, code: listing.code };
    emit({ type: 'log', event: 'listing.unreadable', facts });
  }
  return listing;
}

/**
 * Reads node by node, because a listing hides nodes that may not be read. When this works although no listing did, the
 * device supports none.
 */
function* readWithoutList(locUri: LocUri, status: number, isSupported: boolean): Workflow<TreeRead> {
  if (isSupported && isChangedLater(locUri)) {
    return isAbsence(status) ? { state: 'absent' } : { state: 'failed', status };
  }
  const read = yield* readNodeByNode(locUri);
  if (read.state === 'present' && !isSupported) storeListSupport('none');
  return read;
}

export function storeListSupport(list: ListAttribute | 'none'): void {
  emit({ type: 'fact', facts: { list } });
}

/** Fills a tree from `?list=Struct` with the values of its leaves, and of the interior nodes that have one. */
function* readLeaves(locUri: LocUri, tree: MoNode, withValue?: ReadonlySet<LocUri>): Workflow<TreeRead> {
  if (!isInterior(tree)) return toTreeRead(yield* readNode(locUri));
  const children = tree.children ?? [];
  const below = children.map((child) => readLeaves(childOf(locUri, child.name), child, withValue));
  if (withValue?.has(locUri) !== true) return withChildren(tree, yield* all(below), children);
  const [own, ...reads] = yield* all([readOwnValue(locUri, tree), ...below]);
  return withChildren(own?.state === 'present' ? own.node : tree, reads, children);
}

/** The interior node with the value that a plain Get of it tells. */
function* readOwnValue(locUri: LocUri, tree: MoNode): Workflow<TreeRead> {
  const read = yield* readNode(locUri);
  const {
    format = 'chr',
    value = '',
    ownValue = { format, value },
  } = 'state' in read && read.state === 'present' ? read.node : {};
  const names = (tree.children ?? []).map(({ name }) => name);
  const isValue = ownValue.value !== '' && !isListOf(names, ownValue.value);
  return { state: 'present', node: isValue ? { ...tree, ownValue } : tree };
}

/** Plain Gets from the top down: an interior node answers with the names of its children. */
function* readNodeByNode(locUri: LocUri): Workflow<TreeRead> {
  const read = yield* readNode(locUri);
  if (!('children' in read)) return read;
  const reads = yield* all(read.children.map((name) => readNodeByNode(childOf(locUri, name))));
  const names = read.children.map((name): MoNode => ({ name, format: 'null' }));
  return withChildren(read.node, reads, names);
}

/**
 * The node with its children. A child that vanished between two messages is left out. One that this server may not read makes
 * the whole node refused; one that no server can read stays as `known` has it (DM-2.0 §6.3.1.1).
 */
function withChildren(node: MoNode, reads: readonly TreeRead[], known: readonly MoNode[]): TreeRead {
  const bad = reads.find((read) => read.state === 'failed' || (read.state === 'refused' && read.unreadable !== true));
  if (bad !== undefined) return bad;
  const children = reads.flatMap((read, at) => {
    if (read.state === 'refused') return known[at] ?? [];
    return read.state === 'present' ? [read.node] : [];
  });
  return { state: 'present', node: { ...node, children } };
}

/** True when the device has told only a part of the node: of its value, or of the names of its children. */
export function isPartialRead(read: NodeRead | undefined): boolean {
  return read !== undefined && 'state' in read && read.state === 'failed' && isPartial(read.status);
}

/** The result of one plain Get. An interior node comes with the names of its children only. */
export type NodeRead = TreeRead | { readonly node: MoNode; readonly children: readonly string[] };

/** Reads a probable leaf with one plain Get. Later commands do not wait for the improbable reads of an interior node. */
function* readExpectedLeaf(locUri: LocUri): Workflow<TreeRead> {
  const read = yield* readNode(locUri, []);
  if (!('children' in read)) return read;
  const isTooLate = isChangedLater(locUri);
  return isTooLate ? { state: 'failed', status: STATUS.conflict } : yield* readNodeByNode(locUri);
}

export function* readNode(
  locUri: LocUri,
  mayRead: readonly TreeChange[] = [{ locUri, change: 'structure' }],
): Workflow<NodeRead> {
  const [outcome] = yield* readOnDevice([getCommand(locUri)], mayRead);
  return nodeReadOf(locUri, outcome);
}

/** The node in the answer to a plain Get. */
export function nodeReadOf(locUri: LocUri, outcome: CommandOutcome | undefined): NodeRead {
  const status = outcome?.status ?? STATUS.commandFailed;
  const item = outcome?.results[0];
  if (isPartial(status)) return { state: 'failed', status };
  if (isExecuted(status)) {
    if (item === undefined) return { state: 'failed', status: STATUS.commandFailed };
    const { node, childNames } = nodeFromGet(locUri, item);
    return childNames === undefined ? { state: 'present', node } : { node, children: childNames };
  }
  if (isAbsence(status)) return { state: 'absent' };
  if (status === STATUS.commandNotAllowed) return { state: 'refused', unreadable: true };
  return isRefusal(status) ? { state: 'refused' } : { state: 'failed', status };
}

function toTreeRead(read: NodeRead): TreeRead {
  return 'children' in read ? { state: 'present', node: read.node } : read;
}

/** A Get; the target is a LocURI, perhaps with a query. */
export function getCommand(target: string): CommandDraft {
  return { name: 'Get', items: [{ target }] };
}
