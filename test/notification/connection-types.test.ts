/** PREFERRED-CON-TYPE of a backend and the bearers of a device. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bearersOf, readConnectionTypes } from '../../src/notification/connection-types.ts';

describe('PREFERRED-CON-TYPE', () => {
  test.each([
    ['types as they come', [2, 1, 3], [2, 1, 3], []],
    ['ANY_AVAILABLE at the end', [1, 0], [1, 0], []],
    ['a type behind ANY_AVAILABLE', [1, 0, 2, 2], [1, 0], ['PREFERRED-CON-TYPE goes on behind ANY_AVAILABLE']],
    ['unknown types', [9, 1, 8], [1], ['PREFERRED-CON-TYPE has an unknown type']],
    ['a repetition', [1, 2, 1], [1, 2], ['PREFERRED-CON-TYPE repeats a type']],
  ])('%s count as the specification says', (_, asked, types, problems) => {
    expect(readConnectionTypes(asked)).toEqual({ types, problems });
  });
});

describe('Preferred-Bearer', () => {
  test.each([
    [[0], 5, [0x00]],
    [[1], 5, [0x02, 0x03, 0x04]],
    [[2], 5, [0x06]],
    [[3], 5, [0x08, 0x07]],
    [[2, 1], 5, [0x06, 0x02, 0x03, 0x04]],
    [[1, 2, 3], 5, [0x02, 0x03, 0x06, 0x08, 0x07]],
    [[1, 2, 3], 4, [0x02, 0x03, 0x06, 0x08]],
    [[1, 2, 3], 3, [0x02, 0x06, 0x08]],
    [[1, 2, 3], 2, [0x02, 0x06]],
    [[1, 2, 3], 1, [0x02]],
    [[1, 2, 3], 0, []],
    [[1, 2, 3], -1, []],
    [[], 5, []],
  ])('the types %j have room for %i bearers: %j', (types, room, bearers) => {
    expect(bearersOf(types, room)).toEqual(bearers);
  });

  test('there are never more than there is room for, and never fewer than is possible', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 3 })), fc.nat(8), (types, room) => {
        const all = bearersOf(types, 100);
        const bearers = bearersOf(types, room);
        expect(bearers).toHaveLength(Math.min(room, all.length));
        expect(all.filter((bearer) => bearers.includes(bearer))).toEqual(bearers);
      }),
    );
  });
});
