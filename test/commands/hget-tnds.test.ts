/** TNDS documents for HGET (DM-2.0 §5.3.1, §6.5; TNDS 1.2). */
import { describe, expect, test } from 'vitest';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { formatTnds } from '../../src/xml-data/tnds.ts';
import { interior, leaf, nodeAt } from '../north/model/device.ts';
import { context, DATA, document, knowledgeOf } from '../north/model/play.ts';
import {
  DCMO,
  DEVINFO,
  DMACC,
  KNOWN,
  onPhone,
  type PhoneScene,
  phoneTree,
  VENDOR,
} from '../north/model/simulated-device.ts';
import { miidTable } from '../support/miid-table.ts';

const URL = `${DATA}/doc`;
const TNDS = 'application/vnd.syncml.dmtnds+xml';
const PRODUCT = `${VENDOR.replaceAll('/', '%2F')}/Product`;

function tree(name: string, children: readonly MoNode[], type?: string): MoNode {
  return { name, format: 'node', ...(type === undefined ? {} : { type }), children };
}

function text(name: string, value: string, more: Partial<MoNode> = {}): MoNode {
  return { name, format: 'chr', value, ...more };
}

const USB = tree('usb', [text('Property', 'Bus'), text('Enabled', 'false', { format: 'bool' })], DCMO);
const STORED = interior({ Property: leaf('Bus'), Enabled: leaf('false', 'bool') }, DCMO);

function storing(reply: RepositoryReply, clientUri?: string, scene: PhoneScene = {}) {
  const command = clientUri === undefined ? ['HGET', URL] : ['HGET', URL, clientUri];
  return onPhone([command], { repository: () => reply, ...scene });
}

const xml = (node: MoNode) => document(formatTnds(node), TNDS);

/** Flat, as some writers have it; the children name their place in Path. */
function flat(top: string, path: string): RepositoryReply {
  const node = (name: string, at: string, rest: string) =>
    `<Node><NodeName>${name}</NodeName>${at === '' ? '' : `<Path>${at}</Path>`}<RTProperties>${rest}</Node>`;
  const root = node(top, path, `<Format><node/></Format><Type><DDFName>${DCMO}</DDFName></Type></RTProperties>`);
  const inside = path === '' ? top : `${path}/${top}`;
  const leaves = [
    node(
      'Property',
      inside,
      '<Format><chr/></Format><Type><MIME>text/plain</MIME></Type></RTProperties><Value>Bus</Value>',
    ),
    node(
      'Enabled',
      inside,
      '<Format><bool/></Format><Type><MIME>text/plain</MIME></Type></RTProperties><Value>false</Value>',
    ),
  ];
  return document(`<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${root}${leaves.join('')}</MgmtTree>`, TNDS);
}

