/** The reference DM 2.0 Server: the exchanges of the specification, faults of clients, campaigns and its repository. */
import { request } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { toCampaign } from '../../../src/testbed/backend/campaign.ts';
import { type BackendEvent, type RunningBackend, startBackend } from '../../../src/testbed/backend/server.ts';

const DEV_ID = 'IMEI:493005100592800';
const INITIATION = 'application/vnd.oma.dm.initiation+json';
const REQUEST = 'application/vnd.oma.dm.request+json';
const RESPONSE = 'application/vnd.oma.dm.response+json';
const CLIENT_INITIATED = { Alert: [{ AlertType: 'urn:oma:at:dm:2.0:ClientInitiatedMgmt' }] };

let backend: RunningBackend | undefined;

afterEach(async () => {
  await backend?.close();
  backend = undefined;
});

async function start(campaign: object, onEvent?: (event: BackendEvent) => void): Promise<RunningBackend> {
  backend = await startBackend({ campaign: toCampaign(campaign), host: '127.0.0.1', port: 0, onEvent });
  return backend;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function call(method: 'GET' | 'POST' | 'PUT', path: string, headers: object, body?: string): Promise<Reply> {
  const reply = await request(`${backend?.url}${path}`, { method, headers: { ...headers }, body: body ?? null });
  return { status: reply.statusCode, headers: reply.headers, body: await reply.body.text() };
}

/** One package as a right client sends it; `type` and `body` may be anything. */
async function send(type: string, body: unknown, path = '/dmserver/dm20', headers: object = {}): Promise<Reply> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const usual = { 'content-type': type, accept: REQUEST, 'omadm-devid': DEV_ID };
  return call('POST', path, { ...usual, ...headers }, text);
}

function commandsOf(reply: Reply): unknown {
  expect(reply.status).toBe(200);
  expect(reply.headers['content-type']).toBe(REQUEST);
  return JSON.parse(reply.body).CMD;
}

function multipart(...parts: readonly { name?: string; type: string; body: string }[]): string {
  const texts = parts.map(({ name, type, body }) => {
    const disposition = name === undefined ? 'form-data' : `form-data; name="${name}"`;
    return `--simple_boundary\r\nContent-Disposition: ${disposition}\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`;
  });
  return `${texts.join('')}--simple_boundary--\r\n`;
}

const MULTIPART = 'multipart/form-data; boundary=simple_boundary';

function steps(...commands: readonly object[][]): object {
  return { rules: [{ match: {}, sessions: [{ steps: commands.map((list) => ({ commands: list })) }] }] };
}

