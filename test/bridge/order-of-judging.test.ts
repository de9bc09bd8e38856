/**
 * Credentials are judged before a message queues, so that no message without right ones waits, and again in its turn. A copy of
 * a message that is in work waits for its answer without being judged (ADR 24).
 */
import { describe, expect, test } from 'vitest';
import { AUTH_SCHEMES, type AuthScheme } from '../../src/dm1/auth-scheme.ts';
import { alert, devInfo, event, note, packageOne, readAnswer, reply } from '../e2e/scripted-device.ts';
import { WBXML_FORMS, XML_FORM } from '../support/transcript/wire-form.ts';
import { AuthenticatedDevice, expectAnswer, isChallenge, type Sent } from './authenticated-device.ts';
import {
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  later,
  noCommands,
  notesIn,
  settle,
  statusesIn,
} from './bridge-under-test.ts';

/** A promise whose end can be asked for. */
function watch<T>(promise: Promise<T>): { readonly promise: Promise<T>; isDone: boolean } {
  const watched = { promise, isDone: false };
  const done = () => {
    watched.isDone = true;
  };
  promise.then(done, done);
  return watched;
}

/** A session whose second message waits for a slow backend. */
async function inWork(scheme: AuthScheme, form = XML_FORM) {
  const slow = later();
  const bridge = await BridgeUnderTest.open({
    accept: [scheme],
    script: (_, count) => {
      if (count === 1) return commands(['GET', DEV_TYP]);
      return count === 2 ? slow.reply : noCommands();
    },
  });
  const device = new AuthenticatedDevice(bridge, scheme, form);
  const first = await device.begins();
  const answers = [...reply(first, LEAVES), note(9, 'once')];
  return { bridge, device, slow, first, answers };
}

describe.each(AUTH_SCHEMES)('while a message by %s is in work', (scheme) => {
  test(`messages without right credentials are answered at once beside a message by ${scheme}`, async () => {
    const { bridge, device, slow, answers } = await inWork(scheme);
    const working = watch(device.says(answers));
    await settle();
    expect(working.isDone).toBe(false);
    const spy = new AuthenticatedDevice(bridge, scheme);
    const refused: Sent[] = [
      await spy.says(answers, { credentials: false, msgId: 2 }),
      await spy.says([alert(1, 1201), devInfo(2)], { credentials: false, msgId: 1 }),
      await spy.says([note(1, 'x')], { credentials: false, sessionId: '7', msgId: 4 }),
    ];
    expect(refused.every(isChallenge)).toBe(true);
    expect(working.isDone).toBe(false);
    slow.arrive(noCommands());
    expect(expectAnswer(await working.promise).final).toBe(true);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['once']);
  });
});

describe.each(
  AUTH_SCHEMES.flatMap((scheme) =>
    [XML_FORM, ...WBXML_FORMS.slice(0, 1)].map((form) => [scheme, form.name, form] as const),
  ),
)('copies of a message by %s in %s', (scheme, _, form) => {
  test(`a copy of a message by ${scheme} that is in work waits for its answer`, async () => {
    const { bridge, device, slow, answers } = await inWork(scheme, form);
    const request = device.request(answers, { msgId: device.msgId + 1 });
    const [one, two] = [watch(device.repeats(request)), watch(device.repeats(request))];
    await settle();
    const three = watch(device.repeats({ ...request, remoteAddress: '203.0.113.5' }));
    await settle();
    expect([one.isDone, two.isDone, three.isDone]).toEqual([false, false, false]);
    slow.arrive(noCommands());
    const { got } = await one.promise;
    expect(expectAnswer(await one.promise).statuses[0]).toMatch(/^SyncHdr 0 2/u);
    expect((await two.promise).got).toEqual(got);
    expect((await three.promise).got).toEqual(got);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['once']);
  });

  test(`copies of a Package#1 by ${scheme} are one session`, async () => {
    const { bridge, device, slow, answers } = await inWork(scheme, form);
    await device.says(answers.slice(0, 1), { final: false });
    device.respToken = undefined;
    slow.arrive(noCommands());
    const request = device.request([alert(1, 1201), devInfo(2)], { sessionId: '2', msgId: 1 });
    const all = await Promise.all([1, 2, 3].map(() => device.repeats(request)));
    expect(new Set(all.map(({ text }) => text)).size).toBe(1);
    expect(expectAnswer(all[0] as Sent).statuses[1]).toBe('Alert 1 200');
    await bridge.drained();
    expect(bridge.packages()).toHaveLength(3);
  });
});

describe.each(['basic', 'md5', 'sha256'] as const)('a copy of a message in work in a session by %s', (scheme) => {
  test(`a copy without Cred and without the token is challenged at once in a session by ${scheme}`, async () => {
    const { bridge, device, slow, answers } = await inWork(scheme);
    const request = device.request(answers, { msgId: device.msgId + 1, credentials: false });
    const working = watch(device.repeats(request));
    await settle();
    const { token: _, ...elsewhere } = request;
    expect(isChallenge(await device.repeats(elsewhere))).toBe(true);
    const copy = watch(device.repeats(request));
    await settle();
    expect([working.isDone, copy.isDone]).toEqual([false, false]);
    slow.arrive(noCommands());
    expect((await copy.promise).got).toEqual((await working.promise).got);
    expect(bridge.packages()).toHaveLength(2);
  });
});

describe.each(['http-basic', 'http-digest', 'tls'] as const)(
  'a copy of a message in work in a session by %s',
  (scheme) => {
    test(`a copy that does not prove the device again is challenged at once in a session by ${scheme}`, async () => {
      const { device, slow, answers } = await inWork(scheme);
      const request = device.request(answers, { msgId: device.msgId + 1 });
      const working = watch(device.repeats(request));
      await settle();
      const { certificate: _c, token: _t, ...bare } = request;
      expect(isChallenge(await device.repeats({ ...bare, headers: {} }))).toBe(true);
      expect(working.isDone).toBe(false);
      slow.arrive(noCommands());
      await working.promise;
    });
  },
);

