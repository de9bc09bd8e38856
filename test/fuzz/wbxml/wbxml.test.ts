/** Whatever bytes arrive as WBXML: a message or a DecodeError, in bounded time. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../../src/errors.ts';
import { SYNCML_TABLES } from '../../../src/syncml/code-pages.ts';
import { decodeMessage, encodeMessage } from '../../../src/syncml/codec.ts';
import { decodeWbxml } from '../../../src/wbxml/decode.ts';
import { encodeWbxml } from '../../../src/wbxml/encode.ts';
import { applyDamage, damages, literalTree } from '../../wbxml/arbitraries.ts';
import { LENIENT_TABLES, PARCEL } from '../../wbxml/example-tables.ts';
import { mutated } from './mutate.ts';
import { SEEDS } from './seeds.ts';

const WBXML = 'application/vnd.syncml.dm+wbxml';

/** Whether the body was read; what was read can be written and read again. Throws whatever should not be thrown. */
function survives(body: Uint8Array): boolean {
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

/** That a refusal by the codec itself tells a place inside the document. */
function refusedInside(bytes: Uint8Array, tables = SYNCML_TABLES): void {
  try {
    decodeWbxml(bytes, tables);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    expect(error.code).toMatch(/^ERR_WBXML_/);
    expect(error.place.offset).toBeGreaterThanOrEqual(0);
    expect(error.place.offset).toBeLessThanOrEqual(bytes.length);
  }
}

describe('decodeMessage of WBXML', () => {
  test('reads what the damage starts from', () => {
    expect(SEEDS.map(survives)).toEqual(SEEDS.map(() => true));
  });

  test('stands the kept corpus, of which some can be read and some cannot', () => {
    const lines = readFileSync(new URL('corpus.txt', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n');
    const read = lines.filter((line) => survives(Buffer.from(line, 'hex'))).length;
    expect(lines).toHaveLength(300);
    // The corpus does not change, so neither does what is taken of it.
    expect(read).toBe(49);
  });

  test('stands fresh damage', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const bytes = mutated(seed);
        survives(bytes);
        refusedInside(bytes);
      }),
      { numRuns: 5000 },
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

  test('stands random bytes behind a good header', () => {
    const header = Buffer.from('02a4016a00', 'hex');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => refusedInside(Buffer.concat([header, bytes]))),
      { numRuns: 3000 },
    );
  });
});

test('damaged documents of another type are read or refused in place', () => {
  fc.assert(
    fc.property(literalTree, damages, (root, list) => {
      refusedInside(applyDamage(encodeWbxml(root, { type: PARCEL, literals: true }), list), LENIENT_TABLES);
    }),
    { numRuns: 2000 },
  );
});
