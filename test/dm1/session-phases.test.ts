/** The table of the session machine: every phase with every input (DM-1.3 §7). */
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import { step } from '../../src/dm1/session.ts';
import type { Dm1Session, SessionEffect, SessionInput } from '../../src/dm1/session-model.ts';
import type { Command } from '../../src/syncml/message.ts';
import {
  alert,
  devInfo,
  deviceMessage,
  get,
  headerOk,
  LockStep,
  leaf,
  measureXml,
  replace,
  status,
} from './lock-step.ts';

type Phase = Dm1Session['phase'];

/** A session in each phase, with commands in the queue and, where the phase has them, outstanding. */
const SESSIONS: Readonly<Record<Phase, () => Dm1Session>> = {
  initializing: () => {
    const device = new LockStep();
    device.says([alert('1201')], { final: false });
    device.plans(get('queued'));
    return device.session;
  },
  ready: () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()]);
    device.plans(get('queued'));
    return device.session;
  },
  awaitingDevice: () => {
    const device = new LockStep();
    device.begins(replace('sent'));
    device.plans(get('queued'));
    return device.session;
  },
  sendingObject: () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()], { meta: { maxMsgSize: 1400 } });
    device.plans(replace('object', 'x'.repeat(2000)), get('queued'));
    device.answers();
    return device.session;
  },
  closed: () => {
    const device = new LockStep();
    device.begins();
    return device.session;
  },
};

const message = (commands: readonly Command[], final: boolean): SessionInput => ({
  type: 'messageReceived',
  message: deviceMessage(2, commands, final),
  verdict: { status: 200 },
});

const answerDue = (mode: 'continue' | 'hold' | 'abort'): SessionInput => ({
  type: 'answerDue',
  mode,
  measure: measureXml,
});

const sent = (code: number): Command => status(1, 4, 'Replace', code);

const INPUTS = {
  'a message without Final': message([headerOk(1)], false),
  'a message with Final': message([headerOk(1)], true),
  'a message that answers the command': message([headerOk(1), sent(200)], true),
  'a message that acknowledges a chunk': message([headerOk(1), sent(213)], false),
  'a message with the first chunk of an object': message(
    [{ ...alert('1226', [{ ...leaf('./e', 'v'), moreData: true }]), cmdId: '9' }],
    true,
  ),
  'a message with Alert 1223': message([{ ...alert('1223'), cmdId: '9' }], true),
  'a message that refuses ours': message([headerOk(1, 503)], true),
  'the answer is due': answerDue('continue'),
  'the answer is due, and the backend is slow': answerDue('hold'),
  'the answer is due, and the bridge aborts': answerDue('abort'),
  'a profile': { type: 'profileApplied', ordering: 'plain', caps: { maxMsgSize: 5000 } },
  commands: { type: 'commandsReady', commands: [get('more')] },
  'no commands': { type: 'commandsReady', commands: [] },
  'withdrawn commands': { type: 'commandsWithdrawn', ids: ['queued'] },
  'the device left': { type: 'deviceLeft' },
  'the device timed out': { type: 'timedOut' },
} as const satisfies Readonly<Record<string, SessionInput>>;

type InputName = keyof typeof INPUTS;

/** An effect in one word, with the status of an outcome and the Final of a message. */
function brief(effect: SessionEffect): string {
  switch (effect.type) {
    case 'outcome':
      return `${effect.outcome.id}:${effect.outcome.status}`;
    case 'send':
      return effect.message.final ? 'send with Final' : 'send';
    case 'aborted':
      return `aborted by ${effect.by}`;
    case 'transfer':
      return `transfer ${effect.state}`;
    default:
      return effect.type;
  }
}

type Row = Readonly<Record<InputName, readonly [next: Phase, ...effects: string[]]>>;

