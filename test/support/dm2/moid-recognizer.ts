/** Finds these MOIDs at the beginning of a ClientURI. */
import type { MoidRecognizer } from '../../../src/dm2/client-uri.ts';
import { MoIndex } from '../../../src/mapping/mo-index.ts';
import { parseMoid } from '../../../src/mo/moid.ts';

/** An index that has a default mapping for each of the MOIDs. */
export function moidRecognizer(known: readonly string[]): MoidRecognizer {
  return new MoIndex(known.map((moid) => new MoIndex([]).fallbackMapping(parseMoid(moid))));
}
