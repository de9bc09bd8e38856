/**
 * Reads the DAC MO: the instances of provisioned MOs on which this server has any right, with the access rights that follow
 * from the ACLs of the device. It is always read from the device, and no more of it than the address needs. The rights to
 * virtual instances are fixed.
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3
 */
import type { ClientUri } from '../dm2/client-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { type LocUri, ROOT } from '../mo/loc-uri.ts';
import { type Miid, parseMiid } from '../mo/miid.ts';
import { readMoid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import type { Mutable } from '../mutable.ts';
import { accessRightsOf, authoritiesOf, type NodeAcls } from '../translate/access-rights.ts';
import type { TranslationContext } from '../translate/context.ts';
import { isRightsMo, isVirtualRoot, virtualRights } from '../translate/virtual-objects.ts';
import { isProvisioned } from '../tree/address.ts';
import { discover, instancesByMiids, instancesOf } from '../tree/discovery.ts';
import { failureOf, type InstanceView } from '../tree/instance-views.ts';
import type { Failure } from '../workflow/command-result.ts';
import type { MoInstance } from '../workflow/device-tree.ts';
import { requestFacts, requestKnownTrees, turnAt, type Workflow } from '../workflow/workflow.ts';
import { defaultEntryName, entryKey, instanceKey, type RightsInstance, type RightsNames } from './dac-names.ts';
import { type Permission, type RightsEntry, rightsTree } from './dac-tree.ts';
import { hasAnyRight, type InstanceNodeAcls, instanceNodeAcls, nodesWithEntry } from './instance-acls.ts';
import { maidOf, ownAuthority, ownMaid } from './maid.ts';
import { type AclRead, readAcls } from './read-acls.ts';

/** The part of the DAC MO that an address needs; without members, all of it. */
export interface RightsScope {
  /** The MOID as the command wrote it. */
  readonly label?: string;
  readonly miid?: Miid;
  readonly entry?: string;
}

/** The rights to one instance. */
export interface InstanceRights extends RightsInstance {
  /** The MOID as the command wrote it, which is the name of its node. */
  readonly label: string;
  readonly mapping: MoMapping;
  readonly nodes: readonly InstanceNodeAcls[];
}

/** The rights to a virtual instance, which only the bridge gives. */
export interface VirtualInstanceRights extends RightsInstance {
  readonly label: string;
  readonly entries: readonly RightsEntry[];
}

/** The instances that were read, and the names that the backend gave before. */
export interface RightsReading {
  readonly instances: readonly (InstanceRights | VirtualInstanceRights)[];
  readonly names: RightsNames;
}

/** The name of the root of the DAC MO, which is also its MIID. */
export const DAC_NAME = parseMiid('DacMO');

/** The scope of an address: its leading real names. */
export function scopeOf({ instance, path }: ClientUri): RightsScope {
  if (instance.kind === 'x') return {};
  const [label, miid, entry] = path.map((segment) => (segment.kind === 'name' ? segment.name : undefined));
  // Below a wildcard every instance is read: each decides whether the wildcard matches anything.
  if (label === undefined) return {};
  if (miid === undefined) return { label };
  const scope: Mutable<RightsScope> = { label, miid: parseMiid(miid) };
  if (entry !== undefined) scope.entry = entry;
  return scope;
}

/**
 * Reads the rights to the instances of all scopes. A MOID that a scope names and the account does not provide is 403; other
 * MOs that are not provisioned are left out.
 */
export function* readRights(
  context: TranslationContext,
  scopes: readonly RightsScope[],
): Workflow<RightsReading | Failure> {
  const found: FoundInstance[] = [];
  const virtual: VirtualInstanceRights[] = [];
  const named = new NamedInstances(scopes);
  const seen = new Set<string>();
  const isNew = (instance: RightsInstance): boolean => {
    const key = instanceKey(instance);
    const isSeen = seen.has(key);
    seen.add(key);
    return !isSeen;
  };
  for (const scope of scopes) {
    const mappings = scope.label === undefined ? yield* provisionedMappings(context) : mappingsOf(context, scope.label);
    const unprovided = mappings.find((mapping) => !isProvisioned(context, mapping));
    if (unprovided !== undefined) {
      return { status: DM2_STATUS.forbidden, reason: `the account does not provide the MOID ${unprovided.moid}` };
    }
    found.push(...(yield* findInstances(context, scope, mappings, named)).filter(isNew));
    virtual.push(...(yield* findVirtualInstances(context, scope, mappings, named)).filter(isNew));
  }
  // This request waits for the changes that earlier commands still make. After it, rights and names are theirs.
  const known = yield* requestKnownTrees(virtual.length > 0 ? [ROOT] : found.map(({ root }) => root));
  const { rightsNames: names = {} } = requestFacts();
  if (found.length === 0) return { instances: virtual, names };
  const entries = new Set(scopes.flatMap(({ entry }) => entry ?? []));
  const requests = found.map((instance) => {
    return { ...instance, includesLeaf: (path: NodePath) => entries.has(entryName(instance, path, names)) };
  });
  const reads = yield* readAcls(requests, known);
  const instances: InstanceRights[] = [];
  for (const [at, read] of reads.entries()) {
    yield* turnAt(at);
    const instance = found[at];
    if (instance === undefined) continue;
    const status = failureOfRead(context, instance, read);
    if (status !== undefined) return { status };
    if (read.state !== 'read') continue;
    const nodes = instanceNodeAcls(read.reading);
    if (hasAnyRight(nodes, ownAuthority(context))) instances.push({ ...instance, nodes });
  }
  return { instances: [...virtual, ...instances], names };
}

/** The DM 2.0 status of a read that ends the command. An instance that the command does not name may refuse the read. */
function failureOfRead(context: TranslationContext, instance: FoundInstance, read: AclRead): number | undefined {
  switch (read.state) {
    case 'read':
    case 'absent':
      return undefined;
    case 'refused':
      return instance.isNamed ? DM2_STATUS.forbidden : undefined;
    case 'failed':
      return failureOf(context, read) ?? DM2_STATUS.forbidden;
  }
}

/** The part of the DAC MO that the address needs. */
export function* readRightsView(context: TranslationContext, uri: ClientUri): Workflow<InstanceView> {
  const reading = yield* readRights(context, [scopeOf(uri)]);
  return 'status' in reading ? { tree: undefined, failure: reading.status } : { tree: dacTree(context, reading) };
}

/** The tree of the DAC MO with the instances that were read. */
export function dacTree(context: TranslationContext, { instances, names }: RightsReading): MoNode {
  const byLabel = Map.groupBy(instances, ({ label }) => label);
  const children = [...byLabel].map(([label, ofMoid]): MoNode => {
    const trees = ofMoid.map((instance) => rightsTree(instance, entriesOf(context, instance), names));
    return { name: label, format: 'node', type: '', children: trees };
  });
  return { name: DAC_NAME, format: 'node', type: '', children };
}

/** The reason why an entry of a virtual instance is not changed. */
export const FIXED_RIGHTS = 'the rights to an object of the bridge are fixed';

/** True when a node of the DAC MO is about virtual instances, whose rights nothing changes. */
export function hasFixedRights(context: TranslationContext, [label]: NodePath): boolean {
  return label !== undefined && mappingsOf(context, label).some(({ find }) => find === 'virtual');
}

/** The present entries of an instance. */
export function entriesOf(
  context: TranslationContext,
  instance: Pick<InstanceRights, 'nodes'> | VirtualInstanceRights,
): readonly RightsEntry[] {
  if ('entries' in instance) return instance.entries;
  const nodes = nodesWithEntry(instance.nodes);
  return nodes.map((node) => ({ path: node.path, permissions: permissionsOf(context, node) }));
}

/** The rights of each authority that the ACLs name and that has a MAID. */
export function permissionsOf(context: TranslationContext, node: NodeAcls): readonly Permission[] {
  return authoritiesOf(node).flatMap((authority) => {
    const maid = maidOf(context, authority);
    return maid === undefined ? [] : [{ maid, rights: accessRightsOf(node, authority) }];
  });
}

interface FoundInstance extends RightsInstance {
  readonly label: string;
  readonly mapping: MoMapping;
  readonly root: LocUri;
  /** True when the command names it by MOID and MIID: then a refusal of the device fails the command. */
  readonly isNamed: boolean;
}

/** The instances on the device. */
function* findInstances(
  context: TranslationContext,
  scope: RightsScope,
  mappings: readonly MoMapping[],
  named: NamedInstances,
): Workflow<readonly FoundInstance[]> {
  const { label, miid } = scope;
  const found: FoundInstance[] = [];
  for (const mapping of mappings.filter(({ find }) => find !== 'virtual')) {
    const { moid } = mapping;
    for (const instance of yield* named.instancesIn(context, mapping, scope)) {
      if (isVirtualRoot(instance.root)) continue;
      const isNamed = label !== undefined && miid !== undefined;
      found.push({ miid: instance.miid, root: instance.root, mapping, moid, label: label ?? moid, isNamed });
    }
  }
  return found;
}

/** The virtual instances. The DAC MO has no entry for itself: it shows to each server what that may see. */
function* findVirtualInstances(
  context: TranslationContext,
  scope: RightsScope,
  mappings: readonly MoMapping[],
  named: NamedInstances,
): Workflow<readonly VirtualInstanceRights[]> {
  const { label } = scope;
  const found: VirtualInstanceRights[] = [];
  for (const mapping of mappings.filter((each) => each.find === 'virtual' && !isRightsMo(each))) {
    const { moid } = mapping;
    for (const instance of yield* named.instancesIn(context, mapping, scope)) {
      if (!isVirtualRoot(instance.root)) continue;
      const entries = virtualRights(instance.root).map(({ path, rights }): RightsEntry => {
        return { path, permissions: [{ maid: ownMaid(context), rights }] };
      });
      found.push({ miid: instance.miid, moid, label: label ?? moid, entries });
    }
  }
  return found;
}

/** The instances that scopes name. Those of one MOID are looked up together, and once. */
class NamedInstances {
  readonly #miids: ReadonlyMap<string, readonly Miid[]>;
  readonly #found = new Map<string, ReadonlyMap<Miid, MoInstance>>();

  constructor(scopes: readonly RightsScope[]) {
    const miids = new Map<string, Miid[]>();
    for (const { label, miid } of scopes) {
      if (label === undefined || miid === undefined) continue;
      const ofLabel = miids.get(label) ?? [];
      miids.set(label, ofLabel);
      ofLabel.push(miid);
    }
    this.#miids = miids;
  }

  /** The instance of the scope; without MIID all of the MO. */
  *instancesIn(
    context: TranslationContext,
    mapping: MoMapping,
    { label, miid }: RightsScope,
  ): Workflow<readonly MoInstance[]> {
    if (label === undefined || miid === undefined) return yield* instancesOf(context, mapping);
    let found = this.#found.get(label);
    if (found === undefined) {
      found = yield* instancesByMiids(context, mapping, this.#miids.get(label) ?? []);
      this.#found.set(label, found);
    }
    const instance = found.get(miid);
    return instance === undefined ? [] : [instance];
  }
}

/** The provisioned MOs: those that a file describes, and others that the device has. */
function* provisionedMappings(context: TranslationContext): Workflow<readonly MoMapping[]> {
  const { index } = context;
  const { roots } = yield* discover(context);
  const types = new Set(roots.flatMap(({ type }) => (type === '' ? [] : type)));
  const unmapped = [...types].filter((type) => index.byDm1Type(type) === undefined);
  const all = [...index.all(), ...unmapped.map((type) => index.fallbackMapping(type))];
  return all.filter((mapping) => isProvisioned(context, mapping));
}

function mappingsOf({ index }: TranslationContext, label: string): readonly MoMapping[] {
  const moid = readMoid(label);
  return moid === undefined ? [] : [index.byMoid(moid) ?? index.fallbackMapping(moid)];
}

/** The name of the entry for the node at `path`. */
function entryName(instance: RightsInstance, path: NodePath, names: RightsNames): string {
  return names[entryKey(instance, path)] ?? defaultEntryName(path);
}
