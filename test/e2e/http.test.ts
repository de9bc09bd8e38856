/** HTTP as devices of all ages speak it, in raw bytes to the running bridge. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exchangeRaw, type RawAnswer, RawConnection } from '../support/raw-http.ts';
import { BridgeProcess } from './bridge-process.ts';
import { basicHeader, digestHeader, macHeader, parametersOf } from './http-credentials.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import { DM_XML, note, packageOne, readAnswer } from './scripted-device.ts';

const backend = new ScriptedBackend();
let bridge: BridgeProcess;
let device = { devId: '', user: 'bruce', password: 'OhBehave' };
let devices = 0;
beforeAll(async () => {
  const url = await backend.open();
  backend.answerBy(() => list(['END']));
  const rows = Array.from({ length: 40 }, (_, at) => `IMEI:${at},bruce,OhBehave,`);
  const web = ['IMEI:900,bruce,OhBehave,http-digest http-basic', 'IMEI:901,bruce,OhBehave,http-digest http-basic'];
  web.push('IMEI:910,bruce,OhBehave,hmac-md5');
  bridge = new BridgeProcess(url, ['devId,user,password,auth', ...rows, ...web, ''].join('\n'));
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

const portOf = (url: string) => Number(new URL(url).port);

/** Sends these bytes and reads until the bridge closes the connection. */
const raw = (...bytes: readonly (string | Buffer)[]) => exchangeRaw(portOf(bridge.south), ...bytes);

/** A POST; `undefined` leaves a header out. */
function post(body: string | Buffer, headers: Record<string, string | undefined> = {}, version = '1.1'): Buffer {
  const all = {
    Host: 'dm.example.com',
    'Content-Type': DM_XML,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  return Buffer.concat([Buffer.from(`POST /dm HTTP/${version}\r\n${lines.join('')}\r\n`), Buffer.from(body)]);
}

/** Expects the answer that opens a session, with its length and no-store. */
function expectSession({ status, head, body }: RawAnswer, type = DM_XML): void {
  expect(status).toBe(200);
  expect(head).toContain(`content-type: ${type}`);
  expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
  expect(head).toContain('cache-control: no-store');
  expect(head).not.toContain('transfer-encoding');
  expect(head).not.toContain('content-encoding');
  expect(readAnswer(body)).toMatchObject({ statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'], final: true });
}

/** Cuts a body into HTTP chunks of this many bytes. */
function chunked(body: string, length: number): string {
  const pieces = Array.from({ length: Math.ceil(body.length / length) }, (_, at) =>
    body.slice(at * length, (at + 1) * length),
  );
  return `${pieces.map((piece) => `${piece.length.toString(16)};ext=1\r\n${piece}\r\n`).join('')}0\r\nTrailer: x\r\n\r\n`;
}

describe('a request (CP-HTTP-5.3.1, CP-HTTP-5.4a)', () => {
  test('a request with the headers of the client profile is answered in its own type, whatever Accept says (CP-HTTP-5.3.2a, CP-HTTP-5.3.3a, CP-HTTP-5.3.3b, CP-HTTP-5.3.3d)', async () => {
    const headers = {
      'Cache-Control': 'no-store',
      Accept: 'application/vnd.syncml.dm+wbxml, text/html;q=0.1',
      'Accept-Charset': 'iso-8859-1, utf-8;q=0.5',
      'Accept-Encoding': 'gzip, br',
      'User-Agent': 'Example Phone 12 (DM 1.3)',
    };
    expectSession(await raw(post(packageOne(device), headers)));
  });

  test.each([
    ['HTTP/1.0', '1.0', {}],
    ['HTTP/1.0 without Host', '1.0', { Host: undefined, Connection: undefined }],
    ['HTTP/1.1 without Host', '1.1', { Host: undefined }],
    ['a quoted charset', '1.1', { 'Content-Type': `${DM_XML}; charset="UTF-8"` }],
    ['other parameters', '1.1', { 'Content-Type': 'Application/VND.SyncML.DM+XML ;v=1;charset=us-ascii' }],
    ['a Content-Encoding that names a charset', '1.1', { 'Content-Encoding': 'UTF-8' }],
    ['Content-Encoding: identity', '1.1', { 'Content-Encoding': 'identity' }],
  ])('a request is taken: %s', async (_, version, headers) => {
    expectSession(await raw(post(packageOne(device), headers, version)));
  });

  test('a request of the older media type is answered in that type', async () => {
    const type = 'application/vnd.syncml+xml';
    expectSession(await raw(post(packageOne(device), { 'Content-Type': type })), type);
  });

  test.each([
    ['iso-8859-1 by parameter', 'charset=ISO-8859-1', 'latin1', ''],
    ['iso-8859-1 by XML declaration', '', 'latin1', 'ISO-8859-1'],
    ['utf-8 against its XML declaration', 'charset=utf-8', 'utf8', 'ISO-8859-1'],
  ] as const)('a request is read as %s', async (_, parameter, encoding, declared) => {
    const secret = 'Ä-größe';
    const message = packageOne({ ...device, password: 'OhBehave' }, { target: `http://dm.example.com/${secret}` });
    const xml = declared === '' ? message : message.replace('encoding="UTF-8"', `encoding="${declared}"`);
    const body = Buffer.from(
      parameter === '' || declared !== '' ? xml : xml.replace(' encoding="UTF-8"', ''),
      encoding,
    );
    const got = await raw(post(body, { 'Content-Type': `${DM_XML}; ${parameter}` }));
    expectSession(got);
    // Our Source is the Target of the device's message, in UTF-8.
    expect(got.body).toContain(`http://dm.example.com/${secret}</LocURI>`);
    expect(got.body.startsWith('<?xml version="1.0" encoding="UTF-8"?>')).toBe(true);
  });

  test('a request may come in chunks, with a trailer (CP-HTTP-5.3.2b)', async () => {
    const headers = { 'Transfer-Encoding': 'chunked', 'Content-Length': undefined };
    expectSession(await raw(post('', headers), chunked(packageOne(device), 100)));
  });

  test('a request may wait for 100 Continue', async () => {
    const connection = new RawConnection(portOf(bridge.south));
    const message = packageOne(device);
    const bytes = String(post(message, { Expect: '100-continue' }));
    connection.write(bytes.slice(0, -message.length));
    await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/u);
    expectSession(await connection.request(message));
  });

  test.each([
    ['HTTP/1.1', '1.1', undefined],
    ['HTTP/1.0 that asks for it', '1.0', 'keep-alive'],
  ])('a connection takes another request: %s', async (_, version, connection) => {
    const other = { ...device, devId: `IMEI:${devices}` };
    devices += 1;
    const first = post(packageOne(device), { Connection: connection }, version);
    const got = await raw(first, post(packageOne(other), {}, version));
    const [one = '', two = ''] = got.body.split('HTTP/1.1 200 OK');
    expect(readAnswer(one).statuses[0]).toBe('SyncHdr 0 200');
    expect(readAnswer(two.slice(two.indexOf('<?xml'))).statuses[0]).toBe('SyncHdr 0 200');
    if (version === '1.0') expect(got.head).toContain('connection: keep-alive');
  });

  test.each([
    ['no length', post('', { 'Content-Length': undefined }), 411],
    ['an unknown transfer coding', post('x', { 'Transfer-Encoding': 'gzip', 'Content-Length': undefined }), 400],
    ['a length beside chunks', post('0\r\n\r\n', { 'Transfer-Encoding': 'chunked' }), 400],
    ['two lengths', post('x', { 'Content-Length': '1\r\nContent-Length: 2' }), 400],
    ['a compressed body', post('x', { 'Content-Encoding': 'deflate' }), 415],
    ['a type of another protocol', post('x', { 'Content-Type': 'application/vnd.syncml.ds+xml' }), 415],
    ['an unknown Expect', post('x', { Expect: 'wonders' }), 417],
  ])('a request with %s is refused', async (_, bytes, status) => {
    expect((await raw(bytes)).status).toBe(status);
  });
});

describe('HTTP authentication', () => {
  const web = { user: 'bruce', password: 'OhBehave' };

  test('a Basic challenge comes in WWW-Authenticate, and Authorization answers it (CP-HTTP-5.3.3c, CP-HTTP-5.3.4b)', async () => {
    const message = packageOne({ devId: 'IMEI:900', ...web }, { cred: '' });
    const challenge = await raw(post(message));
    expect(challenge.status).toBe(401);
    expect(challenge.head).toMatch(/www-authenticate: basic realm="dmbridge"/u);
    const got = await raw(post(message, { Authorization: basicHeader(web) }));
    expect(got.status).toBe(200);
    expect(readAnswer(got.body).statuses[0]).toBe('SyncHdr 0 200');
  });

  test('the next Digest nonce comes in Authentication-Info (CP-HTTP-5.3.3c, CP-HTTP-5.3.4a, CP-HTTP-5.3.4b)', async () => {
    const response = await fetch(bridge.south, {
      method: 'POST',
      headers: { 'Content-Type': DM_XML },
      body: packageOne({ devId: 'IMEI:901', ...web }, { cred: '' }),
    });
    const nonce = /nonce="([^"]+)"/u.exec(response.headers.get('www-authenticate') ?? '')?.[1] ?? '';
    const message = packageOne({ devId: 'IMEI:901', ...web }, { cred: '' });
    const got = await bridge.post(message, '', { authorization: digestHeader(web, nonce) });
    expect(got.status).toBe(200);
    expect(readAnswer(got.body).statuses[0]).toBe('SyncHdr 0 200');
    const info = parametersOf(got.headers.get('authentication-info') ?? '');
    expect(info.nextnonce).toMatch(/./u);
    expect(info.nextnonce).not.toBe(nonce);
  });
});