const TABLE: Readonly<Record<Phase, Row>> = {
  initializing: {
    'a message without Final': ['initializing'],
    'a message with Final': ['ready'],
    'a message that answers the command': ['ready', 'tolerated'],
    'a message that acknowledges a chunk': ['initializing', 'tolerated'],
    'a message with the first chunk of an object': ['initializing', 'transfer started', 'tolerated'],
    'a message with Alert 1223': ['closed', 'aborted by device'],
    'a message that refuses ours': ['closed', 'aborted by bridge'],
    'the answer is due': ['initializing', 'send'],
    'the answer is due, and the backend is slow': ['initializing', 'send'],
    'the answer is due, and the bridge aborts': ['closed', 'aborted by bridge', 'send with Final'],
    'a profile': ['initializing'],
    commands: ['initializing'],
    'no commands': ['initializing'],
    'withdrawn commands': ['initializing'],
    'the device left': ['closed', 'aborted by device'],
    'the device timed out': ['closed', 'aborted by device'],
  },
  ready: {
    'a message without Final': ['ready'],
    'a message with Final': ['ready'],
    'a message that answers the command': ['ready', 'tolerated'],
    'a message that acknowledges a chunk': ['ready', 'tolerated'],
    'a message with the first chunk of an object': ['ready', 'transfer started', 'tolerated'],
    'a message with Alert 1223': ['closed', 'aborted by device'],
    'a message that refuses ours': ['closed', 'aborted by bridge'],
    'the answer is due': ['awaitingDevice', 'send with Final'],
    'the answer is due, and the backend is slow': ['awaitingDevice', 'send with Final'],
    'the answer is due, and the bridge aborts': ['closed', 'aborted by bridge', 'send with Final'],
    'a profile': ['ready'],
    commands: ['ready'],
    'no commands': ['ready'],
    'withdrawn commands': ['ready'],
    'the device left': ['closed', 'aborted by device'],
    'the device timed out': ['closed', 'aborted by device'],
  },
  awaitingDevice: {
    'a message without Final': ['awaitingDevice'],
    'a message with Final': ['ready', 'tolerated', 'sent:500'],
    'a message that answers the command': ['ready', 'sent:200'],
    'a message that acknowledges a chunk': ['awaitingDevice'],
    'a message with the first chunk of an object': ['awaitingDevice', 'transfer started', 'tolerated'],
    'a message with Alert 1223': ['closed', 'aborted by device'],
    'a message that refuses ours': ['closed', 'sent:503', 'aborted by bridge'],
    'the answer is due': ['awaitingDevice', 'send'],
    'the answer is due, and the backend is slow': ['awaitingDevice', 'send'],
    'the answer is due, and the bridge aborts': ['closed', 'aborted by bridge', 'send with Final'],
    'a profile': ['awaitingDevice'],
    commands: ['awaitingDevice'],
    'no commands': ['awaitingDevice'],
    'withdrawn commands': ['awaitingDevice'],
    'the device left': ['closed', 'aborted by device'],
    'the device timed out': ['closed', 'aborted by device'],
  },
  sendingObject: {
    'a message without Final': ['sendingObject'],
    'a message with Final': ['ready', 'tolerated', 'transfer failed', 'object:500'],
    'a message that answers the command': ['ready', 'tolerated', 'transfer failed', 'object:500'],
    'a message that acknowledges a chunk': ['sendingObject', 'transfer progress'],
    'a message with the first chunk of an object': [
      'ready',
      'transfer started',
      'tolerated',
      'tolerated',
      'transfer failed',
      'object:500',
    ],
    'a message with Alert 1223': ['closed', 'transfer failed', 'object:503', 'aborted by device'],
    'a message that refuses ours': ['closed', 'object:503', 'transfer failed', 'aborted by bridge'],
    'the answer is due': ['sendingObject', 'send'],
    'the answer is due, and the backend is slow': ['sendingObject', 'send'],
    'the answer is due, and the bridge aborts': [
      'closed',
      'transfer failed',
      'object:503',
      'aborted by bridge',
      'send with Final',
    ],
    'a profile': ['sendingObject'],
    commands: ['sendingObject'],
    'no commands': ['sendingObject'],
    'withdrawn commands': ['sendingObject'],
    'the device left': ['closed', 'transfer failed', 'object:503', 'aborted by device'],
    'the device timed out': ['closed', 'transfer failed', 'object:503', 'aborted by device'],
  },
  closed: {
    'a message without Final': ['closed'],
    'a message with Final': ['closed'],
    'a message that answers the command': ['closed'],
    'a message that acknowledges a chunk': ['closed'],
    'a message with the first chunk of an object': ['closed'],
    'a message with Alert 1223': ['closed'],
    'a message that refuses ours': ['closed'],
    'the answer is due': ['closed', 'send with Final'],
    'the answer is due, and the backend is slow': ['closed', 'send with Final'],
    'the answer is due, and the bridge aborts': ['closed', 'send with Final'],
    'a profile': ['closed'],
    commands: ['closed', 'aborted by bridge'],
    'no commands': ['closed'],
    'withdrawn commands': ['closed'],
    'the device left': ['closed'],
    'the device timed out': ['closed'],
  },
};

