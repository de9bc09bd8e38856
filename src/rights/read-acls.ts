/**
 * Reads the ACLs of MO instances: with `Get <root>?list=TNDS+ACL` those of all nodes, else with `?prop=ACL` those of the root
 * and of the interior nodes. The nodes above an instance are read one by one, because the instance inherits from them.
 *
 * @see OMA-TS-DM_TND §7.7.1, §9.2
 */
import { type Acl, parseAcl } from '../dm1/acl.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import { DecodeError } from '../errors.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { ancestorsOf, childOf, type LocUri, nameOf, namesOf, ROOT } from '../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { isExecuted, STATUS } from '../syncml/status-codes.ts';
import { pathOf } from '../translate/node-address.ts';
import { treePartsOf } from '../translate/uri.ts';
import { type Listing, readAclListing } from '../tree/listing.ts';
import { isAbsence, isPartial, isRefusal, isUnsupported } from '../tree/status-groups.ts';
import { getCommand, readNode, readTrees, type TreeRead } from '../tree/tree-reader.ts';
import { all, withLaterReads } from '../workflow/combinators.ts';
import type { ResultOf } from '../workflow/result.ts';
import { emit, readOnDevice, turnAt, type Workflow } from '../workflow/workflow.ts';
import { type AclReading, aclInForce, type FailedAcl, isKnown, type OwnAcl } from './instance-acls.ts';

/** An instance whose ACLs are wanted. */
export interface AclRequest {
  readonly mapping: MoMapping;
  readonly root: LocUri;
  /** True for a leaf whose ACL is wanted, too. */
  readonly includesLeaf: (path: NodePath) => boolean;
}

/** The result for one instance; `status` is the 1.x code. */
export type AclRead =
  | { readonly state: 'read'; readonly reading: AclReading }
  | { readonly state: 'absent' | 'refused' }
  | { readonly state: 'failed'; readonly status: number };

/** The query for the ACL of a node. */
const ACL_PROPERTY = '?prop=ACL';

/** A tree of which no node is known. */
const BARE: MoNode = { name: '', format: 'node', children: [] };

/** Reads the ACLs of all instances, with as few round trips as the device allows. */
export function* readAcls(
  instances: readonly AclRequest[],
  { facts, version }: Pick<ResultOf<'knownTrees'>, 'facts' | 'version'>,
): Workflow<readonly AclRead[]> {
  const mayList = facts.aclList ?? (facts.list === 'TNDS' || (facts.list !== 'none' && facts.tnds !== false));
  const canList = version !== '1.1' && mayList;
  const around = [...new Set(instances.flatMap(nodesAround))];
  const [above, ...reads] = yield* all<PartialRead>([
    readAround(around),
    ...instances.map((instance) => readInstance(instance, canList)),
  ]);
  const answersList = reads.map(({ listed }) => listed);
  const aclList = answersList.includes(true) || (answersList.includes(false) ? false : undefined);
  if (aclList !== undefined && aclList !== facts.aclList) emit({ type: 'fact', facts: { aclList } });
  const results: AclRead[] = [];
  for (const [at, part] of reads.entries()) {
    yield* turnAt(at);
    results.push(resultOf(instances[at], part, above));
  }
  return results;
}

function resultOf(instance: AclRequest | undefined, part: PartialRead, above: PartialRead | undefined): AclRead {
  if (part.failure !== undefined || instance === undefined) return part.failure ?? { state: 'absent' };
  const { mapping, root } = instance;
  const own = new Map(part.own);
  for (const locUri of nodesAround(instance)) {
    const acl = above?.own?.get(locUri);
    if (acl !== undefined && !own.has(locUri)) own.set(locUri, acl);
  }
  return failureOf(aclInForce(own, root)) ?? { state: 'read', reading: { mapping, root, tree: part.tree, own } };
}

/** The result for an instance whose root has an ACL that is not known: no right to it is known, then. */
function failureOf(acl: OwnAcl): FailedRead | undefined {
  if (acl === 'hidden') return { state: 'refused' };
  return isFailed(acl) ? { state: 'failed', status: acl.failed } : undefined;
}

type FailedRead = Exclude<AclRead, { readonly state: 'read' }>;

