/** HGET of values and MO data into the device's tree (DM-2.0 §5.3.1). */
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { NorthEffect } from '../../src/north/north-state.ts';
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

describe('HGET of a value for one leaf', () => {
  test.each([
    ['Name', 'y', 'text/plain', { format: 'chr', type: 'text/plain' }, 'y'],
    ['Count', '8', 'text/plain', { format: 'int', type: 'text/plain' }, '8'],
    ['On', 'False', 'text/plain', { format: 'bool', type: 'text/plain' }, 'false'],
    ['Ratio', '1e3', 'text/plain', { format: 'float', type: 'text/plain' }, '1e3'],
    ['Note', '<b/>', 'application/xml', { format: 'xml', type: 'application/xml' }, '<b/>'],
    ['Image', 'hi', 'image/gif', { format: 'b64', type: 'image/gif' }, 'aGk='],
  ])(
    'sends the format of the node, the type of the resource and a complete Meta: %s',
    (name, text, type, meta, data) => {
      const outcome = storing(document(text, `${type}; charset=utf-8`), `${PRODUCT}/${name}`);
      expect(outcome.statuses).toEqual(['200']);
      expect(writes(outcome)).toEqual([
        { id: expect.any(String), name: 'Replace', items: [{ target: `./Vendor/Product/${name}`, meta, data }] },
      ]);
    },
  );

  test('sends bytes to a binary node', () => {
    const reply = { status: 200, headers: { 'content-type': 'image/png' }, body: { base64: '/wA=' } };
    const outcome = storing(reply, `${PRODUCT}/Image`);
    expect(nodeAt(outcome.device.tree, './Vendor/Product/Image')).toEqual(leaf('/wA=', 'bin', 'image/png'));
  });

  test.each<[string, string, DeviceNode]>([
    ['described as bool', `${DCMO}/usb/Enabled`, leaf('true', 'bool')],
    ['described as bin', `${SCOMO}/SCOMO/Inventory/Delivered/p/Data`, leaf('dHJ1ZQ==', 'bin', 'text/plain')],
    ['not described', `${PRODUCT}/New`, leaf('true')],
  ])('adds a missing leaf: %s', (_, clientUri, expected) => {
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

  test('keeps the type of the node without a Content-Type', () => {
    const outcome = storing({ status: 200, headers: {}, body: { text: '<c/>' } }, `${PRODUCT}/Note`);
    expect(writes(outcome)).toMatchObject([{ items: [{ meta: { format: 'xml', type: 'text/xml' }, data: '<c/>' }] }]);
  });

  test('replaces a leaf that may be written but not read', () => {
    const options = { refuse: { './Vendor/Product/Name': { Get: 425 } } };
    const outcome = storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options });
    expect(outcome.statuses).toEqual(['200']);
    expect(writes(outcome).map(({ name }) => name)).toEqual(['Replace']);
    expect(nodeAt(outcome.device.tree, './Vendor/Product/Name')).toEqual(leaf('z'));
  });

  test.each([
    ['a value against the format', 'eight', `${PRODUCT}/Count`, '415'],
    ['a value for an interior node', 'x', `${PRODUCT}/Box`, '415'],
    ['a missing parent', 'x', `${PRODUCT}/No/Such`, '404'],
    ['a missing instance', 'x', `${DCMO}/none/Property`, '404'],
    ['an MO with two instances, without a MIID', 'x', `${DCMO}//Property`, '404'],
    ['a name that no node can have', 'x', `${PRODUCT}/a%3Fb`, '404'],
  ])('is refused for %s', (_, text, clientUri, status) => {
    const outcome = storing(document(text, 'text/plain'), clientUri);
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.tree).toEqual(phoneTree());
  });

  test('refuses bytes that are not text for a text node', () => {
    const reply = { status: 200, headers: { 'content-type': 'text/plain' }, body: { base64: '/w==' } };
    expect(storing(reply, `${PRODUCT}/Name`).statuses).toEqual(['415']);
  });

  test('writes every match of a wildcard, after one round trip of readings', () => {
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
  ])('with the answer %i of the device ends with %s', (answer, status) => {
    const options = { refuse: { './Vendor/Product/Name': { Replace: answer, Add: answer } } };
    expect(storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options }).statuses).toEqual([status]);
  });
});

describe('a write that the device refuses', () => {
  test.each([
    [215, '200', 2],
    [424, '200', 2],
    [500, '500', 1],
  ])('with %i once ends with %s after %i commands', (answer, status, count) => {
    const outcome = storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options: { next: [undefined, answer] } });
    expect(outcome.statuses).toEqual([status]);
    expect(writes(outcome)).toHaveLength(count);
  });

  test.each([
    [215, '503'],
    [424, '500'],
  ])('with %i twice ends with %s', (answer, status) => {
    const options = { next: [undefined, answer, answer] };
    expect(storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options }).statuses).toEqual([status]);
  });

  test('with 418 to Add is sent as Replace', () => {
    // The device hides the leaf although it is there.
    const options = { next: [404, 404] };
    const outcome = storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options });
    expect(outcome.device.log.slice(-2)).toEqual(['Add ./Vendor/Product/Name', 'Replace ./Vendor/Product/Name']);
    expect(outcome.statuses).toEqual(['200']);
  });

  test('with 404 to Replace is sent as Add', () => {
    const outcome = storing(document('z', 'text/plain'), `${PRODUCT}/Name`, { options: { next: [undefined, 404] } });
    expect(outcome.device.log.slice(-1)).toEqual(['Add ./Vendor/Product/Name']);
  });
});

