/** Work without a device's message: sessions that time out, and reports for the ServerURI of an EXEC (DM-2.0 §5.3.5). */
import { describe, expect, test } from 'vitest';
import { alert, event, note, packageOne, reply, status, syncml, textAt } from '../e2e/scripted-device.ts';
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
  SRV_URI,
  settle,
  statusesIn,
  tokenOf,
  UPDATE,
} from './bridge-under-test.ts';

const TIMEOUT = 900_000;
const REPORTS = 'http://backend.example.com/reports';
const execOnce: BackendScript = (_, count) => (count === 1 ? commands(['EXEC', UPDATE, REPORTS]) : noCommands());
const getOnce: BackendScript = (_, count) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());

/** One round of the background work, until nothing is under way. */
async function runBackground(bridge: BridgeUnderTest): Promise<void> {
  await bridge.background();
  await bridge.drained();
}

describe('a session that has ended', () => {
  test.each(['memory', 'sqlite'] as const)(
    'it leaves the store %s after a minute, and its answer is repeated until then',
    async (store) => {
      const bridge = await BridgeUnderTest.open({ store, script: () => noCommands() });
      const message = packageOne(BRUCE);
      const answer = await bridge.post(message);
      await bridge.drained();
      await bridge.clock.advance(59_000);
      await runBackground(bridge);
      expect(await bridge.post(message)).toEqual(answer);
      expect(await bridge.state()).toMatchObject({ session: { closedAt: expect.any(Number) }, answer: {} });
      await bridge.clock.advance(2_000);
      const { version } = await bridge.state();
      await runBackground(bridge);
      const state = await bridge.state();
      expect([state.session, state.answer, state.version]).toEqual([undefined, undefined, version]);
      await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
      expect(bridge.packages().at(-1)?.Alert).toBeDefined();
    },
  );
});

describe('a session without messages', () => {
  test('a session without messages closes after sessionTimeout, and its outstanding commands get 503', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    await bridge.say(packageOne(BRUCE));
    await bridge.clock.advance(TIMEOUT);
    await runBackground(bridge);
    expect(bridge.packages()).toHaveLength(1);
    await bridge.clock.advance(1);
    await runBackground(bridge);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503]]);
    const { session } = await bridge.state();
    expect(session).toMatchObject({ closedAt: expect.any(Number), north: { phase: 'ended' } });
    await runBackground(bridge);
    expect(bridge.packages()).toHaveLength(2);
  });

  test('sessionTimeout counts from the last message', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const first = await bridge.say(packageOne(BRUCE));
    await bridge.clock.advance(TIMEOUT);
    await bridge.say(syncml({ msgId: 2 }, [alert(1, 1222)], false), { token: tokenOf(first) });
    await bridge.clock.advance(TIMEOUT);
    await runBackground(bridge);
    expect((await bridge.state()).session?.closedAt).toBeUndefined();
  });

  test('a session of a killed bridge times out in the next bridge', async () => {
    const bridge = await BridgeUnderTest.open({ store: 'sqlite', script: getOnce });
    await bridge.say(packageOne(BRUCE));
    bridge.kill();
    await bridge.clock.advance(TIMEOUT + 1);
    await runBackground(bridge);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503]]);
  });

  test('a timed-out session repeats the repository GET of a killed bridge before it ends', async () => {
    const list = commands(['HGET', 'http://backend.example.com/n', 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/N']);
    const bridge = await BridgeUnderTest.open({
      script: ({ purpose }) => (purpose === 'repository' ? later().reply : list),
    });
    void bridge.post(packageOne(BRUCE));
    await settle();
    bridge.kill();
    bridge.script = ({ purpose }) => (purpose === 'repository' ? replied('x') : noCommands());
    await bridge.clock.advance(TIMEOUT + 1);
    await runBackground(bridge);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503]]);
  });

  test('a timed-out session gives no stored answer: the same first message opens a new session', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const message = packageOne(BRUCE);
    const first = await bridge.post(message);
    await bridge.clock.advance(TIMEOUT + 1);
    await runBackground(bridge);
    const again = await bridge.post(message);
    expect(again.body).not.toBe(first.body);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
  });

  test('a session whose end cannot be stored does not stop others from closing, and closes in the next round', async () => {
    const bridge = await BridgeUnderTest.open({ script: () => commands(['GET', DEV_TYP]) });
    await bridge.say(packageOne(BRUCE));
    await bridge.say(packageOne(AUSTIN));
    await bridge.clock.advance(TIMEOUT + 1);
    bridge.breakStore(BRUCE.devId);
    await runBackground(bridge);
    const isClosed = async (devId: string) => (await bridge.state(devId)).session?.closedAt !== undefined;
    expect([await isClosed(BRUCE.devId), await isClosed(AUSTIN.devId)]).toEqual([false, true]);
    bridge.breakStore(false);
    await runBackground(bridge);
    expect(await isClosed(BRUCE.devId)).toBe(true);
  });

  test('a timed-out session keeps the results of commands that the device has answered', async () => {
    const script: BackendScript = (_, count) =>
      count === 1 ? commands(['GET', DEV_TYP], ['EXEC', UPDATE]) : noCommands();
    const bridge = await BridgeUnderTest.open({ script });
    const first = await bridge.say(packageOne(BRUCE));
    const [, ...answers] = reply(first, LEAVES);
    await bridge.say(syncml({ msgId: 2 }, answers.slice(0, 3), false), { token: tokenOf(first) });
    await bridge.clock.advance(TIMEOUT + 1);
    await runBackground(bridge);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 503]]);
  });

  test('the alerts of a timed-out session stay in the outbox', async () => {
    const bridge = await BridgeUnderTest.open({ script: getOnce });
    const first = await bridge.say(packageOne(BRUCE));
    await bridge.say(syncml({ msgId: 2 }, [note(1, 'a')], false), { token: tokenOf(first) });
    await bridge.clock.advance(TIMEOUT + 1);
    await runBackground(bridge);
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(bridge.packages().flatMap(notesIn)).toEqual(['a']);
  });
});

