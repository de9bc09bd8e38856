/** HGET of MO data: each member replaces what its place holds, or becomes a new instance (DM-2.0 §5.3.1, §7.2.1.4). */

import { type ClientUriText, concreteClientUri } from '../dm2/client-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { DecodeError, MappingError } from '../errors.ts';
import { isSearched, type MoMapping } from '../mapping/mapping.ts';
import { childOf, isNodeName, type LocUri, nameOf, parentOf } from '../mo/loc-uri.ts';
import type { Moid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import { claimRoots } from '../rights/new-root.ts';
import { keepRightsNames, planRights, type RightsChange, rightsChange } from '../rights/store-rights.ts';
import type { TranslationContext } from '../translate/context.ts';
import { isRightsMo, isSecret, secretValue } from '../translate/virtual-objects.ts';
import { type Addressed, address, namesOf } from '../tree/address.ts';
import { instanceByMiid, instancesOf, placeOfNewInstances } from '../tree/discovery.ts';
import { failureOf, readView } from '../tree/instance-views.ts';
import { type DeviceTarget, deviceTargets, isVirtualTarget, type Target, type VirtualTarget } from '../tree/target.ts';
import { planWrites, type Write } from '../tree/write-plan.ts';
import { writeTree } from '../tree/write-tree.ts';
import type { Member } from '../tree/writing/members.ts';
import { all, withLaterWrites } from '../workflow/combinators.ts';
import type { CommandResult, Failure } from '../workflow/command-result.ts';
import { emit, requestDiscovered, requestMiid, type Workflow } from '../workflow/workflow.ts';
import { resolveForWrite } from './write-targets.ts';

export function* storeMembers(
  context: TranslationContext,
  override: Addressed | undefined,
  members: readonly Member[],
): Workflow<CommandResult> {
  if (override !== undefined && members.length !== 1) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${members.length} members for one ClientURI`);
  }
  const claimed = new Set<LocUri>();
  // Until all is planned, nobody else knows where this command will write.
  const plans = yield* withLaterWrites(
    all(members.map((member) => planMember(context, override, member, claimed))),
    ANYWHERE,
  );
  const bad = plans.find((plan) => 'status' in plan);
  if (bad !== undefined) return bad;
  const ready = plans.flatMap((plan) => ('status' in plan ? [] : [plan]));
  const rights = yield* planRights(
    context,
    ready.flatMap((plan) => plan.rights ?? []),
  );
  if ('status' in rights) return rights;
  const written = yield* writeTree(context, [...ready.flatMap(({ writes }) => writes), ...rights.writes]);
  const { status } = written;
  if (status !== DM2_STATUS.ok) return written;
  yield* keepRightsNames(rights);
  const uris: string[] = [];
  for (const plan of ready)
    uris.push(...(plan.rights === undefined ? yield* settle(plan) : rights.urisOf(plan.rights)));
  // The commands behind this one have waited for the new instances, not for their ACLs.
  yield* claimRoots(
    context,
    ready.flatMap(({ created }) => created ?? []),
  );
  return uris.length === 0 || override !== undefined ? { status } : { status, uris };
}

interface Plan {
  readonly addressed: Addressed;
  readonly writes: readonly Write[];
  readonly places: readonly Target[];
  /** LocURI of the root of a new instance. */
  readonly created?: LocUri;
  /** A value of the DM Account that the bridge keeps. */
  readonly secret?: { readonly path: string; readonly value: string };
  /** Of a place in the DAC MO; what that means for the device shows when all are planned. */
  readonly rights?: RightsChange;
}

type Planned<T> = Workflow<T | Failure>;

/** `claimed`: the roots that members before this one will make. */
function* planMember(
  context: TranslationContext,
  override: Addressed | undefined,
  member: Member,
  claimed: Set<LocUri>,
): Planned<Plan> {
  const addressed = override ?? (yield* addressOfMember(context, member.clientUri));
  if ('status' in addressed) return addressed;
  if (isRightsMo(addressed.mapping))
    return { addressed, writes: [], places: [], rights: rightsChange(addressed, member) };
  const names = namesOf(addressed.uri.path);
  const refusal = names === undefined ? undefined : member.refusalAt(addressed.mapping, names);
  if (refusal !== undefined) return refusal;
  if (override === undefined && (yield* isNewInstance(context, addressed))) {
    return yield* planInstance(context, addressed, member, claimed);
  }
  const found = yield* resolveForWrite(context, addressed);
  if (found.kind !== 'found') return { status: found.kind === 'status' ? found.status : 404 };
  const [first] = found.targets;
  if (first !== undefined && isVirtualTarget(first)) return planSecret(addressed, first, member);
  const targets = deviceTargets(found.targets) ?? [];
  const parts = yield* all(targets.map((target) => planReplacement(context, target, member)));
  const bad = parts.find((part) => 'status' in part);
  // A MIID from an earlier session whose instance is gone: as one that never was.
  const isGone = bad?.status === 404 && override === undefined && addressed.uri.path.length === 0;
  if (isGone && addressed.uri.instance.kind === 'miid') return yield* planInstance(context, addressed, member, claimed);
  if (bad !== undefined) return bad;
  return { addressed, writes: parts.flatMap((part) => ('status' in part ? [] : part.writes)), places: targets };
}

/** A malformed address in a document is a fault of the document. */
export function* addressOfMember(context: TranslationContext, clientUri: string): Planned<Addressed> {
  try {
    return yield* address(context, clientUri);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new MappingError('ERR_MO_DATA_SHAPE', error.message, { cause: error });
  }
}

function planSecret(addressed: Addressed, target: VirtualTarget, member: Member): Plan | Failure {
  const { root, path } = target;
  if (!isSecret(root, path)) return { status: DM2_STATUS.forbidden, reason: 'the bridge keeps this node itself' };
  const { value } = member.contentAt(target, path.at(-1) ?? '', undefined);
  if (value === undefined) throw new MappingError('ERR_MO_DATA_SHAPE', 'a secret without value');
  // The description says bin, so that the document has base64 (DM-2.0 §7.2.1.4).
  return { addressed, writes: [], places: [], secret: { path: path.join('/'), value: secretValue({ base64: value }) } };
}

/** `MOID//`, or a MIID that no instance has, asks for a new instance, unless only one may exist and does. */
function* isNewInstance(context: TranslationContext, { uri, mapping }: Addressed): Workflow<boolean> {
  if (uri.path.length > 0 || !isSearched(mapping)) return false;
  const { instance } = uri;
  if (instance.kind === 'miid') return (yield* instanceByMiid(context, mapping, instance.miid)) === undefined;
  if (instance.kind !== 'only') return false;
  const instances = yield* instancesOf(context, mapping);
  return instances.length === 0 || mapping.newInstance?.single !== true;
}

function* planReplacement(
  context: TranslationContext,
  target: DeviceTarget,
  member: Member,
): Planned<{ readonly writes: readonly Write[] }> {
  const { mapping, root, path } = target;
  const read = yield* readView(mapping, root, path);
  const failure = failureOf(context, read);
  if (failure !== undefined) return { status: failure };
  const existing = read.state === 'present' ? read.node : undefined;
  if (existing === undefined && path.length === 0) return { status: 404 };
  const desired = member.contentAt(target, path.at(-1) ?? existing?.name ?? '', existing);
  return { writes: planWrites(target, existing, desired) };
}

/** The new instance goes below the mapping's place under the label, made unique among its neighbours. */
function* planInstance(
  context: TranslationContext,
  addressed: Addressed,
  member: Member,
  claimed: Set<LocUri>,
): Planned<Plan> {
  const { uri, mapping } = addressed;
  const parent = mapping.newInstance?.parent;
  if (parent === undefined) return { status: 404 };
  const place = yield* placeOfNewInstances(parent);
  const failure = place.state === 'present' ? undefined : failureOf(context, place);
  if (failure !== undefined) return { status: failure };
  const isMissing = place.state !== 'present' && !claimed.has(parent);
  const neighbours = place.state === 'present' ? place.names : [];
  const hint = requiredName(mapping, parent) ?? (uri.instance.kind === 'miid' ? uri.instance.miid : member.label);
  const root = freeChild(parent, hint, neighbours, claimed);
  claimed.add(parent).add(root);
  const target = { mapping, root, path: [] };
  const node: MoNode = { ...member.contentAt(target, nameOf(root), undefined), type: newType(mapping) };
  const writes = planWrites(target, undefined, node).map(
    (write, at): Write => (at === 0 ? { ...write, newInstance: true } : write),
  );
  const above: MoNode = { name: '', format: 'node', children: [] };
  const parents: readonly Write[] = isMissing ? [{ name: 'Add', locUri: parent, node: above }] : [];
  return { addressed, writes: [...parents, ...writes], places: [], created: root };
}

/** The addresses where a member now is; a new instance gets its MIID. */
function* settle({ addressed, places, created, secret }: Plan): Workflow<readonly ClientUriText[]> {
  const { uri, mapping } = addressed;
  if (secret !== undefined) yield* emit({ type: 'accountValue', ...secret });
  if (created === undefined) {
    return places.map(({ miid, path }) => concreteClientUri({ ...uri, instance: { kind: 'miid', miid } }, miid, path));
  }
  const miid = yield* requestMiid(mapping.moid, created);
  const discovered = yield* requestDiscovered();
  // On a device that tells no MOIDs the new instance is found by its place, like its neighbours.
  const isTyped = discovered?.roots.some(({ type }) => type !== '') ?? false;
  yield* emit({ type: 'rootAdded', root: { locUri: created, type: isTyped ? newType(mapping) : '' } });
  return [concreteClientUri({ ...uri, instance: { kind: 'miid', miid } }, miid, [])];
}

/** The MOID that a device of 1.x knows the MO by. */
function newType({ dm1Moids, moid }: MoMapping): Moid {
  return dm1Moids[0] ?? moid;
}

/** The name that a new instance below `parent` must have, because the device shows the MO by its place alone. */
function requiredName({ find, places }: MoMapping, parent: LocUri): string | undefined {
  if (find !== 'place') return undefined;
  const place = places.find(({ kind, locUri }) => kind === 'root' && parentOf(locUri) === parent);
  return place === undefined ? undefined : nameOf(place.locUri);
}

/** A LocURI below `parent` that is free; characters that no name can have are replaced. */
function freeChild(parent: LocUri, hint: string, taken: readonly string[], claimed: ReadonlySet<LocUri>): LocUri {
  const wanted = hint.replaceAll(/[/?]/gu, '_');
  const base = isNodeName(wanted) ? wanted : 'instance';
  let name = base;
  for (let count = 2; taken.includes(name) || claimed.has(childOf(parent, name)); count += 1) name = `${base}${count}`;
  return childOf(parent, name);
}
