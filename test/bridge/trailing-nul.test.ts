/** Devices that count the end of their C strings: a NUL behind each value that they send. */
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import { DM_XML, packageOne, readAnswer, syncml } from '../e2e/scripted-device.ts';
import {
  type BackendScript,
  BRUCE,
  BridgeUnderTest,
  commands,
  noCommands,
  notesIn,
  settle,
  statusesIn,
  tokenOf,
} from './bridge-under-test.ts';
import { type Quirks, QuirkyDevice } from './quirky-device.ts';

const DM_WBXML = 'application/vnd.syncml.dm+wbxml';
const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const LEAVES = { './DCMO/usb/Property': 'Bus', './DCMO/usb/Enabled': 'true' };
/** An instance whose children must be listed. */
const GET: readonly string[] = ['GET', `${DCMO}/usb`];

type Post = BridgeUnderTest['post'];

function alwaysGets(): BackendScript {
  return ({ body }) => {
    const isOpening = body !== undefined && 'text' in body && !body.text.includes('"Status"');
    return isOpening && body.text.startsWith('{') ? commands(GET) : noCommands();
  };
}

/** A NUL behind every value in Data. */
function withNuls(xml: string): string {
  return xml.replaceAll(/([^>])<\/Data>/gu, '$1\0</Data>');
}

/** Behind the values of Results only: a message without them is right. */
function withNulsInResults(xml: string): string {
  return xml.replaceAll(/<Results>.*?<\/Results>/gsu, withNuls);
}

/** The same message in WBXML, with a NUL behind each value. */
async function postAsWbxml(bridge: BridgeUnderTest, ...[xml, place]: Parameters<Post>): ReturnType<Post> {
  const { message } = decodeMessage(Buffer.from(withNuls(xml)), DM_XML);
  const marked = message.commands.map((command) =>
    'items' in command
      ? {
          ...command,
          items: command.items.map((item) =>
            typeof item.data === 'string' ? { ...item, data: Buffer.from(`${item.data}\0`) } : item,
          ),
        }
      : command,
  );
  const body = encodeMessage({ ...message, commands: marked }, DM_WBXML, { wbxmlVersion: '1.2', textPublicId: false });
  const request = { body, contentType: DM_WBXML, headers: {}, remoteAddress: '192.0.2.1', token: place?.token };
  const answer = await bridge.handle(request);
  return {
    ...answer,
    body: Buffer.from(encodeMessage(decodeMessage(answer.body, DM_WBXML).message, DM_XML)).toString(),
  };
}

function quirksIn(bridge: BridgeUnderTest): readonly string[] {
  return bridge.logs.flatMap((line) => {
    const { event, quirk } = JSON.parse(line);
    return event === 'device.quirk' ? [quirk] : [];
  });
}

/** The MO data that the backend got: the last part of each multipart package. */
function valuesIn(bridge: BridgeUnderTest): readonly unknown[] {
  return bridge.requests.flatMap(({ body }) => {
    const text = body === undefined ? '' : 'text' in body ? body.text : Buffer.from(body.base64, 'base64').toString();
    const part = text.startsWith('--') ? text.split(/\r\n--[^\r\n]*/u).at(-2) : undefined;
    return part === undefined ? [] : [JSON.parse(part.slice(part.indexOf('\r\n\r\n')))];
  });
}

const FORMS: readonly (readonly [string, (bridge: BridgeUnderTest) => Post])[] = [
  ['XML', (bridge) => (body, place) => bridge.post(withNuls(body), place)],
  ['XML, in Results only', (bridge) => (body, place) => bridge.post(withNulsInResults(body), place)],
  ['WBXML', (bridge) => (body, place) => postAsWbxml(bridge, body, place)],
];

describe('a device with a NUL behind each value', () => {
  const lists: readonly (readonly [string, Quirks])[] = [
    ['without lists', { leaves: LEAVES }],
    ['with lists', { leaves: LEAVES, lists: ['StructData', 'Struct'] }],
  ];

  test.each(FORMS.flatMap(([form, post]) => lists.map(([list, quirks]) => ({ form, list, post, quirks }))))(
    '$list is served in whole sessions: $form',
    async ({ post, quirks }) => {
      const bridge = await BridgeUnderTest.open({ script: alwaysGets() });
      const device = new QuirkyDevice(BRUCE, quirks);
      for (const sessionId of ['1', '2']) await device.session({ post: post(bridge) }, sessionId);
      await bridge.drained();
      expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200], undefined, [200]]);
      const told = { MOData: { usb: { Property: 'Bus', Enabled: true } } };
      expect(valuesIn(bridge)).toMatchObject([[told], [told]]);
      const { record } = await bridge.state();
      expect(record.values).toMatchObject({ manufacturer: 'Maker', model: 'Phone' });
      expect(JSON.stringify(record.devInfo)).not.toContain('\\u0000');
    },
  );

  test('is logged once, and the fact survives a restart', async () => {
    const bridge = await BridgeUnderTest.open({ script: alwaysGets() });
    const device = new QuirkyDevice(BRUCE, { leaves: LEAVES });
    const post: Post = (body, place) => bridge.post(withNuls(body), place);
    await device.session({ post }, '1');
    bridge.kill();
    await device.session({ post }, '2');
    expect(quirksIn(bridge)).toEqual(['trailing NUL']);
    expect((await bridge.state()).record.facts.trailingNul).toBe(true);
  });

  test('has its alerts told without the NUL', async () => {
    const bridge = await BridgeUnderTest.open();
    const event = `<Alert><CmdID>3</CmdID><Data>1226</Data><Item><Meta><Format xmlns="syncml:metinf">chr</Format><Type xmlns="syncml:metinf">com.example.note</Type></Meta><Data>a</Data></Item></Alert>`;
    await bridge.say(withNuls(packageOne(BRUCE, {}, [event])));
    expect(bridge.packages().flatMap(notesIn)).toEqual(['a']);
  });
});

