/** An account whose connections are all in use, and a device whose messages come too fast. */
import { describe, expect, test } from 'vitest';
import type { ExecReport } from '../../src/bridge/session.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { parseServerUri } from '../../src/dm2/server-uri.ts';
import {
  type Account,
  alert,
  event,
  md5Cred,
  note,
  packageOne,
  reply,
  status,
  syncml,
  textAt,
} from '../e2e/scripted-device.ts';
import {
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  type BridgeUnderTestOptions,
  commands,
  DEV_TYP,
  FW_V,
  type HttpAnswer,
  LEAVES,
  later,
  noCommands,
  notesIn,
  OTHER_SRV_URI,
  replied,
  SRV_URI,
  settle,
  statusesIn,
  tokenOf,
  UPDATE,
} from './bridge-under-test.ts';

/** IMEI:1 to IMEI:20. */
const DEVICES = Array.from({ length: 20 }, (_, at): Account => {
  const devId = `IMEI:${at + 1}`;
  return {
    devId,
    user: at === 0 ? BRUCE.user : `user${at + 1}`,
    password: at === 0 ? BRUCE.password : `secret${at + 1}`,
  };
});

function device(number: number): Account {
  const found = DEVICES[number - 1];
  if (found === undefined) throw new Error(`no device ${number}`);
  return found;
}

/** A bridge whose backend holds the requests of the devices from the second on until the test lets them go. */
async function jammed(maxConnections: number, options: BridgeUnderTestOptions = {}) {
  const held: ReturnType<typeof later>[] = [];
  const free: BackendScript = options.script ?? (() => noCommands());
  const bridge = await BridgeUnderTest.open({
    devices: DEVICES,
    maxConnections,
    ...options,
    script: (request, count) => {
      if (request.purpose === 'repository' || request.headers['omadm-devid'] === BRUCE.devId)
        return free(request, count);
      const reply = later();
      held.push(reply);
      return reply.reply;
    },
  });
  const begun: Promise<HttpAnswer>[] = [];
  /** Devices 2, 3, … begin sessions that use up the connections. */
  const jam = async (count = maxConnections) => {
    for (let at = 0; at < count; at += 1) begun.push(bridge.post(packageOne(device(begun.length + 2))));
    await settle();
  };
  const release = async (count = 1) => {
    for (const { arrive } of held.splice(0, count)) arrive(noCommands());
    await settle();
  };
  return { bridge, jam, release, begun };
}

/** The answer, or undefined while there is none. */
function watched(answer: Promise<HttpAnswer>): { answer: HttpAnswer | undefined } {
  const seen: { answer: HttpAnswer | undefined } = { answer: undefined };
  void answer.then((got) => {
    seen.answer = got;
  });
  return seen;
}

const TURNED_AWAY = { status: 503, headers: { 'retry-after': '5' } };
const events = (bridge: BridgeUnderTest, name: string) =>
  bridge.logs.map((line) => JSON.parse(line)).filter(({ event: id }) => id === name);

