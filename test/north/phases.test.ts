/** The machine of a DM 2.0 client session: each pair of phase and input is a row (DM-2.0 §5.2). */
import { describe, expect, test } from 'vitest';
import type { NorthInput } from '../../src/north/north-input.ts';
import type { NorthSession } from '../../src/north/north-session.ts';
import { type NorthEffect, type NorthState, type NorthStep, unavailable } from '../../src/north/north-state.ts';
import { endUnrouted, openNorthSession, stepNorth } from '../../src/north/step.ts';
import type { TranslationContext } from '../../src/translate/context.ts';
import { context, DATA, document, knowledgeOf, SRV_URI } from './model/play.ts';
import { DCMO, KNOWN } from './model/simulated-device.ts';

type Phase = NorthSession['phase'];
type InputType = NorthInput['type'];

const device = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
const withMos: TranslationContext = { ...context, account: { ...context.account, alwaysSendMos: true } };

function step(state: NorthState, input: NorthInput, hasCache = false, of = context): NorthStep {
  const environment = {
    context: of,
    version: '1.2',
    at: 0,
    maxCommands: 5_000,
    outbox: [],
    hasCacheEntry: () => hasCache,
  } as const;
  return stepNorth(environment, state, input);
}

const replied = (id: string, ...commands: readonly (readonly string[])[]): NorthInput => ({
  type: 'replied',
  id,
  reply: document(JSON.stringify({ CMD: commands })),
});

const fetched = (id: string): NorthInput => ({ type: 'replied', id, reply: document('true', 'text/plain') });

const waiting: NorthState = { north: openNorthSession('n', SRV_URI), device };
const posting = step(waiting, { type: 'opened' }).state;
const executing = (command: readonly string[], hasCache = false) =>
  step(posting, replied('p1', command), hasCache).state;

/** States by what they wait for; ids of requests and device commands count from 1. */
const STATES = {
  'that waits for Package#1 of the device': waiting,
  'that starts and waits for the device (d1)': step(waiting, { type: 'opened' }, false, withMos).state,
  'that starts and waits for the cache (c1)': step(waiting, { type: 'opened' }, true, withMos).state,
  'that posts Package#1 (p1)': posting,
  'that executes and waits for the device (d2)': executing(['DELETE', `${DCMO}/usb/Enabled`]),
  'that executes and waits for the cache (c2)': executing(['GET', `${DCMO}/usb/Enabled`], true),
  'that executes and waits for a GET (h2)': executing(['HGET', DATA, `${DCMO}/usb/Enabled`]),
  'that executes and waits for a POST (h2)': executing(['HPOST', DATA, 'urn:oma:mo:oma-sessioninfomo:1.0//']),
  'that has ended': { north: endUnrouted(openNorthSession('n', SRV_URI)), device },
} as const satisfies Readonly<Record<string, NorthState>>;

const outcomes = (id: string): NorthInput => ({ type: 'outcomes', outcomes: [unavailable(id)] });
const opened: NorthInput = { type: 'opened' };
const gone: NorthInput = { type: 'deviceGone' };
const interrupted: NorthInput = { type: 'interrupted' };
const overtaken: NorthInput = { type: 'overtaken' };
const cacheRead = (id: string): NorthInput => ({ type: 'cacheRead', id });

/** The next phase and the effects, or `ignored`: the state stays as it is. */
type Expected = 'ignored' | readonly [Phase, ...NorthEffect['type'][]];

