/** Alerts of a device about its tree, and the cache entries that may answer after them (DM-1.3 §6.3, §6.8; ADR 21). */
import { describe, expect, test } from 'vitest';
import { basicCred, event, status, syncml } from '../e2e/scripted-device.ts';
import { BRUCE } from './bridge-under-test.ts';
import {
  alertOf,
  asksForCam,
  CAM,
  CAM_NODES,
  DCMO,
  DEVDETAIL,
  DEVINFO,
  dataItem,
  FUMO,
  GET_CAM,
  interior,
  knownDevice,
  leaf,
  openDevice,
  requestedMo,
  sourceItem,
  UNCHANGED,
  USB,
} from './cache-test-device.ts';
import type { SessionPlan, SimulatedSessions, Wire } from './simulated-sessions.ts';

const OF_PROPERTIES: readonly Wire[] = [['GET', `${DCMO}/*/Property`]];
const SEARCH = 'Get .?list=Struct';

describe('1227, tree unchanged since the session before', () => {
  const INVENTORY: readonly Wire[] = [
    ['GET', `${DCMO}/*`],
    ['GET', `${DEVINFO}/`],
    ['GET', `${DEVDETAIL}/`],
    ['GET', `${FUMO}/PkgName`],
  ];

  test.each(['memory', 'sqlite'] as const)(
    'after 1227 the device is asked nothing that the cache has, also after a restart (store %s)',
    async (store) => {
      const sessions = await openDevice({ store });
      const before = await sessions.run([...INVENTORY, ['GET', `${FUMO}/`]]);
      sessions.bridge.kill();
      const after = await sessions.run(INVENTORY, UNCHANGED);
      expect(after.asked).toEqual([]);
      expect(after.messages).toBe(1);
      expect(after.first).toEqual(before.first.slice(0, 4));
      expect(after.bytesToDevice).toBeLessThan(before.bytesToDevice / 2);
      expect(after.cache).toMatchObject([{ hits: 6, misses: 0, roundTripsSaved: 6 }]);
    },
  );

  test('1227 confirms the cache over any number of sessions', async () => {
    const sessions = await knownDevice();
    for (let count = 0; count < 5; count += 1) expect(await asksForCam(sessions)).toBe(false);
  });

  test('1227 confirms the found MOs, and without it they are searched again', async () => {
    const sessions = await knownDevice(OF_PROPERTIES);
    expect((await sessions.run(OF_PROPERTIES, UNCHANGED)).asked).not.toContain(SEARCH);
    expect((await sessions.run(OF_PROPERTIES)).asked).toContain(SEARCH);
  });

  test('1227 does not confirm entries from before the last session', async () => {
    const sessions = await knownDevice([GET_CAM, ['GET', `${USB}/`]]);
    sessions.device.tree.setValue('./DCMO/usb/Property', 'changed before the last session');
    await sessions.run([GET_CAM]);
    const { first, asked } = await sessions.run([GET_CAM, ['GET', `${USB}/Property`]], UNCHANGED);
    expect(first[1]?.data).toBe('changed before the last session');
    expect(asked).toEqual(['Get ./DCMO/usb/Property']);
  });

  test.each<[string, (sessions: SimulatedSessions) => Promise<unknown>]>([
    ['was interrupted', (sessions) => sessions.run([['GET', `${USB}/`]], { ...UNCHANGED, diesBefore: 2 })],
    ['was aborted by the device', (sessions) => sessions.run([], { ...UNCHANGED, extra: { 1: alertOf(1223) } })],
    ['timed out', timedOut],
    ['had no alert about the tree', (sessions) => sessions.run([])],
    ['but one had no alert about the tree', (sessions) => inTurn(sessions, {}, UNCHANGED)],
    ['but one was interrupted', (sessions) => inTurn(sessions, { diesBefore: 2 }, UNCHANGED)],
    ['was a message outside any session', outsideSession],
  ])('1227 does not count when the session before %s', async (_, session) => {
    const sessions = await knownDevice();
    await session(sessions);
    sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions)).toBe(true);
    expect(await asksForCam(sessions)).toBe(false);
  });

  test('1227 counts when the bridge was killed in the session before and that session ended in order', async () => {
    const sessions = await openDevice({ store: 'sqlite' });
    const { end } = await sessions.run([GET_CAM], { before: () => sessions.bridge.kill() });
    expect(end).toBe('done');
    expect(await asksForCam(sessions)).toBe(false);
  });

  test.each<[string, SessionPlan, boolean]>([
    ['before the device has authenticated does not count', { extra: { 1: alertOf(1227) } }, true],
    ['in an authenticated Package#1 counts', { extra: { 2: alertOf(1227) } }, false],
    ['after Package#1 does not count', { extra: { 3: alertOf(1227) } }, true],
  ])('1227 %s', async (_, plan, asks) => {
    const sessions = await knownDevice([GET_CAM], { profile: { credFirst: false } });
    expect(await asksForCam(sessions, plan)).toBe(asks);
  });
});

