/** An ACL that is not known is never taken for "inherits", and rights are never written from a guess (DM-2.0 §10, DM-TND §7.7.1). */
import { describe, expect, test } from 'vitest';
import { interior, leaf } from '../north/model/device.ts';
import { DATA } from '../north/model/play.ts';
import { DCMO, DEVINFO, dataOf } from '../north/model/simulated-device.ts';
import type { AclDeviceOptions } from './acl-device.ts';
import { DAC, moData, type Played, play, type RightsScene, store, written } from './scene.ts';

const CAMERA = `${DAC}//${DCMO}/camera`;
const ROOT = './DCMO/camera';
const MINE = 'Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=*&Replace=legacy-dm';
const OF_PARENT = 'Add=*&Get=*&Delete=*&Replace=legacy-dm';

/** MAID → AR of each entry, by Path. */
function rightsIn(outcome: Played, index = 0): unknown {
  const [member] = dataOf(outcome, index) as readonly { readonly MOData: Record<string, unknown> }[];
  const entries = Object.values(member?.MOData ?? {})[0] as Record<
    string,
    { Path?: string; Permissions: Record<string, { MAID: string; AR: number }> }
  >;
  return Object.fromEntries(
    Object.values(entries).map(({ Path = '/', Permissions }) => [
      Path,
      Object.fromEntries(Object.values(Permissions).map(({ MAID, AR }) => [MAID, AR])),
    ]),
  );
}

function read(options: AclDeviceOptions, acls: Readonly<Record<string, string>>, more: RightsScene = {}): Played {
  return play([['GET', CAMERA]], { acls, options, ...more });
}

describe('a listing that leaves out the node that it was asked for', () => {
  const acls = { './DCMO': OF_PARENT, [ROOT]: MINE, [`${ROOT}/Ext`]: 'Get=*' };

  test.each<[string, AclDeviceOptions]>([
    ['shows all ACLs, also empty ones', { listedAcls: 'all' }],
    ['shows only ACLs that are not empty', { listedAcls: 'own' }],
    ['shows no ACL', { listedAcls: 'none' }],
  ])('costs one more Get for the ACL of the root: it %s', (_, options) => {
    const outcome = read({ unlisted: [ROOT], ...options }, acls);
    expect(rightsIn(outcome)).toEqual({
      '/': { '*': 1, 'serverid:DMS1': 15 },
      '/Ext': { '*': 1, 'serverid:DMS1': 9 },
    });
    expect(outcome.device.log).toContain(`Get ${ROOT}?prop=ACL`);
  });

  test('is still the way in which the ACLs of a device are read', () => {
    const outcome = read({ unlisted: [ROOT] }, acls);
    expect(outcome.state.device.facts.aclList).toBe(true);
    expect(outcome.device.log.slice(-2)).toEqual([`Get ${ROOT}?list=TNDS+ACL`, `Get ${ROOT}?prop=ACL`]);
  });

  test('may show one child alone', () => {
    const tree = interior({ DCMO: interior({ camera: interior({ Enabled: leaf('1') }) }) });
    const own = { './DCMO': OF_PARENT, [ROOT]: MINE, [`${ROOT}/Enabled`]: 'Get=S2+legacy-dm' };
    const outcome = read({ unlisted: [ROOT] }, own, { tree });
    expect(rightsIn(outcome)).toMatchObject({ '/': { '*': 1, 'serverid:DMS1': 15 } });
  });

  test('shows the rights of the parent when the root has no ACL', () => {
    const outcome = read({ unlisted: [ROOT], listedAcls: 'all' }, { './DCMO': OF_PARENT });
    expect(rightsIn(outcome)).toEqual({ '/': { '*': 1, 'serverid:DMS1': 11 } });
  });

  test('may leave out nodes further down, whose ACLs are read, too', () => {
    const below = { ...acls, [`${ROOT}/Operations`]: 'Get=*&Exec=S2' };
    const outcome = read({ unlisted: [ROOT, `${ROOT}/Operations`] }, below);
    expect(rightsIn(outcome)).toMatchObject({ '/Operations': { '*': 1, 'serverid:S2': 5 } });
  });

  test.each([
    [425, '403'],
    [500, '500'],
    [406, '501'],
    [404, '404'],
  ])('is no answer when the device refuses that Get with %i', (status, expected) => {
    const options = { unlisted: [ROOT], hides: { [ROOT]: status } };
    const outcome = read(options, acls);
    expect(outcome.statuses).toEqual([expected]);
    const change = store(`${CAMERA}/1/Permissions/1/AR`, '3', { acls, options });
    expect(change.statuses).toEqual([expected]);
    expect(written(change)).toEqual([]);
  });

  test('is edited by the smallest change of the real ACL', () => {
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '13', { acls, options: { unlisted: [ROOT] } });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([`${ROOT}?prop=ACL Exec=legacy-dm&Get=*&Replace=legacy-dm`]);
  });
});

