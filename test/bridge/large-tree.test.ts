/** Sub-trees of thousands of nodes through the whole bridge: spread over many messages, as one document, node by node. */
import { describe, expect, test } from 'vitest';
import type { OutgoingRequest } from '../../src/bridge/ports.ts';
import { DM_XML } from '../e2e/scripted-device.ts';
import { readMultipart } from '../support/dm2/multipart-reader.ts';
import { WBXML_FORMS, type WireForm } from '../support/transcript/wire-form.ts';
import { BRUCE, BridgeUnderTest, commands, noCommands } from './bridge-under-test.ts';
import { type Nodes, TreeDevice, type TreeDeviceOptions } from './tree-device.ts';

const VENDOR = 'com.example/1.2/Meter';
const DATA = 'http://backend.example.com/data';
const ROOT = './Vendor/Meter';

/** A log of readings: five nodes for each, and five above them. */
function meter(readings: number): Nodes {
  const rows = Array.from({ length: readings }, (_, at) => [
    `r${at}`,
    { Date: `12.${at}`, Value: `v${at}`, Unit: 'm', Note: 'ünï and more' },
  ]);
  return { ID: 'Meter', Empty: {}, Data: Object.fromEntries(rows) };
}

/** The data for the backend and the Data Repository, by the index of the command or the URL. */
async function read(
  list: readonly (readonly string[])[],
  options: Omit<TreeDeviceOptions, 'types'>,
  killEvery?: number,
  form?: WireForm,
) {
  let isAsked = false;
  const bridge = await BridgeUnderTest.open({
    script: ({ purpose }) => {
      if (purpose !== 'package') return { status: 200, headers: {}, body: { text: '' } };
      const answer = isAsked ? noCommands() : commands(...list);
      isAsked = true;
      return answer;
    },
  });
  const device = new TreeDevice(BRUCE, { types: { [ROOT]: VENDOR }, ...options });
  let count = 0;
  await device.session(bridge, '1', async (...message) => {
    count += 1;
    if (killEvery !== undefined && count % killEvery === 0) bridge.kill();
    return form === undefined ? await bridge.post(...message) : await postAs(form, bridge, ...message);
  });
  const uploads = bridge.requests.filter(({ purpose }) => purpose === 'repository');
  return { bridge, device, data: dataIn(bridge.requests.at(-1)), uploads };
}

/** POSTs a message in the form that a WBXML device writes. */
async function postAs(
  form: WireForm,
  bridge: BridgeUnderTest,
  ...[body, { token } = {}]: Parameters<BridgeUnderTest['post']>
) {
  const wire = form.toWire({ startLine: 'POST', headers: { 'content-type': DM_XML }, body });
  const answer = await bridge.handle({
    body: wire.body,
    contentType: wire.headers['content-type'] ?? '',
    headers: {},
    token,
    remoteAddress: '192.0.2.1',
  });
  return { ...answer, body: form.fromWire({ startLine: 'HTTP', ...answer }).body };
}

type Member = { readonly ClientURI: string; readonly MOData: Readonly<Record<string, unknown>> };

/** Parts of a multipart Package#3 by name; all are MO data. */
function dataIn(request: OutgoingRequest | undefined): Readonly<Record<string, readonly Member[]>> {
  const contentType = request?.headers['content-type'] ?? '';
  if (request?.body === undefined || !contentType.startsWith('multipart/')) return {};
  const bytes = 'text' in request.body ? Buffer.from(request.body.text) : Buffer.from(request.body.base64, 'base64');
  const [, ...parts] = readMultipart(contentType, bytes);
  return Object.fromEntries(
    parts.map(({ name = '', content }): [string, readonly Member[]] => [
      name,
      JSON.parse(Buffer.from(content).toString('utf8')),
    ]),
  );
}

const treeOf = (nodes: Nodes): Nodes => ({ Vendor: { Meter: nodes } });
const LARGE = meter(1000);

