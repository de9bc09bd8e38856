/** Rows of the DM 1.3 Client Profile without a suite of their own: a device with just these features is served. */
import { describe, expect, test } from 'vitest';
import {
  type Account,
  type Answer,
  alert,
  basicCred,
  devInfo,
  event,
  packageOne,
  readXml,
  reply,
  syncml,
  textAt,
} from '../e2e/scripted-device.ts';
import {
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
import { QuirkyDevice } from './quirky-device.ts';
import { TreeDevice } from './tree-device.ts';

/** Answers until the session ends, as a device without nodes. */
async function finish(bridge: BridgeUnderTest, opened: Answer): Promise<void> {
  let answer = opened;
  for (let msgId = 2; answer.commands.length > 0; msgId += 1) {
    answer = await bridge.say(syncml({ msgId }, reply(answer, {})), { token: tokenOf(answer) });
  }
}

/** The body of the last package, with the data of a GET. */
function textOfLast(bridge: BridgeUnderTest): string {
  const { body } = bridge.requests.at(-1) ?? {};
  if (body === undefined) throw new Error('no package');
  return 'text' in body ? body.text : Buffer.from(body.base64, 'base64').toString();
}

describe('identifiers (CP-DMREPU-5.5)', () => {
  test.each([
    ['a URI', 'https://devices.example.com/phones/7?x=1', 'https://dm.example.com/'],
    ['a URN', 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'urn:x-example:dm-server'],
    ['a textual name', 'Phone of Mr. Müller', 'the server'],
    ['an IMEI', 'IMEI:493005100592800', 'http://www.syncml.org/mgmt-server'],
  ])('%s as the name of device and server is written back as it came', async (_, devId, target) => {
    const account: Account = { ...BRUCE, devId };
    const script = (_request: unknown, count: number) => (count === 1 ? commands(['GET', DEV_TYP]) : noCommands());
    const bridge = await BridgeUnderTest.open({ devices: [account], script });
    const first = await bridge.post(packageOne(account, { target: target.replaceAll('&', '&amp;') }));
    const header = readXml(first.body).children[0];
    expect(textAt(header, 'Target', 'LocURI')).toBe(devId);
    expect(textAt(header, 'Source', 'LocURI')).toBe(target);
    const answer = await bridge.say(packageOne(account, { target }));
    await bridge.say(syncml({ devId, target, msgId: 2 }, reply(answer, LEAVES)), { token: tokenOf(answer) });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });
});

describe('the first message', () => {
  test.each([
    [1200, 'answers a notification'],
    [1201, 'begins itself'],
  ])(
    'a session with Alert %i, which the device %s, goes to the backend with the DevInfo of Package#1 (CP-DMPRO-6.3c)',
    async (code) => {
      const bridge = await BridgeUnderTest.open();
      const got = await bridge.say(syncml({ cred: basicCred(BRUCE) }, [alert(1, code), devInfo(2)]));
      expect(got).toMatchObject({
        statuses: ['SyncHdr 0 200', `Alert 1 200`, 'Replace 2 200'],
        commands: [],
        final: true,
      });
      expect(bridge.packages()).toHaveLength(1);
      expect((await bridge.state()).record.values).toMatchObject({ manufacturer: 'Maker', model: 'Phone' });
    },
  );
});

describe('the DM Account of the device (CP-DMSTDOBJ-5.3.1)', () => {
  const DMACC = 'urn:oma:mo:oma-dm-dmacc:1.0';
  const ACCOUNT = {
    AppID: 'w7',
    ServerID: 'legacy-dm',
    Name: 'Operator',
    AppAddr: { 1: { Addr: 'http://dm.example.com/dm', AddrType: 'URI', Port: { 1: { PortNbr: '80' } } } },
  };

  test.each([
    ['a TNDS document (CP-DMTNDS-5.3a)', ['TNDS']],
    ['a list of nodes', ['StructData']],
    ['one node after the other', []],
  ] as const)(
    'the DM Account of the device is read as %s, without the Size of an interior node (CP-DMTND-8.2d)',
    async (_, lists) => {
      const bridge = await BridgeUnderTest.open({
        script: (_request, count) => (count === 1 ? commands(['GET', `${DMACC}//`]) : noCommands()),
      });
      const device = new TreeDevice(BRUCE, {
        tree: { DMAcc: { operator: ACCOUNT }, DevInfo: { DevId: 'IMEI:1', Man: 'Maker', Mod: 'Phone' } },
        types: { './DMAcc/operator': DMACC },
        lists,
      });
      await device.session(bridge);
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
      const sent = textOfLast(bridge);
      for (const value of ['w7', 'legacy-dm', 'Operator', 'http://dm.example.com/dm']) expect(sent).toContain(value);
      expect(device.asked.flat().filter((each) => /prop=size/iu.test(each))).toEqual([]);
      const [list] = lists;
      expect(device.asked.flat()).toContain(`Get ./DMAcc/operator${list === undefined ? '' : `?list=${list}`}`);
    },
  );
});

describe('the Type of a node', () => {
  test('an MO below a node of the vendor is found by the Type of its root (CP-DMTND-8.2e)', async () => {
    const SCOMO = 'urn:oma:mo:oma-scomo:1.0';
    const bridge = await BridgeUnderTest.open({
      script: (_request, count) => (count === 1 ? commands(['GET', `${SCOMO}//Inventory/`]) : noCommands()),
    });
    const device = new TreeDevice(BRUCE, {
      tree: { Vendor: { Software: { Inventory: { Deployed: { game: { ID: 'chess' } } } } } },
      types: { './Vendor/Software': SCOMO },
      lists: ['StructData', 'Struct'],
    });
    await device.session(bridge);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(textOfLast(bridge)).toContain('chess');
  });
});

describe('nodes that the server may not read', () => {
  const FUMO_ROOT = 'urn:oma:mo:oma-fumo:1.0/FUMO/';
  const leaves = { './FUMO/PkgName': 'update', './FUMO/PkgVersion': '7.2' };

  test.each([
    ['every node may be read', {}, 200],
    ['one of its nodes may not be read', { 'Get ./FUMO/PkgVersion': 425 }, 403],
  ] as const)(
    'a GET of a sub-tree is executed as a whole or not at all when %s (DM-OBJ-012-C-M)',
    async (_, codes, status) => {
      const script = (_request: unknown, count: number) => (count === 1 ? commands(['GET', FUMO_ROOT]) : noCommands());
      const bridge = await BridgeUnderTest.open({ script });
      await new QuirkyDevice(BRUCE, { leaves, codes }).session(bridge);
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, [status]]);
      expect(textOfLast(bridge).includes('update')).toBe(status === 200);
    },
  );
});

