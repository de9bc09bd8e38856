/** The MO cache and the bridge's own commands, cache policies of mappings, the bound of the cache, and its log event. */
import { describe, expect, test } from 'vitest';
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
  test.each<[string, Wire, number, boolean]>([
    ['HGET of a leaf', hget('text', `${CAM}/Property`), 200, true],
    ['HGET of a leaf by wildcard', hget('text', `${DCMO}/*/Property`), 200, true],
    ['HGET of a document', hget('cam', `${CAM}/`), 200, true],
    ['HGET of a document with new nodes', hget('extended', `${CAM}/`), 200, true],
    ['DELETE of a leaf', ['DELETE', `${CAM}/Ext/Note`], 200, true],
    ['EXEC in another MO', ['EXEC', `${FUMO}/Update`], 200, true],
    ['HGET in another instance', hget('text', `${USB}/Property`), 200, false],
    ['DELETE of another instance', ['DELETE', `${USB}/`], 200, false],
    ['HGET of a missing document', hget('none', `${CAM}/Property`), 419, false],
    ['HPUT', ['HPUT', `${DATA_URI}up`, `${CAM}/`], 200, false],
  ])('%s invalidates the instances that it may change, and no others', async (_, wire, status, asks) => {
    const sessions = withDocuments(await knownDevice([GET_CAM, ['GET', `${USB}/`]], { handlers: HANDLERS }));
    const { first } = await sessions.run([wire], UNCHANGED);
    expect(first).toMatchObject([{ status }]);
    expect(await asksForCam(sessions)).toBe(asks);
  });

  test.each<[string, Wire]>([
    ['an HGET that the device refuses', hget('text', `${CAM}/Fixed`)],
    ['an HGET that fails half-way', hget('half', `${CAM}/`)],
    ['a DELETE that the device refuses', ['DELETE', `${CAM}/Fixed`]],
  ])('%s invalidates the instance', async (_, wire) => {
    const cam = { $type: DCMO, Property: 'Camera', Fixed: { $value: 'f', $access: ['Get'], $permanent: true } };
    const profile = { atomic: false };
    const sessions = withDocuments(await knownDevice([GET_CAM], { tree: { ...TREE, DCMO: { cam } }, profile }));
    const half = [{ ClientURI: `${CAM}/`, MOData: { cam: { Property: 'New', Fixed: 'new' } } }];
    sessions.documents.set('half', { type: 'application/dmmo+json', text: JSON.stringify(half) });
    const { first } = await sessions.run([wire], UNCHANGED);
    expect(first[0]?.status).toBeGreaterThanOrEqual(400);
    expect(await asksForCam(sessions)).toBe(true);
  });

  test('a deleted instance is not found any more', async () => {
    const sessions = await knownDevice();
    await sessions.run([['DELETE', `${CAM}/`]], UNCHANGED);
    const { first } = await sessions.run([GET_CAM, ['GET', `${DCMO}/*/Property`]], UNCHANGED);
    expect(first).toMatchObject([{ status: 404 }, { data: [{ MOData: { Property: 'USB' } }] }]);
  });

  test('nothing that is read after an Exec is stored, because the Exec may still change it', async () => {
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
  test.each<[string, readonly Wire[], readonly unknown[]]>([
    [
      'a leaf that it has written',
      [['GET', `${CAM}/Property`], hget('text', `${CAM}/Property`), ['GET', `${CAM}/Property`]],
      ['Camera', undefined, 'New'],
    ],
    [
      'an instance that it has written',
      [['GET', `${CAM}/Property`], hget('cam', `${CAM}/`), ['GET', `${CAM}/Property`]],
      ['Camera', undefined, 'New'],
    ],
    [
      'the changes of an Exec',
      [
        ['GET', `${CAM}/Property`],
        ['EXEC', `${FUMO}/Update`],
        ['GET', `${CAM}/Property`],
      ],
      ['Camera', undefined, 'set by Exec'],
    ],
    [
      'that a node is deleted',
      [
        ['GET', `${CAM}/Ext/Note`],
        ['DELETE', `${CAM}/Ext`],
        ['GET', `${CAM}/Ext/Note`],
      ],
      ['n', undefined, undefined],
    ],
  ])('a list of commands reads %s', async (_, list, data) => {
    const sessions = withDocuments(await knownDevice([GET_CAM], { handlers: HANDLERS }));
    const { first } = await sessions.run(list, UNCHANGED);
    expect(first.map((answer) => answer.data)).toEqual(data);
    expect(await asksForCam(sessions)).toBe(true);
  });

  test('a read with a cv from before a write gets the data from after it', async () => {
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

  test('a read of a cached leaf does not need a message of its own beside a write', async () => {
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

  test('later lists of a session are answered by the entries of its first list', async () => {
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

  test.each<[string, CachePolicy, (sessions: SimulatedSessions) => unknown, SessionPlan, boolean]>([
    ['static answers without 1227', { policy: 'static' }, () => undefined, {}, false],
    ['static answers after years', { policy: 'static' }, ({ bridge }) => bridge.clock.advance(1e11), {}, false],
    [
      'static reads after another version',
      { policy: 'static' },
      ({ device }) => device.tree.setValue('./DevInfo/DmV', '1.3'),
      {},
      true,
    ],
    [
      'static answers after another language',
      { policy: 'static' },
      ({ device }) => device.tree.setValue('./DevInfo/Lang', 'de'),
      {},
      false,
    ],
    ['static reads after 1228', { policy: 'static' }, () => undefined, { treeChange: ['./DCMO/cam'] }, true],
    [
      'static answers after an interrupted session',
      { policy: 'static' },
      (sessions) => sessions.run([], { diesBefore: 2 }),
      {},
      false,
    ],
    [
      'static reads after a write',
      { policy: 'static' },
      (sessions) => sessions.run([['DELETE', `${CAM}/Ext/Note`]]),
      {},
      true,
    ],
    [
      'ttl answers before its time is over',
      { policy: 'ttl', seconds: 60 },
      ({ bridge }) => bridge.clock.advance(59_999),
      {},
      false,
    ],
    [
      'ttl reads after its time',
      { policy: 'ttl', seconds: 60 },
      ({ bridge }) => bridge.clock.advance(60_000),
      {},
      true,
    ],
    [
      'ttl answers after its time when 1227 confirms the entry',
      { policy: 'ttl', seconds: 60 },
      ({ bridge }) => bridge.clock.advance(60_000),
      UNCHANGED,
      false,
    ],
  ])('the cache policy %s', async (_, policy, meanwhile, plan, asks) => {
    const sessions = await knownDevice([GET_CAM], withPolicy(policy));
    await meanwhile(sessions);
    sessions.bridge.kill();
    expect(await asksForCam(sessions, plan)).toBe(asks);
  });

  test('a write is not planned on an entry that only a policy keeps', async () => {
    const sessions = withDocuments(await knownDevice([GET_CAM], withPolicy({ policy: 'static' })));
    sessions.documents.set('cam', {
      type: 'application/dmmo+json',
      text: JSON.stringify([{ ClientURI: `${CAM}/`, MOData: { cam: { Property: 'Camera' } } }]),
    });
    sessions.device.tree.setValue('./DCMO/cam/Property', 'changed without an alert');
    const { first } = await sessions.run([hget('cam', `${CAM}/`)]);
    expect(first).toMatchObject([{ status: 200 }]);
    expect(sessions.device.tree.value('./DCMO/cam/Property')).toBe('Camera');
  });
});

describe.each(['memory', 'sqlite'] as const)('the bound of the cache, store: %s', (store) => {
  const ALL: readonly Wire[] = [GET_CAM, ['GET', `${USB}/`], ['GET', `${DEVINFO}/`], ['GET', `${DEVDETAIL}/`]];

  test('the bound of the cache drops rows, which are read again', async () => {
    const sessions = await openDevice({ store, cacheBytes: 1_600 });
    const before = await sessions.run(ALL);
    const after = await sessions.run(ALL, UNCHANGED);
    expect(after.first).toEqual(before.first);
    expect(after.asked.length).toBeGreaterThan(0);
    expect(after.asked.length).toBeLessThan(before.asked.length);
  });

  test('a bound of 0 bytes stores no row, and every read goes to the device', async () => {
    const sessions = await openDevice({ store, cacheBytes: 0 });
    const before = await sessions.run(ALL);
    const after = await sessions.run(ALL, UNCHANGED);
    expect(after.first).toEqual(before.first);
    // Without the search, the reads of the first session that had to wait for it come earlier.
    const reads = before.asked.filter((command) => command !== 'Get .?list=Struct');
    expect(after.asked.toSorted()).toEqual(reads.toSorted());
  });
});

describe('the log event cache.used', () => {
  test('the log event cache.used counts hits, misses and savings of the session', async () => {
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

  test('the log event cache.used is absent when nothing was read', async () => {
    const sessions = await openDevice();
    expect((await sessions.run([])).cache).toEqual([]);
  });
});
