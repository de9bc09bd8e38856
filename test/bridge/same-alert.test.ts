/** An alert that comes again: the same alert only when the device has shown that it did not see the answer to it (ADR 23). */
import { describe, expect, test } from 'vitest';
import { macHeader } from '../e2e/http-credentials.ts';
import { type Answer, md5Cred, note, packageOne, readAnswer, syncml } from '../e2e/scripted-device.ts';
import { BRUCE, BridgeUnderTest, notesIn, tokenOf } from './bridge-under-test.ts';

const N0 = Buffer.from('the first nonce').toString('base64');

type Say = (
  bridge: BridgeUnderTest,
  sessionId: string,
  nonce: string | undefined,
  extra: readonly string[],
  msgId?: number,
) => Promise<Answer>;

const md5: Say = (bridge, sessionId, nonce, extra, msgId = 1) =>
  bridge.say(packageOne(BRUCE, { sessionId, msgId, cred: nonce === undefined ? '' : md5Cred(BRUCE, nonce) }, extra));

const hmac: Say = async (bridge, sessionId, nonce, extra, msgId = 1) => {
  const body = packageOne(BRUCE, { sessionId, msgId, cred: '' }, extra);
  const headers = nonce === undefined ? {} : { 'x-syncml-hmac': macHeader(BRUCE, nonce, body) };
  return readAnswer((await bridge.post(body, { headers })).body);
};

const SCHEMES: readonly (readonly [string, Say])[] = [
  ['md5', md5],
  ['hmac-md5', hmac],
];

function told(bridge: BridgeUnderTest): readonly unknown[] {
  return bridge.packages().flatMap(notesIn);
}

async function opened(scheme: string): Promise<BridgeUnderTest> {
  return await BridgeUnderTest.open({ accept: [scheme], clientNonce: N0 });
}

/** Comes with a nonce that does not count any more, and then with that of the challenge. */
async function challenged(
  say: Say,
  bridge: BridgeUnderTest,
  sessionId: string,
  nonce: string | undefined,
  extra: readonly string[],
) {
  const challenge = await say(bridge, sessionId, nonce, extra);
  expect(challenge.statuses[0]).toMatch(nonce === undefined ? / 407$/u : / 401$/u);
  return await say(bridge, sessionId, challenge.nextNonce, extra, 2);
}

describe.each(SCHEMES)('with %s', (scheme, say) => {
  test('an alert is the same when the device comes with the nonce from before the answer and must be challenged', async () => {
    const bridge = await opened(scheme);
    await say(bridge, '1', N0, [note(3, 'a')]);
    bridge.kill();
    const again = await challenged(say, bridge, '2', N0, [note(3, 'a'), note(4, 'b'), note(5, 'a')]);
    expect(again.statuses).toEqual(expect.arrayContaining(['Alert 3 200', 'Alert 4 200', 'Alert 5 200']));
    expect(told(bridge)).toEqual(['a', 'b', 'a']);
    expect(bridge.logs.filter((line) => line.includes('alert.repeated'))).toHaveLength(1);
  });

  test('an alert is the same for each answer that is lost', async () => {
    const bridge = await opened(scheme);
    const first = await say(bridge, '1', N0, [note(3, 'a')]);
    const challenge = await say(bridge, '2', N0, [note(3, 'a')]);
    const second = await say(bridge, '2', challenge.nextNonce, [note(3, 'a')], 2);
    await challenged(say, bridge, '3', challenge.nextNonce, [note(3, 'a')]);
    expect(first.nextNonce).not.toBe(second.nextNonce);
    expect(told(bridge)).toEqual(['a']);
  });

  test('an alert is the same for a device that does not keep the nonce of a challenge', async () => {
    const bridge = await opened(scheme);
    await say(bridge, '1', N0, [note(3, 'a')]);
    await challenged(say, bridge, '2', N0, [note(3, 'a')]);
    await challenged(say, bridge, '3', N0, [note(3, 'a')]);
    expect(told(bridge)).toEqual(['a']);
  });

  test('an equal alert is a new event when the device uses the nonce of the answer', async () => {
    const bridge = await opened(scheme);
    let nonce: string | undefined = N0;
    for (const sessionId of ['1', '2', '3']) nonce = (await say(bridge, sessionId, nonce, [note(3, 'a')])).nextNonce;
    expect(told(bridge)).toEqual(['a', 'a', 'a']);
  });

  test('an equal alert is a new event when the device comes without credentials and is challenged', async () => {
    const bridge = await opened(scheme);
    await say(bridge, '1', N0, [note(3, 'a')]);
    await challenged(say, bridge, '2', undefined, [note(3, 'a')]);
    expect(told(bridge)).toEqual(['a', 'a']);
  });

  test('an equal alert is a new event when the device comes with a nonce that is not from the bridge', async () => {
    const bridge = await opened(scheme);
    await say(bridge, '1', N0, [note(3, 'a')]);
    await challenged(say, bridge, '2', Buffer.from('other').toString('base64'), [note(3, 'a')]);
    expect(told(bridge)).toEqual(['a', 'a']);
  });

  test('an equal alert is a new event two sessions later', async () => {
    const bridge = await opened(scheme);
    await say(bridge, '1', N0, [note(3, 'a')]);
    await challenged(say, bridge, '2', N0, []);
    await challenged(say, bridge, '3', N0, [note(3, 'a')]);
    expect(told(bridge)).toEqual(['a', 'a']);
  });

  test('the same bytes are the same message for a minute after the session', async () => {
    const bridge = await opened(scheme);
    const first = await say(bridge, '1', N0, [note(3, 'a')]);
    expect(await say(bridge, '1', N0, [note(3, 'a')])).toEqual(first);
    expect(told(bridge)).toEqual(['a']);
  });
});

