import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  digitsOf,
  integerDigits,
  JsonDepthError,
  JsonNameError,
  JsonNumber,
  parseJson,
  toJsonNumber,
} from '../src/json-text.ts';

const MAX_DEPTH = 16;
const parse = (text: string) => parseJson(text, MAX_DEPTH);

describe('parseJson', () => {
  test.each([
    '1234567890123456789',
    '-1234567890123456789',
    '9007199254740993',
    '0.10000000000000000000001',
    '1.50',
    '1.0',
    '-0',
    '-0.0',
    '1e400',
    '1E5',
    '1e+5',
    '100000000000000000000000000000000000000',
    '0.000000001',
  ])('the number %s keeps its digits wherever it is', (digits) => {
    for (const text of [digits, `[${digits}]`, `{"a":${digits},"b":[1,${digits}],"c":"${digits}"}`]) {
      expect(JSON.stringify(parse(text))).toBe(text);
    }
    expect(digitsOf(parse(digits))).toBe(digits);
  });

  test.each(['0', '7', '-12', '123456789012345', '9007199254740991', '0.5', '1.25', '1e+21', '1e-7'])(
    'the number %s stays a number of JavaScript',
    (digits) => {
      expect(parse(digits)).toBe(Number(digits));
    },
  );

  test('white space, escapes and odd names mean the same as to JSON.parse', () => {
    const text =
      ' { "a\\u0022\\\\" : [ true , false , null , "x\\ny" , { } , [ ] ] ,\n"__proto__":{"b":"]}\\"[{:1.50"},"a":1 , "n":1.50}\t';
    expect(parse(text)).toEqual({ ...JSON.parse(text), n: new JsonNumber('1.50') });
    expect(Object.keys(parse(text) ?? {})).toEqual(Object.keys(JSON.parse(text)));
    expect(Object.getPrototypeOf(parse(text))).toBe(Object.prototype);
  });

  test.each([
    ['a name twice', '{"a":1,"b":2,"a":1}'],
    ['a name twice, once with an escape', '{"a":1,"\\u0061":1.50}'],
    ['the name __proto__ twice', '{"__proto__":1,"__proto__":{}}'],
    ['an empty name twice', '{"":[],"":[]}'],
    ['a name twice in an object of a list', '[{"a":{}},{"a":[{"b":":","b":1}]}]'],
    ['a number as name twice', '{"1":1,"1":2}'],
  ])('an object with %s is refused', (_, text) => {
    expect(() => parse(text)).toThrow(JsonNameError);
  });

  test('the same name in different objects is no fault, and neither are colons in strings', () => {
    const text = '{"a":{"a":[{"a":":"},{"a":"\\":"}]},"b:c":{"b":1},":":0}';
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  test('an object with a name twice is refused, whatever is around it, and any other text is read', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.jsonValue({ maxDepth: 5 }), fc.string(), (one, other, name) => {
        const key = JSON.stringify(name);
        const read = (text: string) => parseJson(text, 64);
        expect(() => read(`[${JSON.stringify(one)},{"z":${JSON.stringify(other)},${key}:1,${key}:2}]`)).toThrow(
          JsonNameError,
        );
        expect(JSON.stringify(read(JSON.stringify([one, other])))).toBe(JSON.stringify([one, other]));
      }),
    );
  });

  test.each([
    '',
    '{',
    '[1.50',
    '{"a":1.50,}',
    '1.50 2',
    '01.50',
    '.5',
    '1.',
    '+1',
    '1.50e',
    '"1.50',
    'NaN',
    '[1.50,]',
    "{'a':1.50}",
  ])('%j is no JSON', (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
  });

  test('a text that nests deeper than allowed is refused before it is parsed', () => {
    const nested = (levels: number, inner = '1.50') =>
      `${'[{"a":'.repeat(levels / 2)}${inner}${'}]'.repeat(levels / 2)}`;
    expect(JSON.stringify(parse(nested(MAX_DEPTH)))).toBe(nested(MAX_DEPTH));
    expect(() => parse(nested(MAX_DEPTH + 2))).toThrow(JsonDepthError);
    expect(() => parse('['.repeat(1_000_000))).toThrow(JsonDepthError);
    // Brackets inside of strings do not count.
    expect(parse(`["${'['.repeat(100)}","\\"${'{'.repeat(100)}"]`)).toHaveLength(2);
  });

  test('any JSON text means the same as to JSON.parse, but for the digits of numbers', () => {
    const value = fc.oneof(
      fc.json(),
      fc.json().map((json) => `{"n":1.50,"v":${json}}`),
    );
    fc.assert(
      fc.property(value, (text) => {
        const native: unknown = JSON.parse(text);
        expect(JSON.parse(JSON.stringify(parseJson(text, 1000)))).toEqual(native);
      }),
    );
  });

  test('any number keeps its digits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^-?(?:0|[1-9]\d{0,30})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/), (digits) => {
        expect(JSON.stringify(parse(`{"a":[${digits}]}`))).toBe(`{"a":[${digits}]}`);
        expect(JSON.stringify(toJsonNumber(digits))).toBe(digits);
      }),
    );
  });
});

test('a number keeps its digits in a copy that another thread gets', () => {
  const copy = structuredClone(parse('[1.50,"1.50"]'));
  expect(Array.isArray(copy) && copy.map(digitsOf)).toEqual(['1.50', undefined]);
});

describe('toJsonNumber', () => {
  test.each([
    ['5', '5'],
    ['+5', '5'],
    ['007', '7'],
    ['-007', '-7'],
    ['000', '0'],
    ['-0', '-0'],
    ['1.50', '1.50'],
    ['00.50', '0.50'],
    ['.5', '0.5'],
    ['-.5e3', '-0.5e3'],
    ['5.', '5'],
    ['1E+05', '1E+05'],
    ['1234567890123456789', '1234567890123456789'],
  ])('%s is the JSON number %s', (text, json) => {
    expect(JSON.stringify(toJsonNumber(text))).toBe(json);
    expect(() => JSON.parse(JSON.stringify(toJsonNumber(text)))).not.toThrow();
  });

  test.each(['', '.', '+', 'e5', '1e', '0x10', 'INF', 'NaN', '1,5', ' 1', '1 '])('%j is no number', (text) => {
    expect(toJsonNumber(text)).toBeUndefined();
  });
});

describe('integerDigits', () => {
  test.each([
    ['5', '5'],
    ['5.0', '5'],
    ['-5.00', '-5'],
    ['1e3', '1000'],
    ['1e+21', '1000000000000000000000'],
    ['12.50e2', '1250'],
    ['0e9', '0'],
    ['-0', '-0'],
    ['1234567890123456789', '1234567890123456789'],
  ])('%s is the integer %s', (digits, integer) => {
    expect(integerDigits(digits)).toBe(integer);
  });

  test.each(['1.5', '1e-1', '12.5e0', '1e41', '1e400', '1e99999999999', 'x'])(
    '%s is no integer that is written out',
    (digits) => {
      expect(integerDigits(digits)).toBeUndefined();
    },
  );
});
