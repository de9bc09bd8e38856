/** The verdict on a device's answer to an Atomic (DMREPPRO "Atomic"). */
import { describe, expect, test } from 'vitest';
import type { CommandOutcome } from '../../../src/dm1/server-command.ts';
import { parseLocUri } from '../../../src/mo/loc-uri.ts';
import type { Write } from '../../../src/tree/write-plan.ts';
import { type AtomicVerdict, atomicOf, causeOfFailure, judgeAtomic } from '../../../src/tree/writing/atomic-verdict.ts';

const WRITES: readonly Write[] = [
  { name: 'Add', locUri: parseLocUri('./A'), node: { name: 'A', format: 'node', children: [] } },
  { name: 'Add', locUri: parseLocUri('./A/b'), node: { name: 'b', format: 'chr', value: 'x' } },
  { name: 'Delete', locUri: parseLocUri('./C') },
];

function outcome(status: number, members?: readonly number[]): CommandOutcome {
  const own = { id: 'c', status, itemStatuses: [], statusItems: [], results: [] };
  return members === undefined ? own : { ...own, members: members.map((each) => outcome(each)) };
}

describe('the verdict on an Atomic', () => {
  test.each<[string, number, readonly number[], AtomicVerdict['kind']]>([
    ['200 with 200 for all members', 200, [200, 200, 200], 'fulfilled'],
    ['200 with an existing interior node and a missing node', 200, [418, 200, 404], 'fulfilled'],
    ['200 with a failed member', 200, [200, 425, 200], 'notRolledBack'],
    ['507 with 216, the cause and 215', 507, [216, 425, 215], 'rolledBack'],
    ['507 with the codes that the members had before the roll-back', 507, [200, 425, 215], 'rolledBack'],
    ['507 without a cause among the members', 507, [215, 215, 215], 'rolledBack'],
    ['no Status for the Atomic, but 216 for a member', 425, [216, 425, 215], 'rolledBack'],
    ['507 with a failed roll-back', 507, [516, 425, 215], 'rolledBack'],
    ['no Status for the Atomic, and no roll-back', 425, [200, 425, 200], 'notRolledBack'],
    ['no Status for the Atomic, and members after the cause not executed', 425, [200, 425, 215], 'notRolledBack'],
    ['406', 406, [215, 215, 215], 'unsupported'],
    ['501 for each member', 501, [501, 501, 501], 'unsupported'],
    ['no answer', 500, [500, 500, 500], 'perhapsUnsupported'],
    ['405', 405, [215, 215, 215], 'perhapsUnsupported'],
    ['215', 215, [215, 215, 215], 'refused'],
    ['425 with 215 for all members', 425, [215, 215, 215], 'refused'],
    ['517', 517, [216, 216, 215], 'tooLarge'],
  ])('is for %s (%i, %j): %s', (_, status, members, kind) => {
    expect(judgeAtomic(WRITES, outcome(status, members)).kind).toBe(kind);
  });

  test.each<[string, number, readonly number[], readonly string[]]>([
    ['none after a complete roll-back', 507, [216, 425, 215], []],
    ['the members with 516', 507, [516, 216, 425], ['./A']],
    ['all members, when only the Atomic has 516', 516, [215, 215, 215], ['./A', './A/b', './C']],
    ['the members with 516, when the Atomic has it, too', 516, [516, 216, 425], ['./A']],
  ])('names as suspects %s', (_, status, members, locUris) => {
    const verdict = judgeAtomic(WRITES, outcome(status, members));
    expect(verdict).toMatchObject({ kind: 'rolledBack' });
    expect('suspects' in verdict ? verdict.suspects.map(({ locUri }) => locUri) : undefined).toEqual(locUris);
  });

  test('uses the status of the Atomic for members without a Status', () => {
    expect(judgeAtomic(WRITES, outcome(200)).kind).toBe('fulfilled');
  });
});

test('the cause of a failed Atomic is the member that failed by itself', () => {
  expect(causeOfFailure(outcome(507, [216, 425, 215])).status).toBe(425);
  expect(causeOfFailure(outcome(516, [516, 420, 215])).status).toBe(420);
  expect(causeOfFailure(outcome(507, [215, 215])).status).toBe(507);
});

test('the members of an Atomic are the commands of its writes, in order', () => {
  const { name, items, members = [] } = atomicOf(WRITES);
  expect([name, items]).toEqual(['Atomic', []]);
  expect(members.map((member) => `${member.name} ${member.items[0]?.target}`)).toEqual([
    'Add ./A',
    'Add ./A/b',
    'Delete ./C',
  ]);
});
