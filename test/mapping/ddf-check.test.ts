import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkWrite, type Presence } from '../../src/mapping/ddf-check.ts';
import { toDdfMappings } from '../../src/mapping/ddf-mapping.ts';
import { readDdf } from '../../src/mapping/ddf-read.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { ddfFixture } from '../support/ddf.ts';
import { must } from '../support/mappings.ts';

const radio = must(toDdfMappings(readDdf(ddfFixture('radio.ddf')))[0]);
const leaf = (name: string, format: MoNode['format'], value: string): MoNode => ({ name, format, value });
const node = (name: string, ...children: readonly MoNode[]): MoNode => ({ name, format: 'node', children });
const band = (name: string) => node(name, leaf('Centre', 'float', '868.3'));

describe("a write that the vendor's DDF allows", () => {
  test.each<[string, readonly string[], MoNode | 'delete', Presence]>([
    ['a value', ['Power'], leaf('Power', 'int', '-3'), 'present'],
    ['a name in other letters, which its root makes equal', ['POWER'], leaf('POWER', 'int', '3'), 'present'],
    ['bytes that are called otherwise', ['Firmware'], leaf('Firmware', 'b64', 'AQ=='), 'present'],
    ['a new node with its parts', ['Bands', 'b1'], band('b1'), 'absent'],
    ['a part of one that is there', ['Bands', 'b1', 'Note'], leaf('Note', 'chr', 'x'), 'unknown'],
    ['deletion', ['Bands', 'b1'], 'delete', 'present'],
    ['deletion of the instance', [], 'delete', 'present'],
    ['as many as may be', ['Bands'], node('Bands', band('a'), band('b'), band('c')), 'present'],
    ['a whole instance, permanent nodes included', [], node('Radio', leaf('Power', 'int', '5')), 'absent'],
  ])('a write that the DDF allows is not refused: %s', (_what, path, change, presence) => {
    expect(checkWrite(radio, path, change, presence)).toBeUndefined();
  });
});

describe('a write that it does not allow', () => {
  test.each<[string, readonly string[], MoNode | 'delete', Presence, number, string]>([
    ['a node that it has not', ['Colour'], leaf('Colour', 'chr', 'x'), 'absent', 404, 'Radio/Colour'],
    ['a node below a leaf', ['Power', 'x'], leaf('x', 'chr', 'x'), 'absent', 404, 'Radio/Power/x'],
    ['a part that it has not', ['Bands', 'b'], node('b', leaf('Z', 'chr', '')), 'absent', 404, 'Radio/Bands/b/Z'],
    ['another format', ['Power'], leaf('Power', 'chr', '3'), 'present', 415, 'format int'],
    ['a value of another format', ['Power'], leaf('Power', 'int', 'high'), 'present', 415, 'format int'],
    ['a leaf for an interior node', ['Bands'], leaf('Bands', 'chr', ''), 'present', 415, 'interior'],
    ['an interior node for a leaf', ['Power'], node('Power'), 'present', 415, 'a leaf'],
    ['adding without Add', ['Firmware'], leaf('Firmware', 'bin', ''), 'absent', 403, 'Add'],
    ['a new interior node without Add', ['Bands'], node('Bands'), 'absent', 403, 'Add'],
    ['deleting without Delete', ['Bands', 'b', 'Note'], 'delete', 'present', 403, 'Delete'],
    ['deleting a permanent node', ['Power'], 'delete', 'present', 405, 'permanent'],
    ['too many', ['Bands'], node('Bands', band('a'), band('b'), band('c'), band('d')), 'present', 415, 'at most 3'],
    ['too few', ['Bands', 'b'], node('b', leaf('Note', 'chr', '')), 'absent', 415, 'Centre is missing'],
  ])('a write that the DDF does not allow is refused: %s', (_what, path, change, presence, status, reason) => {
    const refusal = must(checkWrite(radio, path, change, presence));
    expect(refusal.status).toBe(status);
    expect(refusal.reason).toContain(reason);
  });

  test('a leaf is written as its access types allow, whether it is present or not', () => {
    const access = (access: readonly ('Get' | 'Add' | 'Replace')[]) => ({
      ...radio,
      description: { ...radio.description, children: [{ ...must(radio.description.children[0]), access }] },
    });
    const statusOf = (types: Parameters<typeof access>[0], presence: Presence) =>
      checkWrite(access(types), ['Power'], leaf('Power', 'int', '1'), presence)?.status;
    expect((['present', 'absent', 'unknown'] as const).map((each) => statusOf(['Get'], each))).toEqual([403, 403, 403]);
    expect((['present', 'absent', 'unknown'] as const).map((each) => statusOf(['Replace'], each))).toEqual([
      undefined,
      403,
      undefined,
    ]);
    expect((['present', 'absent', 'unknown'] as const).map((each) => statusOf(['Add'], each))).toEqual([
      403,
      undefined,
      undefined,
    ]);
  });

  test('a refusal never contains the value', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^secret[a-z]{1,9}$/), (value) => {
        expect(must(checkWrite(radio, ['Power'], leaf('Power', 'int', value))).reason).not.toContain(value);
      }),
    );
  });
});

test('the minimum access types of standard mappings refuse nothing', () => {
  const fumo = must(loadMappings().mappings.find(({ moid }) => moid === 'urn:oma:mo:oma-fumo:1.0'));
  expect(fumo.minimumAccess).toBe(true);
  expect(checkWrite(fumo, ['State'], leaf('State', 'chr', 'x'), 'present')).toBeUndefined();
  expect(checkWrite({ ...fumo, minimumAccess: false }, ['State'], leaf('State', 'chr', 'x'), 'present')?.status).toBe(
    403,
  );
});

test('an interior node without described children may have any', () => {
  const fumo = must(loadMappings().mappings.find(({ moid }) => moid === 'urn:oma:mo:oma-fumo:1.0'));
  const vendor = { ...fumo, minimumAccess: false };
  expect(checkWrite(vendor, ['Ext', 'A', 'B'], leaf('B', 'chr', 'x'), 'absent')).toBeUndefined();
  expect(checkWrite(vendor, ['Ext', 'A'], 'delete')).toBeUndefined();
});
