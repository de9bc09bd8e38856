/** The parts of a device's tree that a workflow learns: sub-trees, MO instances, and the results of a search. */

import type { LocUri } from '../mo/loc-uri.ts';
import type { Miid } from '../mo/miid.ts';
import type { Moid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import type { InstanceRoot } from '../translate/virtual-objects.ts';

/** The session's knowledge of the tree at one LocURI. */
export type KnownTree =
  | { readonly state: 'unknown' }
  | { readonly state: 'absent' }
  | { readonly state: 'present'; readonly tree: MoNode };

/** A whole sub-tree of the device with the LocURI of its top node. */
export interface PlacedTree {
  readonly locUri: LocUri;
  readonly tree: MoNode;
}

/** An MO instance: its MIID and the address of its root. */
export interface MoInstance<Root extends InstanceRoot = InstanceRoot> {
  readonly miid: Miid;
  readonly root: Root;
}

/** An interior node that roots an MO by its Type, or a node without Type at a place where a mapping expects an MO. */
export interface FoundRoot {
  readonly locUri: LocUri;
  /** MOID of the Type property; '' where the device gives none, or was not asked. */
  readonly type: Moid | '';
  /** The device was not asked for the Type, because the place tells the MO. */
  readonly isTypeUnknown?: true;
}

/** The result of discovery: MO roots, and the nodes above new instances. */
export interface Discovered {
  readonly roots: readonly FoundRoot[];
  /** The names of the children of nodes above MO roots, as far as the device has told them. */
  readonly places?: Readonly<Record<LocUri, readonly string[]>>;
  /** Nodes above new instances that the device does not have. */
  readonly absent?: readonly LocUri[];
  /**
   * Nodes above MO roots whose children were told in an earlier session, or have changed, and places that the device refused to
   * read. They are read before an MO there is used.
   */
  readonly unconfirmed?: readonly LocUri[];
  /** Nodes whose Get failed, with the 1.x status: an MO may be there or below. Such a discovery is not kept for later sessions. */
  readonly failed?: Readonly<Record<LocUri, number>>;
}
