import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadMappings, MappingFilesError } from '../../src/mapping/load.ts';
import { describeNode, type MoMapping } from '../../src/mapping/mapping.ts';
import { formatMoPlace, parseMoPlace } from '../../src/mapping/mo-place.ts';
import { mappingAt, newInstanceParents, newRootRule } from '../../src/mapping/placed-definition.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import { parseDataXml } from '../../src/xml-data/data-xml.ts';
import { ddfFixture, ddfNode, ddfOf } from '../support/ddf.ts';
import { folderWith, must } from '../support/mappings.ts';

/** An operator's folder with these DDFs, and YAML files beside them. */
function dropped(ddfs: Readonly<Record<string, string>>, yaml: Readonly<Record<string, string>> = {}): string {
  const folder = folderWith(yaml);
  mkdirSync(join(folder, 'ddf'));
  for (const [name, text] of Object.entries(ddfs)) writeFileSync(join(folder, 'ddf', name), text);
  return folder;
}

function named(mappings: readonly MoMapping[], moid: string): MoMapping {
  return must(mappings.find((mapping) => mapping.moid === moid));
}

function problemsOf(folder: string) {
  try {
    loadMappings([folder]);
  } catch (error) {
    if (error instanceof MappingFilesError) return error.problems;
    throw error;
  }
  return [];
}

const typed = (name: string, moid: string, children: readonly string[] = []) =>
  ddfNode(name, '<Path>./V</Path>', children).replace('<DDFName/>', `<DDFName>${moid}</DDFName>`);

