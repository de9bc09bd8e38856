/**
 * HGET to the DAC MO: the document takes its place in what is, and the ACLs of the device are changed accordingly.
 *
 * MOIDs and MIIDs come and go with the instances, so that a document for more than one instance speaks of those alone that
 * it names. All documents of one command count together.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.3.1, §10, §12.3
 */
import { formatAcl } from '../dm1/acl.ts';
import { type ClientUri, concreteClientUri, type PathSegment } from '../dm2/client-uri.ts';
import { resolveOnTrees } from '../dm2/resolve.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { describeNode } from '../mapping/mapping.ts';
import { parseMiid } from '../mo/miid.ts';
import { descend, type MoNode } from '../mo/node.ts';
import { isSamePath } from '../mo/node-path.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import type { TranslationContext } from '../translate/context.ts';
import { fromMoData } from '../translate/mo-data.ts';
import { RIGHTS_ROOT } from '../translate/virtual-objects.ts';
import type { Addressed } from '../tree/address.ts';
import type { InstancePath } from '../tree/target.ts';
import type { Write } from '../tree/write-plan.ts';
import { writeTree } from '../tree/write-tree.ts';
import type { Member } from '../tree/writing/members.ts';
import { withLaterWrites } from '../workflow/combinators.ts';
import type { Failure } from '../workflow/command-result.ts';
import { emit, type Workflow } from '../workflow/workflow.ts';
import type { GuardedPlace } from './guarded-instance.ts';
import { type NamedEntry, namesToRemember, parseRightsTree } from './layout.ts';
import { instanceKey, type RightsNames } from './names.ts';
import { type AclEdit, planAclEdits } from './plan-rights.ts';
import { readProperties } from './read-acls.ts';
import { dacTree, type InstanceRights, type RightsReading, readRights, scopeOf } from './read-rights.ts';

/** A document for a place in the DAC MO. */
export interface RightsChange {
  readonly uri: ClientUri;
  /** What shall be there. */
  readonly content: MoNode;
}

/** What is to be done, and what is to be kept once it is. */
export interface RightsPlan {
  readonly writes: readonly Write[];
  readonly names: readonly { readonly instance: string; readonly names: RightsNames }[];
  /** The ClientURIs where a change went. */
  readonly urisOf: (change: RightsChange) => readonly string[];
}

type Planned<T> = Workflow<T | Failure>;

/** What a member of MO data or TNDS says of a place in the DAC MO. */
export function rightsChange(addressed: Addressed, member: Member): RightsChange {
  const place = placeOf(addressed);
  return { uri: addressed.uri, content: member.contentAt(place, place.path.at(-1) ?? '', undefined) };
}

/**
 * HGET of a single value, such as AR.
 * @throws MappingError or DecodeError ERR_MO_DATA_SHAPE when the node takes no such value
 */
export function* storeRight(context: TranslationContext, addressed: Addressed, text: string): Workflow<Failure> {
  const { mapping, path } = placeOf(addressed);
  const describe = (below: readonly string[]) => describeNode(mapping, [...path, ...below]);
  const leaf = fromMoData(text, path.at(-1) ?? '', describe);
  const plan = yield* planRights(context, [{ uri: addressed.uri, content: leaf }]);
  if ('status' in plan) return plan;
  const written = yield* writeTree(context, plan.writes);
  if (written.status === DM2_STATUS.ok) yield* keepRightsNames(plan);
  return written;
}

/** The place that an address means, for its description: which of the unnamed nodes it is says nothing. */
function placeOf({ uri, mapping }: Addressed): InstancePath {
  return {
    mapping,
    root: RIGHTS_ROOT,
    path: uri.path.map((segment) => (segment.kind === 'name' ? segment.name : '*')),
  };
}

/**
 * The ACLs that change.
 * @throws MappingError or DecodeError ERR_MO_DATA_SHAPE when a document is none of access rights
 */
export function* planRights(context: TranslationContext, changes: readonly RightsChange[]): Planned<RightsPlan> {
  if (changes.length === 0) return { writes: [], names: [], urisOf: () => [] };
  const parts = new Map(changes.map((change) => [change, byInstance(change)]));
  const scopes = [...parts.values()].flat().map(({ uri }) => scopeOf(uri));
  const reading = yield* withLaterWrites(readRights(context, scopes), ANYWHERE);
  if ('status' in reading) return reading;
  const before = dacTree(context, reading);
  const dac = parseMiid(before.name);
  let tree = before;
  const uris = new Map<RightsChange, readonly string[]>();
  for (const [change, part] of parts) {
    const placed: string[] = [];
    for (const { uri, content } of part) {
      const paths = resolve(uri, tree);
      if (paths.length === 0) return { status: 404 };
      for (const path of paths) tree = replaced(tree, path, { ...content, name: path.at(-1) ?? content.name });
      placed.push(...paths.map((path) => concreteClientUri({ ...uri, instance: { kind: 'all' } }, dac, path)));
    }
    uris.set(change, placed);
  }
  const plan = yield* planInstances(context, reading, before, tree);
  return 'status' in plan ? plan : { ...plan, urisOf: (change) => uris.get(change) ?? [] };
}

