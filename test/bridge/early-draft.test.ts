/** A backend of the early draft through the whole bridge: the device speaks DM 1.2, the backend lines of text and TNDS20. */
import { describe, expect, test } from 'vitest';
import type { IncomingReply, OutgoingRequest } from '../../src/bridge/ports.ts';
import { BRUCE, BridgeUnderTest, type BridgeUnderTestOptions, LEAVES, replied, SRV_URI } from './bridge-under-test.ts';
import { type Quirks, QuirkyDevice } from './quirky-device.ts';

const DCMO = 'oma:mo:oma-dcmo:1.0';
const DETAIL = 'oma:mo:oma-dm-devdetail:1.0';
const TREE = { ...LEAVES, './DCMO/Camera/Property': 'on', './DCMO/Camera/Ext/Zoom': '2' };
const REPOSITORY = 'http://backend.example.com/file';
const TNDS20 = { 'content-type': 'application/tnds20' };
const DM20 = { 'content-type': 'application/dm20' };

interface Played {
  readonly bridge: BridgeUnderTest;
  readonly device: QuirkyDevice;
  /** The requests to the backend after the first one: their bodies. */
  readonly statuses: readonly string[];
  /** The requests to repositories and pages. */
  readonly others: readonly OutgoingRequest[];
}

interface Scene {
  readonly answers: readonly (string | IncomingReply)[];
  readonly repository?: (request: OutgoingRequest) => IncomingReply;
  readonly quirks?: Quirks;
  readonly options?: BridgeUnderTestOptions;
  readonly killed?: boolean;
}

function textOf({ body }: OutgoingRequest): string {
  return body !== undefined && 'text' in body ? body.text : '';
}

async function play({ answers, repository, quirks = {}, options = {}, killed = false }: Scene): Promise<Played> {
  const left = [...answers];
  const bridge = await BridgeUnderTest.open({
    dialect: 'dm20-draft',
    ...options,
    script: (request) => {
      if (request.purpose !== 'package') return repository?.(request) ?? replied('', 404);
      const answer = left.shift() ?? 'MsgID 99\nEND';
      return typeof answer === 'string' ? replied(answer, 200, DM20) : answer;
    },
  });
  const device = new QuirkyDevice(BRUCE, { leaves: TREE, ...quirks });
  const post: BridgeUnderTest['post'] = async (...message) => {
    if (killed) bridge.kill();
    return await bridge.post(...message);
  };
  await device.session({ post });
  const packages = bridge.requests.filter(({ purpose }) => purpose === 'package');
  const others = bridge.requests.filter(({ purpose }) => purpose !== 'package');
  return { bridge, device, statuses: packages.slice(1).map(textOf), others };
}

function tnds20(...members: readonly object[]): IncomingReply {
  return replied(JSON.stringify({ TNDS20: members }), 200, TNDS20);
}

