/** Trees and nodes from the Results of a device (DM-TND §7, §9). */
import { describe, expect, test } from 'vitest';
import type { PlainItem } from '../../src/dm1/plain-item.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { Mutable } from '../../src/mutable.ts';
import type { Meta } from '../../src/syncml/message.ts';
import { nodeFromGet, treeFromStruct as treeFromStructInParts } from '../../src/tree/results-tree.ts';
import { atOnce } from '../support/at-once.ts';

const treeFromStruct = atOnce(treeFromStructInParts);

function item(source: string, format?: string, data?: string, type?: string): PlainItem {
  const result: Mutable<PlainItem> = { source };
  const meta: Mutable<Meta> = {};
  if (format !== undefined) meta.format = format;
  if (type !== undefined) meta.type = type;
  if (Object.keys(meta).length > 0) result.meta = meta;
  if (data !== undefined) result.data = data;
  return result;
}

describe('a tree from ?list=StructData', () => {
  test('is read in any order, with and without ./ and query, and without Items of other nodes', () => {
    const items = [
      item('Mail/Acct1/Port', 'int', '993'),
      item('./Mail/Acct1/Host?list=StructData', undefined, 'imap.example'),
      item('./Mail/Acct10/Host', 'chr', 'other'),
      item('./Mail/Acct1', 'node', undefined, 'com.example/1.0/Mail'),
      item('./Mail/Acct1/Key', 'B64', 'AAE=', 'application/octet-stream'),
    ];
    expect(treeFromStruct(parseLocUri('./Mail/Acct1'), items, { withData: true })).toEqual({
      name: 'Acct1',
      format: 'node',
      type: 'com.example/1.0/Mail',
      children: [
        { name: 'Port', format: 'int', value: '993' },
        { name: 'Host', format: 'chr', value: 'imap.example' },
        { name: 'Key', format: 'b64', type: 'application/octet-stream', value: 'AAE=' },
      ],
    });
  });

  test('gets chr for leaves without format, node for parents, and the nodes between that are not listed', () => {
    const items = [
      item('./A'),
      item('./A/B/C', undefined, 'v'),
      item('./A/D', 'chr', undefined, 'text/plain'),
      item('./A/D/E', 'Chr', ''),
    ];
    expect(treeFromStruct(parseLocUri('./A'), items, { withData: true })).toEqual({
      name: 'A',
      format: 'node',
      children: [
        { name: 'B', format: 'node', children: [{ name: 'C', format: 'chr', value: 'v' }] },
        { name: 'D', format: 'node', children: [{ name: 'E', format: 'chr', value: '' }] },
      ],
    });
  });

  test('keeps null, empty and absent values apart', () => {
    const items = [item('./A', 'node'), item('./A/n', 'null', ''), item('./A/e', 'chr', ''), item('./A/a', 'chr')];
    expect(treeFromStruct(parseLocUri('./A'), items, { withData: true })?.children).toEqual([
      { name: 'n', format: 'null' },
      { name: 'e', format: 'chr', value: '' },
      { name: 'a', format: 'chr' },
    ]);
  });

  test('may be a single leaf, an empty interior node, or the whole tree of the device', () => {
    expect(treeFromStruct(parseLocUri('./A/l'), [item('./A/l', undefined, 'v')], { withData: true })).toEqual({
      name: 'l',
      format: 'chr',
      value: 'v',
    });
    expect(treeFromStruct(parseLocUri('./A'), [item('./A', 'node')], { withData: true })).toEqual({
      name: 'A',
      format: 'node',
      children: [],
    });
    expect(treeFromStruct(parseLocUri('.'), [item('./A/l', undefined, 'v')], { withData: true })).toMatchObject({
      name: '.',
      children: [{ name: 'A' }],
    });
  });

  test('is undefined when no Item is at or below the node', () => {
    expect(
      treeFromStruct(parseLocUri('./A'), [item('./B', 'node'), { data: 'x' }], { withData: true }),
    ).toBeUndefined();
  });

  test.each([
    [64, true],
    [65, false],
  ])('has a node %i levels below its top: %s', (levels, isThere) => {
    const source = `./A${'/x'.repeat(levels)}`;
    const tree = treeFromStruct(parseLocUri('./A'), [item('./A', 'node'), item(source, 'chr', 'v')], {
      withData: true,
    });
    let at = tree;
    let depth = 0;
    for (; at?.children?.[0] !== undefined; at = at.children[0]) depth += 1;
    expect([depth, at?.value]).toEqual(isThere ? [levels, 'v'] : [0, undefined]);
  });

  test('leaves out a LocURI of 50,000 names', () => {
    const deep = `./A/${'x/'.repeat(50_000)}y`;
    expect(
      treeFromStruct(parseLocUri('./A'), [item('./A', 'node'), item(deep, 'chr', 'v')], { withData: true })?.children,
    ).toEqual([]);
  });
});

test('a tree from ?list=Struct has no values, even if the device sends some', () => {
  expect(
    treeFromStruct(parseLocUri('./A'), [item('./A', 'node'), item('./A/l', 'int', '5')], { withData: false })?.children,
  ).toEqual([{ name: 'l', format: 'int' }]);
});

describe('the Results of a plain Get', () => {
  test.each<[string, PlainItem, ReturnType<typeof nodeFromGet>]>([
    ['a leaf', item('./A/l', 'int', '5'), { node: { name: 'l', format: 'int', value: '5' } }],
    ['a leaf, when Meta is missing', { data: 'v' }, { node: { name: 'l', format: 'chr', value: 'v' } }],
    [
      'a leaf, when Meta has a Size only',
      { meta: { size: 1 }, data: 'v' },
      { node: { name: 'l', format: 'chr', value: 'v' } },
    ],
    ['a leaf without value', item('./A/l', 'null'), { node: { name: 'l', format: 'null' } }],
    [
      'an interior node with children',
      item('./A/l', 'Node', 'a/b /c'),
      { node: { name: 'l', format: 'node', children: [] }, childNames: ['a', 'b', 'c'] },
    ],
    [
      'an interior node without children',
      item('./A/l', 'node', ''),
      { node: { name: 'l', format: 'node', children: [] }, childNames: [] },
    ],
    [
      'an interior node with a MOID',
      item('./A/l', 'node', 'a', 'urn:x:1.0'),
      { node: { name: 'l', format: 'node', type: 'urn:x:1.0', children: [] }, childNames: ['a'] },
    ],
  ])('are read as %s', (_, answer, expected) => {
    expect(nodeFromGet(parseLocUri('./A/l'), answer)).toEqual(expected);
  });
});
