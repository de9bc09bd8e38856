/** ClientURIs and LocURIs of the same nodes, and the view of DM 2.0 on the device's tree (DM-2.0 §6.1, §12.1). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MiidTable } from '../../src/device/managed-device.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import type { MoMapping, NodeDescription } from '../../src/mapping/mapping.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parsePattern } from '../../src/mapping/path-pattern.ts';
import { childOf, type LocUri, namesOf, parseLocUri } from '../../src/mo/loc-uri.ts';
import type { Miid } from '../../src/mo/miid.ts';
import { type Moid, parseMoid } from '../../src/mo/moid.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { composeView as composeViewInParts } from '../../src/translate/compose-view.ts';
import { withExpectedInstances } from '../../src/translate/expected-place.ts';
import { locUriOf, pathOf } from '../../src/translate/node-address.ts';
import { assignMiidsOf, canonicalPath, clientUriOf, treePartsOf } from '../../src/translate/uri.ts';
import { atOnce } from '../support/at-once.ts';
import { must } from '../support/mappings.ts';
import { miidTable } from '../support/miid-table.ts';

function assignMiid(table: MiidTable, moid: Moid, root: LocUri): { readonly miid: Miid; readonly miids: MiidTable } {
  const { assigned, miids } = assignMiidsOf(table, moid, [root]);
  const [miid] = assigned;
  if (miid === undefined) throw new Error(`no MIID for ${root}`);
  return { miid, miids };
}

const composeView = atOnce(composeViewInParts);

const index = new MoIndex(loadMappings().mappings);
const DEVINFO = parseMoid('urn:oma:mo:oma-dm-devinfo:1.2');
const devInfo = must(index.byMoid(DEVINFO));

/** A mapping with renames of every kind. */
const MOVED: MoMapping = {
  ...index.fallbackMapping(parseMoid('urn:x:mo:moved:1.0')),
  renames: [
    { from: parsePattern('Comp/<x>/Ops/Deactivate'), to: parsePattern('Comp/<x>/Ops/Deactive') },
    { from: parsePattern('Config'), to: parsePattern('Cfg') },
    { from: parsePattern('Config/Proxy'), to: parsePattern('Net/Px') },
  ],
  relocated: [{ path: ['Radio'], locUri: parseLocUri('./Vendor/Radio') }],
  hidden: [['Secret']],
};

const leaf = (name: string, value: string): MoNode => ({ name, format: 'chr', value });
const interior = (name: string, ...children: MoNode[]): MoNode => ({ name, format: 'node', children });

describe.each<[string, Partial<MoMapping>]>([
  ['renames and relocated nodes', {}],
  ['renames alone', { relocated: [] }],
  ['relocated nodes alone', { renames: [] }],
  ['neither', { renames: [], relocated: [] }],
])('a mapping with %s', (rules, members) => {
  test(`a mapping with ${rules} leads from each path to its LocURI and back, hidden paths excepted`, () => {
    const mapping = { ...MOVED, ...members };
    const root = parseLocUri('./Moved/1');
    for (const path of ['Config/Other', 'Config/Proxy/Addr', 'Radio/On', 'Other', 'Secret/a'].map(parsePattern)) {
      const back = pathOf(mapping, namesOf(root), namesOf(locUriOf(mapping, root, path)))?.path;
      expect(back).toEqual(path[0] === 'Secret' ? undefined : path);
    }
  });
});

