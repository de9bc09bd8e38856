/** The doors of a running bridge: pass-through byte for byte, refusal, and DM 2.0 devices at the same address. */
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { prepareBridge } from '../../src/cli/server/prepare-bridge.ts';
import { startServer } from '../../src/cli/server/start-server.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Journal } from '../../src/log-events.ts';
import { decodeMessage } from '../../src/syncml/codec.ts';
import { type RawServer, rawExchange, rawServer } from '../support/legacy-server.ts';
import { folderWith } from '../support/mappings.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const OK = 'HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok';

async function legacy(answer: string | ((request: string) => string | undefined) = OK): Promise<RawServer> {
  const server = await rawServer((socket, request) => {
    const text = typeof answer === 'string' ? answer : answer(request);
    if (text === undefined) socket.resetAndDestroy();
    else if (/^content-length:|^transfer-encoding:|^HTTP\/1.1 (?:204|304)/imu.test(text)) socket.write(text, 'latin1');
    else socket.end(text, 'latin1');
  });
  closing.push(server.close);
  return server;
}

interface Logged {
  readonly event: string;
  readonly facts: object;
}

async function bridge(routes: string, backend = 9) {
  const logged: Logged[] = [];
  const journal: Journal = { log: (event, facts) => void logged.push({ event, facts }) };
  const any = '{ listen: "127.0.0.1:0" }';
  const account = `{ url: "http://127.0.0.1:${backend}/srv/dm?x=1", auth: { type: basic, user: bridge, password: secret } }`;
  const folder = folderWith({
    'devices.csv': 'devId,user,password,model,tags\nIMEI:1,u,p,Phone,pilot\nIMEI:2,u,p,,\n',
    'c.yaml': `accounts: { main: ${account} }\nroutes: ${routes}\nsouth: ${any}\nnorth: ${any}\nadmin: ${any}\ndevices: devices.csv\nstore: "sqlite::memory:"\n`,
  });
  const file = join(folder, 'c.yaml');
  const server = await startServer(loadConfig(file, {}), journal, prepareBridge);
  closing.push(server.stop);
  return { port: Number(new URL(server.south).port), logged, server };
}

const passTo = (server: RawServer, more = '') =>
  `{ passthrough: { url: "http://127.0.0.1:${server.port}/old/dm", ${more} } }`;

interface Sent {
  readonly devId?: string;
  readonly msgId?: number;
  readonly sessionId?: string;
  readonly body?: string;
  readonly version?: string;
}

const DEV_INFO = (model: string) =>
  `<Replace><CmdID>2</CmdID><Item><Source><LocURI>./DevInfo/Mod</LocURI></Source><Data>${model}</Data></Item></Replace>`;

function message({ devId = 'IMEI:1', msgId = 1, sessionId = '7', body = '', version = '1.2' }: Sent): string {
  return (
    `<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>${version}</VerDTD><VerProto>DM/1.2</VerProto><SessionID>${sessionId}</SessionID>` +
    `<MsgID>${msgId}</MsgID><Target><LocURI>http://front/dm</LocURI></Target><Source><LocURI>${devId}</LocURI></Source></SyncHdr>` +
    `<SyncBody><Alert><CmdID>1</CmdID><Data>1201</Data></Alert>${body}<Final/></SyncBody></SyncML>`
  );
}