describe('a DDF file in a mapping folder', () => {
  test('a DDF file makes a mapping, with nothing else written', () => {
    const { mappings, ddfs } = loadMappings([dropped({ 'radio.ddf': ddfFixture('radio.ddf') })]);
    expect(named(mappings, 'com.example/1.0/Radio')).toMatchObject({
      name: 'Radio',
      find: 'type',
      places: ['./Vendor/Example/Radio'].map(parseMoPlace),
      dm1Moids: ['com.example/1.0/Radio'],
      newInstance: { parent: './Vendor/Example', single: true },
      man: 'Example Works',
      minimumAccess: false,
    });
    expect(ddfs.map(({ moids, ignored }) => [moids, ignored.map(({ element }) => element)])).toEqual([
      [['com.example/1.0/Radio'], ['Copy']],
    ]);
  });

  test('a DDF file may be WBXML, and a folder beside it is ignored', () => {
    const folder = dropped({});
    const wbxml = encodeEmbedded(parseDataXml(ddfFixture('radio.ddf')));
    writeFileSync(join(folder, 'ddf', 'radio.ddf'), wbxml);
    mkdirSync(join(folder, 'ddf', 'old.ddf'));
    const asText = loadMappings([dropped({ 'radio.ddf': ddfFixture('radio.ddf') })]);
    expect(loadMappings([folder]).mappings).toEqual(asText.mappings);
  });

  test('a DDF with one MOID at two LocURIs makes one mapping with a definition for each', () => {
    const { mappings } = loadMappings([dropped({ 'policy.XML': ddfFixture('policy.xml') })]);
    const lock = named(mappings, 'com.acme/1.1/Lock');
    expect(lock.places.map(formatMoPlace)).toEqual(['./User/Vendor/ACME/Lock', './Device/Vendor/ACME/Lock']);
    const at = (root: string) => mappingAt(lock, parseLocUri(root)).description.children.map(({ name }) => name);
    expect(at('./User/Vendor/ACME/Lock')).toEqual(['']);
    expect(at('./Device/Vendor/ACME/Lock')).toEqual(['WipeNow']);
    // Another name of the same node.
    expect(at('./Vendor/ACME/Lock')).toEqual(['WipeNow']);
    expect(at('./Other/Lock')).toEqual([]);
    expect(lock.newInstance).toBeUndefined();
  });

  test('a DDF of a whole device refines the standard MOs, and adds those that have a MOID', () => {
    const { mappings } = loadMappings([dropped({ 'device.ddf': ddfFixture('device.ddf') })]);
    const shipped = loadMappings().mappings;
    const fumo = named(mappings, 'urn:oma:mo:oma-fumo:1.0');
    expect(fumo.places.map(formatMoPlace)).toEqual(['./Fota', './FUMO', './FwUpdate/*']);
    expect(fumo.description.children.map(({ name }) => name)).toEqual(['State']);
    expect(fumo.minimumAccess).toBe(false);
    expect(fumo.alertTypes).toEqual(named(shipped, fumo.moid).alertTypes);
    expect(named(mappings, 'com.example/1.0/Account')).toMatchObject({
      name: 'Account',
      places: ['./Accounts/*'].map(parseMoPlace),
      newInstance: { parent: './Accounts', single: false },
      description: { name: '' },
    });
    expect(mappings).toHaveLength(shipped.length + 1);
  });

  test.each([
    ['moid', 'moid: com.example/1.0/Radio\n'],
    ['an alias', 'moid: com.example/2.0/Radio\naliases: [com.example/1.0/Radio]\n'],
  ])("a DDF is ignored beside an operator's file that has its MOID as %s", (_what, head) => {
    const folder = dropped({ 'radio.ddf': ddfFixture('radio.ddf') }, { 'r.yaml': `${head}name: Mine\nfind: type\n` });
    const { mappings } = loadMappings([folder]);
    expect(mappings.filter(({ moid }) => moid.endsWith('/Radio')).map(({ name }) => name)).toEqual(['Mine']);
  });

  test('two DDF files of a folder with one MOID and one root are refused, and the error names both', () => {
    const a = ddfOf(typed('X', 'com.v/1.0/X', [ddfNode('A')]));
    const folder = dropped({ 'a.ddf': a, 'b.ddf': `\n\n${ddfOf(typed('X', 'urn:com.v/1.0/X'))}` });
    writeFileSync(join(folder, 'c.xml'), a);
    expect(problemsOf(folder).map(({ file, line, key, message }) => [basename(file), line, key, message])).toEqual([
      ['a.ddf', 1, 'com.v/1.0/X', `./V/X of this MOID is described by ${join(folder, 'c.xml')}, too`],
      ['b.ddf', 3, 'urn:com.v/1.0/X', `./V/X of this MOID is described by ${join(folder, 'c.xml')}, too`],
    ]);
  });

  test('two DDF files of a folder with one MOID and two roots are siblings, each with its own definition', () => {
    const folder = dropped({
      'a.ddf': ddfOf(typed('A', 'com.v/1.0/P', [ddfNode('X', '', [], 'chr')])),
      'b.ddf': ddfOf(typed('B', 'com.v/1.0/P', [ddfNode('X', '', [], 'int'), ddfNode('Y', '', [], 'int')])),
    });
    const mapping = named(loadMappings([folder]).mappings, 'com.v/1.0/P');
    const at = (root: string) => {
      const { description, minimumAccess } = mappingAt(mapping, parseLocUri(root));
      return [minimumAccess, ...description.children.map(({ name, format }) => `${name} ${format}`)];
    };
    expect(mapping.places.map(formatMoPlace)).toEqual(['./V/A', './V/B']);
    expect(at('./V/A')).toEqual([false, 'X chr']);
    expect(at('./V/B')).toEqual([false, 'X int', 'Y int']);
    // No DDF describes such a root: the formats of the device count, and nothing is refused.
    expect(at('./V/C')).toEqual([true]);
    expect(mapping.name).toBe('P');
  });

  test('hundreds of DDF files with one MOID make one mapping, and each root has its own formats', () => {
    const formats = ['chr', 'int', 'bool', 'float'] as const;
    const files = Array.from({ length: 300 }, (_, at): [string, string] => {
      const leaves = [ddfNode('X', '', [], formats[at % formats.length]), ddfNode(`Own${at}`, '', [], 'int')];
      return [`${at}.ddf`, ddfOf(typed(`R${at}`, 'com.v/1.0/P', leaves))];
    });
    const mapping = named(loadMappings([dropped(Object.fromEntries(files))]).mappings, 'com.v/1.0/P');
    for (const at of files.keys()) {
      const own = mappingAt(mapping, parseLocUri(`./V/R${at}`));
      expect(describeNode(own, ['X'])?.format).toBe(formats[at % formats.length]);
      expect(own.description.children.map(({ name }) => name)).toEqual(['X', `Own${at}`]);
    }
  });

  test('siblings with equal descriptions describe a root at any other place, too', () => {
    const tree = [ddfNode('X', '', [], 'int')];
    const folder = dropped({ 'a.ddf': ddfOf(typed('A', 'com.v/1.0/P', tree), typed('B', 'com.v/1.0/P', tree)) });
    const mapping = named(loadMappings([folder]).mappings, 'com.v/1.0/P');
    const { description, minimumAccess } = mappingAt(mapping, parseLocUri('./Elsewhere/C'));
    expect([minimumAccess, description.children.map(({ name, format }) => `${name} ${format}`)]).toEqual([
      false,
      ['X int'],
    ]);
  });

  test('a DDF of a later folder overrides one of an earlier folder with its MOID and root, and no other', () => {
    const first = dropped({
      'a.ddf': ddfOf(typed('A', 'com.v/1.0/P', [ddfNode('Old')])),
      'b.ddf': ddfOf(typed('B', 'com.v/1.0/P', [ddfNode('Kept')])),
    });
    const second = dropped({ 'z.ddf': ddfOf(typed('A', 'com.v/1.0/P', [ddfNode('New')])) });
    const { mappings, ddfs } = loadMappings([first, second]);
    const mapping = named(mappings, 'com.v/1.0/P');
    const at = (root: string) => mappingAt(mapping, parseLocUri(root)).description.children.map(({ name }) => name);
    expect([at('./V/A'), at('./V/B')]).toEqual([['New'], ['Kept']]);
    const overrides = `overrides ${join(first, 'ddf', 'a.ddf')} of an earlier folder`;
    expect(ddfs.at(-1)?.warnings).toEqual([{ at: './V/A', message: overrides }]);
  });

  test('a DDF of an MO that every device has at a fixed place adds no other place, and a warning says so', () => {
    const moid = 'urn:oma:mo:oma-dm-devdetail:1.0';
    const folder = dropped({
      'a.ddf': ddfOf(typed('Detail', moid, [ddfNode('X')])),
      'b.ddf': ddfOf(typed('DevDetail', moid, [ddfNode('Y')]).replace('<Path>./V</Path>', '')),
    });
    const { mappings, ddfs } = loadMappings([folder]);
    const { places, description } = named(mappings, moid);
    expect(places.map(({ locUri }) => locUri)).toEqual(['./DevDetail']);
    expect(description.children.map(({ name }) => name)).toEqual(['Y']);
    expect(ddfs.map(({ warnings }) => warnings)).toEqual([
      [{ at: './V/Detail', message: `ignored: every device has ${moid} at ./DevDetail` }],
      [],
    ]);
  });

  test("an operator's YAML mapping overrides all DDFs of its MOID, whatever their roots are", () => {
    const ddfs = { 'a.ddf': ddfOf(typed('A', 'com.v/1.0/P'), typed('B', 'com.v/1.0/P')) };
    const yaml = { 'p.yaml': 'moid: com.v/1.0/P\nname: Mine\nfind: type\n' };
    const { places, definitions } = named(loadMappings([dropped(ddfs), folderWith(yaml)]).mappings, 'com.v/1.0/P');
    expect([places, definitions]).toEqual([[], undefined]);
  });

  test('DDF files directly in a mapping folder are read like those in its ddf folder', () => {
    const direct = folderWith({ 'radio.ddf': ddfFixture('radio.ddf') });
    const inFolder = dropped({ 'radio.ddf': ddfFixture('radio.ddf') });
    expect(loadMappings([direct]).mappings).toEqual(loadMappings([inFolder]).mappings);
  });

  test('a new instance of siblings is made only at a root that one of them allows', () => {
    const addable = (name: string) => typed(name, 'com.v/1.0/P').replace('<Get/>', '<Add/><Get/>');
    const folder = dropped({ 'a.ddf': ddfOf(addable('A'), typed('B', 'com.v/1.0/P', [ddfNode('X')])) });
    const mapping = named(loadMappings([folder]).mappings, 'com.v/1.0/P');
    expect(newRootRule(mapping, 'A')).toEqual({ parent: './V', single: true, name: 'A' });
    expect([newRootRule(mapping, 'B'), newRootRule(mapping, 'C')]).toEqual([undefined, undefined]);
    expect(newInstanceParents(mapping)).toEqual(['./V']);
  });

  test('an MO below an un-named node has no usual place', () => {
    const inner = ddfNode('', '', [ddfNode('X').replace('<DDFName/>', '<DDFName>com.v/1.0/X</DDFName>')]);
    const { mappings, ddfs } = loadMappings([dropped({ 'x.ddf': ddfOf(ddfNode('V', '', [inner])) })]);
    expect(named(mappings, 'com.v/1.0/X')).toMatchObject({ places: [], find: 'type' });
    expect(ddfs[0]?.warnings.map(({ message }) => message)).toEqual([expect.stringContaining('no usual place')]);
  });
});

