/** Rights of an instance ↔ its sub-tree in the DAC MO, and the names in it (DM-2.0 §12.3, figure 17). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMiid } from '../../src/mo/miid.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { MoNode } from '../../src/mo/node.ts';
import {
  defaultEntryName,
  defaultPermissionName,
  entryKey,
  namesFor,
  permissionKey,
} from '../../src/rights/dac-names.ts';
import { namesToStore, parseRightsTree, type RightsEntry, rightsTree } from '../../src/rights/dac-tree.ts';

const CAMERA = { moid: parseMoid('urn:oma:mo:oma-dcmo:1.0'), miid: parseMiid('camera') };

/** The tree as a JSON value. */
function json(node: MoNode): unknown {
  if (node.children === undefined) return node.value;
  return Object.fromEntries(node.children.map((child) => [child.name, json(child)]));
}

describe('figure 17 of DM-2.0 §12.3', () => {
  test('DevInfo has read rights for all servers and all rights for one', () => {
    const entries = [
      {
        path: [],
        permissions: [
          { maid: '*', rights: 1 },
          { maid: 'serverid:dms1', rights: 15 },
        ],
      },
    ];
    expect(
      json(rightsTree({ moid: parseMoid('urn:oma:mo:oma-dm-devinfo:1.2'), miid: parseMiid('miid1') }, entries, {})),
    ).toEqual({
      1: { Permissions: { 1: { MAID: '*', AR: '1' }, dms1: { MAID: 'serverid:dms1', AR: '15' } } },
    });
  });

  test('DM Account has an instance with all rights for each server', () => {
    const trees = ['dms1', 'dms2', 'dms3'].map((miid) =>
      rightsTree(
        { moid: parseMoid('urn:oma:mo:oma-dm-dmacc:2.0'), miid: parseMiid(miid) },
        [{ path: [], permissions: [{ maid: `serverid:${miid}`, rights: 15 }] }],
        {},
      ),
    );
    expect(trees.map(({ name }) => name)).toEqual(['dms1', 'dms2', 'dms3']);
    expect(trees.map(json)).toEqual(
      ['dms1', 'dms2', 'dms3'].map((id) => ({ 1: { Permissions: { [id]: { MAID: `serverid:${id}`, AR: '15' } } } })),
    );
  });
});

describe('names of unnamed nodes', () => {
  test.each<[readonly string[], string]>([
    [[], '1'],
    [['1'], '%31'],
    [['Ext', 'Vendor'], 'Ext.Vendor'],
    [['a.b'], 'a%2Eb'],
    [['%31'], '%2531'],
  ])('the default name of the entry for %j is %s', (path, name) => expect(defaultEntryName(path)).toBe(name));

  test.each([
    ['*', '1'],
    ['serverid:1', '%31'],
    ['serverid:DMS1', 'DMS1'],
    ['serverid:https://dms/x', 'https:%2F%2Fdms%2Fx'],
  ])('the default name of the permission of %s is %s', (maid, name) => expect(defaultPermissionName(maid)).toBe(name));

  test('stored names take precedence, and no name is given twice', () => {
    const nodes = [
      { key: 'a', name: 'A' },
      { key: 'b', name: 'B' },
      { key: 'c', name: 'B-2' },
    ];
    expect(namesFor(nodes, {})).toEqual(['A', 'B', 'B-2']);
    expect(namesFor(nodes, { a: 'B' })).toEqual(['B', 'B-2', 'B-2-2']);
  });

  test('names other than the default ones are stored by their subjects', () => {
    const entries = [
      { name: '1', path: [], permissions: [{ name: 'all', maid: '*', rights: 1 }] },
      { name: 'x', path: ['Ext'], permissions: [{ name: 'S2', maid: 'serverid:S2', rights: 1 }] },
    ];
    expect(namesToStore(CAMERA, entries)).toEqual({
      [permissionKey(CAMERA, [], '*')]: 'all',
      [entryKey(CAMERA, ['Ext'])]: 'x',
    });
  });

  test('the default names of different paths are different', () => {
    const name = fc.string({ minLength: 1, unit: fc.constantFrom('a', '.', '%', '1', '/', '2', 'E') });
    const path = fc.array(name, { maxLength: 3 });
    fc.assert(
      fc.property(path, path, (one, other) => {
        expect(defaultEntryName(one) === defaultEntryName(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});

test('a written tree is read as the same entries, whatever the stored names are', () => {
  const maid = fc.oneof(
    fc.constantFrom('*', 'serverid:.', 'serverid:..', 'serverid:%2E'),
    fc.string({ minLength: 1 }).map((id) => `serverid:${id}`),
  );
  const permission = fc.record({ maid, rights: fc.integer({ min: 0, max: 15 }) });
  const permissions = fc.uniqueArray(permission, { selector: (each) => each.maid, maxLength: 3 });
  const name = fc.string({ minLength: 1 }).filter((text) => !text.includes('\0'));
  const entry: fc.Arbitrary<RightsEntry> = fc.record({ path: fc.array(name, { maxLength: 3 }), permissions });
  const entries = fc.uniqueArray(entry, { selector: ({ path }) => path.join('/'), maxLength: 3 });
  fc.assert(
    fc.property(entries, fc.constantFrom('1', 'given', '*'), (list, given) => {
      const [first] = list;
      const names = first === undefined ? {} : { [entryKey(CAMERA, first.path)]: given };
      const read = parseRightsTree(rightsTree(CAMERA, list, names));
      const bare = read.map(({ path, permissions: all }) => {
        return { path, permissions: all.map(({ maid: who, rights }) => ({ maid: who, rights })) };
      });
      expect(bare).toEqual(list);
      expect(new Set(read.map((each) => each.name)).size).toBe(list.length);
      expect(namesToStore(CAMERA, read)).toMatchObject(given === defaultEntryName(first?.path ?? []) ? {} : names);
    }),
  );
});