describe('a message whose first request finds no free connection of its account', () => {
  test.each(['memory', 'sqlite'] as const)(
    'gets 503 with Retry-After within a second, and changes nothing (store %s)',
    async (store) => {
      const { bridge, jam } = await jammed(2, { store });
      await jam();
      const before = await bridge.state();
      const { commits } = bridge;
      const seen = watched(bridge.post(packageOne(BRUCE, {}, [note(3, 'a')])));
      await settle();
      await bridge.clock.advance(899);
      expect(seen.answer).toBeUndefined();
      await bridge.clock.advance(1);
      expect(seen.answer).toMatchObject(TURNED_AWAY);
      expect([bridge.requests.length, bridge.commits - commits]).toEqual([2, 0]);
      expect(await bridge.state()).toEqual(before);
      expect(events(bridge, 'north.failed')).toEqual([]);
    },
  );

  test('the same bytes are served once a connection is free, and the answer is the one of an idle bridge', async () => {
    const message = packageOne(BRUCE, {}, [note(3, 'a')]);
    const idle = await (await BridgeUnderTest.open({ devices: DEVICES })).say(message);
    const { bridge, jam, release } = await jammed(1);
    await jam();
    for (let round = 0; round < 3; round += 1) {
      const refused = bridge.post(message);
      await settle();
      await bridge.clock.advance(900);
      expect(await refused).toMatchObject(TURNED_AWAY);
    }
    await release();
    expect((await bridge.say(message)).statuses).toEqual(idle.statuses);
    expect(bridge.packages().map(notesIn)).toEqual([[], ['a']]);
    expect((await bridge.state()).outbox).toEqual([]);
  });

  test('leaves when a connection becomes free in time', async () => {
    const { bridge, jam, release } = await jammed(1);
    await jam();
    const seen = watched(bridge.post(packageOne(BRUCE)));
    await settle();
    await bridge.clock.advance(800);
    await release();
    expect(seen.answer?.status).toBe(200);
    expect(bridge.requests).toHaveLength(2);
    expect(bridge.clock.waiting).toBe(0);
  });

  test('gets 503 in the middle of a session, which goes on with the same bytes', async () => {
    const { bridge, jam, release } = await jammed(1, {
      script: (_, count) => (count === 1 ? commands(['EXEC', UPDATE], ['GET', FW_V]) : noCommands()),
    });
    const first = await bridge.say(packageOne(BRUCE));
    await jam();
    const before = await bridge.state();
    const executed: string[] = [];
    const message = syncml({ msgId: 2 }, [...reply(first, LEAVES, executed), note(90, 'b')]);
    const refused = bridge.post(message, { token: tokenOf(first) });
    await settle();
    await bridge.clock.advance(900);
    expect(await refused).toMatchObject(TURNED_AWAY);
    expect(await bridge.state()).toEqual(before);
    await release();
    const got = await bridge.post(message, { token: tokenOf(first) });
    expect(got.status).toBe(200);
    expect(bridge.packages().map((sent) => [statusesIn(sent), notesIn(sent)])).toEqual([
      [undefined, []],
      [undefined, []],
      [[200, 200], ['b']],
    ]);
    expect(await bridge.post(message, { token: tokenOf(first) })).toEqual(got);
    expect(bridge.packages()).toHaveLength(3);
  });

  test('with an MD5 digest is accepted again with the same digest', async () => {
    const nonce = Buffer.from('n0').toString('base64');
    const { bridge, jam, release } = await jammed(1, {
      devices: DEVICES.map((each) => ({ ...each, clientNonce: nonce })),
    });
    await jam();
    const message = packageOne(BRUCE, { cred: md5Cred(BRUCE, nonce) });
    const refused = bridge.post(message);
    await settle();
    await bridge.clock.advance(900);
    expect((await refused).status).toBe(503);
    await release();
    expect((await bridge.say(message)).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('that begins a new session leaves the old one as it was, and either may go on', async () => {
    const { bridge, jam, release } = await jammed(1, {
      script: (_, count) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands()),
    });
    const first = await bridge.say(packageOne(BRUCE));
    await jam();
    const before = await bridge.state();
    const refused = watched(bridge.post(packageOne(BRUCE, { sessionId: '2' })));
    await settle();
    await bridge.clock.advance(900);
    expect(refused.answer).toMatchObject(TURNED_AWAY);
    expect(await bridge.state()).toEqual(before);
    await release();
    await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, undefined, [200], undefined]);
  });

  test('is served at once when it needs no request', async () => {
    const { bridge, jam } = await jammed(1, { script: () => commands(['GET', DEV_TYP]) });
    const first = await bridge.say(packageOne(BRUCE));
    await jam();
    const more = await bridge.say(syncml({ msgId: 2 }, [alert(1, 1222)], false), { token: tokenOf(first) });
    expect(more.commands.map(({ node }) => textAt(node, 'Data'))).toEqual(['1222']);
  });

  test('is logged once a minute for the account', async () => {
    const { bridge, jam } = await jammed(1);
    await jam();
    for (const number of [10, 11, 12]) {
      void bridge.post(packageOne(device(number)));
      await settle();
      await bridge.clock.advance(900);
    }
    expect(events(bridge, 'account.overloaded')).toEqual([
      expect.objectContaining({ account: 'main', refused: 1, underWay: 1 }),
    ]);
    await bridge.clock.advance(60_000);
    void bridge.post(packageOne(device(13)));
    await settle();
    await bridge.clock.advance(900);
    expect(events(bridge, 'account.overloaded').map(({ refused }) => refused)).toEqual([1, 3]);
    expect(events(bridge, 'message.turned_away').map(({ place }) => place)).toEqual(Array(4).fill('account'));
  });
});

