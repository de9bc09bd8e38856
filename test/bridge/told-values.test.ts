/** Values of the parameters in ServerURIs that devices tell on their own (DM-2.0 §6.2). */
import { describe, expect, test } from 'vitest';
import type { OutgoingRequest } from '../../src/bridge/ports.ts';
import {
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  FW_V,
  LEAVES,
  noCommands,
  replied,
  statusesIn,
} from './bridge-under-test.ts';
import { type Quirks, QuirkyDevice } from './quirky-device.ts';

const MCC = 'urn:oma:mo:oma-dm-devdetail:1.0//Ext/MCC';
const UPLOAD = ['HPUT', 'http://backend.example.com/[MCC]/[SPName]', FW_V];

/** Answers the packages of each session with these lists, one for each package. */
function lists(...each: readonly (readonly (readonly string[])[])[]): BackendScript {
  let next = 0;
  return ({ purpose, body }) => {
    if (purpose !== 'package') return replied('', 204);
    const isFirst = body === undefined || !('text' in body) || !body.text.includes('"Status"');
    next = isFirst ? 0 : next + 1;
    const list = each[next];
    return list === undefined ? noCommands() : commands(...list);
  };
}

function device(quirks: Quirks = {}): QuirkyDevice {
  return new QuirkyDevice(BRUCE, { leaves: { ...LEAVES, './DevDetail/Ext/MCC': '01' }, ...quirks });
}

function uploads({ requests }: BridgeUnderTest): readonly string[] {
  return requests.filter(({ method }: OutgoingRequest) => method === 'PUT').map(({ url }) => url);
}

describe('a value that a device tells', () => {
  test('the value of a leaf that the backend has read fills in its parameter from then on', async () => {
    const bridge = await BridgeUnderTest.open({ script: lists([UPLOAD], [['GET', MCC]], [UPLOAD]) });
    await device().session(bridge);
    bridge.kill();
    await device().session(bridge, '2');
    const before = 'http://backend.example.com/-1/-1';
    const after = 'http://backend.example.com/01/-1';
    expect(uploads(bridge)).toEqual([before, after, after, after]);
    expect(bridge.packages().flatMap((sent) => statusesIn(sent) ?? [])).toEqual([200, 200, 200, 200, 200, 200]);
  });

  test('a leaf of DevInfo in Package#1 fills in its parameter, however the device writes its address', async () => {
    const bridge = await BridgeUnderTest.open({ script: lists([UPLOAD]) });
    await device({ devInfo: { 'Ext/SPName': 'A &amp; B', 'Ext/MCC': '262' } }).session(bridge);
    expect(uploads(bridge)).toEqual(['http://backend.example.com/262/A%20%26%20B']);
  });

  test('the value of the devices file comes first', async () => {
    const devices = [{ ...BRUCE, values: { mcc: '310' } }];
    const bridge = await BridgeUnderTest.open({ devices, script: lists([['GET', MCC]], [UPLOAD]) });
    await device().session(bridge);
    expect(uploads(bridge)).toEqual(['http://backend.example.com/310/-1']);
  });

  test('a value of more than 255 characters is not kept', async () => {
    const bridge = await BridgeUnderTest.open({ script: lists([UPLOAD]) });
    await device({ devInfo: { 'Ext/MCC': '7'.repeat(256) } }).session(bridge);
    expect(uploads(bridge)).toEqual(['http://backend.example.com/-1/-1']);
  });

  test('a parameter in a value is not filled in', async () => {
    const bridge = await BridgeUnderTest.open({ script: lists([UPLOAD]) });
    await device({ devInfo: { 'Ext/MCC': '[DevID]' } }).session(bridge);
    expect(uploads(bridge)).toEqual(['http://backend.example.com/%5BDevID%5D/-1']);
  });

  test('a command under way keeps its ServerURI when the value changes and the process is killed', async () => {
    const bridge = await BridgeUnderTest.open({ script: lists([['GET', MCC], UPLOAD]) });
    const phone = device();
    const post: BridgeUnderTest['post'] = async (...message) => {
      bridge.kill();
      return await bridge.post(...message);
    };
    await phone.session({ post });
    // The upload began before the device told its value, so it keeps the ServerURI that it began with.
    expect(uploads(bridge)).toEqual(['http://backend.example.com/-1/-1']);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });
});
