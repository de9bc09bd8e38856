/** Interrupted sessions: the facts that they teach about a device, and the quarantine of a command. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeviceFacts } from '../../src/device/facts.ts';
import type { OutstandingCommand } from '../../src/dm1/server-command.ts';
import { openSession } from '../../src/dm1/session.ts';
import type { Dm1Session } from '../../src/dm1/session-model.ts';
import {
  factsAfterInterruption,
  hasSuspects,
  newQuarantines,
  quarantineOf,
  withoutSuspicion,
} from '../../src/north/interruption.ts';
import { openNorthSession } from '../../src/north/step.ts';
import { knowledgeOf } from './model/play.ts';

const NOW = 1_000_000;
const DAY = 24 * 3600 * 1000;
const SEQUENCE = { cmd: 'Sequence', msgId: 1, cmdId: '1' } as const;

const base: Dm1Session = openSession({
  version: '1.2',
  sessionId: '1',
  device: 'd',
  deviceUri: 'd',
  serverUri: 's',
  respUri: 'r',
  nextMsgId: 1,
  ordering: 'sequence',
});

function sent(id: string, answer: Partial<OutstandingCommand> = {}): OutstandingCommand {
  const command = { id, name: 'Get' as const, items: [] };
  return { command, msgId: 1, cmdId: id, itemStatuses: [], statusItems: [], results: [], ...answer };
}

/** A session in which each wire command waits for the device command `d<n>`. */
function interrupted(wires: readonly (readonly string[])[], south: Partial<Dm1Session> = {}) {
  const runs = wires.map((wire, at) => ({
    wire,
    replayLog: [],
    pending: {
      kind: 'device' as const,
      fingerprint: '',
      ids: [`d${at}`],
      outcomes: {},
      writes: [],
      willWrite: [],
      mayRead: [],
    },
  }));
  const outstanding = wires.map((_, at) => sent(`d${at}`));
  return {
    north: { ...openNorthSession('n', ''), phase: 'executing' as const, runs },
    south: { ...base, outstanding, ...south },
  };
}

function times(count: number, wire: readonly string[], at = NOW): DeviceFacts {
  let facts: DeviceFacts = {};
  for (let n = 0; n < count; n += 1) facts = factsAfterInterruption(facts, interrupted([wire]), at);
  return facts;
}

describe('an interrupted session', () => {
  test.each<[string, Partial<Dm1Session>]>([
    ['no command outstanding', { outstanding: [] }],
    ['every command answered', { outstanding: [sent('d0', { status: 200 })] }],
    ['Results of its command', { outstanding: [sent('d0', { results: [{ data: 'x' }] })] }],
    ['a member of an Atomic answered', { outstanding: [sent('d0', { members: [sent('m', { status: 200 })] })] }],
  ])('an interrupted session with %s leaves the facts as they are', (_, south) => {
    const facts: DeviceFacts = { list: 'none' };
    expect(factsAfterInterruption(facts, interrupted([['EXEC', 'x']], south), NOW)).toBe(facts);
  });

  test.each<[DeviceFacts, boolean]>([
    [{}, false],
    [{ atomic: true }, true],
  ])('an unanswered Atomic turns the facts %j into atomic: %s', (facts, atomic) => {
    const open: OutstandingCommand = { ...sent('d0'), command: { id: 'd0', name: 'Atomic', items: [] } };
    expect(factsAfterInterruption(facts, interrupted([['HGET', 'x']], { outstanding: [open] }), NOW).atomic).toBe(
      atomic,
    );
    expect(factsAfterInterruption(facts, interrupted([['HGET', 'x']]), NOW).atomic).toBe(facts.atomic);
  });

  test('an interrupted session puts each command that waited under suspicion once, and no other', () => {
    const session = interrupted(
      [
        ['EXEC', 'x'],
        ['GET', 'y'],
        ['EXEC', 'x'],
      ],
      { outstanding: [sent('d0'), sent('d2')] },
    );
    expect(factsAfterInterruption({}, session, NOW).strikes).toEqual([{ command: '["EXEC","x"]', count: 1, at: NOW }]);
  });

  test.each<[string, 'one-per-message' | undefined, Partial<Dm1Session>]>([
    ['unanswered', 'one-per-message', { engineCommands: [SEQUENCE] }],
    ['answered', undefined, { engineCommands: [{ ...SEQUENCE, status: 200 }] }],
    ['not the first of the session', undefined, { engineCommands: [SEQUENCE], sequenceRan: true }],
    ['absent', undefined, { engineCommands: [{ ...SEQUENCE, cmd: 'Get' }] }],
    [
      'answered in part',
      undefined,
      { engineCommands: [SEQUENCE], outstanding: [sent('d0'), sent('d1', { status: 200 })] },
    ],
  ])('an interrupted session with a Sequence that is %s leads to the ordering %s', (_, ordering, south) => {
    const wires = [
      ['EXEC', 'x'],
      ['GET', 'y'],
    ];
    expect(factsAfterInterruption({}, interrupted(wires, south), NOW).ordering).toBe(ordering);
  });
});