describe('a TNDS document for the ClientURI of the command', () => {
  test.each<[string, RepositoryReply]>([
    ['an instance', xml(USB)],
    ['with another name of its root', xml({ ...USB, name: 'other' })],
    ['without a name', xml({ ...USB, name: '' })],
    ['without a type', xml({ name: 'usb', format: 'node', children: USB.children ?? [] })],
    ['flat', flat('usb', '')],
    ['with its LocURI in Path', flat('usb', './DCMO')],
    ['with a content type that has parameters', document(formatTnds(USB), `${TNDS}; charset=utf-8`)],
  ])('replaces the content of the node: %s', (_, reply) => {
    const outcome = storing(reply, `${DCMO}/usb/`);
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './DCMO/usb')).toEqual(STORED);
    expect(nodeAt(outcome.device.tree, './DCMO/camera')).toEqual(nodeAt(phoneTree(), './DCMO/camera'));
  });

  test('may be WBXML', () => {
    const bytes = encodeEmbedded(parseXml(formatTnds(USB)));
    const headers = { 'content-type': 'application/vnd.syncml.dmtnds+wbxml' };
    for (const body of [
      { base64: Buffer.from(bytes).toString('base64') },
      { text: Buffer.from(bytes).toString('utf8') },
    ]) {
      const outcome = storing({ status: 200, headers, body }, `${DCMO}/usb/`);
      expect(outcome.statuses).toEqual(['200']);
      expect(nodeAt(outcome.device.tree, './DCMO/usb')).toEqual(STORED);
    }
  });

  test('may be a sub-tree or a leaf of an instance', () => {
    const ext = storing(xml(tree('Ext', [text('a', '5', { format: 'int' })])), `${DCMO}/usb/Ext`);
    expect(nodeAt(ext.device.tree, './DCMO/usb/Ext')).toEqual(interior({ a: leaf('5', 'int') }));
    const property = storing(xml(text('Property', 'Bus')), `${DCMO}/usb/Property`);
    expect(nodeAt(property.device.tree, './DCMO/usb/Property')).toEqual(leaf('Bus'));
  });

  test('is stored in every match of a wildcard', () => {
    const outcome = storing(xml(text('Property', 'Bus')), `${DCMO}/*/Property`);
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './DCMO/camera/Property')).toEqual(leaf('Bus'));
  });

  test('has the node names of the device', () => {
    const info = tree('DevInfo', [
      text('Lang', 'fr'),
      text('DevId', 'IMEI:1'),
      text('Man', 'Factory'),
      text('Mod', 'P1'),
    ]);
    const outcome = storing(xml(info), `${DEVINFO}//`);
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.device.log.filter((line) => !line.startsWith('Get'))).toEqual(['Replace ./DevInfo/Lang']);
  });
});

describe('the formats and types of a TNDS document', () => {
  test('are those of new nodes', () => {
    const box = tree('Box', [
      text('n', '5', { format: 'int' }),
      text('i', 'AAEC', { format: 'b64', type: 'image/png' }),
      text('x', '<a>&</a>', { format: 'xml', type: 'text/xml' }),
      text('e', ''),
      { name: 'z', format: 'null' },
    ]);
    const outcome = storing(xml(box), `${PRODUCT}/Box`);
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './Vendor/Product/Box')).toEqual(
      interior({
        n: leaf('5', 'int'),
        i: leaf('AAEC', 'bin', 'image/png'),
        x: leaf('<a>&</a>', 'xml', 'text/xml'),
        e: leaf(''),
        z: leaf(undefined, 'null'),
      }),
    );
  });

  test.each<[string, string, MoNode, string | undefined]>([
    ['bin and b64 are both bytes', 'Image', text('Image', 'AAEC', { format: 'bin' }), 'AAEC'],
    ['text without a format fits every format of text', 'Count', text('Count', '8'), '8'],
    ['an omitted value stays', 'Count', { name: 'Count', format: 'int' }, '7'],
  ])('follow the formats of the node: %s', (_, name, node, value) => {
    const outcome = storing(xml(node), `${PRODUCT}/${name}`);
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, `./Vendor/Product/${name}`)?.value).toBe(value);
  });

  test.each<[string, string, MoNode]>([
    ['another format', 'Count', text('Count', '8', { format: 'float' })],
    ['text for bytes', 'Image', text('Image', 'AAEC')],
    ['bytes for text', 'Name', text('Name', 'AAEC', { format: 'b64' })],
    ['a value against the format', 'Count', text('Count', 'eight', { format: 'int' })],
    ['text that is not a value of the format', 'Count', text('Count', 'eight')],
    ['a leaf for an interior node', 'Box', text('Box', 'x')],
    ['an interior node for a leaf', 'Name', tree('Name', [])],
    ['a value for null', 'Nothing', text('Nothing', 'x')],
  ])('are refused with 415 when they differ: %s', (_, name, node) => {
    const outcome = storing(xml(node), `${PRODUCT}/${name}`);
    expect(outcome.statuses).toEqual(['415']);
    expect(outcome.device.tree).toEqual(phoneTree());
  });

  test('are checked with the device and with the definition', () => {
    const device = phoneTree();
    Object.assign(nodeAt(device, './DCMO/usb')?.children ?? {}, { Enabled: leaf('true') });
    const at = `${DCMO}/usb/Enabled`;
    expect(storing(xml(text('Enabled', 'perhaps')), at, { tree: structuredClone(device) }).statuses).toEqual(['415']);
    expect(storing(xml(text('Enabled', 'false', { format: 'bool' })), at, { tree: device }).statuses).toEqual(['200']);
    expect(nodeAt(device, './DCMO/usb/Enabled')).toEqual(leaf('false'));
  });

  test('are checked with the definition alone for a new node', () => {
    const document415 = tree('wifi', [text('Enabled', 'perhaps')], DCMO);
    expect(storing(xml(document415)).statuses).toEqual(['415']);
  });
});

