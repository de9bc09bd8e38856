/**
 * Resolves a ClientURI to targets: first the instances of the MO, then the nodes in them (DM-2.0 §6.1.2).
 *
 * Only the necessary nodes are read: none for a plain path, the leaves that `nv` names, and the sub-tree below the first
 * component that is an x-name or a wildcard.
 */
import type { ClientUri } from '../dm2/client-uri.ts';
import { resolveOnTrees } from '../dm2/resolve.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { mappingAt } from '../mapping/placed-definition.ts';
import { isInterior } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import { ANYWHERE, type TreeChange } from '../mo/tree-change.ts';
import { readRightsView } from '../rights/read-rights.ts';
import type { TranslationContext } from '../translate/context.ts';
import { locUriOf } from '../translate/node-address.ts';
import { type InstanceRoot, isVirtualRoot, RIGHTS_ROOT } from '../translate/virtual-objects.ts';
import { type Addressed, realNamesOf } from '../tree/address.ts';
import { allInstancesOf, instanceByMiid } from '../tree/discovery.ts';
import { type InstanceView, readConditions, readInstanceView } from '../tree/instance-views.ts';
import type { Target } from '../tree/target.ts';
import { isSecretLeaf, withoutSecrets } from '../tree/unreadable.ts';
import { all, withLaterWrites } from '../workflow/combinators.ts';
import type { Failure } from '../workflow/command-result.ts';
import type { MoInstance } from '../workflow/device-tree.ts';
import type { Workflow } from '../workflow/workflow.ts';

export type Targets =
  | { readonly kind: 'found'; readonly targets: readonly Target[] }
  /** A wildcard that matches nothing under an existing parent. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'failure'; readonly failure: Failure };

const NOT_FOUND: Targets = { kind: 'failure', failure: { status: DM2_STATUS.notFound } };

/** The nodes with their data, for GET, HPUT and HPOST. */
export function* resolveForRead(context: TranslationContext, addressed: Addressed): Workflow<Targets> {
  const instances = yield* chooseInstances(context, addressed);
  return 'kind' in instances
    ? instances
    : withoutSecretNodes(addressed, yield* readTargets(context, addressed, instances.list));
}

/**
 * Leaves that no server can read are not involved in a read (DM-2.0 §6.3.1.1). One that is addressed by its path is shown only if
 * the device itself tells its value.
 */
function withoutSecretNodes({ uri }: Addressed, found: Targets): Targets {
  if (found.kind !== 'found') return found;
  const isPlainPath = realNamesOf(uri.path) !== undefined;
  const shown = found.targets.flatMap((target): readonly Target[] => {
    const { mapping, path, node } = target;
    if (node === undefined) return [target];
    const isTold = isPlainPath && (node.value ?? '') !== '';
    if (!isTold && isSecretLeaf(mapping, path, node)) return [];
    return [{ ...target, node: withoutSecrets(mapping, path, node) }];
  });
  if (shown.length > 0 || found.targets.length === 0) return { kind: 'found', targets: shown };
  return { kind: 'failure', failure: { status: DM2_STATUS.forbidden, reason: 'no server may read the node' } };
}

/**
 * The nodes for DELETE, EXEC and HGET. Nothing is read for a plain path, because the device's answer says if the node exists.
 * The requests name all nodes that the command may find as later writes.
 */
export function* resolveForChange(context: TranslationContext, addressed: Addressed): Workflow<Targets> {
  const { uri, mapping } = addressed;
  const instances = yield* withLaterWrites(chooseInstances(context, addressed), ANYWHERE);
  if ('kind' in instances) return instances;
  const path = realNamesOf(uri.path);
  const onDevice = instances.list.flatMap(({ root }) => (isVirtualRoot(root) ? [] : root));
  const roots = [...onDevice, ...mapping.relocated.map(({ locUri }) => locUri)];
  const changes = roots.map((locUri): TreeChange => ({ locUri, change: 'instance' }));
  if (path === undefined) return yield* withLaterWrites(readTargets(context, addressed, instances.list), changes);
  let chosen = instances.list;
  if (uri.instance.kind === 'x') {
    const views = yield* withLaterWrites(all(chosen.map(({ root }) => readConditions(mapping, root, uri))), changes);
    chosen = selectInstances(uri, chosen, views);
  }
  if (chosen.length === 0) return NOT_FOUND;
  return { kind: 'found', targets: chosen.map((instance) => targetIn(mapping, instance, path)) };
}