describe('the root of an MO that a DDF calls <x>', () => {
  const fumo = ddfNode('', '', [ddfNode('State', '', [], 'int')]);

  test('an MO root that a DDF calls <x> may be anywhere, unless the DDF has its Path', () => {
    const moid = 'urn:oma:mo:oma-fumo:1.0';
    const typedFumo = fumo.replace('<DDFName/>', `<DDFName>${moid}</DDFName>`);
    const anywhere = loadMappings([dropped({ 'fumo.ddf': ddfOf(typedFumo) })]);
    expect(named(anywhere.mappings, moid)).toMatchObject({
      places: ['./FUMO', './FwUpdate/*'].map(parseMoPlace),
      minimumAccess: false,
    });
    expect(anywhere.ddfs[0]?.warnings).toEqual([{ at: '.', message: expect.stringContaining('its Type alone') }]);
    const placed = typedFumo.replace('</NodeName>', '</NodeName><Path>./Fota</Path>');
    const there = loadMappings([dropped({ 'fumo.ddf': ddfOf(placed) })]);
    expect(named(there.mappings, moid).places.map(formatMoPlace)).toEqual(['./Fota/*', './FUMO', './FwUpdate/*']);
  });
});

describe('a faulty DDF', () => {
  test('all faulty DDF files are reported together, with file, line and node', () => {
    const folder = dropped({
      'a.ddf': '<MgmtTree>\n<VerDTD>1.2</VerDTD>\n</Tree>',
      'b.xml': ddfOf(ddfNode('A', '', ['\n', ddfNode('&lt;x&gt;', '', ['\n', ddfNode('B/C')])])),
      'c.txt': 'no DDF',
    });
    expect(problemsOf(folder)).toEqual([
      { file: join(folder, 'ddf', 'a.ddf'), line: 3, key: '', message: expect.stringContaining('MgmtTree') },
      {
        file: join(folder, 'ddf', 'b.xml'),
        line: 3,
        key: './A/<x>/B/C',
        message: 'not the name of a node: ./A/<x>/B/C',
      },
    ]);
  });
});
