import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cacheValidator as cacheValidatorInParts } from '../../src/dm2/cache-validator.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { atOnce } from '../support/at-once.ts';

const cacheValidator = atOnce(cacheValidatorInParts);

const leafFormat = fc.constantFrom('b64', 'bin', 'bool', 'chr', 'int', 'null', 'xml', 'date', 'time', 'float');
const name = fc.string({ minLength: 1, maxLength: 4 });
const leaf: fc.Arbitrary<MoNode> = fc.record(
  { name, format: leafFormat, value: fc.string({ maxLength: 3 }).map((text) => text.replaceAll(/\s/g, '')) },
  { requiredKeys: ['name', 'format'] },
);
const tree: fc.Arbitrary<MoNode> = fc.letrec<{ node: MoNode; interior: MoNode }>((tie) => ({
  node: fc.oneof({ maxDepth: 4 }, leaf, tie('interior')),
  interior: fc.record({
    name,
    format: fc.constant('node' as const),
    children: fc.uniqueArray(tie('node'), { maxLength: 4, selector: (child) => child.name }),
  }),
})).interior;

/** Says the same in another order and with what does not count. */
function disguise(node: MoNode): MoNode {
  const dressed = { ...node, acl: 'Get=*', title: 'a title', type: 'text/x-other' };
  return node.children === undefined ? dressed : { ...dressed, children: node.children.map(disguise).reverse() };
}

const LEAF: MoNode = { name: 'a', format: 'chr', value: 'v' };
const root = (...children: readonly MoNode[]): MoNode => ({ name: 'root', format: 'node', children });

test('a cache validator needs no escapes in a ClientURI', () => {
  expect(cacheValidator(root(LEAF))).toMatch(/^[A-Za-z0-9_-]{16}$/);
});

test('a cache validator is the same in every release, because backends store it', () => {
  expect(cacheValidator(root(LEAF, { name: 'b', format: 'node', children: [] }))).toBe('WVF4po8NWO1O3FKv');
});

test('a cache validator does not depend on order, ACL, title and MIME type', () => {
  fc.assert(
    fc.property(tree, (node) => {
      expect(cacheValidator(disguise(node))).toBe(cacheValidator(node));
    }),
  );
});

test('trees that differ otherwise have different cache validators', () => {
  const plain = (node: MoNode): string =>
    JSON.stringify([node.name, node.format, node.value ?? null, node.children?.map(plain).sort() ?? null]);
  fc.assert(
    fc.property(tree, tree, (one, other) => {
      expect(cacheValidator(one) === cacheValidator(other)).toBe(plain(one) === plain(other));
    }),
  );
});

test.each<[string, MoNode, MoNode]>([
  ['a name', root(LEAF), root({ ...LEAF, name: 'b' })],
  ['a format', root(LEAF), root({ ...LEAF, format: 'xml' })],
  ['a value', root(LEAF), root({ ...LEAF, value: 'w' })],
  ['white space in a text', root(LEAF), root({ ...LEAF, value: 'v ' })],
  ['no value and an empty one', root({ name: 'a', format: 'chr' }), root({ ...LEAF, value: '' })],
  ['one child more', root(LEAF), root(LEAF, { ...LEAF, name: 'b' })],
  [
    'an empty interior node and a leaf',
    root({ name: 'a', format: 'node', children: [] }),
    root({ name: 'a', format: 'chr' }),
  ],
  [
    'the parent of a node',
    root({ name: 'x', format: 'node', children: [LEAF] }, { name: 'y', format: 'node', children: [] }),
    root({ name: 'x', format: 'node', children: [] }, { name: 'y', format: 'node', children: [LEAF] }),
  ],
  [
    'a value that looks like structure',
    root({ ...LEAF, value: '"],["b","chr","w' }),
    root(LEAF, { name: 'b', format: 'chr', value: 'w' }),
  ],
  ['the root name', root(LEAF), { ...root(LEAF), name: 'other' }],
])('a cache validator differs with %s', (_, one, other) => {
  expect(cacheValidator(one)).not.toBe(cacheValidator(other));
});

test('a cache validator does not depend on line breaks in base64', () => {
  const blob = (value: string) => root({ name: 'a', format: 'b64', value });
  expect(cacheValidator(blob('AAEC\r\n AwQF\n'))).toBe(cacheValidator(blob('AAECAwQF')));
});
