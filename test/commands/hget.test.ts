/** HGET: values and MO data on their way into the device's tree (DM-2.0 §5.3.1; design: Commands, Writing). */
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { NorthEffect } from '../../src/north/north-state.ts';
import type { RepositoryReply } from '../../src/workflow/repository.ts';
import { type DeviceNode, interior, leaf, nodeAt } from '../north/model/device.ts';
import { DATA, document, knowledgeOf, NOT_THERE } from '../north/model/play.ts';
import {
  DCMO,
  DEVINFO,
  FUMO,
  KNOWN,
  onPhone,
  type PhoneScene,
  phoneTree,
  SCOMO,
  VENDOR,
} from '../north/model/simulated-device.ts';
import { miidTable } from '../support/miid-table.ts';

const PRODUCT = `${VENDOR.replaceAll('/', '%2F')}/Product`;
const URL = `${DATA}/doc`;

function storing(reply: RepositoryReply, clientUri?: string, scene: PhoneScene = {}) {
  return onPhone([clientUri === undefined ? ['HGET', URL] : ['HGET', URL, clientUri]], {
    repository: () => reply,
    ...scene,
  });
}

function moData(...members: readonly unknown[]): RepositoryReply {
  return document(JSON.stringify(members));
}

/** With the members of an Atomic in its place. */
function writes(played: { readonly trips: readonly (readonly ServerCommand[])[] }) {
  const commands = played.trips.flat().flatMap((command) => command.members ?? [command]);
  return commands.filter(({ name }) => name !== 'Get');
}

/** On a device that is known to have no Atomic. */
const SINGLY = { knowledge: knowledgeOf({ miids: KNOWN, facts: { list: 'StructData', atomic: false } }) } as const;

const logged = (effects: readonly NorthEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'log' ? [effect.event] : []));

