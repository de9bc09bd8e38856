import { expect, test } from 'vitest';
import { isLexical } from '../../src/mo/lexical-form.ts';
import type { NodeFormat } from '../../src/mo/node.ts';

test.each<[NodeFormat, readonly string[], readonly string[]]>([
  ['int', ['0', '-7', '+7', ' 12\n', '007', '9007199254740993'], ['', ' ', '1.0', '1e3', '0x10', '12 3', 'a']],
  [
    'float',
    ['1', '1.', '.5', '-1.5e-3', '1E9', ' 2 ', 'INF', '-INF', 'NaN'],
    ['', ' ', '.', '0x10', '+INF', 'Infinity', '1_0', 'e5'],
  ],
  ['bool', ['true', 'false', ' TRUE '], ['', '0', '1', 'yes', 'true false']],
  ['b64', ['', 'AAEC', 'AA\nEC', 'AA=='], ['A', '-----BEGIN', 'AA=A']],
  ['bin', ['AAEC'], ['A']],
  ['null', [''], [' ', 'x']],
  ['chr', ['', 'x', '\u0085'], []],
  ['xml', ['<a/>', 'no markup'], []],
  ['date', ['2026-11-30', '20261130'], []],
  ['time', ['10:00', 'T100000Z'], []],
])('a leaf of format %s may have some texts and no others', (format, allowed, refused) => {
  expect(allowed.filter((text) => !isLexical(text, format))).toEqual([]);
  expect(refused.filter((text) => isLexical(text, format))).toEqual([]);
});
