/** Another process with other mappings goes on with a stored session: the commands that fit go on, the others end with 500. */
import { describe, expect, test } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import type { MoMapping } from '../../src/mapping/mapping.ts';
import { packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
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

const { mappings } = loadMappings();

/** The shipped mappings, except that the device has the node `FwV` of DevDetail under another name. */
const renamed = mappings.map((mapping): MoMapping => {
  if (!FW_V.startsWith(mapping.moid)) return mapping;
  return { ...mapping, renames: [...mapping.renames, { from: ['FwV'], to: ['Firmware'] }] };
});

describe.each(['memory', 'sqlite'] as const)(
  'a session in a %s store, with commands that wait for the device',
  (store) => {
    test.each<[string, readonly MoMapping[], readonly number[], number]>([
      ['the same mappings', mappings, [200, 200], 0],
      ['a mapping that has another node for one of them', renamed, [200, 500], 1],
    ])('a stored session goes on in a process with %s', async (_, after, statuses, mismatches) => {
      const script = (_request: unknown, count: number) =>
        count === 1 ? commands(['GET', DEV_TYP], ['GET', FW_V]) : noCommands();
      const bridge = await BridgeUnderTest.open({ store, script });
      const first = await bridge.say(packageOne(BRUCE));
      bridge.kill(after);
      const last = await bridge.say(syncml({ msgId: 2 }, reply(first, LEAVES)), { token: tokenOf(first) });
      await bridge.drained();
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, statuses]);
      expect(last.commands).toEqual([]);
      const events = bridge.logs
        .filter((line) => line.includes('workflow.replay_mismatch'))
        .map((line) => JSON.parse(line));
      expect(events).toHaveLength(mismatches);
      for (const event of events)
        expect(event).toMatchObject({ level: 'warn', device: BRUCE.devId, command: 'GET', index: 1 });
    });
  },
);
