/**
 * Reads the ACLs of MO instances: `Get <root>?list=TNDS+ACL` shows those of all nodes, else `?prop=ACL` those of the root
 * and of the interior nodes. What hangs above an instance is asked for node by node, for it hands its ACL down.
 *
 * @see OMA-TS-DM_TND §7.7.1, §9.2; design: ACL ↔ DAC MO
 */
import { parseAcl } from '../dm1/acl.ts';
import type { CommandOutcome } from '../dm1/server-command.ts';
import { DecodeError } from '../errors.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { ancestorsOf, childOf, type LocUri, namesOf } from '../mo/loc-uri.ts';
import { isInterior, type MoNode } from '../mo/node.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { isExecuted } from '../syncml/status-codes.ts';
import { pathOf } from '../translate/node-address.ts';
import { treePartsOf } from '../translate/uri.ts';
import { readAclListing } from '../tree/listing.ts';
import { getCommand, isAbsence, isRefusal, isUnsupported, NOT_SUPPORTED, readTrees } from '../tree/tree-reader.ts';
import { all, withLaterReads } from '../workflow/combinators.ts';
import { emit, readOnDevice, requestKnownTrees, type Workflow } from '../workflow/workflow.ts';
import type { AclReading, OwnAcl } from './guarded-instance.ts';

/** An instance whose ACLs are wanted. */
export interface AclPlace {
  readonly mapping: MoMapping;
  readonly root: LocUri;
  /** True for a node whose ACL is wanted in any case, though it be a leaf. */
  readonly asked: (path: readonly string[]) => boolean;
}

/** What came of it; `status` is the 1.x code. */
export type AclRead =
  | { readonly state: 'read'; readonly reading: AclReading }
  | { readonly state: 'absent' | 'refused' }
  | { readonly state: 'failed'; readonly status: number };

/** The query that names the ACL of a node. */
const ACL_PROPERTY = '?prop=ACL';

/** The ACLs of all instances, with as few round trips as the device allows. */
export function* readAcls(instances: readonly AclPlace[]): Workflow<readonly AclRead[]> {
  const roots = instances.map(({ root }) => root);
  // Waits for what earlier commands still change.
  const { facts, version } = yield* requestKnownTrees(roots);
  const mayList = facts.aclList ?? (facts.list === 'TNDS' || (facts.list !== 'none' && facts.tnds !== false));
  const canList = version !== '1.1' && mayList;
  const around = [...new Set(instances.flatMap(placesAround))];
  const [above, ...reads] = yield* all<Part>([
    readAround(around),
    ...instances.map((instance) => readInstance(instance, canList)),
  ]);
  const proofs = new Set(reads.flatMap(({ listed }) => listed ?? []));
  const proof = proofs.has(true) ? true : proofs.has(false) ? false : undefined;
  if (proof !== undefined && proof !== facts.aclList) yield* emit({ type: 'fact', facts: { aclList: proof } });
  return reads.map((part, at): AclRead => {
    const instance = instances[at];
    if ('failure' in part || instance === undefined) return part.failure ?? { state: 'absent' };
    const own = new Map([...(above?.own ?? []), ...part.own]);
    const { mapping, root } = instance;
    return { state: 'read', reading: { mapping, root, tree: part.tree, own } };
  });
}

/** The own ACLs of single nodes; those that do not exist are missing. */
export function* readProperties(
  locUris: readonly LocUri[],
  mayRead: readonly TreeChange[] = [],
): Workflow<ReadonlyMap<LocUri, OwnAcl | { readonly failed: number }>> {
  const commands = locUris.map((locUri) => getCommand(`${locUri}${ACL_PROPERTY}`));
  const outcomes = yield* readOnDevice(commands, mayRead);
  const own = new Map<LocUri, OwnAcl | { readonly failed: number }>();
  for (const [at, locUri] of locUris.entries()) {
    const acl = propertyOf(outcomes[at]);
    if (acl !== undefined) own.set(locUri, acl);
    if (acl !== undefined && isFailed(acl)) {
      yield* emit({ type: 'log', event: 'acl.unreadable', facts: { locUri, status: acl.failed } });
    }
  }
  return own;
}

/** What one branch of the reading found. */
type Part = {
  /** Whether the device answers `?list=TNDS+ACL`, if that came out. */
  readonly listed?: boolean;
} & (
  | { readonly tree: MoNode; readonly own: ReadonlyMap<LocUri, OwnAcl>; readonly failure?: undefined }
  | { readonly failure: Exclude<AclRead, { readonly state: 'read' }>; readonly own?: undefined }
);

