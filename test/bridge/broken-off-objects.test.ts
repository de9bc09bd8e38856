/** Devices that keep a part of a large object and give it up (DM-1.3 §8): the node is as before, or the log names it (ADR 22). */
import { describe, expect, test } from 'vitest';
import { BRUCE, BridgeUnderTest, commands, noCommands, replied, statusesIn } from './bridge-under-test.ts';
import { Crash, type DeviceNode, ValueDevice, type ValueDeviceOptions } from './value-device.ts';
import { DATA, play, type SceneOptions, THING, thing } from './value-scene.ts';

const OLD = 'old and more than half';
const NODES = thing({ Name: { format: 'chr', type: 'text/plain', value: OLD }, Other: { format: 'chr', value: 'o' } });
const BIG = 'x'.repeat(5000);
const MAX = 2500;
const TEXT = { contentType: 'text/plain', body: BIG };
/** Of this size an object has three chunks. */
const CHUNKS = 3;

type BreaksOff = NonNullable<ValueDeviceOptions['breaksOff']>;

function storing(breaksOff: BreaksOff, name: string, more: Partial<ValueDeviceOptions> = {}): SceneOptions {
  return {
    commands: [['HGET', `${DATA}big`, `${THING}/${name}`]],
    resources: { big: TEXT },
    device: { nodes: NODES, maxMsgSize: MAX, breaksOff, ...more },
  };
}

function nodesOf({ nodes }: ValueDevice): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...nodes].map(([place, { value }]) => [place, value]));
}

const BEFORE = Object.fromEntries(
  Object.entries(NODES).map(([place, { value }]: readonly [string, DeviceNode]) => [place, value]),
);

function eventsIn(bridge: BridgeUnderTest, event: string): readonly Record<string, unknown>[] {
  return bridge.logs.map((line) => JSON.parse(line)).filter((line) => line.event === event);
}

const CASES = (['xml', 'wbxml'] as const).flatMap((encoding) =>
  ['Big', 'Name'].flatMap((name) =>
    [1, 2, CHUNKS].flatMap((chunk) =>
      [200, 413, 420, 424, 500].flatMap((code) =>
        chunk === CHUNKS && code === 200 ? [] : [{ encoding, name, chunk, code }],
      ),
    ),
  ),
);