describe('the requests', () => {
  test('the first one has DevInfo, and no session alert', async () => {
    const { bridge } = await play({ answers: ['MsgID 0\r\nEND'] });
    const [first, ...others] = bridge.requests;
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      method: 'POST',
      url: SRV_URI,
      headers: {
        'content-type': 'application/tnds20',
        accept: 'application/dm20, application/tnds20',
        'x-omadmdeviceid': 'IMEI:1',
      },
    });
    expect(first?.headers).not.toHaveProperty('omadm-devid');
    expect(JSON.parse(first === undefined ? '' : textOf(first))).toEqual({
      TNDS20: [
        {
          MOID: 'oma:mo:oma-dm-devinfo:1.0',
          Path: '/',
          Lang: 'en',
          DmV: '1.2',
          Mod: 'Phone',
          Man: 'Maker',
          DevId: 'IMEI:1',
        },
      ],
    });
  });

  test('it has the MOs when the account wants them always, and Generic Alerts', async () => {
    const alert = `<Alert><CmdID>9</CmdID><Data>1226</Data><Item><Source><LocURI>./DCMO/Camera</LocURI></Source><Meta><Type xmlns="syncml:metinf">com.example.full</Type><Format xmlns="syncml:metinf">chr</Format></Meta><Data>x</Data></Item></Alert>`;
    const { bridge } = await play({
      answers: ['MsgID 0\nEND'],
      options: { alwaysSendMos: true },
      quirks: { packageOne: [alert] },
    });
    const body = JSON.parse(bridge.requests[0] === undefined ? '' : textOf(bridge.requests[0]));
    expect(body.MO).toContainEqual({ MOID: DCMO, DDF: expect.stringContaining(DCMO), Path: '/Camera' });
    expect(body.Alert).toMatchObject([{ AlertType: 'com.example.full', SourceURI: expect.stringContaining('dcmo') }]);
    expect((await bridge.state()).outbox).toEqual([]);
  });

  test('those that follow have the statuses, with the MsgID of the answer', async () => {
    const { bridge, statuses } = await play({
      answers: [`MsgID 4\r\nDELETE ${DCMO}/Camera/Property\r\nDELETE ${DCMO}/None\r\nFLY`, 'MsgID 5', 'MsgID 6\nEND'],
    });
    expect(statuses).toEqual(['MsgID 4\r\n200\r\n404\r\n501', 'MsgID 5']);
    expect(bridge.requests[1]?.headers).toEqual({
      'content-type': 'application/dm20status',
      accept: 'application/dm20, application/tnds20',
      'x-omadmdeviceid': 'IMEI:1',
    });
  });

  test('END is executed after the commands before it, and nothing follows', async () => {
    const { statuses, device } = await play({ answers: [`MsgID 0\nDELETE ${DCMO}/Camera\nEND`] });
    expect(statuses).toEqual([]);
    expect(device.tree.has('./DCMO/Camera/Property')).toBe(false);
  });
});

describe('the answer', () => {
  test.each<[string, IncomingReply]>([
    ['of another type', replied('MsgID 0\nEND', 200, { 'content-type': 'text/plain' })],
    ['of DM 2.0', replied('{"CMD":[]}', 200, { 'content-type': 'application/vnd.oma.dm.request+json' })],
    ['without MsgID', replied('END', 200, DM20)],
    ['with too many commands', replied(`MsgID 0\n${'END\n'.repeat(11)}`, 200, DM20)],
  ])('one %s ends the session', async (_, answer) => {
    const { statuses, bridge } = await play({ answers: [answer], options: { maxCommands: 10 } });
    expect(statuses).toEqual([]);
    expect(bridge.logs.filter((line) => line.includes('invalid Package#2') || line.includes('more than'))).toHaveLength(
      1,
    );
  });

  test('a gap in the numbers is logged, and the session goes on', async () => {
    const { statuses, bridge } = await play({
      answers: ['MsgID 1\nFLY', 'MsgID 3\nFLY', 'MsgID 4\nFLY', 'MsgID 5\nEND'],
    });
    expect(statuses).toHaveLength(3);
    expect(bridge.logs.filter((line) => line.includes('north.msg_id_gap'))).toEqual([
      expect.stringContaining('"expected":2,"got":3'),
    ]);
  });
});

