/**
 * Devices that leave out the Status of a write (DM-1.3 §6.5): its effect is read from the node, so that no write is reported as
 * done that was not, and none that was done is repeated or reported as failed.
 */
import { describe, expect, test } from 'vitest';
import type { DeviceAnswer, ValueDeviceOptions } from './value-device.ts';
import { DATA, play, type SceneOptions, THING, thing } from './value-scene.ts';

type Ways = Pick<ValueDeviceOptions, 'answer' | 'unanswered' | 'atomic' | 'encoding'>;

const NODES = thing({
  A: { format: 'chr', value: 'old' },
  B: { format: 'chr', value: 'old' },
  C: { format: 'b64', type: 'application/octet-stream', value: 'AAEC' },
  In: { format: 'node' },
  'In/X': { format: 'chr', value: 'x' },
});
const ROOT = './Ex/one';
const isWrite = (command: string) => /^(?:Add|Replace|Delete) /u.test(command);

/** A device that sends no Status for its writes, and for the containers only when it `answersContainers`. */
function silent({ answersContainers = true } = {}): Pick<Ways, 'unanswered'> {
  return { unanswered: (command) => isWrite(command) || (!answersContainers && !command.includes(' ')) };
}

/** The answer of a device that does not execute some commands. */
function skipping(isSkipped: (command: string) => boolean): Pick<Ways, 'answer'> {
  const answer = (command: string, regular: () => DeviceAnswer) => (isSkipped(command) ? { code: 200 } : regular());
  return { answer };
}

const RESOURCES: NonNullable<SceneOptions['resources']> = {
  new: { contentType: 'text/plain', body: 'new' },
  bytes: { contentType: 'application/octet-stream', body: { base64: 'AwQF' } },
  doc: { body: JSON.stringify([{ ClientURI: THING, MOData: { one: { A: 'new', B: 'new', D: 'new' } } }]) },
};

async function scene(list: readonly (readonly string[])[], ways: Ways) {
  const played = await play({ commands: list, resources: RESOURCES, device: { nodes: NODES, ...ways } });
  const { nodes, asked, written } = played.device;
  const value = (path: string) => nodes.get(`${ROOT}/${path}`)?.value;
  const times = (command: string) => asked.filter((each) => each === `${command.replace(' ', ` ${ROOT}/`)}`).length;
  const events = played.bridge.logs.map((line) => JSON.parse(line).event);
  return { ...played, value, times, events, written };
}

const PAIR = [
  ['HGET', `${DATA}new`, `${THING}/A`],
  ['HGET', `${DATA}new`, `${THING}/New`],
  ['HGET', `${DATA}bytes`, `${THING}/C`],
  ['DELETE', `${THING}/In`],
] as const;

const SILENCES: readonly [string, Ways][] = (['xml', 'wbxml'] as const).flatMap((encoding): [string, Ways][] => [
  [`the Sequence has 200, ${encoding}`, { ...silent(), encoding }],
  [`the Sequence has none either, ${encoding}`, { ...silent({ answersContainers: false }), encoding }],
]);

