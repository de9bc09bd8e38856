/**
 * Reads sub-trees of the device with as few round trips as it allows: what the session knows, else `?list=StructData`,
 * else `?list=TNDS`, else `?list=Struct` and the leaves, else node by node (DM-TND §9.1). What a device turns out not to
 * know is remembered.
 */
import type { CommandOutcome } from '../dm1/server-command.ts';
import { childOf, type LocUri } from '../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import { all } from '../workflow/combinators.ts';
import type { KnownTree, PlacedTree } from '../workflow/device-tree.ts';
import type { CommandDraft } from '../workflow/request.ts';
import { emit, isChangedLater, readOnDevice, requestKnownTrees, type Workflow } from '../workflow/workflow.ts';
import { type ListAttribute, type Listing, readListing } from './listing.ts';
import { nodeFromGet } from './results-tree.ts';

export type TreeRead =
  | { readonly state: 'present'; readonly node: MoNode }
  | { readonly state: 'absent' }
  /** The device does not let this server read it, or a part of it; `unreadable`: nobody can (405), as a node that is only executed. */
  | { readonly state: 'refused'; readonly unreadable?: true }
  /** `status` is the 1.x code. */
  | { readonly state: 'failed'; readonly status: number };

/** A place to read; `leaf` tells that a plain Get is the right first question. */
export interface ReadingPlace {
  readonly locUri: LocUri;
  readonly expect: 'leaf' | 'unknown';
}

/** The sub-trees at `places`, whole; what must be asked for goes out together. */
export function* readTrees(places: readonly ReadingPlace[]): Workflow<readonly TreeRead[]> {
  const { trees: recalled, facts, version } = yield* requestKnownTrees(places.map(({ locUri }) => locUri));
  const known = recalled.flatMap((each): readonly TreeRead[] =>
    each.state === 'present' ? [{ state: 'present', node: each.tree }] : [],
  );
  if (known.length === places.length) return known;
  const proven = version === '1.1' ? 'none' : facts.list;
  const reads = yield* all(places.map((place, at) => readPlace(place, recalled[at] ?? UNKNOWN, proven)));
  const trees = places.flatMap(({ locUri }, at): readonly PlacedTree[] => {
    const read = recalled[at]?.state === 'unknown' ? reads[at] : undefined;
    return read?.state === 'present' ? [{ locUri, tree: read.node }] : [];
  });
  if (trees.length > 0) yield* emit({ type: 'trees', trees });
  return reads;
}

const UNKNOWN: KnownTree = { state: 'unknown' };

/** The sub-tree at one place; `proven`: what the device is known to support. */
function* readPlace(
  { locUri, expect }: ReadingPlace,
  recalled: KnownTree,
  proven: ListAttribute | 'none' | undefined,
): Workflow<TreeRead> {
  if (recalled.state === 'present') return { state: 'present', node: recalled.tree };
  // A listing hides what may not be read, so that one plain Get tells 404 from 403.
  if (recalled.state === 'absent') return yield* readAsLeaf(locUri);
  if (proven === 'none') return yield* readByWalking(locUri);
  if (expect === 'leaf') return yield* readAsLeaf(locUri);
  return yield* readByList(locUri, proven ?? 'StructData', proven !== undefined);
}

/** `?list=`, and whatever comes next where the device does not support it. */
function* readByList(locUri: LocUri, attribute: ListAttribute, proven: boolean): Workflow<TreeRead> {
  const isWhole = attribute !== 'Struct';
  const mayRead = proven && isWhole ? [] : [{ locUri, change: 'structure' as const }];
  const [outcome] = yield* readOnDevice([getCommand(`${locUri}?list=${attribute}`)], mayRead);
  const status = statusOf(outcome);
  const listing = yield* listingOf(locUri, outcome, attribute);
  if (listing.kind === 'tree') {
    // One Item proves nothing: a device that ignores the query answers alike for a node without children.
    const isProof = attribute === 'TNDS' || (outcome?.results.length ?? 0) > 1;
    if (!proven && isProof) yield* learnList(attribute);
    return isWhole ? { state: 'present', node: listing.tree } : yield* readLeaves(locUri, listing.tree);
  }
  // 406 takes back whatever was learnt or is known of the make: the ladder goes on below. So does what cannot be read.
  if (proven && (status === NOT_SUPPORTED || listing.kind === 'malformed')) {
    return yield* readByNextList(locUri, attribute, status);
  }
  if (status === PERMISSION_DENIED || (proven && isRefusal(status))) return { state: 'refused' };
  if (!isExecuted(status) && !isAbsence(status) && !isUnsupported(status)) return { state: 'failed', status };
  if (proven || attribute === 'Struct') return yield* readWithoutList(locUri, proven);
  // 404: nothing there, or the device took the query for a part of a name.
  const probe = isAbsence(status) ? yield* readPlainly(locUri) : undefined;
  if (probe !== undefined && !('children' in probe)) return probe;
  return yield* readByList(locUri, NEXT[attribute], false);
}

/** What is tried where an attribute is not supported. */
const NEXT = { StructData: 'TNDS', TNDS: 'Struct' } as const satisfies Partial<Record<ListAttribute, ListAttribute>>;