function post(body: string, { target = '/dm', headers = '', type = 'application/vnd.syncml.dm+xml' } = {}): string {
  return `POST ${target} HTTP/1.1\r\nHost: front\r\nContent-Type: ${type}\r\n${headers}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}

/** The lines of a head without those of the connection. */
function linesOf(bytes: string): readonly string[] {
  const head = bytes.slice(0, bytes.indexOf('\r\n\r\n'));
  return head.split('\r\n').filter((line) => !/^(?:connection|keep-alive|transfer-encoding):/iu.test(line));
}

const bodyOf = (bytes: string) => bytes.slice(bytes.indexOf('\r\n\r\n') + 4);

describe('pass-through', () => {
  test('a request reaches the legacy server as it was sent, and its answer comes back as it was', async () => {
    const answer =
      'HTTP/1.1 299 Odd  reason\r\nSet-COOKIE: a=1\r\nX-Empty:\r\nSet-Cookie: b=2\r\nServer: old/1\r\nContent-Length: 3\r\n\r\n\0\xff!';
    const old = await legacy(answer);
    const { port } = await bridge(`[${passTo(old)}]`);
    const body = 'a\0b\xff\xfe';
    const head =
      'X-Mixed-CASE: 1\r\nx-twice: a\r\nX-Twice: b\r\nX-Latin: \xe9\r\nAuthorization: Basic eA==\r\nx-syncml-hmac: m\r\nProxy-Authorization: no\r\nX-Hop: no\r\nContent-Length: 5\r\nConnection: close, X-Hop';
    const received = await rawExchange(
      port,
      `PUT /dm/%2f;a=b?c&d HTTP/1.1\r\nHOST: Front.Example\r\n${head}\r\n\r\n${body}`,
    );
    const [sent = ''] = old.received;
    expect(linesOf(sent)).toEqual([
      'PUT /old/dm/%2f;a=b?c&d HTTP/1.1',
      'HOST: Front.Example',
      'X-Mixed-CASE: 1',
      'x-twice: a',
      'X-Twice: b',
      'X-Latin: \xe9',
      'Authorization: Basic eA==',
      'x-syncml-hmac: m',
      'Content-Length: 5',
    ]);
    expect(bodyOf(sent)).toBe(body);
    expect(linesOf(received)).toEqual([
      'HTTP/1.1 299 Odd  reason',
      'Set-COOKIE: a=1',
      'X-Empty: ',
      'Set-Cookie: b=2',
      'Server: old/1',
      'Content-Length: 3',
    ]);
    expect(bodyOf(received)).toBe('\0\xff!');
  });

  test.each([
    ['302', 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n', '302 Found', ''],
    ['401', 'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="a"\r\nContent-Length: 1\r\n\r\nx', '401 No', 'x'],
    ['500', 'HTTP/1.1 500 Oh\r\nContent-Length: 1\r\n\r\nx', '500 Oh', 'x'],
    ['204', 'HTTP/1.1 204 None\r\n\r\n', '204 None', ''],
    [
      'chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
      '200 OK',
      '2\r\nab\r\n0\r\n\r\n',
    ],
    ['ended by close', 'HTTP/1.1 200 OK\r\n\r\nabc', '200 OK', '3\r\nabc\r\n0\r\n\r\n'],
    ['after 103', 'HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx', '200 OK', 'x'],
  ])('an answer (%s) comes back as it is', async (_, answer, status, body) => {
    const old = await legacy(answer);
    const { port } = await bridge(`[${passTo(old)}]`);
    const received = await rawExchange(port, post(message({})));
    expect(received.split('\r\n')[0]).toBe(`HTTP/1.1 ${status}`);
    expect(received).not.toMatch(/^date:/imu);
    expect(bodyOf(received)).toBe(body);
    expect(old.received).toHaveLength(1);
  });

  test('a HEAD request and one of HTTP/1.0 without Host are passed on', async () => {
    const old = await legacy(
      (request) => `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${request.startsWith('GET') ? 'abcde' : ''}`,
    );
    const { port } = await bridge(`[${passTo(old)}]`);
    const head = await rawExchange(port, 'HEAD /dm HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n');
    expect(linesOf(head)).toContain('Content-Length: 5');
    expect(bodyOf(head)).toBe('');
    await rawExchange(port, 'GET /elsewhere HTTP/1.0\r\n\r\n');
    expect(old.received.join('')).toContain(`GET /elsewhere HTTP/1.1\r\nHost: 127.0.0.1:${old.port}\r\n`);
  });

  test('a body in chunks goes on with its length, and a long one in chunks', async () => {
    const old = await legacy();
    const { port } = await bridge(`[${passTo(old)}]`);
    const head = 'POST /dm HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n';
    await rawExchange(port, `${head}2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`);
    expect(old.received[0]).toMatch(/\r\nContent-Length: 3\r\n.*\r\n\r\nabc$/su);
    const long = 'x'.repeat(300_000);
    await rawExchange(port, `${head}${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`);
    const sent = old.received.join('');
    expect(sent).toMatch(/\r\nTransfer-Encoding: chunked\r\n/u);
    expect(sent.match(/x/gu)?.length).toBe(300_000);
  });

  test('an answer that breaks off is broken for the device, too', async () => {
    const old = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n');
      setImmediate(() => socket.resetAndDestroy());
    });
    closing.push(old.close);
    const { port } = await bridge(`[${passTo(old)}]`);
    const received = await rawExchange(port, post(message({})));
    expect(received.endsWith('0\r\n\r\n')).toBe(false);
  });

  test('a server that resets the connection is asked once, and the device gets 502', async () => {
    const old = await legacy(() => undefined);
    const { port, logged } = await bridge(`[${passTo(old)}]`);
    const received = await rawExchange(port, post(message({})));
    expect(received).toMatch(/^HTTP\/1.1 502 .*cache-control: no-store/isu);
    expect(old.received).toHaveLength(1);
    const failed = logged.filter(({ event }) => event === 'route.upstream_failed');
    const origin = `http://127.0.0.1:${old.port}`;
    expect(failed).toEqual([{ event: 'route.upstream_failed', facts: { origin, status: 502, reason: 'ECONNRESET' } }]);
  });

  test('a server that does not answer in time gives 504', async () => {
    const old = await rawServer(() => undefined);
    closing.push(old.close);
    const { port } = await bridge(`[${passTo(old, 'timeout: 50ms')}]`);
    expect(await rawExchange(port, post(message({})))).toMatch(/^HTTP\/1.1 504 /u);
    expect(old.received).toHaveLength(1);
  });

  test('a body of more than 16 MiB is refused: at once when its length says so, else when it comes so far', async () => {
    const old = await legacy();
    const { port } = await bridge(`[${passTo(old)}]`);
    const length = 16 * 1024 * 1024 + 70_000;
    const head = 'POST /dm HTTP/1.1\r\nHost: f\r\n';
    expect(await rawExchange(port, `${head}Content-Length: ${length}\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 /u);
    expect(old.received).toEqual([]);
    const chunk = `${length.toString(16)}\r\n${'x'.repeat(length)}\r\n0\r\n\r\n`;
    expect(await rawExchange(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`)).toMatch(/^HTTP\/1.1 413 /u);
  });

  test('forwarded adds the client and the bridge, and a request that has come here before is a loop', async () => {
    const old = await legacy();
    const { port } = await bridge(`[${passTo(old, 'forwarded: true, host: upstream, clientCertHeader: X-Cert')}]`);
    await rawExchange(port, post(message({}), { headers: 'x-cert: forged\r\n' }));
    const lines = linesOf(old.received[0] ?? '');
    expect(lines).toContain(`Host: 127.0.0.1:${old.port}`);
    expect(lines.slice(-4)).toEqual([
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: front',
      'Via: 1.1 dmbridge',
    ]);
    expect(lines.some((line) => /^x-cert/iu.test(line))).toBe(false);
    expect(await rawExchange(port, post(message({}), { headers: 'Via: 1.1 dmbridge\r\n' }))).toMatch(
      /^HTTP\/1.1 508 /u,
    );
  });
});

