/** What a device says of its tree, and which copies may answer after it (DM-1.3 §6.3, §6.8; design: MO cache rules). */
import { describe, expect, it } from 'vitest';
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

describe('1227: nothing has changed since the session before', () => {
  const INVENTORY: readonly Wire[] = [
    ['GET', `${DCMO}/*`],
    ['GET', `${DEVINFO}/`],
    ['GET', `${DEVDETAIL}/`],
    ['GET', `${FUMO}/PkgName`],
  ];

  it.each(['memory', 'sqlite'] as const)(
    'spares the device every question, after a restart, too (%s)',
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

  it('holds over any number of such sessions', async () => {
    const sessions = await knownDevice();
    for (let count = 0; count < 5; count += 1) expect(await asksForCam(sessions)).toBe(false);
  });

  it('spares the search for MOs, but not for longer than it is said', async () => {
    const sessions = await knownDevice(OF_PROPERTIES);
    expect((await sessions.run(OF_PROPERTIES, UNCHANGED)).asked).not.toContain(SEARCH);
    expect((await sessions.run(OF_PROPERTIES)).asked).toContain(SEARCH);
  });

  it('says nothing of the sessions before the last', async () => {
    const sessions = await knownDevice([GET_CAM, ['GET', `${USB}/`]]);
    sessions.device.tree.setValue('./DCMO/usb/Property', 'changed before the last session');
    await sessions.run([GET_CAM]);
    const { first, asked } = await sessions.run([GET_CAM, ['GET', `${USB}/Property`]], UNCHANGED);
    expect(first[1]?.data).toBe('changed before the last session');
    expect(asked).toEqual(['Get ./DCMO/usb/Property']);
  });

  it.each<[string, (sessions: SimulatedSessions) => Promise<unknown>]>([
    ['broke off', (sessions) => sessions.run([['GET', `${USB}/`]], { ...UNCHANGED, diesBefore: 2 })],
    ['was given up by the device', (sessions) => sessions.run([], { ...UNCHANGED, extra: { 1: alertOf(1223) } })],
    ['timed out', timedOut],
    ['said nothing of the tree', (sessions) => sessions.run([])],
    ['said nothing of the tree, unlike the one after it', (sessions) => inTurn(sessions, {}, UNCHANGED)],
    ['broke off, unlike the one after it', (sessions) => inTurn(sessions, { diesBefore: 2 }, UNCHANGED)],
    ['was none, for its message belonged to no session', stray],
  ])('counts for nothing when the session before %s', async (_, session) => {
    const sessions = await knownDevice();
    await session(sessions);
    sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions)).toBe(true);
    expect(await asksForCam(sessions)).toBe(false);
  });

  it('counts when the bridge was killed in the session before, and that went on to its end', async () => {
    const sessions = await openDevice({ store: 'sqlite' });
    const { end } = await sessions.run([GET_CAM], { before: () => sessions.bridge.kill() });
    expect(end).toBe('done');
    expect(await asksForCam(sessions)).toBe(false);
  });

  it.each<[string, SessionPlan, boolean]>([
    ['before the device has proven who it is', { extra: { 1: alertOf(1227) } }, true],
    ['with proof', { extra: { 2: alertOf(1227) } }, false],
    ['after Package#1', { extra: { 3: alertOf(1227) } }, true],
  ])('said %s', async (_, plan, asks) => {
    const sessions = await knownDevice([GET_CAM], { profile: { credFirst: false } });
    expect(await asksForCam(sessions, plan)).toBe(asks);
  });
});

describe('1228: what has changed since the session before', () => {
  it.each<[string, readonly string[], boolean]>([
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
    ['an address that is none', [dataItem('./DCMO//cam')], true],
    ['an address that is none, as Data beside a Source', [sourceItem('./DCMO/usb') + dataItem(DCMO)], true],
    ['another instance and something that nobody understands', [dataItem('./DCMO/usb'), dataItem('http://x/')], true],
    ['nothing: Items without anything', [''], true],
    ['nothing: no Items', [], true],
    ['another instance', [dataItem('./DCMO/usb')], false],
    ['another instance, as Source', [sourceItem('./DCMO/usb')], false],
    ['one whose name begins alike', [dataItem('./DCMO/camera')], false],
  ])('names %s', async (_, items, asks) => {
    const sessions = await knownDevice();
    if (asks) sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions, { extra: { 1: alertOf(1228, items) } })).toBe(asks);
    expect(await asksForCam(sessions)).toBe(false);
  });

  it.each<[string, string, boolean]>([
    [
      '1227 and a 1228 that names it',
      alertOf(1227) + alertOf(1228, [dataItem('./DCMO/cam')]).replace('90', '91'),
      true,
    ],
    ['the same in another order', alertOf(1228, [dataItem('./DCMO/cam')]) + alertOf(1227).replace('90', '91'), true],
    ['1227 and a 1228 that is not understood', alertOf(1227) + alertOf(1228).replace('90', '91'), true],
    [
      '1227 and a 1228 that names another',
      alertOf(1227) + alertOf(1228, [dataItem('./DCMO/usb')]).replace('90', '91'),
      false,
    ],
    [
      'two 1228 that name others',
      alertOf(1228, [dataItem('./FUMO')]) + alertOf(1228, [dataItem('./DCMO/usb')]).replace('90', '91'),
      false,
    ],
  ])('%s', async (_, alerts, asks) => {
    const sessions = await knownDevice();
    if (asks) sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions, { extra: { 1: alerts } })).toBe(asks);
  });

  it('that is not understood drops all instances, and which there are', async () => {
    const sessions = await knownDevice([GET_CAM, ...OF_PROPERTIES, ['GET', `${DEVDETAIL}/`]]);
    const { asked } = await sessions.run([GET_CAM, ...OF_PROPERTIES, ['GET', `${DEVDETAIL}/`]], {
      treeChange: ['urn:x'],
    });
    expect(asked).toEqual(
      expect.arrayContaining([SEARCH, 'Get ./DevDetail?list=StructData', 'Get ./DCMO/cam?list=StructData']),
    );
  });

  it('names a new instance: the device is searched again', async () => {
    const sessions = await knownDevice(OF_PROPERTIES);
    const dcmo = sessions.device.tree.find(['DCMO']);
    const [usb] = [dcmo?.children?.get('usb')];
    if (usb !== undefined) dcmo?.children?.set('new', { ...usb, name: 'new' });
    const { first } = await sessions.run(OF_PROPERTIES, { treeChange: ['./DCMO/new'] });
    expect(first[0]?.data).toHaveLength(3);
  });

  it.each<[string, string, boolean]>([
    ['the node', './DevDetail/FwV', true],
    ['what is above it', './DevDetail', true],
    ['DevInfo in the case of other devices', './Devinfo/Lang', true],
    ['a node beside it', './DevDetail/LrgObj', false],
  ])('of a node that DM 2.0 shows in DevInfo: %s', async (_, locUri, asks) => {
    const sessions = await knownDevice([['GET', `${DEVINFO}/`]]);
    if (asks) sessions.device.tree.setValue('./DevDetail/FwV', '1.1');
    const { first, asked } = await sessions.run([['GET', `${DEVINFO}/`]], { treeChange: [locUri] });
    const FwV = sessions.device.tree.value('./DevDetail/FwV');
    expect(first).toMatchObject([{ data: [{ MOData: { DevInfo: { FwV } } }] }]);
    expect(asked.includes('Get ./DevDetail/FwV')).toBe(asks);
  });
});

