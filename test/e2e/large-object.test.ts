/** Objects of 5 MB through the running bridge, both ways, in messages of 4 KB (DM-1.3 §8). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BridgeProcess } from './bridge-process.ts';
import { LargeObjectDevice, sizes } from './large-object-device.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import { alert } from './scripted-device.ts';

const NOTE = 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/Note';
const FW_V = 'urn:oma:mo:oma-dm-devdetail:1.0//FwV';

/** Every line differs, so that the comparison finds a chunk that is lost, doubled or out of order. */
const textOf = (bytes: number) =>
  Array.from({ length: bytes / 40 }, (_, at) => `${`line ${at} of <an image> & more`.padEnd(39)}\n`).join('');
const OBJECT = textOf(5_000_000);
const SMALL = textOf(40_000);

const backend = new ScriptedBackend();
let url = '';
let bridge: BridgeProcess;
let device: LargeObjectDevice;
let devices = 0;
beforeAll(async () => {
  url = await backend.open();
  const rows = Array.from({ length: 20 }, (_, at) => `IMEI:${at},bruce,OhBehave`);
  bridge = new BridgeProcess(url, `devId,user,password\n${rows.join('\n')}\n`);
  await bridge.start();
});
beforeEach(() => {
  device = new LargeObjectDevice(bridge, { devId: `IMEI:${devices}`, user: 'bruce', password: 'OhBehave' });
  devices += 1;
});
afterAll(async () => {
  await bridge.remove();
  await backend.close();
});

/** The backend sends these commands, one in each package, and the repository holds this text. */
function campaign(repository: string, ...commands: readonly (readonly string[])[]): void {
  backend.answerBy(({ path }, packages) => {
    if (path === '/image') return { type: 'text/plain', body: repository };
    return list(commands[packages - 1] ?? ['END']);
  });
}
const hget = () => ['HGET', `${url}/image`, NOTE] as const;

