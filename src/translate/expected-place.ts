/**
 * Instances that no search of the device has found yet: a LocURI at a place where mappings expect an MO belongs to that MO.
 */
import type { MiidTable } from '../device/managed-device.ts';
import type { ExpectedRoot, MoIndex } from '../mapping/mo-index.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { assignMiids, clientUriOf } from './uri.ts';

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
  const roots = locUris.flatMap((locUri) => {
    const isKnown = clientUriOf(index, miids, locUri) !== undefined;
    return index.expectedRoots(locUri).filter((expected) => {
      // A node that two MOs have belongs to the same one before and after their instances are known.
      return (!isKnown || expected.mapping.find === 'fixed') && isThere(expected);
    });
  });
  return assignMiids(
    miids,
    roots.map(({ mapping, root }) => ({ moid: mapping.moid, root })),
  );
}
