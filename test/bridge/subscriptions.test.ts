/** SUB and UNSUB through the whole bridge: a Data Repository hears of changes (DM-2.0 §5.3.11, §5.3.12). */
import { describe, expect, test } from 'vitest';
import type { IncomingReply, OutgoingRequest } from '../../src/bridge/ports.ts';
import {
  BRUCE,
  BridgeUnderTest,
  type BridgeUnderTestOptions,
  commands,
  LEAVES,
  noCommands,
  replied,
  settle,
  statusesIn,
} from './bridge-under-test.ts';
import { type Quirks, QuirkyDevice } from './quirky-device.ts';

const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const CAMERA = `${DCMO}//Property`;
const OTHER = `${DCMO}//Ext/Zoom`;
const WATCH = 'http://backend.example.com/watch/[DevID]';
const WATCHED = 'http://backend.example.com/watch/IMEI%3A1';
const VALUE = 'http://backend.example.com/value';
const TREE = { ...LEAVES, './DCMO/Camera/Property': 'on', './DCMO/Camera/Ext/Zoom': '2' };
const MO_DATA = 'application/dmmo+json';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type List = readonly (readonly string[])[];

const SUB_CAMERA: List = [['SUB', WATCH, CAMERA]];
const SUB_ALL: List = [['SUB', WATCH, `${DCMO}//`]];
const SET_CAMERA: List = [['HGET', VALUE, CAMERA]];
const NOTHING: List = [];

/** A bridge, its backend and one device. */
class Scene {
  readonly bridge: BridgeUnderTest;
  readonly device: QuirkyDevice;
  readonly #lists: List[] = [];
  /** The replies to PUTs in their order; the last one counts from then on. */
  taken: IncomingReply[] = [replied('', 204)];
  /** What the repository has at VALUE. */
  value = 'off';
  #session = 0;

  private constructor(bridge: BridgeUnderTest, quirks: Quirks) {
    this.bridge = bridge;
    this.device = new QuirkyDevice(BRUCE, { leaves: TREE, ...quirks });
    bridge.script = ({ purpose, method }) => {
      if (purpose !== 'package') return method === 'PUT' ? this.#take() : this.#valueNow();
      const list = this.#lists.shift();
      return list === undefined ? noCommands() : commands(...list);
    };
  }

  static async open(quirks: Quirks = {}, options: BridgeUnderTestOptions = {}): Promise<Scene> {
    return new Scene(await BridgeUnderTest.open({ reasons: true, ...options }), quirks);
  }

