import { describe, expect, test } from 'vitest';
import type { PlainItem } from '../../src/dm1/plain-item.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { nodeFromGet, treeFromStruct } from '../../src/tree/results-tree.ts';

const item = (source: string, format?: string, data?: string, type?: string): PlainItem => ({
  source,
  ...(format === undefined && type === undefined
    ? {}
    : { meta: { ...(format && { format }), ...(type !== undefined && { type }) } }),
  ...(data === undefined ? {} : { data }),
});

describe('?list=StructData', () => {
  test('in any order, with and without ./ and query, other places ignored', () => {
    const items = [
      item('Mail/Acct1/Port', 'int', '993'),
      item('./Mail/Acct1/Host?list=StructData', undefined, 'imap.example'),
      item('./Mail/Acct10/Host', 'chr', 'other'),
      item('./Mail/Acct1', 'node', undefined, 'com.example/1.0/Mail'),
      item('./Mail/Acct1/Key', 'B64', 'AAE=', 'application/octet-stream'),
    ];
    expect(treeFromStruct(parseLocUri('./Mail/Acct1'), items, { withData: true })).toEqual({
      tree: {
        name: 'Acct1',
        format: 'node',
        type: 'com.example/1.0/Mail',
        children: [
          { name: 'Port', format: 'int', value: '993' },
          { name: 'Host', format: 'chr', value: 'imap.example' },
          { name: 'Key', format: 'b64', type: 'application/octet-stream', value: 'AAE=' },
        ],
      },
    });
  });

  test('what is missing is inferred: chr for a leaf, node for what has children, nodes in between', () => {
    const items = [
      item('./A'),
      item('./A/B/C', undefined, 'v'),
      item('./A/D', 'chr', undefined, 'text/plain'),
      item('./A/D/E', 'Chr', ''),
    ];
    expect(treeFromStruct(parseLocUri('./A'), items, { withData: true }).tree).toEqual({
      name: 'A',
      format: 'node',
      children: [
        { name: 'B', format: 'node', children: [{ name: 'C', format: 'chr', value: 'v' }] },
        { name: 'D', format: 'node', children: [{ name: 'E', format: 'chr', value: '' }] },
      ],
    });
  });

  test('null, empty and absent stay different', () => {
    const items = [item('./A', 'node'), item('./A/n', 'null', ''), item('./A/e', 'chr', ''), item('./A/a', 'chr')];
    expect(treeFromStruct(parseLocUri('./A'), items, { withData: true }).tree?.children).toEqual([
      { name: 'n', format: 'null' },
      { name: 'e', format: 'chr', value: '' },
      { name: 'a', format: 'chr' },
    ]);
  });

  test('a leaf alone, an empty interior node, the whole tree', () => {
    expect(treeFromStruct(parseLocUri('./A/l'), [item('./A/l', undefined, 'v')], { withData: true }).tree).toEqual({
      name: 'l',
      format: 'chr',
      value: 'v',
    });
    expect(treeFromStruct(parseLocUri('./A'), [item('./A', 'node')], { withData: true }).tree).toEqual({
      name: 'A',
      format: 'node',
      children: [],
    });
    expect(treeFromStruct(parseLocUri('.'), [item('./A/l', undefined, 'v')], { withData: true }).tree).toMatchObject({
      name: '.',
      children: [{ name: 'A' }],
    });
  });

  test('nothing when no Item belongs there', () => {
    expect(treeFromStruct(parseLocUri('./A'), [item('./B', 'node'), { data: 'x' }], { withData: true })).toEqual({});
  });

  test('a LocURI without end is left out', () => {
    const deep = `./A/${'x/'.repeat(50_000)}y`;
    expect(
      treeFromStruct(parseLocUri('./A'), [item('./A', 'node'), item(deep, 'chr', 'v')], { withData: true }).tree
        ?.children,
    ).toEqual([]);
  });
});

test('?list=Struct has no values, whatever a device adds', () => {
  expect(
    treeFromStruct(parseLocUri('./A'), [item('./A', 'node'), item('./A/l', 'int', '5')], { withData: false }).tree
      ?.children,
  ).toEqual([{ name: 'l', format: 'int' }]);
});

describe('a plain Get', () => {
  test.each<[string, PlainItem, ReturnType<typeof nodeFromGet>]>([
    ['a leaf', item('./A/l', 'int', '5'), { node: { name: 'l', format: 'int', value: '5' } }],
    ['a leaf without Meta', { data: 'v' }, { node: { name: 'l', format: 'chr', value: 'v' } }],
    ['Meta with a Size only', { meta: { size: 1 }, data: 'v' }, { node: { name: 'l', format: 'chr', value: 'v' } }],
    ['a leaf without value', item('./A/l', 'null'), { node: { name: 'l', format: 'null' } }],
    [
      'children',
      item('./A/l', 'Node', 'a/b /c'),
      { node: { name: 'l', format: 'node', children: [] }, childNames: ['a', 'b', 'c'] },
    ],
    ['no children', item('./A/l', 'node', ''), { node: { name: 'l', format: 'node', children: [] }, childNames: [] }],
    [
      'a MOID',
      item('./A/l', 'node', 'a', 'urn:x:1.0'),
      { node: { name: 'l', format: 'node', type: 'urn:x:1.0', children: [] }, childNames: ['a'] },
    ],
  ])('%s', (_, answer, expected) => {
    expect(nodeFromGet(parseLocUri('./A/l'), answer)).toEqual(expected);
  });
});
