/**
 * Finds the instances of an MO on the device: at a fixed place, by the Type property of interior nodes, or, on devices
 * that give no Types, at the places where the mapping expects them.
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
import { isExecuted, STATUS } from '../syncml/status-codes.ts';
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
import { isAbsence, isPartial, isRefusal, isUnsupported } from './status-groups.ts';
import { listInParts } from './structure-walk.ts';
import { getCommand, listingOf, readNode, storeListSupport, type TreeRead } from './tree-reader.ts';

/** The instances of the MO that the device has, with their MIIDs. */
export function* instancesOf(context: TranslationContext, mapping: MoMapping): Workflow<readonly MoInstance[]> {
  const virtualRoot = virtualRootOf(mapping);
  if (virtualRoot !== undefined) {
    const name = virtualRoot === DEVICE_ACCOUNT_ROOT ? context.account.serverId : mapping.name;
    return [{ miid: parseMiid(name), root: virtualRoot }];
  }
  if (mapping.find === 'fixed') {
    const roots = mapping.places.map(({ locUri }) => locUri);
    return yield* withMiids(mapping, roots);
  }
  const { roots } = yield* discover(context);
  return yield* withMiids(mapping, rootsOf(context, mapping, roots));
}

/** The instance with this MIID. The device is searched only when the MIID was never given. */
export function* instanceByMiid(
  context: TranslationContext,
  mapping: MoMapping,
  miid: Miid,
): Workflow<MoInstance | undefined> {
  if (isSearched(mapping)) {
    const known = yield* requestKnownInstances(mapping.moid);
    const instance = known.find((each) => each.miid === miid);
    if (instance !== undefined) return instance;
  }
  const instances = yield* instancesOf(context, mapping);
  return instances.find((each) => each.miid === miid);
}

function* withMiids(mapping: MoMapping, roots: readonly LocUri[]): Workflow<readonly MoInstance[]> {
  const instances: MoInstance[] = [];
  for (const root of roots) instances.push({ miid: yield* requestMiid(mapping.moid, root), root });
  return instances;
}

/** All MO roots of the device. A session searches for them once. */
export function* discover(context: TranslationContext): Workflow<Discovered> {
  const known = yield* requestDiscovered();
  if (known !== undefined) return known;
  const cached = yield* cachedRoots();
  if (cached !== undefined) {
    yield* emit({ type: 'discovered', discovered: cached });
    return cached;
  }
  const { value: discovered, allAccepted } = yield* withOutcomeCheck(searchDevice(context), isAnswer);
  yield* emit({ type: 'discovered', discovered });
  // After a failure the next session searches again.
  if (allAccepted) yield* cacheRoots(discovered);
  return discovered;
}

function* searchDevice(context: TranslationContext): Workflow<Discovered> {
  const { facts, version } = yield* requestFacts();
  const tree = version === '1.1' || facts.list === 'none' ? undefined : yield* listDevice(facts.list);
  if (tree === undefined) return { roots: yield* rootsBySearch(context, version === '1.1') };
  return { roots: rootsIn(context, ROOT, tree), places: childNamesOfEvidenceNodes(context, tree) };
}

/** True when the node exists, does not exist or may not be read, and when the query cannot be answered. */
function isAnswer({ items }: CommandDraft, { status }: CommandOutcome): boolean {
  const isQuery = items[0]?.target?.includes('?') === true;
  if (isExecuted(status) || isAbsence(status) || isRefusal(status)) return true;
  // The bridge reads in another way the nodes that a query has told in part.
  return isQuery && (isUnsupported(status) || isPartial(status));
}

/**
 * One `Get .?list=Struct` shows every interior node with its Type; a device of the 1.3 client profile may support only
 * `StructData` (DM-TND §9.1). A document of the whole tree would be too large, so TNDS is tried on DevInfo.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device tells only parts of its tree
 */
