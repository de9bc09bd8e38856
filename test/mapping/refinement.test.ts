import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkWrite } from '../../src/mapping/ddf-check.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { describeNode, type MoMapping } from '../../src/mapping/mapping.ts';
import { mappingAt } from '../../src/mapping/placed-definition.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { ddfNode, ddfOf, writeDdf } from '../support/ddf.ts';
import { folderWith, must } from '../support/mappings.ts';

const writable = (name: string, format: string) =>
  ddfNode(name, '', [], format).replace('<Get/>', '<Get/><Replace/>').replace('<DDFName/>', '<MIME>text/plain</MIME>');
const leaf = (name: string, format = 'chr') =>
  ddfNode(name, '', [], format).replace('<DDFName/>', '<MIME>text/plain</MIME>');
const typed = (moid: string, node: string) => node.replace('<DDFName/>', `<DDFName>${moid}</DDFName>`);

const device = ddfOf(
  ddfNode('.', '', [
    typed(
      'urn:oma:mo:oma-dm-devinfo:1.0',
      ddfNode('DevInfo', '', [
        writable('DevId', 'chr'),
        leaf('Lang', 'int'),
        ddfNode('Ext', '', [typed('com.v/1.0/Inner', ddfNode('V', '', [leaf('Level', 'int')]))]),
      ]),
    ),
    ddfNode('DevDetail', '', [writable('FwV', 'chr')]),
    ddfNode('NAP', '', [ddfNode('', '', [leaf('Own', 'int')]), ddfNode('home', '', [leaf('Own', 'bool')])]),
    ddfNode('Vendor', '', [
      typed('com.v/1.0/Named', ddfNode('Named', '', [leaf('A', 'int')])),
      ddfNode('Plain', '', [leaf('B', 'int')]),
      ddfNode('Mine', '', [leaf('C', 'int'), leaf('Extra'), ddfNode('Free', '', [leaf('D', 'int')])]),
    ]),
  ]),
);

const mine = `moid: com.v/1.0/Mine
name: Mine
find: type
roots: [./Vendor/Mine]
description:
  nodes:
    C: { format: chr }
    Free: { format: node }
`;

function load(files: Readonly<Record<string, string>> = {}): readonly MoMapping[] {
  const folder = folderWith(files);
  mkdirSync(join(folder, 'ddf'));
  writeFileSync(join(folder, 'ddf', 'device.ddf'), device);
  return loadMappings([folder]).mappings;
}

const named = (mappings: readonly MoMapping[], moid: string) => must(mappings.find((each) => each.moid === moid));

describe('a DDF whose root node is `.`', () => {
  const mappings = load({ 'mine.yaml': mine });
  const devInfo = named(mappings, 'urn:oma:mo:oma-dm-devinfo:1.2');
  const nap = named(mappings, 'urn:oma:mo:oma-connmo-nap:1.0');

  test('makes MOs only of nodes with a MOID that lie outside the places of other mappings', () => {
    const shipped = new Set(loadMappings().mappings.map(({ moid }) => moid));
    const added = mappings.filter(({ moid }) => !shipped.has(moid)).map(({ moid }) => moid);
    expect(added).toEqual(['com.v/1.0/Named', 'com.v/1.0/Mine']);
  });

  test('gives the nodes of a standard MO their format, occurrence and access on the device, whatever DM 2.0 calls them', () => {
    expect(describeNode(devInfo, ['DevID'])).toMatchObject({ access: ['Get', 'Replace'], scope: 'permanent' });
    expect(describeNode(devInfo, ['FwV'])).toMatchObject({ access: ['Get', 'Replace'], scope: 'permanent' });
    expect(describeNode(devInfo, ['Lang'])).toMatchObject({ format: 'int', access: ['Get'] });
    expect(describeNode(devInfo, ['Ext', 'V', 'Level'])?.format).toBe('int');
    expect(describeNode(devInfo, ['Ext', 'V'])?.moid).toBeUndefined();
    expect(devInfo.places).toEqual(named(loadMappings().mappings, devInfo.moid).places);
  });

  test('gives leaves its media types where the mapping names none', () => {
    expect(describeNode(devInfo, ['Lang'])?.type).toBe('text/plain');
    expect(describeNode(devInfo, ['Man'])?.type).toBeUndefined();
    expect(describeNode(devInfo, ['Ext', 'V', 'Level'])?.type).toBe('text/plain');
  });

  test('refuses what it does not allow, and leaves open what it does not describe', () => {
    const statusOf = (path: readonly string[]) =>
      checkWrite(devInfo, path, { name: path.at(-1) ?? '', format: 'chr', value: '1' }, 'present')?.status;
    expect(statusOf(['DevID'])).toBeUndefined();
    // It describes Lang as an int that can be read only, and does not speak of Man and Bearer.
    expect(statusOf(['Lang'])).toBe(403);
    expect(statusOf(['Man'])).toBeUndefined();
    expect(statusOf(['Bearer', 'x'])).toBeUndefined();
    expect(statusOf(['Ext', 'V', 'Unknown'])).toBe(404);
    expect(statusOf(['Unknown'])).toBe(404);
    expect(checkWrite(devInfo, ['Man'], 'delete')?.status).toBe(405);
  });

  test('describes an instance that it names, and all other ones by its un-named node', () => {
    const at = (root: string) => describeNode(mappingAt(nap, parseLocUri(root)), ['Own'])?.format;
    expect([at('./NAP/home'), at('./NAP/other'), at('./Elsewhere/nap')]).toEqual(['bool', 'int', undefined]);
  });

  test('leaves open the children of a node that it does not describe', () => {
    const devDetail = named(mappings, 'urn:oma:mo:oma-dm-devdetail:1.0');
    const value = { name: 'x', format: 'chr', value: '1' } as const;
    expect(checkWrite(devDetail, ['URI', 'Other'], value, 'absent')).toBeUndefined();
    expect(checkWrite(devDetail, ['Other'], value, 'absent')?.status).toBe(404);
  });

  test('counts before one of an earlier folder', () => {
    const folderOf = (format: string) =>
      folderWith({ 'device.ddf': ddfOf(ddfNode('.', '', [ddfNode('DevInfo', '', [leaf('Lang', format)])])) });
    const { mappings: both } = loadMappings([folderOf('int'), folderOf('bool')]);
    expect(describeNode(named(both, devInfo.moid), ['Lang'])?.format).toBe('bool');
  });

  test("adds to an operator's mapping only what that leaves open", () => {
    const own = mappingAt(named(mappings, 'com.v/1.0/Mine'), parseLocUri('./Vendor/Mine'));
    expect(describeNode(own, ['C'])?.format).toBe('chr');
    expect(describeNode(own, ['Free', 'D'])?.format).toBe('int');
    expect(describeNode(own, ['Extra'])).toBeUndefined();
  });

  test('is in the DDF that the bridge serves, each place with its Path', () => {
    const text = writeDdf(nap);
    expect(text.match(/<NodeName>home<\/NodeName>/g)).toHaveLength(1);
    expect(text).toMatch(/<Path>\.\/NAP<\/Path>/);
  });
});