  #take(): IncomingReply {
    const [reply] = this.taken;
    if (this.taken.length > 1) this.taken.shift();
    return reply ?? replied('', 500);
  }

  #valueNow(): IncomingReply {
    return replied(this.value, 200, { 'content-type': 'text/plain' });
  }

  /** A session of the device with these lists of commands, and the background work after it. */
  async session(...lists: readonly List[]): Promise<void> {
    this.#lists.splice(0, Number.POSITIVE_INFINITY, ...lists);
    this.#session += 1;
    await this.device.session(this.bridge, String(this.#session));
    await this.background();
  }

  async background(): Promise<void> {
    await this.bridge.background();
    await settle();
    await settle();
  }

  async after(ms: number): Promise<void> {
    await this.bridge.clock.advance(ms);
    await this.background();
  }

  get puts(): readonly OutgoingRequest[] {
    return this.bridge.requests.filter(({ method, purpose }) => method === 'PUT' && purpose === 'repository');
  }

  get bodies(): readonly string[] {
    return this.puts.map(({ body }) => (body !== undefined && 'text' in body ? body.text : ''));
  }

  get statuses(): readonly number[] {
    return this.bridge.packages().flatMap((sent) => statusesIn(sent) ?? []);
  }
}

function moData(property: string): string {
  return JSON.stringify([{ ClientURI: CAMERA, MOData: { Property: property } }]);
}

describe('the status of SUB and UNSUB', () => {
  test.each<[string, List, readonly number[]]>([
    ['stored', SUB_CAMERA, [200]],
    ['stored again with another ServerURI', [...SUB_CAMERA, ['SUB', `${VALUE}/2`, CAMERA]], [200, 200]],
    ['with a wildcard', [['SUB', WATCH, `${DCMO}//*`]], [200]],
    ['with a cv, which does not count', [['SUB', WATCH, `${DCMO}//?cv=x`]], [200]],
    ['of a node that is not there', [['SUB', WATCH, `${DCMO}//Video`]], [404]],
    ['of a wildcard without nodes', [['SUB', WATCH, `${DCMO}//Property/*`]], [404]],
    ['of an MO that the device does not have', [['SUB', WATCH, 'urn:oma:mo:oma-mms:1.3//']], [404]],
    ['outside of the allow-list', [['SUB', 'http://evil.example/', CAMERA]], [403]],
    ['with a ServerURI that is none', [['SUB', 'nowhere', CAMERA]], [400]],
    ['with a ClientURI that is none', [['SUB', WATCH, 'nowhere']], [400]],
    ['without ClientURI', [['SUB', WATCH]], [400]],
    ['UNSUB of the same text', [...SUB_CAMERA, ['UNSUB', CAMERA]], [200, 200]],
    ['UNSUB twice', [...SUB_CAMERA, ['UNSUB', CAMERA], ['UNSUB', CAMERA]], [200, 200, 404]],
    ['UNSUB and SUB in one list', [...SUB_CAMERA, ['UNSUB', CAMERA], ...SUB_CAMERA], [200, 200, 200]],
    ['UNSUB of another spelling', [...SUB_CAMERA, ['UNSUB', CAMERA.replace('Property', '%50roperty')]], [200, 404]],
    ['UNSUB of nothing', [['UNSUB', CAMERA]], [404]],
  ])('%s', async (_, list, statuses) => {
    const scene = await Scene.open();
    await scene.session(list);
    expect(scene.statuses).toEqual(statuses);
    expect(scene.puts).toEqual([]);
  });

  test('a node that may not be read: 403', async () => {
    const scene = await Scene.open({ codes: { 'Get ./DCMO/Camera/Property': 425 } });
    await scene.session(SUB_CAMERA);
    expect(scene.statuses).toEqual([403]);
  });

  test('a listing that the device calls partial: 500', async () => {
    const scene = await Scene.open({ codes: { 'Get ./DCMO/Camera/Ext': 213 } });
    await scene.session([['SUB', WATCH, `${DCMO}//Ext`]]);
    expect(scene.statuses).toEqual([500]);
  });

  test('more than 200 of a device and account: 503, but a known one is stored again', async () => {
    const scene = await Scene.open();
    const uris = Array.from({ length: 200 }, (_, at) => `${CAMERA}?x=${at}`);
    await scene.session(uris.map((uri) => ['SUB', WATCH, uri]));
    await scene.session([...SUB_CAMERA, ['SUB', WATCH, `${CAMERA}?x=7`], ['UNSUB', `${CAMERA}?x=8`], ...SUB_CAMERA]);
    expect(scene.statuses.slice(200)).toEqual([503, 200, 200, 200]);
  });
});

describe('a change is reported', () => {
  test('by a PUT to the ServerURI, once (DM-PACK-024-C-O)', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_ALL);
    await scene.session(SET_CAMERA);
    const [put, ...others] = scene.puts;
    expect(others).toEqual([]);
    expect(put).toMatchObject({ url: WATCHED, headers: { 'content-type': MO_DATA }, account: 'main' });
    expect(JSON.parse(scene.bodies[0] ?? '')).toMatchObject([
      { ClientURI: `${DCMO}//`, MOData: { Camera: { Property: 'off', Ext: { Zoom: '2' } } } },
    ]);
    await scene.session(NOTHING);
    await scene.after(25 * HOUR);
    expect(scene.puts).toHaveLength(1);
  });

  test('a single leaf goes in its own type, or in the type of OMADM-Accept', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    await scene.session(SET_CAMERA);
    expect(scene.puts.map(({ headers, body }) => ({ headers, body }))).toEqual([
      { headers: { 'content-type': 'text/plain' }, body: { text: 'off' } },
    ]);
  });

  test('of several changes of a list the state at its end', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    const script = scene.bridge.script;
    let value = 0;
    scene.bridge.script = (request, count) => {
      if (request.url !== VALUE) return script(request, count);
      value += 1;
      return replied(`v${value}`, 200, { 'content-type': 'text/plain' });
    };
    await scene.session([...SET_CAMERA, ...SET_CAMERA, ...SET_CAMERA]);
    expect(scene.bodies).toEqual(['v3']);
  });

  test('nothing is reported when the value is the same, or another node has changed', async () => {
    const scene = await Scene.open();
    scene.value = 'on';
    await scene.session(SUB_CAMERA);
    await scene.session(SET_CAMERA);
    await scene.session([['HGET', VALUE, OTHER]]);
    expect(scene.puts).toEqual([]);
  });

  test('what is not there any more is an empty array', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    await scene.session([['DELETE', CAMERA]]);
    expect(scene.puts.map(({ headers, body }) => ({ headers, body }))).toEqual([
      { headers: { 'content-type': MO_DATA }, body: { text: '[]' } },
    ]);
  });

  test('a change below the level of lv is not seen, one above it is', async () => {
    const scene = await Scene.open();
    await scene.session([['SUB', WATCH, `${DCMO}//?lv=1`]]);
    await scene.session([['HGET', VALUE, OTHER]]);
    expect(scene.puts).toEqual([]);
    await scene.session(SET_CAMERA);
    expect(scene.puts).toHaveLength(1);
  });

  test('an EXEC in the sub-tree may have changed it', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    scene.device.tree.set('./DCMO/Camera/Property', 'broken');
    await scene.session([['EXEC', `${DCMO}//Ext`]]);
    expect(scene.bodies).toEqual(['broken']);
  });

  test('a read of the nodes finds what the device has changed by itself', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    scene.device.tree.set('./DCMO/Camera/Property', 'broken');
    await scene.session(NOTHING);
    expect(scene.puts).toEqual([]);
    await scene.session([['GET', CAMERA]]);
    expect(scene.bodies).toEqual(['broken']);
  });

  test('UNSUB ends the reports, and those that wait (DM-PACK-025-C-O)', async () => {
    const scene = await Scene.open();
    scene.taken = [replied('', 503)];
    await scene.session(SUB_CAMERA);
    await scene.session(SET_CAMERA);
    expect(scene.puts).toHaveLength(1);
    await scene.session([['UNSUB', CAMERA]]);
    await scene.after(HOUR);
    expect(scene.puts).toHaveLength(1);
    expect(await scene.bridge.reports()).toEqual([]);
  });

  test('the account of another route hears nothing', async () => {
    const main = { name: 'rule-1', match: {}, bridge: 'main' };
    const scene = await Scene.open({}, { routes: [main] });
    await scene.session(SUB_CAMERA);
    const { subscriptions = [] } = (await scene.bridge.state()).record;
    expect(subscriptions.map(({ account }) => account)).toEqual(['main']);
    await scene.bridge.changeDevice(({ record }) => ({
      record: { ...record, subscriptions: subscriptions.map((each) => ({ ...each, account: 'other' })) },
    }));
    await scene.session(SET_CAMERA);
    expect(scene.puts).toEqual([]);
  });
});

