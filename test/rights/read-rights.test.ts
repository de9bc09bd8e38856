/** The DAC MO in GET, as a view of the ACLs of a model device (DM-2.0 §10, §12.3, §13.2; ADR 20). */
import { describe, expect, test } from 'vitest';
import { interior, leaf } from '../north/model/device.ts';
import { DATA } from '../north/model/play.ts';
import { DCMO, DEVINFO, dataOf, FUMO, VENDOR } from '../north/model/simulated-device.ts';
import { DAC, type Played, play, type RightsScene } from './scene.ts';

const MINE = 'Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm';

/** MOData of the only member, without its label. */
function shown(outcome: Played): unknown {
  const [member] = dataOf(outcome) as readonly { readonly MOData: Record<string, unknown> }[];
  return Object.values(member?.MOData ?? {})[0];
}

function read(clientUri: string, scene: RightsScene = {}): Played {
  return play([['GET', clientUri]], scene);
}

/** Who may do what by the permissions of an entry. */
function rightsOf(entry: unknown): unknown {
  const { Permissions = {} } = entry as { Permissions?: Record<string, { MAID: string; AR: number }> };
  return Object.fromEntries(Object.values(Permissions).map(({ MAID, AR }) => [MAID, AR]));
}

describe('an instance in the DAC MO [DM-STDOBJ-003-C-O]', () => {
  test('has an entry without Path whose first permission is that of all servers, as in figure 17', () => {
    const acls = { './DCMO/camera': 'Get=*&Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Replace=legacy-dm' };
    expect(shown(read(`${DAC}//${DCMO}/camera`, { acls }))).toEqual({
      1: { Permissions: { 1: { MAID: '*', AR: 1 }, DMS1: { MAID: 'serverid:DMS1', AR: 15 } } },
    });
  });

  test('shows inherited rights like its own', () => {
    const acls = { './DCMO': 'Get=legacy-dm+S2&Replace=S2' };
    expect(shown(read(`${DAC}//${DCMO}/camera`, { acls }))).toEqual({
      1: {
        Permissions: { DMS1: { MAID: 'serverid:DMS1', AR: 1 }, S2: { MAID: 'serverid:S2', AR: 9 } },
      },
    });
  });

  test('has the default rights of the root of the tree when no ACL is set', () => {
    expect(shown(read(`${DAC}//${DCMO}/camera`))).toEqual({ 1: { Permissions: { 1: { MAID: '*', AR: 1 } } } });
  });

  test('has one more entry for each node with an ACL of its own, and none for a node without', () => {
    const acls = {
      './DCMO/camera': MINE,
      './DCMO/camera/Operations': 'Get=*&Exec=S2',
      './DCMO/camera/Operations/Enable': 'Exec=legacy-dm&Get=*',
    };
    const entries = shown(read(`${DAC}//${DCMO}/camera`, { acls })) as Record<string, { Path?: string }>;
    expect(Object.entries(entries).map(([name, entry]) => [name, entry.Path, rightsOf(entry)])).toEqual([
      ['1', undefined, { 'serverid:DMS1': 15 }],
      ['Operations', '/Operations', { '*': 1, 'serverid:S2': 5, 'serverid:DMS1': 9 }],
      ['Operations.Enable', '/Operations/Enable', { '*': 1, 'serverid:DMS1': 5 }],
    ]);
  });

  test('has Paths with the names of DM 2.0, also for relocated nodes', () => {
    const acls = {
      './DevInfo': 'Get=*',
      './DevInfo/DevId': 'Get=legacy-dm',
      './DevDetail/FwV': 'Get=legacy-dm+S2',
      './DevDetail/SwV': 'Get=*',
    };
    const entries = shown(read(`${DAC}//${DEVINFO}/DevInfo`, { acls })) as Record<string, { Path?: string }>;
    expect(Object.values(entries).map((entry) => [entry.Path, rightsOf(entry)])).toEqual([
      [undefined, { '*': 1 }],
      ['/DevID', { 'serverid:DMS1': 1 }],
      ['/FwV', { 'serverid:DMS1': 1, 'serverid:S2': 1 }],
      ['/SwV', { '*': 1 }],
    ]);
  });

  test('has an entry for a relocated node that inherits other rights than the instance has', () => {
    const acls = { './DevInfo': MINE, './DevDetail': 'Get=*' };
    const entries = shown(read(`${DAC}//${DEVINFO}/DevInfo`, { acls })) as Record<string, { Path?: string }>;
    expect(Object.values(entries).map((entry) => [entry.Path, rightsOf(entry)])).toEqual([
      [undefined, { 'serverid:DMS1': 15 }],
      ...['/DevType', '/OEM', '/FwV', '/SwV', '/HwV'].map((path) => [path, { '*': 1 }]),
    ]);
  });

  test('has Delegate on the root when the ACL of its parent gives it', () => {
    const acls = { './DCMO': 'Get=*&Replace=legacy-dm', './DCMO/camera': 'Get=*' };
    const entries = shown(read(`${DAC}//${DCMO}/camera`, { acls })) as Record<string, unknown>;
    expect(rightsOf(entries['1'])).toEqual({ '*': 1, 'serverid:DMS1': 9 });
  });

  test('does not show a server that no MAID can name: another one with the name of the backend', () => {
    const acls = { './DCMO/camera': 'Get=DMS1+legacy-dm&Replace=DMS1' };
    const entries = shown(read(`${DAC}//${DCMO}/camera`, { acls })) as Record<string, unknown>;
    expect(rightsOf(entries['1'])).toEqual({ 'serverid:DMS1': 1 });
  });
});