describe('1228, tree changed since the session before', () => {
  test.each<[string, readonly string[], boolean]>([
    ['the instance', [dataItem('./DCMO/cam')], true],
    ['a leaf in it', [dataItem('./DCMO/cam/Ext/Note')], true],
    ['its parent', [dataItem('./DCMO')], true],
    ['the whole tree', [dataItem('.')], true],
    ['the instance, without ./', [dataItem('DCMO/cam')], true],
    ['the instance, after white space', [dataItem(' ./DCMO/cam ')], true],
    ['the instance, with a query', [dataItem('./DCMO/cam?list=TNDS')], true],
    ['another instance and this one', [dataItem('./DCMO/usb'), dataItem('./DCMO/cam')], true],
    ['the instance, as Source', [sourceItem('./DCMO/cam')], true],
    ['the instance, as Source of something else', [sourceItem('./DCMO/cam') + dataItem('./DCMO/usb')], true],
    ['a MOID', [dataItem(DCMO)], true],
    ['an invalid address', [dataItem('./DCMO//cam')], true],
    ['an invalid address as Data beside a Source', [sourceItem('./DCMO/usb') + dataItem(DCMO)], true],
    ['another instance and an unknown address', [dataItem('./DCMO/usb'), dataItem('http://x/')], true],
    ['an empty Item', [''], true],
    ['no Items', [], true],
    ['another instance', [dataItem('./DCMO/usb')], false],
    ['another instance, as Source', [sourceItem('./DCMO/usb')], false],
    ['an instance whose name begins alike', [dataItem('./DCMO/camera')], false],
  ])('a 1228 that names %s invalidates the instances that it concerns', async (_, items, asks) => {
    const sessions = await knownDevice();
    if (asks) sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions, { extra: { 1: alertOf(1228, items) } })).toBe(asks);
    expect(await asksForCam(sessions)).toBe(false);
  });

  test.each<[string, string, boolean]>([
    [
      '1227 and a 1228 with the instance',
      alertOf(1227) + alertOf(1228, [dataItem('./DCMO/cam')]).replace('90', '91'),
      true,
    ],
    [
      'a 1228 with the instance and 1227',
      alertOf(1228, [dataItem('./DCMO/cam')]) + alertOf(1227).replace('90', '91'),
      true,
    ],
    ['1227 and a 1228 that is not understood', alertOf(1227) + alertOf(1228).replace('90', '91'), true],
    [
      '1227 and a 1228 with another instance',
      alertOf(1227) + alertOf(1228, [dataItem('./DCMO/usb')]).replace('90', '91'),
      false,
    ],
    [
      'two 1228 with other instances',
      alertOf(1228, [dataItem('./FUMO')]) + alertOf(1228, [dataItem('./DCMO/usb')]).replace('90', '91'),
      false,
    ],
  ])('%s in one Package#1 invalidate the instances that they concern', async (_, alerts, asks) => {
    const sessions = await knownDevice();
    if (asks) sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions, { extra: { 1: alerts } })).toBe(asks);
  });

  test('a 1228 that is not understood invalidates all instances and the found MOs', async () => {
    const sessions = await knownDevice([GET_CAM, ...OF_PROPERTIES, ['GET', `${DEVDETAIL}/`]]);
    const { asked } = await sessions.run([GET_CAM, ...OF_PROPERTIES, ['GET', `${DEVDETAIL}/`]], {
      treeChange: ['urn:x'],
    });
    expect(asked).toEqual(
      expect.arrayContaining([SEARCH, 'Get ./DevDetail?list=StructData', 'Get ./DCMO/cam?list=StructData']),
    );
  });

  test('1228 with a new instance leads to a new search of the device', async () => {
    const sessions = await knownDevice(OF_PROPERTIES);
    const dcmo = sessions.device.tree.find(['DCMO']);
    const [usb] = [dcmo?.children?.get('usb')];
    if (usb !== undefined) dcmo?.children?.set('new', { ...usb, name: 'new' });
    const { first } = await sessions.run(OF_PROPERTIES, { treeChange: ['./DCMO/new'] });
    expect(first[0]?.data).toHaveLength(3);
  });

  test.each<[string, string, boolean]>([
    ['of the node itself', './DevDetail/FwV', true],
    ['of the node above', './DevDetail', true],
    ['of DevInfo in other case', './Devinfo/Lang', true],
    ['of a node beside it', './DevDetail/LrgObj', false],
  ])('1228 %s invalidates DevInfo of DM 2.0 only when it is built from the node', async (_, locUri, asks) => {
    const sessions = await knownDevice([['GET', `${DEVINFO}/`]]);
    if (asks) sessions.device.tree.setValue('./DevDetail/FwV', '1.1');
    const { first, asked } = await sessions.run([['GET', `${DEVINFO}/`]], { treeChange: [locUri] });
    const FwV = sessions.device.tree.value('./DevDetail/FwV');
    expect(first).toMatchObject([{ data: [{ MOData: { DevInfo: { FwV } } }] }]);
    expect(asked.includes('Get ./DevDetail/FwV')).toBe(asks);
  });
});

