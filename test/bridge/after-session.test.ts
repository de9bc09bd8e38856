/** Messages with nothing but Statuses that come within a minute after their session. */
import { describe, expect, test } from 'vitest';
import { AUTH_SCHEMES, type AuthScheme } from '../../src/dm1/auth-scheme.ts';
import { alert, basicCred, note, status, syncml } from '../e2e/scripted-device.ts';
import { WBXML_FORMS, XML_FORM } from '../support/transcript/wire-form.ts';
import { AuthenticatedDevice, expectAnswer, isChallenge } from './authenticated-device.ts';
import { BRUCE, BridgeUnderTest, commands, noCommands, statusesIn, tokenOf, UPDATE } from './bridge-under-test.ts';

const THANKS = [status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200)];
const MINUTE = 60_000;

/** A session that the first answer has ended. */
async function ended(scheme: AuthScheme = 'basic', form = XML_FORM) {
  const bridge = await BridgeUnderTest.open({ accept: [scheme] });
  const device = new AuthenticatedDevice(bridge, scheme, form);
  const last = await device.begins();
  expect(last).toMatchObject({ commands: [], final: true });
  return { bridge, device };
}

describe.each([XML_FORM, ...WBXML_FORMS.slice(0, 1)])('in $name', (form) => {
  test.each(AUTH_SCHEMES)(
    `Statuses after a session by %s get Status for SyncHdr and Final (${form.name})`,
    async (scheme) => {
      const { bridge, device } = await ended(scheme, form);
      const sent = await device.says(THANKS);
      const answer = expectAnswer(sent);
      expect(answer).toMatchObject({ commands: [], final: true, msgId: device.msgId });
      expect(answer.statuses).toHaveLength(1);
      expect(answer.statuses[0]).toMatch(/^SyncHdr 0 2/u);
      expect(tokenOf(answer)).toBe(device.respToken);
      expect((await device.repeats(sent.request)).got).toEqual(sent.got);
      expect(bridge.packages()).toHaveLength(1);
    },
  );
});

describe('Statuses after a session', () => {
  test.each(AUTH_SCHEMES)('the token alone is enough for the answer after a session by %s', async (scheme) => {
    const { device } = await ended(scheme);
    const answer = expectAnswer(await device.says(THANKS, { credentials: false }));
    expect(answer.statuses[0]).toMatch(/^SyncHdr 0 2/u);
    expect(answer.final).toBe(true);
  });

  test.each(AUTH_SCHEMES)('credentials alone are enough for the answer after a session by %s', async (scheme) => {
    const { device } = await ended(scheme);
    expect(expectAnswer(await device.says(THANKS, { token: false })).statuses).toEqual(['SyncHdr 0 200']);
  });

  test('a stranger gets the same answer after a session as before it', async () => {
    const { bridge, device } = await ended();
    const before = await bridge.state();
    const refused = await device.says(THANKS, { token: false, credentials: false });
    expect(isChallenge(refused)).toBe(true);
    expect(refused.text).not.toContain(device.respToken);
    expect(await bridge.state()).toEqual(before);
    const spy = new AuthenticatedDevice(bridge, 'basic', XML_FORM, { ...BRUCE, devId: 'IMEI:404' });
    const unknown = await spy.says(THANKS, { credentials: false, msgId: device.msgId });
    expect(unknown.text.replaceAll('IMEI:404', BRUCE.devId)).toBe(refused.text);
  });

  test('several messages in a row are answered, each with the next MsgID', async () => {
    const { device } = await ended();
    for (const msgId of [2, 3, 4]) {
      const answer = expectAnswer(await device.says(THANKS));
      expect(answer).toMatchObject({ msgId, statuses: ['SyncHdr 0 212'] });
    }
  });

  test('a message whose MsgID does not follow belongs to no session', async () => {
    const { device } = await ended();
    const answer = expectAnswer(await device.says(THANKS, { msgId: 3 }));
    expect(answer.commands.map(({ node }) => node.children.at(-1)?.text)).toEqual(['1223']);
  });

  test('a minute after the session the message belongs to no session', async () => {
    const { bridge, device } = await ended();
    const request = device.request(THANKS, { credentials: false, msgId: 2 });
    await bridge.clock.advance(MINUTE - 1);
    expect((await device.repeats(request)).answer?.statuses).toEqual(['SyncHdr 0 212']);
    const next = device.request(THANKS, { credentials: false, msgId: 3 });
    await bridge.clock.advance(1);
    expect((await device.repeats(next)).answer?.statuses).toEqual(['SyncHdr 0 407']);
  });

  test('a message with more than Statuses is challenged after its session, also with the token', async () => {
    const { bridge, device } = await ended();
    for (const more of [alert(2, 1222), note(2, 'n')]) {
      const refused = await device.says([...THANKS, more], { credentials: false });
      expect(isChallenge(refused)).toBe(true);
    }
    expect(bridge.packages()).toHaveLength(1);
  });

  test('wrong credentials are refused after a session, also with the token', async () => {
    const { device } = await ended();
    const refused = await device.says(THANKS, { password: 'wrong' });
    expect(expectAnswer(refused).statuses[0]).toBe('SyncHdr 0 401');
  });

  test('a Status for the Alert 1223 of the bridge is answered after a restart, too', async () => {
    const bridge = await BridgeUnderTest.open({
      script: (_, count) => (count === 1 ? commands(['EXEC', UPDATE]) : noCommands()),
    });
    const device = new AuthenticatedDevice(bridge, 'basic');
    const first = await device.begins();
    await device.says([...THANKS, alert(2, 1223)], {});
    bridge.kill();
    const answer = expectAnswer(await device.says(THANKS, { credentials: false }));
    expect(answer).toMatchObject({ statuses: ['SyncHdr 0 200'], commands: [], final: true });
    await bridge.drained();
    expect(first.commands.map(({ name }) => name)).toEqual(['Exec']);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [503]]);
  });
});

describe('Statuses for the Alert 1223 of a message outside any session', () => {
  const header = { sessionId: '55', cred: basicCred(BRUCE) };
  const thanks = (cred: string) => syncml({ ...header, msgId: 5, cred }, THANKS);

  test('Statuses for Alert 1223 outside a session get Status for SyncHdr and Final with credentials only', async () => {
    const bridge = await BridgeUnderTest.open();
    const outside = await bridge.say(syncml({ ...header, msgId: 4 }, [note(2, 'outside')]));
    expect(outside.commands.map(({ node }) => node.children.at(-1)?.text)).toEqual(['1223']);
    expect((await bridge.say(thanks(''))).statuses).toEqual(['SyncHdr 0 407']);
    const got = await bridge.post(thanks(header.cred));
    expect(await bridge.post(thanks(header.cred))).toEqual(got);
    const answer = await bridge.say(thanks(header.cred));
    expect(answer).toMatchObject({ statuses: ['SyncHdr 0 200'], commands: [], final: true, msgId: 5 });
    await bridge.clock.advance(MINUTE);
    const late = syncml({ ...header, msgId: 6 }, THANKS);
    expect((await bridge.say(late)).commands).toHaveLength(1);
  });
});