/** Remembers the names that the backend gave, once all is written. */
export function* keepRightsNames({ names }: RightsPlan): Workflow<void> {
  for (const each of names) yield* emit({ type: 'rightsNames', ...each });
}

/** A document for the whole MO, or for one MOID, as documents for the instances that it names. */
function byInstance(change: RightsChange): readonly RightsChange[] {
  const { uri, content } = change;
  if (uri.path.length >= 2) return [change];
  return (content.children ?? []).flatMap((child) => {
    const segment: PathSegment = { kind: 'name', name: child.name };
    return byInstance({ uri: { ...uri, path: [...uri.path, segment] }, content: child });
  });
}

/** The places that an address means; below an instance its last name may be new. */
function resolve(uri: ClientUri, tree: MoNode): readonly (readonly string[])[] {
  const last = uri.path.at(-1);
  const mayBeNew = uri.path.length > 2 && last?.kind === 'name';
  const known = mayBeNew ? { ...uri, path: uri.path.slice(0, -1) } : uri;
  const resolution = resolveOnTrees(known, [{ miid: parseMiid(tree.name), tree }]);
  if (resolution.kind !== 'nodes') return [];
  return resolution.nodes.map(({ path }) => (mayBeNew ? [...path, last.name] : path));
}

function replaced(tree: MoNode, path: readonly string[], node: MoNode): MoNode {
  const [name, ...rest] = path;
  if (name === undefined) return node;
  const children = tree.children ?? [];
  const at = children.findIndex((child) => child.name === name);
  const child = children[at];
  const grown = child === undefined ? node : replaced(child, rest, node);
  return { ...tree, children: at < 0 ? [...children, grown] : children.with(at, grown) };
}

/** Only instances that a document reached. */
function* planInstances(
  context: TranslationContext,
  { instances, names }: RightsReading,
  before: MoNode,
  after: MoNode,
): Planned<Omit<RightsPlan, 'urisOf'>> {
  const writes: Write[] = [];
  const kept: { readonly instance: string; readonly names: RightsNames }[] = [];
  for (const instance of instances) {
    const place = [instance.label, instance.miid];
    const tree = descend(after, place);
    if (tree === undefined || tree === descend(before, place)) continue;
    const entries = parseRightsTree(tree);
    const edits = planAclEdits(context, yield* withMissingAcls(instance, entries), entries);
    if ('status' in edits) return edits;
    writes.push(...edits.map(toWrite));
    const key = instanceKey(instance);
    const given = namesToRemember(instance, entries);
    if (!isSame(given, ofInstance(names, key))) kept.push({ instance: key, names: given });
  }
  return { writes, names: kept };
}

/** Leaves whose ACL the reading left out, and that the document speaks of. */
function* withMissingAcls(instance: InstanceRights, entries: readonly NamedEntry[]): Workflow<InstanceRights> {
  const isMissing = ({ own, path }: GuardedPlace) =>
    own === undefined && entries.some((entry) => isSamePath(entry.path, path));
  const missing = instance.places.filter(isMissing).map(({ locUri }) => locUri);
  if (missing.length === 0) return instance;
  const read = yield* readProperties(missing);
  const places = instance.places.map((place) => {
    const own = read.get(place.locUri);
    if (own === undefined || own === 'hidden' || 'failed' in own) return place;
    return { ...place, own, ...(own.size === 0 ? {} : { acl: own }) };
  });
  return { ...instance, places };
}

function toWrite({ locUri, before, after }: AclEdit): Write {
  const toNode = (value: string): MoNode => ({ name: 'ACL', format: 'chr', value });
  return {
    name: 'Replace',
    locUri,
    property: 'ACL',
    node: toNode(formatAcl(after)),
    before: toNode(formatAcl(before)),
  };
}

function ofInstance(names: RightsNames, key: string): RightsNames {
  return Object.fromEntries(Object.entries(names).filter(([each]) => each.startsWith(key)));
}

function isSame(one: RightsNames, other: RightsNames): boolean {
  const names = Object.entries(one);
  return names.length === Object.keys(other).length && names.every(([key, name]) => other[key] === name);
}
