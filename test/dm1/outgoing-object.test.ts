import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkOf, cutChunk, exceedsObjectSize, MIN_CHUNK_BYTES } from '../../src/dm1/outgoing-object.ts';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import { replace } from './lock-step.ts';

/** The bytes around the text in every message. */
const FRAME = 300;
const escaped = (text: string): number => Buffer.byteLength(text.replaceAll(/[&<>]/gu, '&amp;'));

describe('cutChunk', () => {
  test('cuts any text into whole characters that fit, with few measurements', () => {
    const character = fc.oneof(
      fc.constantFrom('a', '&', '<', 'ä', '😀'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const text = fc.array(character, { minLength: 1, maxLength: 3000 }).map((all) => all.join('').toWellFormed());
    fc.assert(
      fc.property(text, fc.integer({ min: FRAME + MIN_CHUNK_BYTES, max: 2000 }), (whole, limit) => {
        let from = 0;
        while (from < whole.length) {
          let measured = 0;
          const to = cutChunk(whole, from, limit, (piece) => {
            measured += 1;
            return FRAME + escaped(piece);
          });
          if (to === undefined) throw new Error('no cut');
          const piece = whole.slice(from, to);
          expect(piece.length).toBeGreaterThan(0);
          expect(piece.isWellFormed()).toBe(true);
          expect(FRAME + escaped(piece)).toBeLessThanOrEqual(limit);
          expect(measured).toBeLessThanOrEqual(16);
          from = to;
        }
        expect(from).toBe(whole.length);
      }),
      { numRuns: 60 },
    );
  });

  test('cuts no piece when a message has room for less than the smallest chunk', () => {
    const measure = (piece: string): number => FRAME + piece.length;
    expect(cutChunk('x'.repeat(500), 0, FRAME + MIN_CHUNK_BYTES - 1, measure)).toBeUndefined();
    expect(cutChunk('x'.repeat(500), 0, FRAME + MIN_CHUNK_BYTES, measure)).toBe(MIN_CHUNK_BYTES);
  });

  test('returns the end of the text when the rest fits', () => {
    expect(cutChunk('x'.repeat(500), 400, 1000, (piece) => FRAME + piece.length)).toBe(500);
  });
});

describe('chunkOf', () => {
  const command = (format: string): ServerCommand => ({
    id: '1',
    name: 'Add',
    items: [{ target: './I', meta: { format }, data: 'AAECAwQF' }],
  });

  test.each([
    ['bin', 'b64'],
    ['b64', 'b64'],
    ['chr', 'chr'],
  ])('gives a piece of Format %s the Format %s', (format, carried) => {
    const { command: piece } = chunkOf(command(format), { text: 'AAEC', size: 8, moreData: true });
    expect(piece.items).toEqual([{ target: './I', meta: { format: carried, size: 8 }, data: 'AAEC' }]);
  });
});

describe('exceedsObjectSize', () => {
  test.each([
    ['no limit is exceeded', replace('a', 'x'.repeat(9999)), undefined, false],
    ['the limit itself is not exceeded', replace('a', 'xxxx'), 4, false],
    ['bytes are counted, not characters', replace('a', 'äää'), 5, true],
    [
      'a member of an Atomic is compared, too',
      { id: 'at', name: 'Atomic' as const, items: [], members: [replace('a', 'x'), replace('b', 'xxxxx')] },
      4,
      true,
    ],
  ])('compares objects with the limit: %s', (_, command, limit, expected) => {
    expect(exceedsObjectSize(command, limit)).toBe(expected);
  });
});
