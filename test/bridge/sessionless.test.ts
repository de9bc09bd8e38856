/** Sessionless reports: kept like Generic Alerts, beside whatever session there is (DM-1.3 §6.9; design: alerts in). */
import { describe, expect, it } from 'vitest';
import { alert, basicCred, event, packageOne, reply, syncml } from '../e2e/scripted-device.ts';
import { AUSTIN, BRUCE, commands, DEV_TYP, LEAVES, noCommands, notesIn, Scene, statusesIn, tokenOf } from './scene.ts';

const DAY = 24 * 3600 * 1000;
const told = (scene: Scene) => scene.packages().flatMap(notesIn);

function report(cmdId: number, data: string): string {
  return event(cmdId, [{ type: 'com.example.note', format: 'chr', data }], { code: 1230 });
}

function message(reports: readonly string[], header: { msgId?: number; cred?: string } = {}): string {
  return syncml({ sessionId: '9', cred: basicCred(BRUCE), ...header }, reports);
}

describe('a message of sessionless reports', () => {
  it.each([1, 7])(
    'opens no session, whatever its MsgID (%i), and its alerts leave with the next one',
    async (msgId) => {
      const scene = await Scene.open();
      const got = await scene.say(message([report(1, 'a'), report(2, 'b')], { msgId }));
      expect(got.statuses).toEqual(['SyncHdr 0 212', 'Alert 1 200', 'Alert 2 200']);
      expect(got.final).toBe(true);
      expect(scene.packages()).toEqual([]);
      expect((await scene.state()).session).toBeUndefined();
      await scene.say(packageOne(BRUCE));
      expect(told(scene)).toEqual(['a', 'b']);
    },
  );

  it('leaves an open session and its stored answer alone', async () => {
    const script = (_: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
    const scene = await Scene.open({ script });
    const opening = packageOne(BRUCE);
    const first = await scene.post(opening);
    await scene.say(message([report(1, 'beside')]));
    expect(await scene.post(opening)).toEqual(first);
    const answer = await scene.say(packageOne(BRUCE));
    await scene.say(syncml({ msgId: 2 }, reply(answer, LEAVES)), { token: tokenOf(answer) });
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(told(scene)).toEqual(['beside']);
  });

  it('that comes again within a day gets the same answer and is kept once', async () => {
    const scene = await Scene.open();
    const first = await scene.post(message([report(1, 'a')]));
    scene.kill();
    expect(await scene.post(message([report(1, 'a')]))).toEqual(first);
    expect((await scene.state()).outbox).toHaveLength(1);
    scene.clock.advance(DAY);
    await scene.post(message([report(1, 'a')]));
    expect((await scene.state()).outbox).toHaveLength(2);
  });

  it.each<[string, string | undefined, string]>([
    ['no credentials', '', '407'],
    ['credentials of another device', basicCred(AUSTIN), '401'],
  ])('with %s is challenged and leaves nothing behind', async (_, cred, code) => {
    const scene = await Scene.open();
    const before = await scene.state();
    const got = await scene.say(message([report(1, 'a')], { cred: cred ?? '' }));
    expect(got.statuses).toEqual([`SyncHdr 0 ${code}`, `Alert 1 ${code}`]);
    expect(await scene.state()).toEqual(before);
  });

  it('is a Package#1 all the same when it has a session alert', async () => {
    const scene = await Scene.open();
    await scene.say(packageOne(BRUCE, {}, [report(5, 'in session')]));
    expect(told(scene)).toEqual(['in session']);
    await scene.say(message([alert(1, 1201), report(2, 'again')]));
    expect(told(scene)).toEqual(['in session', 'again']);
  });
});
