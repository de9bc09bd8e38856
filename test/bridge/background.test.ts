/** What happens without a device's message: sessions that time out, reports that go elsewhere (design: EXEC, idle). */
import { describe, expect, it } from 'vitest';
import { alert, event, note, packageOne, reply, status, syncml, textAt } from '../e2e/scripted-device.ts';
import {
  AUSTIN,
  BRUCE,
  commands,
  DEV_TYP,
  LEAVES,
  later,
  noCommands,
  notesIn,
  replied,
  Scene,
  type Script,
  SRV_URI,
  settle,
  statusesIn,
  tokenOf,
  UPDATE,
} from './scene.ts';

const TIMEOUT = 900_000;
const REPORTS = 'http://backend.example.com/reports';
const execOnce: Script = (_, count) => (count === 1 ? commands(['EXEC', UPDATE, REPORTS]) : noCommands());
const getOnce: Script = (_, count) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());

/** A turn of the background task, until nothing is under way. */
async function turn(scene: Scene): Promise<void> {
  await scene.background();
  await scene.drained();
}

describe('a session without messages', () => {
  it('is closed after sessionTimeout, not before; what is outstanding becomes 503', async () => {
    const scene = await Scene.open({ script: getOnce });
    await scene.say(packageOne(BRUCE));
    await scene.clock.advance(TIMEOUT);
    await turn(scene);
    expect(scene.packages()).toHaveLength(1);
    await scene.clock.advance(1);
    await turn(scene);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [503]]);
    const { session } = await scene.state();
    expect(session).toMatchObject({ closedAt: expect.any(Number), north: { phase: 'ended' } });
    await turn(scene);
    expect(scene.packages()).toHaveLength(2);
  });

  it('counts from the last message', async () => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE));
    await scene.clock.advance(TIMEOUT);
    await scene.say(syncml({ msgId: 2 }, [alert(1, 1222)], false), { token: tokenOf(first) });
    await scene.clock.advance(TIMEOUT);
    await turn(scene);
    expect((await scene.state()).session?.closedAt).toBeUndefined();
  });

  it('is closed by the bridge that comes after one that was killed', async () => {
    const scene = await Scene.open({ store: 'sqlite', script: getOnce });
    await scene.say(packageOne(BRUCE));
    scene.kill();
    await scene.clock.advance(TIMEOUT + 1);
    await turn(scene);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [503]]);
  });

  it('takes up a repository GET that a killed bridge left, before it is told that the device is gone', async () => {
    const list = commands(['HGET', 'http://backend.example.com/n', 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/N']);
    const scene = await Scene.open({ script: ({ purpose }) => (purpose === 'repository' ? later().reply : list) });
    void scene.post(packageOne(BRUCE));
    await settle();
    scene.kill();
    scene.script = ({ purpose }) => (purpose === 'repository' ? replied('x') : noCommands());
    await scene.clock.advance(TIMEOUT + 1);
    await turn(scene);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [503]]);
  });

  it('gives its old answers to nobody: a device that always begins alike begins a session', async () => {
    const scene = await Scene.open({ script: getOnce });
    const message = packageOne(BRUCE);
    const first = await scene.post(message);
    await scene.clock.advance(TIMEOUT + 1);
    await turn(scene);
    const again = await scene.post(message);
    expect(again.body).not.toBe(first.body);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [503], undefined]);
  });

  it('whose end cannot be stored does not keep others from ending, and ends in the next round', async () => {
    const scene = await Scene.open({ script: () => commands(['GET', DEV_TYP]) });
    await scene.say(packageOne(BRUCE));
    await scene.say(packageOne(AUSTIN));
    await scene.clock.advance(TIMEOUT + 1);
    scene.breakStore(BRUCE.devId);
    await turn(scene);
    const isClosed = async (devId: string) => (await scene.state(devId)).session?.closedAt !== undefined;
    expect([await isClosed(BRUCE.devId), await isClosed(AUSTIN.devId)]).toEqual([false, true]);
    scene.breakStore(false);
    await turn(scene);
    expect(await isClosed(BRUCE.devId)).toBe(true);
  });

  it('lets what the device had answered count', async () => {
    const script: Script = (_, count) => (count === 1 ? commands(['GET', DEV_TYP], ['EXEC', UPDATE]) : noCommands());
    const scene = await Scene.open({ script });
    const first = await scene.say(packageOne(BRUCE));
    const [, ...answers] = reply(first, LEAVES);
    await scene.say(syncml({ msgId: 2 }, answers.slice(0, 3), false), { token: tokenOf(first) });
    await scene.clock.advance(TIMEOUT + 1);
    await turn(scene);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [200, 503]]);
  });

  it('keeps its alerts', async () => {
    const scene = await Scene.open({ script: getOnce });
    const first = await scene.say(packageOne(BRUCE));
    await scene.say(syncml({ msgId: 2 }, [note(1, 'a')], false), { token: tokenOf(first) });
    await scene.clock.advance(TIMEOUT + 1);
    await turn(scene);
    await scene.say(packageOne(BRUCE, { sessionId: '2' }));
    expect(scene.packages().flatMap(notesIn)).toEqual(['a']);
  });
});

