import { describe, expect, test } from 'vitest';
import { loadMappings, MappingFilesError } from '../../src/mapping/load.ts';
import { formatMoPlace } from '../../src/mapping/mo-place.ts';
import type { MappingProblem } from '../../src/mapping/yaml-file.ts';
import { moidKey } from '../../src/mo/moid.ts';
import { folderWith, must } from '../support/mappings.ts';

/** The problems of loading, without the folder. */
function problemsOf(...folders: readonly string[]): readonly MappingProblem[] {
  try {
    loadMappings(folders);
  } catch (error) {
    if (!(error instanceof MappingFilesError)) throw error;
    return error.problems.map((problem) => ({ ...problem, file: problem.file.replace(/^.*\//, '') }));
  }
  return [];
}

describe('the shipped mappings', () => {
  const { mappings, status } = loadMappings();
  const byName = (moid: string) => must(mappings.find((each) => each.moid === moid));

  test('the shipped mappings cover the standard MOs', () => {
    expect(mappings.map(({ moid }) => moidKey(moid).replace(/^oma:mo:oma-/, '')).sort()).toEqual([
      'connmo-nap:1.0',
      'connmo-px:1.0',
      'dcmo:1.0',
      'diag:1.0',
      'dm-dacmo:1.0',
      'dm-devdetail:1.0',
      'dm-devinfo:1.2',
      'dm-dmacc:1.0',
      'dm-dmacc:1.2',
      'dm-inbox:1.0',
      'fumo:1.0',
      'lawmo:1.0',
      'scomo:1.0',
      'sessioninfomo:1.0',
    ]);
    expect(status.others).toEqual({ success: 200, error: 500 });
  });

  test('a shipped mapping has the defaults of the keys that its file leaves out', () => {
    const dcmo = byName('urn:oma:mo:oma-dcmo:1.0');
    expect(dcmo).toMatchObject({
      dm1Moids: ['urn:oma:mo:oma-dcmo:1.0'],
      aliases: [],
      newInstance: { parent: './DCMO', single: false },
      minimumAccess: true,
    });
    expect(must(dcmo.description.children[0])).toEqual({
      name: 'Property',
      format: 'chr',
      access: ['Get', 'Replace'],
      occurrence: 'One',
      scope: 'dynamic',
      children: [],
    });
    expect(byName('urn:oma:mo:oma-dm-dmacc:1.2').dm1Moids).toEqual([]);
  });
});

describe("an operator's folder", () => {
  test("an operator's file adds a mapping or overrides one by MOID, whatever the spelling", () => {
    const folder = folderWith({
      'vendor.yaml':
        'moid: com.example/1.0/Radio\nname: Radio\nfind: type\nroots: [./Vendor/Radio]\nnewInstance: { parent: ./Vendor }\ndescription: { occurrence: ZeroOrOne }\ncache: { ttl: 2h }\n',
      'dcmo.yml': 'moid: oma:mo:oma-dcmo:1.0\nname: Capabilities\nfind: type\nroots: [./Cap/*]\n',
    });
    const { mappings } = loadMappings([folder]);
    const dcmo = mappings.filter(({ moid }) => moidKey(moid) === 'oma:mo:oma-dcmo:1.0');
    expect(dcmo.map(({ places }) => places.map(formatMoPlace))).toEqual([['./Cap/*']]);
    const radio = must(mappings.find(({ name }) => name === 'Radio'));
    expect(radio.newInstance).toEqual({ parent: './Vendor', single: true });
    expect(radio.cache).toEqual({ policy: 'ttl', seconds: 7200 });
    expect(mappings).toHaveLength(15);
  });

  test("an operator's folder may have a status table", () => {
    const folder = folderWith({
      'status.yaml':
        'toDm2: [{ dm1: [200], dm2: 200 }]\nuserInteraction: []\nothers: { success: 200, error: 503 }\nallowed: [{ codes: [200] }]\n',
    });
    expect(loadMappings([folder]).status.others.error).toBe(503);
  });
});

describe('a faulty file', () => {
  const HEAD = 'moid: urn:x:mo:a:1.0\nname: A\nfind: type\n';

  test.each<[string, string, Partial<MappingProblem>]>([
    ['an unknown key', `${HEAD}rootz: [./A]\n`, { line: 4, key: 'rootz', message: 'unknown key' }],
    ['a missing key', 'moid: urn:x:mo:a:1.0\nname: A\n', { line: 1, key: 'find', message: 'is required' }],
    ['a word outside the list', 'moid: urn:x:mo:a:1.0\nname: A\nfind: guess\n', { line: 3, key: 'find' }],
    ['a malformed LocURI', `${HEAD}roots:\n  - ./A\n  - A/B\n`, { line: 6, key: 'roots.1' }],
    ['a wildcard inside a root', `${HEAD}roots: [./*/A]\n`, { line: 4, key: 'roots.0' }],
    [
      'children of a leaf',
      `${HEAD}description:\n  nodes:\n    B:\n      format: int\n      nodes: { C: {} }\n`,
      { line: 8, key: 'description.nodes.B.nodes' },
    ],
    [
      'two un-named nodes',
      `${HEAD}description: { nodes: { <x>: {}, <y>: {} } }\n`,
      { line: 4, key: 'description.nodes' },
    ],
    [
      'an unknown format',
      `${HEAD}description: { nodes: { B: { format: text } } }\n`,
      { key: 'description.nodes.B.format' },
    ],
    ['a rename that loses a name', `${HEAD}renames: { A/<x>/B: C }\n`, { line: 4, key: 'renames.A/<x>/B' }],
    ['a rename out of an un-named node', `${HEAD}renames: { A/<x>/B: <x>/B }\n`, { line: 4 }],
    ['an un-named relocated node', `${HEAD}relocated: { <x>: ./B }\n`, { line: 4, key: 'relocated.<x>' }],
    ['an MO at a fixed place without roots', 'moid: urn:x:mo:a:1.0\nname: A\nfind: fixed\n', { line: 3, key: 'find' }],
    ['an MO found by place without roots', 'moid: urn:x:mo:a:1.0\nname: A\nfind: place\n', { line: 3, key: 'find' }],
    [
      'a virtual MO with a root',
      'moid: urn:x:mo:a:1.0\nname: A\nfind: virtual\nroots: [./A]\n',
      { line: 4, key: 'roots' },
    ],
    [
      'a list without items',
      `${HEAD}alertTypes:\n  - type: t\n    json: { type: string, items: { type: string } }\n`,
      { line: 6, key: 'alertTypes.0.json.items' },
    ],
    ['a malformed duration', `${HEAD}cache: { ttl: soon }\n`, { line: 4 }],
    ['a key twice', `${HEAD}name: B\n`, { line: 4, message: 'Map keys must be unique' }],
    ['broken YAML', 'moid: [\n', { line: 2 }],
  ])('loadMappings reports %s with file, line and key', (_, text, problem) => {
    const problems = problemsOf(folderWith({ 'a.yaml': text }));
    expect(problems).toContainEqual(expect.objectContaining({ file: 'a.yaml', ...problem }));
  });

  test('loadMappings reports all problems of all files together', () => {
    const folder = folderWith({ 'a.yaml': `${HEAD}x: 1\ny: 2\n`, 'b.yaml': 'name: B\n' });
    expect(problemsOf(folder).map(({ file, key }) => `${file} ${key}`)).toEqual(
      expect.arrayContaining(['a.yaml x', 'a.yaml y', 'b.yaml moid', 'b.yaml find']),
    );
  });

  test('loadMappings refuses one MOID twice in a folder, but not in two folders', () => {
    expect(problemsOf(folderWith({ 'a.yaml': HEAD, 'b.yaml': HEAD }))).toEqual([
      { file: 'b.yaml', line: 1, key: 'moid', message: expect.stringMatching(/^also in .*a\.yaml$/) },
    ]);
    expect(problemsOf(folderWith({ 'a.yaml': HEAD }), folderWith({ 'a.yaml': HEAD }))).toEqual([]);
  });

  test('loadMappings refuses an alias that another mapping has', () => {
    const folder = folderWith({ 'a.yaml': `${HEAD}aliases: [oma:mo:oma-scomo:1.1]\n` });
    expect(problemsOf(folder)).toEqual([
      {
        file: 'a.yaml',
        line: 1,
        key: 'moid',
        message: 'oma:mo:oma-scomo:1.1 means urn:oma:mo:oma-scomo:1.0 already (moid or aliases)',
      },
    ]);
  });

  test.each([
    ['a code with two rules', '{ dm1: [200, 200], dm2: 200 }', 'toDm2.0.dm1'],
    ['a rule without status', '{ dm1: [200] }', 'toDm2.0'],
    ['a retry without otherwise', '{ dm1: [200], retry: again }', 'toDm2.0'],
  ])('loadMappings refuses a status table that has %s', (_, rule, key) => {
    const text = `others: { success: 200, error: 500 }\nallowed: []\nuserInteraction: []\ntoDm2:\n  - ${rule}\n`;
    expect(problemsOf(folderWith({ 'status.yaml': text }))).toContainEqual(expect.objectContaining({ line: 5, key }));
  });

  test.each([
    ['a parameter that there is not', '- parameter: DevID\n  locUri: [./A]\n', { line: 1, key: '0.parameter' }],
    ['an address that is none', '- parameter: MCC\n  locUri: [./A//B]\n', { line: 2, key: '0.locUri.0' }],
    [
      'a parameter with two rules',
      '- { parameter: MCC, locUri: [./A] }\n- { parameter: MCC, locUri: [./B] }\n',
      { line: 2, key: '1.parameter' },
    ],
    [
      'a node with two rules',
      '- { parameter: MCC, locUri: [./A] }\n- { parameter: MNC, locUri: [./A] }\n',
      { line: 2, key: '1.locUri.0' },
    ],
  ])('loadMappings refuses values of ServerURIs with %s', (_, text, problem) => {
    expect(problemsOf(folderWith({ 'server-uri-values.yaml': text }))).toContainEqual(expect.objectContaining(problem));
  });

  test("an operator's rule for the value of a parameter replaces the shipped one, and only that", () => {
    const { toldParameters } = loadMappings([
      folderWith({ 'server-uri-values.yaml': '- { parameter: MCC, locUri: [./Vendor/Mcc] }\n' }),
    ]);
    expect(Array.from(toldParameters).filter(([, parameter]) => parameter === 'MCC')).toEqual([
      ['./Vendor/Mcc', 'MCC'],
    ]);
    expect(Array.from(toldParameters.values())).toContain('SPName');
  });

  test('loadMappings reports a folder that does not exist', () => {
    expect(problemsOf('/nonexistent/mappings')).toEqual([
      { file: 'mappings', line: 1, key: '', message: 'no such folder' },
    ]);
  });
});
