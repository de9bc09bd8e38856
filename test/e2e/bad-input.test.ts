/** Hostile and broken requests to the running bridge: each is answered, and none disturbs a session. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BridgeProcess } from './bridge-process.ts';
import { list, ScriptedBackend } from './scripted-backend.ts';
import {
  type Answer,
  alert,
  basicCred,
  DM_XML,
  packageOne,
  readAnswer,
  readXml,
  reply,
  results,
  status,
  syncml,
  textAt,
} from './scripted-device.ts';

const BRUCE = { devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' };
const AUSTIN = { devId: 'IMEI:2', user: 'austin', password: 'Groovy' };
const EVIL = { devId: 'IMEI:666', user: 'evil', password: 'x' };
const LEAVES = { './DevDetail/DevTyp': 'Phone' };

const backend = new ScriptedBackend();
let bridge: BridgeProcess;
/** The first message of a session that is open during all tests. */
let open: Answer;
beforeAll(async () => {
  const url = await backend.open();
  bridge = new BridgeProcess(url, 'devId,user,password\nIMEI:1,bruce,OhBehave\nIMEI:2,austin,Groovy\n');
  await bridge.start();
  backend.answerBy((_, packages) =>
    packages === 1 ? list(['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//DevTyp']) : list(['END']),
  );
  open = readAnswer((await bridge.post(packageOne(BRUCE))).body);
  expect(open.commands).toHaveLength(1);
});
afterAll(async () => {
  await bridge.remove();
  await backend.close();
});

const good = packageOne(BRUCE, { sessionId: '66' });
const inBody = (inner: string) => good.replace('<SyncBody>', `<SyncBody>${inner}`);
const LAUGHS = '<!DOCTYPE SyncML [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>';

describe('a body that cannot be read', () => {
  test.each([
    ['nothing', ''],
    ['no XML', 'GET / HTTP/1.1'],
    ['random bytes', randomBytes(4096)],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from(good.slice(0, -20)), Buffer.from([0xc3, 0x28])])],
    ['cut short', good.slice(0, -30)],
    ['a mismatched tag', good.replace('</SyncHdr>', '</SyncBody>')],
    ['a duplicate attribute', good.replace('<SyncML ', '<SyncML a="1" a="2" ')],
    ['an undeclared prefix', inBody('<x:y/>')],
    ['an unknown entity', inBody('<Alert><CmdID>&nbsp;</CmdID></Alert>')],
    ['a control character', inBody('<Alert><CmdID>&#1;</CmdID></Alert>')],
    ['two roots', `${good}<SyncML/>`],
    ['a DOCTYPE with an internal subset', good.replace('<SyncML', '<!DOCTYPE SyncML [ ]><SyncML')],
    ['entity declarations', good.replace('<SyncML', `${LAUGHS}<SyncML`).replace('IMEI:1', '&b;')],
    ['elements nested over 64 deep', inBody('<Item>'.repeat(70) + '</Item>'.repeat(70))],
    ['a whole body of open tags', '<a>'.repeat(80_000)],
    ['more than 100 000 elements', inBody('<a/>'.repeat(100_001))],
    ['another document', '<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>'],
    ['another namespace', good.replace('SYNCML:SYNCML1.2', 'urn:example')],
    ['no SyncBody', good.replace(/<SyncBody>.*<\/SyncBody>/u, '')],
  ])('a body gets 400 and one line: %s', async (_, body) => {
    const got = await bridge.post(typeof body === 'string' ? body : new Uint8Array(body));
    expect(got.status).toBe(400);
    expect(got.body).toMatch(/^[^\n]+\n$/u);
    expect(got.headers.get('content-type')).toMatch(/^text\/plain/u);
  });

  test('a bare DOCTYPE that names a DTD is ignored', async () => {
    const doctype = '<!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML 1.2//EN" "http://example.com/x.dtd">';
    const got = await bridge.post(packageOne(EVIL).replace('<SyncML', `${doctype}<SyncML`));
    expect(got.status).toBe(200);
    expect(readAnswer(got.body).statuses[0]).toBe('SyncHdr 0 401');
  });

  test.each<[string, readonly number[]]>([
    ['an over-long integer', [3, 0, 0x6a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x45]],
    ['an unknown version', [0x7f, 1, 0x6a, 0, 0x6d, 1]],
    ['an unknown token', [2, 0xa4, 1, 0x6a, 0, 0x6d, 0x3f, 1, 1]],
    ['an index outside of the string table', [2, 0xa4, 1, 0x6a, 0, 0x6d, 0x83, 5, 1]],
    ['opaque data longer than the body', [2, 0xa4, 1, 0x6a, 0, 0x6d, 0xc3, 0x8f, 0xff, 0x7f, 1, 1]],
    ['a message cut short', [2, 0xa4, 1, 0x6a, 0, 0x6d]],
    ['nothing', []],
    ['XML', [...Buffer.from(good)]],
  ])('a WBXML body gets 400, and its log line has the offset: %s', async (_, bytes) => {
    const got = await bridge.post(new Uint8Array(bytes), '', { 'content-type': 'application/vnd.syncml.dm+wbxml' });
    expect(got.status).toBe(400);
    expect(got.body).toMatch(/^[^\n]+\n$/u);
    const log = await bridge.readLog();
    expect(log.trimEnd().split('\n').at(-1)).toMatch(/"offset":\d+|offset \d+|byte \d+/u);
  });
});

