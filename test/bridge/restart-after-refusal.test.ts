/** A device that was refused goes on with the message that was refused, or begins anew with Package#1 (ADR 26). */
import { describe, expect, test } from 'vitest';
import { AUTH_SCHEMES, type AuthScheme } from '../../src/dm1/auth-scheme.ts';
import { alert, devInfo, note, reply, status } from '../e2e/scripted-device.ts';
import { WBXML_FORMS, XML_FORM } from '../support/transcript/wire-form.ts';
import { AuthenticatedDevice, expectAnswer } from './authenticated-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  LEAVES,
  noCommands,
  notesIn,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

const PACKAGE_ONE = [alert(1, 1201), devInfo(2)];
const OF_CHALLENGE = status(9, { msgRef: 2, cmdRef: 0, cmd: 'SyncHdr' }, 200);
/** Two Gets once in each session. */
const everySession = ({ body }: { readonly body?: unknown }) =>
  JSON.stringify(body).includes('Status') ? noCommands() : commands(['GET', DEV_TYP], ['GET', FW_V]);

async function opened(scheme: AuthScheme, form = XML_FORM) {
  const bridge = await BridgeUnderTest.open({ accept: [scheme], script: everySession });
  const device = new AuthenticatedDevice(bridge, scheme, form);
  const first = await device.begins();
  return { bridge, device, first };
}

describe.each(
  AUTH_SCHEMES.flatMap((scheme) =>
    [XML_FORM, ...WBXML_FORMS.slice(1, 2)].map((form) => [scheme, form.name, form] as const),
  ),
)('a device by %s in %s', (scheme, _, form) => {
  test(`a refused message by ${scheme} that comes again with credentials counts`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    const refused = await device.answers(first, LEAVES, { credentials: false, token: false });
    expect(expectAnswer(refused).statuses[0]).toBe('SyncHdr 0 407');
    const last = expectAnswer(await device.answers(first, LEAVES, { token: false }));
    expect(last).toMatchObject({ commands: [], final: true });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });

  test(`Package#1 by ${scheme} after a refused message is a restarted session`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    const token = device.respToken;
    await device.answers(first, LEAVES, { credentials: false, token: false });
    const anew = expectAnswer(await device.says([...PACKAGE_ONE, note(3, 'anew')], { token: false }));
    await bridge.drained();
    expect(anew.statuses.slice(1)).toEqual(['Alert 1 200', 'Replace 2 200', 'Alert 3 200']);
    expect(anew.msgId).toBe(device.msgId);
    expect(tokenOf(anew)).toBeDefined();
    expect(tokenOf(anew)).not.toBe(token);
    await device.answers(anew, LEAVES, { token: false });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503, 503], undefined, [200, 200]]);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['anew']);
  });

  test(`Package#1 by ${scheme} after a refused message is a restarted session for another process, too`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    const token = device.respToken;
    await device.answers(first, LEAVES, { credentials: false, token: false });
    bridge.kill();
    const anew = expectAnswer(await device.says([OF_CHALLENGE, ...PACKAGE_ONE], { token: false }));
    await bridge.drained();
    expect(tokenOf(anew)).not.toBe(token);
    // The refusal is not held against the commands: they come together again.
    await device.answers(anew, LEAVES, { token: false });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503, 503], undefined, [200, 200]]);
  });

  test(`Package#1 by ${scheme} without credentials of its own changes nothing after a refused message`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    await device.answers(first, LEAVES, { credentials: false, token: false });
    const before = await bridge.state();
    await device.says(PACKAGE_ONE, { token: false, credentials: false });
    expect(await bridge.state()).toEqual(before);
    await device.answers(first, LEAVES, { token: false });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });
});

describe('a device that starts again under its SessionID and is refused with MsgID 1', () => {
  test.each(AUTH_SCHEMES)(
    'Package#1 by %s in MsgID 2 opens a new session while the old one was far ahead',
    async (scheme) => {
      const { bridge, device, first } = await opened(scheme);
      for (let count = 0; count < 3; count += 1) await device.says([OF_CHALLENGE, alert(8, 1222)], { final: false });
      const token = device.respToken;
      device.respToken = undefined;
      await device.says(PACKAGE_ONE, { credentials: false, msgId: 1 });
      const anew = expectAnswer(await device.says(PACKAGE_ONE, { msgId: 2 }));
      await bridge.drained();
      expect(anew.statuses[1]).toBe('Alert 1 200');
      expect(tokenOf(anew)).not.toBe(token);
      expect(first.commands.length).toBeGreaterThan(0);
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503, 503], undefined]);
    },
  );

  test('an old Package#1 by Basic that comes late, without a refusal before it, gets HTTP 400', async () => {
    const { bridge, device } = await opened('basic');
    for (let count = 0; count < 3; count += 1) await device.says([OF_CHALLENGE, alert(8, 1222)], { final: false });
    const before = await bridge.state();
    await expect(device.says(PACKAGE_ONE, { msgId: 2, token: false })).rejects.toMatchObject({
      code: 'ERR_MSG_ID_ORDER',
    });
    expect(await bridge.state()).toEqual(before);
  });

  test('a refusal of another message does not make a late Package#1 a restart', async () => {
    const { bridge, device, first } = await opened('basic');
    for (let count = 0; count < 5; count += 1) await device.says([OF_CHALLENGE, alert(8, 1222)], { final: false });
    const before = await bridge.state();
    await device.answers(first, LEAVES, { credentials: false, token: false, msgId: 3 });
    await device.answers(first, LEAVES, { credentials: false, token: false, msgId: 2, sessionId: '9' });
    await expect(device.says(PACKAGE_ONE, { msgId: 3, token: false })).rejects.toMatchObject({
      code: 'ERR_MSG_ID_ORDER',
    });
    expect(await bridge.state()).toEqual(before);
  });
});

describe('messages that are no restart', () => {
  test('DevInfo in mid-session goes on with the session when nothing was refused', async () => {
    const { bridge, device, first } = await opened('basic');
    const token = device.respToken;
    const last = expectAnswer(await device.says([...reply(first, LEAVES), devInfo(20)], {}));
    expect(last.statuses).toContain('Replace 20 200');
    expect(tokenOf(last)).toBe(token);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });

  test('a device that sends Alert 1201 with every message and answers its commands goes on', async () => {
    const { bridge, device, first } = await opened('basic');
    const token = device.respToken;
    const last = expectAnswer(await device.says([...reply(first, LEAVES), alert(20, 1201), devInfo(21)], {}));
    expect(tokenOf(last)).toBe(token);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });

  test('Package#1 in several messages goes on after a refused one', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['basic'], script: everySession });
    const device = new AuthenticatedDevice(bridge, 'basic');
    await device.says([alert(1, 1201), note(2, 'first')], { final: false });
    await device.says([devInfo(1)], { credentials: false, token: false });
    const got = expectAnswer(await device.says([devInfo(1), note(2, 'second')], { token: false }));
    expect(got.statuses.slice(1)).toEqual(['Replace 1 200', 'Alert 2 200']);
    expect(bridge.packages()).toHaveLength(1);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['first', 'second']);
  });

  test('a stranger who is refused does not make the next message of the device a restart', async () => {
    const { bridge, device, first } = await opened('basic');
    const spy = new AuthenticatedDevice(bridge, 'basic', XML_FORM, BRUCE);
    await spy.says(PACKAGE_ONE, { msgId: 1, credentials: false });
    await device.answers(first, LEAVES);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });
});
