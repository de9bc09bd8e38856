/** The table of the keys of a devices file does what a Map does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyLines } from '../../src/device/key-lines.ts';

test('a key has the line on which it came first, among any other keys', () => {
  const key = fc.oneof(fc.string({ maxLength: 3 }), fc.string({ unit: 'grapheme', minLength: 1 }));
  fc.assert(
    fc.property(fc.array(key, { maxLength: 60 }), (keys) => {
      const lines = new KeyLines();
      const model = new Map<string, number>();
      keys.forEach((each, at) => {
        expect(lines.add(each, at + 2)).toBe(model.get(each.toWellFormed()));
        if (!model.has(each.toWellFormed())) model.set(each.toWellFormed(), at + 2);
      });
    }),
  );
});

test('a table of many keys grows and forgets none', () => {
  const lines = new KeyLines();
  for (let at = 0; at < 20_000; at += 1) expect(lines.add(`imei:${at * 7}`, at)).toBeUndefined();
  for (let at = 0; at < 20_000; at += 1) expect(lines.add(`imei:${at * 7}`, 99_999)).toBe(at);
});
