/** Copies and the bridge's own commands, the mappings' policies, the bound of the cache, and its counters (design: MO cache). */
import { describe, expect, it } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import type { CachePolicy, MoMapping } from '../../src/mapping/mapping.ts';
import {
  asksForCam,
  CAM,
  DCMO,
  DEVDETAIL,
  DEVINFO,
  FUMO,
  GET_CAM,
  knownDevice,
  openDevice,
  TREE,
  UNCHANGED,
  USB,
} from './cache-test-device.ts';
import {
  cvIn,
  DATA_URI,
  type SessionPlan,
  type SimulatedSessions,
  type SimulatedSessionsOptions,
  type Wire,
} from './simulated-sessions.ts';

const shipped = loadMappings().mappings;
const READ_CAM = 'Get ./DCMO/cam?list=StructData';

/** Executing the update changes the camera. */
const HANDLERS = { './FUMO/Update': { status: 200, set: { './DCMO/cam/Property': 'set by Exec' } } };

function withDocuments(sessions: SimulatedSessions): SimulatedSessions {
  const members = (Property: string, more: object = {}) =>
    JSON.stringify([{ ClientURI: `${CAM}/`, MOData: { cam: { Property, ...more } } }]);
  sessions.documents.set('text', { type: 'text/plain', text: 'New' });
  sessions.documents.set('cam', { type: 'application/dmmo+json', text: members('New') });
  sessions.documents.set('extended', { type: 'application/dmmo+json', text: members('New', { Ext: { More: 'm' } }) });
  return sessions;
}

const hget = (name: string, clientUri: string): Wire => ['HGET', `${DATA_URI}${name}`, clientUri];

describe('a command of the backend', () => {
  it.each<[string, Wire, number, boolean]>([
    ['HGET of a leaf', hget('text', `${CAM}/Property`), 200, true],
    ['HGET of a leaf, a wildcard', hget('text', `${DCMO}/*/Property`), 200, true],
    ['HGET of a document', hget('cam', `${CAM}/`), 200, true],
    ['HGET of a document with new nodes', hget('extended', `${CAM}/`), 200, true],
    ['DELETE of a leaf', ['DELETE', `${CAM}/Ext/Note`], 200, true],
    ['EXEC in another MO', ['EXEC', `${FUMO}/Update`], 200, true],
    ['HGET in another instance', hget('text', `${USB}/Property`), 200, false],
    ['DELETE of another instance', ['DELETE', `${USB}/`], 200, false],
    ['HGET of what is not there', hget('none', `${CAM}/Property`), 419, false],
    ['HPUT', ['HPUT', `${DATA_URI}up`, `${CAM}/`], 200, false],
  ])('%s', async (_, wire, status, asks) => {
    const sessions = withDocuments(await knownDevice([GET_CAM, ['GET', `${USB}/`]], { handlers: HANDLERS }));
    const { first } = await sessions.run([wire], UNCHANGED);
    expect(first).toMatchObject([{ status }]);
    expect(await asksForCam(sessions)).toBe(asks);
  });

  it.each<[string, Wire]>([
    ['HGET that the device refuses', hget('text', `${CAM}/Fixed`)],
    ['HGET that fails half-way', hget('half', `${CAM}/`)],
    ['DELETE that the device refuses', ['DELETE', `${CAM}/Fixed`]],
  ])('%s drops the instance as well', async (_, wire) => {
    const cam = { $type: DCMO, Property: 'Camera', Fixed: { $value: 'f', $access: ['Get'], $permanent: true } };
    const profile = { atomic: false };
    const sessions = withDocuments(await knownDevice([GET_CAM], { tree: { ...TREE, DCMO: { cam } }, profile }));
    const half = [{ ClientURI: `${CAM}/`, MOData: { cam: { Property: 'New', Fixed: 'new' } } }];
    sessions.documents.set('half', { type: 'application/dmmo+json', text: JSON.stringify(half) });
    const { first } = await sessions.run([wire], UNCHANGED);
    expect(first[0]?.status).toBeGreaterThanOrEqual(400);
    expect(await asksForCam(sessions)).toBe(true);
  });

  it('DELETE of the instance: it is not there any more, with or without cv', async () => {
    const sessions = await knownDevice();
    await sessions.run([['DELETE', `${CAM}/`]], UNCHANGED);
    const { first } = await sessions.run([GET_CAM, ['GET', `${DCMO}/*/Property`]], UNCHANGED);
    expect(first).toMatchObject([{ status: 404 }, { data: [{ MOData: { Property: 'USB' } }] }]);
  });

  it('what an Exec has set going may go on: nothing read behind it is kept', async () => {
    const sessions = await openDevice({ handlers: HANDLERS });
    const { first } = await sessions.run([GET_CAM, ['EXEC', `${FUMO}/Update`], GET_CAM]);
    expect(first).toMatchObject([
      { data: [{ MOData: { cam: { Property: 'Camera' } } }] },
      { status: 200 },
      { data: [{ MOData: { cam: { Property: 'set by Exec' } } }] },
    ]);
    sessions.device.tree.setValue('./DCMO/cam/Property', 'set still later');
    expect(await asksForCam(sessions)).toBe(true);
  });
});

