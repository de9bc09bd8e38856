/** What a workflow learns of a device's tree: sub-trees, MO instances, and the results of a search. */

import type { MoNode } from '../mo/node.ts';

/** The session's knowledge of the tree at one LocURI. */
export type KnownTree =
  | { readonly state: 'unknown' }
  | { readonly state: 'absent' }
  | { readonly state: 'present'; readonly tree: MoNode };

/** A whole sub-tree of the device with the LocURI of its top node. */
export interface PlacedTree {
  readonly locUri: string;
  readonly tree: MoNode;
}

/** An MO instance on the device: its MIID and the LocURI of its root. */
export interface MoInstance {
  readonly miid: string;
  readonly root: string;
}

/** An interior node that roots an MO by its Type, or a node without Type at a place where a mapping expects an MO. */
export interface FoundRoot {
  readonly locUri: string;
  /** MOID of the Type property; '' where the device gives none. */
  readonly type: string;
}

/** The result of discovery: MO roots, and the places for new instances with the names of their children. */
export interface Discovered {
  readonly roots: readonly FoundRoot[];
  /** By LocURI; absent where the search did not list the places. */
  readonly places?: Readonly<Record<string, readonly string[]>>;
}