/** Reads the own ACLs of single nodes; nodes that do not exist are missing in the result. */
export function* readProperties(
  locUris: readonly LocUri[],
  mayRead: readonly TreeChange[] = [],
): Workflow<ReadonlyMap<LocUri, OwnAcl>> {
  const commands = locUris.map((locUri) => getCommand(`${locUri}${ACL_PROPERTY}`));
  const outcomes = yield* readOnDevice(commands, mayRead);
  const own = new Map<LocUri, OwnAcl>();
  for (const [at, locUri] of locUris.entries()) {
    const acl = propertyOf(outcomes[at]);
    if (acl === undefined) continue;
    own.set(locUri, acl);
    if (isFailed(acl)) emit({ type: 'log', event: 'acl.unreadable', facts: { locUri, status: acl.failed } });
  }
  return own;
}

/** The ACLs that one branch of the reading has found. */
type PartialRead = {
  /** True or false when it turned out that the device does or does not answer `?list=TNDS+ACL`. */
  readonly listed?: boolean;
} & (
  | { readonly tree: MoNode; readonly own: ReadonlyMap<LocUri, OwnAcl>; readonly failure?: undefined }
  | { readonly failure: FailedRead; readonly own?: undefined }
);

/** The nodes above the parts of the instance, and the parts outside of its sub-tree. */
function nodesAround({ mapping, root }: AclRequest): readonly LocUri[] {
  return treePartsOf(mapping, root, []).flatMap(({ locUri }, at) => {
    const above = ancestorsOf(locUri);
    return at === 0 ? above : [...above, locUri];
  });
}

/**
 * The ACLs of nodes around the instances. A device that does not support the property at the root of its tree has the default
 * ACL there (DM-TND §7.7.1.2).
 */
function* readAround(locUris: readonly LocUri[]): Workflow<PartialRead> {
  const own = new Map(yield* readProperties(locUris));
  const ofRoot = own.get(ROOT);
  if (ofRoot !== undefined && isFailed(ofRoot) && NO_PROPERTY.has(ofRoot.failed)) own.delete(ROOT);
  return { tree: BARE, own };
}

/** The answers of devices that do not know the property. */
const NO_PROPERTY: ReadonlySet<number> = new Set([STATUS.optionalFeatureNotSupported, STATUS.commandNotImplemented]);

function* readInstance(instance: AclRequest, canList: boolean): Workflow<PartialRead> {
  if (!canList) return yield* readByProperty(instance);
  const { root } = instance;
  const [outcome] = yield* readOnDevice([getCommand(`${root}?list=TNDS+ACL`)], [{ locUri: root, change: 'structure' }]);
  const status = outcome?.status ?? STATUS.commandFailed;
  const isWhole = isExecuted(status) && !isPartial(status);
  const listing = isWhole ? readAclListing(root, outcome?.results ?? []) : undefined;
  const read = listing?.kind === 'tree' ? yield* readListed(root, listing) : undefined;
  if (read !== undefined) return { listed: true, ...read };
  if (status === STATUS.permissionDenied) return { failure: { state: 'refused' } };
  const part = yield* readByProperty(instance);
  // When the property can be read, the query was the reason of the failure.
  const isReadable = part.failure === undefined;
  const isQueryUnknown =
    status === STATUS.optionalFeatureNotSupported ||
    (isReadable && outcome?.brokenOff !== true && (isWhole || isUnsupported(status)));
  return isQueryUnknown ? { listed: false, ...part } : part;
}

/**
 * The ACLs of a listing. A device may leave out the node that it was asked for: the ACL of such a node is read by itself, and so
 * is that of the root when the document has no ACL element. Undefined when it turns out that the document shows no ACLs.
 */