describe('a list of commands', () => {
  it.each<[string, readonly Wire[], readonly unknown[]]>([
    [
      'sees what it has written to a leaf',
      [['GET', `${CAM}/Property`], hget('text', `${CAM}/Property`), ['GET', `${CAM}/Property`]],
      ['Camera', undefined, 'New'],
    ],
    [
      'sees what it has written to an instance',
      [['GET', `${CAM}/Property`], hget('cam', `${CAM}/`), ['GET', `${CAM}/Property`]],
      ['Camera', undefined, 'New'],
    ],
    [
      'sees what an Exec has done',
      [
        ['GET', `${CAM}/Property`],
        ['EXEC', `${FUMO}/Update`],
        ['GET', `${CAM}/Property`],
      ],
      ['Camera', undefined, 'set by Exec'],
    ],
    [
      'sees what it has deleted',
      [
        ['GET', `${CAM}/Ext/Note`],
        ['DELETE', `${CAM}/Ext`],
        ['GET', `${CAM}/Ext/Note`],
      ],
      ['n', undefined, undefined],
    ],
  ])('%s', async (_, list, data) => {
    const sessions = withDocuments(await knownDevice([GET_CAM], { handlers: HANDLERS }));
    const { first } = await sessions.run(list, UNCHANGED);
    expect(first.map((told) => told.data)).toEqual(data);
    expect(await asksForCam(sessions)).toBe(true);
  });

  it('with a cv of before the write brings the data of after it', async () => {
    const sessions = withDocuments(await openDevice());
    const cv = cvIn((await sessions.run([GET_CAM])).first[0]);
    const list: readonly Wire[] = [
      ['GET', `${CAM}/?cv=${cv}`],
      hget('text', `${CAM}/Property`),
      ['GET', `${CAM}/?cv=${cv}`],
      ['HPUT', `${DATA_URI}up`, `${CAM}/Property?cv=${cv}`],
    ];
    const { first, put } = await sessions.run(list, UNCHANGED);
    expect(first.map(({ status }) => status)).toEqual([304, 200, 200, 200]);
    expect(put).toEqual(['New']);
  });

  it('a copy does not keep a read of one leaf from sharing a message with a write beside it', async () => {
    const sessions = withDocuments(await knownDevice());
    const { messages, first } = await sessions.run(
      [
        ['DELETE', `${CAM}/Ext/Note`],
        ['GET', `${CAM}/Property`],
      ],
      UNCHANGED,
    );
    expect(first).toMatchObject([{ status: 200 }, { data: 'Camera' }]);
    expect(messages).toBe(2);
  });

  it('of the next session rests on what was read in this one, 1227 said or not', async () => {
    const sessions = await openDevice();
    const { asked } = await sessions.session({
      lists: [[GET_CAM], [GET_CAM, ['GET', `${CAM}/Ext/Note`]], [GET_CAM]],
    });
    expect(asked.filter((command) => command === READ_CAM)).toHaveLength(1);
  });
});