describe('1229: an MO unasked', () => {
  it('answers the first read, with the CV that a reading would have given', async () => {
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

  it.each<[string, SessionPlan, boolean]>([
    ['answers after 1227 in the next session', UNCHANGED, false],
    ['does not answer after a session that says nothing', {}, true],
  ])('%s', async (_, plan, asks) => {
    const sessions = await openDevice();
    await sessions.run([], { extra: { 1: requestedMo('./DCMO/cam', CAM_NODES) } });
    if (asks) sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions, plan)).toBe(asks);
  });

  it('in mid-session answers the next list', async () => {
    const sessions = await openDevice();
    const { asked } = await sessions.session({
      lists: [[['GET', `${USB}/`]], [GET_CAM]],
      extra: { 2: requestedMo('./DCMO/cam', CAM_NODES) },
    });
    expect(asked.filter((command) => command.includes('cam'))).toEqual([]);
  });

  it.each<[string, string]>([
    ['that is no document', alertOf(1229, [sourceItem('./DCMO/cam') + dataItem('nonsense')])],
    ['that stands elsewhere', requestedMo('./DCMO/cam', CAM_NODES.replace('cam', 'usb'))],
    ['of no MO', requestedMo('./DCMO/cam', CAM_NODES.replace(`<DDFName>${DCMO}`, '<DDFName>'))],
    ['without Source', alertOf(1229, [dataItem('x')])],
    ['without anything', alertOf(1229)],
  ])('%s is not kept', async (_, alert) => {
    const sessions = await openDevice();
    expect(await asksForCam(sessions, { extra: { 1: alert } })).toBe(true);
  });

  it('that lacks nodes which the device keeps in another place is not kept', async () => {
    const sessions = await openDevice();
    const nodes = interior('DevInfo', [leaf('DevId', 'chr', 'IMEI:1')]);
    const { first } = await sessions.run([['GET', `${DEVINFO}/`]], { extra: { 1: requestedMo('./DevInfo', nodes) } });
    expect(first).toMatchObject([{ data: [{ MOData: { DevInfo: { DevID: 'IMEI:1', Man: 'Maker', FwV: '1.0' } } }] }]);
  });
});

describe('an event of a node', () => {
  it.each<[string, string, boolean]>([
    ['in the instance', event(90, [{ type: 't', format: 'chr', data: 'd', source: './DCMO/cam/Property' }]), true],
    ['in the instance, from DM 1.1', event(90, [{ data: 'd', source: './DCMO/cam' }], { code: 1224 }), true],
    ['above the instance', event(90, [{ type: 't', format: 'chr', data: 'd', source: './DCMO' }]), true],
    ['in another instance', event(90, [{ type: 't', format: 'chr', data: 'd', source: './DCMO/usb' }]), false],
    ['that is not named', event(90, [{ type: 't', format: 'chr', data: 'd' }]), false],
  ])('%s', async (_, alert, asks) => {
    const sessions = await knownDevice();
    if (asks) sessions.device.tree.setValue('./DCMO/cam/Property', 'other');
    expect(await asksForCam(sessions, { ...UNCHANGED, extra: { 1: alert } })).toBe(asks);
  });

  it.each([2, 3])(
    'in mid-session, of an instance that is new in message %i: the next list finds it',
    async (message) => {
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
    },
  );

  it('in mid-session: what was read is read again, and what is being read is not kept', async () => {
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

describe('DevInfo that differs', () => {
  it('drops the copy that is built from it, whatever 1227 says', async () => {
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
async function stray({ bridge }: SimulatedSessions): Promise<void> {
  const header = { devId: BRUCE.devId, sessionId: 'F0', msgId: 7, cred: basicCred(BRUCE) };
  const got = await bridge.post(syncml(header, [status(1, { msgRef: 6, cmdRef: 0, cmd: 'SyncHdr' }, 200)]));
  expect(got.body).toContain('1223');
}