function* readTargets(
  context: TranslationContext,
  { uri, mapping }: Addressed,
  instances: readonly MoInstance[],
): Workflow<Targets> {
  const views = yield* all(instances.map(({ root }) => viewOf(context, mapping, root, uri)));
  const chosen = selectInstances(uri, instances, views);
  const isChosen = new Set<MoInstance | undefined>(chosen);
  const failed = views.find((view, at) => view.failure !== undefined && isChosen.has(instances[at]));
  if (failed?.failure !== undefined) return { kind: 'failure', failure: { status: failed.failure } };
  const trees = instances.map(({ miid }, at) => ({ miid, tree: views[at]?.tree }));
  const resolution = resolveOnTrees(uri, trees);
  if (resolution.kind === 'notFound') return NOT_FOUND;
  if (resolution.kind === 'empty') return { kind: 'empty' };
  const positions = new Map(instances.map(({ miid }, at) => [miid, at]));
  const targets = resolution.nodes.flatMap(({ miid, path, node }): readonly Target[] => {
    const at = positions.get(miid) ?? -1;
    const instance = instances[at];
    if (instance === undefined) return [];
    const target = { ...targetIn(mapping, instance, path), node };
    const cv = views[at]?.cv;
    return [cv === undefined ? target : { ...target, cv }];
  });
  return { kind: 'found', targets };
}

/** The node at `path` of an instance, without its content; its mapping has the definition that counts for the instance. */
export function targetIn(mapping: MoMapping, { miid, root }: MoInstance, path: NodePath): Target {
  if (isVirtualRoot(root)) return { mapping, miid, root, path };
  return { mapping: mappingAt(mapping, root), miid, root, path, locUri: locUriOf(mapping, root, path) };
}

/** The DAC MO is a view of the ACLs of other instances; every other instance is read at its root. */
function viewOf(
  context: TranslationContext,
  mapping: MoMapping,
  root: InstanceRoot,
  uri: ClientUri,
): Workflow<InstanceView> {
  return root === RIGHTS_ROOT ? readRightsView(context, uri) : readInstanceView(context, mapping, root, uri);
}

/** The instance that an x-name means, if there is one; without an x-name all instances. */
function selectInstances(
  uri: ClientUri,
  instances: readonly MoInstance[],
  views: readonly InstanceView[],
): readonly MoInstance[] {
  if (uri.instance.kind !== 'x') return instances;
  const trees = instances.map(({ miid }, at) => ({ miid, tree: views[at]?.tree }));
  const resolution = resolveOnTrees({ ...uri, path: [] }, trees);
  const miids = new Set(resolution.kind === 'nodes' ? resolution.nodes.map(({ miid }) => miid) : []);
  return instances.filter(({ miid }) => miids.has(miid));
}

/** Step 1 of §6.1.2. For an x-name it returns all instances, because its conditions need their leaves. */
function* chooseInstances(
  context: TranslationContext,
  { uri, mapping }: Addressed,
): Workflow<{ readonly list: readonly MoInstance[] } | Targets> {
  if (uri.instance.kind === 'miid') {
    const instance = yield* instanceByMiid(context, mapping, uri.instance.miid);
    return instance === undefined ? NOT_FOUND : { list: [instance] };
  }
  const list = yield* allInstancesOf(context, mapping);
  const isUsable = uri.instance.kind === 'only' ? list.length === 1 : list.length > 0;
  return isUsable ? { list } : NOT_FOUND;
}

/** True when all targets are in one instance with the CV of the ClientURI (DM-2.0 §11.2). */
export function isUnmodified({ cv }: ClientUri, targets: readonly Target[]): boolean {
  const [first] = targets;
  return cv !== undefined && targets.every((target) => target.miid === first?.miid && target.cv === cv);
}

export function isLeafTarget(target: Target): boolean {
  return target.node !== undefined && !isInterior(target.node);
}