describe('an EXEC with ServerURI (DM-PACK-018-C-M, DM-PACK-028-C-M)', () => {
  /** The device has accepted the Exec, and has its Correlator. */
  async function accepted(code = 202, store: 'memory' | 'sqlite' = 'memory') {
    const bridge = await BridgeUnderTest.open({ script: execOnce, store });
    const first = await bridge.say(packageOne(BRUCE));
    const [exec] = first.commands;
    const ran = status(2, { msgRef: 1, cmdRef: exec?.cmdId ?? '', cmd: 'Exec' }, code);
    await bridge.say(syncml({ msgId: 2 }, [ran]), { token: tokenOf(first) });
    return { bridge, correlator: textAt(exec?.node, 'Correlator') };
  }

  const report = (correlator: string | undefined) =>
    packageOne(BRUCE, { sessionId: '2' }, [
      event(3, [{ type: 'x.done', format: 'int', data: '200' }], { correlator }),
      note(4, 'other'),
    ]);

  test.each(['memory', 'sqlite'] as const)(
    'the report of an EXEC with ServerURI is delivered exactly once, in a session of its own (store %s)',
    async (store) => {
      const { bridge, correlator } = await accepted(202, store);
      await runBackground(bridge);
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, [202]]);
      const got = await bridge.say(report(correlator));
      expect(got.statuses).toContain('Alert 3 200');
      expect(bridge.packages().slice(2).map(notesIn)).toEqual([['other']]);
      bridge.kill();
      await runBackground(bridge);
      await runBackground(bridge);
      await bridge.clock.advance(24 * 3_600_000);
      await runBackground(bridge);
      expect(bridge.requests.map(({ url }) => url)).toEqual([SRV_URI, SRV_URI, SRV_URI, REPORTS]);
      expect(bridge.packages()[3]?.Alert).toEqual([
        { AlertType: 'urn:oma:at:dm:2.0:ClientInitiatedMgmt' },
        { AlertType: 'x.done', SourceURI: UPDATE, DataType: 'int', Data: { DM1x: 200 } },
      ]);
      expect(await bridge.reports()).toEqual([]);
    },
  );

  test('a report that the backend has taken before the store fails is not sent again', async () => {
    const { bridge, correlator } = await accepted(202, 'sqlite');
    await bridge.say(report(correlator));
    const slow = later();
    const { script } = bridge;
    bridge.script = (request, count) => (request.url === REPORTS ? slow.reply : script(request, count));
    await bridge.background();
    await settle();
    bridge.breakStore(BRUCE.devId);
    slow.arrive(noCommands());
    await bridge.drained();
    bridge.breakStore(false);
    bridge.script = () => noCommands();
    expect(await bridge.reports()).toHaveLength(1);
    await bridge.clock.advance(24 * 3_600_000);
    await runBackground(bridge);
    expect(bridge.requests.filter(({ url }) => url === REPORTS)).toHaveLength(1);
    expect(await bridge.reports()).toEqual([]);
  });

  test('a report that waits for another try does not wait for a clock that was set back', async () => {
    const { bridge, correlator } = await accepted(202, 'sqlite');
    await bridge.say(report(correlator));
    const { script } = bridge;
    const down = { failure: 'unreachable', reason: 'refused' } as const;
    bridge.script = (request, count) => (request.url === REPORTS ? down : script(request, count));
    await runBackground(bridge);
    bridge.clock.shift(-365 * 24 * 3_600_000);
    await runBackground(bridge);
    expect(bridge.requests.filter(({ url }) => url === REPORTS)).toHaveLength(2);
    await runBackground(bridge);
    expect(bridge.requests.filter(({ url }) => url === REPORTS)).toHaveLength(2);
  });

  test('an EXEC is awaited for 30 days of a clock that was set back', async () => {
    const { bridge } = await accepted();
    bridge.clock.shift(-365 * 24 * 3_600_000);
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    const [pending] = (await bridge.state()).record.pendingExecs;
    expect(pending?.expiresAt).toBe(bridge.clock.now() + 30 * 24 * 3_600_000);
  });

  test('a session that has ended is removed, although its end is in the future of a clock that was set back', async () => {
    const { bridge } = await accepted(200, 'sqlite');
    await runBackground(bridge);
    bridge.clock.shift(-365 * 24 * 3_600_000);
    bridge.kill();
    await runBackground(bridge);
    expect((await bridge.state()).session).toBeDefined();
    await bridge.clock.advance(60_000);
    await runBackground(bridge);
    expect((await bridge.state()).session).toBeUndefined();
  });

  test('a stored report keeps the digits of its number', async () => {
    const { bridge, correlator } = await accepted(202, 'sqlite');
    const done = event(3, [{ type: 'x.done', format: 'int', data: '1234567890123456789' }], { correlator });
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }, [done]));
    bridge.kill();
    await runBackground(bridge);
    const sent = bridge.requests.find(({ url }) => url === REPORTS)?.body;
    expect(sent !== undefined && 'text' in sent && sent.text).toContain('"Data":{"DM1x":1234567890123456789}');
  });

  test('the bridge makes the report of an EXEC with ServerURI that the device has done at once', async () => {
    const { bridge } = await accepted(200);
    expect(statusesIn(bridge.packages()[1])).toEqual([202]);
    await runBackground(bridge);
    expect(bridge.packages()[2]?.Alert?.[1]).toMatchObject({ SourceURI: UPDATE, DataType: 'int', Data: { DM1x: 200 } });
    expect(bridge.requests[2]?.url).toBe(REPORTS);
  });

  test('an EXEC with ServerURI that failed at once has its status in Package#3 and no report', async () => {
    const { bridge } = await accepted(500);
    await runBackground(bridge);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [500]]);
  });

  test('the report of an EXEC is delivered after the session of the device', async () => {
    const { bridge, correlator } = await accepted();
    const slow = later();
    bridge.script = ({ url }) => (url === REPORTS ? noCommands() : slow.reply);
    const running = bridge.post(report(correlator));
    await settle();
    const waiting = bridge.background();
    await settle();
    expect(bridge.requests.at(-1)?.url).toBe(SRV_URI);
    slow.arrive(noCommands());
    await running;
    await waiting;
    await bridge.drained();
    await runBackground(bridge);
    expect(bridge.requests.filter(({ url }) => url === REPORTS)).toHaveLength(1);
  });

  test('the report of an EXEC waits between the messages of an open session', async () => {
    const { bridge, correlator } = await accepted();
    bridge.script = (_, count) => (count === 3 ? commands(['GET', DEV_TYP]) : noCommands());
    const open = await bridge.say(report(correlator));
    expect(open.commands).toHaveLength(1);
    await runBackground(bridge);
    expect(bridge.requests.map(({ url }) => url)).not.toContain(REPORTS);
    await bridge.say(syncml({ sessionId: '2', msgId: 2 }, reply(open, LEAVES)), { token: tokenOf(open) });
    await runBackground(bridge);
    expect(bridge.requests.map(({ url }) => url)).toEqual([SRV_URI, SRV_URI, SRV_URI, SRV_URI, REPORTS]);
  });

  test('commands in the session of a report get 503 when they need the device', async () => {
    const { bridge, correlator } = await accepted();
    await bridge.say(report(correlator));
    bridge.script = (_, count) => (count === 4 ? commands(['GET', DEV_TYP], ['FLY'], ['EXEC', UPDATE]) : noCommands());
    await runBackground(bridge);
    expect(bridge.requests.slice(3).map(({ url }) => url)).toEqual([REPORTS, REPORTS]);
    expect(bridge.packages().slice(3).map(statusesIn)).toEqual([undefined, [503, 501, 503]]);
    expect((await bridge.state()).session?.closedAt).toBeDefined();
  });

  test('a report that is not delivered stays stored and is tried again an hour later', async () => {
    const { bridge, correlator } = await accepted();
    await bridge.say(report(correlator));
    bridge.script = ({ url }) => (url === REPORTS ? replied('', 500) : noCommands());
    await runBackground(bridge);
    await runBackground(bridge);
    await bridge.clock.advance(60_000);
    await runBackground(bridge);
    expect(bridge.requests.filter(({ url }) => url === REPORTS)).toHaveLength(1);
    expect(await bridge.reports()).toHaveLength(1);
    bridge.script = () => noCommands();
    await bridge.clock.advance(3_600_000);
    await runBackground(bridge);
    await runBackground(bridge);
    expect(bridge.requests.filter(({ url }) => url === REPORTS)).toHaveLength(2);
    expect(await bridge.reports()).toEqual([]);
  });
});
