/**
 * HGET to the DAC MO: the document replaces a part of the MO, and the ACLs of the device change accordingly.
 *
 * MOIDs and MIIDs exist as long as the instances do, so a document for several instances changes only those that it names.
 * All documents of one command are applied together.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.3.1, §10, §12.3
 */
import { formatAcl } from '../dm1/acl.ts';
import { type ClientUri, type ClientUriText, concreteClientUri, type PathSegment } from '../dm2/client-uri.ts';
import { resolveOnTrees } from '../dm2/resolve.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { finish } from '../long-work.ts';
import { ROOT } from '../mo/loc-uri.ts';
import type { MoNode } from '../mo/node.ts';
import { isSamePath, type NodePath } from '../mo/node-path.ts';
import { ANYWHERE, type TreeChange } from '../mo/tree-change.ts';
import type { TranslationContext } from '../translate/context.ts';
import { descriptionsAt, fromMoData } from '../translate/mo-data.ts';
import { RIGHTS_ROOT } from '../translate/virtual-objects.ts';
import type { Addressed } from '../tree/address.ts';
import type { InstancePath } from '../tree/target.ts';
import type { Write } from '../tree/write-plan.ts';
import { writeTree } from '../tree/write-tree.ts';
import type { ContentPart } from '../tree/writing/content-part.ts';
import { withLaterWrites } from '../workflow/combinators.ts';
import type { CommandResult, Failure } from '../workflow/command-result.ts';
import type { InstanceNames } from '../workflow/effect.ts';
import { emitRightsNames, inParts, turnAt, type Workflow } from '../workflow/workflow.ts';
import { isSameEntry, planAclEdits } from './acl-edits.ts';
import { instanceKey, NamesByInstance, type RightsNames } from './dac-names.ts';
import { type NamedEntry, namesToStore, parseRightsTree, type RightsEntry } from './dac-tree.ts';
import type { AclEdit } from './edit-order.ts';
import { type InstanceNodeAcls, isKnown } from './instance-acls.ts';
import { InstanceTrees } from './instance-trees.ts';
import { readProperties } from './read-acls.ts';
import {
  DAC_NAME,
  dacTree,
  FIXED_RIGHTS,
  type InstanceRights,
  type RightsReading,
  readRights,
  scopeOf,
  type VirtualInstanceRights,
} from './read-rights.ts';

/** New content for a node of the DAC MO. */
export interface RightsChange {
  readonly uri: ClientUri;
  readonly content: MoNode;
}

/** The writes, and the effects of their success. */
export interface RightsPlan {
  readonly writes: readonly Write[];
  readonly names: readonly InstanceNames[];
  /** The instances whose names change after the writes: later commands that read them have to wait. */
  readonly laterChanges: readonly TreeChange[];
  /** The ClientURIs of the nodes that a change replaces. */
  readonly urisOf: (change: RightsChange) => readonly ClientUriText[];
}

/** The change that a part of the content makes. */
export function* rightsChange(addressed: Addressed, part: ContentPart): Workflow<RightsChange> {
  const node = describedNode(addressed);
  return { uri: addressed.uri, content: yield* inParts(part.contentFor(node, node.path.at(-1) ?? '', undefined)) };
}

/**
 * HGET of a single value, such as AR.
 * @throws MappingError or DecodeError ERR_MO_DATA_SHAPE when the node takes no such value
 */
export function* storeRight(context: TranslationContext, addressed: Addressed, text: string): Workflow<CommandResult> {
  const { mapping, path } = describedNode(addressed);
  const leaf = finish(fromMoData(text, path.at(-1) ?? '', descriptionsAt(mapping, path)));
  const plan = yield* planRights(context, [{ uri: addressed.uri, content: leaf }]);
  if ('status' in plan) return plan;
  const written = yield* withLaterWrites(writeTree(context, plan.writes), plan.laterChanges);
  if (written.status === DM2_STATUS.ok) yield* storeRightsNames(plan);
  return written;
}

/** The addressed node for its description, which is the same for all unnamed nodes. */
function describedNode({ uri, mapping }: Addressed): InstancePath {
  const path = uri.path.map((segment) => (segment.kind === 'name' ? segment.name : '*'));
  return { mapping, root: RIGHTS_ROOT, path };
}

/**
 * Plans the ACLs that change.
 * @throws MappingError or DecodeError ERR_MO_DATA_SHAPE when a document is no part of a DAC MO
 */
export function* planRights(
  context: TranslationContext,
  changes: readonly RightsChange[],
): Workflow<RightsPlan | Failure> {
  if (changes.length === 0) return { writes: [], names: [], laterChanges: [], urisOf: () => [] };
  const parts = new Map(changes.map((change) => [change, byInstance(change)]));
  const scopes = [...parts.values()].flat().map(({ uri }) => scopeOf(uri));
  const reading = yield* withLaterWrites(readRights(context, scopes), ANYWHERE);
  if ('status' in reading) return reading;
  const after = new InstanceTrees(dacTree(context, reading));
  const uris = new Map<RightsChange, readonly ClientUriText[]>();
  for (const [at, [change, ofInstances]] of [...parts].entries()) {
    yield* turnAt(at);
    const replaced: ClientUriText[] = [];
    for (const { uri, content } of ofInstances) {
      const paths = resolve(uri, after.treeFor(uri));
      if (paths.length === 0) return { status: DM2_STATUS.notFound };
      for (const path of paths) {
        after.put(path, { ...content, name: path.at(-1) ?? content.name });
        replaced.push(concreteClientUri({ ...uri, instance: { kind: 'all' } }, DAC_NAME, path));
      }
    }
    uris.set(change, replaced);
  }
  const plan = yield* planInstances(context, reading, after);
  return 'status' in plan ? plan : { ...plan, urisOf: (change) => uris.get(change) ?? [] };
}

