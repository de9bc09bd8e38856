/** Behaviour of real clients outside the specification, each in a whole session that succeeds all the same. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { openListener } from '../../src/http/listener.ts';
import { southListener } from '../../src/http/south-listener.ts';
import { createJournal } from '../../src/log.ts';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import { macHeader } from '../e2e/http-credentials.ts';
import {
  alert,
  basicCred,
  child,
  DM_XML,
  md5Cred,
  note,
  packageOne,
  readAnswer,
  readXml,
  reply,
  status,
  syncml,
  textAt,
} from '../e2e/scripted-device.ts';
import { NO_LONG_BODIES } from '../support/device-host.ts';
import {
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  DEV_TYP,
  FW_V,
  LEAVES,
  noCommands,
  notesIn,
  replied,
  settle,
  statusesIn,
  tokenOf,
  UPDATE,
} from './bridge-under-test.ts';
import { QuirkyDevice } from './quirky-device.ts';

const WBXML = 'application/vnd.syncml.dm+wbxml';
const DATA = 'http://backend.example.com/data';
const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const TREE = {
  './DevDetail/DevTyp': 'Phone',
  './DevDetail/FwV': '7.1',
  './DCMO/usb/Property': 'Bus',
  './DCMO/usb/Enabled': 'true',
};
const METINF = 'xmlns="syncml:metinf"';

/** A backend with these commands in the first Package#2, then END. */
function onlyOnce(...list: readonly (readonly string[])[]): BackendScript {
  return (_, count) => (count === 1 ? commands(...list) : noCommands());
}

/** The backend's commands once in each session; the repository has this document. */
function always(list: readonly (readonly string[])[], data = '', contentType = 'application/dmmo+json'): BackendScript {
  return ({ purpose, body }) => {
    if (purpose === 'repository') return replied(data, 200, { 'content-type': contentType });
    const sent = body !== undefined && 'text' in body ? body.text : '';
    return sent.includes('"Status"') || !sent.startsWith('{') ? noCommands() : commands(...list);
  };
}

/** The only value of a GET that the backend got: the last part of a multipart package. */
function valueIn(bridge: BridgeUnderTest): string | undefined {
  const { body } = bridge.requests.filter(({ purpose }) => purpose === 'package').at(-1) ?? {};
  const raw = body === undefined ? '' : 'text' in body ? body.text : Buffer.from(body.base64, 'base64').toString();
  const part = raw.split(/\r?\n--[^\r\n]*/u).at(-2) ?? '';
  return part
    .split(/\r?\n\r?\n/u)
    .slice(1)
    .join('\n\n');
}

describe('WBXML', () => {
  const TEXT_ID = Buffer.from('-//SYNCML//DTD SyncML 1.2//EN');

  /** The same message as WBXML of that version, its document type by number or by text. */
  function wbxml(xml: string, version: '1.2' | '1.3', textId: boolean): Uint8Array {
    const { message } = decodeMessage(Buffer.from(xml), DM_XML);
    const bytes = encodeMessage(message, WBXML, { wbxmlVersion: version, textPublicId: false });
    // Version, the number 0x1201 in two bytes, UTF-8, an empty string table.
    const body = bytes.subarray(5);
    expect([...bytes.subarray(1, 5)]).toEqual([0xa4, 0x01, 0x6a, 0x00]);
    const start = version === '1.2' ? 0x02 : 0x03;
    return textId ? Buffer.concat([Buffer.from([start, 0, 0, 0x6a, TEXT_ID.length]), TEXT_ID, body]) : bytes;
  }

  /** A session with one Exec; the answers as the device got them. */
  async function session(version: '1.2' | '1.3', textId: boolean, contentType = WBXML) {
    const bridge = await BridgeUnderTest.open({ script: onlyOnce(['EXEC', UPDATE]) });
    const post = async (xml: string, token?: string) => {
      const body = wbxml(xml, version, textId);
      const place = { headers: {}, remoteAddress: '192.0.2.1', token };
      return await bridge.handle({ body, contentType, ...place });
    };
    const first = await post(packageOne(BRUCE));
    const { message } = decodeMessage(first.body, contentType);
    const exec = message.commands.find(({ name }) => name === 'Exec');
    const cmdRef = exec !== undefined && 'cmdId' in exec ? exec.cmdId : '';
    const { msgId, respUri } = message.header;
    const answers = [
      status(1, { msgRef: msgId, cmdRef: 0, cmd: 'SyncHdr' }, 200),
      status(2, { msgRef: msgId, cmdRef, cmd: 'Exec' }, 200),
    ];
    const last = await post(syncml({ msgId: 2 }, answers), respUri?.split('/').at(-1));
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    return [first, last];
  }

  test.each(['1.2', '1.3'] as const)(
    'the answer has the WBXML version of the device, here %s (CP-DMREPU-6.2a, CP-DMREPU-6.2b, CP-DMREPU-6.1b)',
    async (version) => {
      for (const { body, headers } of await session(version, false)) {
        expect(body[0]).toBe(version === '1.2' ? 2 : 3);
        expect(headers).toMatchObject({ 'content-type': WBXML });
      }
    },
  );

  test('a public identifier in the string table of WBXML is read, and the answer has it, too', async () => {
    for (const { body } of await session('1.2', true)) {
      expect([...body.subarray(0, 4)]).toEqual([0x02, 0x00, 0x00, 0x6a]);
      expect(
        Buffer.from(body)
          .subarray(5, 5 + TEXT_ID.length)
          .toString(),
      ).toBe(TEXT_ID.toString());
    }
    for (const { body } of await session('1.2', false)) expect([...body.subarray(0, 3)]).toEqual([0x02, 0xa4, 0x01]);
  });

  test('the media type +wbxml without .dm is accepted and answered in the same type', async () => {
    for (const { headers } of await session('1.2', true, 'application/vnd.syncml+wbxml')) {
      expect(headers).toMatchObject({ 'content-type': 'application/vnd.syncml+wbxml' });
    }
  });
});