describe('a large object that the device gives up', () => {
  test.each(CASES)('at chunk $chunk with $code leaves the node $name as before ($encoding)', async (each) => {
    const { encoding, name, chunk, code } = each;
    const breaksOff: BreaksOff = ({ number }) => (number === chunk ? code : undefined);
    const { bridge, device, statuses } = await play(storing(breaksOff, name, { encoding }));
    expect(statuses).toEqual([code === 413 || code === 420 ? 506 : 500]);
    expect(nodesOf(device)).toEqual(BEFORE);
    expect(eventsIn(bridge, 'write.undone')).toMatchObject([{ failures: 1, left: [] }]);
    const { cache } = (await bridge.state()).record;
    expect(Object.keys(cache?.copies ?? {}).filter((key) => key.includes('thing'))).toEqual([]);
  });

  test.each([2, CHUNKS])(
    'at chunk %s with 418, which a Replace cannot mean, leaves the node as before',
    async (chunk) => {
      const breaksOff: BreaksOff = ({ number }) => (number === chunk ? 418 : undefined);
      const { bridge, device, statuses } = await play(storing(breaksOff, 'Name'));
      expect(statuses).toEqual([500]);
      expect(nodesOf(device)).toEqual(BEFORE);
      expect(eventsIn(bridge, 'write.undone')).toMatchObject([{ failures: 1, left: [] }]);
    },
  );

  test('and with it the node has the node of before again', async () => {
    const breaksOff: BreaksOff = ({ number }) => (number === 2 ? { lost: 500 } : undefined);
    const { device, statuses, bridge } = await play(storing(breaksOff, 'Name'));
    expect(statuses).toEqual([500]);
    expect(nodesOf(device)).toEqual(BEFORE);
    expect(eventsIn(bridge, 'write.undone')).toHaveLength(1);
  });

  test('is undone before a later command deletes the same node', async () => {
    const scene = storing(({ number }) => (number === 2 ? 500 : undefined), 'Name');
    const list = [...(scene.commands ?? []), ['DELETE', `${THING}/Name`]];
    const { device, statuses } = await play({ ...scene, commands: list });
    expect(statuses).toEqual([500, 200]);
    expect(nodesOf(device)).not.toHaveProperty('./Ex/one/Name');
  });

  test('is undone before a later command writes the same node', async () => {
    const scene = storing(({ number }) => (number === 2 ? 500 : undefined), 'Name');
    const { device, statuses } = await play({
      ...scene,
      commands: [...(scene.commands ?? []), ['HGET', `${DATA}small`, `${THING}/Name`]],
      resources: { big: TEXT, small: { contentType: 'text/plain', body: 'small' } },
    });
    expect(statuses).toEqual([500, 200]);
    expect(nodesOf(device)['./Ex/one/Name']).toBe('small');
  });

  test('of which nothing was taken needs no undo', async () => {
    const answer: ValueDeviceOptions['answer'] = (command) =>
      command.startsWith('Add ') || command.startsWith('Replace ') ? { code: 403 } : undefined;
    const { device, statuses } = await play(storing(() => undefined, 'Big', { answer }));
    expect(statuses).toEqual([403]);
    // The one Get is that of before the write.
    expect(device.asked.filter((line) => line === 'Get ./Ex/one/Big')).toHaveLength(1);
  });

  test.each([
    ['Big', 'Delete'],
    ['Name', 'Replace'],
  ])('and whose undo of %s fails is named by the log', async (name, undo) => {
    let isOver = false;
    const answer: ValueDeviceOptions['answer'] = (command, regular) => {
      if (isOver && command === `${undo} ./Ex/one/${name}`) return { code: 405 };
      return regular();
    };
    const breaksOff: BreaksOff = () => {
      isOver = true;
      return 500;
    };
    const { bridge, statuses } = await play(storing(breaksOff, name, { answer }));
    expect(statuses).toEqual([500]);
    expect(eventsIn(bridge, 'write.partial')).toMatchObject([{ left: [`./Ex/one/${name}`] }]);
  });

  test.each([true, false])('takes the other writes of its document with it (Atomic: %s)', async (atomic) => {
    const value = { Name: 'new', Other: 'new', Deep: { Big: BIG, Small: 's' } };
    const { device, statuses } = await play({
      commands: [['HGET', `${DATA}new`, `${THING}/`]],
      resources: { new: { body: JSON.stringify([{ ClientURI: THING, MOData: { one: value } }]) } },
      device: {
        nodes: NODES,
        maxMsgSize: MAX,
        atomic,
        breaksOff: ({ number }) => (number === 2 ? 500 : undefined),
      },
    });
    expect(statuses).toEqual([500]);
    expect(nodesOf(device)).toEqual(BEFORE);
  });

  test.each(['xml', 'wbxml'] as const)('and whose last chunk has no Status is read back (%s)', async (encoding) => {
    for (const name of ['Big', 'Name']) {
      let chunks = 0;
      const unanswered = (command: string) => {
        if (/^(?:Add|Replace) /u.test(command)) chunks += 1;
        return chunks === CHUNKS && command.endsWith(`/${name}`);
      };
      const { device, statuses, bridge } = await play(storing(() => undefined, name, { encoding, unanswered }));
      expect(statuses).toEqual([200]);
      expect(nodesOf(device)[`./Ex/one/${name}`]).toBe(BIG);
      expect(chunks).toBe(CHUNKS);
      expect(eventsIn(bridge, 'write.undone')).toEqual([]);
    }
  });

  test('is stored by the second try after 424', async () => {
    let tries = 0;
    const breaksOff: BreaksOff = ({ number }) => {
      if (number === CHUNKS) tries += 1;
      return number === CHUNKS && tries === 1 ? 424 : undefined;
    };
    for (const name of ['Big', 'Name']) {
      tries = 0;
      const { device, statuses } = await play(storing(breaksOff, name));
      expect(statuses).toEqual([200]);
      expect(nodesOf(device)[`./Ex/one/${name}`]).toBe(BIG);
    }
  });

  test('for the Inbox is named by the log, because the device chooses its place', async () => {
    const document = `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>a</NodeName><RTProperties><Format><node/></Format><Type><DDFName>urn:example:mo:thing:1.0</DDFName></Type></RTProperties><Node><NodeName>b</NodeName><RTProperties><Format><chr/></Format></RTProperties><Value>${BIG}</Value></Node></Node></MgmtTree>`;
    const { bridge, statuses } = await play({
      commands: [['HGET', `${DATA}doc`, 'urn:oma:mo:oma-dm-inbox:1.0//']],
      resources: { doc: { contentType: 'application/vnd.syncml.dmtnds+xml', body: document } },
      device: { nodes: NODES, maxMsgSize: MAX, breaksOff: ({ number }) => (number === 2 ? 500 : undefined) },
    });
    expect(statuses).toEqual([500]);
    expect(eventsIn(bridge, 'write.partial')).toMatchObject([{ failures: 1, left: ['./Inbox'] }]);
  });
});

describe('a device that falls silent in the middle of an object', () => {
  test.each([
    ['Big', 1],
    ['Big', 2],
    ['Big', CHUNKS],
    ['Name', 2],
  ])('has %s named by the log, and its command gets 503 (chunk %i)', async (name, chunk) => {
    const bridge = await BridgeUnderTest.open({
      devices: [BRUCE],
      script: ({ purpose, headers }) => {
        if (purpose === 'repository') return replied(BIG, 200, { 'content-type': 'text/plain' });
        const isFirst = headers['content-type']?.includes('initiation') === true;
        return isFirst && bridge.packages().length === 1
          ? commands(['HGET', `${DATA}big`, `${THING}/${name}`])
          : noCommands();
      },
    });
    const options = { nodes: NODES, maxMsgSize: MAX };
    const breaksOff: BreaksOff = ({ number }) => (number === chunk ? 'crash' : undefined);
    await expect(new ValueDevice(BRUCE, { ...options, breaksOff }).session(bridge, '1')).rejects.toThrow(Crash);
    await new ValueDevice(BRUCE, options).session(bridge, '2');
    await bridge.drained();
    expect(bridge.packages().flatMap((sent) => statusesIn(sent) ?? [])).toContain(503);
    expect(eventsIn(bridge, 'write.partial')).toMatchObject([{ failures: 1, left: [`./Ex/one/${name}`] }]);
  });
});