describe('a value for one leaf', () => {
  test.each([
    ['Name', 'y', 'text/plain', { format: 'chr', type: 'text/plain' }, 'y'],
    ['Count', '8', 'text/plain', { format: 'int', type: 'text/plain' }, '8'],
    ['On', 'False', 'text/plain', { format: 'bool', type: 'text/plain' }, 'false'],
    ['Ratio', '1e3', 'text/plain', { format: 'float', type: 'text/plain' }, '1e3'],
    ['Note', '<b/>', 'application/xml', { format: 'xml', type: 'application/xml' }, '<b/>'],
    ['Image', 'hi', 'image/gif', { format: 'b64', type: 'image/gif' }, 'aGk='],
  ])('%s: the format that the node has, the type of the resource, Meta complete', (name, text, type, meta, data) => {
    const outcome = storing(document(text, `${type}; charset=utf-8`), `${PRODUCT}/${name}`);
    expect(outcome.statuses).toEqual(['200']);
    expect(writes(outcome)).toEqual([
      { id: expect.any(String), name: 'Replace', items: [{ target: `./Vendor/Product/${name}`, meta, data }] },
    ]);
  });

  test('bytes for a binary node', () => {
    const reply = { status: 200, headers: { 'content-type': 'image/png' }, body: { base64: '/wA=' } };
    const outcome = storing(reply, `${PRODUCT}/Image`);
    expect(nodeAt(outcome.device.tree, './Vendor/Product/Image')).toEqual(leaf('/wA=', 'bin', 'image/png'));
  });

  test.each<[string, string, DeviceNode]>([
    ['described as bool', `${DCMO}/usb/Enabled`, leaf('true', 'bool')],
    ['described as bin', `${SCOMO}/SCOMO/Inventory/Delivered/p/Data`, leaf('dHJ1ZQ==', 'bin', 'text/plain')],
    ['not described', `${PRODUCT}/New`, leaf('true')],
  ])('a leaf that is missing is added: %s', (_, clientUri, expected) => {
    const tree = phoneTree();
    delete nodeAt(tree, './DCMO/usb')?.children?.Enabled;
    if (tree.children !== undefined) {
      const delivered = interior({ Delivered: interior({ p: interior() }) });
      tree.children.SCOMO = interior({ Inventory: delivered }, SCOMO);
    }
    const knowledge = knowledgeOf({
      miids: { ...KNOWN, ...miidTable({ [SCOMO]: { SCOMO: './SCOMO' } }) },
      facts: { list: 'StructData' },
    });
    const outcome = storing(document('true', 'text/plain'), clientUri, { tree, knowledge });
    expect(outcome.statuses).toEqual(['200']);
    const [add] = writes(outcome);
    expect(add?.name).toBe('Add');
    expect({ type: 'text/plain', ...nodeAt(tree, outcome.order.at(-1)?.split(' ')[1] ?? '') }).toEqual({
      type: 'text/plain',
      ...expected,
    });
  });

  test('without Content-Type the node keeps its type', () => {
    const outcome = storing({ status: 200, headers: {}, body: { text: '<c/>' } }, `${PRODUCT}/Note`);
    expect(writes(outcome)).toMatchObject([{ items: [{ meta: { format: 'xml', type: 'text/xml' }, data: '<c/>' }] }]);
  });

  test('a leaf that may be written but not read is replaced', () => {
    const options = { refuse: { './Vendor/Product/Name': { Get: 425 } } };
    const outcome = storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options });
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './Vendor/Product/Name')).toEqual(leaf('z'));
  });

  test.each([
    ['a value against the format', 'eight', `${PRODUCT}/Count`, '415'],
    ['a value for an interior node', 'x', `${PRODUCT}/Box`, '415'],
    ['a parent that is missing', 'x', `${PRODUCT}/No/Such`, '404'],
    ['an instance that is missing', 'x', `${DCMO}/none/Property`, '404'],
    ['two instances', 'x', `${DCMO}//Property`, '404'],
    ['a name that no node can have', 'x', `${PRODUCT}/a%3Fb`, '404'],
  ])('%s', (_, text, clientUri, status) => {
    const outcome = storing(document(text, 'text/plain'), clientUri);
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.tree).toEqual(phoneTree());
  });

  test('bytes that are no text, for a text node', () => {
    const reply = { status: 200, headers: { 'content-type': 'text/plain' }, body: { base64: '/w==' } };
    expect(storing(reply, `${PRODUCT}/Name`).statuses).toEqual(['415']);
  });

  test('with a wildcard every match is written, and read in one trip', () => {
    const outcome = storing(document('T', 'text/plain'), `${DCMO}/*/Property`);
    expect(outcome.statuses).toEqual(['200']);
    expect(writes(outcome).map(({ name }) => name)).toEqual(['Replace', 'Replace']);
    expect(outcome.trips).toHaveLength(3);
  });

  test.each([
    [425, '403'],
    [405, '403'],
    [404, '404'],
    [415, '415'],
    [413, '506'],
    [420, '506'],
    [500, '500'],
    [406, '501'],
    [412, '400'],
    [417, '503'],
    [214, '507'],
    [202, '200'],
    [1999, '1999'],
  ])('the device answers %i: %s', (answer, status) => {
    const options = { refuse: { './Vendor/Product/Name': { Replace: answer, Add: answer } } };
    expect(storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options }).statuses).toEqual([status]);
  });
});

describe('what is tried before a failure is told', () => {
  test.each([
    [215, '200', 2],
    [424, '200', 2],
    [500, '500', 1],
  ])('%i once: status %s after %i commands', (answer, status, count) => {
    const outcome = storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options: { next: [undefined, answer] } });
    expect(outcome.statuses).toEqual([status]);
    expect(writes(outcome)).toHaveLength(count);
  });

  test.each([
    [215, '503'],
    [424, '500'],
  ])('%i twice is %s', (answer, status) => {
    const options = { next: [undefined, answer, answer] };
    expect(storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options }).statuses).toEqual([status]);
  });

  test('418 to Add becomes Replace', () => {
    // The device hides the leaf although it is there.
    const options = { next: [404, 404] };
    const outcome = storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options });
    expect(outcome.device.log.slice(-2)).toEqual(['Add ./Vendor/Product/Name', 'Replace ./Vendor/Product/Name']);
    expect(outcome.statuses).toEqual(['200']);
  });

  test('404 to Replace becomes Add', () => {
    const outcome = storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options: { next: [undefined, 404] } });
    expect(outcome.device.log.slice(-1)).toEqual(['Add ./Vendor/Product/Name']);
  });
});