describe('a TNDS document without ClientURI', () => {
  test.each<[string, RepositoryReply]>([
    ['by its name', xml(USB)],
    ['by its Path', flat('usb', './DCMO')],
    ['by the nodes around it', xml(tree('DCMO', [USB]))],
  ])('replaces the instance that it names: %s', (_, reply) => {
    const outcome = storing(reply);
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(nodeAt(outcome.device.tree, './DCMO/usb')).toEqual(STORED);
  });

  test('replaces the instance at its Path when two have its name', () => {
    const device = phoneTree();
    if (device.children !== undefined)
      device.children.Other = interior({ usb: interior({ Property: leaf('p') }, DCMO) });
    const knowledge = knowledgeOf({ facts: { list: 'StructData' } });
    const outcome = storing(flat('usb', './Other'), undefined, { tree: device, knowledge });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb-2/`]);
    expect(nodeAt(device, './Other/usb')).toEqual(STORED);
    expect(nodeAt(device, './DCMO/usb')).toEqual(nodeAt(phoneTree(), './DCMO/usb'));
  });

  test('replaces the instance whose MIID is its name', () => {
    const knowledge = knowledgeOf({ miids: miidTable({ [DCMO]: { bus: './DCMO/usb' } }) });
    const outcome = storing(xml({ ...USB, name: 'bus' }), undefined, { knowledge });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/bus/`]);
    expect(nodeAt(outcome.device.tree, './DCMO/usb')).toEqual(STORED);
  });

  test.each<[string, string, string]>([
    ['with its name', 'wifi', 'wifi'],
    ['with the name of the definition', '', 'dcmo'],
  ])('becomes a new instance below the parent of the mapping: %s', (_, name, miid) => {
    const outcome = storing(xml({ ...USB, name }));
    const [status = ''] = outcome.statuses;
    expect(status.toLowerCase()).toBe(`200 ${DCMO}//${miid}/`.replace('//', '/').toLowerCase());
    const label = status.split('/').at(-2) ?? '';
    expect(nodeAt(outcome.device.tree, `./DCMO/${label}`)).toEqual(STORED);
    expect(outcome.state.device.miids[parseMoid(DCMO)]).toMatchObject({ [label]: `./DCMO/${label}` });
  });

  test('of an MO that may have one instance replaces it', () => {
    const reply = xml(tree('anything', [text('Lang', 'it')], 'urn:oma:mo:oma-dm-devinfo:1.1'));
    const outcome = storing(reply);
    expect(outcome.statuses[0]).toMatch(/^200 /u);
    expect(nodeAt(outcome.device.tree, './DevInfo/Lang')).toEqual(leaf('it'));
  });

  test('of an MO without mapping replaces the instance of that Type', () => {
    const outcome = storing(xml(tree('Product', [text('Name', 'y')], VENDOR)));
    expect(outcome.statuses).toEqual([`200 ${VENDOR}/Product/`]);
    expect(nodeAt(outcome.device.tree, './Vendor/Product/Name')).toEqual(leaf('y'));
  });

  test('with several MOs stores each of them', () => {
    const camera = tree('camera', [text('Property', 'Lens')], DCMO);
    const outcome = storing(xml(tree('DCMO', [USB, camera])));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/ ${DCMO}/camera/`]);
    expect(nodeAt(outcome.device.tree, './DCMO/camera')).toEqual(interior({ Property: leaf('Lens') }, DCMO));
  });

  test('without Types stores the nodes that are MOs on the device', () => {
    const info = tree('DevInfo', [text('Lang', 'fr')]);
    const outcome = storing(xml(info));
    expect(outcome.statuses).toEqual([`200 ${DEVINFO}/DevInfo/`]);
    expect(nodeAt(outcome.device.tree, './DevInfo/Lang')).toEqual(leaf('fr'));
  });

  test('of an MO that is not provisioned is 403', () => {
    const account = { ...context.account, moids: [parseMoid(DEVINFO)] };
    expect(storing(xml(USB), undefined, { context: { ...context, account } }).statuses).toEqual(['403']);
  });

  test('of an MO without a parent for new instances is 404', () => {
    expect(storing(xml(tree('x', [], 'urn:example:mo:x:1.0'))).statuses).toEqual(['404']);
  });

  test('sets a value of the DM Account that the bridge stores', () => {
    const secret = text('Secret', 'czNjcmV0', { format: 'b64' });
    const outcome = storing(xml(secret), `${DMACC}//Auth/Noti/Secret`);
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.state.device.accountValues).toEqual({ main: { 'Auth/Noti/Secret': 'base64:czNjcmV0' } });
  });
});