describe('5 000 nodes (CP-DMTND-9.1a, DM-OBJ-011-C-O)', () => {
  const lists = ['StructData', 'Struct'] as const;
  const BY_VALUE = `${VENDOR}/(x)/Data/(y)/*?nv=(x)/ID:Meter&nv=(y)/Date:12.777`;
  const THREE = [
    ['GET', `${VENDOR}//`],
    ['GET', `${VENDOR}/*/Data/*/Value`],
    ['GET', BY_VALUE],
  ];

  test('5 000 nodes are read whole, by wildcard and by value', async () => {
    const { bridge, data } = await read(THREE, { tree: treeOf(LARGE), lists });
    expect(bridge.packages().at(-1)?.Status).toEqual([{ sc: 200 }, { sc: 200 }, { sc: 200 }]);
    expect(data['0']).toMatchObject([{ ClientURI: `${VENDOR}//`, MOData: { Meter: LARGE } }]);
    expect(data['1']?.map(({ ClientURI, MOData }) => [ClientURI, MOData.Value])).toEqual(
      Array.from({ length: 1000 }, (_none, at) => [`${VENDOR}/Meter/Data/r${at}/Value`, `v${at}`]),
    );
    expect(data['2']?.map(({ ClientURI }) => ClientURI)).toEqual(
      ['Date', 'Value', 'Unit', 'Note'].map((name) => `${VENDOR}/Meter/Data/r777/${name}`),
    );
  });

  test.each<[string, Omit<TreeDeviceOptions, 'types' | 'tree'>, number | undefined]>([
    ['over more than a hundred messages', { lists, itemsPerMessage: 40 }, undefined],
    ['over many messages to a bridge that is killed meanwhile', { lists, itemsPerMessage: 100 }, 10],
    ['as one document', { lists: ['TNDS', 'Struct'] }, undefined],
    ['as one document of elements', { lists: ['TNDS', 'Struct'], document: 'elements' }, undefined],
    ['as one document in chunks', { lists: ['TNDS', 'Struct'], charactersPerMessage: 50_000 }, undefined],
  ])('5 000 nodes come %s and go to a repository', async (_, options, killEvery) => {
    const list = [['HPUT', DATA, `${VENDOR}/Meter/`]];
    const { bridge, uploads } = await read(list, { tree: treeOf(LARGE), ...options }, killEvery);
    expect(bridge.packages().at(-1)?.Status).toEqual([{ sc: 200 }]);
    expect(uploads.map(({ url }) => url)).toEqual([DATA]);
    const body = uploads[0]?.body;
    const sent = JSON.parse(body !== undefined && 'text' in body ? body.text : '');
    expect(sent).toMatchObject([{ MOData: { Meter: LARGE } }]);
  });
});

describe('a document (TNDS) in a session (CP-DMTNDS-5.3a)', () => {
  test('a device without StructData is asked for TNDS documents from the first read on', async () => {
    const options = { tree: { DevInfo: { DevId: BRUCE.devId }, ...treeOf(meter(3)) }, lists: ['TNDS'] as const };
    const { bridge, device, data } = await read([['GET', `${VENDOR}/Meter/`]], options);
    expect(device.asked.flat().filter((line) => line.includes('?list='))).toEqual([
      'Get .?list=Struct',
      'Get .?list=StructData',
      'Get ./DevInfo?list=TNDS',
      'Get ./Vendor/Meter?list=TNDS',
    ]);
    expect(data['0']).toMatchObject([{ MOData: { Meter: meter(3) } }]);
    expect((await bridge.state()).record.facts).toEqual({
      usesRespUri: true,
      speaksDm13: true,
      list: 'TNDS',
      rootList: 'none',
    });
  });
});

describe('a document (TNDS) of a WBXML device (CP-DMTNDS-5.3a)', () => {
  const tree = { DevInfo: { DevId: BRUCE.devId }, ...treeOf(meter(3)) };
  test.each(
    WBXML_FORMS.flatMap((form) => [
      [form.name, 'as opaque text', 'cdata', form] as const,
      [form.name, 'as elements of another code page', 'elements', form] as const,
    ]),
  )('a TNDS document in %s, %s, is read', async (_name, _how, document, form) => {
    const { data } = await read([['GET', `${VENDOR}//`]], { tree, lists: ['TNDS'], document }, undefined, form);
    expect(data['0']).toMatchObject([{ MOData: { Meter: meter(3) } }]);
  });
});

describe('a device without listing', () => {
  test('a device without listing is walked over several hundred leaves, also by a bridge that is killed meanwhile', async () => {
    const tree = treeOf(meter(120));
    const { bridge, data } = await read([['GET', `${VENDOR}//`]], { tree, itemsPerMessage: 60 }, 5);
    expect(bridge.packages().at(-1)?.Status).toEqual([{ sc: 200 }]);
    expect(data['0']).toMatchObject([{ MOData: { Meter: meter(120) } }]);
  });
});