describe('a large object of a device that counts the NUL behind a value in Size', () => {
  /** The status of the last chunk, and the notes that the backend got. */
  async function send(chunks: readonly string[], size: number) {
    const bridge = await BridgeUnderTest.open();
    let token: string | undefined;
    let statuses: readonly string[] = [];
    for (const [at, data] of chunks.entries()) {
      const isLast = at === chunks.length - 1;
      const announced = at === 0 ? `<Size xmlns="syncml:metinf">${size}</Size>` : '';
      const meta = `<Meta><Format xmlns="syncml:metinf">chr</Format><Type xmlns="syncml:metinf">com.example.note</Type>${announced}</Meta>`;
      const more = isLast ? '' : '<MoreData/>';
      const event = `<Alert><CmdID>3</CmdID><Data>1226</Data><Item>${meta}<Data>${data}</Data>${more}</Item></Alert>`;
      const body = at === 0 ? packageOne(BRUCE, {}, [event], isLast) : syncml({ msgId: at + 1 }, [event], isLast);
      const answer = await bridge.say(body, { token });
      token = tokenOf(answer) ?? token;
      statuses = answer.statuses;
    }
    return { status: statuses.find((each) => each.startsWith('Alert 3')), notes: bridge.packages().flatMap(notesIn) };
  }

  test.each([
    ['behind the last chunk', ['abc', 'def\0'], 7],
    ['behind each chunk', ['abc\0', 'def\0'], 8],
    ['behind the last chunk, and Size does not count it', ['abc', 'def\0'], 6],
    ['nowhere', ['abc', 'def'], 6],
  ])('is taken: the NUL is %s', async (_, chunks, size) => {
    expect(await send(chunks, size)).toEqual({ status: 'Alert 3 200', notes: ['abcdef'] });
  });

  test.each([
    ['is too large by one, without any NUL', ['abc', 'def'], 7],
    ['counts more than the NULs', ['abc', 'def\0'], 8],
    ['is too small', ['abc', 'def\0'], 5],
  ])('is refused with 424 when Size %s', async (_, chunks, size) => {
    expect((await send(chunks, size)).status).toBe('Alert 3 424');
  });
});

describe('a NUL at the end of a value of a message without credentials', () => {
  test.each(['IMEI:1', 'IMEI:unknown'])(
    'gets the challenge that any message gets, and no fact is kept: %s',
    async (devId) => {
      const bridge = await BridgeUnderTest.open();
      const before = await bridge.state();
      const answer = await bridge.say(withNuls(packageOne({ ...BRUCE, devId }, { cred: '' })));
      expect(answer.statuses[0]).toBe('SyncHdr 0 407');
      expect(await bridge.state()).toEqual(before);
    },
  );
});

describe('a profile', () => {
  const rule = { name: 'x', match: { model: 'Phone' } };

  test('without trailing NULs makes the bridge refuse them, and the session goes on', async () => {
    const profiles = [{ ...rule, trailingNul: false }];
    const bridge = await BridgeUnderTest.open({ script: alwaysGets(), profiles });
    const first = readAnswer((await bridge.post(packageOne(BRUCE))).body);
    const token = tokenOf(first);
    const message = syncml({ msgId: 2 }, ['<Alert><CmdID>1</CmdID><Data>1222</Data></Alert>'], false);
    const before = await bridge.state();
    await expect(bridge.post(withNuls(message), { token })).rejects.toMatchObject({ code: 'ERR_XML_SYNTAX' });
    expect(await bridge.state()).toEqual(before);
    expect((await bridge.say(message, { token })).statuses).toEqual(['SyncHdr 0 212', 'Alert 1 200']);
  });

  test('with trailing NULs lets them pass', async () => {
    const bridge = await BridgeUnderTest.open({ script: alwaysGets(), profiles: [{ ...rule, trailingNul: true }] });
    const device = new QuirkyDevice(BRUCE, { leaves: LEAVES });
    await device.session({ post: (body, place) => bridge.post(withNuls(body), place) });
    await settle();
    expect(bridge.packages().map(statusesIn)).toEqual([undefined, [200]]);
  });
});

test.each([
  ['inside a value', (xml: string) => xml.replace('Phone', 'Ph\0one')],
  ['before white space', (xml: string) => xml.replace('Phone', 'Phone\0 ')],
  ['at the end of CDATA', (xml: string) => xml.replace('Phone', '<![CDATA[Phone\0]]>')],
  ['before an escaped tag', (xml: string) => xml.replace('Phone', 'Phone\0&lt;')],
  ['behind the message', (xml: string) => `${xml}\0`],
])('a NUL %s is refused with 400', async (_, damage) => {
  const bridge = await BridgeUnderTest.open();
  await expect(bridge.post(damage(packageOne(BRUCE)))).rejects.toMatchObject({ code: 'ERR_XML_SYNTAX' });
});