describe('a document that is not TNDS', () => {
  test.each([
    ['a MgmtTree without Node', '<MgmtTree/>'],
    ['malformed XML', '<MgmtTree'],
    ['another document', '<html/>'],
    ['a node twice', formatTnds(tree('usb', [text('Property', 'a'), text('Property', 'b')], DCMO))],
    ['a name with a slash', formatTnds(tree('usb', [text('a/b', 'x')], DCMO))],
    ['a name that no node can have', formatTnds(tree('usb', [tree('Ext', [text('..', 'x')])], DCMO))],
    [
      'a leaf with child nodes',
      '<MgmtTree><Node><NodeName>usb</NodeName><RTProperties><Format><chr/></Format></RTProperties><Node><NodeName>a</NodeName></Node></Node></MgmtTree>',
    ],
    ['a DOCTYPE with entities', '<!DOCTYPE a [<!ENTITY b "c">]><MgmtTree/>'],
  ])('is 415 with and without ClientURI: %s', (_, body) => {
    for (const clientUri of [`${DCMO}/usb/`, undefined]) {
      const outcome = storing(document(body, TNDS), clientUri);
      expect(outcome.statuses).toEqual(['415']);
      expect(outcome.device.tree).toEqual(phoneTree());
    }
  });

  test('is 415 without ClientURI when no node has a MOID', () => {
    expect(storing(xml(tree('thing', [text('a', 'b')]))).statuses).toEqual(['415']);
  });

  test('is 415 for bytes that are neither XML nor WBXML', () => {
    const reply = { status: 200, headers: { 'content-type': TNDS }, body: { base64: '/////w==' } };
    expect(storing(reply, `${DCMO}/usb/`).statuses).toEqual(['415']);
  });
});

test('HGET requests TNDS with its Accept header', () => {
  const outcome = storing(xml(USB), `${DCMO}/usb/`);
  const { accept } = outcome.exchanges[0]?.headers ?? {};
  expect(accept).toBe(
    `application/dmmo+json, ${TNDS};q=0.9, application/vnd.syncml.dmtnds+wbxml;q=0.9, text/plain;q=0.9, */*;q=0.8`,
  );
});

test('the stored MIIDs select the instance, not the roots found in this session', () => {
  const knowledge = knowledgeOf({
    miids: { ...KNOWN, ...miidTable({ [DCMO]: { bus: './DCMO/usb' } }) },
    facts: { list: 'StructData' },
  });
  expect(storing(xml(USB), undefined, { knowledge }).statuses).toEqual([`200 ${DCMO}/bus/`]);
});
