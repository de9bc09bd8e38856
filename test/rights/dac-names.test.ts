/** Names in the rights of instances, found by the beginnings of their keys. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMiid } from '../../src/mo/miid.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import { defaultEntryName, defaultPermissionName, NamesByInstance, namesFor } from '../../src/rights/dac-names.ts';
import { namesToStore, parseRightsTree, rightsTree } from '../../src/rights/dac-tree.ts';

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

const LONG = 'x'.repeat(100);
const LONG_PATHS = [[LONG, LONG, LONG], [LONG, LONG, `${LONG}y`], ['\u{1F600}'.repeat(150), 'a'], ['%'.repeat(200)]];

test('a default name of any length is short, different for each node, and can be given back', () => {
  const entries = LONG_PATHS.map((path) => ({
    path,
    permissions: [{ maid: `serverid:${LONG}${LONG}${LONG}`, rights: 15 }],
  }));
  const instance = { moid: parseMoid('urn:x:mo:a:1.0'), miid: parseMiid('a') };
  const tree = rightsTree(instance, entries, {});
  const given = tree.children?.map(({ name }) => name) ?? [];
  expect(new Set(given).size).toBe(LONG_PATHS.length);
  for (const name of given) expect([name.length <= 255, name.isWellFormed()]).toEqual([true, true]);
  const parsed = parseRightsTree(tree);
  expect(
    parsed.map(({ path, permissions }) => ({
      path,
      permissions: permissions.map(({ maid, rights }) => ({ maid, rights })),
    })),
  ).toEqual(entries);
  expect(namesToStore(instance, parsed)).toEqual({});
});

test('a short default name is the path or the identifier itself', () => {
  expect(defaultEntryName(['Ext', 'a'])).toBe('Ext.a');
  expect(defaultEntryName(['x'.repeat(255)])).toBe('x'.repeat(255));
  expect(defaultPermissionName('serverid:DMS1')).toBe('DMS1');
});

test('names that are made unique stay short', () => {
  const name = 'x'.repeat(255);
  const names = namesFor(
    [
      { key: 'a', name },
      { key: 'b', name },
      { key: 'c', name },
    ],
    {},
  );
  expect(new Set(names).size).toBe(3);
  for (const each of names) expect(each.length).toBeLessThanOrEqual(255);
});
