/** HGET to the DAC MO: which ACLs a model device is sent, and what survives (DM-2.0 §10, §12.3, §13.2; design: ACL ↔ DAC MO). */
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
    ['takes Delegate', 'S2', '8', '0', MINE, 'Replace=S2'],
    [
      'leaves alone what cannot be said',
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

  test('is found by its MAID', () => {
    const acls = { './DCMO/camera': MINE };
    const uri = `${CAMERA}/(x)/Permissions/(y)/AR?nv=(x)/Permissions/DMS1/AR:15&nv=(y)/MAID:serverid:DMS1`;
    const outcome = store(uri, '13', { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm']);
  });

  test('goes to all that a wildcard means', () => {
    const acls = { './DCMO/camera': MINE, './DCMO/usb': MINE };
    const outcome = store(`${DAC}//${DCMO}/*/1/Permissions/DMS1/AR`, '9', { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([
      './DCMO/camera?prop=ACL Get=legacy-dm&Replace=legacy-dm',
      './DCMO/usb?prop=ACL Get=legacy-dm&Replace=legacy-dm',
    ]);
  });

  test('that is as it was costs nothing', () => {
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '15', { acls: { './DCMO/camera': MINE } });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([]);
  });

  test('changes an inherited ACL into one of its own, all else as it was', () => {
    const acls = { './DCMO': 'Get=*&Exec=S3&Replace=legacy-dm' };
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '13', { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Exec=S3+legacy-dm&Get=*&Replace=legacy-dm']);
  });

  test('of a node that DM 2.0 shows in another MO goes where the node is', () => {
    const acls = { './DevDetail': 'Get=*&Replace=legacy-dm', './DevDetail/FwV': 'Get=*' };
    const outcome = store(`${DAC}//${DEVINFO}/DevInfo/FwV/Permissions/1/AR`, '5', { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DevDetail/FwV?prop=ACL Exec=*&Get=*']);
  });

  test.each([
    ['Write without Delegate on an interior node', '1', '7', '403'],
    ['a right taken from one that everybody has', '1', '14', '403'],
    ['no right at all for anybody', '1', '0', '403'],
    ['16', '1', '16', '415'],
    ['-1', '1', '-1', '415'],
    ['no number', '1', 'all', '415'],
    ['a fraction', '1', '1.5', '415'],
    ['an authority that is not there', '1', '1', '404'],
  ])('refuses %s', (what, _, rights, status) => {
    const server = status === '404' ? 'S9' : 'DMS1';
    const own = what.startsWith('a right') ? MINE.replace('Get=legacy-dm', 'Get=*') : MINE;
    const outcome = store(`${CAMERA}/1/Permissions/${server}/AR`, rights, { acls: { './DCMO/camera': own } });
    expect(outcome.statuses).toEqual([status]);
    expect(written(outcome)).toEqual([]);
  });

  test('refuses bytes', () => {
    const reply = { status: 200, headers: {}, body: { base64: '/wA=' } };
    expect(store(`${CAMERA}/1/Permissions/1/AR`, reply).statuses).toEqual(['415']);
  });

  test('that the device finds nothing for is 404, and nothing is added', () => {
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '9', {
      acls: { './DCMO/camera': MINE },
      options: { aclStatus: 404 },
    });
    expect(outcome.statuses).toEqual(['404']);
    expect(outcome.device.log.filter((line) => line.startsWith('Add'))).toEqual([]);
  });

  test('may change all that lies below for later commands', () => {
    const write: Write = {
      name: 'Replace',
      locUri: parseLocUri('./A'),
      property: 'ACL',
      node: { name: 'ACL', format: 'chr' },
    };
    expect(changeOf(write)).toEqual({ locUri: './A', change: 'structure' });
  });

  test('is refused by the device, too', () => {
    const acls = { './DCMO/camera': 'Get=*&Exec=S2', './DCMO': 'Get=*' };
    const outcome = store(`${CAMERA}/1/Permissions/1/AR`, '5', { acls });
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Exec=*&Get=*']);
  });
});

describe('who may be given rights [DM-MEC-001-C-O]', () => {
  const acls = { './DCMO/camera': MINE };

  test.each<[string, string, RightsScene, string]>([
    ['an account that provides the MOID', 'serverid:S2', { others: { S2: [DCMO] } }, '200'],
    [
      'an account that provides it under another spelling',
      'serverid:S2',
      { others: { S2: ['oma:mo:oma-dcmo:1.0'] } },
      '200',
    ],
    ['everybody', '*', {}, '200'],
    ['an account that does not provide it', 'serverid:S2', { others: { S2: [FUMO] } }, '403'],
    ['a server without account', 'serverid:S2', {}, '403'],
    ['an application', 'appid:com.example.app', {}, '403'],
    ['the bridge by its name on the device', 'serverid:legacy-dm', {}, '403'],
    ['an account that is called like the bridge there', 'serverid:legacy-dm', { others: { 'legacy-dm': ALL } }, '403'],
    ['an account whose name no ACL can hold', 'serverid:S 2', { others: { 'S 2': ALL } }, '403'],
    ['a name without prefix', 'S2', { others: { S2: ALL } }, '415'],
    ['a prefix without name', 'serverid:', {}, '415'],
    ['nothing', '', {}, '415'],
  ])('%s', (_, maid, scene, status) => {
    const document = moData('new', { MAID: maid, AR: 1 });
    const outcome = store(`${CAMERA}/1/Permissions/new`, document, { acls, ...scene });
    expect(outcome.statuses).toEqual([status]);
    expect(written(outcome)).toHaveLength(status === '200' ? 1 : 0);
  });

  test('a server without account keeps its rights when the document says them again', () => {
    const own = MINE.replace('Get=legacy-dm', 'Get=S3+legacy-dm');
    const document = moData('1', entry({ 'serverid:DMS1': 13, 'serverid:S3': 1 }));
    const outcome = store(`${CAMERA}/1`, document, { acls: { './DCMO/camera': own } });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Exec=legacy-dm&Get=S3+legacy-dm&Replace=legacy-dm']);
  });

  test('a MOID that is not provisioned is refused, whoever is to be given what', () => {
    const scene = { acls, moids: [DAC, FUMO] };
    expect(store(`${CAMERA}/1/Permissions/DMS1/AR`, '9', scene).statuses).toEqual(['403']);
    const whole = moData('DacMO', { [DCMO]: { camera: { 1: entry({ 'serverid:DMS1': 9 }) } } });
    expect(store(`${DAC}//`, whole, scene).statuses).toEqual(['403']);
    expect(store(`${DAC}//*/camera/1/Permissions/DMS1/AR`, '9', scene).statuses).toEqual(['404']);
  });
});

describe('a document for a sub-tree', () => {
  test('takes what 2.0 can say from authorities that it does not list, and leaves the rest', () => {
    const acls = { './DCMO/camera': 'Add=legacy-dm&Delete=S3+legacy-dm&Exec=S2&Get=S2+S3+legacy-dm&Replace=legacy-dm' };
    const outcome = store(`${CAMERA}/1`, moData('1', entry({ 'serverid:DMS1': 11 })), { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([
      './DCMO/camera?prop=ACL Add=legacy-dm&Delete=S3+legacy-dm&Get=legacy-dm&Replace=legacy-dm',
    ]);
  });

  test('takes from everybody, and gives to those that it lists', () => {
    const acls = { './DCMO/camera': MINE.replace('Get=legacy-dm', 'Get=*') };
    const document = moData('1', entry({ 'serverid:DMS1': 15, 'serverid:S2': 1 }));
    const outcome = store(`${CAMERA}/1`, document, { acls, others: { S2: ALL } });
    expect(written(outcome)).toEqual([`./DCMO/camera?prop=ACL ${MINE.replace('Get=', 'Get=S2+')}`]);
  });

  test('does not touch a server whom no MAID can name', () => {
    const acls = { './DCMO/camera': `${MINE.replace('Get=', 'Get=DMS1+')}` };
    const outcome = store(`${CAMERA}/1`, moData('1', entry({ 'serverid:DMS1': 9 })), { acls });
    expect(written(outcome)).toEqual(['./DCMO/camera?prop=ACL Get=DMS1+legacy-dm&Replace=legacy-dm']);
  });

  test('makes a node that inherits have its own ACL, and one that it leaves out inherit', () => {
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

  test('does not widen a node that it leaves out where 2.0 cannot say all of its ACL', () => {
    const acls = { './DCMO/camera': MINE, './DCMO/camera/Enabled': 'Get=S2&Replace=S3' };
    const outcome = store(CAMERA, moData('camera', {}), { acls });
    expect(written(outcome)).toEqual([]);
    expect(outcome.statuses).toEqual(['200']);
  });

  test('leaves the root of an instance that it does not name as it is, and instances that it does not name', () => {
    const acls = { './DCMO/camera': MINE, './DCMO/usb': MINE };
    const document = moData('DacMO', { [DCMO]: { camera: { a: entry({ 'serverid:DMS1': 9 }, 'Ext') } } });
    const outcome = store(`${DAC}//`, document, { acls });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera/Ext?prop=ACL Get=legacy-dm&Replace=legacy-dm']);
    expect(outcome.device.log.filter((line) => line.includes('usb'))).toEqual([]);
  });

  test('for a new entry equal to what is inherited fixes that', () => {
    const acls = { './DCMO/camera': MINE };
    const outcome = store(`${CAMERA}/x`, moData('x', entry({ 'serverid:DMS1': 15 }, '/Ext')), { acls });
    expect(written(outcome)).toEqual([`./DCMO/camera/Ext?prop=ACL ${MINE}`]);
  });

  test('changes what is below before what is above, and reckons with what will be above', () => {
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

  test('takes back what was written when the device refuses the rest', () => {
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
    ['AR as a word', { 1: entry({ '*': 'Read' }) }, '415'],
    ['AR out of range', { 1: entry({ '*': 16 }) }, '415'],
    ['a node that no DAC MO has', { 1: { Permissions: {}, Owner: 'me' } }, '415'],
    ['a value in place of an entry', { 1: 15 }, '415'],
    ['a value in place of an instance', 15, '415'],
    ['an entry that gives nobody anything', { 1: { Permissions: {} } }, '403'],
  ])('with %s is refused', (_, data, status) => {
    const outcome = store(CAMERA, moData('camera', data), { acls: { './DCMO/camera': MINE } });
    expect(outcome.statuses).toEqual([status]);
    expect(written(outcome)).toEqual([]);
  });

  test.each([
    ['an instance that is not there', `${DAC}//${DCMO}/tripod`, { 1: entry({ '*': 1 }) }, '404'],
    ['a MOID without instances', `${DAC}//urn:oma:mo:oma-lawmo:1.0/x`, { 1: entry({ '*': 1 }) }, '404'],
    ['an MO that the bridge makes', `${DAC}//urn:oma:mo:oma-sessioninfomo:1.0/SessionInfoMO`, { 1: entry({}) }, '404'],
    ['an instance that no MOID has', `${DAC}//*/tripod`, { 1: entry({ '*': 1 }) }, '404'],
    ['another instance of the DAC MO', `${DAC}/Other/${DCMO}/camera`, { 1: entry({ '*': 1 }) }, '404'],
    ['a permission in an entry that is not there', `${CAMERA}/9/Permissions/a`, { MAID: '*', AR: 1 }, '404'],
  ])('for %s is not stored', (_, uri, data, status) => {
    expect(store(uri, moData('x', data)).statuses).toEqual([status]);
  });
});

describe('documents that name their own places', () => {
  const acls = { './DCMO/camera': MINE, './DCMO/usb': MINE };

  test('count all, also with those of other MOs', () => {
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

  test('all fail when one does', () => {
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

describe('names that the backend gave', () => {
  const acls = { './DCMO/camera': MINE };

  test('are what it finds afterwards, and go with the entry', () => {
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

  test('are none where nobody gave any', () => {
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '9', { acls });
    expect(outcome.state.device.rightsNames).toBeUndefined();
  });

  test('stay with whom they named when the device refuses another', () => {
    const others = { S2: ALL, S3: ALL };
    const made = store(`${CAMERA}/1/Permissions/you`, moData('you', { MAID: 'serverid:S2', AR: 1 }), { acls, others });
    const scene = { device: made.device, knowledge: made.state.device, others };
    made.device.acls.set('./DCMO', 'Get=*');
    made.device.acls.set('./DCMO/camera', 'Get=S2+legacy-dm');
    const outcome = store(`${CAMERA}/1/Permissions/you/MAID`, 'serverid:S3', scene);
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.state.device.rightsNames).toEqual(made.state.device.rightsNames);
  });

  test('do not count when the device has refused', () => {
    const own = { './DCMO': 'Get=*', './DCMO/camera': 'Get=*&Exec=S2' };
    const outcome = store(`${CAMERA}/1/Permissions/you`, moData('you', { MAID: 'serverid:DMS1', AR: 5 }), {
      acls: own,
    });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.state.device.rightsNames).toBeUndefined();
  });
});

describe('without listing of ACLs', () => {
  const acls = { './DCMO/camera': MINE, './DCMO/camera/Enabled': 'Get=*&Replace=S3' };

  test('a leaf that the document names is asked for, one that it does not name stays', () => {
    const document = moData('camera', {
      1: entry({ 'serverid:DMS1': 15 }),
      2: entry({ '*': 1, 'serverid:DMS1': 13 }, '/Enabled'),
    });
    const scene = { acls: { ...acls, './DCMO/camera/Property': 'Get=S2' }, options: { tnds: false } };
    const outcome = store(CAMERA, document, scene);
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual(['./DCMO/camera/Enabled?prop=ACL Exec=legacy-dm&Get=*&Replace=S3']);
  });

  test('a leaf whose ACL may not be read cannot be given another', () => {
    const own = { './DCMO/camera': MINE, './DCMO/camera/Enabled': 'Get=S2' };
    const document = moData('2', entry({ 'serverid:DMS1': 13 }, '/Enabled'));
    const outcome = store(`${CAMERA}/2`, document, { acls: own, options: { tnds: false } });
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual([]);
  });

  test('AR of a leaf by the name of its entry', () => {
    const outcome = store(`${CAMERA}/Enabled/Permissions/1/AR`, '5', { acls, options: { tnds: false } });
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.device.acls.get('./DCMO/camera/Enabled')).toBe('Exec=*&Get=*&Replace=S3');
  });
});

describe('order', () => {
  test('commands of one package see what those before them have done', () => {
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

  test('belongs to this server alone [DM-MEC-001-C-O]', () => {
    const outcome = play([['HGET', `${DATA}/new`]], {
      repository: () => reply,
      acls: { './DCMO': 'Add=*&Get=*&Replace=legacy-dm' },
    });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/radio/`]);
    expect(outcome.device.acls.get('./DCMO/radio')).toBe(MINE);
  });

  test.each([405, 406, 425, 501])('stays where the device answers %i to that, and this is told', (status) => {
    const options = { refuse: {}, noAcl: status };
    const outcome = play([['HGET', `${DATA}/new`]], { repository: () => reply, options });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/radio/`]);
    expect(outcome.effects).toContainEqual({
      type: 'log',
      event: 'acl.not_set',
      facts: { locUri: './DCMO/radio', status },
    });
  });

  test('of a bridge whose name no ACL can hold inherits', () => {
    const outcome = play([['HGET', `${DATA}/new`]], { repository: () => reply, dm1ServerId: 'the bridge' });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/radio/`]);
    expect(outcome.device.log.filter((line) => line.includes('prop=ACL'))).toEqual([]);
  });

  test('that came to nothing is given to nobody', () => {
    const options = { refuse: { './DCMO/radio/Enabled': { Add: 500 } } };
    const outcome = play([['HGET', `${DATA}/new`]], { repository: () => reply, options });
    expect(outcome.statuses).toEqual(['500']);
    expect(outcome.device.log.filter((line) => line.includes('prop=ACL'))).toEqual([]);
  });
});