/** What commands behind this one have changed meanwhile is not read any more. */
function* readByNextList(locUri: LocUri, refused: ListAttribute, status: number): Workflow<TreeRead> {
  if (yield* isChangedLater(locUri)) return { state: 'failed', status };
  if (refused === 'Struct') return yield* readWithoutList(locUri, false);
  return yield* readByList(locUri, NEXT[refused], false);
}

/** What the device answered to `?list=`; a document that cannot be read is told of. */
export function* listingOf(
  locUri: LocUri,
  outcome: CommandOutcome | undefined,
  attribute: ListAttribute,
): Workflow<Listing> {
  if (outcome === undefined || !isExecuted(outcome.status)) return { kind: 'none' };
  const listing = readListing(locUri, outcome.results, attribute);
  if (listing.kind === 'malformed') {
    const facts = { locUri, attribute, code: listing.code };
    yield* emit({ type: 'log', event: 'listing.unreadable', facts });
  }
  return listing;
}

/** Node by node: a listing hides what may not be read. That it works where no listing did shows that the query was the trouble. */
function* readWithoutList(locUri: LocUri, proven: boolean): Workflow<TreeRead> {
  if (proven && (yield* isChangedLater(locUri))) return { state: 'absent' };
  const read = yield* readByWalking(locUri);
  if (read.state === 'present' && !proven) yield* learnList('none');
  return read;
}

export function* learnList(list: ListAttribute | 'none'): Workflow<void> {
  yield* emit({ type: 'fact', facts: { list } });
}

/** Fills a tree read by `?list=Struct` with the values of its leaves. */
function* readLeaves(locUri: LocUri, tree: MoNode): Workflow<TreeRead> {
  if (!isInterior(tree)) return toTreeRead(yield* readPlainly(locUri));
  const children = tree.children ?? [];
  const reads = yield* all(children.map((child) => readLeaves(childOf(locUri, child.name), child)));
  return assemble(tree, reads, children);
}

/** Plain Gets: an interior node answers with the names of its children. */
function* readByWalking(locUri: LocUri): Workflow<TreeRead> {
  const read = yield* readPlainly(locUri);
  if (!('children' in read)) return read;
  const reads = yield* all(read.children.map((name) => readByWalking(childOf(locUri, name))));
  const names = read.children.map((name): MoNode => ({ name, format: 'null' }));
  return assemble(read.node, reads, names);
}

/**
 * A child that vanished between two messages is left out. One that this server may not read makes the whole unreadable; one
 * without Get is not involved, and stands as far as it is `known` (DM-2.0 §6.3.1.1).
 */
function assemble(node: MoNode, reads: readonly TreeRead[], known: readonly MoNode[]): TreeRead {
  const bad = reads.find((read) => read.state === 'failed' || (read.state === 'refused' && read.unreadable !== true));
  if (bad !== undefined) return bad;
  const children = reads.flatMap((read, at) => {
    if (read.state === 'refused') return known[at] ?? [];
    return read.state === 'present' ? [read.node] : [];
  });
  return { state: 'present', node: { ...node, children } };
}

type PlainRead = TreeRead | { readonly node: MoNode; readonly children: readonly string[] };

/** One plain Get of what should be a leaf, or nothing; commands behind need not wait for the unlikely rest. */
function* readAsLeaf(locUri: LocUri): Workflow<TreeRead> {
  const read = yield* readPlainly(locUri, []);
  if (!('children' in read)) return read;
  return (yield* isChangedLater(locUri)) ? { state: 'failed', status: 409 } : yield* readByWalking(locUri);
}

/** One plain Get. An interior node comes with the names of its children only. */
export function* readPlainly(
  locUri: LocUri,
  mayRead: readonly TreeChange[] = [{ locUri, change: 'structure' }],
): Workflow<PlainRead> {
  const [outcome] = yield* readOnDevice([getCommand(locUri)], mayRead);
  const status = statusOf(outcome);
  const item = outcome?.results[0];
  if (isExecuted(status)) {
    if (item === undefined) return { state: 'failed', status: 500 };
    const { node, childNames } = nodeFromGet(locUri, item);
    return childNames === undefined ? { state: 'present', node } : { node, children: childNames };
  }
  if (isAbsence(status)) return { state: 'absent' };
  if (status === NOT_ALLOWED) return { state: 'refused', unreadable: true };
  return isRefusal(status) ? { state: 'refused' } : { state: 'failed', status };
}

function toTreeRead(read: PlainRead): TreeRead {
  return 'children' in read ? { state: 'present', node: read.node } : read;
}

export function getCommand(locUri: string): CommandDraft {
  return { name: 'Get', items: [{ target: locUri }] };
}

function statusOf(outcome: CommandOutcome | undefined): number {
  return outcome?.status ?? 500;
}

/** 404 not found, 410 gone. */
export function isAbsence(status: number): boolean {
  return status === 404 || status === 410;
}

const PERMISSION_DENIED = 425;
/** No command of the node's access types. */
const NOT_ALLOWED = 405;

/** Optional feature not supported. */
export const NOT_SUPPORTED = 406;

/** 425 by ACL, 405 by access type, 403 otherwise (reference: syncml §6). */
export function isRefusal(status: number): boolean {
  return status === PERMISSION_DENIED || status === NOT_ALLOWED || status === 403;
}

/** What devices say to a `?list=` they do not know. */
export function isUnsupported(status: number): boolean {
  return [400, 403, 405, 406, 414, 415, 500, 501].includes(status);
}
