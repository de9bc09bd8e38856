/** Sessions that wait for their devices stay in memory as long as the store has nothing newer. */
import { describe, expect, test } from 'vitest';
import type { DeviceCell } from '../../src/bridge/device-cell.ts';
import { RestingCells } from '../../src/bridge/resting-cells.ts';
import { packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  LEAVES,
  noCommands,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

const READS = [[DEV_TYP], [FW_V], [DEV_TYP], [FW_V]];

/** A session whose backend asks for one leaf after the other; `before` is called before each message after the first. */
async function play(before: (bridge: BridgeUnderTest) => void | Promise<void>) {
  let at = -1;
  const bridge = await BridgeUnderTest.open({
    store: 'sqlite',
    devices: [BRUCE, AUSTIN],
    script: () => {
      at += 1;
      const uris = READS[at];
      return uris === undefined ? noCommands() : commands(...uris.map((uri) => ['GET', uri]));
    },
  });
  let answer = await bridge.say(packageOne(BRUCE));
  for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
    await before(bridge);
    answer = await bridge.say(syncml({ msgId }, reply(answer, LEAVES)), { token: tokenOf(answer) });
  }
  await bridge.drained();
  return bridge;
}

describe('a session that waits for its device', () => {
  test('its messages read it from the store only once', async () => {
    const bridge = await play(() => {});
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], [200], [200], [200]]);
    expect(bridge.wholeLoads).toBe(1);
  });

  test('a process that did not have it reads it from the store', async () => {
    const bridge = await play((each) => void each.kill());
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], [200], [200], [200]]);
  });

  test('a change of the device in the store counts at once', async () => {
    let count = 0;
    const bridge = await play(async (each) => {
      count += 1;
      const site = `site ${count}`;
      await each.changeDevice(({ record }) => ({ record: { ...record, values: { ...record.values, site } } }));
    });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], [200], [200], [200]]);
    expect((await bridge.state()).record.values).toMatchObject({ site: `site ${count}` });
    expect(bridge.wholeLoads).toBe(1 + count);
  });
});

describe('resting cells', () => {
  const cellOf = (messageBytes: number) => ({ messageBytes }) as DeviceCell;
  const MEGABYTE = 1024 * 1024;

  test('a cell is taken once', () => {
    const cells = new RestingCells();
    const cell = cellOf(1);
    cells.keep('a', cell);
    expect(cells.take('a')).toBe(cell);
    expect(cells.take('a')).toBeUndefined();
  });

  test('all cells together have at most 32 MiB of messages; those that rest longest go first', () => {
    const cells = new RestingCells();
    for (const key of ['a', 'b', 'c']) cells.keep(key, cellOf(10 * MEGABYTE));
    cells.keep('a', cellOf(10 * MEGABYTE));
    cells.keep('d', cellOf(13 * MEGABYTE));
    expect(['a', 'b', 'c', 'd'].filter((key) => cells.take(key) !== undefined)).toEqual(['a', 'd']);
  });

  test('a cell without messages has a weight, too, and one that is too heavy is not kept', () => {
    const cells = new RestingCells();
    for (let at = 0; at < 4_097; at += 1) cells.keep(`${at}`, cellOf(0));
    expect(cells.take('0')).toBeUndefined();
    expect(cells.take('1')).toBeDefined();
    cells.keep('heavy', cellOf(33 * MEGABYTE));
    expect(cells.take('heavy')).toBeUndefined();
    expect(cells.take('4096')).toBeDefined();
  });
});
