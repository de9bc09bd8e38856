/** An alert that the backend refuses does not cut its device off: it is found by halves and set aside (ADR 29). */
import { describe, expect, test } from 'vitest';
import type { IncomingReply } from '../../src/bridge/ports.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { note, packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
  AUSTIN,
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  later,
  noCommands,
  notesIn,
  replied,
  settle,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

const HOUR = 3600_000;
const MAX_REFUSED = 1_000;

type Status = number | IncomingReply;

/** Answers a package with the status of the first alert in it that has one; otherwise as `usual` does. */
function refusing(bad: Readonly<Record<string, Status>>, usual: Status = 200): BackendScript {
  const send = (status: Status): IncomingReply => {
    if (typeof status !== 'number') return status;
    return status === 200 ? noCommands() : replied('', status);
  };
  return ({ body }) => {
    const text = body !== undefined && 'text' in body ? body.text : '';
    const found = Object.entries(bad).find(([data]) => text.includes(`"DM1x":"${data}"`));
    return send(found?.[1] ?? usual);
  };
}

/** Sessions of one device, with the alerts in each Package#1. */
class Sessions {
  readonly bridge: BridgeUnderTest;
  #count = 0;

  constructor(bridge: BridgeUnderTest) {
    this.bridge = bridge;
  }

  /** Runs one session whose Package#1 brings these alerts; returns the alerts that the backend was sent. */
  async run(...data: readonly string[]): Promise<readonly unknown[]> {
    this.#count += 1;
    const alerts = data.map((text, at) => note(at + 3, text));
    const before = this.bridge.packages().length;
    await this.bridge.say(packageOne(BRUCE, { sessionId: `s${this.#count}` }, alerts));
    await this.bridge.drained();
    expect(this.bridge.packages().length).toBe(before + 1);
    return notesIn(this.bridge.packages().at(-1));
  }

  async runs(count: number): Promise<readonly (readonly unknown[])[]> {
    const sent: (readonly unknown[])[] = [];
    while (sent.length < count) sent.push(await this.run());
    return sent;
  }
}

const open = async (script: BackendScript, options: Parameters<typeof BridgeUnderTest.open>[0] = {}) =>
  new Sessions(await BridgeUnderTest.open({ ...options, script }));
const dataIn = async ({ bridge }: Sessions, state: 'kept' | 'held' | 'refused') =>
  (await bridge.alerts(state)).map(({ item }) => item.data);
const events = ({ bridge }: Sessions, name: string) =>
  bridge.logs.map((line) => JSON.parse(line)).filter(({ event }) => event.startsWith(name));

describe.each(['memory', 'sqlite'] as const)('an alert that the backend refuses, store %s', (store) => {
  test('the alert is found by halves and set aside, and the others are delivered once', async () => {
    const sessions = await open(refusing({ d: 400 }), { store });
    const sent = [await sessions.run('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')];
    sent.push(...(await sessions.runs(8)));
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    expect(sent).toEqual([
      ...[all, all, all],
      [],
      ['a', 'b', 'c', 'd'],
      ['a', 'b'],
      ['c', 'd', 'e', 'f'],
      ['c', 'd'],
      ['c'],
    ]);
    expect(await sessions.runs(4)).toEqual([['d', 'e'], ['d'], ['e'], ['f', 'g']]);
    expect(await sessions.runs(2)).toEqual([['h'], []]);
    expect(await dataIn(sessions, 'kept')).toEqual([]);
    expect(await sessions.bridge.alerts('refused')).toMatchObject([
      { item: { data: 'd' }, refusal: { state: 'refused', status: 400, tries: 1 } },
    ]);
    expect((await sessions.bridge.state()).record.alertDelivery).toBeUndefined();
    expect(events(sessions, 'alert.')).toMatchObject([
      { event: 'alert.search_began', level: 'warn', device: 'IMEI:1', alerts: 8, status: 400 },
      { event: 'alert.refused', level: 'warn', seq: 4, type: 'com.example.note', status: 400, tries: 1 },
      { event: 'alert.search_ended', level: 'info', device: 'IMEI:1' },
    ]);
  });

  test('a process that is killed before each session goes on with the search', async () => {
    const sessions = await open(refusing({ b: 422 }), { store });
    const sent = [await sessions.run('a', 'b', 'c')];
    for (let count = 0; count < 7; count += 1) {
      sessions.bridge.kill();
      sent.push(await sessions.run());
    }
    const all = ['a', 'b', 'c'];
    expect(sent).toEqual([all, all, all, [], ['a'], ['b', 'c'], ['b'], ['c']]);
    expect([await dataIn(sessions, 'kept'), await dataIn(sessions, 'refused')]).toEqual([[], ['b']]);
  });
});

