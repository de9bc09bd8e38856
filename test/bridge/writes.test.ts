/** Writes of HGET through the whole bridge: Atomic, undo, and values larger than a message. */
import { describe, expect, test } from 'vitest';
import {
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  noCommands,
  replied,
  statusesIn,
} from './bridge-under-test.ts';
import { type Quirks, QuirkyDevice } from './quirky-device.ts';

const DATA = 'http://backend.example.com/data';
const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const LEAVES = { './DCMO/usb/Property': 'Bus', './DCMO/usb/Group': 'g', './DCMO/camera/Property': 'Lens' };

/** One HGET in each session; the repository has this document. */
function storing(data: string, clientUri?: string): BackendScript {
  const contentType = clientUri === undefined ? 'application/dmmo+json' : 'text/plain';
  return ({ purpose, body }) => {
    if (purpose === 'repository') return replied(data, 200, { 'content-type': contentType });
    const sent = body !== undefined && 'text' in body ? body.text : '';
    const command = clientUri === undefined ? ['HGET', DATA] : ['HGET', DATA, clientUri];
    return sent.includes('"Status"') ? noCommands() : commands(command);
  };
}

const PROPERTIES = JSON.stringify([
  { ClientURI: `${DCMO}/usb/Property`, MOData: { Property: 'A' } },
  { ClientURI: `${DCMO}/usb/Group`, MOData: { Group: 'B' } },
  { ClientURI: `${DCMO}/camera/Property`, MOData: { Property: 'C' } },
]);

async function run(script: BackendScript, quirks: Quirks, sessions = 1) {
  const bridge = await BridgeUnderTest.open({ script, devices: [BRUCE] });
  const device = new QuirkyDevice(BRUCE, { leaves: LEAVES, lists: ['StructData', 'Struct'], ...quirks });
  for (let count = 1; count <= sessions; count += 1) expect(await device.session(bridge, String(count))).toBe(true);
  const statuses = bridge.packages().flatMap((sent) => statusesIn(sent) ?? []);
  const writes = device.messages.filter((names) => names.some((name) => name !== 'Get'));
  return { bridge, device, statuses, writes, facts: (await bridge.state()).record.facts };
}

describe('several writes', () => {
  test('several writes go as one Atomic, alone in its package [CP-DMREPU-7.6.3]', async () => {
    const { device, statuses, writes } = await run(storing(PROPERTIES), {});
    expect(statuses).toEqual([200]);
    expect(writes.filter((names) => names.includes('Replace'))).toEqual([['Atomic', 'Replace', 'Replace', 'Replace']]);
    expect(device.tree.get('./DCMO/camera/Property')).toBe('C');
  });

  test('the bridge undoes writes that the device has not rolled back when it says nothing of the Atomic', async () => {
    const quirks = { unanswered: ['Atomic'], codes: { 'Replace ./DCMO/usb/Group': 425 } };
    const { device, statuses, facts, bridge } = await run(storing(PROPERTIES), quirks);
    expect(statuses).toEqual([403]);
    expect(Object.fromEntries(device.tree)).toEqual(LEAVES);
    expect(facts.atomic).toBe(false);
    expect(bridge.logs.some((line) => line.includes('"write.undone"'))).toBe(true);
  });

  test('a device that refused Atomic gets no second one', async () => {
    const codes = { Atomic: 501, Replace: 200 };
    const { writes, facts } = await run(storing(PROPERTIES), { codes }, 2);
    expect(facts.atomic).toBe(false);
    expect(writes.filter((names) => names.includes('Atomic'))).toHaveLength(1);
  });

  test('writes go one by one when the Atomic does not fit into a message', async () => {
    const long = JSON.stringify([
      { ClientURI: `${DCMO}/usb/Property`, MOData: { Property: 'a'.repeat(900) } },
      { ClientURI: `${DCMO}/usb/Group`, MOData: { Group: 'b'.repeat(900) } },
    ]);
    const { device, statuses, writes, facts } = await run(storing(long), { maxMsgSize: 2000 });
    expect(statuses).toEqual([200]);
    expect(writes.some((names) => names.includes('Atomic'))).toBe(false);
    expect(device.tree.get('./DCMO/usb/Group')).toBe('b'.repeat(900));
    expect(facts.atomic).toBeUndefined();
  });
});

describe('a value larger than a message', () => {
  const script = storing('x'.repeat(5000), `${DCMO}/usb/Property`);
  const LRG_OBJ = './DevDetail/LrgObj';
  const asked = ({ device }: { readonly device: QuirkyDevice }) =>
    device.executed.filter((each) => each === `Get ${LRG_OBJ}`).length;

  test.each<[string, Quirks, number, number, boolean | undefined]>([
    ['LrgObj is true', { leaves: { ...LEAVES, [LRG_OBJ]: 'true' } }, 200, 1, true],
    ['LrgObj is false', { leaves: { ...LEAVES, [LRG_OBJ]: 'false' } }, 506, 1, false],
    ['LrgObj cannot be read', {}, 200, 1, true],
    ['the device sends MaxObjSize', { maxObjSize: 100_000 }, 200, 0, undefined],
    ['the value is larger than MaxObjSize', { maxObjSize: 4000 }, 506, 0, undefined],
  ])('a value larger than a message gets its status when %s', async (_, quirks, status, gets, largeObjects) => {
    const result = await run(script, { maxMsgSize: 2000, ...quirks });
    expect(result.statuses).toEqual([status]);
    expect(asked(result)).toBe(gets);
    expect(result.facts.largeObjects).toBe(largeObjects);
    expect(result.device.tree.get('./DCMO/usb/Property')).toBe(status === 200 ? 'x'.repeat(5000) : 'Bus');
  });

  test('LrgObj is read once for a device', async () => {
    const result = await run(script, { maxMsgSize: 2000, leaves: { ...LEAVES, [LRG_OBJ]: 'false' } }, 2);
    expect(result.statuses).toEqual([506, 506]);
    expect(asked(result)).toBe(1);
  });
});
