/** HGET to the DAC MO: the ACLs that a model device is sent (DM-2.0 §10, §12.3, §13.2; ADR 20). */
import { describe, expect, test } from 'vitest';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { changeOf, type Write } from '../../src/tree/write-plan.ts';
import { DATA, document } from '../north/model/play.ts';
import { DCMO, DEVINFO, dataOf, FUMO } from '../north/model/simulated-device.ts';
import { DAC, moData, type Played, play, type RightsScene, store, written } from './scene.ts';

const CAMERA = `${DAC}//${DCMO}/camera`;
const MINE = 'Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm';
const ALL = ['*'] as const;

/** An entry of a document: MAID → AR. */
function entry(permissions: Readonly<Record<string, unknown>>, path?: string): unknown {
  const list = Object.entries(permissions).map(([MAID, AR], at) => [String(at + 1), { MAID, AR }] as const);
  return { ...(path !== undefined && { Path: path }), Permissions: Object.fromEntries(list) };
}

function shown({ device, state }: Played, clientUri = CAMERA): unknown {
  const outcome = play([['GET', clientUri]], { device, knowledge: state.device });
  const [member] = dataOf(outcome) as readonly { readonly MOData: Record<string, unknown> }[];
  return Object.values(member?.MOData ?? {})[0];
}

/** MOData of the only member, without its label. */
function shownIn(outcome: Played, at: number): unknown {
  const [member] = dataOf(outcome, at) as readonly { readonly MOData: Record<string, unknown> }[];
  return Object.values(member?.MOData ?? {})[0];
}

