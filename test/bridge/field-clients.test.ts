/** Whole sessions with clients of the field: inventory, search, write, delete and an alert, with the messages that their limits need. */
import { describe, expect, test } from 'vitest';
import { event } from '../e2e/scripted-device.ts';
import { wbxmlForm } from '../support/transcript/wire-form.ts';
import { BridgeUnderTest, commands, noCommands, notesIn, replied, statusesIn } from './bridge-under-test.ts';
import { type ClientWays, FieldClient } from './field-client.ts';
import { ACCOUNT, capability, DATA, DCMO, DEVDETAIL, SERVER, TREE } from './field-scene.ts';

interface Client {
  readonly name: string;
  readonly ways: ClientWays;
  /** Messages that it sends until it is known; those of the sessions after that have `later`. */
  readonly messages: number;
  /** The commands of the bridge in a later session, message by message. */
  readonly later: readonly (readonly string[])[];
}

const LEAVES_ONE_BY_ONE = [
  ['Get ./DevDetail'],
  ['Get ./DCMO'],
  ['Get ./DCMO/usb/Property'],
  ['Get ./DevDetail/DevTyp'],
  ['Get ./DevDetail/FwV'],
  ['Get ./DevDetail/LrgObj'],
];

const ONE_BY_ONE = [
  ...LEAVES_ONE_BY_ONE,
  ['Get ./DCMO/camera/Property'],
  ['Replace ./DCMO/usb/Property'],
  ['Delete ./DCMO/camera'],
];

const NODE_BY_NODE = [
  ['Sequence', 'Get ./DevDetail', 'Get ./DCMO', 'Get ./DCMO/usb/Property'],
  [
    'Sequence',
    'Get ./DevDetail/DevTyp',
    'Get ./DevDetail/FwV',
    'Get ./DevDetail/LrgObj',
    'Get ./DCMO/usb/Property',
    'Get ./DCMO/camera/Property',
  ],
  ['Sequence', 'Replace ./DCMO/usb/Property', 'Delete ./DCMO/camera'],
];

const LIBDMCLIENT: ClientWays = {
  devInfo: { Man: 'test manufacturer', Mod: 'test model', DmV: '1.0' },
  contentType: 'application/vnd.syncml+xml',
  crashesOn: ['Sequence', 'Add node'],
  hidesAtomic: true,
  endsWithNul: true,
  cutsObjects: true,
  devInfoShape: 'withInterior',
};

const KONEKI: ClientWays = {
  devInfo: { Man: 'Maker', Mod: 'Simulator', DmV: '1.2' },
  credAlways: true,
  respUri: 'required',
  resumesAtRespUri: true,
  devInfoShape: 'metaOnCommand',
};

const HS20: ClientWays = {
  devInfo: { Man: 'Maker', Mod: 'HS20-station', DmV: '1.2' },
  reordersStatus: true,
  losesAmpersands: true,
};

const WINDOWS_TEST_CLIENT: ClientWays = {
  devInfo: { Man: 'Microsoft', Mod: 'Virtual Machine', DmV: '1.3' },
  credAlways: true,
  respUri: 'ignored',
  knowsNoSequence: true,
  refusesTypes: true,
};

const CLIENTS: readonly Client[] = [
  { name: 'libdmclient in XML', ways: LIBDMCLIENT, messages: 15, later: ONE_BY_ONE },
  {
    name: 'the DM engine of old Android phones in WBXML',
    ways: {
      devInfo: { Man: 'Google', Mod: 'Nexus', DmV: '1.2' },
      userAgent: 'Google/Nexus Google/1',
      form: wbxmlForm('1.2', true),
      auth: 'md5',
      lists: ['Struct', 'StructData'],
      structDisturbs: true,
      serverPassword: SERVER.password,
    },
    messages: 10,
    later: [
      ['Get ./DevDetail?list=StructData'],
      ['Get .?list=Struct'],
      ['Sequence', 'Get ./DCMO/usb/Property', 'Get ./DCMO/camera/Property'],
      ['Sequence', 'Replace ./DCMO/usb/Property', 'Delete ./DCMO/camera'],
    ],
  },
  { name: 'Koneki', ways: KONEKI, messages: 9, later: NODE_BY_NODE },
  { name: 'hs20-osu-client', ways: HS20, messages: 9, later: NODE_BY_NODE },
  { name: 'the test client of a Windows MDM server', ways: WINDOWS_TEST_CLIENT, messages: 21, later: ONE_BY_ONE },
];