describe('a header that lacks something', () => {
  test.each([
    ['MsgID', good.replace('<MsgID>1</MsgID>', '')],
    ['a MsgID that is a number', good.replace('<MsgID>1<', '<MsgID>one<')],
    ['a MsgID of 1 or more', good.replace('<MsgID>1<', '<MsgID>0<')],
    ['SessionID', good.replace('<SessionID>66</SessionID>', '')],
    ['Target', good.replace(/<Target>.*?<\/Target>/u, '')],
  ])('a header without %s gets Status 400 (DM-PRO-S-008-M)', async (_, body) => {
    const got = await bridge.post(body);
    expect(got.status).toBe(200);
    expect(readAnswer(got.body)).toMatchObject({ statuses: ['SyncHdr 0 400'], commands: [], final: true });
  });

  test('a header without Source gets HTTP 400', async () => {
    expect((await bridge.post(good.replace(/<Source>.*?<\/Source>/u, ''))).status).toBe(400);
  });

  test.each([
    ['VerDTD', { verDtd: '2.0' }, 505, ['1.1', '1.2']],
    ['VerProto', { verProto: 'DM/2.0' }, 513, ['DM/1.1', 'DM/1.2', 'DM/1.3']],
    ['no VerProto', { verProto: '' }, 513, ['DM/1.1', 'DM/1.2', 'DM/1.3']],
  ])(
    'an unknown version gets its Status with the versions that are supported: %s',
    async (_, header, code, versions) => {
      const got = await bridge.post(packageOne(BRUCE, { sessionId: '67', ...header }));
      const root = readXml(got.body);
      const answer = readAnswer(got.body);
      expect(answer).toMatchObject({ statuses: [`SyncHdr 0 ${code}`], commands: [], final: true });
      expect(textAt(root, 'SyncHdr', 'VerDTD')).toBe('1.2');
      expect(textAt(root, 'SyncHdr', 'VerProto')).toBe('DM/1.3');
      const items = root.children[1]?.children[0]?.children.filter(({ name }) => name === 'Item') ?? [];
      expect(items.map((item) => textAt(item, 'Data'))).toEqual(versions);
    },
  );
});

