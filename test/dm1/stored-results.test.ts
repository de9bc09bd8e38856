/** Results over many messages: all of them in order, in few blocks that are not written again and again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlainItem } from '../../src/dm1/plain-item.ts';
import { allResults, packResults } from '../../src/dm1/stored-results.ts';
import { appendBlock } from '../../src/dm1/text-blocks.ts';

type Kept = Parameters<typeof allResults>[0];

const item = fc.record(
  { source: fc.constantFrom('./A', './A/"b"', './[x],{y}'), data: fc.string() },
  { requiredKeys: ['source'] },
) as fc.Arbitrary<PlainItem>;

/** Takes Results in, message by message, as a session does; what is kept crosses JSON in between. */
function takeIn(messages: readonly (readonly PlainItem[])[]): Kept {
  return messages.reduce<Kept>(
    (kept, items) => {
      const packed = packResults(JSON.parse(JSON.stringify(kept)));
      return { ...packed, results: [...packed.results, ...items] };
    },
    { results: [] },
  );
}

describe('results of one command', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(fc.array(fc.array(item, { maxLength: 6 }), { maxLength: 12 }), (messages) => {
        expect(allResults(takeIn(messages))).toEqual(messages.flat());
      }),
    );
  });

  it('are never shown as none when there are some', () => {
    const kept = takeIn([[{ source: './A' }, { source: './B' }], [], []]);
    expect(kept.results).toEqual([{ source: './B' }]);
    expect(kept.earlierResults).toEqual(['{"source":"./A"}']);
  });

  it('of one message stay as they are', () => {
    expect(takeIn([[{ source: './A' }]])).toEqual({ results: [{ source: './A' }] });
    expect(packResults({ results: [] })).toEqual({ results: [] });
  });
});

describe('blocks of a growing text', () => {
  const pieces = Array.from({ length: 2000 }, (_, at) => `${at}:${'x'.repeat(200)}`);

  it('are few, and hold the text', () => {
    const blocks = pieces.reduce<readonly string[]>((grown, piece) => appendBlock(grown, piece, ','), []);
    expect(blocks.join(',')).toBe(pieces.join(','));
    expect(blocks.length).toBeLessThan(12);
  });

  it('are seldom written again: a logarithm of the whole, not its square', () => {
    let blocks: readonly string[] = [];
    let written = 0;
    for (const piece of pieces) {
      const grown = appendBlock(blocks, piece);
      written += grown.filter((block) => !blocks.includes(block)).reduce((sum, block) => sum + block.length, 0);
      blocks = grown;
    }
    const size = pieces.join('').length;
    expect(written).toBeLessThan(size * 30);
  });
});