const META =
  '<Meta><Type xmlns="syncml:metinf">com.example.changed</Type><Format xmlns="syncml:metinf">chr</Format></Meta>';

describe('the device reports a change itself', () => {
  const item = (locUri: string) => `<Item><Source><LocURI>${locUri}</LocURI></Source>${META}<Data>x</Data></Item>`;
  const dataItem = (locUri: string) => `<Item><Data>${locUri}</Data></Item>`;

  test.each<[string, string, number]>([
    ['1228 that names the node', `<Data>1228</Data>${dataItem('./DCMO/Camera/Property')}`, 1],
    ['1228 that names another node', `<Data>1228</Data>${dataItem('./DCMO/Camera/Ext')}`, 0],
    ['1228 without an Item', `<Data>1228</Data>`, 1],
    ['1226 about the node', `<Data>1226</Data>${item('./DCMO/Camera/Property')}`, 1],
    ['1226 about another node', `<Data>1226</Data>${item('./DCMO/Camera/Ext')}`, 0],
    ['1227', `<Data>1227</Data>`, 0],
  ])('%s', async (_, alert, reports) => {
    const before = await Scene.open();
    await before.session(SUB_CAMERA);
    const { record } = await before.bridge.state();
    const scene = await Scene.open({ packageOne: [`<Alert><CmdID>9</CmdID>${alert}</Alert>`] });
    await scene.bridge.changeDevice(() => ({ record }));
    scene.device.tree.set('./DCMO/Camera/Property', 'broken');
    await scene.session(NOTHING);
    expect(scene.puts).toHaveLength(reports);
  });

  test.each<[string, number, number, number]>([
    ['after the time', HOUR, HOUR, 1],
    ['before the time', HOUR, HOUR - 1, 0],
    ['never, when the time is 0', 0, 1_000 * HOUR, 0],
  ])('a device that reports nothing is read again %s', async (_, subscriptionRecheck, ms, reports) => {
    const scene = await Scene.open({}, { subscriptionRecheck });
    await scene.session(SUB_CAMERA);
    scene.device.tree.set('./DCMO/Camera/Property', 'broken');
    await scene.after(ms);
    await scene.session(NOTHING);
    expect(scene.puts).toHaveLength(reports);
  });
});