describe('a request that no device makes', () => {
  test.each([
    ['another media type', { 'content-type': 'application/json' }, 415],
    ['no media type', { 'content-type': '' }, 415],
    ['a compressed body', { 'content-encoding': 'gzip' }, 415],
  ])('a request with %s gets 415', async (_, headers, code) => {
    const body = 'content-encoding' in headers ? new Uint8Array(gzipSync(good)) : good;
    const got = await bridge.post(body, '', headers);
    expect(got.status).toBe(code);
    expect(got.headers.get('cache-control')).toBe('no-store');
  });

  test('a body over the limit gets 413, which its sender receives', async () => {
    const got = await bridge.post(inBody(`<Alert>${'x'.repeat(3_000_000)}</Alert>`));
    expect(got.status).toBe(413);
    expect(got.body).toContain('1048576');
  });

  test('another path gets 404, another method 405', async () => {
    const { origin } = new URL(bridge.south);
    expect(
      (await fetch(`${origin}/other`, { method: 'POST', headers: { 'content-type': DM_XML }, body: good })).status,
    ).toBe(404);
    expect(
      (await fetch(`${origin}/dmx`, { method: 'POST', headers: { 'content-type': DM_XML }, body: good })).status,
    ).toBe(404);
    expect((await fetch(bridge.south)).status).toBe(405);
  });

  test.each([
    ['no HTTP', 'HELLO\r\n\r\n', /^HTTP\/1\.1 400/u],
    ['a header that is too large', `POST /dm HTTP/1.1\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, /^HTTP\/1\.1 431/u],
    [
      'a body that ends early',
      `POST /dm HTTP/1.1\r\nContent-Type: ${DM_XML}\r\nContent-Length: 500\r\n\r\nabc`,
      /^HTTP\/1\.1 400/u,
    ],
  ])('a request is refused: %s', async (_, bytes, expected) => {
    const { port } = new URL(bridge.south);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(bytes, 'latin1');
    expect(await text(socket)).toMatch(expected);
  });
});

describe('a message with wrong credentials', () => {
  test.each([
    ['credentials of another device', packageOne(BRUCE, { sessionId: '68', cred: basicCred(AUSTIN) }), 'SyncHdr 0 401'],
    ['a device that is not registered', packageOne(EVIL), 'SyncHdr 0 401'],
    [
      'a Cred that is no base64',
      packageOne(BRUCE, { sessionId: '69', cred: basicCred(BRUCE).replace(/<Data>.*?</u, '<Data>%%<') }),
      'SyncHdr 0 401',
    ],
    ['no credentials', packageOne(EVIL, { cred: '' }), 'SyncHdr 0 407'],
  ])('a message is challenged: %s', async (_, message, expected) => {
    const answer = readAnswer((await bridge.post(message)).body);
    expect(new Set(answer.statuses.map((each) => each.split(' ').at(-1)))).toEqual(new Set([expected.slice(-3)]));
    expect(answer.statuses[0]).toBe(expected);
    expect(answer.commands).toEqual([]);
  });
});

describe('after all these requests', () => {
  test('the open session goes on, whatever else its message has', async () => {
    const token = `/${open.respUri?.split('/').at(-1)}`;
    const odd = [
      status(90, { msgRef: 1, cmdRef: 77, cmd: 'Get' }, 200),
      results(91, { msgRef: 9, cmdRef: 9 }, './X', 'x'),
      '<Fly><CmdID>92</CmdID></Fly>',
      alert(93, 'not a code'),
    ];
    const got = await bridge.post(syncml({ msgId: 2 }, [...odd, ...reply(open, LEAVES)]), token);
    expect(readAnswer(got.body)).toMatchObject({
      statuses: ['SyncHdr 0 212', 'Fly 92 406', 'Alert 93 412'],
      final: true,
    });
    expect(backend.packages().map(({ statuses }) => statuses)).toEqual([undefined, [200]]);
  });

  test('a new session succeeds in the same process', async () => {
    const answer = readAnswer((await bridge.post(packageOne(AUSTIN))).body);
    expect(answer).toMatchObject({ statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'], final: true });
    expect((await fetch(`${bridge.admin}/readyz`)).status).toBe(200);
    expect(await bridge.terminate()).toBe(0);
    expect(bridge.stderr).not.toMatch(/TypeError|RangeError|Unhandled|at .*\.ts:\d+/u);
  });
});
