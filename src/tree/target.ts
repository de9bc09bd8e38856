/** Targets: the nodes that a command addresses (DM-2.0 §6.1.2). */
import type { MoMapping } from '../mapping/mapping.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { MoNode } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import { type InstanceRoot, isVirtualRoot, type VirtualRoot } from '../translate/virtual-objects.ts';

/** A node of an MO instance, by its path from the instance's root. */
export interface InstancePath<Root extends InstanceRoot = InstanceRoot> {
  readonly mapping: MoMapping;
  readonly root: Root;
  /** Names below the MO root, as DM 2.0 has them. */
  readonly path: NodePath;
}

interface TargetContent {
  readonly miid: Miid;
  /** The sub-tree as DM 2.0 sees it; present when it was read. */
  readonly node?: MoNode;
  /** CV of the instance; present when its whole content is known (DM-2.0 §11.1). */
  readonly cv?: string;
}

/** A node of the device. */
export interface DeviceTarget extends InstancePath<LocUri>, TargetContent {
  readonly locUri: LocUri;
}

/** A node of a virtual MO. */
export interface VirtualTarget extends InstancePath<VirtualRoot>, TargetContent {
  readonly locUri?: undefined;
}

export type Target = DeviceTarget | VirtualTarget;

export function isVirtualTarget(target: Target): target is VirtualTarget {
  return isVirtualRoot(target.root);
}

/** The targets when all of them are nodes of the device; undefined when one is virtual. */
export function deviceTargets(targets: readonly Target[]): readonly DeviceTarget[] | undefined {
  const onDevice = targets.flatMap((target) => (isVirtualTarget(target) ? [] : target));
  return onDevice.length === targets.length ? onDevice : undefined;
}