describe('the example of the management tree (DM-TND §7.7.1)', () => {
  const tree = interior({
    Example: interior(
      {
        A: interior({ 1: leaf('a') }),
        B: interior({ 2: leaf('b'), 3: interior({ 4: leaf('c'), 5: leaf('d') }) }),
      },
      'com.example/1.0/Example',
    ),
  });
  const acls = {
    '.': 'Add=*&Get=*',
    './Example/A': 'Get=*&Replace=S3',
    './Example/A/1': 'Get=*',
    './Example/B': 'Get=*&Replace=S1',
    './Example/B/3': 'Get=*&Replace=S2&Delete=S2',
    './Example/B/3/5': 'Get=*&Replace=S1',
  };

  test('is read as a tree of the DAC MO', () => {
    const uri = `${DAC}//com.example%2F1.0%2FExample/Example`;
    const entries = shown(read(uri, { tree, acls, knowledge: { miids: {} } })) as Record<string, { Path?: string }>;
    expect(Object.values(entries).map((entry) => [entry.Path, rightsOf(entry)])).toEqual([
      [undefined, { '*': 1 }],
      ['/A', { '*': 1, 'serverid:S3': 9 }],
      ['/A/1', { '*': 1, 'serverid:S3': 9 }],
      ['/B', { '*': 1, 'serverid:S1': 9 }],
      ['/B/3', { '*': 1, 'serverid:S1': 9, 'serverid:S2': 9 }],
      // S1 may write it by the ACL of DM 1.x, which AR cannot say without Delete; changing its ACL takes Replace on B/3.
      ['/B/3/5', { '*': 1, 'serverid:S1': 1, 'serverid:S2': 9 }],
    ]);
  });
});

