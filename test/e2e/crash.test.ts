/** `kill -9` at every place of a session, on the running bridge with its SQLite file (issue: state in the store). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BridgeProcess, type HttpAnswer } from './bridge-process.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import { type Answer, alert, note, packageOne, readAnswer, reply, syncml } from './scripted-device.ts';

const DEV_TYP = 'urn:oma:mo:oma-dm-devdetail:1.0//DevTyp';
const FW_V = 'urn:oma:mo:oma-dm-devdetail:1.0//FwV';
const NOTE = 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/Note';
const LEAVES = { './DevDetail/DevTyp': 'Phone', './DevDetail/FwV': '7.1' };

const backend = new ScriptedBackend();
let url = '';
let bridge: BridgeProcess;
let device = { devId: '', user: 'bruce', password: 'OhBehave' };
let devices = 0;

beforeAll(async () => {
  url = await backend.open();
  const rows = Array.from({ length: 20 }, (_, at) => `IMEI:${at},bruce,OhBehave`);
  bridge = new BridgeProcess(url, `devId,user,password\n${rows.join('\n')}\n`);
  await bridge.start();
});
beforeEach(() => {
  device = { ...device, devId: `IMEI:${devices}` };
  devices += 1;
});
afterAll(async () => {
  await bridge.remove();
  await backend.close();
});

/** The port changes with the process; a device would come through the balancer. */
const pathOf = (answer: Answer | undefined) =>
  answer?.respUri === undefined ? '' : `/${answer.respUri.split('/').at(-1)}`;

interface Played {
  readonly executed: readonly string[];
  readonly answers: readonly HttpAnswer[];
}

/** A whole session; `before` runs before each message. */
async function play(before: () => Promise<void>, isSentTwice: boolean): Promise<Played> {
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

const campaign = () =>
  backend.expect(({ path }, packages) => {
    if (path === '/note') return { type: 'text/plain', body: 'hello' };
    const lists = [
      list(['GET', DEV_TYP], ['HGET', `${url}/note`, NOTE], ['GET', FW_V]),
      list(['DELETE', NOTE], ['HPUT', `${url}/note`, DEV_TYP]),
    ];
    return lists[packages - 1] ?? list(['END']);
  });

describe('kill -9 (DM-PRO-S-001-M, DM-PRO-S-005-M, DM-PACK-001-C-M)', () => {
  it('before every message, and between every message and its second copy: nobody notices', async () => {
    campaign();
    const calm = await play(async () => {}, false);
    const undisturbed = backend.told();
    expect(calm.answers.length).toBeGreaterThan(4);
    device = { ...device, devId: `IMEI:${devices}` };
    devices += 1;
    campaign();
    const killed = await play(() => bridge.restart(), true);
    expect(killed.executed).toEqual(calm.executed);
    expect(backend.told()).toEqual(undisturbed);
    expect(backend.told()[0]?.notes).toEqual(['hello']);
    expect(backend.received.filter(({ path }) => path === '/note').map(({ method }) => method)).toEqual(['GET', 'PUT']);
  });

  it('while a POST is on its way: that session north is dropped, no alert is lost, the device gets the empty package', async () => {
    backend.expect(() => 'hang');
    const message = packageOne(device, {}, [note(3, 'precious')]);
    const cut = bridge.post(message).catch((error: unknown) => error);
    await backend.nextRequest();
    await bridge.kill();
    expect(await cut).toBeInstanceOf(Error);
    backend.expect(() => list(['END']));
    await bridge.start();
    const again = await bridge.post(message);
    expect(readAnswer(again.body)).toMatchObject({
      statuses: ['SyncHdr 0 212', 'Alert 1 200', 'Replace 2 200', 'Alert 3 200'],
      commands: [],
      final: true,
    });
    expect(backend.received).toEqual([]);
    await bridge.post(packageOne(device, { sessionId: '2' }));
    await bridge.post(packageOne(device, { sessionId: '3' }));
    expect(backend.told().map(({ notes }) => notes)).toEqual([['precious'], []]);
  });

  it('while a GET from the Data Repository is on its way: it is made again', async () => {
    backend.expect(({ path }) => (path === '/note' ? 'hang' : list(['HGET', `${url}/note`, NOTE])));
    const message = packageOne(device);
    const cut = bridge.post(message).catch((error: unknown) => error);
    await backend.nextRequest();
    await backend.nextRequest();
    await bridge.kill();
    expect(await cut).toBeInstanceOf(Error);
    backend.expect(({ path }) => (path === '/note' ? { type: 'text/plain', body: 'hello' } : list(['END'])));
    await bridge.start();
    let answer = readAnswer((await bridge.post(message)).body);
    const executed: string[] = [];
    for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
      const next = syncml({ devId: device.devId, msgId }, reply(answer, LEAVES, executed));
      answer = readAnswer((await bridge.post(next, pathOf(answer))).body);
    }
    expect(executed).toContain('Add ./DevDetail/Ext/Note');
    expect(backend.received.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /note', 'POST /dm20']);
    expect(backend.told()[0]?.statuses).toEqual([200]);
  });

  it('after a device aborted: it is answered alike, and nothing is told twice', async () => {
    backend.expect((_, packages) => (packages === 1 ? list(['GET', DEV_TYP]) : list(['END'])));
    const first = readAnswer((await bridge.post(packageOne(device))).body);
    const abort = syncml({ devId: device.devId, msgId: 2 }, [alert(1, 1223)]);
    const got = await bridge.post(abort, pathOf(first));
    expect(readAnswer(got.body)).toMatchObject({ statuses: ['SyncHdr 0 200', 'Alert 1 200'], final: true });
    await bridge.restart();
    expect((await bridge.post(abort, pathOf(first))).body).toBe(got.body);
    expect(backend.told().map(({ statuses }) => statuses)).toEqual([undefined, [503]]);
  });
});
