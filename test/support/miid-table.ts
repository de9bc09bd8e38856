import type { MiidTable } from '../../src/device/managed-device.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMiid } from '../../src/mo/miid.ts';
import { parseMoid } from '../../src/mo/moid.ts';

/** MOID → MIID → LocURI of the root, as text. */
type TableText = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The table of a device's MIIDs. */
export function miidTable(text: TableText): MiidTable {
  return Object.fromEntries(
    Object.entries(text).map(([moid, instances]) => {
      const roots = Object.entries(instances).map(([miid, root]) => [parseMiid(miid), parseLocUri(root)] as const);
      return [parseMoid(moid), Object.fromEntries(roots)] as const;
    }),
  );
}