describe('1229, an MO that the device sends unasked', () => {
  test('an MO sent unasked answers the first read, with the same CV as a read', async () => {
    const sessions = await openDevice();
    const sent = await sessions.run([GET_CAM, ['GET', `${CAM}/Property`]], {
      extra: { 1: requestedMo('./DCMO/cam', CAM_NODES) },
    });
    expect(sent.asked.filter((command) => command.includes('cam'))).toEqual([]);
    expect(sent.first[1]?.data).toBe('Camera');
    expect(sent.cache).toMatchObject([{ hits: 2, misses: 1 }]);
    const read = await (await openDevice()).run([GET_CAM]);
    expect(sent.first[0]).toEqual(read.first[0]);
  });

  test.each<[string, SessionPlan, boolean]>([
    ['answers after 1227', UNCHANGED, false],
    ['does not answer without 1227', {}, true],
  ])('an MO sent unasked %s in the next session', async (_, plan, asks) => {
    const sessions = await openDevice();
    await sessions.run([], { extra: { 1: requestedMo('./DCMO/cam', CAM_NODES) } });
    if (asks) sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions, plan)).toBe(asks);
  });

  test('an MO sent unasked during the session answers the next list', async () => {
    const sessions = await openDevice();
    const { asked } = await sessions.session({
      lists: [[['GET', `${USB}/`]], [GET_CAM]],
      extra: { 2: requestedMo('./DCMO/cam', CAM_NODES) },
    });
    expect(asked.filter((command) => command.includes('cam'))).toEqual([]);
  });

  test.each<[string, string]>([
    ['that is no TNDS document', alertOf(1229, [sourceItem('./DCMO/cam') + dataItem('nonsense')])],
    ['of another place', requestedMo('./DCMO/cam', CAM_NODES.replace('cam', 'usb'))],
    ['without MOID', requestedMo('./DCMO/cam', CAM_NODES.replace(`<DDFName>${DCMO}`, '<DDFName>'))],
    ['without Source', alertOf(1229, [dataItem('x')])],
    ['without Items', alertOf(1229)],
  ])('a 1229 %s is not stored', async (_, alert) => {
    const sessions = await openDevice();
    expect(await asksForCam(sessions, { extra: { 1: alert } })).toBe(true);
  });

  test('a 1229 without nodes that the MO has elsewhere in the tree is not stored', async () => {
    const sessions = await openDevice();
    const nodes = interior('DevInfo', [leaf('DevId', 'chr', 'IMEI:1')]);
    const { first } = await sessions.run([['GET', `${DEVINFO}/`]], { extra: { 1: requestedMo('./DevInfo', nodes) } });
    expect(first).toMatchObject([{ data: [{ MOData: { DevInfo: { DevID: 'IMEI:1', Man: 'Maker', FwV: '1.0' } } }] }]);
  });
});