describe('the waiting room of an account', () => {
  test('holds four messages for each connection, and further ones get 503 at once', async () => {
    const { bridge, jam, begun } = await jammed(2);
    await jam(2 + 8);
    const seen = begun.map(watched);
    await settle();
    expect(seen.map(({ answer }) => answer)).toEqual(Array(10).fill(undefined));
    expect(await bridge.post(packageOne(device(19)))).toMatchObject(TURNED_AWAY);
    await bridge.clock.advance(900);
    expect(seen.map(({ answer }) => answer?.status)).toEqual([...Array(2).fill(undefined), ...Array(8).fill(503)]);
    expect(bridge.requests).toHaveLength(2);
  });

  test('serves in the order of arrival', async () => {
    const { bridge, jam, release } = await jammed(1);
    await jam(4);
    for (let round = 0; round < 3; round += 1) await release();
    expect(bridge.requests.map(({ headers }) => headers['omadm-devid'])).toEqual([2, 3, 4, 5].map((n) => `IMEI:${n}`));
  });

  test('lets a message go first that has sent a request, and it is never turned away', async () => {
    const document = 'http://backend.example.com/n';
    const slow = later();
    const { bridge, jam, release, begun } = await jammed(1, {
      script: ({ purpose }, count) => {
        if (purpose === 'repository') return replied('x', 200, { 'content-type': 'text/plain' });
        return count === 1 ? slow.reply : noCommands();
      },
    });
    const first = watched(bridge.post(packageOne(BRUCE)));
    await settle();
    await jam(4);
    const seen = begun.map(watched);
    // The reply frees the connection for the first message that waits, and the HGET takes the place of the last one.
    slow.arrive(commands(['HGET', document, 'urn:oma:mo:oma-fumo:1.0//PkgURL']));
    await settle();
    await jam(1);
    expect(bridge.requests.map(({ headers }) => headers['omadm-devid'])).toEqual([BRUCE.devId, 'IMEI:2']);
    await bridge.clock.advance(19_000);
    expect(first.answer).toBeUndefined();
    expect(seen.map(({ answer }) => answer?.status)).toEqual([undefined, 503, 503, 503]);
    await release();
    expect(bridge.requests.at(-1)).toMatchObject({ url: document, purpose: 'repository' });
    expect(first.answer?.status).toBe(200);
  });

  test('of one account does not slow the devices of another', async () => {
    const { bridge, jam } = await jammed(1, {
      routes: [
        { name: 'rule-1', match: { devIds: [BRUCE.devId] }, bridge: 'other' },
        { name: 'rule-2', match: {}, bridge: 'main' },
      ],
    });
    await jam(5);
    expect((await bridge.say(packageOne(BRUCE))).commands).toEqual([]);
    expect(bridge.requests.map(({ url }) => url)).toEqual([SRV_URI, OTHER_SRV_URI]);
  });
});

describe('a message that waits behind work of its own device', () => {
  test('is not turned away, and gets a Get when the time for its answer is over', async () => {
    const slow = later();
    const { bridge, jam } = await jammed(2, {
      answerWithin: 5_000,
      script: (_, count) => (count === 1 ? slow.reply : noCommands()),
    });
    const first = bridge.say(packageOne(BRUCE));
    await settle();
    await jam(1);
    await bridge.clock.advance(5_000);
    const held = await first;
    expect(held.commands.map(({ node }) => textAt(node, 'Item', 'Target', 'LocURI'))).toEqual(['./DevInfo/DevId']);
    const next = watched(bridge.post(syncml({ msgId: 2 }, reply(held, LEAVES)), { token: tokenOf(held) }));
    await settle();
    await bridge.clock.advance(4_999);
    expect(next.answer).toBeUndefined();
    await bridge.clock.advance(1);
    expect(next.answer?.status).toBe(200);
  });
});

test('a message that was answered before its request left is not turned away any more', async () => {
  const { bridge, jam, release } = await jammed(1, { answerWithin: 500 });
  await jam();
  const first = bridge.post(packageOne(BRUCE));
  await settle();
  await bridge.clock.advance(500);
  expect((await first).status).toBe(200);
  await bridge.clock.advance(10_000);
  await release();
  expect(bridge.requests).toHaveLength(2);
  expect(events(bridge, 'message.turned_away')).toEqual([]);
});

