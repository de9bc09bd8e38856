/** MOs that the device sends in an Alert 1229, as its notification asked (DM-1.3 §6.3). */

import { DecodeError } from '../errors.ts';
import { finish } from '../long-work.ts';
import type { MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { isMoid } from '../mo/moid.ts';
import type { MoNode } from '../mo/node.ts';
import { composeView } from '../translate/compose-view.ts';
import { treePartsOf } from '../translate/uri.ts';
import type { CacheEntry } from '../workflow/cache-entry.ts';
import { parseTnds } from '../xml-data/tnds.ts';
import { instanceEntry } from './cache-entries.ts';

/**
 * The cache entry of the instance at `locUri`, as a read would make it. Undefined when the document is malformed, is for
 * another node or for no MO, or lacks relocated nodes of the MO.
 */
export function instanceOfTnds(index: MoIndex, locUri: LocUri, tnds: string): CacheEntry | undefined {
  const root = rootOf(locUri, tnds);
  const mapping = root === undefined ? undefined : mappingOf(index, locUri, root);
  if (root === undefined || mapping === undefined) return undefined;
  const [part, ...others] = treePartsOf(mapping, locUri, []);
  if (part === undefined || others.length > 0) return undefined;
  const tree = finish(composeView(mapping, locUri, [], [{ part, node: root }]));
  return tree === undefined ? undefined : finish(instanceEntry(mapping, locUri, tree));
}

function rootOf(locUri: LocUri, tnds: string): MoNode | undefined {
  try {
    const document = parseTnds(tnds, locUri);
    return document.locUri === locUri ? document.root : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function mappingOf(index: MoIndex, locUri: LocUri, { type = '' }: MoNode): MoMapping | undefined {
  const fixed = index.all().find(({ find, places }) => {
    const isFoundByPlace = find === 'fixed' || find === 'place';
    return isFoundByPlace && places.some((place) => place.kind === 'root' && place.locUri === locUri);
  });
  if (fixed !== undefined || !isMoid(type)) return fixed;
  return index.byDm1Type(type) ?? index.fallbackMapping(type);
}