describe('alerts', () => {
  test('a Generic Alert without Type is refused, and none of it goes to the backend (CP-DMPRO-6.7.1.6)', async () => {
    const bridge = await BridgeUnderTest.open();
    const items = [
      { format: 'chr', data: 'untyped' },
      { format: 'chr', data: 'typed', type: 'com.example.note' },
    ];
    const got = await bridge.say(packageOne(BRUCE, {}, [event(3, items.slice(0, 1)), event(4, items.slice(1))]));
    expect(got.statuses.slice(3)).toEqual(['Alert 3 412', 'Alert 4 200']);
    await finish(bridge, got);
    expect(notesIn(bridge.packages()[0])).toEqual(['typed']);
  });

  test('a client event (1224) is delivered with all its Items, with and without Source (CP-DMREPU-7.6.2b)', async () => {
    const bridge = await BridgeUnderTest.open();
    const items = [{ data: 'pressed' }, { data: 'released', source: './Vendor/Key', type: 'x.y', format: 'chr' }];
    const got = await bridge.say(packageOne(BRUCE, {}, [event(3, items, { code: 1224 })]));
    expect(got.statuses[3]).toBe('Alert 3 200');
    await finish(bridge, got);
    expect(notesIn(bridge.packages()[0])).toEqual(['pressed', 'released']);
  });
});

describe('sessionless reports (CP-DMSESSREP-5.1a)', () => {
  const cred = basicCred(BRUCE);
  const XML = '<report severity="5"><![CDATA[a]]></report> & more';
  /** Escaped as the profile says: a CDATA section, which cannot contain its own end. */
  const CDATA = `<![CDATA[${XML.replace(']]>', ']]]]><![CDATA[>')}]]>`;
  const report = (cmdId: number, item: Parameters<typeof event>[1][number] = {}) =>
    event(cmdId, [{ type: 'com.example.note', format: 'chr', data: CDATA, ...item }], { code: 1230 });

  test('sessionless reports (1230) with Data in CDATA are accepted without a session and delivered later (CP-DMSESSREP-5.1b, CP-DMSESSREP-5.1c, CP-DMSESSREP-5.1d, CP-DMSESSREP-5.1e)', async () => {
    const bridge = await BridgeUnderTest.open();
    const got = await bridge.say(
      syncml({ sessionId: '9', cred }, [report(1), report(2, { source: './Vendor/Sensor' })]),
    );
    expect(got).toMatchObject({ statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Alert 2 200'], commands: [], final: true });
    const { session, outbox } = await bridge.state();
    expect(session).toBeUndefined();
    expect(outbox.map(({ code, item }) => [code, item.source, item.data, item.meta])).toEqual([
      [1230, undefined, XML, { type: 'com.example.note', format: 'chr' }],
      [1230, './Vendor/Sensor', XML, { type: 'com.example.note', format: 'chr' }],
    ]);
    await finish(bridge, await bridge.say(packageOne(BRUCE)));
    expect(notesIn(bridge.packages()[0])).toEqual([XML, XML]);
  });

  test('a message of reports alone opens no session, and one with a session alert does (CP-DMSESSREP-5.1f)', async () => {
    const bridge = await BridgeUnderTest.open();
    await bridge.say(syncml({ sessionId: '9', cred }, [report(1)]));
    expect(bridge.packages()).toEqual([]);
    await bridge.say(syncml({ sessionId: '10', cred }, [alert(1, 1201), report(2)]));
    expect(bridge.packages()).toHaveLength(1);
  });
});