describe('the LocURI of a ClientURI', () => {
  test.each([
    ['DevID', './DevInfo/DevId', devInfo, './DevInfo'],
    ['Lang', './DevInfo/Lang', devInfo, './DevInfo'],
    ['', './DevInfo', devInfo, './DevInfo'],
    ['DevType', './DevDetail/DevTyp', devInfo, './DevInfo'],
    ['HwV', './DevDetail/HwV', devInfo, './DevInfo'],
    ['Comp/c/Ops/Deactivate', './Moved/1/Comp/c/Ops/Deactive', MOVED, 'Moved/1'],
    ['Config/Other', './Moved/1/Cfg/Other', MOVED, './Moved/1'],
    ['Config/Proxy/Addr', './Moved/1/Net/Px/Addr', MOVED, './Moved/1'],
    ['Radio/On', './Vendor/Radio/On', MOVED, './Moved/1'],
    ['a b%20c', './Moved/1/a b%20c', MOVED, './Moved/1'],
  ])('for the path "%s" is %s', (path, locUri, mapping, root) => {
    expect(locUriOf(mapping, parseLocUri(root), parsePattern(path))).toBe(locUri);
  });

  test('is that of the canonical name for an alias of the DM Account', () => {
    const account = must(index.byMoid(parseMoid('urn:oma:mo:oma-dm-dmacc:2.0')));
    const canonical = (path: string) => canonicalPath(account, path.split('/')).join('/');
    expect(canonical('ServerID')).toBe('SrvID');
    expect(canonical('AuthNoti/AuthSecret')).toBe('Auth/Noti/Secret');
    expect(canonical('AuthNoti/AuthData')).toBe('Auth/Noti/Data');
    expect(canonical('Credentials/Noti/AuthSecret')).toBe('Auth/Noti/Secret');
    expect(canonical('Credentials/Noti/AuthData')).toBe('Auth/Noti/Data');
    expect(canonical('Auth/Noti/Type')).toBe('Auth/Noti/Type');
  });
});

describe('the ClientURI of a LocURI', () => {
  const miids = miidTable({
    [DEVINFO]: { DevInfo: './DevInfo' },
    'urn:oma:mo:oma-dm-devdetail:1.0': { DevDetail: './DevDetail' },
    'urn:oma:mo:oma-scomo:1.0': { SCM: './SCM', 'SCM-2': './Apps/SCM' },
    'urn:vendor:mo:inner:1.0': { Inner: './SCM/Ext/Inner' },
    'urn:oma:mo:oma-dm-dmacc:1.2': { DMS1: './NoPlace' },
  });

  test.each([
    ['./DevInfo/DevId', DEVINFO, 'DevInfo', 'DevID'],
    ['DevInfo', DEVINFO, 'DevInfo', ''],
    ['./DevDetail/FwV', DEVINFO, 'DevInfo', 'FwV'],
    ['./DevDetail/LrgObj', 'urn:oma:mo:oma-dm-devdetail:1.0', 'DevDetail', 'LrgObj'],
    ['\n ./SCM/Inventory/Deployed/c1?list=Struct ', 'urn:oma:mo:oma-scomo:1.0', 'SCM', 'Inventory/Deployed/c1'],
    ['./Apps/SCM/Download', 'urn:oma:mo:oma-scomo:1.0', 'SCM-2', 'Download'],
    ['./SCM/Ext/Inner/Leaf', 'urn:vendor:mo:inner:1.0', 'Inner', 'Leaf'],
    ['./SCM/Ext/Innermost', 'urn:oma:mo:oma-scomo:1.0', 'SCM', 'Ext/Innermost'],
  ])('%j has the MOID %s, the MIID %s and the path %s', (locUri, moid, miid, path) => {
    expect(clientUriOf(index, miids, parseLocUri(locUri))).toEqual({ moid, miid, path: parsePattern(path) });
  });

  test.each([
    ['no instance has it', './Apps/Other'],
    ['it only begins with the name of a root', './SCMX/Inventory'],
    ['its name is that of a relocated 2.0 node', './DevInfo/FwV'],
    ['its name is the 2.0 name of a renamed node', './DevInfo/DevID'],
    ['it is hidden', './NoPlace/Perm/1'],
  ])('does not exist when %s', (_, locUri) => {
    expect(clientUriOf(index, miids, parseLocUri(locUri))).toBeUndefined();
  });

  test('is the inverse for every described node', () => {
    for (const mapping of index.all().filter(({ find }) => find !== 'virtual')) {
      const place = must(mapping.places[0]);
      const root = place.kind === 'parent' ? childOf(place.locUri, 'inst') : place.locUri;
      const miids = miidTable({ [mapping.moid]: { inst: root } });
      for (const path of pathsOf(mapping.description)) {
        expect(clientUriOf(index, miids, locUriOf(mapping, root, path))).toEqual({
          moid: mapping.moid,
          miid: 'inst',
          path,
        });
      }
    }
  });

  test('is the inverse for any path that is not hidden', () => {
    const moved = new MoIndex([MOVED]);
    const name = fc.constantFrom(
      'Comp',
      'Config',
      'Cfg',
      'Proxy',
      'Net',
      'Px',
      'Radio',
      'Ops',
      'Deactivate',
      'Deactive',
      'c',
    );
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), (path) => {
        const root = parseLocUri('./Moved');
        const locUri = locUriOf(MOVED, root, path);
        const back = clientUriOf(moved, miidTable({ [MOVED.moid]: { m: root } }), locUri);
        // Whatever address comes back leads to the same place.
        if (back !== undefined) expect(locUriOf(MOVED, root, back.path)).toBe(locUri);
        const isShadowed = /^(Cfg|Net\/Px|Comp\/[^/]+\/Ops\/Deactive)(\/|$)/.test(path.join('/'));
        if (!isShadowed) expect(back?.path).toEqual(path);
      }),
      { numRuns: 500 },
    );
  });
});

