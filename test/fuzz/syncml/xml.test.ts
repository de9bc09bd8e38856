/** Whatever bytes arrive: a message or a DecodeError, in bounded time. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../../src/errors.ts';
import { decodeMessage, encodeMessage } from '../../../src/syncml/codec.ts';
import { mutated } from './mutate.ts';

const XML = 'application/vnd.syncml.dm+xml';

/** Whether the body was read; what was read can be written and read again. Throws whatever should not be thrown. */
function survives(body: Uint8Array): boolean {
  try {
    const { message } = decodeMessage(body, XML);
    const again = decodeMessage(encodeMessage(message, XML), XML).message;
    expect(again.commands).toHaveLength(message.commands.length);
    expect(again.header).toEqual(message.header);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

describe('decodeMessage of XML', () => {
  test('stands the kept corpus, of which some can be read and some cannot', () => {
    const lines = readFileSync(new URL('corpus.jsonl', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n');
    const read = lines.filter((line) => survives(Buffer.from(String(JSON.parse(line)), 'latin1'))).length;
    expect(lines).toHaveLength(300);
    // The corpus does not change, so neither does what is taken of it.
    expect(read).toBe(30);
  });

  test('stands fresh damage', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        survives(mutated(seed));
      }),
      { numRuns: 3000 },
    );
  });

  test('stands random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(survives(bytes)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('eight hostile megabytes', () => {
  const SIZE = 8_000_000;
  const fill = (piece: string) => piece.repeat(Math.floor(SIZE / piece.length));
  const numbered = (piece: (i: number) => string, count: number) =>
    Array.from({ length: count }, (_, i) => piece(i)).join('');

  test.each([
    ['open tags', fill('<a>')],
    ['open tags of a known name', fill('<Data>')],
    ['empty elements', `<a>${fill('<b/>')}</a>`],
    ['leaves', `<a>${fill('<Data>x</Data>')}</a>`],
    ['references', `<a>${fill('&amp;')}</a>`],
    ['references without end', `<a>${fill('&')}</a>`],
    ['one long reference', `<a>&#${fill('9')};</a>`],
    ['brackets', `<a>${fill(']]')}</a>`],
    ['CDATA sections', `<a>${fill('<![CDATA[]]>')}</a>`],
    ['CDATA without end', `<a>${fill('<![CDATA[')}</a>`],
    ['comments', `${fill('<!---->')}<a/>`],
    ['dashes', `<!-${fill('-')}`],
    ['processing instructions', `<a>${fill('<?p?>')}</a>`],
    ['one name', `<${fill('a')}/>`],
    ['one attribute name', `<a ${fill('b')}/>`],
    ['attributes', `<a ${numbered((i) => ` a${i}=""`, 720_000)}/>`],
    ['declarations', `<a ${numbered((i) => ` xmlns:a${i}="u"`, 400_000)}/>`],
    [
      'declarations shadowed by each child',
      `<a ${numbered((i) => ` xmlns:a${i}="u"`, 200_000)}>${'<a0:b xmlns:a0="v"/>'.repeat(200_000)}</a>`,
    ],
    ['one attribute value', `<a b="${fill('\n')}"/>`],
    ['an XML declaration full of space', `<?xml${fill(' ')}version="1.0"?><a/>`],
    ['a DOCTYPE full of space', `<!DOCTYPE a${fill(' ')}<a/>`],
    ['line ends', `<a>${fill('\r')}</b>`],
    ['white space before the root', fill(' ')],
    ['white space in an end tag', `<a></a${fill(' ')}b>`],
    ['control characters', fill('\u0001')],
    ['text beyond Latin', `<a>${'名'.repeat(2_666_000)}</a>`],
    // The bench measures how long each takes. What takes quadratic time is over the limit for a test that hangs.
  ])('of %s is refused', (_, text) => {
    expect(survives(new TextEncoder().encode(text))).toBe(false);
  });
});
