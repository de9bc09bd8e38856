/** `auth.required: false` lets strangers in, and nobody in their name afterwards (contract: laboratory only). */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { Scene } from '../bridge/scene.ts';
import { md5Cred, packageOne } from '../e2e/scripted-device.ts';

const STRANGER = { devId: 'IMEI:404', user: 'IMEI:404', password: 'x' };

it('a device that came in without registration has no password that could be guessed', async () => {
  const scene = await Scene.open({ south: { authRequired: false } });
  const got = await scene.say(packageOne(STRANGER, { cred: '' }));
  expect(got.statuses[0]).toBe('SyncHdr 0 200');
  const wrong = packageOne(STRANGER, { sessionId: '2', cred: md5Cred(STRANGER, '') });
  const { nextNonce = '' } = await scene.say(wrong);
  expect(nextNonce).toHaveLength(24);
  const { credentials } = (await scene.state(STRANGER.devId)).record;
  expect(new Set([credentials.md5, credentials.sha256, credentials.basic, '']).size).toBe(4);
  const nothing = Buffer.concat([Buffer.from(':'), Buffer.from(nextNonce, 'base64')]);
  const data = createHash('md5').update(nothing).digest('base64');
  const cred = `<Cred><Meta><Type xmlns="syncml:metinf">syncml:auth-md5</Type></Meta><Data>${data}</Data></Cred>`;
  const guessed = await scene.say(packageOne(STRANGER, { sessionId: '3', cred }));
  expect(guessed.statuses[0]).toBe('SyncHdr 0 401');
});
