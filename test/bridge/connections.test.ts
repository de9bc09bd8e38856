/** The order in which requests leave: one at a time for a device, a bounded number for an account. */
import { describe, expect, test } from 'vitest';
import { ActiveDevices } from '../../src/bridge/active-devices.ts';
import { type Claim, type Connection, Connections } from '../../src/bridge/connections.ts';
import type { DeviceCell } from '../../src/bridge/device-cell.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { newDeviceRecord } from '../../src/device/record.ts';
import { OverloadError } from '../../src/errors.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';

const ONE = parseDevId('IMEI:1');
const TWO = parseDevId('IMEI:2');
const NEVER = new AbortController().signal;
const NEVER_DONE = new Promise<void>(() => {});

function scene(maxConnections = 1) {
  const timers: (() => void)[] = [];
  const connections = new Connections({
    clock: {
      now: () => 0,
      monotonic: () => 0,
      after: () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        timers.push(resolve);
        return { done: promise, cancel: () => undefined };
      },
      nextTurn: () => Promise.resolve(),
    },
    journal: { log: () => undefined, trace: () => undefined },
    maxConnections: { main: maxConnections },
  });
  const expire = () => {
    for (const resolve of timers.splice(0)) resolve();
  };
  /** The outcome of a request so far. */
  const ask = (claim: Claim, signal = NEVER) => {
    const asked: { got: Connection | 'aborted' | 'turned away' | undefined } = { got: undefined };
    claim.connect('main', signal).then(
      (connection) => {
        asked.got = connection ?? 'aborted';
      },
      () => {
        asked.got = 'turned away';
      },
    );
    return asked;
  };
  return { connections, ask, expire };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

function open(asked: { got: Connection | 'aborted' | 'turned away' | undefined }): Connection {
  if (typeof asked.got !== 'object') throw new Error(`no connection: ${asked.got}`);
  return asked.got;
}

describe('requests of one device', () => {
  test('leave one after the other, whatever work they belong to', async () => {
    const { connections, ask } = scene(10);
    const asked = [ask(connections.forMessage(ONE, true)), ask(connections.forMessage(ONE, false))];
    const other = ask(connections.forMessage(TWO, true));
    await settle();
    expect(asked.map(({ got }) => got !== undefined)).toEqual([true, false]);
    expect(other.got).toBeDefined();
    open(asked[0] ?? other).close();
    await settle();
    expect(asked[1]?.got).toBeDefined();
  });

  test('leave beside one that only awaits its reply, which still counts for the account', async () => {
    const { connections, ask } = scene(2);
    const first = ask(connections.forMessage(ONE, true));
    const second = ask(connections.forMessage(ONE, false));
    await settle();
    open(first).leaveDevice();
    await settle();
    expect(second.got).toBeDefined();
    const third = ask(connections.forMessage(TWO, true));
    await settle();
    expect(third.got).toBeUndefined();
    open(first).close();
    await settle();
    expect(third.got).toBeDefined();
  });

  test('are turned away together', async () => {
    const { connections, ask, expire } = scene();
    ask(connections.forMessage(TWO, true));
    await settle();
    const claim = connections.forMessage(ONE, true);
    const asked = [ask(claim), ask(claim)];
    await settle();
    expire();
    await settle();
    expect(asked.map(({ got }) => got)).toEqual(['turned away', 'turned away']);
    expect(ask(claim)).toEqual({ got: undefined });
    const later = ask(connections.forMessage(ONE, false));
    await settle();
    expect(later.got).toBeUndefined();
  });
});