describe('what the repository answers', () => {
  test.each<[string, RepositoryReply]>([
    ['404', NOT_THERE],
    ['500', { status: 500, headers: {}, body: { text: 'x' } }],
    ['304', { status: 304, headers: {}, body: { text: '' } }],
    ['an empty body', { status: 200, headers: {}, body: { text: '' } }],
    ['nothing', { failure: 'timeout', reason: 'too slow' }],
    ['a redirection out of the allow-list', { failure: 'forbidden', reason: 'not listed' }],
  ])('%s: 419, and the device is not asked', (_, reply) => {
    const outcome = storing(reply, `${PRODUCT}/Name`);
    expect(outcome.statuses).toEqual(['419']);
    expect(outcome.trips).toEqual([]);
  });

  test('a ServerURI outside the allow-list is 419, a malformed one 400; neither is asked', () => {
    const outcome = onPhone([
      ['HGET', 'https://elsewhere.example/doc', `${PRODUCT}/Name`],
      ['HGET', 'not a uri', `${PRODUCT}/Name`],
    ]);
    expect(outcome.statuses).toEqual(['419', '400']);
    expect(outcome.exchanges).toEqual([]);
    expect(outcome.effects).toContainEqual({
      type: 'log',
      event: 'command.failed',
      facts: {
        command: 'HGET',
        index: 0,
        status: 419,
        reason: 'the ServerURI is outside the allow-list',
        origin: 'https://elsewhere.example',
      },
    });
  });

  test.each<[string, RepositoryReply, string | undefined]>([
    ['a leaf value without ClientURI', document('x', 'text/plain'), undefined],
    ['TNDS', document('<MgmtTree/>', 'application/vnd.syncml.dmtnds+xml'), `${DCMO}/usb/`],
    ['no JSON', document('{'), `${DCMO}/usb/`],
    ['an object instead of a list', document('{}'), `${DCMO}/usb/`],
    ['no root label', moData({ ClientURI: `${DCMO}/usb/`, MOData: {} }), undefined],
    ['two root labels', moData({ ClientURI: `${DCMO}/usb/`, MOData: { a: {}, b: {} } }), undefined],
    ['a list as value', moData({ ClientURI: `${DCMO}/usb/`, MOData: { usb: { Property: [] } } }), undefined],
    ['a malformed ClientURI in it', moData({ ClientURI: 'usb', MOData: { usb: {} } }), undefined],
    ['a name that no node can have', moData({ ClientURI: `${DCMO}/usb/`, MOData: { usb: { 'a/b': 'x' } } }), undefined],
    ['two members for one ClientURI', moData(...two()), `${DCMO}/usb/`],
    ['a leaf where the node is interior', moData({ ClientURI: `${DCMO}/usb/Ext`, MOData: { Ext: 'x' } }), undefined],
    ['a bad media type', document('x', 'nonsense'), `${PRODUCT}/Name`],
  ])('%s is 415, changes nothing, and the log says why', (_, reply, clientUri) => {
    const outcome = storing(reply, clientUri);
    expect(outcome.statuses).toEqual(['415']);
    const because = outcome.effects.filter((effect) => effect.type === 'log' && effect.event !== 'north.ended');
    expect(because).toMatchObject([{ facts: { reason: expect.stringMatching(/./u) } }]);
    expect(outcome.device.tree).toEqual(phoneTree());
  });

  function two(): readonly unknown[] {
    return ['usb', 'camera'].map((miid) => ({ ClientURI: `${DCMO}/${miid}/`, MOData: { [miid]: {} } }));
  }
});