/** Stores the names that the backend gave, after the writes. */
export function* storeRightsNames({ names }: RightsPlan): Workflow<void> {
  if (names.length > 0) yield* emitRightsNames(names);
}

/** Splits a change of the whole MO, or of one MOID, into changes of the instances that it names. */
function byInstance(change: RightsChange): readonly RightsChange[] {
  const { uri, content } = change;
  if (uri.path.length >= 2) return [change];
  return (content.children ?? []).flatMap((child) => {
    const segment: PathSegment = { kind: 'name', name: child.name };
    return byInstance({ uri: { ...uri, path: [...uri.path, segment] }, content: child });
  });
}

/** The paths of the addressed nodes; below an instance the last name may be new. */
function resolve(uri: ClientUri, tree: MoNode): readonly NodePath[] {
  const last = uri.path.at(-1);
  const mayBeNew = uri.path.length > 2 && last?.kind === 'name';
  const known = mayBeNew ? { ...uri, path: uri.path.slice(0, -1) } : uri;
  const resolution = resolveOnTrees(known, [{ miid: DAC_NAME, tree }]);
  if (resolution.kind !== 'nodes') return [];
  return resolution.nodes.map(({ path }) => (mayBeNew ? [...path, last.name] : path));
}

/** Plans the writes for the instances that differ. */
function* planInstances(
  context: TranslationContext,
  { instances, names: stored }: RightsReading,
  after: InstanceTrees,
): Workflow<Omit<RightsPlan, 'urisOf'> | Failure> {
  const writes: Write[] = [];
  const names: InstanceNames[] = [];
  const laterChanges: TreeChange[] = [];
  const storedNames = new NamesByInstance(stored);
  for (const [at, instance] of instances.entries()) {
    yield* turnAt(at);
    const tree = after.changed(instance);
    if (tree === undefined) continue;
    const entries = parseRightsTree(tree);
    const edits =
      'nodes' in instance
        ? planAclEdits(context, yield* withMissingAcls(instance, entries), entries)
        : refuseEdits(instance, entries);
    if ('status' in edits) return edits;
    writes.push(...edits.map(toWrite));
    const key = instanceKey(instance);
    const given = namesToStore(instance, entries);
    if (isSame(given, storedNames.of(key))) continue;
    names.push({ instance: key, names: given });
    const root = 'nodes' in instance ? instance.nodes[0]?.locUri : ROOT;
    if (root !== undefined) laterChanges.push({ locUri: root, change: 'value' });
  }
  return { writes, names, laterChanges };
}

/** A document may repeat the entries of a virtual instance, under any names. */
function refuseEdits(
  { entries: present }: VirtualInstanceRights,
  wanted: readonly RightsEntry[],
): readonly AclEdit[] | Failure {
  const isSame =
    present.length === wanted.length &&
    present.every((one) => wanted.some((other) => isSamePath(one.path, other.path) && isSameEntry(one, other)));
  return isSame ? [] : { status: DM2_STATUS.forbidden, reason: FIXED_RIGHTS };
}

/** Reads the ACLs of leaves that the reading left out and that an entry is about. */
function* withMissingAcls(instance: InstanceRights, entries: readonly NamedEntry[]): Workflow<InstanceRights> {
  const named = new Set(entries.map(({ path }) => JSON.stringify(path)));
  const isMissing = ({ own, path }: InstanceNodeAcls) => own === undefined && named.has(JSON.stringify(path));
  const missing = instance.nodes.filter(isMissing).map(({ locUri }) => locUri);
  if (missing.length === 0) return instance;
  const read = yield* readProperties(missing);
  const nodes = instance.nodes.map((node) => {
    const own = read.get(node.locUri);
    if (!isKnown(own)) return node;
    if (own.size === 0) return { ...node, own };
    const { isUnknown: _, ...others } = node;
    return { ...others, own, acl: own };
  });
  return { ...instance, nodes };
}

function toWrite({ locUri, before, after }: AclEdit): Write {
  return {
    name: 'Replace',
    locUri,
    property: 'ACL',
    node: aclNode(formatAcl(after)),
    before: aclNode(formatAcl(before)),
  };
}

function aclNode(value: string): MoNode {
  return { name: 'ACL', format: 'chr', value };
}

function isSame(one: RightsNames, other: RightsNames): boolean {
  const names = Object.entries(one);
  return names.length === Object.keys(other).length && names.every(([key, name]) => other[key] === name);
}
