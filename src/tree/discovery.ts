/**
 * Finds the instances of an MO on the device: at a fixed place, by the Type property of interior nodes, or, on devices
 * that tell no types, at the places where the mapping expects them (design: addresses).
 */
import { DEV_INFO_ROOT } from '../device/dev-info.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import { isSearched, type MoMapping } from '../mapping/mapping.ts';
import { isRootAt } from '../mapping/mo-place.ts';
import { childOf, type LocUri, namesOf, ROOT } from '../mo/loc-uri.ts';
import { type Miid, parseMiid } from '../mo/miid.ts';
import { type Moid, moidKey, readMoid } from '../mo/moid.ts';
import { descend, isInterior, type MoNode } from '../mo/node.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import { DEVICE_ACCOUNT_ROOT, virtualRootOf } from '../translate/virtual-objects.ts';
import { withOutcomeCheck } from '../workflow/combinators.ts';
import type { Discovered, FoundRoot, MoInstance } from '../workflow/device-tree.ts';
import type { CommandDraft } from '../workflow/request.ts';
import {
  emit,
  readOnDevice,
  requestDiscovered,
  requestFacts,
  requestKnownInstances,
  requestMiid,
  type Workflow,
} from '../workflow/workflow.ts';
import { cachedRoots, cacheRoots } from './cache-entries.ts';
import { rootsBySearch } from './device-search.ts';
import type { ListAttribute } from './listing.ts';
import {
  getCommand,
  isAbsence,
  isRefusal,
  isUnsupported,
  learnList,
  listingOf,
  NOT_SUPPORTED,
  readPlainly,
  type TreeRead,
} from './tree-reader.ts';

/** Every instance of the MO that the device has, each with its MIID. */
export function* instancesOf(context: TranslationContext, mapping: MoMapping): Workflow<readonly MoInstance[]> {
  const virtualRoot = virtualRootOf(mapping);
  if (virtualRoot !== undefined) {
    const name = virtualRoot === DEVICE_ACCOUNT_ROOT ? context.account.serverId : mapping.name;
    return [{ miid: parseMiid(name), root: virtualRoot }];
  }
  if (mapping.find === 'fixed')
    return yield* named(
      mapping,
      mapping.places.map(({ locUri }) => locUri),
    );
  const { roots } = yield* discover(context);
  return yield* named(mapping, rootsOf(context, mapping, roots));
}

/** The instance with this MIID; the device is only searched when nobody has met it before. */
export function* instanceByMiid(
  context: TranslationContext,
  mapping: MoMapping,
  miid: Miid,
): Workflow<MoInstance | undefined> {
  if (isSearched(mapping)) {
    const known = yield* requestKnownInstances(mapping.moid);
    const remembered = known.find((instance) => instance.miid === miid);
    if (remembered !== undefined) return remembered;
  }
  const instances = yield* instancesOf(context, mapping);
  return instances.find((instance) => instance.miid === miid);
}

function* named(mapping: MoMapping, roots: readonly LocUri[]): Workflow<readonly MoInstance[]> {
  const instances: MoInstance[] = [];
  for (const root of roots) instances.push({ miid: yield* requestMiid(mapping.moid, root), root });
  return instances;
}

/** All MO roots of the device; searched for once in a session. */
export function* discover(context: TranslationContext): Workflow<Discovered> {
  const known = yield* requestDiscovered();
  if (known !== undefined) return known;
  const copy = yield* cachedRoots();
  if (copy !== undefined) {
    yield* emit({ type: 'discovered', discovered: copy });
    return copy;
  }
  const { value: result, allAccepted } = yield* withOutcomeCheck(searchDevice(context), isAnswer);
  yield* emit({ type: 'discovered', discovered: result });
  // What a device could not tell for once is asked again in the next session.
  if (allAccepted) yield* cacheRoots(result);
  return result;
}

function* searchDevice(context: TranslationContext): Workflow<Discovered> {
  const { facts, version } = yield* requestFacts();
  const tree = version === '1.1' || facts.list === 'none' ? undefined : yield* listDevice(facts.list);
  if (tree === undefined) return { roots: yield* rootsBySearch(context, version === '1.1') };
  return { roots: rootsIn(context, ROOT, tree), places: placesIn(context, tree) };
}

/** There, not there, or not for us; and whatever devices say to a query that they do not know. */
function isAnswer({ items }: CommandDraft, { status }: CommandOutcome): boolean {
  const isQuery = items[0]?.target?.includes('?') === true;
  return isExecuted(status) || isAbsence(status) || isRefusal(status) || (isQuery && isUnsupported(status));
}

