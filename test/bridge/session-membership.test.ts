/** A message belongs to a session by the token of RespURI or by credentials of its own (ADR 24), whatever the scheme. */
import { describe, expect, test } from 'vitest';
import { AUTH_SCHEMES, type AuthScheme } from '../../src/dm1/auth-scheme.ts';
import { note, reply, status } from '../e2e/scripted-device.ts';
import { WBXML_FORMS, type WireForm, XML_FORM } from '../support/transcript/wire-form.ts';
import { AuthenticatedDevice, CRED_SCHEMES, expectAnswer, isChallenge } from './authenticated-device.ts';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  LEAVES,
  noCommands,
  notesIn,
  statusesIn,
} from './bridge-under-test.ts';

const FORMS = [XML_FORM, ...WBXML_FORMS.slice(0, 1)];
const EVERY = AUTH_SCHEMES.flatMap((scheme) => FORMS.map((form) => [scheme, form.name, form] as const));
const getTwice = (_: unknown, count: number) =>
  count === 1 ? commands(['GET', DEV_TYP], ['GET', FW_V]) : noCommands();

/** A session that waits for the device's results. */
async function opened(scheme: AuthScheme, form: WireForm = XML_FORM) {
  const bridge = await BridgeUnderTest.open({ accept: [scheme], script: getTwice });
  const device = new AuthenticatedDevice(bridge, scheme, form);
  const first = await device.begins();
  return { bridge, device, first };
}

/** Somebody who knows DevId and SessionID, and counts MsgIDs. */
function stranger(device: AuthenticatedDevice, form: WireForm = XML_FORM): AuthenticatedDevice {
  const other = new AuthenticatedDevice(device.bridge, device.scheme, form);
  other.msgId = device.msgId;
  return other;
}

describe.each(EVERY)('a session by %s in %s', (scheme, _, form) => {
  test(`a message without token and credentials is challenged, and the session by ${scheme} is untouched`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    const before = await bridge.state();
    const spy = stranger(device, form);
    const forged = await spy.says([...reply(first, LEAVES), note(9, 'forged')], {
      credentials: false,
      from: '203.0.113.5',
    });
    expect(isChallenge(forged)).toBe(true);
    expect(expectAnswer(forged).statuses[0]).toBe('SyncHdr 0 407');
    expect(forged.text).not.toContain(device.respToken);
    expect(await bridge.state()).toEqual(before);
    await device.answers(first, LEAVES);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
    expect(bridge.packages().flatMap(notesIn)).toEqual([]);
  });

  test(`a stranger gets the same answer for a device with a session by ${scheme} as for one without`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    const sent = [...reply(first, LEAVES), note(9, 'forged')];
    const shape = async (account: typeof BRUCE) => {
      const spy = new AuthenticatedDevice(bridge, scheme, form, account);
      const { got, text } = await spy.says(sent, { credentials: false, msgId: device.msgId + 1 });
      const challenges = got.httpChallenges?.map((each) => each.replace(/nonce="[^"]*"/u, ''));
      const body = text.replaceAll(account.devId, 'DEV').replace(/<NextNonce.*?<\/NextNonce>/u, '');
      return { status: got.status, challenges, body };
    };
    const withSession = await shape(BRUCE);
    expect(await shape(AUSTIN)).toEqual(withSession);
    expect(await shape({ ...AUSTIN, devId: 'IMEI:404' })).toEqual(withSession);
  });

  test(`a device that ignores RespURI and shows ${scheme} credentials with each message completes its session`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    const last = expectAnswer(await device.answers(first, LEAVES, { token: false }));
    expect(last).toMatchObject({ commands: [], final: true });
    expect(last.statuses[0]).toBe('SyncHdr 0 200');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
    expect((await bridge.state()).record.facts.usesRespUri).toBe(false);
  });

  test(`a device that uses RespURI with ${scheme} completes its session`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    await device.answers(first, LEAVES, { credentials: !CRED_SCHEMES.includes(scheme) });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
    expect((await bridge.state()).record.facts.usesRespUri).toBe(true);
  });

  test(`wrong ${scheme} credentials without the token get a challenge, and the session is untouched`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    const before = await bridge.state();
    const spy = stranger(device, form);
    spy.nonce = device.nonce;
    const wrong = new AuthenticatedDevice(bridge, scheme, form, { ...AUSTIN, devId: BRUCE.devId });
    wrong.nonce = device.nonce;
    const request = wrong.request(reply(first, LEAVES), { msgId: device.msgId + 1 });
    const certificate = { subjectCN: [AUSTIN.devId], sanUri: [], sanDns: [] };
    const refused = await wrong.repeats(scheme === 'tls' ? { ...request, certificate } : request);
    expect(isChallenge(refused)).toBe(true);
    expect(expectAnswer(refused).statuses[0]).toBe('SyncHdr 0 401');
    expect(await bridge.state()).toEqual(before);
  });

  test(`a retransmission by ${scheme} gets its stored answer, and a copy without its proof does not`, async () => {
    const { bridge, device, first } = await opened(scheme, form);
    const bare = device.request(reply(first, LEAVES), { credentials: false, msgId: 99 });
    const second = await device.answers(first, LEAVES);
    const before = await bridge.state();
    const again = await device.repeats(second.request);
    expect(again.got).toEqual(second.got);
    expect(await bridge.state()).toEqual(before);
    // Whoever has seen neither the token nor the credentials does not have these bytes.
    const { authorization: _a, ...headers } = second.request.headers;
    const { token: _t, certificate: _c, target: _u, ...copied } = second.request;
    const stolen = { ...copied, headers, target: '/dm', below: '', remoteAddress: '203.0.113.5' };
    const isInBytes = CRED_SCHEMES.includes(scheme) || scheme.startsWith('hmac');
    const got = await device.repeats(stolen);
    if (isInBytes) expect(got.got).toEqual(second.got);
    else expect(isChallenge(got)).toBe(true);
    expect(isChallenge(await device.repeats({ ...bare, token: undefined, target: '/dm', below: '' }))).toBe(true);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });
});