describe('a request that waits', () => {
  test('waits no longer when it is given up, and leaves no gap', async () => {
    const { connections, ask } = scene();
    const first = ask(connections.forMessage(ONE, true));
    const abort = new AbortController();
    const inDevice = ask(connections.forMessage(ONE, false), abort.signal);
    const inAccount = ask(connections.forMessage(TWO, true), abort.signal);
    await settle();
    abort.abort();
    await settle();
    expect([inDevice.got, inAccount.got]).toEqual(['aborted', 'aborted']);
    const after = ask(connections.forMessage(TWO, false));
    open(first).close();
    await settle();
    expect(after.got).toBeDefined();
  });

  test('is not turned away once its work goes on', async () => {
    const { connections, ask, expire } = scene();
    const first = ask(connections.forMessage(ONE, true));
    const claim = connections.forMessage(TWO, true);
    const waiting = ask(claim);
    await settle();
    claim.goOn();
    expire();
    await settle();
    expect(waiting.got).toBeUndefined();
    open(first).close();
    await settle();
    expect(waiting.got).toBeDefined();
  });

  test('comes after those that go on, and before the background', async () => {
    const { connections, ask } = scene();
    const devices = [1, 2, 3].map((number) => parseDevId(`D${number}`));
    const [a = ONE, b = ONE, c = ONE] = devices;
    const background = connections.forBackground(a, 'main');
    const holder = ask(connections.forMessage(ONE, true));
    await settle();
    const order: string[] = [];
    const waiting = [
      { name: 'background', claim: background },
      { name: 'first', claim: connections.forMessage(b, true) },
      { name: 'goingOn', claim: connections.forMessage(c, false) },
    ];
    for (const { name, claim } of waiting) {
      void claim?.connect('main', NEVER).then((connection) => {
        order.push(name);
        connection?.close();
      });
    }
    await settle();
    open(holder).close();
    await settle();
    expect(order).toEqual(['goingOn', 'first', 'background']);
  });
});

test('a request that goes on takes the place of the last one that may be turned away', async () => {
  const { connections, ask } = scene();
  ask(connections.forMessage(ONE, true));
  const claims = [false, true, true, false].map((canBeTurnedAway, at) =>
    connections.forMessage(parseDevId(`D${at}`), canBeTurnedAway),
  );
  const asked = claims.map((claim) => ask(claim));
  const last = ask(connections.forMessage(TWO, false));
  await settle();
  expect([...asked, last].map(({ got }) => got)).toEqual([undefined, undefined, 'turned away', undefined, undefined]);
});

test('a cell of a message that was turned away stores nothing, whoever asks for it', async () => {
  const store = new MemoryStore();
  await store.upsert(ONE, () => newDeviceRecord(ONE, { user: 'u', md5: '', sha256: '', basic: '' }));
  const clock = {
    now: () => 0,
    monotonic: () => 0,
    after: () => ({ done: NEVER_DONE, cancel: () => undefined }),
    nextTurn: () => Promise.resolve(),
  };
  const devices = new ActiveDevices({ store, journal: { log: () => undefined, trace: () => undefined }, clock });
  let kept: DeviceCell | undefined;
  const turnedAway = devices.inTurn(ONE, async (cell) => {
    if (cell === undefined) throw new TypeError('no cell');
    kept = cell;
    cell.record = { ...cell.record, lastSeen: 1 };
    throw new OverloadError('ERR_OVERLOADED', 'no room');
  });
  await expect(turnedAway).rejects.toThrow(OverloadError);
  await kept?.commit();
  expect((await store.load(ONE))?.state).toMatchObject({
    version: 1,
    record: expect.not.objectContaining({ lastSeen: 1 }),
  });
});

describe('background work', () => {
  test.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [8, 4],
  ])('of an account with %i connections has %i of them', (size, expected) => {
    const { connections } = scene(size);
    const claims = Array.from({ length: 10 }, () => connections.forBackground(ONE, 'main'));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(expected);
    claims[0]?.end();
    claims[0]?.end();
    expect(connections.forBackground(ONE, 'main')).toBeDefined();
    expect(connections.forBackground(ONE, 'main')).toBeUndefined();
  });

  test('does not begin while the account has no free connection', async () => {
    const { connections, ask } = scene(2);
    const asked = [ask(connections.forMessage(ONE, true)), ask(connections.forMessage(TWO, true))];
    await settle();
    expect(connections.forBackground(ONE, 'main')).toBeUndefined();
    const [first] = asked;
    if (first !== undefined) open(first).close();
    expect(connections.forBackground(ONE, 'main')).toBeDefined();
  });
});