describe('the search for refused alerts', () => {
  test.each([
    [400, 'refused'],
    [413, 'refused'],
    [415, 'refused'],
    [422, 'refused'],
    [403, 'held'],
    [404, 'held'],
    [409, 'held'],
    [500, 'held'],
    [502, 'held'],
  ] as const)('an alert that is refused alone with %i is %s', async (status, state) => {
    const sessions = await open(refusing({ a: status }));
    await sessions.run('a', 'b');
    await sessions.runs(6);
    expect(await dataIn(sessions, state)).toEqual(['a']);
    expect(await dataIn(sessions, 'kept')).toEqual([]);
    expect(sessions.bridge.packages().filter((sent) => notesIn(sent).includes('b'))).toHaveLength(4);
  });

  test.each([
    ['401', replied('', 401)],
    ['408', replied('', 408)],
    ['425', replied('', 425)],
    ['429', replied('', 429)],
    ['503', replied('', 503)],
    ['a redirect', replied('', 302)],
    ['a time-out', { failure: 'timeout', reason: 'slow' }],
    ['a refused connection', { failure: 'unreachable', reason: 'ECONNREFUSED' }],
  ] as const)('a Package#1 that ends with %s is not refused', async (_, answer) => {
    const sessions = await open(refusing({ a: answer }));
    await sessions.run('a', 'b');
    expect(await sessions.runs(6)).toEqual(Array.from({ length: 6 }, () => ['a', 'b']));
    expect((await sessions.bridge.state()).record.alertDelivery).toBeUndefined();
  });

  test('a reply with a status and a body that cannot be read counts by its status', async () => {
    const sessions = await open(refusing({ a: { failure: 'coding', reason: 'unknown coding', answered: 400 } }));
    await sessions.run('a', 'b');
    expect((await sessions.runs(4)).slice(2)).toEqual([[], ['a']]);
    expect(await dataIn(sessions, 'refused')).toEqual(['a']);
  });

  test.each([400, 500])('a backend that answers everything with %i for a while marks nothing', async (status) => {
    const sessions = await open(refusing({}, status));
    await sessions.run('a', 'b', 'c', 'd');
    await sessions.runs(12);
    sessions.bridge.script = refusing({});
    expect(await sessions.runs(4)).toEqual([[], ['a', 'b'], ['c', 'd'], []]);
    expect(events(sessions, 'alert.').map(({ event }) => event)).toEqual(['alert.search_began', 'alert.search_ended']);
  });

  test('refused Package#1s without alerts do not delay the alert that comes later', async () => {
    const sessions = await open(refusing({}, 500));
    await sessions.runs(5);
    sessions.bridge.script = refusing({});
    expect(await sessions.run('a')).toEqual(['a']);
  });

  test('an acceptance between refusals begins the count anew', async () => {
    const sessions = await open(refusing({ a: 400 }));
    await sessions.run('a');
    await sessions.run();
    sessions.bridge.script = refusing({});
    expect(await sessions.run()).toEqual(['a']);
    sessions.bridge.script = refusing({ b: 400 });
    expect([await sessions.run('b'), ...(await sessions.runs(3))]).toEqual([['b'], ['b'], ['b'], []]);
  });

  test('no Package#3 carries alerts until the search has ended, and alerts of that time are delivered', async () => {
    const sessions = await open(refusing({ a: 400 }));
    const { bridge } = sessions;
    await sessions.run('a', 'b');
    await sessions.runs(2);
    const during = (count: number, data: string) => async () => {
      bridge.script = (request, _) =>
        request.headers['content-type']?.includes('initiation') === true && !JSON.stringify(request.body).includes('"a')
          ? commands(['GET', DEV_TYP])
          : refusing({ a: 400 })(request, 0);
      const before = bridge.packages().length;
      const first = await bridge.say(packageOne(BRUCE, { sessionId: `x${count}` }));
      const message = syncml({ sessionId: `x${count}`, msgId: 2 }, [...reply(first, LEAVES), note(9, data)]);
      await bridge.say(message, { token: tokenOf(first) });
      return bridge
        .packages()
        .slice(before)
        .map((sent) => [statusesIn(sent), notesIn(sent)]);
    };
    // The Package#1 without alerts, in the middle of the search, and after it.
    expect(await during(1, 'c')()).toEqual([
      [undefined, []],
      [[200], []],
    ]);
    bridge.script = refusing({ '\\"a\\"': 400, a: 400 });
    expect(await sessions.run()).toEqual(['a']);
    expect(await during(2, 'd')()).toEqual([
      [undefined, ['b']],
      [[200], []],
    ]);
    expect(await during(3, 'e')()).toEqual([
      [undefined, ['c', 'd']],
      [[200], ['e']],
    ]);
    expect([await dataIn(sessions, 'kept'), await dataIn(sessions, 'refused')]).toEqual([[], ['a']]);
  });

  test('a refused Package#3 counts for nothing, and its alerts go again with the next Package#1', async () => {
    const sessions = await open(() => noCommands());
    const { bridge } = sessions;
    for (let count = 0; count < 4; count += 1) {
      const sessionId = `x${count}`;
      bridge.script = ({ headers }) =>
        headers['content-type']?.includes('initiation') === true ? commands(['GET', DEV_TYP]) : replied('', 400);
      const first = await bridge.say(packageOne(BRUCE, { sessionId }));
      const message = syncml({ sessionId, msgId: 2 }, [...reply(first, LEAVES), note(9, `n${count}`)]);
      await bridge.say(message, { token: tokenOf(first) });
      const [one, three] = bridge.packages().slice(-2).map(notesIn);
      expect([one, three]).toEqual([count === 0 ? [] : [`n${count - 1}`], [`n${count}`]]);
    }
    expect((await bridge.state()).record.alertDelivery).toBeUndefined();
  });

  test('another device of the same backend goes on as usual', async () => {
    const sessions = await open(refusing({ a: 400 }));
    await sessions.run('a');
    await sessions.runs(3);
    await sessions.bridge.say(packageOne(AUSTIN, { sessionId: '1' }, [note(3, 'x')]));
    expect(notesIn(sessions.bridge.packages().at(-1))).toEqual(['x']);
  });

  test('a process that is killed while a Package#1 is on its way repeats that step of the search', async () => {
    const sessions = await open(refusing({ a: 400 }));
    const { bridge } = sessions;
    await sessions.run('a', 'b', 'c', 'd');
    await sessions.runs(3);
    bridge.script = () => later().reply;
    void bridge.post(packageOne(BRUCE, { sessionId: 'killed' }));
    await settle();
    expect(notesIn(bridge.packages().at(-1))).toEqual(['a', 'b']);
    bridge.kill();
    bridge.script = refusing({ a: 400 });
    expect(await sessions.runs(4)).toEqual([['a', 'b'], ['a'], ['b'], ['c', 'd']]);
    expect([await dataIn(sessions, 'kept'), await dataIn(sessions, 'refused')]).toEqual([[], ['a']]);
  });

  test('the reply to an overtaken Package#1 counts, too', async () => {
    const sessions = await open(refusing({ a: 400 }));
    const { bridge } = sessions;
    await sessions.run('a', 'b');
    await sessions.runs(3);
    const slow = later();
    bridge.script = (request) => (JSON.stringify(request.body).includes('\\"a\\"') ? slow.reply : noCommands());
    const first = bridge.post(packageOne(BRUCE, { sessionId: 'slow' }));
    await settle();
    await bridge.clock.advance(20_000);
    await first;
    const second = bridge.say(packageOne(BRUCE, { sessionId: 'new' }));
    await settle();
    await bridge.clock.advance(5_000);
    await second;
    slow.arrive(replied('', 400));
    await bridge.drained();
    await sessions.run();
    expect(bridge.packages().slice(-3).map(notesIn)).toEqual([['a'], ['b'], []]);
    expect([await dataIn(sessions, 'kept'), await dataIn(sessions, 'refused')]).toEqual([[], ['a']]);
  });
});

