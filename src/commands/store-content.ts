/** HGET of MO data and TNDS: each part replaces the content of a node, or makes a new instance (DM-2.0 §5.3.1, §7.2.1.4). */

import { type ClientUriText, concreteClientUri } from '../dm2/client-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { DecodeError, MappingError } from '../errors.ts';
import { isSearched, type MoMapping } from '../mapping/mapping.ts';
import { isNewRootAmbiguous, mappingAt, newRootRule } from '../mapping/placed-definition.ts';
import { childOf, isNodeName, type LocUri, nameOf, parentOf } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import { setCreatorAcls } from '../rights/creator-acl.ts';
import { planRights, type RightsChange, rightsChange, storeRightsNames } from '../rights/store-rights.ts';
import type { TranslationContext } from '../translate/context.ts';
import { isRightsMo, isSecret, secretValue } from '../translate/virtual-objects.ts';
import { type Addressed, address, realNamesOf } from '../tree/address.ts';
import { allInstancesOf, instanceByMiid } from '../tree/discovery.ts';
import { readInstanceParent } from '../tree/instance-parent.ts';
import { failureOf, readView } from '../tree/instance-views.ts';
import { type DeviceTarget, deviceTargets, isVirtualTarget, type Target, type VirtualTarget } from '../tree/target.ts';
import { secretLeafAt, withWritableSecrets } from '../tree/unreadable.ts';
import { planWrites, type Write } from '../tree/write-plan.ts';
import { writeTree } from '../tree/write-tree.ts';
import { type ContentPart, refusalOf } from '../tree/writing/content-part.ts';
import { all, withLaterWrites } from '../workflow/combinators.ts';
import type { CommandResult, Failure } from '../workflow/command-result.ts';
import { emit, inParts, requestDiscovered, requestMiids, type Workflow } from '../workflow/workflow.ts';
import { resolveForWrite } from './write-targets.ts';

/**
 * Stores the parts of a document; with `override`, the ClientURI of the command, there must be one part, which is stored there.
 * @throws MappingError or DecodeError ERR_MO_DATA_SHAPE
 */
export function* storeContent(
  context: TranslationContext,
  override: Addressed | undefined,
  parts: readonly ContentPart[],
): Workflow<CommandResult> {
  if (override !== undefined && parts.length !== 1) {
    throw new MappingError('ERR_MO_DATA_SHAPE', `${parts.length} members for one ClientURI`);
  }
  const planned = new Set<LocUri>();
  // Until all parts are planned, this command may write anywhere.
  const plans = yield* withLaterWrites(all(parts.map((part) => planPart(context, override, part, planned))), ANYWHERE);
  const failed = plans.find((plan) => 'status' in plan);
  if (failed !== undefined) return failed;
  const ready = plans.flatMap((plan) => ('status' in plan ? [] : [plan]));
  const rights = yield* planRights(
    context,
    ready.flatMap((plan) => plan.rights ?? []),
  );
  if ('status' in rights) return rights;
  const writes = [...ready.flatMap((plan) => plan.writes), ...rights.writes];
  const written = yield* withLaterWrites(writeTree(context, writes), rights.laterChanges);
  const { status } = written;
  if (status !== DM2_STATUS.ok) return written;
  yield* storeRightsNames(rights);
  const miids = yield* concludeInstances(ready);
  const uris: string[] = [];
  for (const plan of ready) {
    for (const uri of plan.rights === undefined ? conclude(plan, miids) : rights.urisOf(plan.rights)) uris.push(uri);
  }
  // Later commands have waited for the new instances, but need not wait for their ACLs.
  yield* setCreatorAcls(
    context,
    ready.flatMap(({ created }) => created ?? []),
  );
  return uris.length === 0 || override !== undefined ? { status } : { status, uris };
}

/** The writes for one part of the document, and the effects of their success. */
interface Plan {
  readonly addressed: Addressed;
  readonly writes: readonly Write[];
  /** The nodes whose content is replaced. */
  readonly targets: readonly Target[];
  /** LocURI of the root of a new instance. */
  readonly created?: LocUri;
  /** A value of the DM Account, which the bridge itself stores. */
  readonly secret?: { readonly path: string; readonly value: string };
  /** A change of the DAC MO; its writes are planned together with all other ones. */
  readonly rights?: RightsChange;
}

