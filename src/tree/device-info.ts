/**
 * DevInfo as a whole: all that the device has, with the leaves that Package#1 has brought (DM-1.3 §6.3; DM-2.0 §5.3.6, §12.1).
 *
 * Package#1 brings a part of DevInfo. The rest is read once and cached. A later session puts the leaves of its Package#1 over the
 * cached tree, as long as the versions of the device are those of the tree.
 */
import { DEV_INFO_ROOT } from '../device/dev-info.ts';
import { cacheValidator } from '../dm2/cache-validator.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import { type LocUri, nameOf, namesBelow } from '../mo/loc-uri.ts';
import { descend, isInterior, type MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import { composeView } from '../translate/compose-view.ts';
import { treePartsOf } from '../translate/uri.ts';
import type { PlacedTree } from '../workflow/device-tree.ts';
import { inParts, requestReportedLeaves, type Workflow } from '../workflow/workflow.ts';
import { type CompleteInstance, cachedInstance } from './cache-entries.ts';
import { readTrees } from './tree-reader.ts';

/** Nodes of DM 2.0 with the versions that no Package#1 brings: DM 1.x has them in DevDetail. DmV is part of Package#1. */
const VERSION_PATHS: readonly NodePath[] = [['FwV'], ['SwV'], ['HwV']];

/** True for the instance of DevInfo, of which Package#1 brings a part. */
export function isDevInfoRoot(root: LocUri): boolean {
  return root === DEV_INFO_ROOT;
}

/** The cached DevInfo with the leaves of Package#1; undefined when it may not replace a read of the node at `path`. */
export function* cachedDevInfo(mapping: MoMapping, path: NodePath): Workflow<CompleteInstance | undefined> {
  const { cache: policy, ...unconditional } = mapping;
  const isStatic = policy?.policy === 'static';
  const confirmed = yield* cachedInstance(isStatic ? unconditional : mapping, DEV_INFO_ROOT, path);
  // A part of DevInfo costs no more than the versions would.
  const found = confirmed ?? (isStatic && path.length === 0 ? yield* sameVersions(mapping) : undefined);
  if (found === undefined) return undefined;
  const tree = overlaid(found.tree, yield* reportedView(mapping));
  return tree === found.tree ? found : { tree, validator: yield* inParts(cacheValidator(tree)) };
}

/** The cached instance when the device still has its versions. */
function* sameVersions(mapping: MoMapping): Workflow<CompleteInstance | undefined> {
  const cached = yield* cachedInstance(mapping, DEV_INFO_ROOT, []);
  if (cached === undefined) return undefined;
  const parts = VERSION_PATHS.flatMap((path) => treePartsOf(mapping, DEV_INFO_ROOT, path).slice(0, 1));
  const reads = yield* readTrees(parts);
  const isSame = parts.every(({ path }, at) => {
    const read = reads[at];
    const before = descend(cached.tree, path);
    if (read?.state === 'absent') return before === undefined;
    return read?.state === 'present' && before !== undefined && read.node.value === before.value;
  });
  return isSame ? cached : undefined;
}

/** The leaves of Package#1 as DM 2.0 sees them; undefined when there are none. */
export function* reportedView(mapping: MoMapping): Workflow<MoNode | undefined> {
  const leaves = yield* requestReportedLeaves(DEV_INFO_ROOT);
  if (leaves.length === 0) return undefined;
  const node: MoNode = { name: nameOf(DEV_INFO_ROOT), format: 'node', type: '', children: nodesOf(leaves) };
  return yield* inParts(composeView(mapping, DEV_INFO_ROOT, [], [{ part: { locUri: DEV_INFO_ROOT }, node }]));
}

function nodesOf(leaves: readonly PlacedTree[]): readonly MoNode[] {
  let children: readonly MoNode[] = [];
  for (const { locUri, tree } of leaves) {
    children = withLeaf(children, namesBelow(locUri, DEV_INFO_ROOT) ?? [], tree);
  }
  return children;
}

function withLeaf(nodes: readonly MoNode[], [name = '', ...rest]: readonly string[], leaf: MoNode): readonly MoNode[] {
  const others = nodes.filter((node) => node.name !== name);
  if (rest.length === 0) return [...others, leaf];
  const own = nodes.find((node) => node.name === name);
  return [...others, { name, format: 'node', type: '', children: withLeaf(own?.children ?? [], rest, leaf) }];
}

/** The tree with the values of `reported`, and with its nodes that the tree does not have; the tree itself when nothing changes. */
function overlaid(tree: MoNode, reported: MoNode | undefined): MoNode {
  return merged(tree, reported, true);
}

/** The tree with the nodes of `reported` that it does not have. */
export function completed(tree: MoNode, reported: MoNode | undefined): MoNode {
  return merged(tree, reported, false);
}

function merged(tree: MoNode, reported: MoNode | undefined, takesValues: boolean): MoNode {
  if (reported === undefined || isInterior(tree) !== isInterior(reported)) return tree;
  if (!isInterior(tree)) {
    const { value } = reported;
    const isOther = takesValues && value !== undefined && tree.format !== 'null' && value !== tree.value;
    return isOther ? { ...tree, value } : tree;
  }
  const own = tree.children ?? [];
  const names = new Set(own.map(({ name }) => name));
  const byName = new Map((reported.children ?? []).map((child) => [child.name, child]));
  const children = own.map((child) => merged(child, byName.get(child.name), takesValues));
  const added = [...byName.values()].filter(({ name }) => !names.has(name));
  const isSame = added.length === 0 && children.every((child, at) => child === own[at]);
  return isSame ? tree : { ...tree, children: [...children, ...added] };
}
