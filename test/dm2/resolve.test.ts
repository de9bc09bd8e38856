import { describe, expect, test } from 'vitest';
import { parseClientUri } from '../../src/dm2/client-uri.ts';
import { type MoInstanceTree, type Resolution, resolveOnTrees, truncate } from '../../src/dm2/resolve.ts';
import { parseMiid } from '../../src/mo/miid.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { moidRecognizer } from '../support/dm2/moid-recognizer.ts';

const M = 'urn:oma:mo:moid:1.0';
const leaf = (name: string, value: string): MoNode => ({ name, format: 'chr', value });
const interior = (name: string, ...children: readonly MoNode[]): MoNode => ({ name, format: 'node', children });
const datum = (name: string, date: string, value: string) => interior(name, leaf('Date', date), leaf('Value', value));

/** The instances of figure 5, as far as the examples of §6.1.3 tell what is in them. */
const FIGURE_5: readonly MoInstanceTree[] = [
  {
    miid: parseMiid('left'),
    tree: interior(
      'moroot1',
      leaf('ID', 'GPS'),
      leaf('Setting', '0xA1'),
      interior('Data', datum('1', '12.1', 'a'), datum('2', '12.2', 'b')),
    ),
  },
  {
    miid: parseMiid('right'),
    tree: interior(
      'moroot2',
      leaf('ID', 'Temperature'),
      leaf('Setting', '0xB2'),
      interior('Data', datum('1', '12.1', 'c'), datum('2', '12.3', 'd')),
    ),
  },
];

const resolve = (rest: string, instances = FIGURE_5) =>
  resolveOnTrees(parseClientUri(M + rest, moidRecognizer([M])), instances);

/** `left/Data/1` and the like; the kind when nothing was found. */
function places(resolution: Resolution): readonly string[] | string {
  if (resolution.kind !== 'nodes') return resolution.kind;
  return resolution.nodes.map(({ miid, path }) => [miid, ...path].join('/'));
}

describe('the examples of §6.1.3', () => {
  test.each<[string, readonly string[] | string]>([
    ['/left/', ['left']],
    ['//', 'notFound'],
    // Printed as "identifies the moroot2/ID node", but the path is "/": by §6.1.1.2 that is the root.
    ['/(x)/?nv=(x)/ID:Temperature', ['right']],
    ['/(x)/Data/1/Value?nv=(x)/ID:GPS', ['left/Data/1/Value']],
    ['/right/Data/(x)/Value?nv=(x)/Date:12.1', ['right/Data/1/Value']],
    ['/(x)/Data/(y)/Value?nv=(x)/ID:GPS&nv=(y)/Date:12.2', ['left/Data/2/Value']],
    ['/*/Setting', ['left/Setting', 'right/Setting']],
    ['/(x)/Data/*/Value?nv=(x)/ID:GPS', ['left/Data/1/Value', 'left/Data/2/Value']],
    ['/(x)/Data/*/Value?nv=(x)/ID:GPS&nv=(x)/Setting:0xB2', 'notFound'],
    ['/*/Data/*/Value', ['left/Data/1/Value', 'left/Data/2/Value', 'right/Data/1/Value', 'right/Data/2/Value']],
  ])('resolveOnTrees resolves the example %s of §6.1.3', (rest, expected) => {
    expect(places(resolve(rest))).toEqual(expected);
  });

  test('resolveOnTrees returns the nodes with their MIID and path', () => {
    expect(resolve('/right/Data/1/Value')).toEqual({
      kind: 'nodes',
      nodes: [{ miid: 'right', path: ['Data', '1', 'Value'], node: leaf('Value', 'c') }],
    });
  });
});

describe('instances', () => {
  const [left] = FIGURE_5;
  const one = left === undefined ? [] : [left];
  test.each<[string, string, readonly MoInstanceTree[], readonly string[] | string]>([
    ['the empty string with one instance', '//ID', one, ['left/ID']],
    ['the empty string with none', '//ID', [], 'notFound'],
    ['the wildcard with none is an error', '/*/ID', [], 'notFound'],
    ['an unknown MIID finds nothing', '/middle/', FIGURE_5, 'notFound'],
    ['a MIID of two instances is ambiguous', '/left/', [...one, ...one], 'notFound'],
    ['an x-name that fits two', '/(x)/?nv=(x)/Data/1/Date:12.1', FIGURE_5, 'notFound'],
    ['an x-name that fits one by a deep leaf', '/(x)/?nv=(x)/Data/2/Date:12.3', FIGURE_5, ['right']],
    ['two nv that fit the same one', '/(x)/ID?nv=(x)/ID:GPS&nv=(x)/Data/2/Date:12.2', FIGURE_5, ['left/ID']],
    [
      'an x-name of an instance that cannot be read',
      '/(x)/?nv=(x)/ID:GPS',
      [{ miid: parseMiid('a'), tree: undefined }],
      'notFound',
    ],
    ['an unreadable instance still makes two', '//ID', [...one, { miid: parseMiid('a'), tree: undefined }], 'notFound'],
    [
      'an unreadable instance drops out of a wildcard',
      '/*/ID',
      [...one, { miid: parseMiid('a'), tree: undefined }],
      ['left/ID'],
    ],
    ['an unreadable instance has no nodes', '/a/', [{ miid: parseMiid('a'), tree: undefined }], 'notFound'],
  ])('resolveOnTrees chooses instances by this rule: %s', (_, rest, instances, expected) => {
    expect(places(resolve(rest, instances))).toEqual(expected);
  });
});