describe('writes without a Status', () => {
  test.each(SILENCES)('that were done have 200, and are not sent again: %s', async (_, ways) => {
    const { statuses, times, value, events, quirks } = await scene(PAIR, ways);
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(value('A')).toBe('new');
    expect(['Replace A', 'Add New', 'Replace C', 'Delete In'].map(times)).toEqual([1, 1, 1, 1]);
    expect(quirks).toContainEqual(expect.objectContaining({ quirk: 'no Status for a command' }));
    expect(events).not.toContain('write.undone');
  });

  test.each(SILENCES)('that were not done are sent once more: %s', async (_, ways) => {
    const seen = new Set<string>();
    const isFirst = (command: string) => isWrite(command) && !seen.has(command) && seen.add(command) !== undefined;
    const { statuses, times, value, device } = await scene(PAIR, { ...ways, ...skipping(isFirst) });
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(['A', 'New'].map(value)).toEqual(['new', 'new']);
    expect(device.nodes.has(`${ROOT}/In`)).toBe(false);
    expect(['Replace A', 'Add New', 'Replace C', 'Delete In'].map(times)).toEqual([2, 2, 2, 2]);
  });

  test.each(SILENCES)('that the device never does have 500: %s', async (_, ways) => {
    const { statuses, times, value, bridge } = await scene(PAIR, { ...ways, ...skipping(isWrite) });
    expect(statuses).toEqual([500, 500, 500, 500]);
    expect(value('A')).toBe('old');
    expect(['Replace A', 'Add New', 'Delete In'].map(times)).toEqual([2, 2, 2]);
    const failed = bridge.logs.map((line) => JSON.parse(line)).filter(({ event }) => event === 'command.failed');
    expect(failed.map(({ reason }) => reason)).toEqual(
      ['Replace ./Ex/one/A', 'Add ./Ex/one/New', 'Replace ./Ex/one/C', 'Delete ./Ex/one/In'].map(
        (command) => `the device sent no Status for ${command}`,
      ),
    );
  });

  test('that cannot be read back have the status of their Sequence; where it has none either, they are undone', async () => {
    const answer: Ways['answer'] = (command, regular) =>
      command === `Get ${ROOT}/A` || command === `Get ${ROOT}/B` ? { code: 425 } : regular();
    const list = [
      ['HGET', `${DATA}new`, `${THING}/A`],
      ['HGET', `${DATA}new`, `${THING}/B`],
    ];
    expect((await scene(list, { ...silent(), answer })).statuses).toEqual([200, 200]);
    const { statuses, value } = await scene(list, { ...silent({ answersContainers: false }), answer });
    expect(statuses).toEqual([500, 500]);
    expect(['A', 'B'].map(value)).toEqual(['old', 'old']);
  });

  test('that are sent once more are done before a later command reads the node', async () => {
    const list = [
      ['HGET', `${DATA}new`, `${THING}/A`],
      ['GET', `${THING}/A`],
      ['DELETE', `${THING}/In`],
      ['GET', `${THING}/In`],
    ];
    const seen = new Set<string>();
    const isFirst = (command: string) => isWrite(command) && !seen.has(command) && seen.add(command) !== undefined;
    const { statuses, parts } = await scene(list, { ...silent(), ...skipping(isFirst) });
    expect(statuses).toEqual([200, 200, 200, 404]);
    expect(parts.map(({ text }) => text)).toEqual(['new']);
  });

  test('that a later command changes again are not judged by the later value', async () => {
    const list = [
      ['HGET', `${DATA}new`, `${THING}/A`],
      ['DELETE', `${THING}/A`],
    ];
    const { statuses, times, device } = await scene(list, silent());
    expect(statuses).toEqual([200, 200]);
    expect(['Replace A', 'Delete A'].map(times)).toEqual([1, 1]);
    expect(device.nodes.has(`${ROOT}/A`)).toBe(false);
  });

  test.each([true, false])('of a document are all done or none (Atomic: %s)', async (atomic) => {
    const doc = [['HGET', `${DATA}doc`, `${THING}/`]];
    const done = await scene(doc, { ...silent({ answersContainers: false }), atomic });
    expect(done.statuses).toEqual([200]);
    expect(['A', 'B', 'D'].map(done.value)).toEqual(['new', 'new', 'new']);
    expect(['Replace A', 'Replace B', 'Add D', 'Delete C'].map(done.times)).toEqual([1, 1, 1, 1]);

    let isFirst = true;
    const laterB = skipping((command) => {
      const isSkipped = isFirst && command === `Replace ${ROOT}/B`;
      if (isSkipped) isFirst = false;
      return isSkipped;
    });
    const repeated = await scene(doc, { ...silent({ answersContainers: false }), ...laterB, atomic });
    expect(repeated.statuses).toEqual([200]);
    expect(['A', 'B', 'D'].map(repeated.value)).toEqual(['new', 'new', 'new']);
    expect(['Replace A', 'Replace B', 'Add D'].map(repeated.times)).toEqual([1, 2, 1]);

    const neverB = skipping((command) => command === `Replace ${ROOT}/B`);
    const undone = await scene(doc, { ...silent({ answersContainers: false }), ...neverB, atomic });
    expect(undone.statuses).toEqual([500]);
    expect(['A', 'B', 'D', 'In/X'].map(undone.value)).toEqual(['old', 'old', undefined, 'x']);
    expect(undone.events).toContain('write.undone');
  });

  test('of an Atomic that has 200 are done', async () => {
    const { statuses, times } = await scene([['HGET', `${DATA}doc`, `${THING}/`]], silent());
    expect(statuses).toEqual([200]);
    expect(times('Get B')).toBe(0);
  });

  test('of a DELETE and an HGET of single commands are settled, too', async () => {
    for (const [command, done] of [
      [['HGET', `${DATA}new`, `${THING}/A`], 'Replace A'],
      [['DELETE', `${THING}/A`], 'Delete A'],
    ] as const) {
      const { statuses, times } = await scene([command], silent());
      expect(statuses).toEqual([200]);
      expect(times(done)).toBe(1);
    }
  });

  test.each([
    [true, 200],
    [false, 500],
  ])('of an EXEC are not repeated (the Sequence has one: %s)', async (answersContainers, expected) => {
    const { unanswered = () => false } = silent({ answersContainers });
    const list = [
      ['EXEC', `${THING}/A`],
      ['EXEC', `${THING}/B`],
    ];
    const ways: Ways = { unanswered: (command) => command.startsWith('Exec ') || unanswered(command) };
    const { statuses, times } = await scene(list, ways);
    expect(statuses).toEqual([expected, expected]);
    expect(['Exec A', 'Exec B'].map(times)).toEqual([1, 1]);
  });
});
