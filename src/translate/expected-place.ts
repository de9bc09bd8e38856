/**
 * Instances of a device that was not searched yet: a LocURI at a place where mappings expect an MO belongs to that MO.
 */
import type { MiidTable } from '../device/managed-device.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { assignMiid, clientUriOf } from './uri.ts';

/** The table with an instance for each node that none covers yet but that lies where a mapping expects one. */
export function withExpectedInstances(index: MoIndex, miids: MiidTable, locUris: readonly LocUri[]): MiidTable {
  return locUris.reduce((table, locUri) => {
    if (clientUriOf(index, table, locUri) !== undefined) return table;
    const expected = index.expectedRoot(locUri);
    return expected === undefined ? table : assignMiid(table, expected.mapping.moid, expected.root).miids;
  }, miids);
}
