/** The MO roots of a device that lists its tree: one `?list=` shows every interior node with its Type (DM-TND §9.1). */
import { DEV_INFO_ROOT } from '../device/dev-info.ts';
import type { DeviceFacts } from '../device/facts.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import { type LongWork, NodeCount } from '../long-work.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { childOf, type LocUri, namesBelow, ROOT } from '../mo/loc-uri.ts';
import { type Moid, readMoid } from '../mo/moid.ts';
import { descend, isInterior, type MoNode } from '../mo/node.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import { isExecuted, STATUS } from '../syncml/status-codes.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { Discovered, FoundRoot } from '../workflow/device-tree.ts';
import { emit, readOnDevice, type Workflow } from '../workflow/workflow.ts';
import { evidenceNodesOf } from './instance-parent.ts';
import { isAbsence, isRefusal, isUnsupported } from './status-groups.ts';
import { listInParts } from './structure-walk.ts';
import { getCommand, listingOf, storeListSupport } from './tree-reader.ts';

/** True when the facts say that the device does not list the root of its tree. */
export function listsNoRoot({ list, rootList }: DeviceFacts): boolean {
  return list === 'none' || rootList === 'none';
}

/**
 * The whole tree without values; undefined when the device does not list it, which is then a fact.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device tells only parts of its tree
 */
export function* listDevice(facts: DeviceFacts): Workflow<MoNode | undefined> {
  const { list, rootList } = facts;
  let struct: CommandOutcome | undefined;
  if (rootList === undefined) {
    [struct] = yield* readOnDevice([getCommand('.?list=Struct')], ANYWHERE);
    const structure = yield* listingOf(ROOT, struct, 'Struct');
    if (structure.kind === 'tree') return structure.tree;
    if (structure.kind === 'partial') return yield* listInParts(ROOT, 'Struct');
    if (!isUnsupportedOutcome(struct) || list === 'TNDS') return withoutRootList(struct);
  }
  return yield* listWithOtherAttributes(list, struct);
}

/**
 * A device of the 1.3 client profile may support only `StructData`. A document of the whole tree would be too large, so TNDS is
 * tried on DevInfo.
 */
function* listWithOtherAttributes(
  list: DeviceFacts['list'],
  struct: CommandOutcome | undefined,
): Workflow<MoNode | undefined> {
  const others = [getCommand('.?list=StructData')];
  if (struct !== undefined) others.push(getCommand(`${DEV_INFO_ROOT}?list=TNDS`));
  const [structData, tnds] = yield* readOnDevice(others, ANYWHERE);
  const data = yield* listingOf(ROOT, structData, 'StructData');
  if (data.kind === 'tree') {
    if (list === undefined) storeListSupport('StructData');
    if (struct !== undefined) emit({ type: 'fact', facts: { rootList: 'StructData' } });
    return data.tree;
  }
  if (data.kind === 'partial') return yield* listInParts(ROOT, 'StructData');
  // 406 revokes the stored fact, or that of the profile.
  const isRefused = [struct, structData].every((outcome) => outcome?.status === STATUS.optionalFeatureNotSupported);
  if (isUnsupportedOutcome(structData) && (list === undefined || isRefused)) {
    const document = yield* listingOf(DEV_INFO_ROOT, tnds, 'TNDS');
    if (document.kind !== 'partial') storeListSupport(document.kind === 'tree' ? 'TNDS' : 'none');
  }
  return withoutRootList(structData);
}

/** Stores that the list of the root does not help, unless the answer was one of a failure that passes. */
function withoutRootList(outcome: CommandOutcome | undefined): undefined {
  const status = outcome?.status ?? STATUS.commandFailed;
  const isFinal = isExecuted(status) || isAbsence(status) || isRefusal(status) || isUnsupported(status);
  if (isFinal) emit({ type: 'fact', facts: { rootList: 'none' } });
  return undefined;
}

function isUnsupportedOutcome(outcome: CommandOutcome | undefined): boolean {
  return isUnsupported(outcome?.status ?? STATUS.commandFailed);
}

/** Lists some sub-trees; undefined for one that the device does not have, and undefined as a whole when one is not listed. */
export function* listSubtrees(
  tops: readonly LocUri[],
  { rootList }: DeviceFacts,
): Workflow<readonly (MoNode | undefined)[] | undefined> {
  const attribute = rootList === 'StructData' ? 'StructData' : 'Struct';
  const outcomes = yield* readOnDevice(
    tops.map((top) => getCommand(`${top}?list=${attribute}`)),
    ANYWHERE,
  );
  const trees: (MoNode | undefined)[] = [];
  for (const [at, top] of tops.entries()) {
    const outcome = outcomes[at];
    const listing = yield* listingOf(top, outcome, attribute);
    if (listing.kind === 'tree') trees.push(listing.tree);
    else if (listing.kind === 'partial') trees.push(yield* listInParts(top, attribute));
    else if (outcome !== undefined && isAbsence(outcome.status)) trees.push(undefined);
    else return undefined;
  }
  return trees;
}

/** The MO roots in the sub-tree at `top`, and what it says about the nodes above new instances. */
export function* discoveredIn(
  context: TranslationContext,
  top: LocUri,
  tree: MoNode | undefined,
): LongWork<Discovered> {
  const places = new Map<LocUri, readonly string[]>();
  const absent: LocUri[] = [];
  for (const mapping of context.index.all()) {
    for (const locUri of evidenceNodesOf(mapping)) {
      const path = namesBelow(locUri, top);
      if (path === undefined) continue;
      const children = tree === undefined ? undefined : descend(tree, path)?.children;
      if (children === undefined) absent.push(locUri);
      else places.set(locUri, namesIn(children));
    }
  }
  const roots = tree !== undefined && isInterior(tree) ? yield* rootsIn(context.index, top, tree) : [];
  return { roots, places: Object.fromEntries(places), absent };
}

function namesIn(nodes: readonly MoNode[]): readonly string[] {
  return nodes.map(({ name }) => name);
}

/** The MO roots in the sub-tree of an interior node, in the order of the tree. */
function* rootsIn(index: MoIndex, top: LocUri, tree: MoNode): LongWork<readonly FoundRoot[]> {
  const roots: FoundRoot[] = [];
  const count = new NodeCount();
  const open = [{ locUri: top, node: tree }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { locUri, node } = next;
    const type: Moid | '' = readMoid(node.type ?? '') ?? '';
    if (type !== '' || index.isExpectedAt(locUri)) roots.push({ locUri, type });
    // The last one goes in first, so that the roots come in their order.
    for (const child of node.children?.toReversed() ?? []) {
      if (count.endsPart()) yield;
      if (isInterior(child)) open.push({ locUri: childOf(locUri, child.name), node: child });
    }
  }
  return roots;
}
