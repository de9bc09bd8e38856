/** Alerts that a backend refuses, over HTTP and through kills of the process: search, list and way back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BridgeProcess } from './bridge-process.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import { note, packageOne } from './scripted-device.ts';

const DEVICE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
const TOKEN = 'token-of-the-operator';

const backend = new ScriptedBackend();
let bridge: BridgeProcess;
beforeAll(async () => {
  const url = await backend.open();
  bridge = new BridgeProcess(url, 'devId,user,password\nIMEI:1,bruce,OhBehave\n');
  const config = readFileSync(join(bridge.folder, 'dmbridge.yaml'), 'utf8');
  bridge.write('dmbridge.yaml', config.replace('admin: {', `admin: { token: "${TOKEN}",`));
  await bridge.start();
});
afterAll(async () => {
  await bridge.remove();
  await backend.close();
});

async function api(path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${bridge.admin}/api/v1/outbox${path}`, { headers, ...init });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

test('an alert that the backend refuses is set aside through kills, and leaves once the operator puts it back', async () => {
  let sessions = 0;
  const session = async (...alerts: readonly string[]) => {
    sessions += 1;
    const got = await bridge.post(packageOne(DEVICE, { sessionId: `s${sessions}` }, alerts));
    expect(got.status).toBe(200);
    return backend.packages().at(-1)?.notes;
  };
  backend.answerBy(({ body }) => (body.includes('"DM1x":"bad"') ? { status: 400 } : list(['END'])));
  const sent = [await session(note(3, 'good'), note(4, 'bad'), note(5, 'fine'))];
  for (let count = 0; count < 7; count += 1) {
    // Before the Package#1 without alerts, and twice in the search.
    if (count > 1 && count < 5) await bridge.restart();
    sent.push(await session());
  }
  const all = ['good', 'bad', 'fine'];
  expect(sent).toEqual([all, all, all, [], ['good'], ['bad', 'fine'], ['bad'], ['fine']]);
  expect((await api('?state=refused', { headers: {} })).status).toBe(401);
  const listed = await api('?state=refused&device=imei:1');
  expect(listed.body.items).toEqual([
    expect.objectContaining({ device: 'IMEI:1', type: 'com.example.note', state: 'refused', tries: 1 }),
  ]);
  expect(await bridge.readLog()).toMatch(/"event":"alert.refused"/u);
  backend.answerBy(() => list(['END']));
  expect((await api(`/${listed.body.items[0].id}/retry`, { method: 'POST' })).status).toBe(204);
  await bridge.restart();
  expect(await session()).toEqual(['bad']);
  expect(await session()).toEqual([]);
  expect((await api('?state=refused')).body).toEqual({ items: [], next: null });
});
