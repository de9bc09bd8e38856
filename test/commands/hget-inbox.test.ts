/** HGET into the Inbox: one Add of a document with its MOID, without a reading (DM-2.0 §5.3.1; TNDS 1.2). */
import { describe, expect, test } from 'vitest';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { type DeviceNode, type DeviceOptions, interior, leaf, nodeAt, TNDS_META } from '../north/model/device.ts';
import { DATA, document } from '../north/model/play.ts';
import { DCMO, dataOf, onPhone, phoneTree } from '../north/model/simulated-device.ts';

const INBOX = 'urn:oma:mo:oma-dm-inbox:1.0';
const URL = `${DATA}/doc`;
const XML = 'application/vnd.syncml.dmtnds+xml';
const MEMBER = { ClientURI: `${DCMO}//`, MOData: { nfc: { Property: 'NFC' } } };
const WBXML = 'application/vnd.syncml.dmtnds+wbxml';

/** As a device must answer (DMSTDOBJ): nothing there can be read. */
const UNREADABLE: DeviceOptions = { documents: true, refuse: { './Inbox': { Get: 405 } } };

function tnds(name: string, moid = DCMO): string {
  const nodeName = name === '' ? '' : `<NodeName>${name}</NodeName>`;
  const property =
    '<Node><NodeName>Property</NodeName><RTProperties><Format><chr/></Format></RTProperties><Value>NFC</Value></Node>';
  const properties = `<RTProperties><ACL>Get=*</ACL><Format><node/></Format><Type><DDFName>${moid}</DDFName></Type></RTProperties>`;
  return `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node>${nodeName}${properties}${property}</Node></MgmtTree>`;
}

function wbxml(text: string): RepositoryReply {
  const base64 = Buffer.from(encodeEmbedded(parseXml(text))).toString('base64');
  return { status: 200, headers: { 'content-type': WBXML }, body: { base64 } };
}

function withInbox(): DeviceNode {
  const tree = phoneTree();
  Object.assign(tree.children ?? {}, { Inbox: interior({}) });
  return tree;
}

function delivering(reply: RepositoryReply, others: readonly (readonly string[])[] = [], options = UNREADABLE) {
  const commands = [['HGET', URL, `${INBOX}//`], ...others];
  return onPhone(commands, { repository: () => reply, tree: withInbox(), options });
}

describe('HGET into the Inbox', () => {
  test.each<[string, RepositoryReply]>([
    ['XML', document(tnds('nfc'), XML)],
    ['WBXML', wbxml(tnds('nfc'))],
  ])('delivers TNDS unchanged, in %s, and reads nothing', (_, reply) => {
    const outcome = delivering(reply);
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.trips.flat()).toMatchObject([
      { name: 'Add', items: [{ target: './Inbox', meta: TNDS_META, data: tnds('nfc') }] },
    ]);
  });

  test('delivers several MOs in one document', () => {
    const [one = '', other = ''] = [tnds('a'), tnds('b')].map((text) =>
      text.replace(/^.*<\/VerDTD>|<\/MgmtTree>$/gu, ''),
    );
    const both = tnds('a').replace(one, one + other);
    expect(delivering(document(both, XML)).trips.flat()).toMatchObject([
      { items: [{ target: './Inbox', data: both }] },
    ]);
  });

  test('writes to a node below the Inbox as to any other', () => {
    const commands = [['HGET', URL, `${INBOX}//doc`]];
    const outcome = onPhone(commands, { repository: () => document(tnds('doc'), XML), tree: withInbox() });
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './Inbox/doc')).toEqual(interior({ Property: leaf('NFC') }, DCMO));
  });

  test('delivers a document without a name, which the device then chooses', () => {
    const [command] = delivering(document(tnds(''), XML)).trips.flat();
    expect(command?.items[0]?.data).toBe(tnds(''));
  });

  test.each([
    [`${DCMO}//`, DCMO],
    ['oma:mo:oma-scomo:1.1//', 'urn:oma:mo:oma-scomo:1.0'],
    ['urn:oma:mo:oma-dm-devinfo:1.2//', 'urn:oma:mo:oma-dm-devinfo:1.0'],
  ])('delivers MO data for %s as a document with the MOID of the device', (ClientURI, moid) => {
    const data = [{ ClientURI, MOData: { nfc: { Property: 'NFC', Enabled: true } } }];
    const outcome = delivering(document(JSON.stringify(data)));
    expect(outcome.statuses).toEqual(['200']);
    const sent = outcome.trips.flat()[0]?.items[0]?.data;
    expect(sent).toContain(`<DDFName>${moid}</DDFName>`);
    expect(sent).toContain('<NodeName>Enabled</NodeName><RTProperties><Format><bool/></Format>');
  });

  test('lets later commands wait and search for the new instances', () => {
    const behind = [
      ['GET', `${DCMO}/*/Property`],
      ['GET', `${DCMO}/*/Property`],
    ];
    const first = [['GET', `${DCMO}/*/Property`]];
    const repository = () => document(tnds('nfc'), XML);
    const commands = [...first, ['HGET', URL, `${INBOX}//`], ...behind];
    const outcome = onPhone(commands, { repository, tree: withInbox(), options: { documents: true } });
    expect(outcome.statuses).toEqual(['200', '200', '200', '200']);
    expect(dataOf(outcome, 0)).toHaveLength(2);
    expect(dataOf(outcome, 2)).toHaveLength(3);
    expect(nodeAt(outcome.device.tree, './Inbox/nfc')).toEqual(interior({ Property: leaf('NFC') }, DCMO));
    expect(outcome.device.log.filter((line) => line === 'Get .?list=Struct')).toHaveLength(2);
  });

  test.each([
    [425, '403'],
    [405, '403'],
    [415, '415'],
    [420, '506'],
    [404, '404'],
  ])('with the answer %i of the device ends with %s', (answer, status) => {
    const options = { refuse: { './Inbox': { Add: answer, Get: 405 } } };
    expect(delivering(document(tnds(''), XML), [], options).statuses).toEqual([status]);
  });

  test.each<[string, RepositoryReply]>([
    ['text', document('x', 'text/plain')],
    ['a document that is not TNDS', document('<MgmtTree/>', XML)],
    ['TNDS without MOID', document(tnds('nfc', ''), XML)],
    ['MO data without a member', document('[]')],
    ['MO data with two members', document(JSON.stringify([MEMBER, MEMBER]))],
    ['part of an MO', document(JSON.stringify([{ ClientURI: `${DCMO}/a/Ext`, MOData: { Ext: { x: 'y' } } }]))],
    ['the Inbox itself', document(JSON.stringify([{ ClientURI: `${INBOX}//`, MOData: { Inbox: {} } }]))],
    ['a malformed address', document(JSON.stringify([{ ClientURI: 'nfc', MOData: { nfc: {} } }]))],
  ])('refuses %s with 415 and sends nothing', (_, reply) => {
    const outcome = delivering(reply);
    expect(outcome.statuses).toEqual(['415']);
    expect(outcome.trips.flat().filter(({ name }) => name !== 'Get')).toEqual([]);
  });
});
