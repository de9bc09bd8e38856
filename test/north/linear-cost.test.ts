/** The work for a package grows with its commands, not with their square; a step does a bounded part of it. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { CommandOutcome, ServerCommand } from '../../src/dm1/server-command.ts';
import { PlaceIndex } from '../../src/mo/place-index.ts';
import { OpenCommands } from '../../src/north/dependencies.ts';
import type { NorthInput } from '../../src/north/north-input.ts';
import type { CommandRun } from '../../src/north/north-session.ts';
import type { NorthEffect, NorthState, NorthStep } from '../../src/north/north-state.ts';
import { openNorthSession, stepNorth } from '../../src/north/step.ts';
import { packRuns, unpackRuns } from '../../src/north/stored-runs.ts';
import { miidTable } from '../support/miid-table.ts';
import { context, DATA, document, knowledgeOf, SRV_URI } from './model/play.ts';
import { KNOWN, VENDOR } from './model/simulated-device.ts';

afterEach(() => void vi.restoreAllMocks());

const LEAF = `${VENDOR.replaceAll('/', '%2F')}/Product/L`;

/** Commands of one kind, each for a leaf of its own. */
const KINDS: Readonly<Record<string, (at: number) => readonly string[]>> = {
  'unknown commands': (at) => ['WISH', `${at}`],
  GET: (at) => ['GET', `${LEAF}${at}`],
  DELETE: (at) => ['DELETE', `${LEAF}${at}`],
  HGET: (at) => ['HGET', `${DATA}/${at}`, `${LEAF}${at}`],
  'HGET and DELETE in turns': (at) =>
    at % 2 === 0 ? ['HGET', `${DATA}/${at}`, `${LEAF}${at}`] : ['DELETE', `${LEAF}${at}`],
};

interface Run {
  readonly steps: number;
  /** Steps that ended with a pause. */
  readonly pauses: number;
  readonly requests: number;
  readonly messages: number;
  readonly calls: number;
  readonly statuses: number;
  /** Commands that waited for the device at the same time. */
  readonly longestQueue: number;
}

/** Commands that the device answers with one message. */
const ANSWERED_AT_ONCE = 30;

/** Plays one package in one process: no state passes through JSON. */
function play(commands: readonly (readonly string[])[]): Run {
  const spies = [
    vi.spyOn(OpenCommands.prototype, 'add'),
    vi.spyOn(OpenCommands.prototype, 'isBlocking'),
    vi.spyOn(PlaceIndex.prototype, 'add'),
    vi.spyOn(PlaceIndex.prototype, 'highestOverlap'),
  ];
  const facts = { list: 'none', atomic: false } as const;
  let state: NorthState = {
    north: openNorthSession('n', SRV_URI),
    device: knowledgeOf({ miids: miidTable(KNOWN), facts }),
  };
  const count = { steps: 0, pauses: 0, requests: 0, messages: 0 };
  let statuses = 0;
  const queue: ServerCommand[] = [];
  let longestQueue = 0;
  const inputs: NorthInput[] = [{ type: 'opened' }];
  while (state.north.phase !== 'ended') {
    const input = inputs.shift() ?? answerOf(queue.splice(0, ANSWERED_AT_ONCE));
    if (input.type === 'outcomes') {
      count.messages += 1;
      longestQueue = Math.max(longestQueue, queue.length);
    }
    const environment = { context, version: '1.2', at: 0, maxCommands: 100_000, outbox: [] } as const;
    const step: NorthStep = stepNorth(environment, state, input);
    count.steps += 1;
    state = step.state;
    for (const effect of step.effects) handle(effect);
  }
  function handle(effect: NorthEffect): void {
    if (effect.type === 'paused') {
      count.pauses += 1;
      inputs.push({ type: 'resumed' });
    }
    if (effect.type === 'deviceCommands') queue.push(...effect.commands);
    if (effect.type !== 'request') return;
    const { id, purpose, request } = effect;
    if (purpose === 'repository') {
      count.requests += 1;
      inputs.push({ type: 'replied', id, reply: document('new', 'text/plain') });
      return;
    }
    const isFirst = request.headers['content-type']?.includes('initiation') === true;
    if (!isFirst && request.body !== undefined && 'text' in request.body) {
      statuses = request.body.text.split('"sc"').length - 1;
    }
    const CMD = isFirst ? commands : [['END']];
    inputs.push({ type: 'replied', id, reply: document(JSON.stringify({ CMD })) });
  }
  const calls = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  vi.restoreAllMocks();
  return { ...count, calls, statuses, longestQueue };
}