describe('the commands', () => {
  test('GET replaces the node at its place', async () => {
    const { statuses, device, others } = await play({
      answers: [
        `MsgID 0\nGET ${REPOSITORY} ${DCMO}/Camera/Ext\nGET ${REPOSITORY}/leaf ${DCMO}/Camera/Property`,
        'MsgID 1\nEND',
      ],
      repository: ({ url }) =>
        url.endsWith('/leaf')
          ? tnds20({ MOID: DCMO, Path: '/Camera', Property: 'off' })
          : tnds20({ MOID: DCMO, Path: '/Camera/Ext', Zoom: 4 }),
    });
    expect(statuses).toEqual(['MsgID 0\r\n200\r\n200']);
    expect(others[0]).toMatchObject({ method: 'GET', headers: { accept: 'application/tnds20' } });
    expect(device.tree.get('./DCMO/Camera/Ext/Zoom')).toBe('4');
    expect(device.tree.get('./DCMO/Camera/Property')).toBe('off');
  });

  test('GET without a place returns the new one', async () => {
    const { statuses, device } = await play({
      answers: [`MsgID 0\nGET ${REPOSITORY}`, 'MsgID 1\nEND'],
      repository: () => tnds20({ MOID: DCMO, Path: '/Radio', Property: 'fm' }),
    });
    expect(statuses).toEqual([`MsgID 0\r\n200 ${DCMO}/Radio/`]);
    expect(device.tree.get('./DCMO/Radio/Property')).toBe('fm');
  });

  test.each<[string, IncomingReply, number]>([
    ['is not there', replied('', 404), 419],
    ['is no TNDS20', replied('{"TNDS20":1}', 200, TNDS20), 415],
    ['has another MO, which the device cannot have', tnds20({ MOID: 'oma:mo:none:1.0', Path: '/1', A: 'x' }), 404],
  ])('GET of a resource that %s', async (_, reply, status) => {
    const { statuses } = await play({
      answers: [`MsgID 0\nGET ${REPOSITORY}`, 'MsgID 1\nEND'],
      repository: () => reply,
    });
    expect(statuses).toEqual([`MsgID 0\r\n${status}`]);
  });

  test.each(['PUT', 'POST'])('%s sends all nodes as one TNDS20 document', async (method) => {
    const { statuses, others } = await play({
      answers: [
        `MsgID 0\n${method} ${REPOSITORY} ${DCMO}/Camera ${DETAIL}//DevTyp ${DCMO}/Camera?Levels=1`,
        'MsgID 1\nEND',
      ],
      repository: () => replied('', 204),
    });
    expect(statuses).toEqual(['MsgID 0\r\n200']);
    expect(others).toMatchObject([{ method, url: REPOSITORY, headers: TNDS20 }]);
    expect(JSON.parse(others[0] === undefined ? '' : textOf(others[0]))).toEqual({
      TNDS20: [
        { MOID: DCMO, Path: '/Camera', Property: 'on', Ext: { Zoom: '2' } },
        { MOID: DETAIL, Path: '/', DevTyp: 'Phone' },
        { MOID: DCMO, Path: '/Camera', Property: 'on', Ext: {} },
      ],
    });
  });

  test.each<[string, boolean]>([
    ['*', false],
    ['*?Levels=1', true],
  ])('POST of %s lists the MOIDs', async (address, withInstances) => {
    const { statuses, others } = await play({
      answers: [`MsgID 0\nPOST ${REPOSITORY} ${address}`, 'MsgID 1\nEND'],
      repository: () => replied('', 200),
    });
    expect(statuses).toEqual(['MsgID 0\r\n200']);
    const { TNDS20: list } = JSON.parse(others[0] === undefined ? '' : textOf(others[0]));
    expect(list).toContainEqual(
      withInstances ? expect.objectContaining({ MOID: DCMO, Path: '/Camera' }) : { MOID: DCMO },
    );
  });

  test('EXEC', async () => {
    const { statuses, device } = await play({ answers: [`MsgID 0\nEXEC ${DCMO}/Camera`, 'MsgID 1\nEND'] });
    expect(statuses).toEqual(['MsgID 0\r\n200']);
    expect(device.executed).toContain('Exec ./DCMO/Camera');
  });

  test('DEFAULT fetches for a missing MO, and says that the device asks', async () => {
    const { statuses, others } = await play({
      answers: [`MsgID 0\nDEFAULT ${DCMO} ${REPOSITORY}`, 'MsgID 1\nEND'],
      quirks: { leaves: LEAVES },
      repository: () => tnds20({ MOID: DCMO, Path: '/Camera', Property: 'on' }),
    });
    expect(statuses).toEqual(['MsgID 0\r\n200']);
    expect(others.map(({ url }) => url)).toEqual([`${REPOSITORY}?InitiatedBy=Device`]);
  });

  test('[MAN], [MOD] and [IMEI] are filled in', async () => {
    const { others } = await play({
      answers: [`MsgID 0\nGET ${REPOSITORY}/[MAN]/[MOD]/[IMEI]`, 'MsgID 1\nEND'],
    });
    expect(others.map(({ url }) => url)).toEqual([`${REPOSITORY}/Maker/Phone/1`]);
  });

  test.each(['CONT http://backend.example.com/x', `SUB ${REPOSITORY} ${DCMO}/Camera`, 'HGET x', 'get x', 'FLY'])(
    '%s is unknown: 501',
    async (line) => {
      const { statuses } = await play({ answers: [`MsgID 0\n${line}`, 'MsgID 1\nEND'] });
      expect(statuses).toEqual(['MsgID 0\r\n501']);
    },
  );

  test.each(['GET', 'DELETE', `DEFAULT ${DCMO}`, 'EXEC', 'PUT http://backend.example.com/x', 'SHOW'])(
    '%s lacks a parameter: 400',
    async (line) => {
      const { statuses } = await play({ answers: [`MsgID 0\n${line}`, 'MsgID 1\nEND'] });
      expect(statuses).toEqual(['MsgID 0\r\n400']);
    },
  );
});