interface Progress {
  readonly event: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** The lines of the log about objects of this device. */
async function readProgress(): Promise<readonly Progress[]> {
  const log = await bridge.readLog();
  return log
    .split('\n')
    .filter((line) => line.includes('"event":"object.') && line.includes(`"${device.account.devId}"`))
    .map((line) => JSON.parse(line));
}

/** Takes chunks until the last one; `before` runs before each is acknowledged and gives the Meta of that message. */
async function receiveObject(before: (taken: number) => Promise<string | undefined> = async () => ''): Promise<string> {
  const pieces: string[] = [];
  let taken = 0;
  for (;;) {
    const { data, more, name } = device.command;
    if (name !== 'Get') pieces.push(data);
    taken += data.length;
    const meta = (await before(taken)) ?? '';
    await device.acknowledge(meta);
    if (!more && name !== 'Get') return pieces.join('');
  }
}

/** Runs `disturb` at the first chunk after each of these many bytes. */
function atBytes(marks: readonly number[], disturb: () => Promise<unknown>): (at: number) => Promise<undefined> {
  const left = [...marks];
  return async (at) => {
    if (left[0] !== undefined && at >= left[0]) {
      left.shift();
      await disturb();
    }
    return undefined;
  };
}

describe('an object of 5 MB in messages of 4 KB, the bridge killed on the way', () => {
  test('an HGET brings it from the repository to the device (DM-PRO-S-004-M, DM-PRO-LO-S-003-M, DM-PRO-LO-S-008-M)', async () => {
    campaign(OBJECT, hget());
    await device.startSession(sizes(4096));
    const sizesSeen: number[] = [];
    const announced: (number | undefined)[] = [];
    const kill = atBytes([1_500_000, 4_000_000], () => bridge.restart());
    const got = await receiveObject(async (taken) => {
      sizesSeen.push(Buffer.byteLength(device.body));
      if (device.command.name !== 'Get') announced.push(device.command.size);
      const { body } = device;
      await kill(taken);
      expect((await device.repeatMessage()).body).toBe(body);
      return undefined;
    });
    expect(got === OBJECT, 'the object arrived as it was').toBe(true);
    expect(Math.max(...sizesSeen)).toBeLessThanOrEqual(4096);
    expect(announced.filter((size) => size !== undefined)).toEqual([5_000_000]);
    expect(announced[0]).toBe(5_000_000);
    expect(announced.length).toBeGreaterThan(1300);
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([undefined, [200]]);
    expect(backend.received.filter(({ path }) => path === '/image')).toHaveLength(1);
    const progress = await readProgress();
    expect(progress.map(({ event }) => event)).toEqual([
      'object.started',
      ...Array(9).fill('object.progress'),
      'object.completed',
    ]);
    expect(progress.map(({ bytesDone }) => Math.round(bytesDone / 500_000))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(progress.every(({ bytesTotal }) => bytesTotal === 5_000_000)).toBe(true);
    expect(bridge.stderr).not.toContain('of <an image>');
  });

  test('an HPUT brings it from the device to the repository (DM-PRO-LO-S-001-M, DM-PRO-LO-S-006-O)', async () => {
    campaign('', ['HPUT', `${url}/image`, NOTE]);
    await device.startSession(sizes(4096));
    expect(device.body).toMatch(/<MaxMsgSize[^>]*>1048576<\/MaxMsgSize>.*<MaxObjSize[^>]*>16777216</u);
    const kill = atBytes([1_500_000, 4_000_000], () => bridge.restart());
    const next = new Set<string>();
    await device.sendObject(OBJECT, 3_500, async (at) => {
      await kill(at);
      if (at > 0) next.add(`${device.answer?.statuses.at(-1)} ${device.answer?.commands.map(({ name }) => name)}`);
      expect(device.answer?.final).toBe(at === 0);
    });
    expect([...next]).toEqual(['Results 3 213 Alert']);
    const puts = backend.received.filter(({ path }) => path === '/image');
    expect(puts.map(({ method, body }) => [method, body === OBJECT])).toEqual([['PUT', true]]);
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([undefined, [200]]);
    const progress = await readProgress();
    expect(progress.map(({ event }) => event)).toEqual([
      'object.started',
      ...Array(9).fill('object.progress'),
      'object.completed',
    ]);
    expect(progress.at(-1)).toMatchObject({
      level: 'info',
      device: device.account.devId,
      direction: 'fromDevice',
      locUri: './DevDetail/Ext/Note',
      bytesDone: 5_000_000,
      bytesTotal: 5_000_000,
    });
  });

  test('a GET brings it from the device to the backend', async () => {
    campaign('', ['GET', NOTE]);
    await device.startSession(sizes(4096));
    await device.sendObject(OBJECT, 200_000);
    expect(JSON.stringify(backend.received.at(-1)?.body).includes('line 124999 of <an image> & more')).toBe(true);
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([undefined, [200]]);
  });
});

describe('an object that the device gets', () => {
  test('the chunks keep within a MaxMsgSize that changes on the way', async () => {
    campaign(SMALL, hget());
    await device.startSession(sizes(2000));
    let limit = 2000;
    const chunks: { readonly limit: number; readonly bytes: number }[] = [];
    const got = await receiveObject(async (taken) => {
      chunks.push({ limit, bytes: Buffer.byteLength(device.body) });
      limit = taken < 10_000 ? 2000 : taken < 25_000 ? 8000 : 1200;
      return sizes(limit);
    });
    expect(got).toBe(SMALL);
    for (const { limit: most, bytes } of chunks) expect(bytes).toBeLessThanOrEqual(most);
    expect(new Set(chunks.map(({ limit: most }) => most))).toEqual(new Set([2000, 8000, 1200]));
    expect(Math.max(...chunks.map(({ bytes }) => bytes))).toBeGreaterThan(6000);
  });

  test.each<[string, readonly number[], boolean, number]>([
    ['Status 420', [420], false, 506],
    ['Status 412 with Alert 1225', [412], true, 400],
    ['Alert 1225 alone', [], true, 500],
  ])('%s ends an object, and the next command is sent (DM-PRO-LO-S-004-M)', async (_, codes, isBroken, told) => {
    campaign(SMALL, hget(), ['GET', FW_V]);
    await device.startSession(sizes(2000));
    await device.answerGetsWith404();
    await device.acknowledge();
    expect(device.command).toMatchObject({ name: 'Add', more: true });
    const statuses = codes.map((code) => device.statusOf(device.command, code));
    await device.send([...statuses, ...(isBroken ? [alert(5, 1225)] : [])], !isBroken);
    // The bridge looks if the device has stored a part of the object, which it has not.
    expect(await device.acknowledge()).toMatchObject({ name: 'Get', locUri: './DevDetail/Ext/Note' });
    expect(device.command).toMatchObject({ name: 'Get', locUri: './DevDetail/FwV' });
    expect((await readProgress()).at(-1)).toMatchObject({ event: 'object.failed', bytesTotal: 40_000 });
    await device.sendObject('7.1', 10);
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([undefined, [told], [200]]);
  });

  test('an object is sent once more from its beginning after Status 424', async () => {
    campaign(SMALL, hget());
    await device.startSession(sizes(20_000));
    await device.answerGetsWith404();
    while (device.command.more) await device.acknowledge();
    await device.send([device.statusOf(device.command, 424)]);
    expect(device.command).toMatchObject({ name: 'Add', more: true, size: 40_000 });
    while (device.command.more) await device.acknowledge();
    await device.send([device.statusOf(device.command, 424)]);
    await device.answerGetsWith404();
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([undefined, [500]]);
    const turns = (await readProgress()).filter(({ event }) => event !== 'object.progress');
    expect(turns.map(({ event }) => event)).toEqual(Array(2).fill(['object.started', 'object.failed']).flat());
  });

  test('an object is given up when the device aborts (CP-DMPRO-6.1b)', async () => {
    campaign(SMALL, hget());
    await device.startSession(sizes(2000));
    await device.answerGetsWith404();
    expect(device.command).toMatchObject({ name: 'Add', more: true });
    await device.send([device.statusOf(device.command, 213), alert(3, 1223)]);
    expect(device.answer).toMatchObject({ statuses: ['SyncHdr 0 200', 'Alert 3 200'], commands: [], final: true });
    await backend.untilReceived(3);
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([undefined, [503]]);
    expect((await readProgress()).map(({ event }) => event)).toEqual(['object.started', 'object.failed']);
  });

  test('an object begins again in the session that a restarted device opens in the middle of it', async () => {
    backend.answerBy(({ path, body }) => {
      if (path === '/image') return { type: 'text/plain', body: SMALL };
      return body.includes('"Status"') ? list(['END']) : list([...hget()]);
    });
    await device.startSession(sizes(2000));
    await device.answerGetsWith404();
    await device.acknowledge();
    await device.startSession(sizes(4000));
    expect(await receiveObject()).toBe(SMALL);
    const turns = (await readProgress()).filter(({ event }) => event !== 'object.progress');
    expect(turns.map(({ event }) => event)).toEqual([
      'object.started',
      'object.failed',
      'object.started',
      'object.completed',
    ]);
    // Of both sessions: Package#1, the repository's GET, and the package with the status.
    await backend.untilReceived(6);
    const statuses = backend.packages().flatMap(({ statuses: sent = [] }) => sent);
    expect(statuses.toSorted()).toEqual([200, 503]);
  });

  test('an object larger than MaxObjSize is never sent (DM-PRO-LO-S-007-M)', async () => {
    campaign(SMALL, hget());
    await device.startSession(sizes(2000, 39_999));
    await device.answerGetsWith404();
    expect(device.answer?.commands).toEqual([]);
    expect(backend.packages().at(-1)?.statuses).toEqual([506]);
  });
});

describe('an object that the device gives', () => {
  const chunk = (of: string, data: string, more: boolean, size = '') =>
    `<Results><CmdID>3</CmdID><MsgRef>${device.answer?.msgId}</MsgRef><CmdRef>${of}</CmdRef><Item>${size}` +
    `<Source><LocURI>./DevDetail/Ext/Note</LocURI></Source><Data>${data}</Data>${more ? '<MoreData/>' : ''}</Item></Results>`;
  const SIZE = '<Meta><Size xmlns="syncml:metinf">8</Size></Meta>';

  test('an object of another size than announced gets Status 424, and none of it reaches the backend', async () => {
    campaign('', ['GET', NOTE]);
    await device.startSession(sizes(4096));
    const { cmdId } = device.command;
    await device.send([device.statusOf(device.command, 200), chunk(cmdId, 'abcd', true, SIZE)], false);
    await device.send([chunk(cmdId, 'efghi', false)]);
    expect(device.answer).toMatchObject({ statuses: ['SyncHdr 0 200', 'Results 3 424'], final: true });
    await device.answerGetsWith404();
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([undefined, [404]]);
    expect(backend.received.map(({ body }) => body).join('')).not.toContain('abcd');
  });

  test('an object is answered with Alert 1225 when a new command comes before its end', async () => {
    campaign('', ['GET', NOTE]);
    await device.startSession(sizes(4096));
    const { cmdId } = device.command;
    await device.send([device.statusOf(device.command, 200), chunk(cmdId, 'abcd', true, SIZE)], false);
    await device.send([alert(3, 1224)], true);
    expect(device.body).toContain('<Data>1225</Data>');
    expect(device.answer).toMatchObject({ statuses: ['SyncHdr 0 200', 'Alert 3 200'] });
    expect((await readProgress()).map(({ event }) => event)).toEqual(['object.started', 'object.failed']);
  });
});
