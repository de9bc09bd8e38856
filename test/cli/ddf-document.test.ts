/** The DDF documents that the bridge serves are written in turns. */
import { expect, test } from 'vitest';
import { ddfDocument } from '../../src/cli/server/ddf-document.ts';
import { toDdfMappings } from '../../src/mapping/ddf-mapping.ts';
import { readDdf } from '../../src/mapping/ddf-read.ts';
import { ddfNode, ddfOf, writeDdf } from '../support/ddf.ts';
import { must } from '../support/mappings.ts';

const NODES = 1_000;

function largeMapping() {
  const children = Array.from({ length: NODES }, (_, at) => ddfNode(`N${at}`, '', [], 'chr'));
  return must(toDdfMappings(readDdf(ddfOf(ddfNode('Large', '<Path>./Vendor</Path>', children))))[0]);
}

/** A clock that goes on by a millisecond each time it is read. */
function countingClock() {
  const counted = { time: 0, turns: 0 };
  const clock = {
    monotonic: () => {
      counted.time += 1;
      return counted.time;
    },
    nextTurn: async () => {
      counted.turns += 1;
    },
  };
  return { counted, clock };
}

test('a large DDF gives way to other work after a few nodes, and is the whole document', async () => {
  const mapping = largeMapping();
  const { counted, clock } = countingClock();
  expect(await ddfDocument(mapping, clock)).toBe(writeDdf(mapping));
  expect(counted.turns).toBeGreaterThan(NODES / 10);
});

test('requests for a DDF that is being written share the work', async () => {
  const mapping = largeMapping();
  const first = countingClock();
  const second = countingClock();
  const documents = await Promise.all([ddfDocument(mapping, first.clock), ddfDocument(mapping, second.clock)]);
  expect(documents[1]).toBe(documents[0]);
  expect(second.counted).toEqual({ time: 0, turns: 0 });
});