describe('SHOW pauses the session', () => {
  const PAGE = 'http://backend.example.com/page';
  const DONE = 'http://backend.example.com/done';
  const html = (text: string) => replied(text, 200, { 'content-type': 'text/html' });
  const form = '<form action="/done"><p>Go on?</p><button>OK</button></form>';
  /** The order of things: requests to pages, and deletions on the device. */
  const orderOf = ({ others, device }: Played) => [
    ...others.map(({ url }) => new URL(url).pathname),
    ...device.messages.flat().filter((name) => name === 'Alert' || name === 'Delete'),
  ];

  test.each([[false], [true]])('until the page of Close is loaded; killed before each message: %s', async (killed) => {
    const played = await play({
      answers: [`MsgID 0\nSHOW ${PAGE}?Close=${DONE}\nDELETE ${DCMO}/Camera/Property`, 'MsgID 1\nEND'],
      repository: ({ url }) => html(url === DONE ? '<p>Thank you' : form),
      killed,
    });
    expect(orderOf(played)).toEqual(['/page', '/done', 'Alert', 'Delete']);
    const { messages } = played.device;
    const at = (name: string) => messages.findIndex((names) => names.includes(name));
    expect(at('Delete')).toBeGreaterThan(at('Alert'));
    expect(played.statuses).toEqual(['MsgID 0\r\n200\r\n200']);
  });

  test('with Continue the page after it is shown beside the session', async () => {
    const played = await play({
      answers: [`MsgID 0\nSHOW ${PAGE}?Continue=/done\nDELETE ${DCMO}/Camera/Property`, 'MsgID 1\nEND'],
      repository: ({ url }) => html(url === DONE ? '<p>Thank you' : form),
    });
    expect(played.device.messages.flat().filter((name) => name === 'Alert')).toHaveLength(2);
    expect(played.statuses).toEqual(['MsgID 0\r\n200\r\n200']);
  });

  test('until the user has seen a page that leads nowhere; the last command of a list, too', async () => {
    const played = await play({
      answers: [`MsgID 0\nSHOW ${PAGE}?Close=${DONE}`, 'MsgID 1\nEND'],
      repository: () => html('<p>Hello'),
    });
    expect(played.statuses).toEqual(['MsgID 0\r\n200']);
  });

  test('the status does not leave before the pages have ended', async () => {
    const twoAlerts =
      '<form action="/done"><p>Terms<input type="checkbox" name="a"><p>Go on?</p><button>OK</button></form>';
    const { bridge } = await play({
      answers: [`MsgID 0\nSHOW ${PAGE}?Close=${DONE}`, 'MsgID 1\nEND'],
      repository: ({ url }) => html(url === DONE ? '<p>Thank you' : twoAlerts),
    });
    expect(bridge.requests.map(({ purpose }) => purpose)).toEqual(['package', 'page', 'page', 'package']);
  });

  test('without Close and Continue it is 400', async () => {
    const { statuses, others } = await play({ answers: [`MsgID 0\nSHOW ${PAGE}`, 'MsgID 1\nEND'] });
    expect([statuses, others]).toEqual([['MsgID 0\r\n400'], []]);
  });
});