describe('an event of a node', () => {
  test.each<[string, string, boolean]>([
    ['in the instance', event(90, [{ type: 't', format: 'chr', data: 'd', source: './DCMO/cam/Property' }]), true],
    ['in the instance, from DM 1.1', event(90, [{ data: 'd', source: './DCMO/cam' }], { code: 1224 }), true],
    ['above the instance', event(90, [{ type: 't', format: 'chr', data: 'd', source: './DCMO' }]), true],
    ['in another instance', event(90, [{ type: 't', format: 'chr', data: 'd', source: './DCMO/usb' }]), false],
    ['without Source', event(90, [{ type: 't', format: 'chr', data: 'd' }]), false],
  ])('a node event %s invalidates the instance only when it is concerned', async (_, alert, asks) => {
    const sessions = await knownDevice();
    if (asks) sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions, { ...UNCHANGED, extra: { 1: alert } })).toBe(asks);
  });

  test.each([2, 3])('a node event of a new instance in message %i lets the next list find it', async (message) => {
    const sessions = await openDevice();
    const dcmo = sessions.device.tree.find(['DCMO']);
    const { answers } = await sessions.session({
      lists: [OF_PROPERTIES, OF_PROPERTIES],
      extra: { [message]: event(90, [{ type: 't', format: 'chr', data: 'd', source: './DCMO/new' }]) },
      before: (count) => {
        const usb = dcmo?.children?.get('usb');
        if (count === message && usb !== undefined) dcmo?.children?.set('new', { ...usb, name: 'new' });
      },
    });
    expect(answers.map(([first]) => Array.isArray(first?.data) && first.data.length)).toEqual([2, 3]);
  });

  test('a node event during the session makes the bridge read again, and a read under way is not stored', async () => {
    const sessions = await knownDevice([['GET', `${USB}/`]]);
    const alert = event(90, [{ type: 't', format: 'chr', data: 'd', source: './DCMO/cam' }]);
    const change = (message: number) => {
      if (message === 2) sessions.device.tree.setValue('./DCMO/cam/Property', 'after the Results were made');
    };
    const { answers, asked } = await sessions.session({
      ...UNCHANGED,
      lists: [[GET_CAM], [GET_CAM, ['GET', `${USB}/`]]],
      extra: { 2: alert },
      before: change,
    });
    expect(asked).toEqual(['Get ./DCMO/cam?list=StructData', 'Get ./DCMO/cam?list=StructData']);
    expect(answers[1]).toMatchObject([
      { data: [{ MOData: { cam: { Property: 'after the Results were made' } } }] },
      { data: [{ MOData: { usb: {} } }] },
    ]);
    expect(await asksForCam(sessions)).toBe(false);
  });
});

describe('changed DevInfo', () => {
  test('changed DevInfo invalidates its entry even after 1227', async () => {
    const sessions = await knownDevice([['GET', `${DEVINFO}/`]]);
    sessions.device.tree.setValue('./DevInfo/Lang', 'de');
    const { first } = await sessions.run([['GET', `${DEVINFO}/`]], UNCHANGED);
    expect(first).toMatchObject([{ data: [{ MOData: { DevInfo: { Lang: 'de' } } }] }]);
  });
});

/** Sessions one after the other, in which the device is asked for something. */
async function inTurn(sessions: SimulatedSessions, ...plans: readonly SessionPlan[]): Promise<void> {
  for (const plan of plans) await sessions.run([['GET', `${USB}/Property`]], plan);
}

async function timedOut(sessions: SimulatedSessions): Promise<void> {
  await sessions.run([['GET', `${USB}/Property`]], { ...UNCHANGED, diesBefore: 2 });
  await sessions.bridge.clock.advance(900_001);
  await sessions.bridge.background();
}

/** A message with credentials that belongs to no session and opens none. */
async function outsideSession({ bridge }: SimulatedSessions): Promise<void> {
  const header = { devId: BRUCE.devId, sessionId: 'F0', msgId: 7, cred: basicCred(BRUCE) };
  const got = await bridge.post(syncml(header, [status(1, { msgRef: 6, cmdRef: 0, cmd: 'SyncHdr' }, 200)]));
  expect(got.body).toContain('1223');
}