describe('HTTP', () => {
  /** Raw bytes to a listener in front of the bridge. */
  async function overHttp(bridge: BridgeUnderTest, lines: readonly string[], body: string): Promise<string> {
    const handleDeviceMessage = (request: Parameters<BridgeUnderTest['handle']>[0]) => bridge.handle(request);
    const host = { ...NO_LONG_BODIES, handleDeviceMessage };
    const handler = southListener(
      { host, path: '/dm', maxBodyBytes: 100_000, trustProxy: [] },
      createJournal({ level: 'silent' }),
    );
    const listener = await openListener({ host: '127.0.0.1', port: 0 }, handler);
    try {
      const socket = connect(Number(new URL(listener.url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`${[...lines, '', ''].join('\r\n')}${body}`);
      return await text(socket);
    } finally {
      await listener.close(0);
    }
  }

  test('the media type +xml without .dm is accepted and answered in the same type', async () => {
    const bridge = await BridgeUnderTest.open({ script: onlyOnce(['GET', DEV_TYP]) });
    const contentType = 'application/vnd.syncml+xml';
    const device = new QuirkyDevice(BRUCE, { leaves: TREE, contentType });
    await device.session(bridge);
    expect(device.got.map(({ headers }) => headers['content-type'])).toEqual([contentType, contentType]);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('XML over HTTP/1.0 that accepts WBXML is answered in XML, and the connection closes', async () => {
    const bridge = await BridgeUnderTest.open({ script: onlyOnce(['GET', DEV_TYP]) });
    const body = packageOne(BRUCE);
    const head = [
      `POST /dm HTTP/1.0`,
      `Content-Type: ${DM_XML}`,
      `Accept: ${WBXML}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const [answerHead = '', answer = ''] = (await overHttp(bridge, head, body)).split('\r\n\r\n');
    expect(answerHead).toMatch(/^HTTP\/1\.[01] 200/u);
    expect(answerHead.toLowerCase()).toContain(`content-type: ${DM_XML}`);
    expect(readAnswer(answer)).toMatchObject({
      statuses: ['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200'],
      final: true,
    });
  });

  test('Content-Encoding UTF-8 and a chunked body are accepted', async () => {
    const bridge = await BridgeUnderTest.open();
    const body = packageOne(BRUCE, {}, [note(3, 'grüß')]);
    const bytes = Buffer.byteLength(body);
    const head = [
      'POST /dm HTTP/1.1',
      'Host: x',
      'Connection: close',
      `Content-Type: ${DM_XML}`,
      'Content-Encoding: UTF-8',
      'Transfer-Encoding: chunked',
    ];
    const answer = await overHttp(bridge, head, `${bytes.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200/u);
    expect(answer).toMatch(/<Cmd>SyncHdr<\/Cmd>(?:(?!<\/Status>).)*<Data>200</u);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['grüß']);
  });
});

describe('sessions', () => {
  test.each(['C395', '0', '1a', 'a b'])('SessionID is opaque text, here "%s" (CP-DMREPU-7.1.22)', async (sessionId) => {
    const bridge = await BridgeUnderTest.open({ script: onlyOnce(['GET', DEV_TYP], ['GET', FW_V]) });
    const device = new QuirkyDevice(BRUCE, { leaves: TREE });
    await device.session(bridge, sessionId);
    expect(device.answers.map((answer) => answer.sessionId)).toEqual([sessionId, sessionId]);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });

  test('every answer has RespURI, challenges included, and Basic is accepted with every message (CP-DMREPU-7.1.21, CP-DMSEC-5.4c)', async () => {
    const bridge = await BridgeUnderTest.open({ script: onlyOnce(['GET', DEV_TYP]), accept: ['basic'] });
    const challenged = await bridge.say(packageOne(BRUCE, { cred: '' }));
    const device = new QuirkyDevice(BRUCE, { leaves: TREE, credAlways: true });
    await device.session(bridge, '2');
    for (const answer of [challenged, ...device.answers]) expect(answer.respUri).toMatch(/^http/u);
    expect(new Set(device.answers.map(({ respUri }) => respUri)).size).toBe(1);
    expect(device.answers.map(({ statuses }) => statuses[0])).toEqual(['SyncHdr 0 200', 'SyncHdr 0 212']);
  });

  test('two sessions of a device at once execute the commands once', async () => {
    const bridge = await BridgeUnderTest.open({ script: always([['EXEC', UPDATE]]) });
    const message = packageOne(BRUCE);
    const [one, two] = await Promise.all([bridge.post(message), bridge.post(message)]);
    expect(two).toEqual(one);
    expect(bridge.packages()).toHaveLength(1);
    const restarted = packageOne(BRUCE, {}, [note(3, 'again')]);
    await Promise.all([bridge.post(restarted), bridge.post(restarted)]);
    await bridge.drained();
    expect(bridge.packages().filter(({ Status }) => Status === undefined)).toHaveLength(2);
    expect(bridge.packages().flatMap(notesIn)).toEqual(['again']);
    expect((await bridge.state()).session?.south.outstanding).toHaveLength(1);
  });
});

describe('messages', () => {
  /** As that client writes it: no CmdRef, Cmd SyncHdr; Data before TargetRef; `Chr`; TNDS as text in Alert 1226. */
  test('a Status for SyncHdr without CmdRef, elements in another order, Format Chr, and TNDS as text in an Alert are accepted (CP-DMPRO-6.7c)', async () => {
    const bridge = await BridgeUnderTest.open({ script: onlyOnce(['GET', DEV_TYP]) });
    const tnds = '<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Cred</NodeName></Node></MgmtTree>';
    const escaped = tnds.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    const type = 'Reversed-Domain-Name: org.wi-fi.hotspot2dot0.SubscriptionCreation';
    const event = `<Alert><CmdID>3</CmdID><Data>1226</Data><Item><Meta><Format ${METINF}>Chr</Format><Type ${METINF}>${type}</Type></Meta><Data>${escaped}</Data></Item></Alert>`;
    const answer = await bridge.say(packageOne(BRUCE, {}, [event]));
    expect(answer.statuses).toContain('Alert 3 200');
    const get = answer.commands.find(({ name }) => name === 'Get')?.cmdId;
    const hdr = `<Status><MsgRef>1</MsgRef><Cmd>SyncHdr</Cmd><Data>200</Data><TargetRef>IMEI:1</TargetRef><CmdID>1</CmdID></Status>`;
    const own = `<Status><Data>200</Data><Cmd>Get</Cmd><CmdRef>${get}</CmdRef><MsgRef>1</MsgRef><TargetRef>./DevDetail/DevTyp</TargetRef><CmdID>2</CmdID></Status>`;
    const read = `<Results><Item><Data>Phone</Data><Meta><Format ${METINF}>Chr</Format></Meta><Source><LocURI>./DevDetail/DevTyp</LocURI></Source></Item><CmdRef>${get}</CmdRef><MsgRef>1</MsgRef><CmdID>3</CmdID></Results>`;
    const last = await bridge.say(syncml({ msgId: 2 }, [hdr, own, read]), { token: tokenOf(answer) });
    expect(last.commands).toEqual([]);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(valueIn(bridge)).toBe('Phone');
    expect(bridge.packages()[0]?.Alert?.[1]).toMatchObject({ AlertType: type, Data: { DM1x: tnds } });
  });

  test('interior nodes in the DevInfo Replace, and Meta on the command instead of its Items, are accepted (CP-DMPRO-6.3d)', async () => {
    const bridge = await BridgeUnderTest.open();
    const leaf = (name: string, value: string, meta = '') =>
      `<Item><Source><LocURI>./DevInfo${name}</LocURI></Source>${meta}<Data>${value}</Data></Item>`;
    const node = `<Meta><Format ${METINF}>node</Format></Meta>`;
    const items = [
      leaf('', 'DevId/Man/Mod/DmV/Lang/Ext', node),
      leaf('/Ext', 'a/b', node),
      leaf('/DevId', 'IMEI:1'),
      leaf('/Man', 'Maker'),
      leaf('/Mod', 'Phone'),
      leaf('/DmV', '1.2'),
      leaf('/Lang', 'en'),
    ];
    const replace = `<Replace><CmdID>2</CmdID><Meta><Format ${METINF}>chr</Format><Type ${METINF}>text/plain</Type></Meta>${items.join('')}</Replace>`;
    const event = `<Alert><CmdID>3</CmdID><Data>1226</Data><Meta><Format ${METINF}>chr</Format><Type ${METINF}>com.example.note</Type></Meta><Item><Data>moved</Data></Item></Alert>`;
    const answer = await bridge.say(syncml({ cred: basicCred(BRUCE) }, [alert(1, 1201), replace, event]));
    expect(answer.statuses.slice(0, 3)).toEqual(['SyncHdr 0 200', 'Alert 1 200', 'Replace 2 200']);
    const { record } = await bridge.state();
    expect(record.values).toMatchObject({ manufacturer: 'Maker', model: 'Phone' });
    expect(Object.keys(record.devInfo ?? {}).sort()).toEqual(
      ['DevId', 'DmV', 'Lang', 'Man', 'Mod'].map((name) => `./DevInfo/${name}`),
    );
  });

  test('Results whose Meta has only Size are accepted', async () => {
    const bridge = await BridgeUnderTest.open({ script: onlyOnce(['GET', DEV_TYP]) });
    const answer = await bridge.say(packageOne(BRUCE));
    const whole = reply(answer, LEAVES).map((part) =>
      part.replace(`<Format ${METINF}>chr</Format>`, `<Size ${METINF}>5</Size>`),
    );
    await bridge.say(syncml({ msgId: 2 }, whole), { token: tokenOf(answer) });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(valueIn(bridge)).toBe('Phone');
  });

  test('TNDS as elements in Data keeps its markup', async () => {
    const bridge = await BridgeUnderTest.open();
    const tnds =
      '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>A &amp; B</NodeName></Node></MgmtTree>';
    const event = `<Alert><CmdID>3</CmdID><Data>1226</Data><Item><Meta><Format ${METINF}>xml</Format><Type ${METINF}>com.example.tree</Type></Meta><Data>${tnds}</Data></Item></Alert>`;
    await bridge.say(packageOne(BRUCE, {}, [event]));
    const delivered = String(bridge.packages()[0]?.Alert?.[1]?.Data?.DM1x);
    expect(textAt(readXml(delivered), 'Node', 'NodeName')).toBe('A & B');
    expect(readXml(delivered).name).toBe('MgmtTree');
  });

  test('CDATA and escaped text are the same value', async () => {
    const values: (string | undefined)[] = [];
    for (const data of ['<![CDATA[a <b> & c]]>', 'a &lt;b&gt; &amp; c', 'a &lt;b<![CDATA[> & ]]>c']) {
      const bridge = await BridgeUnderTest.open({ script: onlyOnce(['GET', DEV_TYP]) });
      const answer = await bridge.say(packageOne(BRUCE));
      await bridge.say(syncml({ msgId: 2 }, reply(answer, { './DevDetail/DevTyp': data })), { token: tokenOf(answer) });
      values.push(valueIn(bridge));
    }
    expect(values).toEqual(['a <b> & c', 'a <b> & c', 'a <b> & c']);
  });
});

describe('credentials of the device', () => {
  test('a client that hashes the text of NextNonce is accepted, and the credentials of the bridge use the text, too (CP-DMSEC-5.4e)', async () => {
    const server = { user: 'legacy-dm', password: 's3rver' };
    const bridge = await BridgeUnderTest.open({
      accept: ['md5'],
      devices: [{ ...BRUCE, server }],
      script: always([['EXEC', UPDATE]]),
    });
    const asText = (nonce: string) => Buffer.from(nonce).toString('base64');
    const challenge = await bridge.say(packageOne(BRUCE, { cred: '' }));
    const got = await bridge.say(
      packageOne(BRUCE, { msgId: 2, cred: md5Cred(BRUCE, asText(challenge.nextNonce ?? '')) }),
    );
    expect(got.statuses[0]).toBe('SyncHdr 0 200');
    expect((await bridge.state()).record.facts.nonceAsText).toBe(true);
    const ours = 'bm9uY2U=';
    const chal = `<Chal><Meta><Format ${METINF}>b64</Format><Type ${METINF}>syncml:auth-md5</Type><NextNonce ${METINF}>${ours}</NextNonce></Meta></Chal>`;
    const hdr = status(1, { msgRef: got.msgId, cmdRef: 0, cmd: 'SyncHdr' }, 407).replace('<Data>', `${chal}<Data>`);
    const again = await bridge.post(
      syncml({ msgId: 3 }, [
        hdr,
        status(2, { msgRef: got.msgId, cmdRef: got.commands[0]?.cmdId ?? '', cmd: 'Exec' }, 407),
      ]),
      { token: tokenOf(got) },
    );
    const shown = textAt(child(readXml(again.body), 'SyncHdr', 'Cred'), 'Data');
    expect(md5Cred(server, asText(ours))).toContain(`<Data>${shown}</Data>`);
    const next = await bridge.say(
      packageOne(BRUCE, { sessionId: '2', cred: md5Cred(BRUCE, asText(got.nextNonce ?? '')) }),
    );
    expect(next.statuses[0]).toBe('SyncHdr 0 212');
  });

  test('x-syncml-hmac without Cred authenticates a message', async () => {
    const bridge = await BridgeUnderTest.open({ accept: ['hmac-md5'], script: onlyOnce(['EXEC', UPDATE]) });
    const first = (msgId: number) => packageOne(BRUCE, { cred: '', locName: 'bruce', msgId });
    const challenge = await bridge.say(first(1));
    const say = (body: string, nonce: string | undefined, token?: string) =>
      bridge.say(body, { token, headers: { 'x-syncml-hmac': macHeader(BRUCE, nonce ?? '', body) } });
    const got = await say(first(2), challenge.nextNonce);
    expect(got.commands.map(({ name }) => name)).toEqual(['Exec']);
    await say(syncml({ msgId: 3 }, reply(got, {})), got.nextNonce, tokenOf(got));
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test.each([
    ['no credentials', ''],
    ['wrong credentials', basicCred({ user: 'bruce', password: 'guess' })],
    ['credentials of another device', basicCred({ user: 'austin', password: 'Groovy' })],
  ])('a message with the Source of a device and %s reads and changes nothing during its session', async (_, creds) => {
    const bridge = await BridgeUnderTest.open({ script: onlyOnce(['EXEC', UPDATE]) });
    const answer = await bridge.say(packageOne(BRUCE));
    const before = await bridge.state();
    for (const sessionId of ['1', '2']) {
      const intruder = await bridge.say(packageOne(BRUCE, { sessionId, cred: creds }, [note(3, 'forged')]), {
        from: '203.0.113.9',
      });
      expect(intruder.commands).toEqual([]);
      expect(intruder.statuses.every((each) => /40[17]$/u.test(each))).toBe(true);
      expect(intruder.respUri).not.toBe(answer.respUri);
    }
    expect(await bridge.state()).toEqual(before);
    await bridge.say(syncml({ msgId: 2 }, reply(answer, {})), { token: tokenOf(answer) });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
    expect(bridge.packages().flatMap(notesIn)).toEqual([]);
  });

  test.each([
    ['no credentials', ''],
    ['wrong credentials', md5Cred({ user: 'bruce', password: 'x' }, 'AAAA')],
  ])('an unregistered device with %s gets the answer of a registered one, and nothing is stored', async (_, creds) => {
    const bridge = await BridgeUnderTest.open({ accept: ['md5'] });
    const shape = async (devId: string) => {
      const got = await bridge.say(packageOne({ ...BRUCE, devId }, { cred: creds }), { from: devId });
      return { ...got, nextNonce: got.nextNonce?.length };
    };
    const known = await shape('IMEI:1');
    expect(await shape('IMEI:999')).toEqual(known);
    expect(bridge.commits).toBe(0);
    await expect(bridge.state('IMEI:999')).rejects.toThrow('not registered');
  });
});

describe('credentials of the bridge', () => {
  const SERVER = { user: 'legacy-dm', password: 's3rver' };

  test.each([
    ['407 for SyncHdr and all commands', 407, 407],
    ['0 for SyncHdr', 0, undefined],
    ['401 for SyncHdr and 407 for the command', 401, 407],
  ])('%s makes the bridge send Cred and the refused commands again', async (_, header, code) => {
    const bridge = await BridgeUnderTest.open({
      devices: [{ ...BRUCE, server: SERVER }],
      script: onlyOnce(['EXEC', UPDATE]),
    });
    const first = await bridge.say(packageOne(BRUCE));
    const token = tokenOf(first);
    const exec = first.commands[0]?.cmdId ?? '';
    const own = code === undefined ? [] : [status(2, { msgRef: first.msgId, cmdRef: exec, cmd: 'Exec' }, code)];
    const hdr = status(1, { msgRef: first.msgId, cmdRef: 0, cmd: 'SyncHdr' }, header);
    const second = await bridge.post(syncml({ msgId: 2 }, [hdr, ...own]), { token });
    expect(textAt(child(readXml(second.body), 'SyncHdr', 'Cred', 'Meta'), 'Type')).toBe('syncml:auth-md5');
    const again = readAnswer(second.body);
    expect(again.commands.map(({ name }) => name)).toEqual(['Exec']);
    await bridge.say(syncml({ msgId: 3 }, reply(again, {})), { token });
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });
});

describe('reading and writing', () => {
  test('406 to ?list= makes the bridge try simpler lists, and the result is stored', async () => {
    const bridge = await BridgeUnderTest.open({ script: always([['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//']]) });
    const gets = async (lists: readonly string[], sessionId: string) => {
      const device = new QuirkyDevice(BRUCE, { leaves: TREE, lists });
      await device.session(bridge, sessionId);
      return device.executed;
    };
    const walk = ['Get ./DevDetail', 'Get ./DevDetail/DevTyp', 'Get ./DevDetail/FwV'];
    expect(await gets([], '1')).toEqual([
      'Get ./DevDetail?list=StructData',
      'Get ./DevDetail?list=TNDS',
      'Get ./DevDetail?list=Struct',
      ...walk,
    ]);
    expect(await gets([], '2')).toEqual(walk);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], undefined, [200]]);
  });

  test('StructData is used where it works', async () => {
    const bridge = await BridgeUnderTest.open({ script: always([['GET', 'urn:oma:mo:oma-dm-devdetail:1.0//']]) });
    const device = new QuirkyDevice(BRUCE, {
      leaves: TREE,
      lists: ['StructData'],
      userAgent: 'Dalvik/1.6.0 (Linux; U; Android 4.4)',
    });
    await device.session(bridge);
    expect(device.executed).toEqual(['Get ./DevDetail?list=StructData']);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });

  test('the test client of libdmclient, which crashes on Sequence and on the Add of an interior node, completes a session', async () => {
    const account = { ...BRUCE, devId: 'DMCtest' };
    const member = { ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'FM', Enabled: true } } };
    const bridge = await BridgeUnderTest.open({
      devices: [account],
      script: always(
        [
          ['GET', DEV_TYP],
          ['GET', FW_V],
          ['HGET', DATA],
        ],
        JSON.stringify([member]),
      ),
    });
    const device = new QuirkyDevice(account, {
      leaves: TREE,
      crashesOn: ['Sequence', 'Add node'],
      contentType: 'application/vnd.syncml+xml',
      devInfo: { Man: 'test manufacturer', Mod: 'test model', DmV: '1.0' },
      verProto: 'DM/1.2',
    });
    expect(await device.session(bridge)).toBe(true);
    expect(device.messages.every((names) => names.length <= 1)).toBe(true);
    expect(device.executed.filter((each) => each.startsWith('Add'))).toEqual([
      'Add ./DCMO/radio/Property',
      'Add ./DCMO/radio/Enabled',
    ]);
    expect(device.executed.some((each) => each.includes('?list='))).toBe(false);
    expect(device.tree.get('./DCMO/radio/Property')).toBe('FM');
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200, 200]]);
  });

  test.each([
    ['412 and Alert 1225', 412, '1225', 400],
    ['424 and Alert 1223', 424, '1223', 503],
  ])('a large object that the device ends with %s gets its status', async (_, code, ending, north) => {
    const bridge = await BridgeUnderTest.open({
      script: always([['HGET', DATA, `${DCMO}/usb/Property`]], 'x'.repeat(5000), 'text/plain'),
    });
    const meta = `<Meta><MaxMsgSize ${METINF}>2000</MaxMsgSize></Meta>`;
    let answer = await bridge.say(packageOne(BRUCE, { meta }));
    const token = tokenOf(answer);
    let msgId = 2;
    const isChunk = () =>
      answer.commands.some(({ name, node }) => name === 'Replace' && child(node, 'Item', 'MoreData') !== undefined);
    const tree = { ...LEAVES, './DCMO': 'usb', './DCMO/usb/Property': 'Bus' };
    for (; !isChunk() && answer.commands.length > 0 && msgId < 15; msgId += 1) {
      const parts = reply(answer, tree).map((part) =>
        part.includes('<LocURI>./DCMO</LocURI>') ? part.replace('>chr<', '>node<') : part,
      );
      answer = await bridge.say(syncml({ msgId }, parts), { token });
    }
    expect(isChunk()).toBe(true);
    const chunk = answer.commands.find(({ name }) => name === 'Replace');
    const refs = { msgRef: answer.msgId, cmdRef: chunk?.cmdId ?? '', cmd: 'Replace' };
    const end = `<Alert><CmdID>3</CmdID><Data>${ending}</Data></Alert>`;
    const ended = syncml({ msgId }, [
      status(1, { msgRef: answer.msgId, cmdRef: 0, cmd: 'SyncHdr' }, 200),
      status(2, refs, code),
      end,
    ]);
    answer = await bridge.say(ended, { token });
    expect(answer.commands.filter(({ name }) => name === 'Replace')).toEqual([]);
    expect(answer.statuses).toContain('Alert 3 200');
    // The device may have kept the part that it got.
    const isReadBack = answer.commands.some(({ name }) => name === 'Get');
    expect(isReadBack).toBe(ending === '1225');
    if (isReadBack) await bridge.say(syncml({ msgId: msgId + 1 }, reply(answer, tree)), { token });
    await settle();
    await bridge.drained();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [north]]);
  });

  test.each([
    ['an Exec without a handler', ['EXEC', UPDATE], 'Exec', 406, 405],
    ['an unknown Exec', ['EXEC', UPDATE], 'Exec', 501, 405],
    ['a command that is not supported', ['DELETE', `${DCMO}/usb/Property`], 'Delete', 501, 501],
    ['a feature that is not supported', ['DELETE', `${DCMO}/usb/Property`], 'Delete', 406, 501],
  ])('%s gets the status of DM 2.0 for it', async (_, command, name, code, north) => {
    const bridge = await BridgeUnderTest.open({ script: onlyOnce(command) });
    const device = new QuirkyDevice(BRUCE, { leaves: TREE, codes: { [name]: code } });
    await device.session(bridge);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [north]]);
  });

  test('a value that must be escaped arrives unchanged, once', async () => {
    const value = 'a <b> & ]]> "c"';
    const bridge = await BridgeUnderTest.open({
      script: always(
        [
          ['HGET', DATA, `${DCMO}/usb/Property`],
          ['GET', DEV_TYP],
        ],
        value,
        'text/plain',
      ),
    });
    const device = new QuirkyDevice(BRUCE, { leaves: TREE });
    await device.session(bridge);
    expect(device.tree.get('./DCMO/usb/Property')).toBe(value);
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200, 200]]);
  });
});
