/** Old spellings of mapping files mean the same as the current ones, and each one is reported. */
import { describe, expect, test } from 'vitest';
import { pointerOnDisk, toCurrentMappingFile } from '../../src/mapping/deprecated-keys.ts';
import { loadMappings, MappingFilesError } from '../../src/mapping/load.ts';
import type { MoMapping } from '../../src/mapping/mapping.ts';
import type { MappingProblem } from '../../src/mapping/yaml-file.ts';
import { folderWith, must } from '../support/mappings.ts';

const HEAD = 'moid: com.example/1.0/Radio\nname: Radio\n';

function load(text: string) {
  const { mappings, warnings } = loadMappings([folderWith({ 'radio.yaml': text })]);
  const mapping: MoMapping = must(mappings.find(({ name }) => name === 'Radio'));
  return { mapping, warnings };
}

describe('an old spelling', () => {
  test.each([
    [
      'elsewhere',
      'relocated',
      'find: type\nelsewhere: { FwV: ./DevDetail/FwV }',
      'find: type\nrelocated: { FwV: ./DevDetail/FwV }',
      4,
    ],
    ['minima', 'minimumAccess', 'find: type\nminima: true', 'find: type\nminimumAccess: true', 4],
    ['find: made', 'find: virtual', 'find: made', 'find: virtual', 3],
  ])(
    '%s is read as %s, with a warning that names file, line and new spelling',
    (old, replacement, before, now, line) => {
      const read = load(`${HEAD}${before}\n`);
      const current = load(`${HEAD}${now}\n`);
      expect(read.mapping).toEqual(current.mapping);
      expect(read.warnings).toEqual([{ file: expect.stringMatching(/radio\.yaml$/), line, old, replacement }]);
      expect(current.warnings).toEqual([]);
    },
  );

  test('two old spellings in one file are both reported', () => {
    const { warnings } = load(`${HEAD}minima: false\nfind: made\n`);
    expect(warnings.map(({ line, old }) => [line, old])).toEqual([
      [3, 'minima'],
      [4, 'find: made'],
    ]);
  });

  test('an old spelling keeps its name and its line in a problem', () => {
    expect(problemsOf(`${HEAD}find: type\nelsewhere:\n  A: ./A\n  <x>: ./B\n`)).toEqual([
      { file: expect.any(String), line: 6, key: 'elsewhere.<x>', message: 'a relocated node has a fixed name' },
    ]);
    expect(problemsOf(`${HEAD}find: type\nminima: maybe\n`)).toMatchObject([{ line: 4, key: 'minima' }]);
  });

  test('an old spelling beside the current one is refused', () => {
    expect(problemsOf(`${HEAD}find: type\nminimumAccess: true\nminima: true\n`)).toMatchObject([
      { line: 5, key: 'minima', message: 'unknown key' },
    ]);
  });
});

test('a status table with toDm1 is read as one without it, with a warning', () => {
  const table = 'toDm2: []\nuserInteraction: []\nothers: { success: 200, error: 503 }\nallowed: []\n';
  const current = loadMappings([folderWith({ 'status.yaml': table })]);
  const old = loadMappings([folderWith({ 'status.yaml': `${table}toDm1: [{ dm2: 200, dm1: 200 }]\n` })]);
  expect(old.status).toEqual(current.status);
  expect(old.warnings).toEqual([{ file: expect.stringMatching(/status\.yaml$/), line: 5, old: 'toDm1' }]);
  expect(current.warnings).toEqual([]);
});

test('the shipped files use no old spelling', () => {
  expect(loadMappings().warnings).toEqual([]);
});

test.each([[undefined], [null], ['text'], [7], [['elsewhere']]])('a file that is %j stays as it is', (value) => {
  expect(toCurrentMappingFile(value)).toEqual({ value, deprecated: [] });
});

test.each([
  ['', ''],
  ['/relocated', '/elsewhere'],
  ['/relocated/A~1B', '/elsewhere/A~1B'],
  ['/relocatedNodes', '/relocatedNodes'],
  ['/description/relocated', '/description/relocated'],
])('the pointer %j into the rewritten file is %j on disk', (pointer, onDisk) => {
  const { deprecated } = toCurrentMappingFile({ elsewhere: {}, find: 'made' });
  expect(pointerOnDisk(pointer, deprecated)).toBe(onDisk);
});

function problemsOf(text: string): readonly MappingProblem[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof MappingFilesError) return error.problems;
    throw error;
  }
  return [];
}
