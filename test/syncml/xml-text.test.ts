import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { detach, escapeText, isXmlText } from '../../src/syncml/xml-text.ts';
import { writeXml } from '../../src/syncml/xml-writer.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'ab&<>\r\n\t"]\0\u001F\uD83D\uDE00\uFFFE\u0085') }),
);
const longText = fc.string({ unit: fc.constantFrom('abcdefgh', '&', '\r', 'ß'), minLength: 6, maxLength: 30 });

describe('escapeText', () => {
  test.each([
    ['a<b>&c', 'a&lt;b&gt;&amp;c'],
    ['"\'', '"\''],
    ['\t\n\r', '\t\n&#13;'],
    ['\0\uFFFF\uDC00', '\uFFFD\uFFFD\uFFFD'],
    [`${'x'.repeat(100)}<\0`, `${'x'.repeat(100)}&lt;\uFFFD`],
    ['\u{1F600}', '\u{1F600}'],
  ])('escapeText turns %j into %j', (text, expected) => {
    expect(escapeText(text)).toBe(expected);
  });

  test('parseXml reads back every escaped text that XML can hold', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, longText), (text) => {
        const read = parseXml(`<a>${escapeText(text)}</a>`).content.join('');
        if (isXmlText(text)) expect(read).toBe(text);
        else
          expect(read).toBe(
            text.replaceAll(/[^\t\n\r -\uFFFD]|\p{Surrogate}/gu, (c) => (c.length === 2 ? c : '\uFFFD')),
          );
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([
  ['a', true],
  ['\t\r\n\u0085\u{10FFFF}\uFFFD', true],
  ['\u0001', false],
  ['\uD800', false],
  ['\uFFFF', false],
])('isXmlText(%j) is %s', (text, expected) => {
  expect(isXmlText(text)).toBe(expected);
});

describe('detach', () => {
  test('detach returns an equal text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(detach(text)).toBe(text);
      }),
    );
  });

  test('detach returns a text that does not keep its message in memory', () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const kept: string[] = [];
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 200; i++) {
      const message = Buffer.alloc(500_000, `${i}abcdefghij`).toString('latin1');
      kept.push(detach(message.slice(1000, 1040)));
    }
    collect();
    const grown = process.memoryUsage().heapUsed - before;
    expect(kept.every((text) => text.length === 40)).toBe(true);
    // The messages were 100 MB.
    expect(grown).toBeLessThan(10_000_000);
  });
});

describe('writeXml', () => {
  test('writeXml declares a namespace that differs from that of the parent', () => {
    const child = { name: 'b', namespace: 'v"&', content: ['<'] };
    const element = { name: 'a', namespace: 'u', content: [child, { name: 'c', namespace: '', content: [] }] };
    expect(writeXml(element)).toBe('<a xmlns="u"><b xmlns="v&quot;&amp;">&lt;</b><c xmlns=""/></a>');
    expect(writeXml(element, 'u')).toMatch(/^<a><b /);
  });

  test('writeXml writes bytes as base64', () => {
    const bytes = new Uint8Array([9, 0, 255, 9]).subarray(1, 3);
    expect(writeXml({ name: 'a', namespace: '', content: [bytes] })).toBe('<a>AP8=</a>');
  });
});
