/** Any bytes that arrive as XML become a message or a DecodeError, in bounded time. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../../src/errors.ts';
import { decodeMessage, encodeMessage } from '../../../src/syncml/codec.ts';
import { plainXml } from '../../support/syncml/two-readings.ts';
import { mutated } from './mutate.ts';

const XML = 'application/vnd.syncml.dm+xml';

/** Expects that both readers agree about a body that is UTF-8. */
function expectAgreement(body: Uint8Array): void {
  if (isUtf8(body)) plainXml(Buffer.from(body).toString());
}

/** Decodes a body, encodes the message and decodes it again. False for a DecodeError; any other error fails the test. */
function isDecoded(body: Uint8Array): boolean {
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

describe('the XML decoder and any bytes', () => {
  test('of the 300 messages of the corpus, 30 are decoded and the others are refused', () => {
    const lines = readFileSync(new URL('corpus.jsonl', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n');
    const bodies = lines.map((line) => Buffer.from(String(JSON.parse(line)), 'latin1'));
    bodies.forEach(expectAgreement);
    const read = bodies.filter(isDecoded).length;
    expect(lines).toHaveLength(300);
    expect(read).toBe(30);
  });

  test('the plain reader reads no damaged message otherwise than by way of a tree', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => expectAgreement(mutated(seed))),
      { numRuns: 5000 },
    );
  });

  test('newly damaged messages are decoded or refused', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        isDecoded(mutated(seed));
      }),
      { numRuns: 3000 },
    );
  });

  test('random bytes are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(isDecoded(bytes)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the XML decoder takes linear time', () => {
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
      'declarations that each child hides',
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
    // The benchmark measures the time. A reader of quadratic time would exceed the limit for a test that hangs.
  ])('it refuses eight megabytes of %s', (_, text) => {
    expect(isDecoded(new TextEncoder().encode(text))).toBe(false);
  });
});