describe('an alert that is held', () => {
  async function withHeld(...others: readonly string[]): Promise<Sessions> {
    const sessions = await open(refusing({ a: 500 }));
    await sessions.run('a', ...others);
    await sessions.runs(5);
    expect(await dataIn(sessions, 'held')).toEqual(['a']);
    return sessions;
  }

  test('a held alert is tried alone after 1 h, then every 24 h, and the others go between', async () => {
    const sessions = await withHeld();
    const { clock } = sessions.bridge;
    await clock.advance(HOUR - 1);
    expect(await sessions.run('b')).toEqual(['b']);
    await clock.advance(1);
    expect(await sessions.run('c')).toEqual(['a']);
    expect(await sessions.runs(2)).toEqual([['c'], []]);
    await clock.advance(24 * HOUR - 1);
    expect(await sessions.run('d')).toEqual(['d']);
    await clock.advance(1);
    sessions.bridge.kill();
    sessions.bridge.script = refusing({});
    expect(await sessions.run('e')).toEqual(['a']);
    expect(await sessions.run()).toEqual(['e']);
    expect([await dataIn(sessions, 'kept'), await dataIn(sessions, 'held')]).toEqual([[], []]);
    const held = events(sessions, 'alert.held');
    expect(held.map(({ tries, until }) => [tries, until])).toEqual([
      [1, new Date(clock.now() - 25 * HOUR + HOUR).toISOString()],
      [2, new Date(clock.now()).toISOString()],
    ]);
  });

  test('the Package#3 after the try of a held alert carries the others', async () => {
    const sessions = await withHeld();
    const { bridge } = sessions;
    await bridge.clock.advance(HOUR);
    bridge.script = (_, count) => (count % 2 === 1 ? commands(['GET', DEV_TYP]) : noCommands());
    const first = await bridge.say(packageOne(BRUCE, { sessionId: 'x' }, [note(3, 'b')]));
    await bridge.say(syncml({ sessionId: 'x', msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(bridge.packages().slice(-2).map(notesIn)).toEqual([['a'], ['b']]);
  });

  test('a try without reply counts for nothing, and the others go before the next one', async () => {
    const sessions = await withHeld();
    const { bridge } = sessions;
    await bridge.clock.advance(HOUR);
    bridge.script = refusing({ a: { failure: 'timeout', reason: 'slow' } });
    expect([await sessions.run('b'), ...(await sessions.runs(2))]).toEqual([['a'], ['b'], ['a']]);
    expect(await bridge.alerts('held')).toMatchObject([{ refusal: { tries: 1 } }]);
  });

  test('a process that is killed during the try lets the others go first', async () => {
    const sessions = await withHeld();
    const { bridge } = sessions;
    await bridge.clock.advance(HOUR);
    bridge.script = () => later().reply;
    void bridge.post(packageOne(BRUCE, { sessionId: 'killed' }, [note(3, 'b')]));
    await settle();
    expect(notesIn(bridge.packages().at(-1))).toEqual(['a']);
    bridge.kill();
    bridge.script = refusing({ a: 500 });
    expect(await sessions.runs(3)).toEqual([['b'], ['a'], []]);
  });

  test('a held alert that is refused for good is kept for an operator', async () => {
    const sessions = await withHeld();
    await sessions.bridge.clock.advance(HOUR);
    sessions.bridge.script = refusing({ a: 413 });
    expect(await sessions.runs(2)).toEqual([['a'], []]);
    expect(await sessions.bridge.alerts('refused')).toMatchObject([{ refusal: { status: 413, tries: 2 } }]);
    expect(await dataIn(sessions, 'held')).toEqual([]);
  });

  test('a held alert is due at once when the clock was set back behind its refusal', async () => {
    const sessions = await withHeld();
    sessions.bridge.clock.shift(-48 * HOUR);
    expect(await sessions.run()).toEqual(['a']);
  });

  test('a held alert waits while a search is under way', async () => {
    const sessions = await withHeld();
    await sessions.bridge.clock.advance(HOUR);
    sessions.bridge.script = refusing({ a: 500, b: 400 });
    const sent = [await sessions.run('b', 'c'), ...(await sessions.runs(6))];
    expect(sent).toEqual([['a'], ['b', 'c'], ['b', 'c'], [], ['b'], ['c'], []]);
  });

  test('a message of a device with held alerts loads them for Package#1 only', async () => {
    const sessions = await withHeld();
    const { bridge } = sessions;
    bridge.kill();
    bridge.script = () => commands(['GET', DEV_TYP]);
    const before = bridge.outboxRows.loaded;
    const first = await bridge.say(packageOne(BRUCE, { sessionId: 'x' }));
    expect(bridge.outboxRows.loaded).toBe(before + 1);
    await bridge.say(syncml({ sessionId: 'x', msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    expect(bridge.outboxRows.loaded).toBe(before + 1);
  });
});

describe.each(['memory', 'sqlite'] as const)('an operator of a bridge with refused alerts, store %s', (store) => {
  const DEVICE = parseDevId(BRUCE.devId);

  async function withRefused(): Promise<Sessions> {
    const sessions = await open(refusing({ a: 400, c: 415 }), { store, maxOutbox: 3 });
    await sessions.run('a', 'b', 'c');
    await sessions.runs(7);
    expect(await dataIn(sessions, 'refused')).toEqual(['a', 'c']);
    return sessions;
  }

  test('the operator sees the refused alerts, of all devices or of one', async () => {
    const { bridge } = await withRefused();
    const seqs = async (query: Parameters<typeof bridge.operator.refusedAlerts>[0]) =>
      (await bridge.operator.refusedAlerts(query)).map(({ devId, item }) => [devId, item.seq]);
    const all = [
      ['IMEI:1', 1],
      ['IMEI:1', 3],
    ];
    expect(await seqs({ limit: 9 })).toEqual(all);
    expect(await seqs({ limit: 9, devId: parseDevId('imei:1') })).toEqual(all);
    expect(await seqs({ limit: 1, devId: DEVICE, after: { devId: DEVICE, seq: 1 } })).toEqual([all[1]]);
    expect(await seqs({ limit: 9, devId: parseDevId(AUSTIN.devId) })).toEqual([]);
    expect(await seqs({ limit: 9, devId: parseDevId('IMEI:9') })).toEqual([]);
  });

  test('an alert that the operator puts back leaves with the next Package#1, in its old place', async () => {
    const sessions = await withRefused();
    const { bridge } = sessions;
    expect(await bridge.operator.putAlertBack({ devId: DEVICE, seq: 1 })).toBe('done');
    bridge.kill();
    expect((await bridge.alerts('kept')).map(({ seq, refusal }) => [seq, refusal])).toEqual([[1, undefined]]);
    expect(await bridge.operator.refusedAlerts({ limit: 9 })).toMatchObject([{ item: { seq: 3 } }]);
    bridge.script = refusing({});
    expect(await sessions.run('d')).toEqual(['a', 'd']);
    expect(await bridge.operator.putAlertBack({ devId: DEVICE, seq: 1 })).toBe('unknown');
    expect(await dataIn(sessions, 'kept')).toEqual([]);
    expect(events(sessions, 'alert.put_back')).toEqual([
      { event: 'alert.put_back', level: 'info', device: 'IMEI:1', seq: 1, type: 'com.example.note' },
    ]);
  });

  test('an alert that is put back during a session leaves with its Package#3, and once', async () => {
    const sessions = await withRefused();
    const { bridge } = sessions;
    bridge.script = (_, count) => (count % 2 === 1 ? commands(['GET', DEV_TYP]) : noCommands());
    const first = await bridge.say(packageOne(BRUCE, { sessionId: 'x' }));
    const token = tokenOf(first);
    await bridge.say(syncml({ sessionId: 'x', msgId: 2 }, [note(9, 'd')], false), { token });
    expect(await bridge.operator.putAlertBack({ devId: DEVICE, seq: 3 })).toBe('done');
    await bridge.say(syncml({ sessionId: 'x', msgId: 3 }, reply(first, LEAVES)), { token });
    expect(bridge.packages().slice(-2).map(notesIn)).toEqual([[], ['c', 'd']]);
    expect([await dataIn(sessions, 'kept'), await dataIn(sessions, 'refused')]).toEqual([[], ['a']]);
  });

  test('an alert that is put back while the backend works on Package#1 keeps its place among newer ones', async () => {
    const { bridge } = await withRefused();
    const slow = later();
    bridge.script = ({ headers }) => (headers['content-type']?.includes('initiation') ? slow.reply : noCommands());
    const opened = bridge.say(packageOne(BRUCE, { sessionId: 'x' }));
    await settle();
    await bridge.clock.advance(20_000);
    const token = tokenOf(await opened);
    const second = bridge.say(syncml({ sessionId: 'x', msgId: 2 }, [note(9, 'd')]), { token });
    await settle();
    await bridge.clock.advance(20_000);
    await second;
    expect(await bridge.operator.putAlertBack({ devId: DEVICE, seq: 3 })).toBe('done');
    slow.arrive(commands(['GET', 'bad']));
    await bridge.drained();
    expect(bridge.packages().slice(-2).map(notesIn)).toEqual([[], ['c', 'd']]);
  });

  test('what is no refused alert cannot be put back', async () => {
    const { bridge } = await withRefused();
    for (const [devId, seq] of [
      [BRUCE.devId, 2],
      [BRUCE.devId, 99],
      [AUSTIN.devId, 1],
      ['IMEI:9', 1],
    ] as const) {
      expect(await bridge.operator.putAlertBack({ devId: parseDevId(devId), seq })).toBe('unknown');
    }
    expect(await bridge.alerts('refused')).toHaveLength(2);
  });

  test('an alert is not put back into a full outbox', async () => {
    const sessions = await withRefused();
    sessions.bridge.script = refusing({}, 503);
    await sessions.run('x', 'y', 'z');
    expect(await sessions.bridge.operator.putAlertBack({ devId: DEVICE, seq: 1 })).toBe('full');
    expect(await dataIn(sessions, 'refused')).toEqual(['a', 'c']);
  });

  test('a store that fails leaves a refused alert as it is', async () => {
    const sessions = await withRefused();
    const { bridge } = sessions;
    bridge.breakStore(true);
    await expect(bridge.operator.putAlertBack({ devId: DEVICE, seq: 1 })).rejects.toMatchObject({
      code: 'ERR_STORE_FAILED',
    });
    bridge.breakStore(false);
    expect(await dataIn(sessions, 'refused')).toEqual(['a', 'c']);
    expect(await bridge.operator.putAlertBack({ devId: DEVICE, seq: 1 })).toBe('done');
  });
});

test('at most 1 000 refused alerts of a device are kept, and the log names the oldest ones that go', async () => {
  const sessions = await open(refusing({ a: 400, b: 415 }), { store: 'sqlite' });
  const item = { data: 'old', meta: { type: 'x.y', format: 'chr' } };
  const refusal = { state: 'refused', status: 422, at: 1, tries: 1 } as const;
  await sessions.bridge.changeDevice(({ record }) => ({
    record: { ...record, nextSeq: MAX_REFUSED + 1 },
    outboxAdded: Array.from({ length: MAX_REFUSED }, (_, at) => ({
      ...{ seq: at + 1, receivedAt: 1, code: 1226 },
      item,
      refusal,
    })),
  }));
  await sessions.run('a', 'b');
  await sessions.runs(6);
  const refused = await sessions.bridge.alerts('refused');
  expect(refused).toHaveLength(MAX_REFUSED);
  expect([refused[0]?.seq, refused.at(-2)?.item.data, refused.at(-1)?.item.data]).toEqual([3, 'a', 'b']);
  expect(events(sessions, 'alert.dropped')).toMatchObject([
    { level: 'warn', device: 'IMEI:1', seq: 1, type: 'x.y', status: 422, tries: 1 },
    { seq: 2 },
  ]);
});
