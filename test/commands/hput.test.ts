/** HPUT and HPOST: data of the device is sent to the Data Repository in one request (DM-2.0 §5.3.2, §5.3.3). */
import { describe, expect, test } from 'vitest';
import type { RepositoryReply, RepositoryRequest } from '../../src/dm2/repository.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import { parseTnds } from '../../src/xml-data/tnds.ts';
import { modelDevice, nodeAt } from '../north/model/device.ts';
import { context, DATA, knowledgeOf, NOT_THERE, play } from '../north/model/play.ts';
import { DCMO, DEVINFO, KNOWN, onPhone, phoneTree, SESSION_INFO, VENDOR } from '../north/model/simulated-device.ts';

const PRODUCT = `${VENDOR.replaceAll('/', '%2F')}/Product`;
const URL = `${DATA}/upload`;
const TAKEN: RepositoryReply = { status: 201, headers: {}, body: { text: '' } };
const ddf = expect.any(String);

function sending(clientUris: readonly string[], reply: RepositoryReply = TAKEN, name = 'HPUT') {
  const outcome = onPhone([[name, URL, ...clientUris]], { repository: () => reply });
  const [request] = outcome.exchanges;
  return { ...outcome, request, body: request?.body };
}

function jsonOf(request: RepositoryRequest | undefined): unknown {
  const { body } = request ?? {};
  return body !== undefined && 'text' in body ? JSON.parse(body.text) : undefined;
}

describe('an upload', () => {
  test.each([
    ['HPUT', 'PUT'],
    ['HPOST', 'POST'],
  ])('of %s is one %s', (name, method) => {
    const outcome = sending([`${DCMO}/usb/`, `${DCMO}/camera/Property`], TAKEN, name);
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.exchanges).toHaveLength(1);
    expect(outcome.request).toMatchObject({ method, url: URL, headers: { 'content-type': 'application/dmmo+json' } });
  });

  test('has an array in the order of the ClientURIs', () => {
    const { request } = sending([`${DCMO}/camera/Property`, `${DCMO}/*/Enabled`]);
    expect(jsonOf(request)).toEqual([
      { DDF: ddf, ClientURI: `${DCMO}/camera/Property`, MOData: { Property: 'Camera' } },
      { DDF: ddf, ClientURI: `${DCMO}/camera/Enabled`, MOData: { Enabled: true } },
      { DDF: ddf, ClientURI: `${DCMO}/usb/Enabled`, MOData: { Enabled: true } },
    ]);
  });

  test('may have data of virtual MOs', () => {
    expect(jsonOf(sending([`${SESSION_INFO}//`]).request)).toEqual([
      { DDF: ddf, ClientURI: `${SESSION_INFO}//`, MOData: { SessionInfoMO: { CBT: 0, ROAMING: 2 } } },
    ]);
  });

  test.each([
    ['Name', 'text/plain', { text: 'x' }],
    ['Image', 'image/png', { base64: 'AAEC/w==' }],
  ])('of a single leaf has the type of the leaf: %s', (name, type, body) => {
    const { request } = sending([`${PRODUCT}/${name}`]);
    expect(request).toMatchObject({ headers: { 'content-type': type }, body });
  });

  test.each(['a/b\r\nX-Evil: 1', 'ünï/x'])(
    'of a single leaf whose Type is not a valid header value is sent as bytes: %j',
    (type) => {
      const tree = phoneTree();
      Object.assign(nodeAt(tree, './Vendor/Product/Name') ?? {}, { type });
      const { exchanges, statuses } = onPhone([['HPUT', URL, `${PRODUCT}/Name`]], { repository: () => TAKEN, tree });
      expect(statuses).toEqual(['200']);
      expect(exchanges).toMatchObject([
        { headers: { 'content-type': 'application/octet-stream' }, body: { text: 'x' } },
      ]);
    },
  );

  test('of a leaf without value is MO data', () => {
    expect(jsonOf(sending([`${PRODUCT}/Nothing`]).request)).toEqual([
      { ClientURI: `${PRODUCT}/Nothing`, MOData: { Nothing: null } },
    ]);
  });

  test('of the single match of a wildcard is MO data', () => {
    const { request } = sending([`${DEVINFO}/*/Lang`]);
    expect(jsonOf(request)).toMatchObject([{ ClientURI: `${DEVINFO}/DevInfo/Lang`, MOData: { Lang: 'en' } }]);
  });

  test('fills in the parameters of the ServerURI', () => {
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' }, values: { mcc: '262' } });
    const outcome = onPhone([['HPUT', `${DATA}/[DevID]/[MCC]/[MNC]/[Moon]`, `${DCMO}/usb/Property`]], {
      knowledge,
      repository: () => TAKEN,
    });
    expect(outcome.exchanges[0]?.url).toBe(`${DATA}/IMEI%3A1/262/-1/-1`);
  });
});