describe.each(['md5', 'sha256', 'hmac-md5', 'hmac-sha256'] as const)(
  'a message by %s outside any session',
  (scheme) => {
    test.each([
      ['a sessionless report', event(1, [{ type: 'x', format: 'chr', data: 'once' }], { code: 1230 })],
      ['an alert', note(1, 'once')],
    ])(`a copy of %s by ${scheme} that is being stored waits for its answer`, async (_, command) => {
      const bridge = await BridgeUnderTest.open({ accept: [scheme] });
      const device = new AuthenticatedDevice(bridge, scheme);
      await device.says([command], { credentials: false, sessionId: '7', msgId: 4 });
      const request = device.request([command], { sessionId: '7', msgId: 5 });
      const go = bridge.blockStore();
      const one = watch(device.repeats(request));
      await settle();
      const two = watch(device.repeats(request));
      await settle();
      expect([one.isDone, two.isDone]).toEqual([false, false]);
      go();
      const { got } = await one.promise;
      expect(expectAnswer(await one.promise).statuses).toEqual(['SyncHdr 0 200', 'Alert 1 200']);
      expect((await two.promise).got).toEqual(got);
      expect((await bridge.state()).outbox).toHaveLength(1);
    });
  },
);

test('a copy of a message that waits for its turn waits with it, although its nonce was used meanwhile', async () => {
  const slow = later();
  const bridge = await BridgeUnderTest.open({ accept: ['md5'], script: () => slow.reply });
  const device = new AuthenticatedDevice(bridge, 'md5');
  const packageOneOf = (sessionId: string) => device.request([alert(1, 1201), devInfo(2)], { sessionId, msgId: 1 });
  await device.says([alert(1, 1201), devInfo(2)], { credentials: false });
  // Both come in one moment, when the nonce still counts for each; the first one uses it up.
  const [one, two] = ['2', '3'].map((sessionId) => watch(device.repeats(packageOneOf(sessionId))));
  await settle();
  const copy = watch(device.repeats(packageOneOf('3')));
  await settle();
  expect([one?.isDone, two?.isDone, copy.isDone]).toEqual([false, false, false]);
  slow.arrive(noCommands());
  const statuses = [await one?.promise, await two?.promise, await copy.promise].map(
    (sent) => sent?.answer?.statuses[0],
  );
  expect(statuses).toEqual(['SyncHdr 0 200', 'SyncHdr 0 401', 'SyncHdr 0 401']);
});

describe('the second verdict', () => {
  test('two messages with one nonce: the first one that has its turn is accepted', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['md5'] });
    const device = new AuthenticatedDevice(bridge, 'md5');
    await device.says([alert(1, 1201), devInfo(2)], { credentials: false });
    const go = bridge.blockStore();
    const requests = ['2', '3', '4'].map((sessionId) =>
      device.request([alert(1, 1201), devInfo(2)], { sessionId, msgId: 1 }),
    );
    // All of them come in one moment, when the nonce still counts for each.
    const all = requests.map((request) => device.repeats(request));
    await settle();
    go();
    const statuses = (await Promise.all(all)).map((sent) => expectAnswer(sent).statuses[0]);
    expect(statuses).toEqual(['SyncHdr 0 200', 'SyncHdr 0 401', 'SyncHdr 0 401']);
    expect(bridge.packages()).toHaveLength(1);
  });

  test('a message that was accepted before it queued is judged by the state that its turn finds', async () => {
    const slow = later();
    const bridge = await BridgeUnderTest.open({ script: (_, count) => (count === 1 ? slow.reply : noCommands()) });
    const first = watch(bridge.post(packageOne(BRUCE)));
    await settle();
    const second = watch(bridge.post(packageOne(BRUCE, { sessionId: '2' })));
    await settle();
    expect([first.isDone, second.isDone]).toEqual([false, false]);
    slow.arrive(noCommands());
    expect(readAnswer((await first.promise).body).statuses[0]).toBe('SyncHdr 0 200');
    expect(readAnswer((await second.promise).body).statuses[0]).toBe('SyncHdr 0 200');
    expect((await bridge.state()).session?.south.sessionId).toBe('2');
  });

  test('a message that comes again after its first copy failed is handled itself', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['md5'] });
    const device = new AuthenticatedDevice(bridge, 'md5');
    await device.says([alert(1, 1201), devInfo(2)], { credentials: false });
    bridge.breakStore(true);
    const request = device.request([alert(1, 1201), devInfo(2)], { msgId: 2 });
    const both = [device.repeats(request), device.repeats(request)].map((each) =>
      each.catch((error: unknown) => error),
    );
    expect((await Promise.all(both)).every((each) => each instanceof Error)).toBe(true);
    bridge.breakStore(false);
    expect(expectAnswer(await device.repeats(request)).statuses[0]).toBe('SyncHdr 0 200');
  });
});

test('the device is loaded once for a message that does not wait', async () => {
  const bridge = await BridgeUnderTest.open({
    script: (_, count) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands()),
  });
  const device = new AuthenticatedDevice(bridge, 'basic');
  const first = await device.begins();
  await bridge.drained();
  const before = bridge.loads;
  await device.answers(first, LEAVES);
  await bridge.drained();
  expect(bridge.loads - before).toBe(1);
  await bridge.post(packageOne(BRUCE, { cred: '', sessionId: '9' }));
  expect(bridge.loads - before).toBe(2);
});
