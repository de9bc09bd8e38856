/**
 * Instances that no search of the device has found yet: a LocURI at a place where mappings expect an MO belongs to that MO.
 */
import type { MiidTable } from '../device/managed-device.ts';
import type { ExpectedRoot, MoIndex } from '../mapping/mo-index.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { assignMiid, clientUriOf } from './uri.ts';

/**
 * The table with an instance for each node that none covers yet but that lies where a mapping expects one; `isThere` is false
 * for a root that the device does not have.
 */
export function withExpectedInstances(
  index: MoIndex,
  miids: MiidTable,
  locUris: readonly LocUri[],
  isThere: (expected: ExpectedRoot) => boolean = () => true,
): MiidTable {
  return locUris.reduce((known, locUri) => {
    return index.expectedRoots(locUri).reduce((table, expected) => {
      const { mapping, root } = expected;
      const isNeeded = clientUriOf(index, table, locUri) === undefined || mapping.find === 'fixed';
      return isNeeded && isThere(expected) ? assignMiid(table, mapping.moid, root).miids : table;
    }, known);
  }, miids);
}