const isBridged = (received: string) => /^HTTP\/1.1 200 .*<Data>407<\/Data>/su.test(received);

describe('the choice of a door', () => {
  test('a rule by model takes the DevInfo of the message, else what the registry knows', async () => {
    const old = await legacy();
    const { port } = await bridge(`[{ match: { model: "Phone*" }, bridge: main }, ${passTo(old)}]`);
    const send = async (sent: Sent) => isBridged(await rawExchange(port, post(message(sent))));
    expect(await send({ devId: 'imei:1' })).toBe(true);
    expect(await send({ devId: 'IMEI:2' })).toBe(false);
    expect(await send({ devId: 'IMEI:2', body: DEV_INFO('Phone 12') })).toBe(true);
    expect(await send({ devId: 'IMEI:1', body: DEV_INFO('Tablet'), sessionId: '8' })).toBe(false);
    expect(await send({ devId: 'stranger' })).toBe(false);
  });

  test('a message without DevInfo follows the first message of its session', async () => {
    const old = await legacy();
    const { port } = await bridge(`[{ match: { model: Phone }, bridge: main }, ${passTo(old)}]`);
    const second = message({ devId: 'IMEI:2', msgId: 2 }).replace('1201', '1222');
    await rawExchange(port, post(message({ devId: 'IMEI:2', body: DEV_INFO('Phone') })));
    await rawExchange(port, post(second));
    // Its challenge is the bridge's, but the rule no longer finds the model.
    expect(old.received).toHaveLength(0);
  });

  test('a session at the legacy server stays there when the table changes, and the next one is bridged', async () => {
    const old = await legacy();
    const { port, server } = await bridge(`[${passTo(old)}]`);
    const send = (sent: Sent) => rawExchange(port, post(message(sent).replace(sent.msgId === 1 ? '' : '1201', '1222')));
    await rawExchange(port, post(message({})));
    const folder = folderWith({
      'devices.csv': 'devId,user,password\nIMEI:1,u,p\n',
      'c.yaml': 'accounts: { main: {} }\nroutes: [{ bridge: main }]\ndevices: devices.csv\n',
    });
    await server.reload(loadConfig(join(folder, 'c.yaml'), {}));
    for (const msgId of [2, 3]) expect(await send({ msgId })).toContain('ok');
    expect(isBridged(await rawExchange(port, post(message({ sessionId: '8' }))))).toBe(true);
  });

  test('a message that cannot be read goes by rules that need no device', async () => {
    const old = await legacy();
    const { port } = await bridge(`[{ match: { devId: "*" }, bridge: main }, ${passTo(old)}]`);
    await rawExchange(port, post('<SyncML'));
    expect(old.received).toHaveLength(1);
    const strict = await bridge(`[{ match: { devId: "IMEI:9" }, ${passTo(old).slice(2)}, { bridge: main }]`);
    expect(await rawExchange(strict.port, post('<SyncML'))).toMatch(/^HTTP\/1.1 400 /u);
    expect(await rawExchange(strict.port, post('x', { type: 'text/plain' }))).toMatch(/^HTTP\/1.1 415 /u);
    expect(await rawExchange(strict.port, post('<SyncML', { target: '/x' }))).toMatch(/^HTTP\/1.1 404 /u);
    expect(isBridged(await rawExchange(strict.port, post(message({}), { target: '/x' })))).toBe(true);
  });
});