describe('the DAC MO', () => {
  test('is read like any MO: levels, leaves, wildcards, x-names [DM-MEC-001-C-O]', () => {
    const acls = { './DCMO/camera': `${MINE.replace('Get=legacy-dm', 'Get=*')}`, './DCMO/usb': 'Get=legacy-dm' };
    const camera = `${DAC}//${DCMO}/camera`;
    const outcome = play(
      [
        ['GET', `${camera}/1/Permissions/DMS1/AR`],
        ['GET', `${camera}/(x)/Permissions/(y)/AR?nv=(y)/MAID:serverid:DMS1&nv=(x)/Permissions/1/MAID:*`],
        ['GET', `${DAC}//${DCMO}/*/1/Permissions/DMS1/AR`],
        ['GET', `${DAC}/DacMO/${DCMO}?lv=1`],
        ['GET', `${DAC}/(x)/${DCMO}/usb?nv=(x)/${DCMO.replaceAll(':', '%3A')}/camera/1/Permissions/DMS1/AR:15`],
        ['GET', `${DAC}//${DCMO}/camera/1/Path`],
        ['GET', `${DAC}//${DCMO}/tripod`],
      ],
      { acls },
    );
    expect(outcome.statuses).toEqual(['200', '200', '200', '200', '200', '404', '404']);
    expect(dataOf(outcome, 0)).toEqual({ type: 'text/plain', text: '15' });
    expect(dataOf(outcome, 1)).toEqual({ type: 'text/plain', text: '15' });
    expect(dataOf(outcome, 2)).toMatchObject([
      { ClientURI: `${DAC}//${DCMO}/camera/1/Permissions/DMS1/AR`, MOData: { AR: 15 } },
      { ClientURI: `${DAC}//${DCMO}/usb/1/Permissions/DMS1/AR`, MOData: { AR: 1 } },
    ]);
    expect(dataOf(outcome, 3)).toMatchObject([{ MOData: { [DCMO]: { camera: {}, usb: {} } } }]);
  });

  test('can be sent to a Data Repository', () => {
    const sent: unknown[] = [];
    const outcome = play([['HPUT', `${DATA}/rights`, `${DAC}//${DCMO}/usb/1/Permissions/1/AR`]], {
      repository: ({ body }) => {
        sent.push(body);
        return { status: 200, headers: {}, body: { text: '' } };
      },
    });
    expect(outcome.statuses).toEqual(['200']);
    expect(sent).toEqual([{ text: '1' }]);
  });

  test('accepts a MOID with raw or encoded colons, with encoded slashes, without urn:, and repeats its spelling', () => {
    const encoded = DCMO.replaceAll(':', '%3A');
    const outcome = play([
      ['GET', `${DAC}//${encoded}/usb/1/Permissions/1/*`],
      ['GET', `${DAC}//${DCMO.slice(4)}/usb/1/Permissions/1/*`],
      ['GET', `${DAC}//${VENDOR.replaceAll('/', '%2F')}/Product/1/Permissions/1/*`],
    ]);
    expect(outcome.statuses).toEqual(['200', '200', '200']);
    const uris = [0, 1, 2].map((at) => (dataOf(outcome, at) as readonly { ClientURI: string }[])[1]?.ClientURI);
    expect(uris).toEqual([
      `${DAC}//${DCMO}/usb/1/Permissions/1/AR`,
      `${DAC}//${DCMO.slice(4)}/usb/1/Permissions/1/AR`,
      `${DAC}//com.example%2F1.2%2FProduct/Product/1/Permissions/1/AR`,
    ]);
  });

  test('shows no MOID that is not provisioned, and refuses it [DM-MEC-001-C-O]', () => {
    const outcome = play(
      [
        ['GET', `${DAC}//`],
        ['GET', `${DAC}//*/*/1/Permissions/1/AR`],
        ['GET', `${DAC}//${FUMO}/FUMO`],
        ['GET', `${DAC}//${FUMO}`],
        ['GET', `${DAC}//*/FUMO`],
        ['GET', `${DAC}//(x)?nv=(x)/FUMO/1/Permissions/1/AR:1`],
        ['GET', `${DAC}//com.example%2F9.9%2FUnknown/x`],
      ],
      { moids: [DAC, DCMO] },
    );
    expect(outcome.statuses).toEqual(['200', '200', '403', '403', '404', '404', '403']);
    expect(Object.keys(shown(outcome) as object)).toEqual([DCMO]);
    expect((dataOf(outcome, 1) as readonly { ClientURI: string }[]).map(({ ClientURI }) => ClientURI)).toEqual([
      `${DAC}//${DCMO}/camera/1/Permissions/1/AR`,
      `${DAC}//${DCMO}/usb/1/Permissions/1/AR`,
    ]);
    expect(outcome.device.log.filter((line) => line.includes('FUMO'))).toEqual([]);
  });

  test('is refused to an account that does not provide it', () => {
    expect(read(`${DAC}//`, { moids: [DCMO] }).statuses).toEqual(['403']);
  });

  test('shows only instances to which this server has a right', () => {
    const acls = { './DCMO/camera': 'Get=S2&Replace=S2', './DCMO/usb': 'Exec=legacy-dm&Get=*' };
    const outcome = play(
      [
        ['GET', `${DAC}//${DCMO}`],
        ['GET', `${DAC}//${DCMO}/camera`],
      ],
      { acls },
    );
    expect(Object.keys(shown(outcome) as object)).toEqual(['usb']);
    expect(outcome.statuses).toEqual(['200', '403']);
  });

  test('does not show listed instances to which this server has no right', () => {
    const acls = { './DCMO/camera': 'Get=S2&Replace=S2', './DCMO/usb': 'Delete=legacy-dm' };
    const outcome = read(`${DAC}//${DCMO}`, { acls, options: { open: true } });
    expect(shown(outcome)).toEqual({ usb: { 1: { Permissions: { DMS1: { MAID: 'serverid:DMS1', AR: 0 } } } } });
  });

  test('does not show instances whose ACL property the device refuses', () => {
    const outcome = read(`${DAC}//${DCMO}`, { acls: { './DCMO/camera': 'Get=S2' }, options: { tnds: false } });
    expect(Object.keys(shown(outcome) as object)).toEqual(['usb']);
  });

  test.each([
    ['DELETE', '405'],
    ['EXEC', '405'],
  ])('does not allow %s', (command, status) => {
    expect(play([[command, `${DAC}//${DCMO}/usb/1`]]).statuses).toEqual([status]);
  });
});