const isPhase = (text: string): text is Phase => Object.hasOwn(TABLE, text);
const isInput = (text: string): text is InputName => Object.hasOwn(INPUTS, text);

const PAIRS = Object.keys(TABLE)
  .filter(isPhase)
  .flatMap((phase) =>
    Object.keys(INPUTS)
      .filter(isInput)
      .map((input) => [phase, input] as const),
  );

describe('a session', () => {
  test.each(PAIRS)('in the phase %s handles: %s', (phase, input) => {
    const before = SESSIONS[phase]();
    const { session, effects } = step(before, INPUTS[input]);
    expect(before.phase).toBe(phase);
    expect([session.phase, ...effects.map(brief)]).toEqual(TABLE[phase][input]);
  });

  test.each(PAIRS)('in the phase %s stays plain data after: %s', (phase, input) => {
    const { session } = step(SESSIONS[phase](), INPUTS[input]);
    expect(JSON.parse(JSON.stringify(session))).toEqual(session);
  });

  test.each(PAIRS)('in the phase %s is not mutated by: %s', (phase, input) => {
    const before = SESSIONS[phase]();
    const copy = structuredClone(before);
    step(before, INPUTS[input]);
    expect(before).toEqual(copy);
  });
});

describe('an input that changes no phase', () => {
  const open = ['initializing', 'ready', 'awaitingDevice', 'sendingObject'] as const;

  test.each(open)('adds commands to the queue in the phase %s, and withdraws them', (phase) => {
    const more = step(SESSIONS[phase](), INPUTS.commands).session;
    expect(more.queue.map(({ id }) => id)).toEqual(['queued', 'more']);
    const fewer = step(more, INPUTS['withdrawn commands']).session;
    expect(fewer.queue.map(({ id }) => id)).toEqual(['more']);
  });

  test.each([...open, 'closed'] as const)('applies a profile in the phase %s', (phase) => {
    const { session } = step(SESSIONS[phase](), INPUTS['a profile']);
    expect(session).toMatchObject({ ordering: 'plain', caps: { maxMsgSize: 5000 } });
    expect(session.maxMsgSize).toBe(phase === 'sendingObject' ? 1400 : 5000);
  });
});

describe('the answer of a ready session', () => {
  const ready = (...commands: readonly ServerCommand[]): Dm1Session => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()], { meta: { maxMsgSize: 1400 } });
    device.plans(...commands);
    return device.session;
  };

  test.each<[string, Dm1Session, SessionInput, Phase, string]>([
    ['an empty package', ready(), answerDue('continue'), 'closed', 'send with Final'],
    ['a Get that holds the device', ready(), answerDue('hold'), 'awaitingDevice', 'send with Final'],
    ['a first chunk', ready(replace('object', 'x'.repeat(2000))), answerDue('continue'), 'sendingObject', 'send'],
  ])('is %s', (_, session, input, phase, sending) => {
    const next = step(session, input);
    expect([next.session.phase, brief(next.effects.at(-1) ?? { type: 'sequenceUnsupported' })]).toEqual([
      phase,
      sending,
    ]);
  });

  test('is the last chunk when the rest of the object fits', () => {
    const device = new LockStep();
    device.says([alert('1201'), devInfo()], { meta: { maxMsgSize: 1400 } });
    device.plans(replace('object', 'x'.repeat(1000)));
    device.answers();
    device.says([headerOk(1), status(1, 4, 'Replace', 213)], { final: false });
    expect(device.session.phase).toBe('sendingObject');
    expect(step(device.session, answerDue('continue')).session.phase).toBe('awaitingDevice');
  });
});