describe('the media type of an upload', () => {
  const leaf = `${PRODUCT}/Name`;

  test.each([
    ['application/dmmo+json', leaf, ['application/dmmo+json'], '200'],
    ['text/*, application/dmmo+json;q=0.1', leaf, ['text/plain'], '200'],
    ['*/*', leaf, ['text/plain'], '200'],
    ['image/png', leaf, [], '406'],
    ['text/plain', `${DCMO}/usb/`, [], '406'],
    ['application/vnd.syncml.dmtnds+xml', `${DCMO}/usb/`, ['application/vnd.syncml.dmtnds+xml'], '200'],
    ['application/vnd.syncml.dmtnds+xml', `${DCMO}/*/Enabled`, [], '406'],
  ])('follows OMADM-Accept %s for %s', (accept, clientUri, sent, status) => {
    const device = modelDevice(phoneTree());
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    const played = play({ device, knowledge, repository: () => TAKEN }, [
      { commands: [], headers: { 'omadm-accept': accept } },
      // It holds until another one comes (§5.5).
      { commands: [['HPUT', URL, clientUri]] },
    ]);
    expect(played.exchanges.map(({ headers }) => headers['content-type'])).toEqual(sent);
    expect(played.packages[2]?.json.Status).toEqual([{ sc: Number(status) }]);
  });

  test('may be TNDS for one sub-tree, with its MOID and cut off at the level of lv (DM-SER-004-C-O)', () => {
    const device = modelDevice(phoneTree());
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    const accept = { 'omadm-accept': 'application/vnd.syncml.dmtnds+xml' };
    const [whole, cut] = [`${PRODUCT}/`, `${PRODUCT}/?lv=1`].map((clientUri) => {
      const played = play({ device, knowledge, repository: () => TAKEN }, [
        { commands: [['HPUT', URL, clientUri]], headers: accept },
      ]);
      const body = played.exchanges[0]?.body;
      return parseTnds(body !== undefined && 'text' in body ? body.text : '', parseLocUri('./Vendor/Product')).root;
    });
    const product = nodeAt(phoneTree(), './Vendor/Product');
    expect(whole).toMatchObject({ name: 'Product', format: 'node', type: product?.type });
    expect(whole?.children?.find(({ name }) => name === 'Image')).toMatchObject({ value: 'AAEC/w==' });
    expect(cut?.children?.map(({ name }) => name).sort()).toEqual(whole?.children?.map(({ name }) => name).sort());
    expect(cut?.children?.flatMap(({ children = [] }) => children)).toEqual([]);
  });

  test.each<[string, RepositoryReply[], readonly string[], string]>([
    ['another type', [unsupported('application/dmmo+json'), TAKEN], ['text/plain', 'application/dmmo+json'], '200'],
    [
      'another type, which is then refused',
      [unsupported('application/dmmo+json'), NOT_THERE],
      ['text/plain', 'application/dmmo+json'],
      '419',
    ],
    ['a type that is not possible', [unsupported('image/png'), TAKEN], ['text/plain'], '406'],
    ['no type', [{ status: 415, headers: {}, body: { text: '' } }, TAKEN], ['text/plain'], '419'],
  ])('changes after 415 with %s', (_, replies, sent, status) => {
    const left = [...replies];
    const outcome = onPhone([['HPOST', URL, leaf]], { repository: () => left.shift() ?? NOT_THERE });
    expect(outcome.exchanges.map(({ headers }) => headers['content-type'])).toEqual(sent);
    expect(outcome.statuses).toEqual([status]);
  });

  function unsupported(accept: string): RepositoryReply {
    return { status: 415, headers: { 'omadm-accept': accept }, body: { text: '' } };
  }
});

describe('the status of an upload', () => {
  test.each([
    ['one node exists', [`${DCMO}/none/`, `${DCMO}/usb/Property`], '200'],
    ['one node exists and one is refused', ['urn:oma:mo:other:1.0//', `${DCMO}/usb/Property`], '200'],
    ['all nodes are missing', [`${DCMO}/none/`, `${DCMO}/usb/None`, `${DCMO}/usb/Ext/*`], '404'],
    ['one node is refused and the others are missing', ['urn:oma:mo:other:1.0//', `${DCMO}/none/`], '403'],
    ['one address is malformed', [`${DCMO}/usb/Property`, 'nonsense'], '400'],
  ])('when %s', (_, clientUris, status) => {
    const account = { ...context.account, moids: [parseMoid(DCMO)] };
    const outcome = onPhone([['HPUT', URL, ...clientUris]], {
      context: { ...context, account },
      repository: () => TAKEN,
    });
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.exchanges).toHaveLength(status === '200' ? 1 : 0);
  });

  test.each<[string, RepositoryReply]>([
    ['404', NOT_THERE],
    ['500', { status: 500, headers: {}, body: { text: '' } }],
    ['with no reply', { failure: 'unreachable', reason: 'refused' }],
  ])('is 419 when the repository answers %s', (_, reply) => {
    expect(sending([`${DCMO}/usb/`], reply).statuses).toEqual(['419']);
  });

  test.each<[string, number, string]>([
    ['HPOST', 303, '200'],
    ['HPUT', 303, '419'],
    ['HPOST', 302, '419'],
    ['HPOST', 307, '419'],
    ['HPUT', 202, '200'],
    ['HPUT', 304, '419'],
  ])('of %s with the reply %i is %s, and no redirect is followed', (name, status, expected) => {
    const reply = { status, headers: { location: `${DATA}/elsewhere` }, body: { text: '' } };
    const outcome = sending([`${DCMO}/usb/`], reply, name);
    expect(outcome.statuses).toEqual([expected]);
    expect(outcome.exchanges).toHaveLength(1);
  });

  test.each([
    ['https://elsewhere.example/x', '419'],
    ['::', '400'],
  ])('for the ServerURI %s is %s, and nothing is read', (url, status) => {
    const outcome = onPhone([['HPUT', url, `${DCMO}/usb/`]]);
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.trips).toEqual([]);
  });

  test('is 400 without a ClientURI', () => {
    expect(onPhone([['HPOST', URL]]).statuses).toEqual(['400']);
  });
});