/** `planned` has the roots of new instances, and their parents, that the parts before this one add. */
function* planPart(
  context: TranslationContext,
  override: Addressed | undefined,
  part: ContentPart,
  planned: Set<LocUri>,
): Workflow<Plan | Failure> {
  const addressed = override ?? (yield* addressOfPart(context, part.clientUri));
  if ('status' in addressed) return addressed;
  const { mapping, uri } = addressed;
  if (isRightsMo(mapping)) return { addressed, writes: [], targets: [], rights: yield* rightsChange(addressed, part) };
  const names = realNamesOf(uri.path);
  const refusal = names === undefined ? undefined : yield* inParts(refusalOf(part, mapping, names));
  if (refusal !== undefined) return refusal;
  if (override === undefined && (yield* isNewInstance(context, addressed, part))) {
    return yield* planInstance(context, addressed, part, planned);
  }
  const found = yield* resolveForWrite(context, addressed);
  if (found.kind === 'failure') return found.failure;
  if (found.kind === 'empty') return { status: DM2_STATUS.notFound };
  const [first] = found.targets;
  if (first !== undefined && isVirtualTarget(first)) return yield* planSecret(addressed, first, part);
  const targets = deviceTargets(found.targets) ?? [];
  const refused = yield* firstRefusal(addressed, targets, part);
  if (refused !== undefined) return refused;
  const replacements = yield* all(targets.map((target) => planReplacement(context, target, part)));
  const failed = replacements.find((replacement) => 'status' in replacement);
  // The MIID of an instance that the device does not have any more means a new instance, like an unknown MIID.
  const isGone = failed?.status === DM2_STATUS.notFound && override === undefined && uri.path.length === 0;
  if (isGone && uri.instance.kind === 'miid') return yield* planInstance(context, addressed, part, planned);
  if (failed !== undefined) return failed;
  return {
    addressed,
    writes: replacements.flatMap((replacement) => ('status' in replacement ? [] : replacement.writes)),
    targets,
  };
}

