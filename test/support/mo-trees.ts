/** Arbitrary MO trees in the normal form that every codec returns. */
import fc from 'fast-check';
import type { MoNode } from '../../src/mo/node.ts';

/** Node names without slashes, without characters that XML forbids, and without white space around them. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'Ext', '__proto__', 'constructor', 'ä&<>"', 'a b'),
  fc.string({ unit: fc.constantFrom('x', 'Y', '1', '-', '%', '&', ']'), minLength: 1, maxLength: 4 }),
);

const text = fc.oneof(
  fc.constantFrom('', ' ', 'a\nb', ']]>', '<x>&amp;</x>', 'ünï', '🙂', '\r\n'),
  fc.string({ maxLength: 8, unit: fc.constantFrom('a', '<', '&', '>', "'", '"', ' ', '\t', 'é') }),
);

const leafOf = (leafName: string): fc.Arbitrary<MoNode> =>
  fc.oneof(
    fc.constant<MoNode>({ name: leafName, format: 'null' }),
    fc.constant<MoNode>({ name: leafName, format: 'chr' }),
    fc.record({ name: fc.constant(leafName), format: fc.constantFrom('chr' as const, 'xml' as const), value: text }),
    fc.record({ name: fc.constant(leafName), format: fc.constant('int' as const), value: fc.integer().map(String) }),
    fc.record({
      name: fc.constant(leafName),
      format: fc.constant('float' as const),
      value: fc.constantFrom('0.5', '-1.25', '3'),
    }),
    fc.record({ name: fc.constant(leafName), format: fc.constant('bool' as const), value: fc.boolean().map(String) }),
    fc.record({
      name: fc.constant(leafName),
      format: fc.constantFrom('bin' as const, 'b64' as const),
      type: fc.constant('application/octet-stream'),
      value: fc.base64String({ maxLength: 12 }),
    }),
  );

/** Makes trees with at most `depth` levels below their top node. */
export function moTree(depth = 3): fc.Arbitrary<MoNode> {
  const nodeOf = (nodeName: string, left: number): fc.Arbitrary<MoNode> =>
    left === 0 ? leafOf(nodeName) : fc.oneof(leafOf(nodeName), interiorOf(nodeName, left));
  const interiorOf = (nodeName: string, left: number): fc.Arbitrary<MoNode> =>
    fc
      .uniqueArray(name, { maxLength: 3 })
      .chain((names) => fc.tuple(...names.map((child) => nodeOf(child, left - 1))))
      .map((children) => ({ name: nodeName, format: 'node', children }));
  return name.chain((top) => interiorOf(top, depth));
}