describe('the reply of the Data Repository', () => {
  const again = [MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR, HOUR];

  test.each<[string, IncomingReply]>([
    ['401', replied('', 401)],
    ['408', replied('', 408)],
    ['425', replied('', 425)],
    ['429', replied('', 429)],
    ['500', replied('', 500)],
    ['503', replied('', 503)],
    ['none', { failure: 'unreachable', reason: 'x' }],
  ])('%s: the report is sent again after 1, 5, 30 minutes, then each hour', async (_, reply) => {
    const scene = await Scene.open();
    scene.taken = [reply];
    await scene.session(SUB_CAMERA);
    await scene.session(SET_CAMERA);
    let sent = 1;
    expect(scene.puts).toHaveLength(sent);
    for (const pause of again) {
      await scene.after(pause - 1);
      expect(scene.puts).toHaveLength(sent);
      scene.bridge.kill();
      await scene.after(1);
      sent += 1;
      expect(scene.puts).toHaveLength(sent);
    }
    scene.taken = [replied('', 200)];
    await scene.after(HOUR);
    await scene.after(25 * HOUR);
    expect(scene.bodies).toEqual(Array.from({ length: sent + 1 }, () => 'off'));
  });

  test('a report is given up after 24 hours; the next change is reported', async () => {
    const scene = await Scene.open();
    scene.taken = [replied('', 503)];
    await scene.session(SUB_CAMERA);
    await scene.session(SET_CAMERA);
    for (let hour = 0; hour < 30; hour += 1) await scene.after(HOUR);
    const sent = scene.puts.length;
    expect(await scene.bridge.reports()).toEqual([]);
    scene.taken = [replied('', 200)];
    scene.value = 'dim';
    await scene.session(SET_CAMERA);
    expect(scene.bodies.slice(sent)).toEqual(['dim']);
  });

  test.each([302, 400, 403, 404, 405, 410, 413, 415, 422])(
    '%i: the report is dropped, and the next change is one',
    async (status) => {
      const scene = await Scene.open();
      scene.taken = [replied('', status), replied('', 200)];
      await scene.session(SUB_CAMERA);
      await scene.session(SET_CAMERA);
      await scene.after(2 * HOUR);
      await scene.session([['GET', CAMERA]]);
      expect(scene.puts).toHaveLength(1);
      scene.value = 'dim';
      await scene.session(SET_CAMERA);
      expect(scene.bodies).toEqual(['off', 'dim']);
      expect(scene.bridge.logs.some((line) => line.includes('subscription.failed') && line.includes('dropped'))).toBe(
        true,
      );
    },
  );

  test('415 with OMADM-Accept: one retry in a listed form, which is remembered', async () => {
    const scene = await Scene.open();
    const refusal = replied('', 415, { 'omadm-accept': MO_DATA });
    scene.taken = [refusal, replied('', 200)];
    await scene.session(SUB_CAMERA);
    await scene.session(SET_CAMERA);
    expect(scene.puts.map(({ headers }) => headers['content-type'])).toEqual(['text/plain', MO_DATA]);
    expect(JSON.parse(scene.bodies[1] ?? '')).toMatchObject(JSON.parse(moData('off')));
    scene.value = 'dim';
    await scene.session(SET_CAMERA);
    expect(scene.puts.map(({ headers }) => headers['content-type'])).toEqual(['text/plain', MO_DATA, MO_DATA]);
  });

  test('415 that lists no form of ours: dropped', async () => {
    const scene = await Scene.open();
    scene.taken = [replied('', 415, { 'omadm-accept': 'image/png' }), replied('', 200)];
    await scene.session(SUB_CAMERA);
    await scene.session(SET_CAMERA);
    expect(scene.puts).toHaveLength(1);
  });

  test('a newer content replaces one that was not taken; one that is back to the base goes', async () => {
    const scene = await Scene.open();
    scene.taken = [replied('', 503), replied('', 200)];
    await scene.session(SUB_CAMERA);
    await scene.session(SET_CAMERA);
    scene.value = 'dim';
    await scene.session(SET_CAMERA);
    expect(scene.bodies).toEqual(['off', 'dim']);
    scene.taken = [replied('', 503), replied('', 200)];
    scene.value = 'off';
    await scene.session(SET_CAMERA);
    scene.value = 'dim';
    await scene.session(SET_CAMERA);
    await scene.after(HOUR);
    expect(scene.bodies).toEqual(['off', 'dim', 'off']);
  });
});

