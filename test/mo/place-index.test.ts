import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAtOrBelow, overlaps, parseLocUri } from '../../src/mo/loc-uri.ts';
import { PlaceIndex } from '../../src/mo/place-index.ts';

const locUris = fc
  .array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 4 })
  .map((names) => parseLocUri(['.', ...names].join('/')));

test('an index finds the highest rank of the places that overlap an address', () => {
  const places = fc.array(fc.tuple(locUris, fc.nat({ max: 9 })), { maxLength: 12 });
  fc.assert(
    fc.property(places, locUris, (added, asked) => {
      const index = new PlaceIndex();
      for (const [locUri, rank] of added) index.add(locUri, rank);
      const highest = (among: typeof added) => Math.max(-1, ...among.map(([, rank]) => rank));
      const overlapping = added.filter(([locUri]) => overlaps(locUri, asked));
      expect(index.highestOverlap(asked)).toBe(highest(overlapping));
      expect(index.overlaps(asked)).toBe(overlapping.length > 0);
      expect(index.highestAtOrAbove(asked)).toBe(highest(added.filter(([locUri]) => isAtOrBelow(asked, locUri))));
      expect(index.isEmpty).toBe(added.length === 0);
    }),
  );
});
