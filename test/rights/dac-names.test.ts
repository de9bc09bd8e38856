/** Names in the rights of instances, found by the beginnings of their keys. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NamesByInstance } from '../../src/rights/dac-names.ts';

// Few letters, so that keys often begin with each other; `\uFFFF` and `\u{1F600}` sort differently by units and by characters.
const part = fc.string({ unit: fc.constantFrom('a', 'b', '/', ' ', '\uFFFF', '\u{1F600}'), maxLength: 4 });
const names = fc.dictionary(part, fc.string(), { maxKeys: 30 });

test('the names of an instance are those whose keys begin with its key', () => {
  fc.assert(
    fc.property(names, part, (all, key) => {
      const expected = Object.fromEntries(Object.entries(all).filter(([each]) => each.startsWith(key)));
      expect(new NamesByInstance(all).of(key)).toEqual(expected);
    }),
  );
});

test('the names of each of many instances are found without a look at those of the others', () => {
  const count = 2_000;
  const keys = Array.from({ length: count }, (_, at) => `urn:x:mo:a:1.0/i${at}/`);
  const index = new NamesByInstance(Object.fromEntries(keys.map((key) => [key, 'n'])));
  let looks = 0;
  const { startsWith } = String.prototype;
  String.prototype.startsWith = function (this: string, ...args: Parameters<typeof startsWith>) {
    looks += 1;
    return startsWith.apply(this, args);
  };
  try {
    for (const key of keys) index.of(key);
  } finally {
    String.prototype.startsWith = startsWith;
  }
  expect(looks).toBeLessThan(4 * count);
});