describe('the quarantine of a command', () => {
  test.each([
    [2, NOW, undefined],
    [3, NOW, 3],
    [3, NOW + 7 * DAY - 1, 3],
    [3, NOW + 7 * DAY, undefined],
  ])('a quarantine after %d interrupted sessions has, at %d, the count %s', (count, at, expected) => {
    expect(quarantineOf(times(count, ['EXEC', 'x']), ['EXEC', 'x'], at)).toBe(expected);
    expect(quarantineOf(times(count, ['EXEC', 'x']), ['EXEC', 'y'], at)).toBeUndefined();
  });

  test('a quarantine is reported once, when it begins', () => {
    const two = times(2, ['EXEC', 'x']);
    const three = factsAfterInterruption(two, interrupted([['EXEC', 'x']]), NOW);
    expect(newQuarantines({}, two, NOW)).toEqual([]);
    expect(newQuarantines(two, three, NOW)).toHaveLength(1);
    expect(newQuarantines(three, three, NOW)).toEqual([]);
  });

  test.each([
    [1, NOW, true],
    [1, NOW + 30 * DAY - 1, true],
    [1, NOW + 30 * DAY, false],
    [3, NOW, false],
    [3, NOW + 7 * DAY, true],
  ])('%d interrupted sessions leave, at %d, a suspect outside quarantine: %s', (count, at, expected) => {
    expect(hasSuspects(times(count, ['EXEC', 'x']), at)).toBe(expected);
  });

  test('a suspicion ends when the device answers the command; other commands stay under suspicion', () => {
    const facts = factsAfterInterruption(
      { list: 'none' },
      interrupted([
        ['EXEC', 'x'],
        ['GET', 'y'],
      ]),
      NOW,
    );
    const device = { ...knowledgeOf({}), facts };
    const one = withoutSuspicion(device, ['EXEC', 'x']);
    expect(one.facts.strikes?.map(({ command }) => command)).toEqual(['["GET","y"]']);
    expect(withoutSuspicion(one, ['GET', 'y']).facts).toEqual({ list: 'none' });
    expect(withoutSuspicion(one, ['GET', 'z'])).toBe(one);
  });

  test('the record holds a bounded number of suspects of bounded length, the latest', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 4000 }), { maxLength: 60 }), (names) => {
        let facts: DeviceFacts = {};
        for (const name of names) facts = factsAfterInterruption(facts, interrupted([['EXEC', name]]), NOW);
        const { strikes = [] } = facts;
        expect(strikes.length).toBeLessThanOrEqual(16);
        expect(strikes.every(({ command }) => command.length <= 1100)).toBe(true);
        const last = names.at(-1);
        if (last !== undefined)
          expect(withoutSuspicion({ ...knowledgeOf({}), facts }, ['EXEC', last]).facts).not.toEqual(facts);
      }),
    );
  });

  test('a quarantine distinguishes long commands by their ends', () => {
    const long = (end: string) => ['HGET', `http://x/${'a'.repeat(3000)}${end}`];
    expect(quarantineOf(times(3, long('1')), long('1'), NOW)).toBe(3);
    expect(quarantineOf(times(3, long('1')), long('2'), NOW)).toBeUndefined();
  });
});
