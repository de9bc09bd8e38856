/**
 * The DAC MO as a reading shows it: the instances of provisioned MOs that this server may touch, with the access rights
 * that the ACLs of the device amount to. Never from a cache, and no more than the address asks for.
 *
 * @see OMA-TS-DM_Protocol 2.0 §10, §12.3
 */
import type { ClientUri } from '../dm2/client-uri.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { type Miid, parseMiid } from '../mo/miid.ts';
import { readMoid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import { accessRightsOf, authoritiesOf, type GuardedNode } from '../translate/access-rights.ts';
import type { TranslationContext } from '../translate/context.ts';
import { isVirtualRoot, RIGHTS_ROOT } from '../translate/virtual-objects.ts';
import { isProvisioned } from '../tree/address.ts';
import { discover, instanceByMiid, instancesOf } from '../tree/discovery.ts';
import { failureOf, type InstanceView } from '../tree/instance-views.ts';
import { requestFacts, type Workflow } from '../workflow/workflow.ts';
import { maidOf, ownAuthority } from './authority.ts';
import { type GuardedPlace, guardedPlaces, mayTouch, placesWithEntry } from './guarded-instance.ts';
import { type Permission, rightsTree } from './layout.ts';
import { defaultEntryName, entryKey, type RightsInstance, type RightsNames } from './names.ts';
import { readAcls } from './read-acls.ts';

/** What part of the DAC MO is asked for; absent: all there is. */
export interface RightsScope {
  /** The MOID as the command wrote it. */
  readonly label?: string;
  readonly miid?: Miid;
  readonly entry?: string;
}

/** The rights to one instance. */
export interface InstanceRights extends RightsInstance {
  /** The MOID as it is to be shown: as the command wrote it. */
  readonly label: string;
  readonly mapping: MoMapping;
  readonly places: readonly GuardedPlace[];
}

/** What was read, and the names that the backend gave before. */
export interface RightsReading {
  readonly instances: readonly InstanceRights[];
  readonly names: RightsNames;
}

/** The scope of an address: its names as far as they are names. */
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

/** Reads the rights to the instances of all scopes. A MOID that is not provisioned is 403, one that is not named does not show. */
export function* readRights(
  context: TranslationContext,
  scopes: readonly RightsScope[],
): Workflow<RightsReading | { readonly status: number }> {
  const found: Found[] = [];
  for (const scope of scopes) {
    const more = yield* findInstances(context, scope);
    if ('status' in more) return more;
    found.push(...more.filter((one) => !found.some((other) => isSameInstance(one, other))));
  }
  const { rightsNames: names = {} } = yield* requestFacts();
  if (found.length === 0) return { instances: [], names };
  const asked = ({ moid, miid }: Found) => scopes.flatMap((scope) => namedEntry({ moid, miid }, scope, names));
  const reads = yield* readAcls(
    found.map((one) => {
      const wanted = asked(one);
      return { ...one, asked: (path) => wanted.some((isMeant) => isMeant(path)) };
    }),
  );
  const instances: InstanceRights[] = [];
  for (const [at, read] of reads.entries()) {
    const one = found[at];
    if (one === undefined || read.state === 'absent') continue;
    if (read.state === 'read') {
      const places = guardedPlaces(read.reading);
      if (mayTouch(places, ownAuthority(context))) instances.push({ ...one, places });
    } else if (read.state === 'failed' || one.isNamed) {
      return { status: failureOf(context, read.state === 'failed' ? read : { state: 'refused' }) ?? 403 };
    }
  }
  return { instances, names };
}

/** As much of the DAC MO as the address needs. */
export function* readRightsView(context: TranslationContext, uri: ClientUri): Workflow<InstanceView> {
  const reading = yield* readRights(context, [scopeOf(uri)]);
  return 'status' in reading ? { tree: undefined, failure: reading.status } : { tree: dacTree(context, reading) };
}

/** The DAC MO, as far as it was read. */
export function dacTree(context: TranslationContext, { instances, names }: RightsReading): MoNode {
  const labels = [...new Set(instances.map(({ label }) => label))];
  const children = labels.map((label): MoNode => {
    const ofMoid = instances.filter((instance) => instance.label === label);
    const trees = ofMoid.map((instance) => rightsTree(instance, entriesOf(context, instance), names));
    return { name: label, format: 'node', type: '', children: trees };
  });
  return { name: RIGHTS_ROOT.slice(RIGHTS_ROOT.indexOf(':') + 1), format: 'node', type: '', children };
}

/** The entries that an instance has now. */
export function entriesOf(context: TranslationContext, { places }: Pick<InstanceRights, 'places'>) {
  return placesWithEntry(places).map((place) => ({ path: place.path, permissions: permissionsOf(context, place) }));
}

/** What each authority may do that the ACLs name and that has a MAID. */
export function permissionsOf(context: TranslationContext, node: GuardedNode): readonly Permission[] {
  return authoritiesOf(node).flatMap((authority) => {
    const maid = maidOf(context, authority);
    return maid === undefined ? [] : [{ maid, rights: accessRightsOf(node, authority) }];
  });
}

interface Found extends RightsInstance {
  readonly label: string;
  readonly mapping: MoMapping;
  readonly root: LocUri;
  /** By MOID and MIID: then the command is told that the device refuses. */
  readonly isNamed: boolean;
}

function* findInstances(
  context: TranslationContext,
  { label, miid }: RightsScope,
): Workflow<readonly Found[] | { readonly status: number }> {
  const mappings = label === undefined ? yield* provisionedMappings(context) : mappingsOf(context, label);
  if (label !== undefined && mappings.some((mapping) => !isProvisioned(context, mapping))) return { status: 403 };
  const found: Found[] = [];
  for (const mapping of mappings.filter(({ find }) => find !== 'virtual')) {
    const named = miid === undefined ? undefined : yield* instanceByMiid(context, mapping, miid);
    const instances = miid === undefined ? yield* instancesOf(context, mapping) : named === undefined ? [] : [named];
    for (const { miid: own, root } of instances) {
      if (isVirtualRoot(root)) continue;
      const { moid } = mapping;
      const isNamed = label !== undefined && miid !== undefined;
      found.push({ miid: own, root, mapping, moid, label: label ?? moid, isNamed });
    }
  }
  return found;
}

/** Those that a file describes, and those that the device has beyond. */
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

function isSameInstance(one: Found, other: Found): boolean {
  return one.moid === other.moid && one.miid === other.miid;
}

/** Tells the node that an address means by the name of its entry. */
function namedEntry(
  instance: RightsInstance,
  { entry }: RightsScope,
  names: RightsNames,
): readonly ((path: readonly string[]) => boolean)[] {
  if (entry === undefined) return [];
  return [(path) => (names[entryKey(instance, path)] ?? defaultEntryName(path)) === entry];
}