describe('the backend', () => {
  test('the backend gets the credentials of the account (DM-SEC-001-C-M)', async () => {
    backend.received.length = 0;
    await raw(post(packageOne(device)));
    expect(backend.received.map(({ headers }) => headers.authorization)).toEqual([
      basicHeader({ user: 'bridge', password: 'backend-pass' }),
    ]);
  });
});

describe('a message of 900 KB under a MAC', () => {
  /** The Status for SyncHdr and the next nonce, or the HTTP status of a refusal. */
  async function say(text: string, mac: string) {
    const answer = await raw(post(text, { 'x-syncml-hmac': mac }));
    return answer.status === 200
      ? readAnswer(answer.body)
      : { statuses: [String(answer.status)], nextNonce: undefined };
  }
  const first = (devId: string, sessionId: string, value: string) =>
    packageOne({ ...device, devId }, { cred: '', sessionId }, [note(3, value)]);

  test.each([
    ['a device that uses it', 'IMEI:910', 'SyncHdr 0 200'],
    ['a name that is not registered', 'IMEI:919', '413'],
  ])('a long message is taken whole and judged by its MAC: %s', async (_, devId, expected) => {
    const short = first(devId, '1', 'x');
    const { nextNonce = '' } = await say(short, macHeader(device, 'AAAA', short));
    const long = first(devId, '2', 'x'.repeat(900_000));
    expect((await say(long, macHeader(device, 'AAAA', long))).statuses[0]).toBe('413');
    expect((await say(long, macHeader(device, nextNonce, long))).statuses[0]).toBe(expected);
  });
});