describe('a listing without any ACL', () => {
  test('is none when the root has an ACL: the ACLs are read by the property', () => {
    const acls = { [ROOT]: MINE, [`${ROOT}/Ext`]: 'Get=*' };
    const outcome = read({ listedAcls: 'none' }, acls);
    expect(rightsIn(outcome)).toEqual({ '/': { '*': 1, 'serverid:DMS1': 15 }, '/Ext': { '*': 1, 'serverid:DMS1': 9 } });
    expect(outcome.state.device.facts.aclList).toBe(false);
  });

  test('shows an instance that inherits everything when the root has none', () => {
    const outcome = read({}, { './DCMO': OF_PARENT });
    expect(rightsIn(outcome)).toEqual({ '/': { '*': 1, 'serverid:DMS1': 11 } });
    expect(outcome.state.device.facts.aclList).toBe(true);
  });
});

describe('an ACL above the instance that cannot be read', () => {
  test.each([
    [500, '500'],
    [406, '501'],
    [425, '403'],
    [405, '403'],
  ])('makes the rights of an instance that inherits it unknown: %i', (status, expected) => {
    for (const tnds of [true, false]) {
      const options = { tnds, hides: { './DCMO': status } };
      expect(read(options, { './DCMO': OF_PARENT }).statuses).toEqual([expected]);
      const change = store(`${CAMERA}/1`, moData('1', { Permissions: { a: { MAID: '*', AR: 3 } } }), {
        acls: { './DCMO': OF_PARENT },
        options,
      });
      expect(change.statuses).toEqual([expected]);
      expect(written(change)).toEqual([]);
    }
  });

  test('does not matter for an instance with an ACL of its own', () => {
    const options = { hides: { './DCMO': 500, '.': 500 } };
    expect(rightsIn(read(options, { './DCMO': OF_PARENT, [ROOT]: MINE }))).toEqual({
      '/': { '*': 1, 'serverid:DMS1': 15 },
    });
  });

  test('leaves the instance out of the whole MO when it is hidden', () => {
    const acls = { './DCMO': OF_PARENT, './DCMO/usb': MINE };
    const outcome = play([['GET', `${DAC}//${DCMO}`]], { acls, options: { hides: { './DCMO': 425 } } });
    const [{ MOData }] = dataOf(outcome) as readonly [{ MOData: Record<string, object> }];
    expect(Object.keys(MOData[DCMO] ?? {})).toEqual(['usb']);
  });

  test.each([
    [406, '200'],
    [501, '200'],
    [500, '500'],
  ])('is the default ACL at the root of a tree where the device does not know the property: %i', (status, expected) => {
    const outcome = read({ hides: { '.': status } }, {});
    expect(outcome.statuses).toEqual([expected]);
  });
});

