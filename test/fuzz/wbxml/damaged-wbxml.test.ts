/** Any bytes that arrive as WBXML become a message or a DecodeError, in bounded time. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../../src/errors.ts';
import { SYNCML_TABLES } from '../../../src/syncml/code-pages.ts';
import { decodeMessage, encodeMessage } from '../../../src/syncml/codec.ts';
import { decodeWbxml } from '../../../src/wbxml/decode.ts';
import { encodeWbxml } from '../../../src/wbxml/encode.ts';
import { plainWbxml } from '../../support/syncml/two-readings.ts';
import { applyDamage, damages, literalTree } from '../../wbxml/arbitraries.ts';
import { LENIENT_TABLES, PARCEL } from '../../wbxml/example-tables.ts';
import { mutated } from './mutate.ts';
import { SEEDS } from './seeds.ts';

const WBXML = 'application/vnd.syncml.dm+wbxml';

/** Decodes a body, encodes the message and decodes it again. False for a DecodeError; any other error fails the test. */
function isDecoded(body: Uint8Array): boolean {
  // Both readers must agree.
  plainWbxml(body);
  try {
    const { message, encoding } = decodeMessage(body, WBXML);
    const again = decodeMessage(encodeMessage(message, WBXML, encoding), WBXML).message;
    expect(again.commands).toHaveLength(message.commands.length);
    expect(again.header).toEqual(message.header);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

/** Expects that the document is decoded, or refused with an offset inside it. */
function expectOffsetInside(bytes: Uint8Array, tables = SYNCML_TABLES): void {
  try {
    decodeWbxml(bytes, tables);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    expect(error.code).toMatch(/^ERR_WBXML_/);
    expect(error.place.offset).toBeGreaterThanOrEqual(0);
    expect(error.place.offset).toBeLessThanOrEqual(bytes.length);
  }
}

describe('the WBXML decoder and any bytes', () => {
  test('the undamaged seeds are decoded', () => {
    expect(SEEDS.map(isDecoded)).toEqual(SEEDS.map(() => true));
  });

  test('of the 300 messages of the corpus, 49 are decoded and the others are refused', () => {
    const lines = readFileSync(new URL('corpus.txt', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n');
    const read = lines.filter((line) => isDecoded(Buffer.from(line, 'hex'))).length;
    expect(lines).toHaveLength(300);
    expect(read).toBe(49);
  });

  test('newly damaged messages are decoded or refused', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const bytes = mutated(seed);
        isDecoded(bytes);
        expectOffsetInside(bytes);
      }),
      { numRuns: 5000 },
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

  test('random bytes after a valid header are decoded or refused with an offset inside them', () => {
    const header = Buffer.from('02a4016a00', 'hex');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectOffsetInside(Buffer.concat([header, bytes]))),
      { numRuns: 3000 },
    );
  });
});

test('damaged documents of another type are decoded or refused with an offset inside them', () => {
  fc.assert(
    fc.property(literalTree, damages, (root, list) => {
      expectOffsetInside(applyDamage(encodeWbxml(root, { type: PARCEL, literals: true }), list), LENIENT_TABLES);
    }),
    { numRuns: 2000 },
  );
});