test('a new session waits for a connection while a reply to the old one is awaited', async () => {
  const slow = later();
  const { bridge, jam, release } = await jammed(2, { script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
  void bridge.post(packageOne(BRUCE, {}, [note(3, 'a')]));
  await settle();
  await jam(1);
  await bridge.clock.advance(20_000);
  const second = watched(bridge.post(packageOne(BRUCE, { sessionId: '2' })));
  await settle();
  await bridge.clock.advance(5_000);
  await bridge.clock.advance(5_000);
  expect([second.answer, bridge.requests.length]).toEqual([undefined, 2]);
  await release();
  expect([second.answer?.status, bridge.requests.length]).toEqual([200, 3]);
  slow.arrive(noCommands());
  await bridge.drained();
  expect((await bridge.state()).outbox).toEqual([]);
});

describe('messages of one device that come while one is handled', () => {
  test('four of them wait, and a fifth gets 503 with Retry-After at once', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: () => slow.reply });
    const sent = [1, 2, 3, 4, 5].map((number) => bridge.post(packageOne(BRUCE, { sessionId: `${number}` })));
    await settle();
    expect(await bridge.post(packageOne(BRUCE, { sessionId: '6' }))).toMatchObject(TURNED_AWAY);
    expect(events(bridge, 'message.turned_away')).toEqual([expect.objectContaining({ place: 'device', msgId: 1 })]);
    slow.arrive(noCommands());
    expect((await Promise.all(sent)).map(({ status: code }) => code)).toEqual(Array(5).fill(200));
    expect((await bridge.post(packageOne(BRUCE, { sessionId: '6' }))).status).toBe(200);
  });

  test('messages without right credentials take no place', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: () => slow.reply });
    const first = bridge.post(packageOne(BRUCE));
    await settle();
    const wrong = Array.from({ length: 10 }, () => bridge.post(packageOne({ ...BRUCE, password: 'wrong' })));
    const right = [2, 3, 4].map((number) => bridge.post(packageOne(BRUCE, { sessionId: `${number}` })));
    await settle();
    slow.arrive(noCommands());
    expect((await Promise.all([first, ...right])).map(({ status: code }) => code)).toEqual(Array(4).fill(200));
    await bridge.clock.advance(60_000);
    await Promise.all(wrong);
  });
});

describe('reports in the background of a busy account', () => {
  const REPORTS = 'http://backend.example.com/reports';

  /** Devices with a report each that is due; `bridge` holds the requests to the ServerURI. */
  async function withReports(count: number, maxConnections: number) {
    const held: ReturnType<typeof later>[] = [];
    const bridge = await BridgeUnderTest.open({
      devices: DEVICES,
      maxConnections,
      script: ({ url, body }) => {
        if (url === REPORTS) {
          const reply = later();
          held.push(reply);
          return reply.reply;
        }
        const isFirst = body !== undefined && 'text' in body && !body.text.includes('Status');
        return isFirst ? commands(['EXEC', UPDATE, REPORTS]) : noCommands();
      },
    });
    for (let number = 2; number < 2 + count; number += 1) {
      const first = await bridge.say(packageOne(device(number)));
      const [exec] = first.commands;
      const ran = status(2, { msgRef: 1, cmdRef: exec?.cmdId ?? '', cmd: 'Exec' }, 200);
      await bridge.say(syncml({ msgId: 2, devId: device(number).devId }, [ran]), { token: tokenOf(first) });
    }
    await bridge.drained();
    const reports = () => bridge.requests.filter(({ url }) => url === REPORTS).length;
    return { bridge, held, reports };
  }

  test('use at most half of the connections, and the others follow in later rounds', async () => {
    const { bridge, held, reports } = await withReports(6, 5);
    for (let round = 0; round < 3; round += 1) await bridge.background();
    await settle();
    expect(reports()).toBe(2);
    expect((await bridge.say(packageOne(BRUCE))).commands).toHaveLength(1);
    for (let done = 0; held.length > 0; done += 1) {
      expect(done).toBeLessThan(6);
      held.shift()?.arrive(noCommands());
      await settle();
      await bridge.background();
      await settle();
      expect(held.length).toBeLessThanOrEqual(2);
    }
    await bridge.drained();
    expect(reports()).toBe(6);
    expect(await bridge.reports()).toEqual([]);
  });

  test('go one at a time when the account has a single connection', async () => {
    const { bridge, reports } = await withReports(3, 1);
    await bridge.background();
    await settle();
    expect(reports()).toBe(1);
  });

  test('do not begin while messages of devices wait, and are not put off for an hour', async () => {
    const { bridge, held, reports } = await withReports(1, 1);
    const slow = later();
    const script = bridge.script;
    bridge.script = (request, count) => (request.url === REPORTS ? script(request, count) : slow.reply);
    const busy = bridge.post(packageOne(BRUCE));
    await settle();
    await bridge.background();
    await settle();
    expect(reports()).toBe(0);
    slow.arrive(noCommands());
    await busy;
    await bridge.background();
    await settle();
    expect(reports()).toBe(1);
    held.shift()?.arrive(noCommands());
    await bridge.drained();
  });
});