describe('an ACL inside the instance that cannot be read', () => {
  const acls = { [ROOT]: MINE, [`${ROOT}/Operations`]: 'Get=*&Replace=S2' };
  const options = { tnds: false, hides: { [`${ROOT}/Operations`]: 500 } };

  test('has no entry, and neither have the nodes below', () => {
    expect(rightsIn(read(options, acls))).toEqual({ '/': { '*': 1, 'serverid:DMS1': 15 } });
  });

  test.each(['/Operations', '/Operations/Enable'])('is not changed, nor those that inherit from it: %s', (Path) => {
    for (const status of [425, 500, 406]) {
      const scene = { acls, options: { ...options, hides: { [`${ROOT}/Operations`]: status } } };
      const data = { Path, Permissions: { a: { MAID: '*', AR: 5 } } };
      const outcome = store(`${CAMERA}/x`, moData('x', data), scene);
      expect(outcome.statuses).toEqual(['403']);
      expect(written(outcome)).toEqual([]);
    }
  });

  test('does not keep a node below with an ACL of its own from a change', () => {
    const own = { ...acls, [`${ROOT}/Operations`]: MINE, [`${ROOT}/Operations/Enable`]: 'Get=*' };
    const data = { Path: '/Operations/Enable', Permissions: { a: { MAID: '*', AR: 5 } } };
    const outcome = store(`${CAMERA}/x`, moData('x', data), { acls: own, options });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([`${ROOT}/Operations/Enable?prop=ACL Exec=*&Get=*`]);
  });

  test('does not keep the ACL above from a change', () => {
    const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '13', { acls, options });
    expect(outcome.statuses).toEqual(['200']);
    expect(written(outcome)).toEqual([`${ROOT}?prop=ACL Exec=legacy-dm&Get=*&Replace=legacy-dm`]);
  });

  test('is not inherited by a node below that loses its own ACL', () => {
    const tree = interior({ DCMO: interior({ camera: interior({ Ext: interior({ sub: interior({}) }) }) }) });
    const scene = {
      tree,
      acls: { [ROOT]: MINE, [`${ROOT}/Ext`]: 'Get=S2', [`${ROOT}/Ext/sub`]: 'Get=*' },
      options: { tnds: false, hides: { [`${ROOT}/Ext`]: 500 } },
    };
    const outcome = store(CAMERA, moData('camera', {}), scene);
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual([]);
  });

  test('of a relocated node is not changed, and the node has no entry', () => {
    const own = { './DevInfo': 'Get=*', './DevDetail': 'Get=*&Replace=legacy-dm', './DevDetail/FwV': 'Get=S2' };
    const uri = `${DAC}//${DEVINFO}/DevInfo`;
    const scene = { acls: own, options: { hides: { './DevDetail/FwV': 500 } } };
    expect(Object.keys(rightsIn(play([['GET', uri]], scene)) as object)).not.toContain('/FwV');
    const data = { Path: '/FwV', Permissions: { a: { MAID: '*', AR: 1 } } };
    const outcome = store(`${uri}/x`, moData('x', data), scene);
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual([]);
  });

  test('is not inherited by a relocated node that loses its own ACL', () => {
    const own = { './DevInfo': 'Get=*', './DevDetail': 'Get=S2', './DevDetail/FwV': 'Get=*' };
    const scene = { acls: own, options: { hides: { './DevDetail': 500 } } };
    const outcome = store(`${DAC}//${DEVINFO}/DevInfo`, moData('DevInfo', {}), scene);
    expect(outcome.statuses).toEqual(['403']);
    expect(written(outcome)).toEqual([]);
  });
});

describe('the structure of an instance that is read by the property', () => {
  const acls = { [ROOT]: MINE, [`${ROOT}/Ext`]: 'Get=*&Exec=S2', [`${ROOT}/Enabled`]: 'Get=S2' };

  test('is whole although one of its nodes may not be read', () => {
    const scene = {
      tree: interior({ DCMO: interior({ camera: interior({ Enabled: leaf('1'), Ext: interior({ A: leaf('a') }) }) }) }),
      knowledge: { facts: { list: 'none' as const } },
    };
    const outcome = read({ refuse: { [`${ROOT}/Enabled`]: { Get: 425 } } }, acls, scene);
    expect(rightsIn(outcome)).toEqual({
      '/': { '*': 1, 'serverid:DMS1': 15 },
      '/Ext': { '*': 1, 'serverid:S2': 5, 'serverid:DMS1': 9 },
    });
  });

  test('that cannot be read fails the reading', () => {
    const scene = { knowledge: { facts: { list: 'none' as const } } };
    const outcome = read({ refuse: { [ROOT]: { Get: 500 } } }, acls, scene);
    expect(outcome.statuses).toEqual(['500']);
  });
});

test('a node that inherits again passes on the rights from above, not those that it had', () => {
  const acls = { [ROOT]: MINE, [`${ROOT}/Operations`]: 'Get=*&Replace=legacy-dm' };
  const document = moData('camera', {
    1: { Permissions: { all: { MAID: '*', AR: 1 }, me: { MAID: 'serverid:DMS1', AR: 15 } } },
    2: {
      Path: '/Operations/Enable',
      Permissions: { all: { MAID: '*', AR: 5 }, me: { MAID: 'serverid:DMS1', AR: 15 } },
    },
  });
  const outcome = play([['HGET', `${DATA}/rights`, CAMERA]], { acls, repository: () => document });
  expect(outcome.statuses).toEqual(['200']);
  expect(written(outcome)).toEqual([
    `${ROOT}/Operations/Enable?prop=ACL Add=legacy-dm&Delete=legacy-dm&Exec=*&Get=*&Replace=legacy-dm`,
    `${ROOT}/Operations?prop=ACL `,
  ]);
});