describe('AR of one authority [DM-MEC-001-C-O DM-STDOBJ-003-C-O]', () => {
  test.each([
    [
      'gives Read to another account',
      'S2',
      '3',
      '13',
      'Add=legacy-dm&Delete=legacy-dm&Exec=S2+legacy-dm&Get=S2+legacy-dm&Replace=S2+legacy-dm',
      'Replace=S2',
    ],
    ['takes Delegate away', 'S2', '8', '0', MINE, 'Replace=S2'],
    [
      'keeps rights that AR cannot express',
      'S2',
      '0',
      '1',
      'Add=S2+legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=S2+legacy-dm&Replace=legacy-dm',
      'Add=S2',
    ],
  ])('%s', (_, server, _before, rights, after, more) => {
    const [command = '', holder = ''] = more.split('=');
    const own = MINE.replace(`${command}=legacy-dm`, `${command}=${holder}+legacy-dm`);
    const acls = { './DCMO/camera': own };
    const outcome = store(`${CAMERA}/1/Permissions/${server}/AR`, rights, { acls, others: { S2: ALL } });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([`./DCMO/camera?prop=ACL ${after}`]);
  });

  test('can be addressed by its MAID', () => {
    const acls = { './DCMO/camera': MINE };
    const uri = `${CAMERA}/(x)/Permissions/(y)/AR?nv=(x)/Permissions/DMS1/AR:15&nv=(y)/MAID:serverid:DMS1`;
    const outcome = store(uri, '13', { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm']);
  });

  test('is set on all nodes of a wildcard', () => {
    const acls = { './DCMO/camera': MINE, './DCMO/usb': MINE };
    const outcome = store(`${DAC}//${DCMO}/*/1/Permissions/DMS1/AR`, '9', { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([
      './DCMO/camera?prop=ACL Get=legacy-dm&Replace=legacy-dm',
      './DCMO/usb?prop=ACL Get=legacy-dm&Replace=legacy-dm',
    ]);
  });

  test('causes no command when it does not change', () => {
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '15', { acls: { './DCMO/camera': MINE } });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([]);
  });

  test('turns an inherited ACL into an own ACL with no other change', () => {
    const acls = { './DCMO': 'Get=*&Exec=S3&Replace=legacy-dm' };
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '13', { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Exec=S3+legacy-dm&Get=*&Replace=legacy-dm']);
  });

  test('of a relocated node is set at the LocURI of the node', () => {
    const acls = { './DevDetail': 'Get=*&Replace=legacy-dm', './DevDetail/FwV': 'Get=*' };
    const outcome = store(`${DAC}//${DEVINFO}/DevInfo/FwV/Permissions/1/AR`, '5', { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DevDetail/FwV?prop=ACL Exec=*&Get=*']);
  });

  test.each([
    ['Write without Delegate on an interior node', 'DMS1', '7', '403', MINE],
    ['to take from one server a right that all have', 'DMS1', '14', '403', MINE.replace('Get=legacy-dm', 'Get=*')],
    ['an entry without any right', 'DMS1', '0', '403', MINE],
    ['16', 'DMS1', '16', '415', MINE],
    ['-1', 'DMS1', '-1', '415', MINE],
    ['text', 'DMS1', 'all', '415', MINE],
    ['a fraction', 'DMS1', '1.5', '415', MINE],
    ['an authority without permission', 'S9', '1', '404', MINE],
  ])('refuses %s', (_, server, rights, status, own) => {
    const outcome = store(`${CAMERA}/1/Permissions/${server}/AR`, rights, { acls: { './DCMO/camera': own } });
    expect(outcome.statuses).toEqual([status]);
    expect(written(outcome)).toEqual([]);
  });

  test('refuses bytes that are not text', () => {
    const reply = { status: 200, headers: {}, body: { base64: '/wA=' } };
    expect(store(`${CAMERA}/1/Permissions/1/AR`, reply).statuses).toEqual(['415']);
  });

  test('is 404 when the device does not have the node, and no node is added', () => {
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '9', {
      acls: { './DCMO/camera': MINE },
      options: { aclStatus: 404 },
    });
    expect(outcome.statuses).toEqual(['404']);
    expect(outcome.device.log.filter((line) => line.startsWith('Add'))).toEqual([]);
  });

  test('counts as a change of the whole sub-tree for later commands', () => {
    const write: Write = {
      name: 'Replace',
      locUri: parseLocUri('./A'),
      property: 'ACL',
      node: { name: 'ACL', format: 'chr' },
    };
    expect(changeOf(write)).toEqual({ locUri: './A', change: 'structure' });
  });

  test('is the status of the device when the device refuses it', () => {
    const acls = { './DCMO/camera': 'Get=*&Exec=S2', './DCMO': 'Get=*' };
    const outcome = store(`${CAMERA}/1/Permissions/1/AR`, '5', { acls });
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Exec=*&Get=*']);
  });
});

describe('a grant of rights [DM-MEC-001-C-O]', () => {
  const acls = { './DCMO/camera': MINE };

  test.each<[string, string, RightsScene, string]>([
    ['to an account that provides the MOID', 'serverid:S2', { others: { S2: [DCMO] } }, '200'],
    [
      'to an account that provides it in another spelling',
      'serverid:S2',
      { others: { S2: ['oma:mo:oma-dcmo:1.0'] } },
      '200',
    ],
    ['to all servers', '*', {}, '200'],
    ['to an account that does not provide it', 'serverid:S2', { others: { S2: [FUMO] } }, '403'],
    ['to a server without account', 'serverid:S2', {}, '403'],
    ['to an application', 'appid:com.example.app', {}, '403'],
    ['to the bridge by its name on the device', 'serverid:legacy-dm', {}, '403'],
    [
      'to an account with the name of the bridge on the device',
      'serverid:legacy-dm',
      { others: { 'legacy-dm': ALL } },
      '403',
    ],
    ['to an account whose name is not possible in an ACL', 'serverid:S 2', { others: { 'S 2': ALL } }, '403'],
    ['to a name without prefix', 'S2', { others: { S2: ALL } }, '415'],
    ['to a prefix without name', 'serverid:', {}, '415'],
    ['to an empty MAID', '', {}, '415'],
  ])('is accepted or refused: %s', (_, maid, scene, status) => {
    const document = moData('new', { MAID: maid, AR: 1 });
    const outcome = store(`${CAMERA}/1/Permissions/new`, document, { acls, ...scene });
    expect(outcome.statuses).toEqual([status]);
    expect(written(outcome)).toHaveLength(status === '200' ? 1 : 0);
  });

  test('is accepted for a server without account when the document repeats its present rights', () => {
    const own = MINE.replace('Get=legacy-dm', 'Get=S3+legacy-dm');
    const document = moData('1', entry({ 'serverid:DMS1': 13, 'serverid:S3': 1 }));
    const outcome = store(`${CAMERA}/1`, document, { acls: { './DCMO/camera': own } });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Exec=legacy-dm&Get=S3+legacy-dm&Replace=legacy-dm']);
  });

  test('is no grant when it lowers the rights of a server without account, which is accepted', () => {
    const own = MINE.replace('Get=legacy-dm', 'Exec=S3+legacy-dm&Get=S3+legacy-dm').replace('&Exec=legacy-dm&', '&');
    const scene = { acls: { './DCMO/camera': own } };
    const lowered = store(`${CAMERA}/1`, moData('1', entry({ 'serverid:DMS1': 15, 'serverid:S3': 1 })), scene);
    expect(lowered.statuses).toEqual(['200']);
    expect(written(lowered).join()).toContain('Exec=legacy-dm&Get=S3+legacy-dm');
    const raised = store(`${CAMERA}/1`, moData('1', entry({ 'serverid:DMS1': 15, 'serverid:S3': 9 })), scene);
    expect(raised.statuses).toEqual(['403']);
    expect(written(raised)).toEqual([]);
  });

  test.each<[string, string, Parameters<typeof store>[1], string]>([
    ['AR', '/1/Permissions/S3/AR', '1', '200'],
    ['AR to nothing', '/1/Permissions/S3/AR', '0', '200'],
    ['a permission', '/1/Permissions/S3', moData('S3', { MAID: 'serverid:S3', AR: 4 }), '200'],
    ['a permission by its MAID', '/1/Permissions/(x)/AR?nv=(x)/MAID:serverid:S3', '1', '200'],
    ['AR to more', '/1/Permissions/S3/AR', '13', '403'],
    ['AR to other rights', '/1/Permissions/S3/AR', '8', '403'],
    ['a permission to more', '/1/Permissions/S3', moData('S3', { MAID: 'serverid:S3', AR: 7 }), '403'],
    ['an entry further down with as much', '/x', moData('x', entry({ 'serverid:S3': 5, '*': 0 }, '/Ext')), '200'],
    ['an entry further down with more', '/x', moData('x', entry({ 'serverid:S3': 7 }, '/Ext')), '403'],
  ])('of a server without account is lowered and never raised: %s', (_, path, reply, status) => {
    const own = 'Add=legacy-dm&Delete=legacy-dm&Exec=S3+legacy-dm&Get=S3+legacy-dm&Replace=legacy-dm';
    const outcome = store(`${CAMERA}${path}`, reply, { acls: { './DCMO/camera': own } });
    expect(outcome.statuses).toEqual([status]);
    expect(written(outcome)).toHaveLength(status === '200' ? 1 : 0);
  });

  test('is refused for a MOID that is not provisioned', () => {
    const scene = { acls, moids: [DAC, FUMO] };
    expect(store(`${CAMERA}/1/Permissions/DMS1/AR`, '9', scene).statuses).toEqual(['403']);
    const whole = moData('DacMO', { [DCMO]: { camera: { 1: entry({ 'serverid:DMS1': 9 }) } } });
    expect(store(`${DAC}//`, whole, scene).statuses).toEqual(['403']);
    expect(store(`${DAC}//*/camera/1/Permissions/DMS1/AR`, '9', scene).statuses).toEqual(['404']);
  });
});

describe('a document for a sub-tree', () => {
  test('takes expressible rights from authorities that it does not list, and leaves the others', () => {
    const acls = { './DCMO/camera': 'Add=legacy-dm&Delete=S3+legacy-dm&Exec=S2&Get=S2+S3+legacy-dm&Replace=legacy-dm' };
    const outcome = store(`${CAMERA}/1`, moData('1', entry({ 'serverid:DMS1': 11 })), { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([
      './DCMO/camera?prop=ACL Add=legacy-dm&Delete=S3+legacy-dm&Get=legacy-dm&Replace=legacy-dm',
    ]);
  });

  test('takes rights from all servers, and gives rights to the listed ones', () => {
    const acls = { './DCMO/camera': MINE.replace('Get=legacy-dm', 'Get=*') };
    const document = moData('1', entry({ 'serverid:DMS1': 15, 'serverid:S2': 1 }));
    const outcome = store(`${CAMERA}/1`, document, { acls, others: { S2: ALL } });
    expect(written(outcome)).toEqual([`./DCMO/camera?prop=ACL ${MINE.replace('Get=', 'Get=S2+')}`]);
  });

  test('does not change the rights of a server that no MAID can name', () => {
    const acls = { './DCMO/camera': `${MINE.replace('Get=', 'Get=DMS1+')}` };
    const outcome = store(`${CAMERA}/1`, moData('1', entry({ 'serverid:DMS1': 9 })), { acls });
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Get=DMS1+legacy-dm&Replace=legacy-dm']);
  });

  test('gives a new entry an own ACL, and lets a node without entry inherit', () => {
    const acls = { './DCMO/camera': MINE, './DCMO/camera/Ext': 'Get=*' };
    const document = moData('camera', {
      1: entry({ 'serverid:DMS1': 15 }),
      2: entry({ 'serverid:DMS1': 13 }, '/Operations'),
    });
    const outcome = store(CAMERA, document, { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome).toSorted()).toEqual([
      './DCMO/camera/Ext?prop=ACL ',
      './DCMO/camera/Operations?prop=ACL Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm',
    ]);
    expect(outcome.device.acls.has('./DCMO/camera/Ext')).toBe(false);
  });

  test('does not let a node without entry inherit when AR cannot express its whole ACL', () => {
    const acls = { './DCMO/camera': MINE, './DCMO/camera/Enabled': 'Get=S2&Replace=S3' };
    const outcome = store(CAMERA, moData('camera', {}), { acls });
    expect(written(outcome)).toEqual([]);
    expect(outcome.statuses).toEqual(['200']);
  });

  test('changes neither a root without entry nor instances that it does not name', () => {
    const acls = { './DCMO/camera': MINE, './DCMO/usb': MINE };
    const document = moData('DacMO', { [DCMO]: { camera: { a: entry({ 'serverid:DMS1': 9 }, 'Ext') } } });
    const outcome = store(`${DAC}//`, document, { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera/Ext?prop=ACL Get=legacy-dm&Replace=legacy-dm']);
    expect(outcome.device.log.filter((line) => line.includes('usb'))).toEqual([]);
  });

  test('sets an own ACL for a new entry that is equal to the inherited one', () => {
    const acls = { './DCMO/camera': MINE };
    const outcome = store(`${CAMERA}/x`, moData('x', entry({ 'serverid:DMS1': 15 }, '/Ext')), { acls });
    expect(written(outcome)).toEqual([`./DCMO/camera/Ext?prop=ACL ${MINE}`]);
  });

  test('changes nodes below before those above, and computes with the new ACLs above', () => {
    const acls = { './DCMO/camera': MINE };
    const document = moData('camera', {
      1: entry({ 'serverid:DMS1': 15, 'serverid:S2': 9 }),
      2: entry({ 'serverid:DMS1': 9, 'serverid:S2': 11 }, '/Enabled'),
    });
    const outcome = store(CAMERA, document, { acls, others: { S2: ALL } });
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.device.commands.filter(({ name }) => name === 'Atomic')).toHaveLength(1);
    expect(written(outcome)).toEqual([
      './DCMO/camera/Enabled?prop=ACL Add=legacy-dm&Delete=S2&Get=S2+legacy-dm&Replace=S2',
      './DCMO/camera?prop=ACL Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=S2+legacy-dm&Replace=S2+legacy-dm',
    ]);
  });

  test('changes a node above first where only that gives this server the right to change those below', () => {
    const acls = {
      './DCMO': MINE,
      './DCMO/camera': 'Get=*&Replace=S2',
      './DCMO/camera/Ext': 'Get=S2&Replace=S2',
      // Replace on a leaf is no right to its ACL.
      './DCMO/camera/Enabled': 'Get=S2&Replace=legacy-dm',
    };
    const document = moData('camera', {
      1: entry({ 'serverid:DMS1': 15, '*': 1 }),
      2: entry({ 'serverid:DMS1': 15 }, '/Ext'),
      3: entry({ 'serverid:DMS1': 11 }, '/Enabled'),
    });
    const outcome = store(CAMERA, document, { acls, options: { enforces: true, open: true } });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome).map((line) => line.split('?')[0])).toEqual([
      './DCMO/camera',
      './DCMO/camera/Ext',
      './DCMO/camera/Enabled',
    ]);
  });

  test('is undone when the device refuses a part of it', () => {
    const acls = {
      './DCMO': 'Get=*',
      './DCMO/camera': MINE.replace('Replace=legacy-dm', 'Replace=S2'),
      './DCMO/camera/Ext': MINE,
    };
    const document = moData('camera', {
      1: entry({ 'serverid:DMS1': 5 }),
      2: entry({ 'serverid:DMS1': 9 }, '/Ext'),
    });
    const outcome = store(CAMERA, document, { acls, knowledge: { facts: { list: 'StructData', atomic: false } } });
    expect(outcome.statuses).toEqual(['403']);
    expect(Object.fromEntries(outcome.device.acls)).toEqual(acls);
  });

  test.each<[string, unknown, string]>([
    ['a Path that no node has', { 2: entry({ '*': 1 }, '/Nowhere') }, '404'],
    ['a Path with a wildcard', { 2: entry({ '*': 1 }, '/*') }, '415'],
    ['a Path with an x-name', { 2: entry({ '*': 1 }, '/(x)') }, '415'],
    ['a Path with a query', { 2: entry({ '*': 1 }, '/Ext?lv=1') }, '415'],
    ['two entries for one Path', { 2: entry({ '*': 1 }, '/Ext'), 3: entry({ '*': 1 }, 'Ext') }, '415'],
    ['two entries for the root', { 1: entry({ '*': 1 }), 2: entry({ '*': 1 }, '/') }, '415'],
    ['a MAID twice', { 1: { Permissions: { a: { MAID: '*', AR: 1 }, b: { MAID: '*', AR: 2 } } } }, '415'],
    ['an entry without Permissions', { 1: { Path: '/Ext' } }, '415'],
    ['a permission without AR', { 1: { Permissions: { a: { MAID: '*' } } } }, '415'],
    ['a permission without MAID', { 1: { Permissions: { a: { AR: 1 } } } }, '415'],
    ['AR as text', { 1: entry({ '*': 'Read' }) }, '415'],
    ['AR out of range', { 1: entry({ '*': 16 }) }, '415'],
    ['a node that the DAC MO does not have', { 1: { Permissions: {}, Owner: 'me' } }, '415'],
    ['a value in place of an entry', { 1: 15 }, '415'],
    ['an entry without name', { '': entry({ '*': 1 }) }, '415'],
    ['an entry whose name no ClientURI can hold', { 'a/b': entry({ '*': 1 }) }, '415'],
    ['a permission whose name no ClientURI can hold', { 1: { Permissions: { 'a?b': { MAID: '*', AR: 1 } } } }, '415'],
    [
      'a permission with a name of 256 characters',
      { 1: { Permissions: { ['n'.repeat(256)]: { MAID: '*', AR: 1 } } } },
      '415',
    ],
    ['a value in place of an instance', 15, '415'],
    ['an entry without permissions', { 1: { Permissions: {} } }, '403'],
  ])('with %s is refused', (_, data, status) => {
    const outcome = store(CAMERA, moData('camera', data), { acls: { './DCMO/camera': MINE } });
    expect(outcome.statuses).toEqual([status]);
    expect(written(outcome)).toEqual([]);
  });

  test.each([
    ['an instance that does not exist', `${DAC}//${DCMO}/tripod`, { 1: entry({ '*': 1 }) }, '404'],
    ['a MOID without instances', `${DAC}//urn:oma:mo:oma-lawmo:1.0/x`, { 1: entry({ '*': 1 }) }, '404'],
    ['the DAC MO itself', `${DAC}//${DAC}/DacMO`, { 1: entry({ '*': 1 }) }, '404'],
    ['an instance that no MOID has', `${DAC}//*/tripod`, { 1: entry({ '*': 1 }) }, '404'],
    ['another instance of the DAC MO', `${DAC}/Other/${DCMO}/camera`, { 1: entry({ '*': 1 }) }, '404'],
    ['a permission in an entry that does not exist', `${CAMERA}/9/Permissions/a`, { MAID: '*', AR: 1 }, '404'],
  ])('for %s is not stored', (_, uri, data, status) => {
    expect(store(uri, moData('x', data)).statuses).toEqual([status]);
  });
});

describe('a document with several ClientURIs', () => {
  const acls = { './DCMO/camera': MINE, './DCMO/usb': MINE };

  test('is stored as a whole, also with parts of other MOs', () => {
    const reply = document(
      JSON.stringify([
        { ClientURI: `${CAMERA}/1/Permissions/DMS1/AR`, MOData: { AR: 11 } },
        { ClientURI: `${CAMERA}/1/Permissions/s2`, MOData: { s2: { MAID: 'serverid:S2', AR: 4 } } },
        { ClientURI: `${DCMO}/camera/Property`, MOData: { Property: 'Lens' } },
      ]),
    );
    const outcome = play([['HGET', `${DATA}/all`]], { acls, repository: () => reply, others: { S2: ALL } });
    expect(outcome.statuses).toEqual([
      `200 ${DAC}/DacMO/${DCMO}/camera/1/Permissions/DMS1/AR ${DAC}/DacMO/${DCMO}/camera/1/Permissions/s2 ${DCMO}/camera/Property`,
    ]);
    expect(written(outcome)).toEqual([
      './DCMO/camera/Property Lens',
      './DCMO/camera?prop=ACL Add=legacy-dm&Delete=legacy-dm&Exec=S2&Get=legacy-dm&Replace=legacy-dm',
    ]);
  });

  test('fails as a whole when one part fails', () => {
    const reply = document(
      JSON.stringify([
        { ClientURI: `${CAMERA}/1/Permissions/DMS1/AR`, MOData: { AR: 7 } },
        { ClientURI: `${DCMO}/camera/Property`, MOData: { Property: 'Lens' } },
      ]),
    );
    const outcome = play([['HGET', `${DATA}/all`]], { acls, repository: () => reply });
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual([]);
  });
});

describe('names given by the backend', () => {
  const acls = { './DCMO/camera': MINE };

  test('are used in later readings, and are deleted with the entry', () => {
    const others = { S2: ALL };
    const made = store(
      CAMERA,
      moData('camera', {
        main: { Permissions: { me: { MAID: 'serverid:DMS1', AR: 15 }, you: { MAID: 'serverid:S2', AR: 1 } } },
        ext: { Path: '/Ext', Permissions: { all: { MAID: '*', AR: 1 }, me: { MAID: 'serverid:DMS1', AR: 9 } } },
      }),
      { acls, others },
    );
    expect(made.statuses).toEqual(['200']);
    expect(shown(made)).toEqual({
      main: { Permissions: { me: { MAID: 'serverid:DMS1', AR: 15 }, you: { MAID: 'serverid:S2', AR: 1 } } },
      ext: { Path: '/Ext', Permissions: { all: { MAID: '*', AR: 1 }, me: { MAID: 'serverid:DMS1', AR: 9 } } },
    });
    const scene = { device: made.device, knowledge: made.state.device, others };
    const changed = store(`${CAMERA}/ext/Permissions/all/AR`, '5', scene);
    expect(changed.statuses).toEqual(['200']);
    expect(changed.device.acls.get('./DCMO/camera/Ext')).toBe('Exec=*&Get=*&Replace=legacy-dm');
    const left = store(CAMERA, moData('camera', { 1: entry({ 'serverid:DMS1': 15 }) }), scene);
    expect(left.state.device.rightsNames).toEqual({ [`${DCMO}/camera/ serverid:DMS1`]: '1' });
    expect(shown(left)).toEqual({ 1: { Permissions: { 1: { MAID: 'serverid:DMS1', AR: 15 } } } });
  });

  test('are not stored for default names', () => {
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '9', { acls });
    expect(outcome.state.device.rightsNames).toBeUndefined();
  });

  test('stay with their subjects when the device refuses a later change', () => {
    const others = { S2: ALL, S3: ALL };
    const made = store(`${CAMERA}/1/Permissions/you`, moData('you', { MAID: 'serverid:S2', AR: 1 }), { acls, others });
    const scene = { device: made.device, knowledge: made.state.device, others };
    made.device.acls.set('./DCMO', 'Get=*');
    made.device.acls.set('./DCMO/camera', 'Get=S2+legacy-dm');
    const outcome = store(`${CAMERA}/1/Permissions/you/MAID`, 'serverid:S3', scene);
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.state.device.rightsNames).toEqual(made.state.device.rightsNames);
  });

  test('are not stored when the device has refused the rights', () => {
    const own = { './DCMO': 'Get=*', './DCMO/camera': 'Get=*&Exec=S2' };
    const outcome = store(`${CAMERA}/1/Permissions/you`, moData('you', { MAID: 'serverid:DMS1', AR: 5 }), {
      acls: own,
    });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.state.device.rightsNames).toBeUndefined();
  });
});

describe('a device without a listing of ACLs', () => {
  const acls = { './DCMO/camera': MINE, './DCMO/camera/Enabled': 'Get=*&Replace=S3' };

  test('is asked for the ACL of a leaf in the document; other leaves keep their ACLs', () => {
    const document = moData('camera', {
      1: entry({ 'serverid:DMS1': 15 }),
      2: entry({ '*': 1, 'serverid:DMS1': 13 }, '/Enabled'),
    });
    const scene = { acls: { ...acls, './DCMO/camera/Property': 'Get=S2' }, options: { tnds: false } };
    const outcome = store(CAMERA, document, scene);
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera/Enabled?prop=ACL Exec=legacy-dm&Get=*&Replace=S3']);
  });

  test('keeps the ACL of a leaf that may not be read', () => {
    const own = { './DCMO/camera': MINE, './DCMO/camera/Enabled': 'Get=S2' };
    const document = moData('2', entry({ 'serverid:DMS1': 13 }, '/Enabled'));
    const outcome = store(`${CAMERA}/2`, document, { acls: own, options: { tnds: false } });
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual([]);
  });

  test('is asked for the ACL of a leaf that is addressed by its entry', () => {
    const outcome = store(`${CAMERA}/Enabled/Permissions/1/AR`, '5', { acls, options: { tnds: false } });
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.device.acls.get('./DCMO/camera/Enabled')).toBe('Exec=*&Get=*&Replace=S3');
  });
});

describe('commands of one package', () => {
  const names = (Path: string | undefined, name: string) => {
    const Permissions = { [name]: { MAID: 'serverid:DMS1', AR: 15 } };
    return Path === undefined ? { Permissions } : { Path, Permissions };
  };

  test.each<[string, unknown, Readonly<Record<string, string>>]>([
    ['with the rights', { main: names(undefined, 'ours'), ext: names('/Ext', 'us') }, { './DCMO/camera': MINE }],
    [
      'although the rights stay the same',
      { main: names(undefined, 'ours'), ext: names('/Ext', 'us') },
      { './DCMO/camera': MINE, './DCMO/camera/Ext': MINE },
    ],
  ])('see the names that an earlier command has given: %s', (_, data, acls) => {
    const commands = [
      ['GET', CAMERA],
      ['HGET', `${DATA}/rights`, CAMERA],
      ['GET', CAMERA],
      ['GET', `${CAMERA}/ext/Permissions/us/AR`],
    ];
    for (const scene of [{}, { options: { tnds: false } }, { dies: (step: number) => step % 2 === 0 }]) {
      const outcome = play(commands, { acls, repository: () => moData('camera', data), ...scene });
      expect(outcome.statuses).toEqual(['200', '200', '200', '200']);
      const [before, after] = [0, 2].map((at) => Object.keys(shownIn(outcome, at) as object));
      expect(before).not.toContain('main');
      expect(after).toEqual(['main', 'ext']);
    }
  });

  test('see the names of an instance whose rights stay the same while those of another one change', () => {
    const data = { [DCMO]: { camera: { main: names(undefined, 'ours') }, usb: { 1: entry({ 'serverid:DMS1': 9 }) } } };
    const commands = [
      ['HGET', `${DATA}/rights`, `${DAC}//`],
      ['GET', CAMERA],
    ];
    const acls = { './DCMO/camera': MINE, './DCMO/usb': MINE };
    const outcome = play(commands, { acls, repository: () => moData('DacMO', data) });
    expect(outcome.statuses).toEqual(['200', '200']);
    expect(shownIn(outcome, 1)).toEqual({ main: { Permissions: { ours: { MAID: 'serverid:DMS1', AR: 15 } } } });
  });

  test('do not see the names that a later command gives', () => {
    const commands = [
      ['GET', CAMERA],
      ['HGET', `${DATA}/rights`, CAMERA],
      ['HGET', `${DATA}/others`, CAMERA],
      ['GET', CAMERA],
    ];
    const repository: RightsScene['repository'] = ({ url }) =>
      moData('camera', { [url.endsWith('others') ? 'other' : 'main']: names(undefined, 'ours') });
    const outcome = play(commands, { acls: { './DCMO/camera': MINE }, options: { tnds: false }, repository });
    expect([0, 3].map((at) => Object.keys(shownIn(outcome, at) as object))).toEqual([['1'], ['other']]);
  });

  test('do not see such names although the device has to be searched for them first', () => {
    const commands = [
      ['GET', `${DAC}//${DCMO}`],
      ['GET', `${DCMO}/usb/`],
      ['HGET', `${DATA}/names`, CAMERA],
    ];
    const repository = () => moData('camera', { main: names(undefined, 'ours') });
    const scene: RightsScene = { acls: { './DCMO/camera': MINE }, options: { lists: [] }, repository };
    const outcome = play(commands, { ...scene, knowledge: { facts: {} } });
    expect(outcome.statuses).toEqual(['200', '200', '200']);
    expect(shownIn(outcome, 0)).toMatchObject({ camera: { 1: {} } });
    expect(Object.values(outcome.state.device.rightsNames ?? {})).toContain('main');
  });

  test('see the rights that earlier commands have set', () => {
    const ar = `${CAMERA}/1/Permissions/DMS1/AR`;
    const commands = [
      ['GET', ar],
      ['HGET', `${DATA}/ar`, ar],
      ['GET', ar],
      ['HGET', `${DATA}/ar2`, ar],
      ['GET', ar],
    ];
    const repository: RightsScene['repository'] = ({ url }) => document(url.endsWith('2') ? '13' : '9', 'text/plain');
    const scene = { acls: { './DCMO/camera': MINE }, repository };
    const plain = play(commands, scene);
    const died = play(commands, { ...scene, dies: (step) => step % 2 === 0 });
    for (const outcome of [plain, died]) {
      expect(outcome.statuses).toEqual(['200', '200', '200', '200', '200']);
      expect([0, 2, 4].map((at) => dataOf(outcome, at))).toEqual(
        ['15', '9', '13'].map((text) => ({ type: 'text/plain', text })),
      );
    }
  });
});

describe('a new instance', () => {
  const reply = document(
    JSON.stringify([{ ClientURI: `${DCMO}//`, MOData: { radio: { Property: 'Radio', Enabled: true } } }]),
  );

  test('gets an ACL for this server alone [DM-MEC-001-C-O]', () => {
    const outcome = play([['HGET', `${DATA}/new`]], {
      repository: () => reply,
      acls: { './DCMO': 'Add=*&Get=*&Replace=legacy-dm' },
    });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/radio/`]);
    expect(outcome.device.acls.get('./DCMO/radio')).toBe(MINE);
  });

  test.each([405, 406, 425, 501])('stays when the device answers %i to that ACL, which is logged', (status) => {
    const options = { refuse: {}, noAcl: status };
    const outcome = play([['HGET', `${DATA}/new`]], { repository: () => reply, options });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/radio/`]);
    expect(outcome.effects).toContainEqual({
      type: 'log',
      event: 'acl.not_set',
      facts: { locUri: './DCMO/radio', status },
    });
  });

  test('inherits when the name of the bridge is not possible in an ACL', () => {
    const outcome = play([['HGET', `${DATA}/new`]], { repository: () => reply, dm1ServerId: 'the bridge' });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/radio/`]);
    expect(outcome.device.log.filter((line) => line.includes('prop=ACL'))).toEqual([]);
  });

  test('that was not added gets no ACL', () => {
    const options = { refuse: { './DCMO/radio/Enabled': { Add: 500 } } };
    const outcome = play([['HGET', `${DATA}/new`]], { repository: () => reply, options });
    expect(outcome.statuses).toEqual(['500']);
    expect(outcome.device.log.filter((line) => line.includes('prop=ACL'))).toEqual([]);
  });
});