describe('an EXEC with ServerURI (DM-PACK-018-C-M, DM-PACK-028-C-M)', () => {
  /** The Exec is accepted; the device is told its Correlator. */
  async function accepted(code = 202, store: 'memory' | 'sqlite' = 'memory') {
    const scene = await Scene.open({ script: execOnce, store });
    const first = await scene.say(packageOne(BRUCE));
    const [exec] = first.commands;
    const ran = status(2, { msgRef: 1, cmdRef: exec?.cmdId ?? '', cmd: 'Exec' }, code);
    await scene.say(syncml({ msgId: 2 }, [ran]), { token: tokenOf(first) });
    return { scene, correlator: textAt(exec?.node, 'Correlator') };
  }

  const report = (correlator: string | undefined) =>
    packageOne(BRUCE, { sessionId: '2' }, [
      event(3, [{ type: 'x.done', format: 'int', data: '200' }], { correlator }),
      note(4, 'other'),
    ]);

  it.each(['memory', 'sqlite'] as const)(
    'has its report told in a session of its own, exactly once (%s)',
    async (store) => {
      const { scene, correlator } = await accepted(202, store);
      await turn(scene);
      expect(scene.packages().map(statusesIn)).toEqual([undefined, [202]]);
      const got = await scene.say(report(correlator));
      expect(got.statuses).toContain('Alert 3 200');
      expect(scene.packages().slice(2).map(notesIn)).toEqual([['other']]);
      scene.kill();
      await turn(scene);
      await turn(scene);
      await scene.clock.advance(24 * 3_600_000);
      await turn(scene);
      expect(scene.requests.map(({ url }) => url)).toEqual([SRV_URI, SRV_URI, SRV_URI, REPORTS]);
      expect(scene.packages()[3]?.Alert).toEqual([
        { AlertType: 'urn:oma:at:dm:2.0:ClientInitiatedMgmt' },
        { AlertType: 'x.done', SourceURI: UPDATE, DataType: 'int', Data: { DM1x: 200 } },
      ]);
      expect(await scene.reports()).toEqual([]);
    },
  );

  it('done at once: the bridge makes the report', async () => {
    const { scene } = await accepted(200);
    expect(statusesIn(scene.packages()[1])).toEqual([202]);
    await turn(scene);
    expect(scene.packages()[2]?.Alert?.[1]).toMatchObject({ SourceURI: UPDATE, DataType: 'int', Data: { DM1x: 200 } });
    expect(scene.requests[2]?.url).toBe(REPORTS);
  });

  it('that failed at once has its status in Package#3 and no report', async () => {
    const { scene } = await accepted(500);
    await turn(scene);
    expect(scene.packages().map(statusesIn)).toEqual([undefined, [500]]);
  });

  it('has it told after the device session, not in it', async () => {
    const { scene, correlator } = await accepted();
    const slow = later();
    scene.script = ({ url }) => (url === REPORTS ? noCommands() : slow.reply);
    const running = scene.post(report(correlator));
    await settle();
    const waiting = scene.background();
    await settle();
    expect(scene.requests.at(-1)?.url).toBe(SRV_URI);
    slow.arrive(noCommands());
    await running;
    await waiting;
    await scene.drained();
    await turn(scene);
    expect(scene.requests.filter(({ url }) => url === REPORTS)).toHaveLength(1);
  });

  it('waits while a session of the device is open, between its messages, too', async () => {
    const { scene, correlator } = await accepted();
    scene.script = (_, count) => (count === 3 ? commands(['GET', DEV_TYP]) : noCommands());
    const open = await scene.say(report(correlator));
    expect(open.commands).toHaveLength(1);
    await turn(scene);
    expect(scene.requests.map(({ url }) => url)).not.toContain(REPORTS);
    await scene.say(syncml({ sessionId: '2', msgId: 2 }, reply(open, LEAVES)), { token: tokenOf(open) });
    await turn(scene);
    expect(scene.requests.map(({ url }) => url)).toEqual([SRV_URI, SRV_URI, SRV_URI, SRV_URI, REPORTS]);
  });

  it('may bring commands there: those that need the device get 503', async () => {
    const { scene, correlator } = await accepted();
    await scene.say(report(correlator));
    scene.script = (_, count) => (count === 4 ? commands(['GET', DEV_TYP], ['FLY'], ['EXEC', UPDATE]) : noCommands());
    await turn(scene);
    expect(scene.requests.slice(3).map(({ url }) => url)).toEqual([REPORTS, REPORTS]);
    expect(scene.packages().slice(3).map(statusesIn)).toEqual([undefined, [503, 501, 503]]);
    expect((await scene.state()).session?.closedAt).toBeDefined();
  });

  it('keeps the report while nobody takes it, and does not hammer', async () => {
    const { scene, correlator } = await accepted();
    await scene.say(report(correlator));
    scene.script = ({ url }) => (url === REPORTS ? replied('', 500) : noCommands());
    await turn(scene);
    await turn(scene);
    await scene.clock.advance(60_000);
    await turn(scene);
    expect(scene.requests.filter(({ url }) => url === REPORTS)).toHaveLength(1);
    expect(await scene.reports()).toHaveLength(1);
    scene.script = () => noCommands();
    await scene.clock.advance(3_600_000);
    await turn(scene);
    await turn(scene);
    expect(scene.requests.filter(({ url }) => url === REPORTS)).toHaveLength(2);
    expect(await scene.reports()).toEqual([]);
  });
});
