/** `south.auth.required: false` lets devices in that are not registered; their records hold no usable password. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { BRUCE, BridgeUnderTest, commands, FW_V, tokenOf } from '../bridge/bridge-under-test.ts';
import { md5Cred, packageOne, status, syncml } from '../e2e/scripted-device.ts';

const UNREGISTERED = { devId: 'IMEI:404', user: 'IMEI:404', password: 'x' };

test('a device that was let in without registration has no password that can be guessed', async () => {
  const bridge = await BridgeUnderTest.open({ south: { authRequired: false } });
  const got = await bridge.say(packageOne(UNREGISTERED, { cred: '' }));
  expect(got.statuses[0]).toBe('SyncHdr 0 200');
  const wrong = packageOne(UNREGISTERED, { sessionId: '2', cred: md5Cred(UNREGISTERED, '') });
  const { nextNonce = '' } = await bridge.say(wrong);
  expect(nextNonce).toHaveLength(24);
  const { credentials } = (await bridge.state(UNREGISTERED.devId)).record;
  expect(new Set([credentials.md5, credentials.sha256, credentials.basic, '']).size).toBe(4);
  const nothing = Buffer.concat([Buffer.from(':'), Buffer.from(nextNonce, 'base64')]);
  const data = createHash('md5').update(nothing).digest('base64');
  const cred = `<Cred><Meta><Type xmlns="syncml:metinf">syncml:auth-md5</Type></Meta><Data>${data}</Data></Cred>`;
  const guessed = await bridge.say(packageOne(UNREGISTERED, { sessionId: '3', cred }));
  expect(guessed.statuses[0]).toBe('SyncHdr 0 401');
});

test('a session that credentials have opened is closed to strangers, although unregistered devices are let in', async () => {
  const bridge = await BridgeUnderTest.open({ script: () => commands(['GET', FW_V]), south: { authRequired: false } });
  const challenge = await bridge.say(packageOne(BRUCE, { cred: md5Cred(BRUCE, '') }));
  const cred = md5Cred(BRUCE, challenge.nextNonce ?? '');
  const first = await bridge.say(packageOne(BRUCE, { sessionId: '2', cred }));
  const forged = [
    status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200),
    '<Alert><CmdID>2</CmdID><Data>1226</Data><Item><Meta><Type xmlns="syncml:metinf">forged</Type></Meta></Item></Alert>',
  ];
  const stranger = await bridge.say(syncml({ sessionId: '2', msgId: 2 }, forged));
  expect(stranger.statuses[0]).toBe('SyncHdr 0 407');
  expect(stranger.commands).toEqual([]);
  expect((await bridge.state()).outbox).toEqual([]);
  const own = syncml({ sessionId: '2', msgId: 2 }, [status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200)]);
  expect((await bridge.say(own, { token: tokenOf(first) })).statuses[0]).toMatch(/^SyncHdr 0 2\d\d$/);
});