describe('MO data for an instance', () => {
  test('leaves exactly what the document says', () => {
    const outcome = storing(
      moData({ ClientURI: `${DCMO}/usb/`, MOData: { anything: { Property: 'Bus', Enabled: false, Group: 'g' } } }),
    );
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(nodeAt(outcome.device.tree, './DCMO/usb')).toEqual(
      interior({ Property: leaf('Bus'), Enabled: leaf('false', 'bool'), Group: leaf('g') }, DCMO),
    );
    expect(outcome.trips).toHaveLength(2);
  });

  test('does not touch what is the same', () => {
    const outcome = storing(
      moData({
        ClientURI: `${DCMO}/usb/`,
        MOData: {
          usb: { Property: 'USB', Enabled: true, Operations: { Enable: null, Disable: null }, Ext: { x: 'y' } },
        },
      }),
    );
    expect(outcome.device.log.filter((line) => !line.startsWith('Get'))).toEqual(['Add ./DCMO/usb/Ext/x']);
  });

  test('permanent nodes that the document leaves out stay', () => {
    const outcome = storing(moData({ ClientURI: `${DEVINFO}//`, MOData: { DevInfo: { Lang: 'fr' } } }));
    expect(outcome.statuses).toEqual([`200 ${DEVINFO}//`].map((text) => text.replace('//', '/DevInfo/')));
    expect(outcome.device.log.filter((line) => !line.startsWith('Get'))).toEqual(['Replace ./DevInfo/Lang']);
  });

  test('by a path in it; the last name may be new', () => {
    const outcome = storing(
      moData(
        { ClientURI: `${DCMO}/usb/Ext/deep`, MOData: { deep: { a: 'b', n: 5, f: 0.5, t: true } } },
        { ClientURI: `${DCMO}/camera/Property`, MOData: { Property: 'Lens' } },
      ),
    );
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/Ext/deep ${DCMO}/camera/Property`]);
    expect(nodeAt(outcome.device.tree, './DCMO/usb/Ext/deep')).toEqual(
      interior({ a: leaf('b'), n: leaf('5', 'int'), f: leaf('0.5', 'float'), t: leaf('true', 'bool') }),
    );
    expect(nodeAt(outcome.device.tree, './DCMO/camera/Property')).toEqual(leaf('Lens'));
  });

  test("the command's ClientURI wins over the document's, and no place is told", () => {
    const reply = moData({ ClientURI: `${DCMO}/camera/`, MOData: { camera: { Property: 'Bus' } } });
    const outcome = storing(reply, `${DCMO}/usb/`);
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './DCMO/usb/Property')).toEqual(leaf('Bus'));
    expect(nodeAt(outcome.device.tree, './DCMO/camera/Property')).toEqual(leaf('Camera'));
  });

  test("the command's ClientURI must be an instance that exists", () => {
    const reply = moData({ ClientURI: `${DCMO}//`, MOData: { x: { Property: 'Bus' } } });
    expect(storing(reply, `${DCMO}/none/`).statuses).toEqual(['404']);
  });

  test.each([
    ['a MOID that is not provisioned', 'urn:oma:mo:oma-lawmo:1.0//', '404'],
    ['an MO without place for a new instance', 'urn:oma:mo:unknown:1.0//', '404'],
    ['an MO that the bridge makes', 'urn:oma:mo:oma-sessioninfomo:1.0//', '403'],
  ])('%s', (_, clientUri, status) => {
    expect(storing(moData({ ClientURI: clientUri, MOData: { x: { a: 'b' } } })).statuses).toEqual([status]);
  });
});

describe('MO data that makes a new instance', () => {
  const usb = { Property: 'USB2', Enabled: true };

  test('below the place of the mapping, by its label, with its MOID; the MIID is told', () => {
    const outcome = storing(moData({ ClientURI: `${DCMO}//`, MOData: { wifi: usb } }));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(nodeAt(outcome.device.tree, './DCMO/wifi')).toEqual(
      interior({ Property: leaf('USB2'), Enabled: leaf('true', 'bool') }, DCMO),
    );
    expect(outcome.state.device.miids[parseMoid(DCMO)]).toMatchObject({ wifi: './DCMO/wifi' });
  });

  test('the MOID as the backend wrote it', () => {
    const written = DCMO.slice('urn:'.length);
    expect(storing(moData({ ClientURI: `${written}//`, MOData: { wifi: usb } })).statuses).toEqual([
      `200 ${written}/wifi/`,
    ]);
  });

  test('a label that is taken is only a hint, also between two members', () => {
    const member = { ClientURI: `${DCMO}//`, MOData: { usb } };
    expect(storing(moData(member, member)).statuses).toEqual([`200 ${DCMO}/usb2/ ${DCMO}/usb3/`]);
  });

  test.each([
    ['a/b', 'a_b'],
    ['..', 'instance'],
    ['', 'instance'],
  ])('a label that is no name: %j', (label, name) => {
    expect(storing(moData({ ClientURI: `${DCMO}//`, MOData: { [label]: usb } })).statuses).toEqual([
      `200 ${DCMO}/${name}/`,
    ]);
  });

  test('a MIID that no instance has names it', () => {
    const outcome = storing(moData({ ClientURI: `${DCMO}/nfc/`, MOData: { x: usb } }));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/nfc/`]);
  });

  test('a MIID of an earlier session whose instance is gone makes it anew', () => {
    const tree = phoneTree();
    delete nodeAt(tree, './DCMO')?.children?.usb;
    const outcome = storing(moData({ ClientURI: `${DCMO}/usb/`, MOData: { x: usb } }), undefined, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(nodeAt(tree, './DCMO/usb/Property')).toEqual(leaf('USB2'));
  });

  test('a place that is missing is added first', () => {
    const tree = phoneTree();
    delete tree.children?.DCMO;
    const outcome = storing(moData({ ClientURI: `${DCMO}//`, MOData: { wifi: usb } }), undefined, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(outcome.device.log.filter((line) => line.startsWith('Add')).slice(0, 2)).toEqual([
      'Add ./DCMO',
      'Add ./DCMO/wifi',
    ]);
  });

  test('is found by the commands behind it, and by its MIID in the next session', () => {
    const commands = [
      ['HGET', URL],
      ['GET', `${DCMO}/wifi/Property`],
      ['GET', `${DCMO}/(x)/Property?nv=(x)/Property:USB2`],
      ['DELETE', `${DCMO}/wifi/`],
      ['GET', `${DCMO}/wifi/Property`],
    ];
    const repository = () => moData({ ClientURI: `${DCMO}//`, MOData: { wifi: usb } });
    const first = onPhone(commands, { repository });
    expect(first.statuses).toEqual([`200 ${DCMO}/wifi/`, '200', '200', '200', '404']);
  });

  test('is nothing for an MO of which one may exist: that one is replaced', () => {
    const outcome = storing(moData({ ClientURI: `${DEVINFO}//`, MOData: { x: { Lang: 'it' } } }));
    expect(nodeAt(outcome.device.tree, './DevInfo/Lang')).toEqual(leaf('it'));
  });
});

