/** MO indexes: the registry, and an operator's additions. */
import { describe, expect, test } from 'vitest';
import { loadMappings, MappingFilesError } from '../../src/mapping/load.ts';
import { indexOfMo } from '../../src/mapping/mo-indexes.ts';
import { folderWith } from '../support/mappings.ts';

describe('the shipped MO indexes', () => {
  const { moIndexes } = loadMappings();

  test.each([
    ['urn:oma:mo:oma-lawmo:1.0', 0x09],
    ['urn:oma:mo:oma-dcmo:1.0', 0x0a],
    ['urn:oma:mo:oma-dm-devdetail:1.1', 0x0b],
    ['urn:oma:mo:oma-dm-devinfo:1.1', 0x0c],
    ['urn:oma:mo:oma-dm-dmacc:1.1', 0x0d],
    ['urn:oma:mo:oma-dm-devinfo:1.0', 0x0e],
    ['urn:oma:mo:oma-dm-devdetail:1.0', 0x0f],
    ['urn:oma:mo:oma-dm-dmacc:1.0', 0x11],
    ['urn:oma:mo:oma-diagmon:1.0', 0x12],
    ['urn:oma:mo:oma-fumo:1.0', 0x27],
    ['urn:oma:mo:oma-mms:1.3', 0x31],
    ['urn:oma:mo:oma-scomo:1.0', 0x36],
    ['urn:oma:mo:oma-scomo:1.1', 0x3c],
    ['oma:mo:oma-scomo:1.1', 0x3c],
    [0x1234, 0x1234],
    ['urn:oma:mo:oma-scomo:9.9', undefined],
  ])('the MO %s has the index %s', (name, index) => {
    expect(indexOfMo(moIndexes, name)).toBe(index);
  });
});

test("an operator's file adds indexes and changes shipped ones, whatever the spelling of the MOID", () => {
  const folder = folderWith({
    'mo-indexes.yaml': 'indexes: { "oma:mo:oma-fumo:1.0": 0x28, com.example/1.0/Radio: 65535 }\n',
  });
  const { moIndexes } = loadMappings([folder]);
  expect(indexOfMo(moIndexes, 'urn:oma:mo:oma-fumo:1.0')).toBe(0x28);
  expect(indexOfMo(moIndexes, 'com.example/1.0/Radio')).toBe(65_535);
  expect(indexOfMo(moIndexes, 'urn:oma:mo:oma-lawmo:1.0')).toBe(0x09);
});

test.each([
  ['an index above 65535', 'indexes:\n  a: 65536\n', '2: indexes.a: must be <= 65535'],
  ['a text', 'indexes:\n  a: one\n', '2: indexes.a: must be integer'],
  ['another key', 'indexes: {}\nmore: 1\n', '2: more: '],
  ['a MOID in two spellings', 'indexes:\n  urn:a: 1\n  a: 2\n', '3: indexes.a: the MOID has an index already'],
])('a file with %s is refused with its line', (_, text, problem) => {
  const folder = folderWith({ 'mo-indexes.yaml': text });
  const problems = () => {
    try {
      loadMappings([folder]);
    } catch (error) {
      if (error instanceof MappingFilesError) return error.problems;
    }
    return [];
  };
  const [first] = problems();
  expect(`${first?.line}: ${first?.key}: ${first?.message}`).toContain(problem);
});