describe('a report never holds up the device', () => {
  test('its session ends while the Data Repository does not answer', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    const { promise, resolve } = Promise.withResolvers<IncomingReply>();
    const script = scene.bridge.script;
    scene.bridge.script = (request, count) => (request.method === 'PUT' ? promise : script(request, count));
    await scene.session(SET_CAMERA);
    await scene.session([['GET', OTHER]]);
    expect(scene.statuses).toEqual([200, 200, 200]);
    scene.value = 'dim';
    await scene.session(SET_CAMERA);
    expect(scene.bodies).toEqual(['off']);
    resolve(replied('', 200));
    await settle();
    await scene.after(2 * MINUTE);
    expect(scene.bodies).toEqual(['off', 'dim']);
  });
});

describe('only what may have changed is compared', () => {
  /** A device with the subscription, and other quirks than when it came. */
  async function subscribed(list: List, quirks: Quirks): Promise<Scene> {
    const before = await Scene.open();
    await before.session(list);
    const { record } = await before.bridge.state();
    const scene = await Scene.open(quirks);
    await scene.bridge.changeDevice(() => ({ record }));
    return scene;
  }

  const readsOf = ({ device }: Scene) => device.executed.filter((each) => each === 'Get ./DCMO/Camera/Property').length;
  const dueOf = async ({ bridge }: Scene) =>
    ((await bridge.state()).record.subscriptions ?? []).map(({ isDue = false }) => isDue);

  test('a new instance is a change for a wildcard', async () => {
    const scene = await Scene.open();
    await scene.session([['SUB', WATCH, `${DCMO}/*`]]);
    const script = scene.bridge.script;
    const added = JSON.stringify([{ ClientURI: `${DCMO}/Radio`, MOData: { Radio: { Property: 'fm' } } }]);
    scene.bridge.script = (request, count) =>
      request.url === VALUE ? replied(added, 200, { 'content-type': MO_DATA }) : script(request, count);
    await scene.session([['HGET', VALUE]]);
    expect(scene.bodies.map((body) => JSON.parse(body).length)).toEqual([2]);
  });

  test('nodes that cannot be read are tried once in a session, and again in the next', async () => {
    const codes = { 'Get ./DCMO/Camera/Property': 425 };
    const changed = '<Alert><CmdID>9</CmdID><Data>1228</Data></Alert>';
    const scene = await subscribed(SUB_CAMERA, { codes, packageOne: [changed] });
    await scene.session([['GET', OTHER]], [['GET', OTHER]], [['GET', OTHER]]);
    expect(readsOf(scene)).toBe(1);
    expect(await dueOf(scene)).toEqual([true]);
    await scene.session(NOTHING);
    expect(readsOf(scene)).toBe(2);
    expect(scene.puts).toEqual([]);
  });

  test('what one comparison has read makes no other one due', async () => {
    const scene = await Scene.open();
    await scene.session([['SUB', WATCH, OTHER], ...SUB_ALL]);
    await scene.session([...SET_CAMERA, ['END']]);
    expect(scene.puts).toHaveLength(1);
    expect(await dueOf(scene)).toEqual([false, false]);
  });

  test('the subscription of another account is due until its own session', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    await scene.bridge.changeDevice(({ record }) => {
      const subscriptions = (record.subscriptions ?? []).map((each) => ({ ...each, account: 'other' }));
      return { record: { ...record, subscriptions } };
    });
    await scene.session(SET_CAMERA);
    expect(await dueOf(scene)).toEqual([true]);
    expect(await scene.bridge.reports()).toEqual([]);
  });

  test('a read that finds what is reported already changes nothing', async () => {
    const scene = await Scene.open();
    scene.taken = [replied('', 503)];
    await scene.session(SUB_CAMERA);
    await scene.session(SET_CAMERA);
    await scene.session([['GET', CAMERA]]);
    expect(scene.puts).toHaveLength(1);
  });

  test('a device that says that nothing has changed is not read again', async () => {
    const scene = await subscribed(SUB_CAMERA, { packageOne: ['<Alert><CmdID>9</CmdID><Data>1227</Data></Alert>'] });
    await scene.after(25 * HOUR);
    await scene.session(NOTHING);
    expect(readsOf(scene)).toBe(0);
  });

  test('a clock that was set back: the time of the last comparison is long ago', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    await scene.bridge.changeDevice(({ record }) => {
      const checkedAt = scene.bridge.clock.now() + HOUR;
      return {
        record: { ...record, subscriptions: (record.subscriptions ?? []).map((each) => ({ ...each, checkedAt })) },
      };
    });
    await scene.session(NOTHING);
    expect(readsOf(scene)).toBe(2);
  });

  test('a change that is undone while its report is under way is reported, too', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    const { promise, resolve } = Promise.withResolvers<IncomingReply>();
    const script = scene.bridge.script;
    scene.bridge.script = (request, count) => (request.method === 'PUT' ? promise : script(request, count));
    await scene.session(SET_CAMERA);
    scene.value = 'on';
    await scene.session(SET_CAMERA);
    resolve(replied('', 200));
    await settle();
    await scene.session(NOTHING);
    expect(scene.bodies).toEqual(['off', 'on']);
  });
});