function pathsOf(node: NodeDescription, path: readonly string[] = []): readonly (readonly string[])[] {
  return [path, ...node.children.flatMap((child) => pathsOf(child, [...path, child.name === '' ? 'any' : child.name]))];
}

describe('the view of DM 2.0 on the tree', () => {
  test('reads DevInfo from two sub-trees', () => {
    expect(treePartsOf(devInfo, parseLocUri('./DevInfo'), [])).toEqual([
      { locUri: './DevInfo', path: [], expect: 'unknown' },
      { locUri: './DevDetail/DevTyp', path: ['DevType'], expect: 'leaf' },
      { locUri: './DevDetail/OEM', path: ['OEM'], expect: 'leaf' },
      { locUri: './DevDetail/FwV', path: ['FwV'], expect: 'leaf' },
      { locUri: './DevDetail/SwV', path: ['SwV'], expect: 'leaf' },
      { locUri: './DevDetail/HwV', path: ['HwV'], expect: 'leaf' },
    ]);
    expect(treePartsOf(devInfo, parseLocUri('./DevInfo'), ['FwV'])).toEqual([
      { locUri: './DevDetail/FwV', path: ['FwV'], expect: 'leaf' },
    ]);
    expect(treePartsOf(devInfo, parseLocUri('./DevInfo'), ['Ext'])).toEqual([
      { locUri: './DevInfo/Ext', path: ['Ext'], expect: 'unknown' },
    ]);
  });

  test('reads a node that is relocated within the instance as a part of its own', () => {
    expect(treePartsOf(MOVED, parseLocUri('./M'), ['Config']).map(({ locUri }) => locUri)).toEqual([
      './M/Cfg',
      './M/Net/Px',
    ]);
    expect(treePartsOf(MOVED, parseLocUri('./M'), []).map(({ locUri }) => locUri)).toEqual(['./M', './Vendor/Radio']);
  });

  test('is composed of the parts', () => {
    const view = composeView(
      devInfo,
      parseLocUri('./DevInfo'),
      [],
      [
        {
          part: { locUri: parseLocUri('./DevInfo') },
          node: interior('DevInfo', leaf('DevId', 'IMEI:1'), leaf('Man', 'M'), leaf('FwV', 'vendor leaf')),
        },
        { part: { locUri: parseLocUri('./DevDetail/DevTyp') }, node: leaf('DevTyp', 'phone') },
        { part: { locUri: parseLocUri('./DevDetail/FwV') }, node: leaf('FwV', '4.0') },
        { part: { locUri: parseLocUri('./DevDetail/OEM') }, node: undefined },
      ],
    );
    expect(view).toEqual(
      interior('DevInfo', leaf('DevID', 'IMEI:1'), leaf('Man', 'M'), leaf('DevType', 'phone'), leaf('FwV', '4.0')),
    );
  });

  test('renames and hides nodes, and puts relocated nodes back', () => {
    const tree = interior(
      'M',
      interior('Comp', interior('c', interior('Ops', leaf('Deactive', 'x')))),
      interior('Cfg', leaf('Other', '1')),
      interior('Net', interior('Px', leaf('Addr', 'a'))),
      interior('Secret', leaf('Key', 'k')),
    );
    expect(composeView(MOVED, parseLocUri('./M'), [], [{ part: { locUri: parseLocUri('./M') }, node: tree }])).toEqual(
      interior(
        'M',
        interior('Comp', interior('c', interior('Ops', leaf('Deactivate', 'x')))),
        interior('Config', leaf('Other', '1'), interior('Proxy', leaf('Addr', 'a'))),
        interior('Net'),
      ),
    );
  });

  test('has a node that exists on the device only in relocated parts, but no instance without its root', () => {
    const px = { part: { locUri: parseLocUri('./M/Net/Px') }, node: interior('Px', leaf('Addr', 'a')) };
    expect(composeView(MOVED, parseLocUri('./M'), ['Config'], [px])).toEqual(
      interior('Config', interior('Proxy', leaf('Addr', 'a'))),
    );
    expect(composeView(MOVED, parseLocUri('./M'), [], [px])).toBeUndefined();
    expect(
      composeView(
        MOVED,
        parseLocUri('./M'),
        ['Secret'],
        [{ part: { locUri: parseLocUri('./M/Secret') }, node: leaf('Secret', 'k') }],
      ),
    ).toBeUndefined();
  });

  test('keeps format and type of a leaf', () => {
    const node: MoNode = { name: 'DevTyp', format: 'bin', type: 'image/png', value: 'AA==' };
    expect(
      composeView(
        devInfo,
        parseLocUri('./DevInfo'),
        ['DevType'],
        [{ part: { locUri: parseLocUri('./DevDetail/DevTyp') }, node }],
      ),
    ).toEqual({
      ...node,
      name: 'DevType',
    });
  });
});