function* listDevice(known: ListAttribute | undefined): Workflow<MoNode | undefined> {
  const [struct] = yield* readOnDevice([getCommand('.?list=Struct')], ANYWHERE);
  const structure = yield* listingOf(ROOT, struct, 'Struct');
  if (structure.kind === 'tree') return structure.tree;
  if (structure.kind === 'partial') return yield* listInParts(ROOT, 'Struct');
  if (!isUnsupportedOutcome(struct) || known === 'TNDS') return undefined;
  const others = [getCommand('.?list=StructData'), getCommand(`${DEV_INFO_ROOT}?list=TNDS`)];
  const [structData, tnds] = yield* readOnDevice(others, ANYWHERE);
  const data = yield* listingOf(ROOT, structData, 'StructData');
  if (data.kind === 'tree') {
    if (known === undefined) yield* storeListSupport('StructData');
    return data.tree;
  }
  if (data.kind === 'partial') return yield* listInParts(ROOT, 'StructData');
  if (!isUnsupportedOutcome(structData)) return undefined;
  // 406 revokes the stored fact, or that of the profile.
  const isRefused = [struct, structData].every((outcome) => outcome?.status === STATUS.optionalFeatureNotSupported);
  if (known !== undefined && !isRefused) return undefined;
  const document = yield* listingOf(DEV_INFO_ROOT, tnds, 'TNDS');
  if (document.kind !== 'partial') yield* storeListSupport(document.kind === 'tree' ? 'TNDS' : 'none');
  return undefined;
}

function isUnsupportedOutcome(outcome: CommandOutcome | undefined): boolean {
  return isUnsupported(outcome?.status ?? STATUS.commandFailed);
}

function childNamesOfEvidenceNodes(
  { index }: TranslationContext,
  tree: MoNode,
): Readonly<Record<LocUri, readonly string[]>> {
  const names = new Map<LocUri, readonly string[]>();
  for (const locUri of index.all().flatMap((mapping) => evidenceNodeOf(mapping) ?? [])) {
    const children = descend(tree, namesOf(locUri))?.children;
    if (children === undefined) continue;
    const childNames = children.map(({ name }) => name);
    names.set(locUri, childNames);
  }
  return Object.fromEntries(names);
}

/** The node whose existence shows that the device supports the MO: the parent of new instances, or an optional fixed root. */
export function evidenceNodeOf({ newInstance, find, places, description }: MoMapping): LocUri | undefined {
  if (newInstance !== undefined) return newInstance.parent;
  return find === 'fixed' && description.occurrence === 'ZeroOrOne' ? places[0]?.locUri : undefined;
}

/** The result of a look for the parent of new instances. */
export type InstanceParent =
  | { readonly state: 'present'; readonly names: readonly string[] }
  | Exclude<TreeRead, { readonly state: 'present' }>;

/** The node below which new instances are added, with the names that are taken. */
export function* readInstanceParent(parent: LocUri): Workflow<InstanceParent> {
  const discovered = yield* requestDiscovered();
  const names = discovered?.places?.[parent];
  if (names !== undefined) return { state: 'present', names };
  const read = yield* readNode(parent);
  if ('children' in read) return { state: 'present', names: read.children };
  return read.state === 'present' ? { state: 'failed', status: STATUS.commandFailed } : read;
}

function rootsIn(context: TranslationContext, locUri: LocUri, node: MoNode): readonly FoundRoot[] {
  const roots: FoundRoot[] = [];
  const type: Moid | '' = readMoid(node.type ?? '') ?? '';
  if (type !== '' || context.index.isExpectedAt(locUri)) roots.push({ locUri, type });
  for (const child of (node.children ?? []).filter(isInterior)) {
    roots.push(...rootsIn(context, childOf(locUri, child.name), child));
  }
  return roots;
}

function rootsOf(context: TranslationContext, mapping: MoMapping, roots: readonly FoundRoot[]): readonly LocUri[] {
  const { index } = context;
  const key = moidKey(mapping.moid);
  const byType = roots.filter(({ type }) => type !== '' && moidKey(index.byDm1Type(type)?.moid ?? type) === key);
  if (byType.length > 0) return byType.map(({ locUri }) => locUri);
  // An MO that is found by its place alone may have any Type that no mapping knows.
  const mayBe = (type: string) => type === '' || (mapping.find === 'place' && index.byDm1Type(type) === undefined);
  const isExpected = (locUri: LocUri) => mapping.places.some((place) => isRootAt(place, locUri));
  return roots.filter(({ locUri, type }) => mayBe(type) && isExpected(locUri)).map(({ locUri }) => locUri);
}