/**
 * One `Get .?list=Struct` shows every interior node with its Type; a device of the 1.3 client profile may know only
 * `StructData` (DM-TND §9.1). A document of the whole tree would be too much: whether TNDS works is tried on DevInfo.
 */
function* listDevice(known: ListAttribute | undefined): Workflow<MoNode | undefined> {
  const [first] = yield* readOnDevice([getCommand('.?list=Struct')], ANYWHERE);
  const shown = yield* listingOf(ROOT, first, 'Struct');
  if (shown.kind === 'tree') return shown.tree;
  if (!isUnsupported(first?.status ?? 500) || known === 'TNDS') return undefined;
  const others = [getCommand('.?list=StructData'), getCommand(`${DEV_INFO_ROOT}?list=TNDS`)];
  const [second, third] = yield* readOnDevice(others, ANYWHERE);
  const data = yield* listingOf(ROOT, second, 'StructData');
  if (data.kind === 'tree') {
    if (known === undefined) yield* learnList('StructData');
    return data.tree;
  }
  if (!isUnsupported(second?.status ?? 500)) return undefined;
  // 406 takes back what was learnt or is known of the make.
  const isRefused = first?.status === NOT_SUPPORTED && second?.status === NOT_SUPPORTED;
  if (known !== undefined && !isRefused) return undefined;
  const document = yield* listingOf(DEV_INFO_ROOT, third, 'TNDS');
  yield* learnList(document.kind === 'tree' ? 'TNDS' : 'none');
  return undefined;
}

/** The places of MOs that the device has, with the names that are taken there. */
function placesIn({ index }: TranslationContext, tree: MoNode): Readonly<Record<LocUri, readonly string[]>> {
  const parents = index.all().flatMap((mapping) => placeOf(mapping) ?? []);
  const places = [...new Set(parents)].flatMap((parent) => {
    const node = descend(tree, namesOf(parent));
    return node?.children === undefined ? [] : [[parent, node.children.map(({ name }) => name)] as const];
  });
  return Object.fromEntries(places);
}

/** The node that shows whether a device has anything of the MO: where new instances go, or the root of one that need not be. */
export function placeOf({ newInstance, find, places, description }: MoMapping): LocUri | undefined {
  if (newInstance !== undefined) return newInstance.parent;
  return find === 'fixed' && description.occurrence === 'ZeroOrOne' ? places[0]?.locUri : undefined;
}

/** The node below which new instances go, or what came of looking for it. */
export type InstancePlace =
  | { readonly state: 'present'; readonly names: readonly string[] }
  | Exclude<TreeRead, { readonly state: 'present' }>;

/** The node below which new instances go, with the names that are taken. */
export function* placeOfNewInstances(parent: LocUri): Workflow<InstancePlace> {
  const discovered = yield* requestDiscovered();
  const names = discovered?.places?.[parent];
  if (names !== undefined) return { state: 'present', names };
  const read = yield* readPlainly(parent);
  if ('children' in read) return { state: 'present', names: read.children };
  return read.state === 'present' ? { state: 'failed', status: 500 } : read;
}

function rootsIn(context: TranslationContext, locUri: LocUri, node: MoNode): readonly FoundRoot[] {
  const type: Moid | '' = readMoid(node.type ?? '') ?? '';
  const own = type !== '' || context.index.isExpectedAt(locUri) ? [{ locUri, type }] : [];
  const below = (node.children ?? [])
    .filter(isInterior)
    .flatMap((child) => rootsIn(context, childOf(locUri, child.name), child));
  return [...own, ...below];
}

function rootsOf(context: TranslationContext, mapping: MoMapping, roots: readonly FoundRoot[]): readonly LocUri[] {
  const byType = roots.filter(
    ({ type }) => type !== '' && moidKey(context.index.byDm1Type(type)?.moid ?? type) === moidKey(mapping.moid),
  );
  if (byType.length > 0) return byType.map(({ locUri }) => locUri);
  // Of what is found by place alone nobody knows the Type.
  const isUntold = (type: string) =>
    type === '' || (mapping.find === 'place' && context.index.byDm1Type(type) === undefined);
  return roots
    .filter(({ locUri, type }) => isUntold(type) && mapping.places.some((place) => isRootAt(place, locUri)))
    .map(({ locUri }) => locUri);
}