describe('nodes', () => {
  const trees: readonly MoInstanceTree[] = [
    {
      miid: parseMiid('a'),
      tree: interior(
        'root',
        interior('Empty'),
        leaf('Leaf', 'v'),
        { name: 'Void', format: 'chr' },
        leaf('Blank', ''),
        interior('Some', interior('1', leaf('V', 'x')), interior('2', interior('Sub')), leaf('3', '')),
        interior(
          'Groups',
          interior('g1', leaf('Name', 'one'), interior('m', leaf('p', 'same'), leaf('q', 'other'))),
          interior('g2', leaf('Name', 'two'), interior('m', leaf('p', 'same'), leaf('q', 'same'))),
        ),
      ),
    },
  ];
  test.each<[string, string, readonly string[] | string]>([
    ['an unknown name finds nothing', '//Nope', 'notFound'],
    ['a name below a leaf', '//Leaf/x', 'notFound'],
    ['names are case-sensitive', '//leaf', 'notFound'],
    ['a wildcard under an empty node', '//Empty/*', 'empty'],
    ['a wildcard under an empty node, with a name behind it', '//Empty/*/V', 'empty'],
    ['a wildcard under an empty node, with a wildcard behind it', '//Empty/*/*', 'empty'],
    ['a wildcard under a leaf', '//Leaf/*', 'notFound'],
    ['a wildcard under nothing', '//Nope/*', 'notFound'],
    ['a wildcard whose matches lack the name', '//Some/*/Nope', 'notFound'],
    ['a wildcard of which one match has the name', '//Some/*/V', ['a/Some/1/V']],
    ['a wildcard takes leaves and interior nodes', '//Some/*', ['a/Some/1', 'a/Some/2', 'a/Some/3']],
    ['two wildcards', '//Some/*/*', ['a/Some/1/V', 'a/Some/2/Sub']],
    ['an x-name below a wildcard, once per match', '//Groups/*/m/(x)?nv=(x):other', ['a/Groups/g1/m/q']],
    ['an x-name below a wildcard, twice in one match', '//Groups/*/m/(x)?nv=(x):same', 'notFound'],
    ['an x-name below an x-name', '//Groups/(x)/m/(y)?nv=(x)/Name:one&nv=(y):same', ['a/Groups/g1/m/p']],
    ['the outer x-name alone decides for itself', '//Groups/(x)/m/(y)?nv=(x)/m/p:same&nv=(y):other', 'notFound'],
    ['an x-name in the empty node', '//Empty/(x)?nv=(x)/a:b', 'notFound'],
    ['no value is not an empty one', '//(x)?nv=(x):', ['a/Blank']],
    ['an interior node has no value', '//(x)?nv=(x)/m:', 'notFound'],
  ])('resolveOnTrees chooses nodes by this rule: %s', (_, rest, expected) => {
    expect(places(resolve(rest, trees))).toEqual(expected);
  });
});

describe('truncate (lv, §6.1.1.3)', () => {
  const tree = interior('r', leaf('a', '1'), interior('b', leaf('c', '2'), interior('d', leaf('e', '3'))));
  test.each<[number | undefined, MoNode]>([
    [undefined, tree],
    [1, interior('r', leaf('a', '1'), interior('b'))],
    [2, interior('r', leaf('a', '1'), interior('b', leaf('c', '2'), interior('d')))],
    [3, tree],
    [Number.MAX_SAFE_INTEGER, tree],
  ])('truncate keeps as many levels as lv=%s says', (level, expected) => {
    expect(truncate(tree, level)).toEqual(expected);
  });

  test('truncate does not change a leaf', () => {
    expect(truncate(leaf('a', '1'), 1)).toEqual(leaf('a', '1'));
  });
});
