/** Sessionless reports: stored like Generic Alerts, beside any session (DM-1.3 §6.9). */
import { describe, expect, test } from 'vitest';
import { alert, basicCred, event, packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import {
  AUSTIN,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  LEAVES,
  noCommands,
  notesIn,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';

const MINUTE = 60_000;
const deliveredNotes = (bridge: BridgeUnderTest) => bridge.packages().flatMap(notesIn);

function report(cmdId: number, data: string): string {
  return event(cmdId, [{ type: 'com.example.note', format: 'chr', data }], { code: 1230 });
}

function message(reports: readonly string[], header: { msgId?: number; cred?: string } = {}): string {
  return syncml({ sessionId: '9', cred: basicCred(BRUCE), ...header }, reports);
}

describe('a message of sessionless reports', () => {
  test.each([1, 7])(
    'a sessionless report with MsgID %i opens no session, and its alerts leave with the next session',
    async (msgId) => {
      const bridge = await BridgeUnderTest.open();
      const got = await bridge.say(message([report(1, 'a'), report(2, 'b')], { msgId }));
      expect(got.statuses).toEqual(['SyncHdr 0 200', 'Alert 1 200', 'Alert 2 200']);
      expect(got.final).toBe(true);
      expect(bridge.packages()).toEqual([]);
      expect((await bridge.state()).session).toBeUndefined();
      await bridge.say(packageOne(BRUCE));
      expect(deliveredNotes(bridge)).toEqual(['a', 'b']);
    },
  );

  test('a sessionless report leaves an open session and its stored answer unchanged', async () => {
    const script = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
    const bridge = await BridgeUnderTest.open({ script });
    const opening = packageOne(BRUCE);
    const first = await bridge.post(opening);
    await bridge.say(message([report(1, 'beside')]));
    expect(await bridge.post(opening)).toEqual(first);
    const answer = await bridge.say(packageOne(BRUCE));
    await bridge.say(syncml({ msgId: 2 }, reply(answer, LEAVES)), { token: tokenOf(answer) });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(deliveredNotes(bridge)).toEqual(['beside']);
  });

  test('a sessionless report that comes again within a minute gets the same answer and is stored once', async () => {
    const bridge = await BridgeUnderTest.open();
    const first = await bridge.post(message([report(1, 'a')]));
    bridge.kill();
    await bridge.clock.advance(MINUTE - 1);
    expect(await bridge.post(message([report(1, 'a')]))).toEqual(first);
    expect((await bridge.state()).outbox).toHaveLength(1);
    await bridge.clock.advance(1);
    await bridge.post(message([report(1, 'a')]));
    expect((await bridge.state()).outbox).toHaveLength(2);
  });

  test('the last fifty reports of a device are recognized, and older ones are accepted again', async () => {
    const bridge = await BridgeUnderTest.open();
    const answers: unknown[] = [];
    for (let at = 0; at <= 50; at += 1) answers.push(await bridge.post(message([report(1, `${at}`)])));
    expect(await bridge.post(message([report(1, '1')]))).toEqual(answers[1]);
    expect((await bridge.state()).outbox).toHaveLength(51);
    await bridge.post(message([report(1, '0')]));
    expect((await bridge.state()).outbox).toHaveLength(52);
  });

  test.each<[string, string | undefined, string]>([
    ['no credentials', '', '407'],
    ['credentials of another device', basicCred(AUSTIN), '401'],
  ])('a sessionless report with %s is challenged and changes nothing', async (_, cred, code) => {
    const bridge = await BridgeUnderTest.open();
    const before = await bridge.state();
    const got = await bridge.say(message([report(1, 'a')], { cred: cred ?? '' }));
    expect(got.statuses).toEqual([`SyncHdr 0 ${code}`, `Alert 1 ${code}`]);
    expect(await bridge.state()).toEqual(before);
  });

  test('a report with a session alert is a Package#1', async () => {
    const bridge = await BridgeUnderTest.open();
    await bridge.say(packageOne(BRUCE, {}, [report(5, 'in session')]));
    expect(deliveredNotes(bridge)).toEqual(['in session']);
    await bridge.say(message([alert(1, 1201), report(2, 'again')]));
    expect(deliveredNotes(bridge)).toEqual(['in session', 'again']);
  });
});
