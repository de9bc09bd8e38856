/**
 * Finds the instances of an MO on the device: at a fixed place, by the Type property of interior nodes, or, on devices
 * that give no Types, at the places where the mapping expects them.
 */

import type { CommandOutcome } from '../dm1/server-command.ts';
import { ProtocolError } from '../errors.ts';
import { isSearched, type MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { distinctPlaces } from '../mapping/mo-place.ts';
import { ancestorsOf, isBelow, type LocUri, parentOf, ROOT } from '../mo/loc-uri.ts';
import { type Miid, parseMiid } from '../mo/miid.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { DEVICE_ACCOUNT_ROOT, virtualRootOf } from '../translate/virtual-objects.ts';
import { entriesOf } from '../typed-entries.ts';
import { all, withOutcomeCheck } from '../workflow/combinators.ts';
import type { Discovered, MoInstance } from '../workflow/device-tree.ts';
import type { CommandDraft } from '../workflow/request.ts';
import {
  emit,
  inParts,
  requestDiscovered,
  requestFacts,
  requestKnownInstances,
  requestMiid,
  requestMiids,
  type Workflow,
} from '../workflow/workflow.ts';
import { type CachedRoots, cachedRoots, cacheRoots } from './cache-entries.ts';
import { type SearchWays, searchDevice } from './device-search.ts';
import { rootsOf, withPart, withPlace } from './discovered.ts';
import { discoveredIn, listDevice, listSubtrees, listsNoRoot } from './root-listing.ts';
import { isAbsence, isPartial, isRefusal, isUnsupported } from './status-groups.ts';
import { readNode } from './tree-reader.ts';

/** The instances of the MO that the device has told, with their MIIDs. */
export function* instancesOf(context: TranslationContext, mapping: MoMapping): Workflow<readonly MoInstance[]> {
  const { instances } = yield* findInstances(context, mapping);
  return instances;
}

/**
 * All instances of the MO.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device did not answer for a place of the MO
 */
export function* allInstancesOf(context: TranslationContext, mapping: MoMapping): Workflow<readonly MoInstance[]> {
  const { instances, failed } = yield* findInstances(context, mapping);
  checkAnswered(context.index, mapping, failed, instances);
  return instances;
}

/**
 * The instance with this MIID. The device is searched only when the MIID was never given.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device did not answer for a place where the instance may be
 */
export function* instanceByMiid(
  context: TranslationContext,
  mapping: MoMapping,
  miid: Miid,
): Workflow<MoInstance | undefined> {
  return (yield* instancesByMiids(context, mapping, [miid])).get(miid);
}

/**
 * The instances with these MIIDs, of those that exist. The device is searched only when one of the MIIDs was never given.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device did not answer for a place where a missing instance may be
 */
export function* instancesByMiids(
  context: TranslationContext,
  mapping: MoMapping,
  miids: readonly Miid[],
): Workflow<ReadonlyMap<Miid, MoInstance>> {
  const known: readonly MoInstance[] = isSearched(mapping) ? requestKnownInstances(mapping.moid, miids) : [];
  const found = new Map(known.map((instance) => [instance.miid, instance]));
  const isMissing = (miid: Miid) => !found.has(miid);
  if (!miids.some(isMissing)) return found;
  const wanted = new Set(miids.filter(isMissing));
  const { instances, failed } = yield* findInstances(context, mapping);
  for (const instance of instances) if (wanted.has(instance.miid)) found.set(instance.miid, instance);
  if (miids.some(isMissing)) checkAnswered(context.index, mapping, failed, []);
  return found;
}

interface FoundInstances {
  readonly instances: readonly MoInstance[];
  readonly failed?: Discovered['failed'];
}

function* findInstances(context: TranslationContext, mapping: MoMapping): Workflow<FoundInstances> {
  const virtualRoot = virtualRootOf(mapping);
  if (virtualRoot !== undefined) {
    const name = virtualRoot === DEVICE_ACCOUNT_ROOT ? context.account.serverId : mapping.name;
    return { instances: [{ miid: parseMiid(name), root: virtualRoot }] };
  }
  if (mapping.find === 'fixed') {
    const roots = mapping.places.map(({ locUri }) => locUri);
    return { instances: withMiids(mapping, roots) };
  }
  const { roots, failed } = yield* withConfirmedPlaces(context, [mapping]);
  const instances = withMiids(mapping, rootsOf(context.index, mapping, roots));
  return failed === undefined ? { instances } : { instances, failed };
}

/** An MO that no mapping describes may be at any node; that matters only when no instance was found. */
function checkAnswered(
  index: MoIndex,
  mapping: MoMapping,
  failed: Discovered['failed'],
  instances: readonly MoInstance[],
): void {
  if (failed === undefined) return;
  const places = new Set(index.placesOf(mapping).map(({ locUri }) => locUri));
  for (const [locUri, status] of entriesOf(failed)) {
    const mayBeThere = places.size === 0 ? instances.length === 0 : places.has(locUri);
    if (!mayBeThere) continue;
    const message = `the device answered ${status} to Get ${locUri}`;
    throw new ProtocolError('ERR_TREE_INCOMPLETE', message, { place: { node: locUri } });
  }
}

function withMiids(mapping: MoMapping, roots: readonly LocUri[]): readonly MoInstance[] {
  const [only] = roots;
  if (only !== undefined && roots.length === 1) return [{ miid: requestMiid(mapping.moid, only), root: only }];
  const miids = roots.length === 0 ? [] : requestMiids(mapping.moid, roots);
  return roots.flatMap((root, at): readonly MoInstance[] => {
    const miid = miids[at];
    return miid === undefined ? [] : [{ miid, root }];
  });
}

/**
 * All MO roots of the device. A session searches for them once, and later sessions only where something has changed.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device tells only parts of its tree
 */
export function* discover(context: TranslationContext): Workflow<Discovered> {
  const known = yield* requestDiscovered();
  if (known !== undefined) return known;
  const { facts, version } = requestFacts();
  const isListed = version !== '1.1' && !listsNoRoot(facts);
  const cached = yield* cachedRoots(isListed ? undefined : PER_FIRMWARE);
  if (cached !== undefined && cached.outdated.length === 0) {
    emit({ type: 'discovered', discovered: cached.discovered });
    return cached.discovered;
  }
  const finding = cached === undefined ? findRoots(context) : findRootsAnew(context, cached, isListed);
  const { value: found, allAccepted } = yield* withOutcomeCheck(finding, isAnswer);
  // A place that was just refused is not read again in this session.
  const discovered = cached === undefined ? { ...found, unconfirmed: [] } : found;
  emit({ type: 'discovered', discovered });
  // After a failure the next session searches again.
  if (allAccepted) cacheRoots(found);
  return discovered;
}

/** A device without lists is asked for the places of MOs once for each version of its software. */
const PER_FIRMWARE = { policy: 'static' } as const;

function* findRoots(context: TranslationContext): Workflow<Discovered> {
  const { facts, version } = requestFacts();
  const isListed = version !== '1.1' && !listsNoRoot(facts);
  const tree = isListed ? yield* listDevice(facts) : undefined;
  if (tree === undefined) return yield* searchDevice(context, searchWays());
  return yield* inParts(discoveredIn(context, ROOT, tree));
}

function searchWays(): SearchWays {
  const { facts, version } = requestFacts();
  return {
    byPlaceOnly: version === '1.1',
    asksTypes: version !== '1.1' && facts.typeProperty !== false,
    oneByOne: facts.ordering === 'one-per-message',
  };
}

/** The MO roots after changes: only the sub-trees that have changed are listed or searched. */
function* findRootsAnew(
  context: TranslationContext,
  { discovered, outdated }: CachedRoots,
  isListed: boolean,
): Workflow<Discovered> {
  if (!isListed) return yield* searchAnew(context, discovered, outdated);
  const { facts } = requestFacts();
  const trees = yield* listSubtrees(outdated, facts);
  if (trees === undefined) return yield* findRoots(context);
  let known = discovered;
  for (const [at, top] of outdated.entries()) {
    known = withPart(known, top, yield* inParts(discoveredIn(context, top, trees[at])));
  }
  return known;
}

function* searchAnew(
  context: TranslationContext,
  before: Discovered,
  outdated: readonly LocUri[],
): Workflow<Discovered> {
  const { index } = context;
  // A search does not look for MOs inside an MO.
  const isInside = (top: LocUri) =>
    before.roots.some(({ locUri }) => isBelow(top, locUri)) ||
    [...ancestorsOf(top), top].some((locUri) => index.isFixedAt(locUri));
  const wanted = outdated.filter((top) => !isInside(top));
  // The children of a node above instances are read when a command addresses such an instance.
  const isRead = (top: LocUri) => index.isChildPlace(top) && !index.isAmbiguousAt(top);
  const parents = wanted.filter(isRead).flatMap((top) => parentOf(top) ?? []);
  const tops = wanted.filter((top) => !isRead(top));
  const ways = searchWays();
  const parts = yield* all(tops.map((top) => searchDevice(context, ways, top)));
  const unconfirmed = [...new Set([...(before.unconfirmed ?? []), ...parents])];
  return tops.reduce<Discovered>((known, top, at) => withPart(known, top, parts[at] ?? NOTHING_FOUND), {
    ...before,
    unconfirmed,
  });
}

const NOTHING_FOUND: Discovered = { roots: [] };

/** True when the node exists, does not exist or may not be read, and when the query cannot be answered. */
function isAnswer({ items }: CommandDraft, { status }: CommandOutcome): boolean {
  const isQuery = items[0]?.target?.includes('?') === true;
  if (isExecuted(status) || isAbsence(status) || isRefusal(status)) return true;
  // The bridge reads in another way the nodes that a query has told in part.
  return isQuery && (isUnsupported(status) || isPartial(status));
}

/**
 * The discovery with what the device has now at the unconfirmed places of these MOs. A device without lists told the children of
 * the nodes above its instances perhaps long ago, and its user may have added some since; other places it refused to read.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device tells only a part of the children of a node
 */
export function* withConfirmedPlaces(
  context: TranslationContext,
  mappings: readonly MoMapping[],
): Workflow<Discovered> {
  const before = yield* discover(context);
  if ((before.unconfirmed ?? []).length === 0) return before;
  const unconfirmed = new Set(before.unconfirmed);
  const places = distinctPlaces(mappings.flatMap((mapping) => context.index.placesOf(mapping)));
  const wanted = places.filter(({ locUri }) => unconfirmed.has(locUri));
  if (wanted.length === 0) return before;
  const reads = yield* all(wanted.map(({ locUri }) => readNode(locUri, ANYWHERE)));
  const after = wanted.reduce((known, place, at) => withPlace(known, place, reads[at]), before);
  // After a failure the next session searches again.
  if (after.failed === undefined) cacheRoots(after);
  // A place that is still refused is read again in the next session, not by each command.
  const readNow = new Set(wanted.map(({ locUri }) => locUri));
  const discovered = { ...after, unconfirmed: [...unconfirmed].filter((locUri) => !readNow.has(locUri)) };
  emit({ type: 'discovered', discovered });
  return discovered;
}