const TABLE: readonly (readonly [keyof typeof STATES, NorthInput, Expected])[] = [
  ['that waits for Package#1 of the device', opened, ['posting', 'request']],
  ['that waits for Package#1 of the device', outcomes('d1'), 'ignored'],
  ['that waits for Package#1 of the device', replied('p1'), 'ignored'],
  ['that waits for Package#1 of the device', cacheRead('c1'), 'ignored'],
  ['that waits for Package#1 of the device', gone, ['ended', 'log']],
  ['that waits for Package#1 of the device', interrupted, 'ignored'],
  ['that waits for Package#1 of the device', overtaken, ['ended', 'log']],

  ['that starts and waits for the device (d1)', opened, 'ignored'],
  ['that starts and waits for the device (d1)', outcomes('d1'), ['starting', 'deviceCommands']],
  ['that starts and waits for the device (d1)', outcomes('d9'), 'ignored'],
  ['that starts and waits for the device (d1)', fetched('h1'), 'ignored'],
  ['that starts and waits for the device (d1)', cacheRead('c1'), 'ignored'],
  ['that starts and waits for the cache (c1)', cacheRead('c1'), ['starting', 'deviceCommands']],
  ['that starts and waits for the cache (c1)', cacheRead('c9'), 'ignored'],
  ['that starts and waits for the device (d1)', gone, ['posting', 'request']],
  ['that starts and waits for the device (d1)', interrupted, 'ignored'],
  ['that starts and waits for the cache (c1)', interrupted, ['starting', 'deviceCommands']],
  ['that starts and waits for the device (d1)', overtaken, ['ended', 'log']],

  ['that posts Package#1 (p1)', opened, 'ignored'],
  ['that posts Package#1 (p1)', outcomes('d1'), 'ignored'],
  [
    'that posts Package#1 (p1)',
    replied('p1', ['DELETE', `${DCMO}/usb/Enabled`]),
    ['executing', 'treeChanged', 'deviceCommands'],
  ],
  ['that posts Package#1 (p1)', replied('p1', ['END']), ['ended', 'log']],
  ['that posts Package#1 (p1)', replied('p1'), ['posting', 'request']],
  ['that posts Package#1 (p1)', replied('p0', ['END']), 'ignored'],
  ['that posts Package#1 (p1)', cacheRead('c1'), 'ignored'],
  ['that posts Package#1 (p1)', gone, ['posting']],
  ['that posts Package#1 (p1)', interrupted, ['ended', 'log']],
  ['that posts Package#1 (p1)', overtaken, ['ended', 'log']],

  ['that executes and waits for the device (d2)', opened, 'ignored'],
  ['that executes and waits for the device (d2)', outcomes('d2'), ['posting', 'request']],
  ['that executes and waits for the device (d2)', outcomes('d9'), 'ignored'],
  ['that executes and waits for a GET (h2)', fetched('h2'), ['executing', 'deviceCommands']],
  ['that executes and waits for a GET (h2)', fetched('h9'), 'ignored'],
  ['that executes and waits for the cache (c2)', cacheRead('c2'), ['executing', 'deviceCommands']],
  ['that executes and waits for the cache (c2)', cacheRead('c9'), 'ignored'],
  ['that executes and waits for the device (d2)', gone, ['posting', 'request']],
  ['that executes and waits for the device (d2)', interrupted, 'ignored'],
  ['that executes and waits for the cache (c2)', interrupted, ['executing', 'deviceCommands']],
  ['that executes and waits for a GET (h2)', interrupted, ['executing', 'request']],
  ['that executes and waits for a POST (h2)', interrupted, ['ended', 'log']],
  ['that executes and waits for a POST (h2)', overtaken, ['ended', 'log']],

  ['that has ended', opened, 'ignored'],
  ['that has ended', outcomes('d1'), 'ignored'],
  ['that has ended', replied('p1', ['END']), 'ignored'],
  ['that has ended', cacheRead('c1'), 'ignored'],
  ['that has ended', gone, 'ignored'],
  ['that has ended', interrupted, 'ignored'],
  ['that has ended', overtaken, 'ignored'],
];

const PHASES: readonly Phase[] = ['waiting', 'starting', 'posting', 'executing', 'ended'];
const INPUTS: readonly InputType[] = [
  'opened',
  'outcomes',
  'replied',
  'cacheRead',
  'deviceGone',
  'interrupted',
  'overtaken',
];

describe('a DM 2.0 session', () => {
  test.each(TABLE.map(([name, input, expected]) => [name, describeInput(input), expected, input] as const))(
    'a session %s gets the input %s: %j',
    (name, _, expected, input) => {
      const state: NorthState = STATES[name];
      const after = step(state, input);
      if (expected === 'ignored') expect(after).toEqual({ state, effects: [] });
      else expect([after.state.north.phase, ...after.effects.map(({ type }) => type)]).toEqual(expected);
    },
  );

  test('the table has a row for each pair of phase and input', () => {
    const covered = new Set(TABLE.map(([name, input]) => `${STATES[name].north.phase} × ${input.type}`));
    expect([...covered].sort()).toEqual(PHASES.flatMap((phase) => INPUTS.map((type) => `${phase} × ${type}`)).sort());
  });

  test('a session that posts a package remembers that the device has left: the commands of the answer get 503', () => {
    const after = step(posting, gone).state;
    const answered = step(after, replied('p1', ['GET', `${DCMO}/usb/Enabled`]));
    expect(JSON.stringify(answered.effects)).toContain('\\"sc\\":503');
    expect(answered.state.north).toMatchObject({ phase: 'posting', deviceGone: true, isDeclining: true });
  });
});

function describeInput(input: NorthInput): string {
  return 'id' in input ? `${input.type} ${input.id}` : input.type;
}
