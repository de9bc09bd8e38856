/** The cost of objects under way: one copy in the store, and a bounded share of the memory. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BridgeProcess } from './bridge-process.ts';
import { LargeObjectDevice, sizes } from './large-object-device.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';

const NOTE = 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/Note';
const DEVICES = 40;
const SIZE = 5_000_000;
/** Megabytes of heap: less than the objects of all devices are together. */
const HEAP = 190;

const backend = new ScriptedBackend();
let url = '';
let bridge: BridgeProcess;
beforeAll(async () => {
  url = await backend.open();
  const rows = Array.from({ length: DEVICES }, (_, at) => `IMEI:${at},bruce,OhBehave`);
  bridge = new BridgeProcess(url, `devId,user,password\n${rows.join('\n')}\n`);
  bridge.environment = { NODE_OPTIONS: `--max-old-space-size=${HEAP}` };
  await bridge.start();
});
afterAll(async () => {
  await bridge.remove();
  await backend.close();
});

const deviceAt = (at: number) =>
  new LargeObjectDevice(bridge, { devId: `IMEI:${at}`, user: 'bruce', password: 'OhBehave' });
/** Each device has a different object. */
const objectOf = (at: string | number) => `${at} `.repeat(SIZE).slice(0, SIZE);

/** The characters of all texts that the store keeps beside the sessions. */
function storedCharacters(): number {
  const db = new DatabaseSync(join(bridge.folder, 'data', 'dmbridge.db'), { readOnly: true });
  const characters = Number(db.prepare('SELECT sum(length(text)) AS characters FROM large_text').get()?.characters);
  db.close();
  return characters;
}

describe(`${DEVICES} objects of 5 MB at once, in a heap of ${HEAP} MB`, () => {
  test('objects on their way to devices are stored once each, and every one arrives', async () => {
    let asked = 0;
    backend.answerBy(({ path, body }) => {
      if (path.startsWith('/image')) return { type: 'text/plain', body: objectOf(path.slice(7)) };
      if (body.includes('"Status"')) return list(['END']);
      asked += 1;
      return list(['HGET', `${url}/image/${asked}`, NOTE]);
    });
    const devices = Array.from({ length: DEVICES }, (_, at) => deviceAt(at));
    for (const device of devices) {
      await device.startSession(sizes(500_000));
      await device.answerGetsWith404();
      await device.acknowledge();
    }
    expect(storedCharacters() / (DEVICES * SIZE)).toBeCloseTo(1, 2);
    for (const [at, device] of devices.entries()) {
      let rest = '';
      for (let more = true; more; ) {
        const asked = await device.acknowledge();
        rest += asked.data;
        more = asked.more;
      }
      expect(objectOf(at + 1).endsWith(rest) && rest.length > SIZE / 2, `object ${at}`).toBe(true);
      expect(device.answer).toMatchObject({ commands: [], final: true });
    }
  });

  test('objects on their way from devices are stored once each, and every one is delivered', async () => {
    const delivered = new Map<string, string>();
    backend.answerBy(({ path, method, headers, body }) => {
      if (method === 'PUT') delivered.set(path, body);
      if (path.startsWith('/image')) return { status: 204 };
      if (body.includes('"Status"')) return list(['END']);
      return list(['HPUT', `${url}/image/${String(headers['omadm-devid'])}`, NOTE]);
    });
    const unfinished: { readonly goOn: () => void; readonly done: Promise<void> }[] = [];
    for (let at = 0; at < DEVICES; at += 1) {
      const device = deviceAt(at);
      await device.startSession(sizes(4096));
      const nearlyAll = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      const done = device.sendObject(objectOf(at), 900_000, async (from) => {
        if (from < 4_500_000) return;
        nearlyAll.resolve();
        await gate.promise;
      });
      unfinished.push({ goOn: gate.resolve, done });
      await nearlyAll.promise;
    }
    expect(storedCharacters() / (DEVICES * 4_500_000)).toBeCloseTo(1, 2);
    for (const [at, { goOn, done }] of unfinished.entries()) {
      goOn();
      await done;
      expect(delivered.get(`/image/IMEI:${at}`) === objectOf(at), `object ${at}`).toBe(true);
      delivered.clear();
    }
  });
});