test('an alert is the same in a later message of Package#1, too', async () => {
  const bridge = await opened('md5');
  await md5(bridge, '1', N0, [note(3, 'a'), note(4, 'b')]);
  const { nextNonce = '' } = await md5(bridge, '2', N0, []);
  const cred = md5Cred(BRUCE, nextNonce);
  const first = await bridge.say(packageOne(BRUCE, { sessionId: '2', msgId: 2, cred }, [note(3, 'a')], false));
  await bridge.say(syncml({ sessionId: '2', msgId: 3 }, [note(1, 'b'), note(2, 'c')]), { token: tokenOf(first) });
  expect(told(bridge)).toEqual(['a', 'b', 'c']);
});

test('the fingerprints of an answer are forgotten when it has arrived', async () => {
  const bridge = await opened('md5');
  const { nextNonce } = await md5(bridge, '1', N0, [note(3, 'a')]);
  expect((await bridge.state()).record.unseenAnswer?.alerts).toHaveLength(1);
  await md5(bridge, '2', nextNonce, []);
  expect((await bridge.state()).record.unseenAnswer).toBeUndefined();
});

test.each(['basic', 'http-basic'])('with %s every message is a new event', async (scheme) => {
  const bridge = await BridgeUnderTest.open({ accept: [scheme] });
  const headers = { authorization: `Basic ${Buffer.from('bruce:OhBehave').toString('base64')}` };
  const header = scheme === 'basic' ? {} : { cred: '' };
  for (const sessionId of ['1', '2', '3']) {
    await bridge.post(packageOne(BRUCE, { ...header, sessionId }, [note(3, 'a')]), {
      headers: scheme === 'basic' ? {} : headers,
    });
  }
  expect(told(bridge)).toEqual(['a', 'a', 'a']);
});

test('an alert is the same once in all messages of a Package#1', async () => {
  const bridge = await opened('md5');
  await md5(bridge, '1', N0, [note(3, 'a')]);
  bridge.kill();
  const challenge = await md5(bridge, '2', N0, [note(3, 'a')]);
  const cred = md5Cred(BRUCE, challenge.nextNonce ?? '');
  const first = await bridge.say(packageOne(BRUCE, { sessionId: '2', msgId: 2, cred }, [note(3, 'a')], false));
  const next = md5Cred(BRUCE, first.nextNonce ?? '');
  await bridge.say(syncml({ sessionId: '2', msgId: 3, cred: next }, [note(3, 'a')]));
  expect(told(bridge)).toEqual(['a', 'a']);
});
