/** What the answers to an Atomic say (reference: syncml §7; RepPro "Atomic"). */
import { describe, expect, test } from 'vitest';
import type { CommandOutcome } from '../../../src/dm1/server-command.ts';
import { parseLocUri } from '../../../src/mo/loc-uri.ts';
import type { Write } from '../../../src/tree/write-plan.ts';
import { type AtomicVerdict, atomicOf, judgeAtomic, whyAtomicFailed } from '../../../src/tree/writing/atomic.ts';

const WRITES: readonly Write[] = [
  { name: 'Add', locUri: parseLocUri('./A'), node: { name: 'A', format: 'node', children: [] } },
  { name: 'Add', locUri: parseLocUri('./A/b'), node: { name: 'b', format: 'chr', value: 'x' } },
  { name: 'Delete', locUri: parseLocUri('./C') },
];

function outcome(status: number, members?: readonly number[]): CommandOutcome {
  return {
    id: 'c',
    status,
    itemStatuses: [],
    statusItems: [],
    results: [],
    ...(members === undefined ? {} : { members: members.map((each) => outcome(each)) }),
  };
}

describe('the verdict', () => {
  test.each<[string, number, readonly number[], AtomicVerdict['kind']]>([
    ['all good', 200, [200, 200, 200], 'done'],
    ['an interior node was there, a node was gone', 200, [418, 200, 404], 'done'],
    ['a success with a member that failed', 200, [200, 425, 200], 'kept'],
    ['rolled back', 507, [216, 425, 215], 'rolledBack'],
    ['rolled back, with the codes that members had first', 507, [200, 425, 215], 'rolledBack'],
    ['rolled back, no member says why', 507, [215, 215, 215], 'rolledBack'],
    ['no Status for the Atomic, but for the roll-back', 425, [216, 425, 215], 'rolledBack'],
    ['a roll-back failed', 507, [516, 425, 215], 'rolledBack'],
    ['no Status for the Atomic, no roll-back', 425, [200, 425, 200], 'kept'],
    ['no Status for the Atomic, stopped', 425, [200, 425, 215], 'kept'],
    ['not supported', 406, [215, 215, 215], 'unsupported'],
    ['not supported, told of each member', 501, [501, 501, 501], 'unsupported'],
    ['silence', 500, [500, 500, 500], 'doubtful'],
    ['not allowed', 405, [215, 215, 215], 'doubtful'],
    ['not tried', 215, [215, 215, 215], 'refused'],
    ['refused', 425, [215, 215, 215], 'refused'],
    ['too large', 517, [216, 216, 215], 'tooLarge'],
  ])('%s', (_, status, members, kind) => {
    expect(judgeAtomic(WRITES, outcome(status, members)).kind).toBe(kind);
  });

  test.each<[string, number, readonly number[], readonly string[]]>([
    ['none', 507, [216, 425, 215], []],
    ['those that say so', 507, [516, 216, 425], ['./A']],
    ['all, when only the Atomic says so', 516, [215, 215, 215], ['./A', './A/b', './C']],
    ['those that say so, when the Atomic does, too', 516, [516, 216, 425], ['./A']],
  ])('suspects: %s', (_, status, members, places) => {
    const verdict = judgeAtomic(WRITES, outcome(status, members));
    expect(verdict).toMatchObject({ kind: 'rolledBack' });
    expect('suspects' in verdict ? verdict.suspects.map(({ locUri }) => locUri) : undefined).toEqual(places);
  });

  test('takes the Atomic for its members where none are told', () => {
    expect(judgeAtomic(WRITES, outcome(200)).kind).toBe('done');
  });
});

test('the reason is the member that failed by itself', () => {
  expect(whyAtomicFailed(outcome(507, [216, 425, 215])).status).toBe(425);
  expect(whyAtomicFailed(outcome(516, [516, 420, 215])).status).toBe(420);
  expect(whyAtomicFailed(outcome(507, [215, 215])).status).toBe(507);
});

test('an Atomic holds the commands of its writes in order', () => {
  const { name, items, members = [] } = atomicOf(WRITES);
  expect([name, items]).toEqual(['Atomic', []]);
  expect(members.map((member) => `${member.name} ${member.items[0]?.target}`)).toEqual([
    'Add ./A',
    'Add ./A/b',
    'Delete ./C',
  ]);
});