describe('a policy of the mapping', () => {
  const withPolicy = (cache: CachePolicy): Partial<SimulatedSessionsOptions> => ({
    mappings: shipped.map((mapping): MoMapping => (mapping.moid === DCMO ? { ...mapping, cache } : mapping)),
  });

  it.each<[string, CachePolicy, (sessions: SimulatedSessions) => unknown, SessionPlan, boolean]>([
    ['static: holds without 1227', { policy: 'static' }, () => undefined, {}, false],
    ['static: holds for years', { policy: 'static' }, ({ bridge }) => bridge.clock.advance(1e11), {}, false],
    [
      'static: ends with another version',
      { policy: 'static' },
      ({ device }) => device.tree.setValue('./DevInfo/DmV', '1.3'),
      {},
      true,
    ],
    [
      'static: not with another language',
      { policy: 'static' },
      ({ device }) => device.tree.setValue('./DevInfo/Lang', 'de'),
      {},
      false,
    ],
    ['static: ends with 1228', { policy: 'static' }, () => undefined, { treeChange: ['./DCMO/cam'] }, true],
    [
      'static: holds after a session that broke off',
      { policy: 'static' },
      (sessions) => sessions.run([], { diesBefore: 2 }),
      {},
      false,
    ],
    [
      'static: ends with a write',
      { policy: 'static' },
      (sessions) => sessions.run([['DELETE', `${CAM}/Ext/Note`]]),
      {},
      true,
    ],
    [
      'ttl: holds without 1227',
      { policy: 'ttl', seconds: 60 },
      ({ bridge }) => bridge.clock.advance(59_999),
      {},
      false,
    ],
    ['ttl: ends', { policy: 'ttl', seconds: 60 }, ({ bridge }) => bridge.clock.advance(60_000), {}, true],
    [
      'ttl: over, but confirmed by 1227',
      { policy: 'ttl', seconds: 60 },
      ({ bridge }) => bridge.clock.advance(60_000),
      UNCHANGED,
      false,
    ],
  ])('%s', async (_, policy, meanwhile, plan, asks) => {
    const sessions = await knownDevice([GET_CAM], withPolicy(policy));
    await meanwhile(sessions);
    sessions.bridge.kill();
    expect(await asksForCam(sessions, plan)).toBe(asks);
  });

  it('is not what a write is planned on', async () => {
    const sessions = withDocuments(await knownDevice([GET_CAM], withPolicy({ policy: 'static' })));
    sessions.documents.set('cam', {
      type: 'application/dmmo+json',
      text: JSON.stringify([{ ClientURI: `${CAM}/`, MOData: { cam: { Property: 'Camera' } } }]),
    });
    sessions.device.tree.setValue('./DCMO/cam/Property', 'changed without a word');
    const { first } = await sessions.run([hget('cam', `${CAM}/`)]);
    expect(first).toMatchObject([{ status: 200 }]);
    expect(sessions.device.tree.value('./DCMO/cam/Property')).toBe('Camera');
  });
});

describe.each(['memory', 'sqlite'] as const)('the bound of the cache, store: %s', (store) => {
  const ALL: readonly Wire[] = [GET_CAM, ['GET', `${USB}/`], ['GET', `${DEVINFO}/`], ['GET', `${DEVDETAIL}/`]];

  it('lets rows go; what is gone is read again', async () => {
    const sessions = await openDevice({ store, cacheBytes: 1_600 });
    const before = await sessions.run(ALL);
    const after = await sessions.run(ALL, UNCHANGED);
    expect(after.first).toEqual(before.first);
    expect(after.asked.length).toBeGreaterThan(0);
    expect(after.asked.length).toBeLessThan(before.asked.length);
  });

  it('may be nothing at all', async () => {
    const sessions = await openDevice({ store, cacheBytes: 0 });
    const before = await sessions.run(ALL);
    const after = await sessions.run(ALL, UNCHANGED);
    expect(after.first).toEqual(before.first);
    expect(after.asked).toEqual(before.asked.filter((command) => command !== 'Get .?list=Struct'));
  });
});

describe('the line `mo cache` of the log', () => {
  it('tells what copies have done in the session', async () => {
    const sessions = await openDevice();
    const read = await sessions.run([GET_CAM, ['GET', `${DEVDETAIL}/`]]);
    expect(read.cache).toMatchObject([
      { level: 'info', device: 'IMEI:1', hits: 0, misses: 3, bytesSaved: 0, roundTripsSaved: 0 },
    ]);
    const { cache } = await sessions.run([GET_CAM, ['GET', `${CAM}/Property`], ['GET', `${USB}/`]], UNCHANGED);
    const [{ bytesSaved }] = cache as readonly [{ readonly bytesSaved: number }];
    expect(cache).toMatchObject([{ hits: 2, misses: 1, roundTripsSaved: 2 }]);
    expect(bytesSaved).toBeGreaterThan(
      2 * JSON.stringify({ Property: 'Camera', Enabled: 'true', Note: 'n', Er: 'd' }).length,
    );
  });

  it('is not there where nothing was read', async () => {
    const sessions = await openDevice();
    expect((await sessions.run([])).cache).toEqual([]);
  });
});