describe('the reader of ACLs', () => {
  const acls = { './DCMO/camera': MINE, './DCMO/camera/Ext': 'Get=*', './DCMO/camera/Enabled': 'Get=legacy-dm' };

  test('reads one listing of the named instance, and the ACLs of the nodes above it', () => {
    const outcome = read(`${DAC}//${DCMO}/camera/1/Permissions/*/AR`, { acls });
    expect(outcome.device.log).toEqual(['Get .?prop=ACL', 'Get ./DCMO?prop=ACL', 'Get ./DCMO/camera?list=TNDS+ACL']);
    expect(outcome.trips).toHaveLength(1);
    expect(outcome.state.device.facts).toEqual({ list: 'StructData', aclList: true });
  });

  test.each([206, 413, 213])('reads the ACL of each node when the device answers %i to the listing', (listedWith) => {
    const outcome = read(`${DAC}//${DCMO}/camera`, { acls, options: { listedWith, unlisted: ['./DCMO/camera/Ext'] } });
    expect(outcome.statuses).toEqual(['200']);
    expect(Object.keys(shown(outcome) as object)).toEqual(['1', 'Ext']);
    expect(outcome.device.log).toContain('Get ./DCMO/camera/Ext?prop=ACL');
    expect(outcome.state.device.facts).toEqual({ list: 'StructData' });
  });

  test('tells no rights when the names of the nodes are told in part, too: 500', () => {
    const options = { listedWith: 206, lists: [], next: [206] };
    const knowledge = { facts: { list: 'none' as const, aclList: true } };
    expect(read(`${DAC}//${DCMO}/camera`, { acls, options, knowledge }).statuses).toEqual(['500']);
  });

  test('reads again for each command, but waits for the changes of earlier commands', () => {
    const uri = `${DAC}//${DCMO}/camera/1`;
    const outcome = play(
      [
        ['GET', uri],
        ['GET', uri],
      ],
      { acls },
    );
    expect(outcome.device.log.filter((line) => line === 'Get ./DCMO/camera?list=TNDS+ACL')).toHaveLength(2);
  });

  test.each([
    ['406', { tnds: 406 }],
    ['404 to the listing', { tnds: 404 }],
    ['an ignored query', { tnds: 'ignored' }],
    ['500 to the listing', { tnds: 500 }],
  ] as const)('%s: goes by the property, tells so, and remembers it', (_, options) => {
    const outcome = read(`${DAC}//${DCMO}/camera`, { acls, options });
    expect(Object.keys(shown(outcome) as object)).toEqual(['1', 'Ext']);
    expect(outcome.device.log.slice(-4)).toEqual([
      'Get ./DCMO/camera?prop=ACL',
      'Get ./DCMO/camera?list=StructData',
      'Get ./DCMO/camera/Operations?prop=ACL',
      'Get ./DCMO/camera/Ext?prop=ACL',
    ]);
    expect(outcome.effects).toContainEqual({
      type: 'log',
      event: 'acl.read_by_property',
      facts: { locUri: './DCMO/camera', nodes: 3 },
    });
  });

  test('requests the listing from a device that lists as TNDS, although it does not accept TNDS', () => {
    const facts = { list: 'TNDS', tnds: false } as const;
    const outcome = read(`${DAC}//${DCMO}/camera`, { acls, knowledge: { facts } });
    expect(outcome.device.log).toContain('Get ./DCMO/camera?list=TNDS+ACL');
  });

  test('reads nothing more when an ACL refuses the listing', () => {
    const outcome = read(`${DAC}//${DCMO}/camera`, { acls: { './DCMO/camera': 'Get=S2' } });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.device.log.at(-1)).toBe('Get ./DCMO/camera?list=TNDS+ACL');
  });

  test('ends before a later command changes the instance', () => {
    const commands = [
      ['GET', `${DAC}//${DCMO}/camera/Ext/Path`],
      ['DELETE', `${DCMO}/camera`],
    ];
    expect(play(commands, { acls, options: { tnds: false } }).statuses).toEqual(['200', '200']);
  });

  test('stores the fact of 406, and sends no listing any more', () => {
    const first = read(`${DAC}//${DCMO}/camera`, { acls, options: { tnds: false } });
    expect(first.state.device.facts.aclList).toBe(false);
    const second = read(`${DAC}//${DCMO}/camera`, {
      acls,
      options: { tnds: false },
      knowledge: { facts: first.state.device.facts },
    });
    expect(second.device.log).not.toContain('Get ./DCMO/camera?list=TNDS+ACL');
    expect(shown(second)).toEqual(shown(first));
  });

  test.each([
    ['a DM 1.1 device', { version: '1.1' }],
    ['a device without TNDS by its profile', { knowledge: { facts: { list: 'StructData', tnds: false } } }],
    ['a device without lists', { knowledge: { facts: { list: 'none' } } }],
  ] as const)('never asks %s for a listing of ACLs', (_, scene) => {
    const outcome = read(`${DAC}//${DCMO}/camera`, { acls, ...scene });
    expect(outcome.device.log).not.toContain('Get ./DCMO/camera?list=TNDS+ACL');
    expect(Object.keys(shown(outcome) as object)).toEqual(['1', 'Ext']);
  });

  test('reads the ACL of a leaf whose entry is named', () => {
    const outcome = read(`${DAC}//${DCMO}/camera/Enabled/Permissions/DMS1/AR`, { acls, options: { tnds: false } });
    expect(dataOf(outcome)).toEqual({ type: 'text/plain', text: '9' });
    expect(outcome.device.log).not.toContain('Get ./DCMO/camera/Property?prop=ACL');
  });

  test('reports a deleted instance as missing', () => {
    const tree = interior({ DCMO: interior({ usb: leaf('x') }) });
    expect(read(`${DAC}//${DCMO}/camera`, { acls, tree }).statuses).toEqual(['404']);
  });

  test('reports the status of a device that does not support the property', () => {
    expect(read(`${DAC}//${DCMO}/camera`, { options: { tnds: false, noAcl: 406 } }).statuses).toEqual(['501']);
  });

  test('fails on a malformed ACL', () => {
    const bad = { './DCMO/camera/Ext': 'Get=*&Nonsense' };
    expect(read(`${DAC}//${DCMO}/camera`, { acls: bad }).statuses).toEqual(['500']);
    expect(
      read(`${DAC}//${DCMO}/camera`, { acls: { './DCMO/camera': 'Get=*&x' }, options: { tnds: false } }).statuses,
    ).toEqual(['500']);
  });

  test('gives the same result after a restart at every step', () => {
    const commands = [['GET', `${DAC}//`]];
    const whole = play(commands, { acls });
    const died = play(commands, { acls, dies: (step) => step % 2 === 0 });
    expect(died.data).toEqual(whole.data);
  });
});