describe('a process that is killed', () => {
  test('before each message: the same status and one report', async () => {
    const scene = await Scene.open();
    const { bridge, device } = scene;
    const lists: List[] = [SUB_CAMERA, NOTHING, SET_CAMERA, NOTHING];
    const answer = bridge.script;
    bridge.script = (request, count) => {
      if (request.purpose !== 'package') return answer(request, count);
      return commands(...(lists.shift() ?? NOTHING));
    };
    const post: BridgeUnderTest['post'] = async (...message) => {
      bridge.kill();
      return await bridge.post(...message);
    };
    await device.session({ post }, '1');
    await device.session({ post }, '2');
    bridge.kill();
    await scene.background();
    bridge.kill();
    await scene.after(HOUR);
    expect(scene.statuses).toEqual([200, 200]);
    expect(scene.bodies).toEqual(['off']);
  });

  test('while the PUT is under way: it is sent once more', async () => {
    const scene = await Scene.open();
    await scene.session(SUB_CAMERA);
    const script = scene.bridge.script;
    scene.bridge.script = (request, count) =>
      request.method === 'PUT' ? new Promise(() => {}) : script(request, count);
    await scene.session(SET_CAMERA);
    expect(scene.bodies).toEqual(['off']);
    scene.bridge.kill();
    scene.bridge.script = script;
    await scene.background();
    expect(scene.bodies).toEqual(['off']);
    await scene.after(2 * MINUTE);
    await scene.after(HOUR);
    expect(scene.bodies).toEqual(['off', 'off']);
  });
});