describe('Appendix F', () => {
  const campaign = {
    ...steps([
      { do: ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//DevID'], data: DEV_ID },
      {
        do: ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//DevID'],
        data: [{ ClientURI: 'urn:oma:mo:oma-dm-devinfo:1.2//DevID', MOData: { DevID: '{devId}' } }],
      },
      { do: ['GET', 'urn:oma:mo:oma-sessioninfomo:1.0//'], data: [{ MOData: { SessionInfoMO: { CBT: 1 } } }] },
      { do: ['HPUT', 'http://www.data.com/MOData', 'urn:oma:mo:oma-moid:1.0//'] },
      { do: ['GET', 'urn:oma:mo:invalid-moid:1.0//'], status: 404 },
      { do: ['HGET', 'http://www.dms1.com/', 'urn:oma:mo:oma-dm-dmacc:2.0/dms1/AuthNoti/AuthSecret'] },
    ]),
    statusForm: 'number',
  };
  // Part 1 as an array: the printed object is a listed correction.
  const parts = [
    { type: RESPONSE, body: JSON.stringify({ Status: [200, 200, 200, 200, 404, 200] }) },
    { name: '0', type: 'text/plain', body: DEV_ID },
    {
      name: '1',
      type: 'application/dmmo+json',
      body: JSON.stringify([{ ClientURI: 'urn:oma:mo:oma-dm-devinfo:1.2//DevID', MOData: { DevID: DEV_ID } }]),
    },
    {
      name: '2',
      type: 'application/dmmo+json',
      body: JSON.stringify([
        { ClientURI: 'urn:oma:mo:oma-sessioninfomo:1.0//', MOData: { SessionInfoMO: { CBT: 1, ROAMING: 0 } } },
      ]),
    },
  ];

  test('the whole exchange of Appendix F ends well', async () => {
    const server = await start(campaign);
    const commands = commandsOf(await send(INITIATION, CLIENT_INITIATED));
    expect(commands).toHaveLength(6);
    expect(commandsOf(await send(MULTIPART, multipart(...parts)))).toEqual([['END']]);
    expect(server.progress()).toMatchObject([{ devId: DEV_ID, state: 'done', reasons: [], sessions: 1, commands: 6 }]);
    expect(server.faults).toEqual([]);
  });

  test.each([
    ['a part too many', [...parts, { name: '4', type: 'text/plain', body: '' }], 'parts [0,1,2,4] instead of [0,1,2]'],
    ['a part missing', parts.slice(0, 3), 'parts [0,1] instead of [0,1,2]'],
    ['another value', parts.with(1, { name: '0', type: 'text/plain', body: 'IMEI:1' }), 'data is "IMEI:1" instead of'],
    [
      'the package not first',
      [parts[1] ?? { type: '', body: '' }, ...parts.slice(2)],
      'the first part is of the type "text/plain"',
    ],
    [
      'MO data that is no array',
      parts.with(3, { name: '2', type: 'application/dmmo+json', body: '{}' }),
      'part 2: MO data is no array',
    ],
  ])('a fault in Package#3 is reported: %s', async (_name, sent, reason) => {
    const server = await start(campaign);
    await send(INITIATION, CLIENT_INITIATED);
    await send(MULTIPART, multipart(...sent));
    expect(server.progress()[0]?.reasons.join('\n')).toContain(reason);
  });
});

describe('Appendix I', () => {
  test('I.1: data and then HPOST with END bring the value to the repository, and no Package#3 follows', async () => {
    const camera = '/camera_state?DevID={devId}';
    const server = await start({
      rules: [
        {
          match: { devId: 'IMEI:*' },
          sessions: [
            {
              steps: [
                {
                  commands: [
                    {
                      do: ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//'],
                      data: [{ MOData: { DevInfo: { Mod: 'DM_Client' } } }],
                    },
                    {
                      do: ['GET', 'urn:oma:mo:oma-scomo:1.0//Inventory/Deployed/*/ID'],
                      data: [{ MOData: { ID: 'pkg1_id' } }, { MOData: { ID: 'pkg2_id' } }],
                    },
                  ],
                },
                {
                  commands: [
                    {
                      do: ['HPOST', `{backend}${camera}`, 'urn:oma:mo:oma-dcmo:1.0/(x)/Enabled?nv=(x)/Property:Camera'],
                    },
                    { do: ['END'] },
                  ],
                },
              ],
            },
          ],
          uploads: [{ method: 'POST', path: camera, type: 'text/plain', body: 'true' }],
        },
      ],
    });
    await send(INITIATION, CLIENT_INITIATED);
    const member = (uri: string, label: string, value: unknown): object => ({
      ClientURI: uri,
      MOData: { [label]: value },
    });
    const reply = await send(
      MULTIPART,
      multipart(
        { type: RESPONSE, body: JSON.stringify({ Status: [{ sc: 200 }, { sc: 200 }] }) },
        {
          name: '0',
          type: 'application/dmmo+json',
          body: JSON.stringify([
            member('urn:oma:mo:oma-dm-devinfo:1.2//', 'DevInfo', { Mod: 'DM_Client', Man: 'Vendor' }),
          ]),
        },
        {
          name: '1',
          type: 'application/dmmo+json',
          body: JSON.stringify(
            ['pkg1', 'pkg2'].map((name) =>
              member(`urn:oma:mo:oma-scomo:1.0//Inventory/Deployed/${name}/ID`, 'ID', `${name}_id`),
            ),
          ),
        },
      ),
    );
    expect(commandsOf(reply)).toEqual([
      [
        'HPOST',
        `${server.url}/camera_state?DevID=${DEV_ID}`,
        'urn:oma:mo:oma-dcmo:1.0/(x)/Enabled?nv=(x)/Property:Camera',
      ],
      ['END'],
    ]);
    expect(server.progress()[0]?.reasons).toEqual([expect.stringContaining('no POST /camera_state')]);
    await call('POST', `/camera_state?DevID=${DEV_ID}`, { 'content-type': 'text/plain' }, 'true');
    expect(server.progress()).toMatchObject([{ state: 'done', reasons: [] }]);
    await send(RESPONSE, { Status: [] });
    expect(server.progress()[0]?.reasons).toEqual(['Package#3 although none is due']);
  });

  test('I.2: MOS, a new secret and a new instance are accepted', async () => {
    const server = await start({
      resources: {
        '/dcmo_usb': { body: [{ ClientURI: 'urn:oma:mo:oma-dcmo:1.0//', MOData: { usb: { Property: 'USB' } } }] },
      },
      rules: [
        {
          match: {},
          sessions: [
            {
              mos: ['urn:oma:mo:oma-dcmo:1.0'],
              steps: [{ commands: [{ do: ['HGET', '{backend}/dcmo_usb'], uri: ['urn:oma:mo:oma-dcmo:1.0/usb/'] }] }],
            },
          ],
        },
      ],
    });
    const mos = [
      { DDF: 'http://www.vendor.com/DDF/devinfo1.0.ddf', MOID: 'urn:oma:mo:oma-dm-devinfo:1.0', MIID: ['miid1'] },
      { MOID: 'urn:oma:mo:oma-dcmo:1.0', MIID: [] },
    ];
    expect(commandsOf(await send(INITIATION, { MOS: mos, ...CLIENT_INITIATED }))).toEqual([
      ['HGET', `${server.url}/dcmo_usb`],
    ]);
    const data = await call('GET', '/dcmo_usb', { accept: 'application/dmmo+json' });
    expect(data).toMatchObject({ status: 200, headers: { 'content-type': 'application/dmmo+json' } });
    expect(JSON.parse(data.body)[0].MOData).toEqual({ usb: { Property: 'USB' } });
    await send(RESPONSE, { Status: [{ sc: 200, URI: ['urn:oma:mo:oma-dcmo:1.0/usb/'] }] });
    expect(server.progress()).toMatchObject([{ state: 'done', reasons: [] }]);
  });

  test('statuses as numbers, each followed by its URIs, are read where the campaign says so', async () => {
    const server = await start({
      ...steps([
        { do: ['HGET', '{backend}/a'], uri: ['urn:x/1/'] },
        { do: ['GET', 'urn:x/1/'], status: 404 },
      ]),
      statusForm: 'number',
    });
    await send(INITIATION, CLIENT_INITIATED);
    await send(RESPONSE, { Status: [200, 'urn:x/1/', 404] });
    expect(server.progress()).toMatchObject([{ state: 'done', reasons: [] }]);
  });
});

describe('a backend that checks its client', () => {
  test.each([
    ['no session alert', { Alert: [] }, 'Package#1 has 0 session alerts instead of one'],
    [
      'two session alerts',
      { Alert: [...CLIENT_INITIATED.Alert, ...CLIENT_INITIATED.Alert] },
      'Package#1 has 2 session alerts',
    ],
    ['no JSON', 'nonsense', 'Package#1 is no object'],
    ['an unknown property', { ...CLIENT_INITIATED, Alerts: [] }, 'unknown property "Alerts"'],
    ['MOS without MIID', { ...CLIENT_INITIATED, MOS: [{ MOID: 'urn:x' }] }, 'MIID is no array of strings'],
    [
      'Data without DataType',
      { Alert: [...CLIENT_INITIATED.Alert, { AlertType: 'a', Data: {} }] },
      'Data without DataType',
    ],
    [
      'Data that is no object',
      { Alert: [...CLIENT_INITIATED.Alert, { AlertType: 'a', DataType: 'int', Data: 5 }] },
      'Data of an alert is no object',
    ],
    ['an unknown Mark', { Alert: [...CLIENT_INITIATED.Alert, { AlertType: 'a', Mark: 'urgent' }] }, 'Mark "urgent"'],
    [
      'a notification without its id',
      { Alert: [{ AlertType: 'urn:oma:at:dm:2.0:ServerInitiatedMgmt', DataType: 'application/json', Data: {} }] },
      'without NOTIFICATION-ID',
    ],
  ])('a fault in Package#1 is reported: %s', async (_name, body, reason) => {
    const server = await start(steps([{ do: ['GET', 'urn:x//'] }]));
    await send(INITIATION, body);
    expect(server.progress()[0]?.reasons.join('\n')).toContain(reason);
  });

  test.each([
    ['too few statuses', { Status: [] }, '0 statuses for 1 commands'],
    ['a status that DELETE does not have', { Status: [{ sc: 202 }] }, 'status 202 for DELETE'],
    ['an unexpected status', { Status: [{ sc: 404 }] }, 'DELETE urn:x/1/: status 404 instead of 200'],
    ['numbers where objects are due', { Status: [200] }, 'status NaN for DELETE'],
    ['no Status', {}, 'Package#3 without Status array'],
  ])('a fault in a Package#3 without parts is reported: %s', async (_name, body, reason) => {
    const server = await start(steps([{ do: ['DELETE', 'urn:x/1/'] }]));
    await send(INITIATION, CLIENT_INITIATED);
    await send(RESPONSE, body);
    expect(server.progress()[0]).toMatchObject({ state: 'failed' });
    expect(server.progress()[0]?.reasons.join('\n')).toContain(reason);
  });

  test.each([
    ['no OMADM-DevID', { 'omadm-devid': '' }, 400],
    ['another Content-Type', { 'content-type': 'application/json' }, 415],
    ['an Accept without Package#2', { accept: 'text/html' }, 406],
  ])('a request is refused: %s', async (_name, headers, status) => {
    const server = await start(steps([]));
    expect((await send(INITIATION, CLIENT_INITIATED, '/dmserver/dm20', headers)).status).toBe(status);
    expect(server.faults).toHaveLength(1);
  });

  test('a Package#3 that does not follow CONT is a fault', async () => {
    const campaign = { ...steps([{ do: ['CONT', '{backend}/other'] }]), paths: ['/dmserver/dm20', '/other'] };
    const server = await start(campaign);
    await send(INITIATION, CLIENT_INITIATED);
    await send(RESPONSE, { Status: [{ sc: 200 }] });
    expect(server.progress()[0]?.reasons).toEqual([`Package#3 to ${server.url}/dmserver/dm20 after CONT`]);
    await server.close();
    const right = await start(campaign);
    await send(INITIATION, CLIENT_INITIATED);
    await send(RESPONSE, { Status: [{ sc: 200 }] }, '/other');
    expect(right.progress()[0]?.reasons).toEqual([]);
  });
});

describe('campaigns', () => {
  test('alerts are expected in Package#1 of their session, in Package#3, or at any time', async () => {
    const alert = { AlertType: 'urn:oma:at:dcmo:1.0:OperationComplete', DataType: 'int', Data: { DM1x: 1200 } };
    const plan = {
      rules: [
        {
          match: {},
          alerts: [{ AlertType: 'at-any-time' }],
          sessions: [{ steps: [{ commands: [], alerts: [alert] }] }, { alerts: [alert], steps: [] }],
        },
      ],
    };
    const server = await start(plan);
    await send(INITIATION, CLIENT_INITIATED);
    await send(RESPONSE, { Status: [], Alert: [alert] });
    expect(server.progress()).toMatchObject([{ state: 'running', reasons: [] }]);
    await send(INITIATION, { Alert: [...CLIENT_INITIATED.Alert, alert, { AlertType: 'at-any-time' }] });
    expect(server.progress()).toMatchObject([{ state: 'done', reasons: [] }]);
    await server.close();
    const missing = await start(plan);
    await send(INITIATION, CLIENT_INITIATED);
    await send(RESPONSE, { Status: [] });
    await send(INITIATION, CLIENT_INITIATED);
    expect(missing.progress()[0]?.reasons).toEqual([
      expect.stringMatching(/^no alert .*DM1x.* in Package#3$/u),
      expect.stringMatching(/^no alert .*DM1x.* in Package#1$/u),
      expect.stringMatching(/^no alert .*at-any-time.* in the whole campaign$/u),
    ]);
  });

  test('a rule by model asks DevInfo first', async () => {
    const server = await start({
      rules: [
        {
          match: { model: 'Phone*' },
          sessions: [{ steps: [{ commands: [{ do: ['GET', 'urn:phone//'], status: 404 }] }] }],
        },
        { match: {}, sessions: [{ steps: [{ commands: [{ do: ['GET', 'urn:any//'], status: 404 }] }] }] },
      ],
    });
    expect(commandsOf(await send(INITIATION, CLIENT_INITIATED))).toEqual([
      ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//Mod'],
    ]);
    const answer = multipart(
      { type: RESPONSE, body: '{"Status":[{"sc":200}]}' },
      { name: '0', type: 'text/plain', body: 'Phone2000' },
    );
    expect(commandsOf(await send(MULTIPART, answer))).toEqual([['GET', 'urn:phone//']]);
    expect(server.progress()[0]?.reasons).toEqual([]);
  });

  test('a report of an EXEC comes to its own address, and its session ends at once', async () => {
    const server = await start({ rules: [{ match: {}, alerts: [{ AlertType: 'done' }], sessions: [{ steps: [] }] }] });
    await send(INITIATION, CLIENT_INITIATED);
    expect(server.progress()[0]?.state).toBe('failed');
    const report = { Alert: [...CLIENT_INITIATED.Alert, { AlertType: 'done' }] };
    expect(commandsOf(await send(INITIATION, report, '/reports'))).toEqual([['END']]);
    expect(server.progress()).toMatchObject([{ state: 'done', reasons: [] }]);
  });

  test('a file that is no campaign is refused with the place of its fault', () => {
    expect(() =>
      toCampaign({ rules: [{ match: {}, sessions: [{ steps: [{ commands: [{ status: 200 }] }] }] }] }, 'c.yaml'),
    ).toThrow('c.yaml: /rules/0/sessions/0/steps/0/commands/0/do is required');
  });
});

describe('the Data Repository', () => {
  const resources = {
    '/text': { type: 'text/plain', body: 'words' },
    '/bytes': { type: 'application/octet-stream', base64: 'AAEC' },
    '/gone': { status: 410 },
    '/tnds': { accept: ['application/vnd.syncml.dmtnds+xml'] },
  };

  test.each([
    ['GET', '/text', { accept: '*/*' }, 200, {}],
    ['GET', '/text', { accept: 'application/dmmo+json' }, 406, {}],
    ['GET', '/gone', {}, 410, {}],
    ['GET', '/none', {}, 404, {}],
    ['PUT', '/anywhere', { 'content-type': 'text/plain' }, 200, {}],
    [
      'PUT',
      '/tnds',
      { 'content-type': 'application/dmmo+json' },
      415,
      { 'omadm-accept': 'application/vnd.syncml.dmtnds+xml' },
    ],
  ] as const)('the repository answers %s %s %o with %i', async (method, path, headers, status, expected) => {
    await start({ resources, rules: [] });
    expect(await call(method, path, headers, method === 'PUT' ? 'x' : undefined)).toMatchObject({
      status,
      headers: expected,
    });
  });

  test('the repository sends bytes as they are, and keeps what it receives', async () => {
    const server = await start({ resources, rules: [] });
    expect((await call('GET', '/bytes', {})).body).toBe('\u0000\u0001\u0002');
    await call('PUT', '/up', { 'content-type': 'text/plain' }, 'v');
    expect(server.repository.uploads).toEqual([{ method: 'PUT', path: '/up', type: 'text/plain', body: 'v' }]);
    await call('POST', '/up', { 'content-type': 'application/dmmo+json' }, '{}');
    expect(server.repository.faults).toEqual(['POST /up: MO data is no array']);
  });
});

describe('failures on purpose and authentication', () => {
  test('a status, an invalid package and a dropped connection come at the request that the campaign names', async () => {
    await start({
      ...steps([{ do: ['GET', 'urn:x//'] }]),
      failures: [
        { request: 1, status: 500 },
        { request: 2, body: '{"CMD": "nonsense"}' },
        { request: 3, devId: DEV_ID, drop: true },
      ],
    });
    expect((await send(INITIATION, CLIENT_INITIATED)).status).toBe(500);
    expect((await send(INITIATION, CLIENT_INITIATED)).body).toBe('{"CMD": "nonsense"}');
    await expect(send(INITIATION, CLIENT_INITIATED)).rejects.toThrow();
    expect(commandsOf(await send(INITIATION, CLIENT_INITIATED))).toEqual([['GET', 'urn:x//']]);
  });

  test('an answer that the campaign delays comes later than the next one', async () => {
    const delayed = Promise.withResolvers<void>();
    const failures = [
      { request: 1, delay: 3_600_000 },
      { request: 2, delay: 1 },
    ];
    await start({ ...steps([{ do: ['GET', 'urn:x//'] }]), failures }, ({ type }) => {
      if (type === 'failure') delayed.resolve();
    });
    let isAnswered = false;
    const late = send(INITIATION, CLIENT_INITIATED).finally(() => {
      isAnswered = true;
    });
    await delayed.promise;
    const other = { 'omadm-devid': 'IMEI:2' };
    expect(commandsOf(await send(INITIATION, CLIENT_INITIATED, '/dmserver/dm20', other))).toEqual([['GET', 'urn:x//']]);
    expect(isAnswered).toBe(false);
    await backend?.close();
    await expect(late).rejects.toThrow();
  });

  test('Basic credentials are asked for and checked', async () => {
    await start({ ...steps(), auth: { user: 'bridge', password: 'secret' } });
    const refused = await send(INITIATION, CLIENT_INITIATED);
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toContain('Basic');
    const authorization = `Basic ${Buffer.from('bridge:secret').toString('base64')}`;
    const headers = { authorization };
    expect(commandsOf(await send(INITIATION, CLIENT_INITIATED, '/dmserver/dm20', headers))).toEqual([['END']]);
  });
});
