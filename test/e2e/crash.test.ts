/** `kill -9` at every place of a session, on the running bridge with its SQLite file. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BridgeProcess, type HttpAnswer } from './bridge-process.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import { type Account, type Answer, alert, note, packageOne, readAnswer, reply, syncml } from './scripted-device.ts';

const DEV_TYP = 'urn:oma:mo:oma-dm-devdetail:1.0//DevTyp';
const FW_V = 'urn:oma:mo:oma-dm-devdetail:1.0//FwV';
const NOTE = 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/Note';
const LEAVES = { './DevDetail/DevTyp': 'Phone', './DevDetail/FwV': '7.1' };

const DEVICE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
const UNDISTURBED_DEVICE = { devId: 'IMEI:2', user: 'austin', password: 'Groovy' };

let backend: ScriptedBackend;
let url = '';
let bridge: BridgeProcess;
beforeEach(async () => {
  backend = new ScriptedBackend();
  url = await backend.open();
  bridge = new BridgeProcess(url, 'devId,user,password\nIMEI:1,bruce,OhBehave\nIMEI:2,austin,Groovy\n');
  await bridge.start();
});
afterEach(async () => {
  await bridge.remove();
  await backend.close();
});

/** The path of a RespURI: its port changes with the process, and a device would come through the balancer. */
const pathOf = (answer: Answer | undefined) =>
  answer?.respUri === undefined ? '' : `/${answer.respUri.split('/').at(-1)}`;

interface Played {
  readonly executed: readonly string[];
  readonly answers: readonly HttpAnswer[];
}

/** Plays a whole session; `before` runs before each message. */
async function play(device: Account, before: () => Promise<void>, isSentTwice: boolean): Promise<Played> {
  const executed: string[] = [];
  const answers: HttpAnswer[] = [];
  let message = packageOne(device, {}, [note(3, 'hello')]);
  let last: Answer | undefined;
  for (let msgId = 2; ; msgId += 1) {
    await before();
    const got = await bridge.post(message, pathOf(last));
    if (isSentTwice) {
      await before();
      const again = await bridge.post(message, pathOf(last));
      expect({ ...again, headers: undefined }).toEqual({ ...got, headers: undefined });
      expect(again.headers.get('content-type')).toBe(got.headers.get('content-type'));
    }
    answers.push(got);
    last = readAnswer(got.body);
    if (last.commands.length === 0) return { executed, answers };
    message = syncml({ devId: device.devId, msgId }, reply(last, LEAVES, executed));
  }
}

/** Posts a message that gets no answer, because the bridge is killed; resolves when that has shown. */
async function expectCutOff(message: string): Promise<void> {
  await expect(bridge.post(message)).rejects.toThrow();
}

const campaign = () =>
  backend.answerBy(({ path }, packages) => {
    if (path === '/note') return { type: 'text/plain', body: 'hello' };
    const lists = [
      list(['GET', DEV_TYP], ['HGET', `${url}/note`, NOTE], ['GET', FW_V]),
      list(['DELETE', NOTE], ['HPUT', `${url}/note`, DEV_TYP]),
    ];
    return lists[packages - 1] ?? list(['END']);
  });

describe('kill -9 (DM-PRO-S-001-M, DM-PRO-S-005-M, DM-PACK-001-C-M)', () => {
  test('a bridge killed before every message and every second copy of it does what an undisturbed one does', async () => {
    campaign();
    const calm = await play(UNDISTURBED_DEVICE, async () => {}, false);
    const undisturbed = backend.packages();
    expect(calm.answers.length).toBeGreaterThan(4);
    campaign();
    const killed = await play(DEVICE, () => bridge.restart(), true);
    expect(killed.executed).toEqual(calm.executed);
    expect(backend.packages()).toEqual(undisturbed);
    expect(backend.packages()[0]?.notes).toEqual(['hello']);
    expect(backend.received.filter(({ path }) => path === '/note').map(({ method }) => method)).toEqual(['GET', 'PUT']);
  });

  test('a POST that was on its way is not repeated: the device gets the empty package, its alert goes with the next session', async () => {
    backend.answerBy(() => 'hang');
    const message = packageOne(DEVICE, {}, [note(3, 'precious')]);
    const cutOff = expectCutOff(message);
    await backend.untilReceived(1);
    await bridge.kill();
    await cutOff;
    backend.answerBy(() => list(['END']));
    await bridge.start();
    const again = await bridge.post(message);
    expect(readAnswer(again.body)).toMatchObject({
      statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200', 'Alert 3 200'],
      commands: [],
      final: true,
    });
    expect(backend.received).toEqual([]);
    await bridge.post(packageOne(DEVICE, { sessionId: '2' }));
    await bridge.post(packageOne(DEVICE, { sessionId: '3' }));
    expect(backend.packages().map(({ notes }) => notes)).toEqual([['precious'], []]);
  });

  test('a GET from the Data Repository that was on its way is made again', async () => {
    backend.answerBy(({ path }) => (path === '/note' ? 'hang' : list(['HGET', `${url}/note`, NOTE])));
    const message = packageOne(DEVICE);
    const cutOff = expectCutOff(message);
    await backend.untilReceived(2);
    await bridge.kill();
    await cutOff;
    backend.answerBy(({ path }) => (path === '/note' ? { type: 'text/plain', body: 'hello' } : list(['END'])));
    await bridge.start();
    let answer = readAnswer((await bridge.post(message)).body);
    const executed: string[] = [];
    for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
      const next = syncml({ devId: DEVICE.devId, msgId }, reply(answer, LEAVES, executed));
      answer = readAnswer((await bridge.post(next, pathOf(answer))).body);
    }
    expect(executed).toContain('Add ./DevDetail/Ext/Note');
    expect(backend.received.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /note', 'POST /dm20']);
    expect(backend.packages()[0]?.statuses).toEqual([200]);
  });

  test('a session that the device aborted is answered alike after a restart, and reported to the backend once', async () => {
    backend.answerBy((_, packages) => (packages === 1 ? list(['GET', DEV_TYP]) : list(['END'])));
    const first = readAnswer((await bridge.post(packageOne(DEVICE))).body);
    const abort = syncml({ devId: DEVICE.devId, msgId: 2 }, [alert(1, 1223)]);
    const got = await bridge.post(abort, pathOf(first));
    expect(readAnswer(got.body)).toMatchObject({ statuses: ['SyncHdr 0 212', 'Alert 1 200'], final: true });
    await backend.untilReceived(2);
    await bridge.restart();
    expect((await bridge.post(abort, pathOf(first))).body).toBe(got.body);
    // A package about the old session would come before those of the next.
    await bridge.post(packageOne(DEVICE, { sessionId: '2' }));
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([undefined, [503], undefined]);
  });
});