/** Checks the content for targets that have a definition of their own, before any of them is read. */
function* firstRefusal(
  { mapping }: Addressed,
  targets: readonly DeviceTarget[],
  part: ContentPart,
): Workflow<Failure | undefined> {
  for (const target of targets) {
    if (target.mapping === mapping) continue;
    const refusal = yield* inParts(refusalOf(part, target.mapping, target.path));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/**
 * The node at the ClientURI of a part.
 * @throws MappingError ERR_MO_DATA_SHAPE for a malformed ClientURI, which is a fault of the document
 */
export function* addressOfPart(context: TranslationContext, clientUri: string): Workflow<Addressed | Failure> {
  try {
    return yield* address(context, clientUri);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new MappingError('ERR_MO_DATA_SHAPE', error.message, { cause: error });
  }
}

function* planSecret(addressed: Addressed, target: VirtualTarget, part: ContentPart): Workflow<Plan | Failure> {
  const { root, path } = target;
  if (!isSecret(root, path)) return { status: DM2_STATUS.forbidden, reason: 'the bridge keeps this node itself' };
  const { value } = yield* inParts(part.contentFor(target, path.at(-1) ?? '', undefined));
  if (value === undefined) throw new MappingError('ERR_MO_DATA_SHAPE', 'a secret without value');
  // The format of the definition is bin, so that the document has base64 (DM-2.0 §7.2.1.4).
  const secret = { path: path.join('/'), value: secretValue({ base64: value }) };
  return { addressed, writes: [], targets: [], secret };
}

/**
 * True when the ClientURI means a new instance: `MOID//`, or a MIID that no instance has; false for `MOID//` of an MO that
 * may have one instance only, and has it.
 */
function* isNewInstance(
  context: TranslationContext,
  { uri, mapping }: Addressed,
  { label }: ContentPart,
): Workflow<boolean> {
  if (uri.path.length > 0 || !isSearched(mapping)) return false;
  const { instance } = uri;
  if (instance.kind === 'miid') return (yield* instanceByMiid(context, mapping, instance.miid)) === undefined;
  if (instance.kind !== 'only') return false;
  const instances = yield* allInstancesOf(context, mapping);
  // Without an instance the document is refused; the only one is the one that is meant.
  if (instances.length > 0 && isNewRootAmbiguous(mapping, label)) return false;
  const rule = newRootRule(mapping, label);
  if (instances.length === 0 || rule?.single !== true) return true;
  // A root with a definition of its own is single at its place; other roots of the MO are other instances.
  return rule.name !== undefined && !instances.some(({ root }) => root === childOf(rule.parent, label));
}

function* planReplacement(
  context: TranslationContext,
  target: DeviceTarget,
  part: ContentPart,
): Workflow<{ readonly writes: readonly Write[] } | Failure> {
  const { mapping, root, path } = target;
  const read = yield* readView(mapping, root, path);
  const secret = read.state === 'refused' && read.unreadable === true ? secretLeafAt(mapping, path) : undefined;
  const failure = secret === undefined ? failureOf(context, read) : undefined;
  if (failure !== undefined) return { status: failure };
  const existing = read.state === 'present' ? withWritableSecrets(mapping, path, read.node) : secret;
  if (existing === undefined && path.length === 0) return { status: DM2_STATUS.notFound };
  const desired = yield* inParts(part.contentFor(target, path.at(-1) ?? existing?.name ?? '', existing));
  return { writes: yield* inParts(planWrites(target, existing, desired)) };
}

/** Adds an instance below the parent that the mapping names, with a name that no sibling has. */
function* planInstance(
  context: TranslationContext,
  addressed: Addressed,
  part: ContentPart,
  planned: Set<LocUri>,
): Workflow<Plan | Failure> {
  const { uri, mapping } = addressed;
  const wanted = uri.instance.kind === 'miid' ? uri.instance.miid : part.label;
  const rule = newRootRule(mapping, wanted);
  if (rule === undefined) return { status: DM2_STATUS.notFound };
  const { parent } = rule;
  const placed = rule.name === undefined ? undefined : mappingAt(mapping, childOf(parent, rule.name));
  const refusal = placed === undefined ? undefined : yield* inParts(refusalOf(part, placed, []));
  if (refusal !== undefined) return refusal;
  const read = yield* readInstanceParent(parent);
  const failure = read.state === 'present' ? undefined : failureOf(context, read);
  if (failure !== undefined) return { status: failure };
  const isMissing = read.state !== 'present' && !planned.has(parent);
  const siblings = read.state === 'present' ? read.names : [];
  const root = freeChild(parent, requiredName(mapping, parent) ?? wanted, siblings, planned);
  planned.add(parent).add(root);
  const target = { mapping: mappingAt(mapping, root), root, path: [] };
  const content = yield* inParts(part.contentFor(target, nameOf(root), undefined));
  const node: MoNode = { ...content, type: dm1TypeOf(mapping) };
  const additions = yield* inParts(planWrites(target, undefined, node));
  const writes = additions.map((write, at): Write => (at === 0 ? { ...write, newInstance: true } : write));
  const parentNode: MoNode = { name: '', format: 'node', children: [] };
  const parents: readonly Write[] = isMissing ? [{ name: 'Add', locUri: parent, node: parentNode }] : [];
  return { addressed, writes: [...parents, ...writes], targets: [], created: root };
}

/** New instances get their MIIDs, and the session knows them from now on. Returns the MIIDs by the roots. */
function* concludeInstances(plans: readonly Plan[]): Workflow<ReadonlyMap<LocUri, Miid>> {
  const miids = new Map<LocUri, Miid>();
  const created = plans.flatMap(({ addressed, created: root }) =>
    root === undefined ? [] : [{ root, mapping: addressed.mapping }],
  );
  if (created.length === 0) return miids;
  for (const [moid, ofMoid] of Map.groupBy(created, ({ mapping }) => mapping.moid)) {
    const roots = ofMoid.map(({ root }) => root);
    for (const [at, miid] of requestMiids(moid, roots).entries()) {
      const root = roots[at];
      if (root !== undefined) miids.set(root, miid);
    }
  }
  const discovered = yield* requestDiscovered();
  // On a device without Types a new instance is found by its place, like all others.
  const isTyped = discovered?.roots.some(({ type }) => type !== '') ?? false;
  const roots = created.map(({ root, mapping }) => ({
    locUri: root,
    type: isTyped ? dm1TypeOf(mapping) : ('' as const),
  }));
  emit({ type: 'rootsAdded', roots });
  return miids;
}

/** Emits the effects of writes that succeeded, and returns the ClientURIs of the stored nodes. */
function conclude(
  { addressed, targets, created, secret }: Plan,
  miids: ReadonlyMap<LocUri, Miid>,
): readonly ClientUriText[] {
  const { uri } = addressed;
  if (secret !== undefined) emit({ type: 'accountValue', ...secret });
  if (created === undefined) {
    return targets.map(({ miid, path }) => concreteClientUri({ ...uri, instance: { kind: 'miid', miid } }, miid, path));
  }
  const miid = miids.get(created);
  if (miid === undefined) throw new TypeError(`no MIID for ${created}`);
  return [concreteClientUri({ ...uri, instance: { kind: 'miid', miid } }, miid, [])];
}

/** The Type of the MO's root nodes on DM 1.x devices. */
function dm1TypeOf({ dm1Moids, moid }: MoMapping): Moid {
  return dm1Moids[0] ?? moid;
}

/** The name that a new instance must have below `parent`, when the MO is found by its place alone. */
function requiredName({ find, places }: MoMapping, parent: LocUri): string | undefined {
  if (find !== 'place') return undefined;
  const place = places.find(({ kind, locUri }) => kind === 'root' && parentOf(locUri) === parent);
  return place === undefined ? undefined : nameOf(place.locUri);
}

/** A child of `parent` with the suggested name, changed so that it is a valid name and neither exists nor is planned. */
function freeChild(
  parent: LocUri,
  suggested: string,
  siblings: readonly string[],
  planned: ReadonlySet<LocUri>,
): LocUri {
  const wanted = suggested.replaceAll(/[/?]/gu, '_');
  const base = isNodeName(wanted) ? wanted : 'instance';
  const isTaken = (name: string) => siblings.includes(name) || planned.has(childOf(parent, name));
  let name = base;
  for (let count = 2; isTaken(name); count += 1) name = `${base}${count}`;
  return childOf(parent, name);
}
