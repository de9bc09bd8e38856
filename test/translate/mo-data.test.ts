/** MO data as JSON and as nodes (DM-2.0 §7.2.1.4, §6.3.1). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/json-text.ts';
import type { NodeDescription } from '../../src/mapping/mapping.ts';
import type { MoNode, NodeFormat } from '../../src/mo/node.ts';
import {
  type Describe,
  fromMoData as fromMoDataInParts,
  toMoData as toMoDataInParts,
} from '../../src/translate/mo-data.ts';
import { atOnce } from '../support/at-once.ts';
import { moTree } from '../support/mo-trees.ts';

const fromMoData = atOnce(fromMoDataInParts);
const toMoData = atOnce(toMoDataInParts);

const UNKNOWN: Describe = () => undefined;
const described = (format: NodeFormat, more: Partial<NodeDescription> = {}): Describe => {
  const node: NodeDescription = {
    name: 'n',
    format,
    access: ['Get'],
    occurrence: 'One',
    scope: 'dynamic',
    children: [],
    ...more,
  };
  return (path) => (path.length === 0 ? node : undefined);
};

describe('the JSON value of a leaf', () => {
  test.each<[NodeFormat, string | undefined, unknown]>([
    ['chr', 'text', 'text'],
    ['chr', '', ''],
    ['chr', '5', '5'],
    ['chr', undefined, null],
    ['null', undefined, null],
    ['int', '-42', -42],
    ['int', ' 7 ', 7],
    ['int', 'seven', 'seven'],
    ['int', '', ''],
    ['float', '1.5', 1.5],
    ['float', 'INF', 'INF'],
    ['bool', 'true', true],
    ['bool', 'False', false],
    ['bool', '1', '1'],
    ['b64', 'AAE=', 'AAE='],
    ['bin', 'AAE=', 'AAE='],
    ['xml', '<a/>', '<a/>'],
    ['date', '2026-01-31', '2026-01-31'],
    ['time', '101500', '101500'],
  ])('of the format %s with the value %j is %j', (format, value, json) => {
    const node: MoNode = { name: 'n', format, ...(value === undefined ? {} : { value }) };
    expect(toMoData(node, UNKNOWN)).toBe(json);
  });

  test.each<[NodeFormat, string, string]>([
    ['int', '99999999999999999999', '99999999999999999999'],
    ['int', '-9007199254740993', '-9007199254740993'],
    ['int', ' +007 ', '7'],
    ['float', '1.5e3', '1.5e3'],
    ['float', '1.50', '1.50'],
    ['float', '1e400', '1e400'],
    ['float', '.5', '0.5'],
  ])('of the format %s with the value %j has all its digits: %s', (format, value, json) => {
    expect(JSON.stringify(toMoData({ name: 'n', format, value }, UNKNOWN))).toBe(json);
    expect(JSON.stringify(toMoData({ name: 'n', format: 'chr', value }, described(format)))).toBe(json);
  });

  test('follows the format of the description, not that of the device', () => {
    expect(toMoData({ name: 'n', format: 'chr', value: '5' }, described('int'))).toBe(5);
    expect(toMoData({ name: 'n', format: 'int', value: '5' }, described('chr'))).toBe('5');
    expect(toMoData({ name: 'n', format: 'null' }, described('int'))).toBeNull();
    expect(toMoData({ name: 'n', format: 'int', value: '5' }, described('node'))).toBe(5);
    // Vendors write null for what may hold anything; nothing that a device tells is lost.
    expect(toMoData({ name: 'n', format: 'int', value: '5' }, described('null'))).toBe(5);
    const existing: MoNode = { name: 'n', format: 'int', value: '5' };
    expect(fromMoData(6, 'n', described('null'), existing)).toMatchObject({ format: 'int', value: '6' });
  });
});

test('an interior node becomes an object, even without children', () => {
  const node: MoNode = {
    name: 'r',
    format: 'node',
    children: [
      { name: 'e', format: 'node', children: [] },
      { name: '__proto__', format: 'int', value: '1' },
    ],
  };
  expect(JSON.stringify(toMoData(node, UNKNOWN))).toBe('{"e":{},"__proto__":1}');
});

describe('a JSON value', () => {
  test.each<[string, unknown, Describe, MoNode | undefined, MoNode]>([
    ['a new string', 'v', UNKNOWN, undefined, { name: 'n', format: 'chr', value: 'v' }],
    ['a new integer', 5, UNKNOWN, undefined, { name: 'n', format: 'int', value: '5' }],
    [
      'a big integer in digits',
      1e21,
      described('int'),
      undefined,
      { name: 'n', format: 'int', value: '1000000000000000000000' },
    ],
    ['a new fraction', 0.5, UNKNOWN, undefined, { name: 'n', format: 'float', value: '0.5' }],
    ['a new truth value', false, UNKNOWN, undefined, { name: 'n', format: 'bool', value: 'false' }],
    ['a new null', null, UNKNOWN, undefined, { name: 'n', format: 'null' }],
    [
      'the format of the description',
      'true',
      described('bool'),
      undefined,
      { name: 'n', format: 'bool', value: 'true' },
    ],
    [
      'its MIME type',
      'AAE=',
      described('bin', { type: 'image/png' }),
      undefined,
      { name: 'n', format: 'bin', type: 'image/png', value: 'AAE=' },
    ],
    [
      'the format of the device first',
      5,
      described('int'),
      { name: 'n', format: 'chr', value: '4' },
      { name: 'n', format: 'chr', value: '5' },
    ],
    [
      'the type of the device',
      'v',
      described('chr', { type: 'a/b' }),
      { name: 'n', format: 'chr', type: 'c/d' },
      { name: 'n', format: 'chr', type: 'c/d', value: 'v' },
    ],
    ['a number as text for int', ' 12\n', described('int'), undefined, { name: 'n', format: 'int', value: '12' }],
    ['an integer for float', 3, described('float'), undefined, { name: 'n', format: 'float', value: '3' }],
    ['the empty string', '', described('chr'), undefined, { name: 'n', format: 'chr', value: '' }],
    ['null for a leaf without a value', null, UNKNOWN, { name: 'n', format: 'chr' }, { name: 'n', format: 'chr' }],
    ['an object', {}, UNKNOWN, undefined, { name: 'n', format: 'node', children: [] }],
    [
      'an object, with the MOID of the node',
      {},
      UNKNOWN,
      { name: 'n', format: 'node', type: 'urn:x', children: [] },
      { name: 'n', format: 'node', type: 'urn:x', children: [] },
    ],
  ])('is read as a node: %s', (_, json, describeNode, existing, node) => {
    expect(fromMoData(json, 'n', describeNode, existing)).toEqual(node);
  });

  test.each<[string, Describe, MoNode | undefined, Partial<MoNode>]>([
    ['1234567890123456789', UNKNOWN, undefined, { format: 'int', value: '1234567890123456789' }],
    ['1234567890123456789', described('int'), undefined, { format: 'int', value: '1234567890123456789' }],
    ['1234567890123456789', described('float'), undefined, { format: 'float', value: '1234567890123456789' }],
    ['1e400', UNKNOWN, undefined, { format: 'float', value: '1e400' }],
    ['1e400', described('float'), undefined, { format: 'float', value: '1e400' }],
    ['1e3', UNKNOWN, undefined, { format: 'float', value: '1e3' }],
    ['1.50', UNKNOWN, undefined, { format: 'float', value: '1.50' }],
    ['1.50', described('float'), { name: 'n', format: 'chr', value: '' }, { format: 'chr', value: '1.50' }],
    ['1.0', UNKNOWN, undefined, { format: 'float', value: '1.0' }],
    ['1.0', described('int'), undefined, { format: 'int', value: '1' }],
    ['1e3', described('int'), { name: 'n', format: 'chr', value: '' }, { format: 'chr', value: '1000' }],
    ['-0', UNKNOWN, undefined, { format: 'int', value: '-0' }],
    ['1.50', described('chr'), undefined, { format: 'chr', value: '1.50' }],
    ['1e400', described('chr'), undefined, { format: 'chr', value: '1e400' }],
    ['-0', described('chr'), undefined, { format: 'chr', value: '-0' }],
    ['1234567890123456789', described('chr'), undefined, { format: 'chr', value: '1234567890123456789' }],
    ['true', described('chr'), undefined, { format: 'chr', value: 'true' }],
    ['1.50', UNKNOWN, { name: 'n', format: 'chr', value: '' }, { format: 'chr', value: '1.50' }],
    ['20261201', described('date'), undefined, { format: 'date', value: '20261201' }],
    ['false', described('bool'), { name: 'n', format: 'chr', value: '' }, { format: 'chr', value: 'false' }],
  ])('keeps its digits: %s', (json, describeNode, existing, node) => {
    const value = parseJson(json, 1);
    expect(fromMoData(value, 'n', describeNode, existing)).toEqual({ name: 'n', ...node });
    expect(fromMoData(structuredClone(value), 'n', describeNode, existing)).toEqual({ name: 'n', ...node });
    const inside = fromMoData(parseJson(`{"n":${json}}`, 1), 'r', (path) =>
      path.length === 1 ? describeNode([]) : undefined,
    );
    if (existing === undefined) expect(inside.children).toEqual([{ name: 'n', ...node }]);
  });

  test.each<[string, Describe]>([
    ['1234567890123456789', described('xml')],
    ['1.50', described('int')],
    ['1e400', described('int')],
    ['1.50', described('node')],
    ['1.50', described('bool')],
    ['1.50', described('null')],
  ])('is refused for another format: %s', (json, describeNode) => {
    expect(() => fromMoData(parseJson(json, 1), 'n', describeNode)).toThrow(
      expect.objectContaining({ code: 'ERR_MO_DATA_SHAPE' }),
    );
  });

  test('has children whose descriptions and nodes are found by their names', () => {
    const describeNode: Describe = (path) => (path.join('/') === 'a/b' ? described('bool')([]) : undefined);
    const existing: MoNode = { name: 'r', format: 'node', children: [{ name: 'c', format: 'int', value: '1' }] };
    expect(fromMoData({ a: { b: 'true' }, c: 2 }, 'r', describeNode, existing).children).toEqual([
      { name: 'a', format: 'node', children: [{ name: 'b', format: 'bool', value: 'true' }] },
      { name: 'c', format: 'int', value: '2' },
    ]);
  });

  test.each<[string, unknown, Describe, MoNode | undefined]>([
    ['text for int', 'abc', described('int'), undefined],
    ['a fraction for int', 1.5, described('int'), undefined],
    ['text for bool', 'maybe', described('bool'), undefined],
    ['a number for bool', 1, described('bool'), undefined],
    ['a number for xml', 5, described('xml'), undefined],
    ['a number for bin', 1234, described('bin'), undefined],
    ['a number for bytes that are described as text', 1234, described('chr'), { name: 'n', format: 'b64', value: '' }],
    ['a number for text that is described as bool', 1, described('bool'), { name: 'n', format: 'chr', value: '' }],
    ['a truth value for a date', true, described('date'), undefined],
    [
      'a truth value for text that is described as int',
      true,
      described('int'),
      { name: 'n', format: 'chr', value: '' },
    ],
    ['text for float', 'x', described('float'), undefined],
    ['text without base64 for bin', '%%', described('bin'), undefined],
    ['null for a value', null, described('int'), undefined],
    ['a value for null', 'x', described('null'), undefined],
    ['an object for a leaf', {}, described('chr'), undefined],
    ['a value for an interior node', 'x', described('node'), undefined],
    ['an object for a leaf of the device', {}, UNKNOWN, { name: 'n', format: 'int', value: '1' }],
    ['text for an int of the device', 'abc', described('chr'), { name: 'n', format: 'int', value: '1' }],
    ['a list', [], UNKNOWN, undefined],
    ['a list inside', { a: [1] }, UNKNOWN, undefined],
  ])('is refused: %s', (_, json, describeNode, existing) => {
    expect(() => fromMoData(json, 'n', describeNode, existing)).toThrow(
      expect.objectContaining({ code: 'ERR_MO_DATA_SHAPE' }),
    );
  });

  test('a refusal names the node and never the value', () => {
    expect(() =>
      fromMoData({ a: { pin: 'secret' } }, 'n', (path) => (path.at(-1) === 'pin' ? described('int')([]) : undefined)),
    ).toThrow(/^not a value of format int: n\/a\/pin$/);
  });
});

/** JSON puts names that are numbers first; the order of children means nothing. */
function sorted(node: MoNode): MoNode {
  if (node.children === undefined) return node;
  return { ...node, children: node.children.map(sorted).sort((one, other) => (one.name < other.name ? -1 : 1)) };
}

test('a tree that is read as JSON is written back unchanged', () => {
  fc.assert(
    fc.property(moTree(), (root) => {
      const json = parseJson(JSON.stringify(toMoData(root, UNKNOWN)), 128);
      expect(sorted(fromMoData(json, root.name, UNKNOWN, root))).toEqual(sorted(root));
    }),
    { numRuns: 300 },
  );
});