describe('HGET of a resource that the repository does not serve', () => {
  test.each<[string, RepositoryReply]>([
    ['404', NOT_THERE],
    ['500', { status: 500, headers: {}, body: { text: 'x' } }],
    ['304', { status: 304, headers: {}, body: { text: '' } }],
    ['an empty body', { status: 200, headers: {}, body: { text: '' } }],
    ['a time-out', { failure: 'timeout', reason: 'too slow' }],
    ['a redirection out of the allow-list', { failure: 'forbidden', reason: 'not listed' }],
  ])('ends with 419 without a command to the device: %s', (_, reply) => {
    const outcome = storing(reply, `${PRODUCT}/Name`);
    expect(outcome.statuses).toEqual(['419']);
    expect(outcome.trips).toEqual([]);
  });

  test('ends with 419 for a ServerURI outside the allow-list and with 400 for a malformed one, without a request', () => {
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
        isServerUriRefused: true,
        origin: 'https://elsewhere.example',
      },
    });
  });

  test.each<[string, RepositoryReply, string | undefined]>([
    ['a leaf value without ClientURI', document('x', 'text/plain'), undefined],
    ['TNDS', document('<MgmtTree/>', 'application/vnd.syncml.dmtnds+xml'), `${DCMO}/usb/`],
    ['malformed JSON', document('{'), `${DCMO}/usb/`],
    ['an object instead of a list', document('{}'), `${DCMO}/usb/`],
    ['no root label', moData({ ClientURI: `${DCMO}/usb/`, MOData: {} }), undefined],
    ['two root labels', moData({ ClientURI: `${DCMO}/usb/`, MOData: { a: {}, b: {} } }), undefined],
    ['a list as value', moData({ ClientURI: `${DCMO}/usb/`, MOData: { usb: { Property: [] } } }), undefined],
    ['a malformed ClientURI in it', moData({ ClientURI: 'usb', MOData: { usb: {} } }), undefined],
    ['a name that no node can have', moData({ ClientURI: `${DCMO}/usb/`, MOData: { usb: { 'a/b': 'x' } } }), undefined],
    ['two members for one ClientURI', moData(...two()), `${DCMO}/usb/`],
    ['a leaf where the node is interior', moData({ ClientURI: `${DCMO}/usb/Ext`, MOData: { Ext: 'x' } }), undefined],
    ['a bad media type', document('x', 'nonsense'), `${PRODUCT}/Name`],
  ])('ends with 415 and a reason in the log for %s', (_, reply, clientUri) => {
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
  test('leaves exactly the content of the document', () => {
    const outcome = storing(
      moData({ ClientURI: `${DCMO}/usb/`, MOData: { anything: { Property: 'Bus', Enabled: false, Group: 'g' } } }),
    );
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(nodeAt(outcome.device.tree, './DCMO/usb')).toEqual(
      interior({ Property: leaf('Bus'), Enabled: leaf('false', 'bool'), Group: leaf('g') }, DCMO),
    );
    expect(outcome.trips).toHaveLength(2);
  });

  test('writes only nodes that differ', () => {
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

  test('leaves permanent nodes that the document omits', () => {
    const outcome = storing(moData({ ClientURI: `${DEVINFO}//`, MOData: { DevInfo: { Lang: 'fr' } } }));
    expect(outcome.statuses).toEqual([`200 ${DEVINFO}//`].map((text) => text.replace('//', '/DevInfo/')));
    expect(outcome.device.log.filter((line) => !line.startsWith('Get'))).toEqual(['Replace ./DevInfo/Lang']);
  });

  test('replaces the node at a path in the instance, whose last name may be new', () => {
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

  test("is stored at the command's ClientURI instead of the document's, which then needs no URI in the result", () => {
    const reply = moData({ ClientURI: `${DCMO}/camera/`, MOData: { camera: { Property: 'Bus' } } });
    const outcome = storing(reply, `${DCMO}/usb/`);
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './DCMO/usb/Property')).toEqual(leaf('Bus'));
    expect(nodeAt(outcome.device.tree, './DCMO/camera/Property')).toEqual(leaf('Camera'));
  });

  test("needs an existing instance at the command's ClientURI", () => {
    const reply = moData({ ClientURI: `${DCMO}//`, MOData: { x: { Property: 'Bus' } } });
    expect(storing(reply, `${DCMO}/none/`).statuses).toEqual(['404']);
  });

  test.each([
    ['a MOID that is not provisioned', 'urn:oma:mo:oma-lawmo:1.0//', '404'],
    ['an MO without a parent for new instances', 'urn:oma:mo:unknown:1.0//', '404'],
    ['a virtual MO', 'urn:oma:mo:oma-sessioninfomo:1.0//', '403'],
  ])('is refused for %s', (_, clientUri, status) => {
    expect(storing(moData({ ClientURI: clientUri, MOData: { x: { a: 'b' } } })).statuses).toEqual([status]);
  });
});

describe('MO data that makes a new instance', () => {
  const usb = { Property: 'USB2', Enabled: true };

  test('adds it below the parent of the mapping, with its label and its MOID, and returns the MIID', () => {
    const outcome = storing(moData({ ClientURI: `${DCMO}//`, MOData: { wifi: usb } }));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(nodeAt(outcome.device.tree, './DCMO/wifi')).toEqual(
      interior({ Property: leaf('USB2'), Enabled: leaf('true', 'bool') }, DCMO),
    );
    expect(outcome.state.device.miids[parseMoid(DCMO)]).toMatchObject({ wifi: './DCMO/wifi' });
  });

  test('returns the MOID in the spelling of the backend', () => {
    const written = DCMO.slice('urn:'.length);
    expect(storing(moData({ ClientURI: `${written}//`, MOData: { wifi: usb } })).statuses).toEqual([
      `200 ${written}/wifi/`,
    ]);
  });

  test('makes the name unique when the label exists, also between two members', () => {
    const member = { ClientURI: `${DCMO}//`, MOData: { usb } };
    expect(storing(moData(member, member)).statuses).toEqual([`200 ${DCMO}/usb2/ ${DCMO}/usb3/`]);
  });

  test.each([
    ['a/b', 'a_b'],
    ['..', 'instance'],
    ['', 'instance'],
  ])('makes a valid name from the label %j', (label, name) => {
    expect(storing(moData({ ClientURI: `${DCMO}//`, MOData: { [label]: usb } })).statuses).toEqual([
      `200 ${DCMO}/${name}/`,
    ]);
  });

  test('uses a MIID that no instance has as the name', () => {
    const outcome = storing(moData({ ClientURI: `${DCMO}/nfc/`, MOData: { x: usb } }));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/nfc/`]);
  });

  test('adds an instance again whose MIID is stored but which the device has deleted', () => {
    const tree = phoneTree();
    delete nodeAt(tree, './DCMO')?.children?.usb;
    const outcome = storing(moData({ ClientURI: `${DCMO}/usb/`, MOData: { x: usb } }), undefined, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(nodeAt(tree, './DCMO/usb/Property')).toEqual(leaf('USB2'));
  });

  test('adds a missing parent first', () => {
    const tree = phoneTree();
    delete tree.children?.DCMO;
    const outcome = storing(moData({ ClientURI: `${DCMO}//`, MOData: { wifi: usb } }), undefined, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(outcome.device.log.filter((line) => line.startsWith('Add')).slice(0, 2)).toEqual([
      'Add ./DCMO',
      'Add ./DCMO/wifi',
    ]);
  });

  test('adds a missing parent once for several instances', () => {
    const tree = phoneTree();
    delete tree.children?.DCMO;
    const member = (name: string) => ({ ClientURI: `${DCMO}//`, MOData: { [name]: usb } });
    const outcome = storing(moData(member('wifi'), member('nfc')), undefined, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/ ${DCMO}/nfc/`]);
    expect(outcome.device.log.filter((line) => line === 'Add ./DCMO')).toHaveLength(1);
  });

  test('adds an instance that later commands find, and the next session by its MIID', () => {
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

  test('replaces the instance of an MO that may have one only', () => {
    const outcome = storing(moData({ ClientURI: `${DEVINFO}//`, MOData: { x: { Lang: 'it' } } }));
    expect(nodeAt(outcome.device.tree, './DevInfo/Lang')).toEqual(leaf('it'));
  });
});

describe('HGET of several writes of which one fails', () => {
  const document2 = moData({
    ClientURI: `${DCMO}/usb/`,
    MOData: { usb: { Enabled: false, Group: 'new', Property: 'Bus' } },
  });

  test('undoes the applied writes, the last one first', () => {
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

  test('logs writes that cannot be undone', () => {
    const options = { refuse: { './DCMO/usb/Property': { Replace: 425 }, './DCMO/usb/Group': { Delete: 425 } } };
    const outcome = storing(document2, undefined, { options, ...SINGLY });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.effects).toContainEqual({
      type: 'log',
      event: 'write.partial',
      facts: { failures: 1, left: ['./DCMO/usb/Group'] },
    });
  });

  test('deletes a new instance again, which later commands do not find', () => {
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

  test('writes nothing when one member is refused before', () => {
    const reply = moData(
      { ClientURI: `${DCMO}/usb/Property`, MOData: { Property: 'Bus' } },
      { ClientURI: `${FUMO}/none/`, MOData: { FUMO: {} } },
    );
    const outcome = storing(reply);
    expect(outcome.statuses).toEqual(['404']);
    expect(outcome.device.tree).toEqual(phoneTree());
  });
});
