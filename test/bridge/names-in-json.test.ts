/** JSON with a name twice in one object: none of its two values is dropped in silence. */
import { describe, expect, test } from 'vitest';
import { packageOne } from '../e2e/scripted-device.ts';
import { BRUCE, BridgeUnderTest, FW_V, replied } from './bridge-under-test.ts';
import { DATA, play, THING, thing } from './value-scene.ts';

describe.each(['xml', 'wbxml'] as const)('with a device that speaks %s', (encoding) => {
  test.each([
    ['a leaf', `[{"ClientURI":"${THING}/In","MOData":{"In":{"a":"1","a":"2"}}}]`],
    ['a leaf, once with an escape', `[{"ClientURI":"${THING}/In","MOData":{"In":{"a":"1","\\u0061":"2"}}}]`],
    ['an interior node', `[{"ClientURI":"${THING}/In","MOData":{"In":{},"In":{"a":"1"}}}]`],
    ['an address', `[{"ClientURI":"${THING}/Other","ClientURI":"${THING}/In","MOData":{"In":{"a":"1"}}}]`],
  ])('MO data that names %s twice has 415, and the device keeps its value', async (_, body) => {
    const { device, statuses } = await play({
      commands: [['HGET', `${DATA}a`]],
      resources: { a: { body } },
      device: { encoding, nodes: thing({ In: { format: 'node' }, 'In/a': { format: 'chr', value: 'kept' } }) },
    });
    expect(statuses).toEqual([415]);
    expect(device.nodes.get('./Ex/one/In/a')?.value).toBe('kept');
  });
});

test('no command of a Package#2 with a name twice is executed', async () => {
  const list = (target: string) => `"CMD":[["GET","${target}"]]`;
  const bridge = await BridgeUnderTest.open({ script: () => replied(`{${list(FW_V)},${list(FW_V)}}`) });
  const { commands, final } = await bridge.say(packageOne(BRUCE));
  expect([commands, final]).toEqual([[], true]);
});
