/**
 * Sessions that the bridge may have interrupted itself: they teach nothing about the device. No Sequence is taken from it, and no
 * command comes under suspicion.
 */
import { describe, expect, test } from 'vitest';
import { type Answer, note, packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  LEAVES,
  later,
  noCommands,
  settle,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

const TIMEOUT = 900_000;

/** A session with a Sequence that the device has not answered; one connection, and no END. */
async function outstanding() {
  const bridge = await BridgeUnderTest.open({
    store: 'sqlite',
    maxConnections: 1,
    script: () => commands(['GET', DEV_TYP], ['GET', FW_V]),
  });
  const first = await bridge.say(packageOne(BRUCE));
  return { bridge, first };
}

/** The answer to the commands, at RespURI. */
async function answer(bridge: BridgeUnderTest, first: Answer, sessionId = '1'): Promise<number> {
  const sent = bridge.post(syncml({ sessionId, msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
  const got = sent.then(
    ({ status }) => status,
    () => 500,
  );
  await settle();
  await bridge.clock.advance(900);
  return await got;
}

async function learnt(bridge: BridgeUnderTest) {
  const { ordering, strikes } = (await bridge.state()).record.facts;
  return { ordering, strikes: strikes?.map(({ count }) => count) };
}

const NOTHING = { ordering: undefined, strikes: undefined };
const INTERRUPTED = { ordering: 'one-per-message', strikes: [1, 1] };

/** Another device uses the only connection until the returned function is called. */
async function jam(bridge: BridgeUnderTest): Promise<() => Promise<void>> {
  const slow = later();
  const { script } = bridge;
  bridge.script = (request, count) =>
    request.headers['omadm-devid'] === AUSTIN.devId ? slow.reply : script(request, count);
  void bridge.post(packageOne(AUSTIN, { sessionId: `${bridge.requests.length}` }));
  await settle();
  return async () => {
    slow.arrive(noCommands());
    await settle();
  };
}

type Fail = (bridge: BridgeUnderTest, first: Answer, sessionId?: string) => Promise<number>;

/** Ways to leave the device's second message without an answer. */
const FAILURES: Readonly<Record<string, Fail>> = {
  'the account is overloaded': async (bridge, first, sessionId) => {
    const free = await jam(bridge);
    const status = await answer(bridge, first, sessionId);
    await free();
    return status;
  },
  'the store cannot write': async (bridge, first, sessionId) => {
    bridge.breakStore(BRUCE.devId);
    const status = await answer(bridge, first, sessionId);
    bridge.breakStore(false);
    return status;
  },
  'the store cannot read': async (bridge, first, sessionId) => {
    bridge.breakLoads(true);
    const status = await answer(bridge, first, sessionId);
    bridge.breakLoads(false);
    return status;
  },
  'the bridge has a fault': async (bridge, first, sessionId) => {
    const { script } = bridge;
    bridge.script = () => {
      throw new TypeError('a fault');
    };
    const status = await answer(bridge, first, sessionId);
    bridge.script = script;
    return status;
  },
};

describe.each(Object.entries(FAILURES))('a device whose answer failed because %s', (name, fail) => {
  test('loses nothing by beginning anew', async () => {
    const { bridge, first } = await outstanding();
    let opened = first;
    for (let session = 1; session <= 4; session += 1) {
      if (session > 1) opened = await restarted(bridge, session);
      expect(await fail(bridge, opened, `${session}`)).toBeGreaterThanOrEqual(500);
    }
    await restarted(bridge, 5);
    expect(await learnt(bridge)).toEqual(NOTHING);
    expect(bridge.logs.filter((line) => /session\.interrupted|command\.quarantined/u.test(line))).toEqual([]);
  });

  test('loses nothing by falling silent', async () => {
    const { bridge, first } = await outstanding();
    await fail(bridge, first);
    await bridge.clock.advance(TIMEOUT + 1);
    await bridge.background();
    await bridge.drained();
    expect((await bridge.state()).session?.closedAt).toBeDefined();
    expect(await learnt(bridge)).toEqual(NOTHING);
  });

  test('is judged as ever once its answer has come again', async () => {
    // After a fault, a request that was under way ends the session.
    if (name.includes('fault')) return;
    const { bridge, first } = await outstanding();
    await fail(bridge, first);
    expect(await answer(bridge, first)).toBe(200);
    await restarted(bridge, 2);
    expect((await learnt(bridge)).strikes).toEqual([1, 1]);
  });

  test('is judged as ever in the next session', async () => {
    const { bridge, first } = await outstanding();
    await fail(bridge, first);
    await restarted(bridge, 2);
    await restarted(bridge, 3);
    expect(await learnt(bridge)).toEqual(INTERRUPTED);
  });

  async function restarted(bridge: BridgeUnderTest, session: number): Promise<Answer> {
    // The backend's commands come whatever becomes of the old session.
    const opened = await bridge.say(packageOne(BRUCE, { sessionId: `${session}` }));
    await bridge.drained();
    return opened;
  }
});

test('a session that breaks off without a failure of the bridge is held against the device', async () => {
  const { bridge } = await outstanding();
  await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
  expect(await learnt(bridge)).toEqual(INTERRUPTED);
});

test.each(['1', '2'])(
  'a failed Package#1 with SessionID %s does not excuse the session that it ends',
  async (sessionId) => {
    const { bridge } = await outstanding();
    const message = packageOne(BRUCE, { sessionId }, [note(3, 'again')]);
    bridge.breakStore(BRUCE.devId);
    await bridge.post(message).catch(() => undefined);
    bridge.breakStore(false);
    await bridge.say(message);
    expect(await learnt(bridge)).toEqual(INTERRUPTED);
  },
);

describe('a restart of the bridge', () => {
  test('excuses a device that may have found no bridge', async () => {
    const { bridge } = await outstanding();
    await bridge.clock.advance(10_000);
    bridge.kill();
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(await learnt(bridge)).toEqual(NOTHING);
  });

  test('excuses a device that is silent after it', async () => {
    const { bridge } = await outstanding();
    await bridge.clock.advance(10_000);
    bridge.kill();
    await bridge.clock.advance(TIMEOUT + 1);
    await bridge.background();
    await bridge.drained();
    expect(await learnt(bridge)).toEqual(NOTHING);
  });

  test('excuses no device whose last message came after it', async () => {
    const { bridge, first } = await outstanding();
    await bridge.clock.advance(10_000);
    bridge.kill();
    expect(await answer(bridge, first)).toBe(200);
    await bridge.clock.advance(10_000);
    await bridge.say(packageOne(BRUCE, { sessionId: '2' }));
    expect((await learnt(bridge)).strikes).toEqual([1, 1]);
  });
});

describe('a message that was turned away shows that its device is not silent', () => {
  test('its session does not time out', async () => {
    const { bridge, first } = await outstanding();
    await bridge.clock.advance(TIMEOUT - 1_000);
    const free = await jam(bridge);
    expect(await answer(bridge, first)).toBe(503);
    await free();
    await bridge.clock.advance(10_000);
    await bridge.background();
    await bridge.drained();
    expect((await bridge.state()).session?.closedAt).toBeUndefined();
    expect(await answer(bridge, first)).toBe(200);
  });

  test('it counts as the readable message that follows an unreadable one', async () => {
    const { bridge, first } = await outstanding();
    await bridge.post('no XML', { token: tokenOf(first) }).catch(() => undefined);
    await settle();
    const free = await jam(bridge);
    expect(await answer(bridge, first)).toBe(503);
    await free();
    await bridge.clock.advance(10_000);
    await bridge.drained();
    expect((await bridge.state()).session?.closedAt).toBeUndefined();
    expect(
      bridge
        .packages()
        .map(statusesIn)
        .filter((codes) => codes?.includes(503)),
    ).toEqual([]);
  });
});
