/** HGET of MO data: each member replaces what its place holds, or becomes a new instance (DM-2.0 §5.3.1, §7.2.1.4). */

import { concreteClientUri } from '../../dm2/client-uri.ts';
import type { MoDataMember } from '../../dm2/package.ts';
import { MappingError } from '../../errors.ts';
import { describeNode, type MoMapping } from '../../mapping/mapping.ts';
import type { MoNode } from '../../mo/node.ts';
import type { CrossingContext } from '../context.ts';
import { discover, instancesOf, placeOfNewInstances } from '../discovery.ts';
import { isMade } from '../made-objects.ts';
import { fromMoData } from '../mo-data.ts';
import type { CommandResult } from '../north-session.ts';
import { askMiid, note, type Procedure, preparing } from '../procedure.ts';
import { type Addressed, address, readView, type Target } from '../targets.ts';
import { type Place, planWrites, type Write } from '../write-plan.ts';
import { writeTree } from '../write-tree.ts';
import { resolveForWrite } from './write-targets.ts';

export function* storeMembers(
  context: CrossingContext,
  override: Addressed | undefined,
  members: readonly MoDataMember[],
): Procedure<CommandResult> {
  if (override !== undefined && members.length !== 1) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${members.length} members for one ClientURI`);
  }
  const plans: Plan[] = [];
  for (const member of members) {
    const plan = yield* planMember(context, override, member);
    if ('status' in plan) return plan;
    plans.push(plan);
  }
  const status = yield* writeTree(
    context,
    plans.flatMap(({ writes }) => writes),
  );
  if (status !== 200 || override !== undefined) return { status };
  const uris: string[] = [];
  for (const plan of plans) uris.push(...(yield* settle(context, plan)));
  return uris.length === 0 ? { status } : { status, uris };
}

interface Plan {
  readonly addressed: Addressed;
  readonly writes: readonly Write[];
  readonly places: readonly Target[];
  /** LocURI of the root of a new instance. */
  readonly created?: string;
}

function* planMember(
  context: CrossingContext,
  override: Addressed | undefined,
  member: MoDataMember,
): Procedure<Plan | { readonly status: number }> {
  const addressed = override ?? address(context, member.ClientURI);
  if ('status' in addressed) return addressed;
  const [label, data, ...others] = Object.entries(member.MOData).flat();
  if (typeof label !== 'string' || others.length > 0) {
    throw new MappingError('ERR_MO_DATA_SHAPE', 'MOData has not exactly one root label');
  }
  if (override === undefined && (yield* isNewInstance(context, addressed))) {
    return yield* planInstance(addressed, label, data);
  }
  const found = yield* resolveForWrite(context, addressed);
  if (found.kind !== 'found') return { status: found.kind === 'status' ? found.status : 404 };
  if (found.targets.some(({ root }) => isMade(root))) return { status: 403 };
  const writes: Write[] = [];
  for (const target of found.targets) {
    const planned = yield* planReplacement(target, data);
    if ('status' in planned) return planned;
    writes.push(...planned.writes);
  }
  return { addressed, writes, places: found.targets };
}

/** `MOID//`, or a MIID that no instance has, asks for a new instance, unless only one may exist and does. */
function* isNewInstance(context: CrossingContext, { uri, mapping }: Addressed): Procedure<boolean> {
  if (uri.path.length > 0 || mapping.find !== 'type') return false;
  const { instance } = uri;
  if (instance.kind !== 'only' && instance.kind !== 'miid') return false;
  const instances = yield* instancesOf(context, mapping);
  if (instance.kind === 'miid') return !instances.some(({ miid }) => miid === instance.miid);
  return instances.length === 0 || mapping.newInstance?.single !== true;
}

function* planReplacement(
  target: Target,
  data: unknown,
): Procedure<{ readonly writes: readonly Write[] } | { readonly status: number }> {
  const { mapping, root, path, locUri } = target;
  const read = yield* preparing(readView(mapping, root, path), [{ locUri, change: 'structure' }]);
  if (read.state === 'refused') return { status: 403 };
  if (read.state === 'failed') return { status: 503 };
  const existing = read.state === 'present' ? read.node : undefined;
  if (existing === undefined && path.length === 0) return { status: 404 };
  const desired = toNode(target, path.at(-1) ?? existing?.name ?? '', data, existing);
  return { writes: planWrites(target, existing, desired) };
}

/** The new instance goes below the mapping's place under the label, made unique among its neighbours. */
function* planInstance(
  addressed: Addressed,
  label: string,
  data: unknown,
): Procedure<Plan | { readonly status: number }> {
  const { uri, mapping } = addressed;
  const parent = mapping.newInstance?.parent;
  if (parent === undefined) return { status: 404 };
  const place = yield* preparing(placeOfNewInstances(parent), [{ locUri: parent, change: 'instance' }]);
  if (place.state === 'refused') return { status: 403 };
  if (place.state === 'failed') return { status: 503 };
  const neighbours = place.state === 'present' ? place.names : [];
  const hint = uri.instance.kind === 'miid' ? uri.instance.miid : label;
  const root = `${parent === '.' ? '.' : parent}/${uniqueName(hint, neighbours)}`;
  const target: Place = { mapping, root, path: [] };
  const name = root.slice(root.lastIndexOf('/') + 1);
  const node: MoNode = { ...toNode(target, name, data, undefined), type: newType(mapping) };
  const writes = planWrites(target, undefined, node).map(
    (write, at): Write => (at === 0 ? { ...write, newInstance: true } : write),
  );
  const parents: readonly Write[] =
    place.state === 'present'
      ? []
      : [{ name: 'Add', locUri: parent, node: { name: '', format: 'node', children: [] } }];
  return { addressed, writes: [...parents, ...writes], places: [], created: root };
}

/** The addresses where a member now is; a new instance gets its MIID. */
function* settle(context: CrossingContext, { addressed, places, created }: Plan): Procedure<readonly string[]> {
  const { uri, mapping } = addressed;
  if (created === undefined) {
    return places.map(({ miid, path }) => concreteClientUri({ ...uri, instance: { kind: 'miid', miid } }, miid, path));
  }
  const miid = yield* askMiid(mapping.moid, created);
  const { roots } = yield* discover(context);
  // On a device that tells no MOIDs the new instance is found by its place, like its neighbours.
  const isTyped = roots.some(({ type }) => type !== '');
  yield* note({ type: 'rootAdded', root: { locUri: created, type: isTyped ? newType(mapping) : '' } });
  return [concreteClientUri({ ...uri, instance: { kind: 'miid', miid } }, miid, [])];
}

/** The MOID that a device of 1.x knows the MO by. */
function newType({ dm1Moids, moid }: MoMapping): string {
  return dm1Moids[0] ?? moid;
}

function toNode({ mapping, path }: Place, name: string, data: unknown, existing: MoNode | undefined): MoNode {
  return fromMoData(data, name, (below) => describeNode(mapping, [...path, ...below]), existing);
}

function uniqueName(hint: string, taken: readonly string[]): string {
  const base = hint.replaceAll('/', '_') || 'instance';
  if (!taken.includes(base)) return base;
  let count = 2;
  while (taken.includes(`${base}${count}`)) count += 1;
  return `${base}${count}`;
}