describe('work in the background that must wait hides no other', () => {
  const report = (devId: string, account: string, dueAt: number): ExecReport => ({
    id: `${account}${dueAt}`,
    devId: parseDevId(devId),
    account,
    serverUri: parseServerUri(`http://backend.example.com/${account}`),
    alert: { AlertType: 'x' },
    dueAt,
  });

  test.each([
    ['a busy account', 950],
    ['a device with an open session', 250],
  ])('reports of %s', async (kind, count) => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ maxConnections: 1, script: () => commands(['GET', DEV_TYP]) });
    if (kind.includes('device')) await bridge.say(packageOne(BRUCE));
    const blocking = Array.from({ length: count }, (_, number) => report(BRUCE.devId, 'main', number));
    await bridge.commit(BRUCE.devId, { reportsAdded: blocking });
    await bridge.commit('IMEI:2', { reportsAdded: [report('IMEI:2', 'other', 5_000)] });
    bridge.script = () => slow.reply;
    if (!kind.includes('device')) void bridge.post(packageOne(BRUCE));
    await settle();
    for (let round = 0; round < 3; round += 1) await bridge.background();
    await settle();
    expect(bridge.requests.map(({ url }) => url)).toContain('http://backend.example.com/other');
  });

  test('sessions that the store lists and this process knows to be active', async () => {
    const devices = Array.from({ length: 130 }, (_, at) => ({ devId: `D${at}`, user: `u${at}`, password: `p${at}` }));
    const bridge = await BridgeUnderTest.open({ devices, script: () => commands(['GET', DEV_TYP]) });
    const [silent = BRUCE, ...active] = devices;
    await bridge.say(packageOne(silent));
    bridge.kill();
    bridge.clock.shift(-3_600_000);
    for (const each of active) await bridge.say(packageOne(each));
    bridge.clock.shift(3 * 3_600_000);
    await bridge.background();
    await bridge.drained();
    expect((await bridge.state(silent.devId)).session?.closedAt).toBeDefined();
    expect((await bridge.state('D1')).session?.closedAt).toBeUndefined();
  });
});

test('a session that times out while the account is busy ends when a connection is free', async () => {
  const { bridge, jam, release } = await jammed(1, { script: () => commands(['GET', DEV_TYP]) });
  await bridge.say(packageOne(BRUCE));
  await jam();
  await bridge.clock.advance(900_001);
  await bridge.background();
  await settle();
  expect((await bridge.state()).session?.closedAt).toBeUndefined();
  bridge.script = () => noCommands();
  await release();
  await bridge.background();
  await bridge.drained();
  expect((await bridge.state()).session?.closedAt).toBeDefined();
  expect(statusesIn(bridge.packages().at(-1))).toEqual([503]);
});

test('a device that is not registered is registered by the message that is served, not by one that is turned away', async () => {
  const { bridge, jam, release } = await jammed(1, { south: { authRequired: false } });
  await jam();
  const message = packageOne({ devId: 'NEW:1', user: 'x', password: 'y' }, { cred: '' });
  const refused = bridge.post(message);
  await settle();
  await bridge.clock.advance(900);
  expect(await refused).toMatchObject(TURNED_AWAY);
  await expect(bridge.state('NEW:1')).rejects.toThrow('not registered');
  await release();
  const served = bridge.post(message);
  await settle();
  await release();
  expect((await served).status).toBe(200);
  expect((await bridge.state('NEW:1')).record.lastSeen).toBeDefined();
});

test('an event of a device is told once although its message was turned away', async () => {
  const { bridge, jam, release } = await jammed(1);
  await jam();
  const message = packageOne(BRUCE, {}, [event(3, [{ type: 'x', format: 'chr', data: 'once' }])]);
  const refused = bridge.post(message);
  await settle();
  await bridge.clock.advance(900);
  await refused;
  await release();
  await bridge.say(message);
  expect(bridge.packages().flatMap(notesIn)).toEqual(['once']);
});
