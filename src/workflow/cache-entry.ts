/** The entries of the MO cache as a workflow makes and reads them; `cache/` holds the rules (DM-2.0 §11). */

import type { LocUri } from '../mo/loc-uri.ts';
import type { MoNode } from '../mo/node.ts';
import type { Discovered } from './device-tree.ts';

/** The tree of an MO instance, or the list of MO roots, as the device reported it. */
export interface CacheEntry {
  readonly key: string;
  /** LocURIs of the sub-trees that it is built from. */
  readonly parts: readonly LocUri[];
  readonly of: 'values' | 'structure';
  /** Cache validator of the instance (DM-2.0 §11.1). */
  readonly validator: string;
  /** True when the alerts 1227 and 1228 report every change that can happen in it. */
  readonly confirmable: boolean;
  readonly value: MoNode | Discovered;
}

/** An entry that may replace a read now. */
export interface CurrentCacheEntry extends Pick<CacheEntry, 'validator' | 'value'> {
  /** Of a structure: the tops of sub-trees that may have changed since. */
  readonly outdated?: readonly LocUri[];
}