describe('refuse', () => {
  test('a message gets Status 503 for its header and every command, the same for known and unknown devices', async () => {
    const { port, logged } = await bridge(
      '[{ match: { devId: "x*" }, bridge: main }, { match: { devId: "*" }, refuse: true }]',
    );
    const answerTo = async (devId: string) =>
      await rawExchange(port, post(message({ devId, body: DEV_INFO('Phone') })));
    const known = await answerTo('IMEI:1');
    const { header, commands, final } = decodeMessage(
      Buffer.from(bodyOf(known)),
      'application/vnd.syncml.dm+xml',
    ).message;
    expect(header).toMatchObject({ msgId: 1, verProto: 'DM/1.2', sessionId: '7' });
    expect(header).not.toHaveProperty('respUri');
    expect(commands.map((each) => each.name === 'Status' && [each.cmd, each.data, each.chal])).toEqual([
      ['SyncHdr', 503, undefined],
      ['Alert', 503, undefined],
      ['Replace', 503, undefined],
    ]);
    expect(final).toBe(true);
    const unknown = await answerTo('IMEI:7');
    expect(bodyOf(unknown)).toBe(bodyOf(known).replaceAll('IMEI:1', 'IMEI:7'));
    expect(bodyOf(await rawExchange(port, post(message({ version: '9' }))))).toContain('<Data>505</Data>');
    expect(logged.map(({ event }) => event)).not.toContain('route.none');
  });

  test('a rule with a status sends it, and without any rule a message is refused', async () => {
    const { port, logged } = await bridge(
      '[{ match: { devId: "a" }, refuse: { status: 410 } }, { match: { devId: b }, bridge: main }]',
    );
    expect(await rawExchange(port, post(message({ devId: 'A' })))).toMatch(/^HTTP\/1.1 410 /u);
    expect(await rawExchange(port, post(message({ devId: 'c' })))).toMatch(/^HTTP\/1.1 200 .*<Data>503<\/Data>/su);
    expect(logged.filter(({ event }) => event === 'route.none')).toHaveLength(1);
  });
});

describe('DM 2.0 devices', () => {
  const TYPE = 'application/vnd.oma.dm.initiation+json';

  test('a package reaches the backend of its rule as it was sent, without the credentials of the account', async () => {
    const backend = await legacy();
    const old = await legacy();
    const { port } = await bridge(`[{ match: { protocol: dm20 }, bridge: main }, ${passTo(old)}]`, backend.port);
    await rawExchange(port, post('{"a":1}', { type: TYPE, headers: 'OMADM-DevID: IMEI:1\r\n', target: '/dm/x?y' }));
    const [sent = ''] = backend.received;
    expect(linesOf(sent)).toEqual([
      'POST /srv/dm?x=1 HTTP/1.1',
      'Host: front',
      `Content-Type: ${TYPE}`,
      'OMADM-DevID: IMEI:1',
      'Content-Length: 7',
    ]);
    expect(bodyOf(sent)).toBe('{"a":1}');
    await rawExchange(port, post(message({})));
    expect([backend.received.length, old.received.length]).toEqual([1, 1]);
  });

  test('rules that pass devices through take DM 2.0 only when they say so', async () => {
    const old = await legacy();
    const { port } = await bridge(`[${passTo(old)}]`);
    expect(await rawExchange(port, post('{}', { type: TYPE }))).toMatch(/^HTTP\/1.1 503 .*problem\+json/isu);
    const get = 'GET /dm HTTP/1.1\r\nOMADM-DevID: a\r\nConnection: close\r\n\r\n';
    expect(await rawExchange(port, get)).toMatch(/^HTTP\/1.1 404 /u);
    expect(old.received).toEqual([]);
    const open = await bridge(`[{ match: { protocol: dm20 }, ${passTo(old).slice(2)}, { bridge: main }]`);
    await rawExchange(open.port, get);
    expect(old.received).toHaveLength(1);
  });
});