describe('MIIDs', () => {
  test('are the names of the root nodes, made unique, and stay the same', () => {
    const one = assignMiid({}, parseMoid('urn:x'), parseLocUri('./A/SCM'));
    const two = assignMiid(one.miids, parseMoid('urn:x'), parseLocUri('./B/SCM'));
    const three = assignMiid(two.miids, parseMoid('urn:x'), parseLocUri('./C/SCM'));
    expect([one.miid, two.miid, three.miid]).toEqual(['SCM', 'SCM-2', 'SCM-3']);
    expect(assignMiid(three.miids, parseMoid('urn:x'), parseLocUri('B/SCM'))).toEqual({
      miid: 'SCM-2',
      miids: three.miids,
    });
    expect(assignMiid(three.miids, parseMoid('urn:y'), parseLocUri('./B/SCM')).miid).toBe('SCM');
  });

  test('never belong to two roots, whatever the names are', () => {
    const name = fc.constantFrom('a', 'a-2', 'a-3', '__proto__', 'constructor', 'b');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name), { maxLength: 12 }), (places) => {
        let miids: MiidTable = {};
        const given = new Map<string, string>();
        for (const [parent, child] of places) {
          const root = parseLocUri(`./${parent}/${child}`);
          const { miid, miids: grown } = assignMiid(miids, parseMoid('urn:x'), root);
          miids = JSON.parse(JSON.stringify(grown));
          expect(given.get(root) ?? miid).toBe(miid);
          given.set(root, miid);
        }
        expect(new Set(given.values()).size).toBe(given.size);
      }),
    );
  });
});

describe('the expected instance at a LocURI', () => {
  test.each([
    ['./SCM/Inventory/x', 'urn:oma:mo:oma-scomo:1.0', './SCM'],
    ['./DCMO/camera/Enabled', 'urn:oma:mo:oma-dcmo:1.0', './DCMO/camera'],
    ['./SyncML/DMAcc/1/Name', 'urn:oma:mo:oma-dm-dmacc:1.0', './SyncML/DMAcc/1'],
  ])('at %s has the MOID %s and the root %s', (locUri, moid, root) => {
    const expected = index.expectedRoot(parseLocUri(locUri));
    expect([expected?.mapping.moid, expected?.root]).toEqual([moid, root]);
  });

  test.each(['./DCMO', './Vendor/X', '.'])('does not exist at %s', (locUri) => {
    expect(index.expectedRoot(parseLocUri(locUri))).toBeUndefined();
  });

  test('is added to a table of MIIDs only when the table has no instance there', () => {
    const grown = withExpectedInstances(index, {}, [
      parseLocUri('./SCM/a'),
      parseLocUri('./SCM/b'),
      parseLocUri('./DCMO/cam'),
      parseLocUri('./DMAcc/1/Name'),
      parseLocUri('./SyncML/DMAcc/1/Name'),
      parseLocUri('./Vendor/X'),
    ]);
    expect(grown).toEqual({
      'urn:oma:mo:oma-scomo:1.0': { SCM: './SCM' },
      'urn:oma:mo:oma-dcmo:1.0': { cam: './DCMO/cam' },
      'urn:oma:mo:oma-dm-dmacc:1.0': { '1': './DMAcc/1', '1-2': './SyncML/DMAcc/1' },
    });
  });
});
