/**
 * Instances of a device that was not searched yet: a LocURI at a place where mappings expect an MO belongs to that MO.
 */
import type { MiidTable } from '../device/managed-device.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { rootAt } from '../mapping/mo-place.ts';
import { type LocUri, namesOf } from '../mo/loc-uri.ts';
import type { Moid } from '../mo/moid.ts';
import { assignMiid, clientUriOf } from './uri.ts';

interface ExpectedRoot {
  readonly moid: Moid;
  readonly root: LocUri;
}

/** The MO root in whose sub-tree a node lies when the device has its MOs where the mappings expect them. */
export function expectedRootOf(index: MoIndex, locUri: LocUri): ExpectedRoot | undefined {
  let longest: ExpectedRoot | undefined;
  for (const { moid, places } of index.all()) {
    for (const place of places) {
      const root = rootAt(place, locUri);
      if (root === undefined) continue;
      if (longest === undefined || namesOf(root).length > namesOf(longest.root).length) longest = { moid, root };
    }
  }
  return longest;
}

/** The table with an instance for each node that none covers yet but that lies where a mapping expects one. */
export function withExpectedInstances(index: MoIndex, miids: MiidTable, locUris: readonly LocUri[]): MiidTable {
  return locUris.reduce((table, locUri) => {
    if (clientUriOf(index, table, locUri) !== undefined) return table;
    const expected = expectedRootOf(index, locUri);
    return expected === undefined ? table : assignMiid(table, expected.moid, expected.root).miids;
  }, miids);
}