/** The nodes above the parts of the instance, and those parts themselves that lie outside of its sub-tree. */
function placesAround({ mapping, root }: AclPlace): readonly LocUri[] {
  return treePartsOf(mapping, root, []).flatMap(({ locUri }, at) => {
    const above = ancestorsOf(locUri);
    return at === 0 ? above : [...above, locUri];
  });
}

/** What cannot be read there counts as without ACL, but for what may not be read. */
function* readAround(locUris: readonly LocUri[]): Workflow<Part> {
  const own = yield* readProperties(locUris);
  return { tree: BARE, own: readable(own) };
}

const BARE: MoNode = { name: '', format: 'node', children: [] };

function* readInstance(instance: AclPlace, canList: boolean): Workflow<Part> {
  if (!canList) return yield* readByProperty(instance);
  const { root } = instance;
  const [outcome] = yield* readOnDevice([getCommand(`${root}?list=TNDS+ACL`)], [{ locUri: root, change: 'structure' }]);
  const status = outcome?.status ?? 500;
  const listing = isExecuted(status) ? readAclListing(root, outcome?.results ?? []) : undefined;
  if (listing?.kind === 'tree') return { listed: true, ...(yield* readListed(root, listing.tree)) };
  if (status === PERMISSION_DENIED) return { failure: { state: 'refused' } };
  const part = yield* readByProperty(instance);
  // That the property is told shows that the query was the trouble.
  const isUnknown =
    status === NOT_SUPPORTED || (part.failure === undefined && (isExecuted(status) || isUnsupported(status)));
  return isUnknown ? { listed: false, ...part } : part;
}

const PERMISSION_DENIED = 425;

function* readListed(root: LocUri, tree: MoNode): Workflow<Part> {
  const own = new Map<LocUri, OwnAcl>();
  for (const { locUri, node } of nodesOf(root, tree)) {
    const acl = readAcl(node.acl ?? '');
    if (acl === undefined) {
      yield* emit({ type: 'log', event: 'acl.unreadable', facts: { locUri, status: 200 } });
      return { failure: { state: 'failed', status: 500 } };
    }
    own.set(locUri, acl);
  }
  return { tree, own };
}

/** The root and the interior nodes; of leaves only those that are asked for. */
function* readByProperty({ mapping, root, asked }: AclPlace): Workflow<Part> {
  const regions: readonly TreeChange[] = [{ locUri: root, change: 'structure' }];
  const acl = (yield* readProperties([root], regions)).get(root);
  if (acl === undefined) return { failure: { state: 'absent' } };
  if (acl === 'hidden') return { failure: { state: 'refused' } };
  if (isFailed(acl)) return { failure: { state: 'failed', status: acl.failed } };
  const [read] = yield* withLaterReads(readTrees([{ locUri: root, expect: 'unknown' }]), regions);
  const tree = read?.state === 'present' ? read.node : BARE;
  const wanted = nodesOf(root, tree).filter(({ locUri, node }) => {
    const path = pathOf(mapping, namesOf(root), namesOf(locUri))?.path;
    return locUri !== root && (isInterior(node) || (path !== undefined && asked(path)));
  });
  const own = yield* readProperties(wanted.map(({ locUri }) => locUri));
  const facts = { locUri: root, nodes: wanted.length + 1 };
  yield* emit({ type: 'log', event: 'acl.read_by_property', facts });
  return { tree, own: new Map([[root, acl], ...readable(own)]) };
}

interface PlacedNode {
  readonly locUri: LocUri;
  readonly node: MoNode;
}

function nodesOf(locUri: LocUri, node: MoNode): readonly PlacedNode[] {
  const below = (node.children ?? []).flatMap((child) => nodesOf(childOf(locUri, child.name), child));
  return [{ locUri, node }, ...below];
}

function propertyOf(outcome: CommandOutcome | undefined): OwnAcl | { readonly failed: number } | undefined {
  const status = outcome?.status ?? 500;
  if (isAbsence(status)) return undefined;
  if (isRefusal(status)) return 'hidden';
  if (!isExecuted(status)) return { failed: status };
  return readAcl(outcome?.results[0]?.data ?? '') ?? { failed: 500 };
}

function readable(own: ReadonlyMap<LocUri, OwnAcl | { readonly failed: number }>): ReadonlyMap<LocUri, OwnAcl> {
  return new Map([...own].flatMap(([locUri, acl]) => (isFailed(acl) ? [] : [[locUri, acl] as const])));
}

function isFailed(acl: OwnAcl | { readonly failed: number }): acl is { readonly failed: number } {
  return typeof acl === 'object' && 'failed' in acl;
}

function readAcl(text: string): ReturnType<typeof parseAcl> | undefined {
  try {
    return parseAcl(text.trim());
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