describe.each(CRED_SCHEMES)('the stored answer of a session by %s', (scheme) => {
  test(`the stored answer to a message without Cred goes to the token only in a session by ${scheme}`, async () => {
    const { bridge, device, first } = await opened(scheme);
    const second = await device.answers(first, LEAVES, { credentials: false });
    const { token, ...withoutToken } = second.request;
    expect((await device.repeats(second.request)).got).toEqual(second.got);
    for (const elsewhere of [withoutToken, { ...withoutToken, token: token?.slice(0, 21) ?? '' }]) {
      const refused = await device.repeats({ ...elsewhere, remoteAddress: '203.0.113.5' });
      expect(isChallenge(refused)).toBe(true);
      expect(refused.text).not.toContain(token);
    }
    bridge.kill();
    expect(isChallenge(await device.repeats(withoutToken))).toBe(true);
    expect((await device.repeats(second.request)).got).toEqual(second.got);
  });

  test(`bytes with a Cred that did not count do not get the stored answer without the token in a session by ${scheme}`, async () => {
    const { device, first } = await opened(scheme);
    const how = scheme === 'basic' ? { credentials: false } : { nonce: 'b2xkZXI=' };
    const second = await device.answers(first, LEAVES, how);
    expect(expectAnswer(second).statuses[0]).toBe('SyncHdr 0 212');
    const { token: _, ...withoutToken } = second.request;
    expect(isChallenge(await device.repeats(withoutToken))).toBe(true);
  });
});

describe.each(['md5', 'sha256', 'hmac-md5', 'hmac-sha256'] as const)('an old nonce in a session by %s', (scheme) => {
  test(`a message with a ${scheme} nonce that was used counts as wrong without the token`, async () => {
    const { bridge, device, first } = await opened(scheme);
    const { usedNonce = '' } = (await bridge.state()).record;
    const before = await bridge.state();
    const refused = await device.answers(first, LEAVES, { token: false, nonce: usedNonce });
    expect(isChallenge(refused)).toBe(true);
    expect(expectAnswer(refused).statuses[0]).toBe('SyncHdr 0 401');
    expect(await bridge.state()).toEqual(before);
    // The challenge has a nonce that counts, and the results are expected again.
    const again = await device.answers(first, LEAVES, { token: false });
    expect(expectAnswer(again).statuses[0]).toBe('SyncHdr 0 200');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });
});

describe('RespURI', () => {
  const cut = (token: string | undefined) => token?.slice(0, 10);
  const other = () => 'A'.repeat(22);

  test.each([
    ['missing', () => undefined],
    ['cut', cut],
    ['of another session', other],
  ])('a token that is %s counts as none', async (_, change) => {
    const { bridge, device, first } = await opened('basic');
    device.respToken = change(device.respToken);
    const refused = await device.answers(first, LEAVES, { credentials: false });
    expect(isChallenge(refused)).toBe(true);
    const accepted = await device.answers(first, LEAVES);
    expect(expectAnswer(accepted).statuses[0]).toBe('SyncHdr 0 200');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });

  test('a device that has used RespURI may go on without it when it shows its credentials', async () => {
    const { bridge, device, first } = await opened('basic');
    await device.says([status(1, { msgRef: 1, cmdRef: 0, cmd: 'SyncHdr' }, 200)], { final: false });
    const refused = await device.answers(first, LEAVES, { token: false, credentials: false });
    expect(expectAnswer(refused).statuses[0]).toBe('SyncHdr 0 407');
    const last = await device.answers(first, LEAVES, { token: false });
    expect(expectAnswer(last).statuses[0]).toBe('SyncHdr 0 200');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });

  test('the RespURI of an old session opens no session, and its token is not in the answer', async () => {
    const { bridge, device } = await opened('basic');
    const empty = '<Cred><Meta><Type xmlns="syncml:metinf"></Type></Meta><Data></Data></Cred>';
    const request = device.request([note(1, 'x')], { credentials: false, sessionId: '2', msgId: 1 });
    const body = Buffer.from(request.body).toString().replace('</Source>', `</Source>${empty}`);
    const refused = await device.repeats({ ...request, body: Buffer.from(body) });
    expect(isChallenge(refused)).toBe(true);
    expect(expectAnswer(refused).statuses[0]).toBe('SyncHdr 0 401');
    expect(bridge.packages()).toHaveLength(1);
  });
});