/** A client and a bridge that meet in several sessions; the backend sends the commands of `list` in each. */
async function meet(ways: ClientWays) {
  const backend: { list: readonly (readonly string[])[] } = { list: [] };
  const bridge = await BridgeUnderTest.open({
    devices: [{ ...ACCOUNT, server: SERVER }],
    accept: ['basic', 'md5'],
    script: ({ purpose, url, headers }) => {
      if (purpose === 'package') {
        return headers['content-type']?.includes('initiation') === true ? commands(...backend.list) : noCommands();
      }
      const body = decodeURIComponent(url.slice(DATA.length));
      return replied(body, 200, { 'content-type': body.startsWith('[') ? 'application/dmmo+json' : 'text/plain' });
    },
  });
  const client = new FieldClient(ACCOUNT, ways, TREE);
  let sessions = 0;
  const session = async (list: readonly (readonly string[])[]) => {
    backend.list = list;
    sessions += 1;
    const packages = bridge.packages().length;
    const alert = event(3, [{ type: 'com.example.note', format: 'chr', data: 'event' }]);
    await client.session(bridge, `C39${sessions}`, [alert]);
    await bridge.drained();
    const sent = bridge.packages().slice(packages);
    return { statuses: statusesIn(sent.at(-1)), alerts: sent.flatMap(notesIn) };
  };
  return { bridge, client, session };
}

/** Inventory, search, write and delete. */
function work(value: string): readonly (readonly string[])[] {
  return [
    ['GET', `${DEVDETAIL}//`],
    ['GET', `${DCMO}/*/Property`],
    ['HGET', `${DATA}${value}`, `${DCMO}/usb/Property`],
    ['DELETE', `${DCMO}/camera`],
  ];
}

const NEW_INSTANCE = JSON.stringify([{ ClientURI: `${DCMO}//`, MOData: { fm: { Property: 'FM', Enabled: true } } }]);

describe.each(CLIENTS)('$name', ({ ways, messages, later }) => {
  test('is inventoried, searched, written and reports an alert in its first session, and survives it', async () => {
    const { client, session } = await meet(ways);
    const { statuses, alerts } = await session([...work('new'), ['HGET', DATA + encodeURIComponent(NEW_INSTANCE)]]);
    expect({ statuses, alerts, faults: client.faults }).toEqual({
      statuses: [200, 200, 200, 200, 200],
      alerts: ['event'],
      faults: [],
    });
    expect(client.sent).toBe(messages);
    expect(client.nodes.get('./DCMO/usb/Property')?.value).toBe('new');
    expect([...client.nodes.keys()].filter((locUri) => locUri.startsWith('./DCMO/camera'))).toEqual([]);
    expect(client.nodes.get('./DCMO/fm/Property')?.value).toBe('FM');
  });

  test('needs in later sessions no search, no list that it refused and no other try', async () => {
    const { client, session } = await meet(ways);
    for (const value of ['one', 'two', 'three']) {
      for (const [locUri, node] of Object.entries(capability('camera'))) client.nodes.set(locUri, node);
      const { statuses, alerts } = await session(work(value));
      expect({ statuses, alerts, faults: client.faults }).toEqual({
        statuses: [200, 200, 200, 200],
        alerts: ['event'],
        faults: [],
      });
      if (value !== 'one') expect(client.asked.filter((message) => message.length > 0)).toEqual(later);
      expect(client.nodes.get('./DCMO/usb/Property')?.value).toBe(value);
    }
  });
});

describe('libdmclient', () => {
  test('says LrgObj and takes only the first chunk of an object: the write ends with an error and the node is as before', async () => {
    const { client, session } = await meet({ ...LIBDMCLIENT, maxMsgSize: 2_000 });
    const { statuses } = await session([['HGET', DATA + 'x'.repeat(5_000), `${DCMO}/usb/Property`]]);
    expect([statuses, client.faults]).toEqual([[500], []]);
    expect(client.nodes.get('./DCMO/usb/Property')?.value).toBe('usb');
  });
});

describe('Koneki', () => {
  test('begins the next session at the old RespURI, and needs one more message for its credentials', async () => {
    const { client, session } = await meet(KONEKI);
    await session([['GET', `${DEVDETAIL}//DevTyp`]]);
    expect(client.sent).toBe(2);
    await session([['GET', `${DEVDETAIL}//DevTyp`]]);
    expect([client.sent, client.faults]).toEqual([3, []]);
  });
});

describe('hs20-osu-client', () => {
  test('stores a value with an ampersand as empty and answers 200, which is all that the bridge can know', async () => {
    const { client, session } = await meet(HS20);
    const { statuses } = await session([['HGET', `${DATA}a%26b`, `${DCMO}/usb/Property`]]);
    expect([statuses, client.nodes.get('./DCMO/usb/Property')?.value]).toEqual([[200], '']);
  });
});
