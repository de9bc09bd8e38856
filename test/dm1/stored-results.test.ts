/** Results over many messages: all of them in order, in few blocks that are seldom rewritten. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { PlainItem } from '../../src/dm1/plain-item.ts';
import { allResults, packResults } from '../../src/dm1/stored-results.ts';
import { appendBlock } from '../../src/dm1/text-blocks.ts';

type StoredResults = Parameters<typeof allResults>[0];

const item = fc.record(
  { source: fc.constantFrom('./A', './A/"b"', './[x],{y}'), data: fc.string() },
  { requiredKeys: ['source'] },
) as fc.Arbitrary<PlainItem>;

/** Stores Results message by message, as a session does; it comes from a store again for these messages. */
function store(messages: readonly (readonly PlainItem[])[], isReloaded = (_: number) => true): StoredResults {
  return messages.reduce<StoredResults>(
    (stored, items, at) => {
      const packed = packResults(isReloaded(at) ? JSON.parse(JSON.stringify(stored)) : stored);
      return { ...packed, results: [...packed.results, ...items] };
    },
    { results: [] },
  );
}

describe('results of one command', () => {
  test('are returned as they came', () => {
    fc.assert(
      fc.property(fc.array(fc.array(item, { maxLength: 6 }), { maxLength: 12 }), (messages) => {
        expect(allResults(store(messages))).toEqual(messages.flat());
      }),
    );
  });

  test('are the same in a process that has read all of them, and after a reload at any message', () => {
    fc.assert(
      fc.property(fc.array(fc.array(item, { maxLength: 6 }), { maxLength: 12 }), fc.nat(12), (messages, reload) => {
        expect(allResults(store(messages, () => false))).toEqual(messages.flat());
        expect(allResults(store(messages, (at) => at === reload))).toEqual(messages.flat());
      }),
    );
  });

  test('are not parsed in the process that has read them', () => {
    const stored = store(Array(20).fill([{ source: './A' }, { source: './B' }]), () => false);
    const parse = vi.spyOn(JSON, 'parse');
    expect(allResults(stored)).toHaveLength(40);
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  test('keep the last one outside the blocks', () => {
    const stored = store([[{ source: './A' }, { source: './B' }], [], []]);
    expect(stored.results).toEqual([{ source: './B' }]);
    expect(stored.earlierResults).toEqual(['{"source":"./A"}']);
  });

  test('of one message need no block', () => {
    expect(store([[{ source: './A' }]])).toEqual({ results: [{ source: './A' }] });
    expect(packResults({ results: [] })).toEqual({ results: [] });
  });
});

describe('blocks of a growing text', () => {
  const pieces = Array.from({ length: 2000 }, (_, at) => `${at}:${'x'.repeat(200)}`);

  test('are few, and contain the text', () => {
    const blocks = pieces.reduce<readonly string[]>((grown, piece) => appendBlock(grown, piece, ','), []);
    expect(blocks.join(',')).toBe(pieces.join(','));
    expect(blocks.length).toBeLessThan(12);
  });

  test('are rewritten a logarithmic number of times', () => {
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