function answerOf(commands: readonly ServerCommand[]): NorthInput {
  const outcomes = commands.map(({ id, name, items }): CommandOutcome => {
    const source = items[0]?.target ?? '';
    const results = name === 'Get' ? [{ source, meta: { format: 'chr' }, data: 'old' }] : [];
    return { id, status: 200, itemStatuses: [], statusItems: [], results };
  });
  return { type: 'outcomes', outcomes };
}

const listOf = (kind: string, length: number) => Array.from({ length }, (_, at) => KINDS[kind]?.(at) ?? []);

describe('a package with four times as many commands', () => {
  test.each(Object.keys(KINDS))('takes at most about four times the look-ups: %s', (kind) => {
    const [some, many] = [play(listOf(kind, 1_200)), play(listOf(kind, 4_800))];
    expect([some.statuses, many.statuses]).toEqual([1_200, 4_800]);
    expect(many.calls).toBeLessThanOrEqual(some.calls * 5.5);
    expect(many.requests).toBe(some.requests * 4);
    expect(many.messages).toBeLessThanOrEqual(some.messages * 4);
  });

  test.each(Object.keys(KINDS))('has few commands at the device at the same time: %s', (kind) => {
    expect(play(listOf(kind, 2_000)).longestQueue).toBeLessThan(1_100);
  });
});

describe('a step', () => {
  test('deals with a bounded number of requests, and a long list takes many of them', () => {
    const { pauses, statuses } = play(listOf('unknown commands', 5_000));
    expect(statuses).toBe(5_000);
    expect(pauses).toBe(Math.ceil(5_000 / 256) - 1);
  });

  test('does not pause in a short list', () => {
    expect(play(listOf('unknown commands', 100)).pauses).toBe(0);
  });
});

describe('the stored form of a long list', () => {
  /** A session with a list of that length. */
  function executing(length: number) {
    const runs = Array.from({ length }, (_, at): CommandRun => {
      return { wire: ['HPOST', `${DATA}/${at}`, `${LEAF}${at}`], replayLog: [] };
    });
    return { ...openNorthSession('n', SRV_URI), phase: 'executing', runs } as const;
  }

  test.each([0, 1, 128, 129, 1_000])('the session comes back with its %i commands', (length) => {
    const session = executing(length);
    const stored = JSON.parse(JSON.stringify(packRuns(session)));
    expect(unpackRuns(stored)).toEqual(session);
    expect(stored.runs).toHaveLength(length > 128 ? 0 : length);
  });

  test('a command with its result makes one block anew; the texts of the others are the same', () => {
    const session = executing(1_000);
    const before = packRuns(session);
    const first = session.runs[0];
    if (first === undefined || before.phase !== 'executing') throw new Error('no commands');
    const stringify = vi.spyOn(JSON, 'stringify');
    const after = packRuns({ ...session, runs: session.runs.with(300, { ...first, result: { status: 200 } }) });
    expect(stringify).toHaveBeenCalledTimes(1);
    if (after.phase !== 'executing') throw new Error('another phase');
    const changed = after.runBlocks?.flatMap((text, at) => (text === before.runBlocks?.[at] ? [] : at));
    expect(changed).toEqual([2]);
  });

  test('a session from a store makes no block anew when it is stored again', () => {
    const stored = JSON.parse(JSON.stringify(packRuns(executing(1_000))));
    const session = unpackRuns(stored);
    const stringify = vi.spyOn(JSON, 'stringify');
    expect(packRuns(session)).toEqual(stored);
    expect(stringify).not.toHaveBeenCalled();
  });
});