describe('a write that fails half-way', () => {
  const document2 = moData({
    ClientURI: `${DCMO}/usb/`,
    MOData: { usb: { Enabled: false, Group: 'new', Property: 'Bus' } },
  });

  test('is taken back, last first', () => {
    const options = { refuse: { './DCMO/usb/Property': { Replace: 425 } } };
    const outcome = storing(document2, undefined, { options, ...SINGLY });
    expect(outcome.statuses).toEqual(['403']);
    expect(nodeAt(outcome.device.tree, './DCMO/usb')).toEqual(nodeAt(phoneTree(), './DCMO/usb'));
    const lines = outcome.device.log.filter((line) => !line.startsWith('Get'));
    expect(lines.slice(lines.indexOf('Replace ./DCMO/usb/Property') + 1)).toEqual([
      'Delete ./DCMO/usb/Group',
      'Replace ./DCMO/usb/Enabled',
      'Add ./DCMO/usb/Ext',
      'Add ./DCMO/usb/Operations',
      'Add ./DCMO/usb/Operations/Enable',
      'Add ./DCMO/usb/Operations/Disable',
    ]);
    expect(logged(outcome.effects)).toContain('write.undone');
  });

  test('what cannot be taken back is told', () => {
    const options = { refuse: { './DCMO/usb/Property': { Replace: 425 }, './DCMO/usb/Group': { Delete: 425 } } };
    const outcome = storing(document2, undefined, { options, ...SINGLY });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.effects).toContainEqual({
      type: 'log',
      event: 'write.partial',
      facts: { failures: 1, left: ['./DCMO/usb/Group'] },
    });
  });

  test('a new instance goes again, and the next command does not see it', () => {
    const options = { refuse: { './DCMO/wifi/Group': { Add: 420 } } };
    const repository = () => moData({ ClientURI: `${DCMO}//`, MOData: { wifi: { Group: 'g', Property: 'p' } } });
    const commands = [
      ['HGET', URL],
      ['GET', `${DCMO}/*/Property`],
    ];
    const outcome = onPhone(commands, { options, repository });
    expect(outcome.statuses).toEqual(['506', '200']);
    expect(outcome.device.tree).toEqual(phoneTree());
  });

  test('one member that is refused keeps the others from being written', () => {
    const reply = moData(
      { ClientURI: `${DCMO}/usb/Property`, MOData: { Property: 'Bus' } },
      { ClientURI: `${FUMO}/none/`, MOData: { FUMO: {} } },
    );
    const outcome = storing(reply);
    expect(outcome.statuses).toEqual(['404']);
    expect(outcome.device.tree).toEqual(phoneTree());
  });
});
