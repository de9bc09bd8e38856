/**
 * One step of a session does a bounded amount of work, in which each request of a workflow counts, calls to the session too, and so
 * do the nodes of large trees.
 */
import { describe, expect, test } from 'vitest';
import { immediateResult } from '../../src/north/immediate-results.ts';
import type { ExecutingSession } from '../../src/north/north-session.ts';
import { isAwaitingReply } from '../../src/north/pending-requests.ts';
import { Progress } from '../../src/north/progress.ts';
import { openNorthSession, stepNorth } from '../../src/north/step.ts';
import { type DeviceNode, interior, leaf } from './model/device.ts';
import { context, DATA, document, knowledgeOf, type Outcome, SRV_URI } from './model/play.ts';
import { DCMO, dataOf, KNOWN, onPhone, type PhoneScene, phoneTree, VENDOR } from './model/simulated-device.ts';

const environment = { context, version: '1.2', at: 0, maxCommands: 5_000, outbox: [] } as const;

/** The step that begins with so many commands for the device. */
function begun(count: number) {
  const device = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
  const opened = stepNorth(environment, { north: openNorthSession('n', SRV_URI), device }, { type: 'opened' });
  const id = opened.state.north.phase === 'posting' ? opened.state.north.post.id : '';
  const commands = Array.from({ length: count }, () => ['GET', `${DCMO}/usb/Property`]);
  const reply = { status: 200, headers: {}, body: { text: JSON.stringify({ CMD: commands }) } };
  return stepNorth(environment, opened.state, { type: 'replied', id, reply });
}

test('a step with fewer commands than its limit of requests pauses, because the requests of the commands count', () => {
  const { effects } = begun(250);
  const sent = effects.flatMap((effect) => (effect.type === 'deviceCommands' ? effect.commands : []));
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.length).toBeLessThan(250 / 2);
  expect(effects.at(-1)).toEqual({ type: 'paused' });
});

test('a session that has paused says so in its stored form, and goes on after a restart', () => {
  const { state } = begun(250);
  expect(isAwaitingReply(JSON.parse(JSON.stringify(state.north)))).toBe(true);
  expect(isAwaitingReply(begun(1).state.north)).toBe(false);
});

test('each request for a Correlator gets another one', () => {
  const north: ExecutingSession = { ...openNorthSession('n', SRV_URI), phase: 'executing', runs: [] };
  const draft = { environment, progress: new Progress(), north, device: knowledgeOf(), effects: [], at: 0 };
  const correlators = [1, 2].map(() => immediateResult(draft, { kind: 'correlator' }));
  expect(new Set(correlators.map((result) => JSON.stringify(result))).size).toBe(2);
});

describe('a command that reads or writes a large tree', () => {
  const LEAVES = 5_000;
  const names = Array.from({ length: LEAVES }, (_, at) => `L${at}`);
  /** The phone with a vendor's MO that has many leaves. */
  function largePhone(): DeviceNode {
    const product = interior(Object.fromEntries(names.map((name) => [name, leaf('1', 'int')])), VENDOR);
    return interior({ ...phoneTree().children, Vendor: interior({ Product: product }) });
  }
  const content = (value: number) => Object.fromEntries(names.map((name) => [name, value]));
  const repository = () => document(JSON.stringify([{ ClientURI: '', MOData: { Product: content(2) } }]));
  const WITHOUT_ATOMIC = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData', atomic: false } });
  const ADDRESS = `${VENDOR.replaceAll('/', '%2F')}//`;

  const COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
    GET: [['GET', ADDRESS]],
    'GET of each leaf': [['GET', `${ADDRESS}*`]],
    HPUT: [['HPUT', `${DATA}/to`, ADDRESS]],
    HGET: [
      ['HGET', `${DATA}/from`, ADDRESS],
      ['GET', ADDRESS],
    ],
  };

  function run(
    commands: readonly (readonly string[])[],
    scene: PhoneScene = {},
  ): Outcome & { readonly pauses: number } {
    const outcome = onPhone(commands, { tree: largePhone(), repository, ...scene });
    return { ...outcome, pauses: outcome.effects.filter(({ type }) => type === 'paused').length };
  }

  test.each(Object.keys(COMMANDS))('pauses in between, again and again: %s', (name) => {
    const { statuses, pauses } = run(COMMANDS[name] ?? [], { isOneProcess: true });
    expect(new Set(statuses)).toEqual(new Set(['200']));
    expect(pauses).toBeGreaterThanOrEqual(LEAVES / 1_000);
  });

  test.each(Object.keys(COMMANDS))('has the same results when its process stops at any pause: %s', (name) => {
    const commands = COMMANDS[name] ?? [];
    const whole = run(commands, { isOneProcess: true });
    for (const scene of [{}, { isOneProcess: true, dies: (step: number) => step % 7 === 0 }]) {
      const { data, exchanges } = run(commands, scene);
      expect(data).toEqual(whole.data);
      expect(exchanges.filter(({ method }) => method === 'PUT')).toEqual(
        whole.exchanges.filter(({ method }) => method === 'PUT'),
      );
    }
  });

  test('has few commands for the device at one time, and each is sent once', () => {
    const { trips, statuses } = run(COMMANDS.HGET ?? [], { isOneProcess: true, knowledge: WITHOUT_ATOMIC });
    expect(new Set(statuses)).toEqual(new Set(['200']));
    const writes = trips.map((trip) => trip.filter(({ name }) => name === 'Replace'));
    expect(Math.max(...writes.map(({ length }) => length))).toBe(256);
    const targets = writes.flat().map(({ items: [item] }) => item?.target);
    expect([new Set(targets).size, targets.length]).toEqual([LEAVES, LEAVES]);
  });

  test('shows what the document said', () => {
    const outcome = run(COMMANDS.HGET ?? [], { isOneProcess: true });
    expect(dataOf(outcome, 1)).toMatchObject([{ MOData: { Product: content(2) } }]);
  });
});
