/** DM 1.x statuses as DM 2.0 statuses (DM-2.0 Appendix C). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CommandOutcome } from '../../src/dm1/server-command.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import {
  allowedStatus,
  atomicStatus,
  DM2_COMMANDS,
  type Dm2CommandName,
  finalStatus,
  toDm2Status,
} from '../../src/translate/status.ts';

const table = loadMappings().status;

const FINAL: readonly (readonly [readonly number[], Dm2CommandName, number])[] = [
  [[200, 201, 203, 205, 206, 212], 'GET', 200],
  [[202], 'EXEC', 202],
  [[202], 'GET', 200],
  [[204], 'GET', 204],
  [[204], 'DELETE', 200],
  [[214], 'DELETE', 507],
  [[400, 411, 412, 414], 'GET', 400],
  [[404, 410], 'DELETE', 404],
  [[409, 416, 426, 500, 510, 511, 516], 'HGET', 500],
  [[413, 420], 'HGET', 506],
  [[413, 420], 'GET', 500],
  [[415], 'HGET', 415],
  [[415], 'EXEC', 500],
  [[408, 417, 502, 503, 504, 506, 508], 'GET', 503],
  [[403, 425], 'GET', 403],
  [[403, 425], 'SHOW', 500],
  [[405], 'EXEC', 405],
  [[405], 'DELETE', 405],
  [[405], 'GET', 403],
  [[405], 'HGET', 403],
  [[406, 501, 505, 513], 'GET', 501],
  [[406, 501, 505, 513], 'EXEC', 405],
  [[216, 507], 'HGET', 500],
  [[299], 'GET', 200],
  [[102, 300, 304, 402, 430, 599, 42, Number.NaN, -1], 'GET', 500],
  [[1000, 1200, 1404, 1999], 'EXEC', 1404],
  [[200, 214, 304, 408], 'SHOW', 200],
  [[406], 'SHOW', 501],
];

describe('the DM 2.0 status', () => {
  test.each(FINAL)('for %j to %s is %i', (codes, command, status) => {
    for (const code of codes) {
      const expected = code >= 1000 ? code : status;
      expect(toDm2Status(table, code, command), String(code)).toEqual({ kind: 'final', status: expected });
    }
  });

  test.each([
    [418, 'asReplace', 500],
    [424, 'again', 500],
    [215, 'again', 503],
    [517, 'withoutAtomic', 500],
    [401, 'serverAuthentication', 500],
    [407, 'serverAuthentication', 500],
    [0, 'serverAuthentication', 500],
  ] as const)('for %i comes after a retry of the kind %s', (code, how, otherwise) => {
    expect(toDm2Status(table, code, 'HGET')).toEqual({ kind: 'retry', how, otherwise });
  });

  test.each([101, 213])('for %i is none, because the command goes on', (code) => {
    expect(toDm2Status(table, code, 'GET')).toEqual({ kind: 'none' });
  });

  test('exists for every number, and Appendix C allows it for the command', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 2500 }), fc.constantFrom(...DM2_COMMANDS), (code, command) => {
        const translated = toDm2Status(table, code, command);
        if (translated.kind === 'none') return;
        const status = translated.kind === 'final' ? translated.status : translated.otherwise;
        expect(allowedStatus(table, status, command)).toBe(status);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a failed Atomic', () => {
  test.each([
    [[216, 404, 215], 404],
    [[200, 425, 215], 425],
    [[516, 420, 215], 420],
    [[516, 215], 516],
    [[216, 214, 215], 214],
    [[216, 215], 507],
    [[], 507],
  ] as const)('with the members %j has the status %i', (members, status) => {
    expect(atomicStatus(members)).toBe(status);
  });
});

describe('the status of a whole command', () => {
  const outcome = (status: number, members?: readonly number[]): CommandOutcome => ({
    id: 'c',
    status,
    itemStatuses: [],
    statusItems: [],
    results: [],
    ...(members === undefined ? {} : { members: members.map((each) => outcome(each)) }),
  });

  test.each<[string, readonly CommandOutcome[], Dm2CommandName, number]>([
    ['that of the first failure', [outcome(200), outcome(404), outcome(425)], 'DELETE', 404],
    ['503 for an Atomic of which no member was executed', [outcome(215, [215, 215])], 'HGET', 503],
    ['500 for an Atomic with 215 and a member that was rolled back', [outcome(215, [216, 215])], 'HGET', 500],
    ['202 while a node goes on', [outcome(200), outcome(202)], 'EXEC', 202],
    ['200 when all succeed', [outcome(200), outcome(200)], 'EXEC', 200],
    ['500 for a status that remains after a retry', [outcome(418)], 'HGET', 500],
    ['that of the failed member', [outcome(507, [216, 415, 215])], 'HGET', 415],
    ['that of the failed member when the container has 215', [outcome(215, [420])], 'HGET', 506],
    ['200 for an Atomic without failure', [outcome(200, [200, 200])], 'HGET', 200],
    ['500 without a final status', [outcome(101)], 'GET', 500],
    ['500 without any outcome', [], 'GET', 500],
  ])('is %s', (_, outcomes, command, status) => {
    expect(finalStatus(table, outcomes, command)).toBe(status);
  });
});
