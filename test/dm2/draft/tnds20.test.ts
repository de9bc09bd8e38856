/** TNDS20: read as the members of MO data, and written from nodes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTnds20, tnds20Document, toTnds20Children } from '../../../src/dm2/draft/tnds20.ts';
import { DecodeError } from '../../../src/errors.ts';
import type { MoNode } from '../../../src/mo/node.ts';

const MOID = 'oma:mo:oma-dm-devdetail:1.0';

function read(...members: readonly unknown[]) {
  return parseTnds20({ text: JSON.stringify({ TNDS20: members }) });
}

describe('reading TNDS20', () => {
  test.each<[string, object, string, object]>([
    ['without Path', { MOID, A: 'x' }, `${MOID}//`, { 'oma-dm-devdetail': { A: 'x' } }],
    ['of the only instance', { MOID, Path: '/', A: 'x' }, `${MOID}//`, { 'oma-dm-devdetail': { A: 'x' } }],
    ['of an instance', { MOID, Path: '/1', A: 'x' }, `${MOID}/1`, { 1: { A: 'x' } }],
    ['of a node', { MOID, Path: '/1/URI', MaxDepth: '20' }, `${MOID}/1/URI`, { URI: { MaxDepth: '20' } }],
    ['of a node of the only instance', { MOID, Path: '//URI', A: 'x' }, `${MOID}//URI`, { URI: { A: 'x' } }],
    [
      'with numbers and booleans',
      { MOID, Path: '/1', A: 1, B: true, C: 0 },
      `${MOID}/1`,
      { 1: { A: '1', B: 'true', C: '0' } },
    ],
    ['with interior nodes', { MOID, Path: '/1', A: { B: { C: 'x' } } }, `${MOID}/1`, { 1: { A: { B: { C: 'x' } } } }],
    [
      'with reserved names below',
      { MOID, Path: '/1', A: { MOID: 'x', Path: 'y' } },
      `${MOID}/1`,
      { 1: { A: { MOID: 'x', Path: 'y' } } },
    ],
  ])('a member %s', (_, member, ClientURI, MOData) => {
    expect(read(member)).toEqual([{ ClientURI, MOData }]);
  });

  test('a number keeps its digits', () => {
    const text = `{"TNDS20":[{"MOID":"${MOID}","Path":"/1","A":1.50,"B":12345678901234567890}]}`;
    expect(parseTnds20({ text })[0]?.MOData).toEqual({ 1: { A: '1.50', B: '12345678901234567890' } });
  });

  test.each<[string, unknown]>([
    ['no list', { MOID }],
    ['a list alone', [{ MOID }]],
    ['a member that is text', { TNDS20: ['x'] }],
    ['no MOID', { TNDS20: [{ Path: '/' }] }],
    ['an empty MOID', { TNDS20: [{ MOID: '' }] }],
    ['a MOID that is no text', { TNDS20: [{ MOID: 1 }] }],
    ['a Path without slash', { TNDS20: [{ MOID, Path: '1' }] }],
    ['null', { TNDS20: [{ MOID, A: null }] }],
    ['a list as value', { TNDS20: [{ MOID, A: [] }] }],
  ])('%s is refused', (_, document) => {
    expect(() => parseTnds20({ text: JSON.stringify(document) })).toThrow(DecodeError);
  });

  test.each([{ text: '{' }, { text: '' }, { base64: '/w==' }])('%j is refused', (content) => {
    expect(() => parseTnds20(content)).toThrow(DecodeError);
  });
});

test('leaves are text, interior nodes are objects, reserved names are left out at the top', () => {
  const leaf = (name: string, value?: string): MoNode =>
    value === undefined ? { name, format: 'chr' } : { name, format: 'chr', value };
  const children: readonly MoNode[] = [
    leaf('A', 'x'),
    leaf('Empty'),
    leaf('Path', 'lost'),
    { name: 'URI', format: 'node', children: [leaf('Path', 'kept'), leaf('__proto__', 'own')] },
  ];
  const document = tnds20Document([{ moid: `urn:${MOID}`, path: '/1', content: toTnds20Children(children) }]);
  expect(JSON.stringify(document)).toBe(
    `{"TNDS20":[{"MOID":"${MOID}","Path":"/1","A":"x","Empty":"","URI":{"Path":"kept","__proto__":"own"}}]}`,
  );
});

test('what is written is read again', () => {
  const name = fc.string({ minLength: 1 }).filter((each) => each !== 'MOID' && each !== 'Path');
  const { tree } = fc.letrec<{ tree: MoNode; leaf: MoNode; interior: MoNode }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('interior')),
    leaf: fc.record({ name, format: fc.constant('chr' as const), value: fc.string() }),
    interior: fc.record({
      name,
      format: fc.constant('node' as const),
      children: fc.uniqueArray(tie('tree'), { selector: (node) => node.name, maxLength: 4 }),
    }),
  }));
  fc.assert(
    fc.property(fc.uniqueArray(tree, { selector: (node) => node.name }), (children) => {
      const content = toTnds20Children(children);
      const text = JSON.stringify(tnds20Document([{ moid: MOID, path: '/1', content }]));
      expect(parseTnds20({ text })).toEqual([{ ClientURI: `${MOID}/1`, MOData: { 1: content } }]);
    }),
  );
});
