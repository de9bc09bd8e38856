/** Whole sessions with devices that behave as real clients were seen to, with no more messages than their limits need. */
import { describe, expect, test } from 'vitest';
import { alert, basicCred, devInfo, event, packageOne, readAnswer, syncml } from '../e2e/scripted-device.ts';
import {
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  noCommands,
  notesIn,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';
import { type Quirks, QuirkyDevice } from './quirky-device.ts';

const USB = 'urn:oma:mo:oma-dcmo:1.0/usb';
const LEAVES = {
  './DevDetail/DevTyp': 'Phone',
  './DevDetail/FwV': '7.1',
  './DCMO/usb/Property': 'Bus',
  './DCMO/usb/Enabled': 'true',
};
type Post = BridgeUnderTest['post'];

/** The same commands in each session of the backend. */
function always(...list: readonly (readonly string[])[]): BackendScript {
  return ({ body }) => {
    const text = body !== undefined && 'text' in body ? body.text : '';
    return text.includes('"Status"') || !text.startsWith('{') ? noCommands() : commands(...list);
  };
}

/** Plays sessions one after the other; returns the names of the bridge's commands, message by message and session by session. */
async function sessions(bridge: BridgeUnderTest, quirks: Quirks, count: number, post?: Post) {
  const played: (readonly string[])[][] = [];
  for (let session = 1; session <= count; session += 1) {
    const device = new QuirkyDevice(BRUCE, { leaves: LEAVES, ...quirks });
    await device.session({ post: post ?? ((body, place) => bridge.post(body, place)) }, String(session));
    await bridge.drained();
    played.push(device.messages);
  }
  return played;
}

function statusesOf(bridge: BridgeUnderTest): readonly unknown[] {
  return bridge.packages().map(statusesIn);
}

describe('the DM engine of old Android phones', () => {
  const quirks: Quirks = { lists: ['Struct', 'StructData'], structDisturbs: true, userAgent: 'Maker/Phone Maker/1' };
  const list: readonly (readonly string[])[] = [
    ['GET', USB],
    ['GET', DEV_TYP],
    ['GET', FW_V],
  ];

  test('is known by its own User-Agent, and gets ?list=Struct alone', async () => {
    const bridge = await BridgeUnderTest.open({ script: always(...list) });
    const [first = []] = await sessions(bridge, quirks, 1);
    expect(first.filter((names) => names.includes('Sequence'))).toHaveLength(1);
    expect(statusesOf(bridge)).toEqual([undefined, [200, 200, 200]]);
  });

  test('is served although its profile is not known, and is known from then on', async () => {
    const bridge = await BridgeUnderTest.open({ script: always(...list) });
    const [first = [], second = []] = await sessions(bridge, { ...quirks, userAgent: 'unknown' }, 2);
    expect(statusesOf(bridge)).toEqual([undefined, [200, 200, 200], undefined, [200, 200, 200]]);
    expect((await bridge.state()).record.facts.structAlone).toBe(true);
    expect(second.length).toBeLessThan(first.length);
  });
});

describe('libdmclient in XML', () => {
  test('is served in each session with one command in a message and with its NULs', async () => {
    const bridge = await BridgeUnderTest.open({ script: always(['GET', DEV_TYP], ['GET', USB]) });
    const devInfo = { Man: 'test manufacturer', Mod: 'test model', DmV: '1.0' };
    const quirks: Quirks = { devInfo, crashesOn: ['Sequence'], contentType: 'application/vnd.syncml+xml' };
    const withNuls: Post = (body, place) =>
      bridge.post(
        body.replaceAll(
          /<Format ([^>]*)>node<\/Format><\/Meta><Data>([^<]+)</gu,
          '<Format $1>node</Format></Meta><Data>$2\0<',
        ),
        place,
      );
    const played = await sessions(bridge, quirks, 2, withNuls);
    expect(statusesOf(bridge)).toEqual([undefined, [200, 200], undefined, [200, 200]]);
    for (const names of played.flat()) expect(names.length).toBeLessThanOrEqual(1);
  });
});

describe('Koneki', () => {
  test('begins the next session at the old RespURI with an empty Cred, and is asked for credentials without a token', async () => {
    const bridge = await BridgeUnderTest.open({ script: always(['GET', DEV_TYP]), accept: ['basic'] });
    const device = new QuirkyDevice(BRUCE, { leaves: LEAVES, credAlways: true });
    await device.session(bridge, '1');
    const token = device.answers.map(tokenOf).find((each) => each !== undefined);
    const emptyCred = basicCred(BRUCE).replace(/<Data>.*?<\/Data>/u, '<Data></Data>');
    const challenged = await bridge.say(packageOne(BRUCE, { sessionId: '2', cred: emptyCred }), { token });
    expect(challenged.statuses[0]).toBe('SyncHdr 0 401');
    expect([challenged.chalType, tokenOf(challenged)]).toEqual(['syncml:auth-basic', undefined]);
    const next = await bridge.say(packageOne(BRUCE, { sessionId: '2', msgId: 2 }), { token });
    expect(next.commands.map(({ name }) => name)).toEqual(['Get']);
  });
});

describe('a client that ignores RespURI and knows no Sequence', () => {
  test('is served with its credentials in each message', async () => {
    const bridge = await BridgeUnderTest.open({ script: always(['GET', DEV_TYP], ['GET', FW_V]), accept: ['basic'] });
    const quirks: Quirks = { ignoresRespUri: true, credAlways: true, noSequence: true };
    const played = await sessions(bridge, quirks, 2);
    expect(statusesOf(bridge)).toEqual([undefined, [200, 200], undefined, [200, 200]]);
    // What it refused once is not tried again.
    expect(played[1]).toEqual([['Get'], ['Get'], []]);
  });
});

describe('a device of Windows', () => {
  const heartbeat = event(3, [{ type: 'com.example/MDM/LoginStatus', format: 'chr', data: 'user' }], { code: 1224 });

  test('repeats the whole Package#1 with MsgID 2 after 407, and its alerts are told once', async () => {
    const bridge = await BridgeUnderTest.open({ script: always(['GET', DEV_TYP]) });
    const challenged = await bridge.say(packageOne(BRUCE, { cred: '' }, [heartbeat]));
    expect(challenged.statuses).toEqual(['SyncHdr 0 407', 'Alert 1 407', 'Replace 2 407', 'Alert 3 407']);
    const answer = await bridge.say(packageOne(BRUCE, { msgId: 2 }, [heartbeat]));
    expect(answer.commands.map(({ name }) => name)).toEqual(['Get']);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['user']);
  });

  test('sends equal alerts in each poll, without Final, and each is told', async () => {
    const bridge = await BridgeUnderTest.open();
    for (const sessionId of ['1', '2', '3']) {
      const header = { sessionId, cred: basicCred(BRUCE) };
      const first = await bridge.post(syncml(header, [alert(1, 1201), devInfo(2), heartbeat], false));
      const next = readAnswer(first.body);
      expect([next.commands.map(({ name }) => name), next.final]).toEqual([['Alert'], false]);
      const last = await bridge.say(syncml({ sessionId, msgId: 2 }, []), { token: tokenOf(next) });
      expect(last.final).toBe(true);
    }
    expect(bridge.packages().map(notesIn)).toEqual([['user'], ['user'], ['user']]);
  });
});