function* readListed(root: LocUri, { tree, implied = [] }: AclTree): Workflow<PartialRead | undefined> {
  const own = new Map<LocUri, OwnAcl>();
  const nodes = nodesOf(root, tree);
  for (const { locUri, node } of nodes) {
    const acl = readAcl(node.acl ?? '');
    if (acl === undefined) {
      emit({ type: 'log', event: 'acl.unreadable', facts: { locUri, status: STATUS.ok } });
      return { failure: { state: 'failed', status: STATUS.commandFailed } };
    }
    own.set(locUri, acl);
  }
  const showsAcls = nodes.some(({ node }) => node.acl !== undefined);
  const unlisted = showsAcls ? implied : [root];
  if (unlisted.length === 0) return { tree, own };
  const read = yield* readProperties(unlisted);
  const ofRoot = unlisted.includes(root) ? read.get(root) : EMPTY;
  if (ofRoot === undefined) return { failure: { state: 'absent' } };
  const failure = failureOf(ofRoot);
  if (failure !== undefined) return { failure };
  // The root has an ACL that the document does not show, or nothing tells if the document would show any.
  if (!showsAcls && (implied.length > 0 || (isKnown(ofRoot) && ofRoot.size > 0))) return undefined;
  for (const locUri of unlisted) own.set(locUri, read.get(locUri) ?? { failed: STATUS.notFound });
  return { tree, own };
}

type AclTree = Extract<Listing, { readonly kind: 'tree' }>;

const EMPTY: Acl = new Map();

/** Reads the ACLs of the root, of the interior nodes, and of the wanted leaves. */
function* readByProperty({ mapping, root, includesLeaf }: AclRequest): Workflow<PartialRead> {
  const mayRead: readonly TreeChange[] = [{ locUri: root, change: 'structure' }];
  const acl = (yield* readProperties([root], mayRead)).get(root);
  if (acl === undefined) return { failure: { state: 'absent' } };
  const failure = failureOf(acl);
  if (failure !== undefined) return { failure };
  const structure = yield* withLaterReads(readStructure(root), mayRead);
  if (structure.state === 'failed') return { failure: structure };
  const tree = structure.state === 'present' ? structure.node : BARE;
  const wanted = nodesOf(root, tree).filter(({ locUri, node }) => {
    const path = pathOf(mapping, namesOf(root), namesOf(locUri))?.path;
    return locUri !== root && (isInterior(node) || (path !== undefined && includesLeaf(path)));
  });
  const own = yield* readProperties(wanted.map(({ locUri }) => locUri));
  const facts = { locUri: root, nodes: wanted.length + 1 };
  emit({ type: 'log', event: 'acl.read_by_property', facts });
  return { tree, own: new Map([[root, acl], ...own]) };
}

/** The nodes of the instance. Where this server may not read one of them, the others are found node by node. */
function* readStructure(root: LocUri): Workflow<TreeRead> {
  const [read] = yield* readTrees([{ locUri: root, expect: 'unknown' }]);
  return read === undefined || read.state === 'refused' ? yield* walk(root) : read;
}

function* walk(locUri: LocUri): Workflow<TreeRead> {
  const read = yield* readNode(locUri);
  if (!('children' in read)) {
    // The kind of a node that may not be read is not known; its ACL is read when an entry names it.
    return read.state === 'refused' ? { state: 'present', node: { name: nameOf(locUri), format: 'chr' } } : read;
  }
  const below = yield* all(read.children.map((name) => walk(childOf(locUri, name))));
  const failed = below.find(({ state }) => state === 'failed');
  if (failed !== undefined) return failed;
  const children = below.flatMap((each) => (each.state === 'present' ? [each.node] : []));
  return { state: 'present', node: { ...read.node, children } };
}

interface LocatedNode {
  readonly locUri: LocUri;
  readonly node: MoNode;
}

/** The node at `locUri` and all nodes below it. */
function nodesOf(locUri: LocUri, node: MoNode): readonly LocatedNode[] {
  const below = (node.children ?? []).flatMap((child) => nodesOf(childOf(locUri, child.name), child));
  return [{ locUri, node }, ...below];
}

function propertyOf(outcome: CommandOutcome | undefined): OwnAcl | undefined {
  const status = outcome?.status ?? STATUS.commandFailed;
  if (isAbsence(status)) return undefined;
  if (isRefusal(status)) return 'hidden';
  if (!isExecuted(status) || isPartial(status)) return { failed: status };
  return readAcl(outcome?.results[0]?.data ?? '') ?? { failed: STATUS.commandFailed };
}

function isFailed(acl: OwnAcl): acl is FailedAcl {
  return typeof acl === 'object' && 'failed' in acl;
}

/** The ACL; undefined for text that is none. */
function readAcl(text: string): Acl | undefined {
  try {
    return parseAcl(text.trim());
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
