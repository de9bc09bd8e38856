/** The rules of the MO cache, one by one (DM-2.0 §11, DM-1.3 §6.8, ADR 21). */
import { describe, expect, test } from 'vitest';
import {
  beginSession,
  type CachedEntry,
  type CacheRead,
  currentEntry,
  EMPTY_CACHE,
  endSession,
  invalidate,
  type MoCache,
  withEntry,
} from '../../src/cache/mo-cache.ts';
import type { CachePolicy } from '../../src/mapping/mapping.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { TreeChange } from '../../src/mo/tree-change.ts';

const KEY = 'urn:oma:mo:oma-dcmo:1.0 ./DCMO/cam';
const ENTRY: Omit<CachedEntry, 'chain'> = {
  parts: [parseLocUri('./DCMO/cam'), parseLocUri('./DevDetail/FwV')],
  of: 'values',
  validator: 'v1',
  at: 1_000,
  version: '1.0',
  confirmable: true,
};
const NOW = { at: 2_000, version: '1.0', policy: undefined };
const STATIC: CachePolicy = { policy: 'static' };
const TTL: CachePolicy = { policy: 'ttl', seconds: 10 };

type Step = (cache: MoCache) => MoCache;

const begin =
  (session: string, treeStateReported: boolean): Step =>
  (cache) =>
    beginSession(cache, session, treeStateReported).cache;
const end: Step = endSession;
const changed =
  (locUri: string, change: TreeChange['change'] = 'value'): Step =>
  (cache) =>
    invalidate(cache, [{ locUri: parseLocUri(locUri), change }]).cache;
const readIn =
  (session: string, entry: Partial<CachedEntry> = {}, key = KEY): Step =>
  (cache) =>
    withEntry(cache, session, key, { ...ENTRY, ...entry }) ?? cache;

/** The cache after these steps. */
function cacheAfter(...steps: readonly Step[]): MoCache {
  return steps.reduce((cache, step) => step(cache), EMPTY_CACHE);
}

function holds(cache: MoCache, now: Partial<CacheRead> = {}): boolean {
  return currentEntry(cache, KEY, { ...NOW, ...now }) !== undefined;
}

/** A whole session that has read the instance and ended in order. */
const READ: readonly Step[] = [begin('s1', false), readIn('s1'), end];

describe('rule 1: an entry of this session', () => {
  test.each<[string, readonly Step[], boolean]>([
    ['a read in this session', [begin('s1', false), readIn('s1')], true],
    ['no read yet', [begin('s1', false)], false],
    ['a read of another key', [begin('s1', false), readIn('s1', {}, 'other')], false],
    ['the end of the session that read it', READ, false],
    ['a late read of a session that the device has left', [begin('s2', false), readIn('s1')], false],
    ['a late read after the end of the session', [begin('s1', false), end, readIn('s1')], false],
    [
      'a read of an instance whose mapping does not declare volatile nodes',
      [begin('s1', false), readIn('s1', { confirmable: false })],
      true,
    ],
    ['a second read after a change', [begin('s1', false), readIn('s1'), changed('./DCMO/cam'), readIn('s1')], true],
  ])('the cache decides about its entry after %s', (_, steps, expected) => {
    expect(holds(cacheAfter(...steps))).toBe(expected);
  });

  test.each<[string, TreeChange[], boolean]>([
    ['a value in it', [{ locUri: parseLocUri('./DCMO/cam/Enabled'), change: 'value' }], false],
    ['a node added to it', [{ locUri: parseLocUri('./DCMO/cam/Ext/New'), change: 'structure' }], false],
    ['the root itself', [{ locUri: parseLocUri('./DCMO/cam'), change: 'instance' }], false],
    ['a node above it', [{ locUri: parseLocUri('./DCMO'), change: 'instance' }], false],
    ['a relocated part of it', [{ locUri: parseLocUri('./DevDetail/FwV'), change: 'value' }], false],
    ['a node above its relocated part', [{ locUri: parseLocUri('./DevDetail'), change: 'instance' }], false],
    ['the whole device', [{ locUri: parseLocUri('.'), change: 'instance' }], false],
    ['an Exec of another instance', [{ locUri: parseLocUri('./FUMO'), change: 'exec' }], false],
    [
      'another instance, then a node of it',
      [
        { locUri: parseLocUri('./A'), change: 'value' },
        { locUri: parseLocUri('./DCMO/cam/B'), change: 'value' },
      ],
      false,
    ],
    ['an instance beside it', [{ locUri: parseLocUri('./DCMO/usb'), change: 'instance' }], true],
    [
      'an instance whose name begins like its own',
      [{ locUri: parseLocUri('./DCMO/camera'), change: 'instance' }],
      true,
    ],
    ['a node beside its relocated part', [{ locUri: parseLocUri('./DevDetail/SwV'), change: 'value' }], true],
    ['nothing', [], true],
  ])('the cache decides about its entry after a change of %s', (_, changes, isLeft) => {
    const { cache, dropped } = invalidate(cacheAfter(begin('s1', false), readIn('s1')), changes);
    expect(holds(cache)).toBe(isLeft);
    expect(dropped).toEqual(isLeft ? [] : [KEY]);
    expect(Object.keys(cache.copies)).toEqual(isLeft ? [KEY] : []);
  });

  const ofStructure = (steps: readonly Step[]) =>
    cacheAfter(begin('s1', false), readIn('s1', { of: 'structure', parts: [parseLocUri('.')] }), ...steps).copies[KEY];

  test.each<[TreeChange['change'], readonly string[] | undefined]>([
    ['value', undefined],
    ['structure', ['./DCMO/cam/A']],
    ['instance', ['./DCMO/cam/A']],
  ])('a change of the kind %s leaves an entry of the structure, of which is outdated: %s', (change, outdated) => {
    const entry = ofStructure([changed('./DCMO/cam/A', change)]);
    expect([entry?.validator, entry?.outdated]).toEqual(['v1', outdated]);
  });

  test('an Exec drops an entry of the structure, and so does a change of the whole tree', () => {
    expect(ofStructure([changed('./FUMO/Update', 'exec')])).toBeUndefined();
    expect(ofStructure([changed('.', 'instance')])).toBeUndefined();
    expect(ofStructure([changed('./A', 'instance'), changed('.', 'structure')])).toBeUndefined();
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['below another one', ['./A/B', './A', './A/C'], ['./A']],
    ['equal to another one', ['./A', './A'], ['./A']],
    ['beside another one', ['./A/B', './A/BC'], ['./A/B', './A/BC']],
    ['one of many', Array.from({ length: 33 }, (_, at) => `./A/B/${at}`), ['./A/B']],
  ])('a changed node that is %s is outdated once', (_what, changes, outdated) => {
    expect(ofStructure(changes.map((locUri) => changed(locUri, 'structure')))?.outdated).toEqual(outdated);
  });

  test('a new reading of the structure is not outdated', () => {
    const readAgain = readIn('s1', { of: 'structure', parts: [parseLocUri('.')] });
    expect(ofStructure([changed('./A', 'structure'), readAgain])).not.toHaveProperty('outdated');
  });

  test.each<[string, readonly Step[], boolean]>([
    ['an Exec', [changed('./FUMO', 'exec')], false],
    ['a command in it', [changed('./DCMO/cam/A', 'instance')], true],
    ['an Exec in the session before', [changed('./FUMO', 'exec'), end, begin('s1', false)], true],
  ])('the cache takes or refuses a read after %s', (_, steps, isKept) => {
    const cache = cacheAfter(begin('s1', false), ...steps);
    expect(withEntry(cache, 's1', KEY, ENTRY) !== undefined).toBe(isKept);
  });

  test('an Exec drops the entries of all instances', () => {
    const cache = cacheAfter(
      begin('s1', false),
      readIn('s1'),
      readIn('s1', { parts: [parseLocUri('./Other')] }, 'other'),
    );
    expect(invalidate(cache, [{ locUri: parseLocUri('./FUMO'), change: 'exec' }]).dropped).toEqual([KEY, 'other']);
  });
});

describe('rule 2: an entry of the session before, confirmed by the device', () => {
  test.each<[string, readonly Step[], boolean]>([
    ['1227 in the next session', [...READ, begin('s2', true)], true],
    [
      '1227 in ten sessions in a row',
      [...READ, ...Array.from({ length: 10 }, (_, at) => [begin(`n${at}`, true), end]).flat(), begin('s2', true)],
      true,
    ],
    ['a session without 1227 and 1228', [...READ, begin('s2', false)], false],
    ['1227 two sessions later, but not in between', [...READ, begin('s2', false), end, begin('s3', true)], false],
    ['1227 after a session that ended early', [begin('s1', false), readIn('s1'), begin('s2', true)], false],
    [
      '1227 after a session that ended early, and one that did not',
      [begin('s1', false), readIn('s1'), begin('s2', true), end, begin('s3', true)],
      false,
    ],
    ['1227 after a session between that ended early', [...READ, begin('s2', true), begin('s3', true)], false],
    ['1227 after a message outside of sessions', [...READ, begin('', false), begin('s3', true)], false],
    ['an incomplete Package#1', READ, false],
    [
      'a read in a session without 1227, then 1227',
      [...READ, begin('s2', false), readIn('s2'), end, begin('s3', true)],
      true,
    ],
    [
      'a change in a session that had confirmed it',
      [...READ, begin('s2', true), changed('./DCMO/cam'), end, begin('s3', true)],
      false,
    ],
    ['a 1228 that names it', [...READ, changed('./DCMO/cam', 'instance'), begin('s2', true)], false],
    ['a 1228 that names another instance', [...READ, changed('./DCMO/usb', 'instance'), begin('s2', true)], true],
    [
      '1227 in a session of the same SessionID that had not ended',
      [begin('s1', true), readIn('s1'), begin('s1', true)],
      false,
    ],
  ])('the cache decides about its entry after %s', (_, steps, expected) => {
    expect(holds(cacheAfter(...steps))).toBe(expected);
  });

  test('1227 confirms no entry of an MO whose volatile nodes are not declared', () => {
    const read = cacheAfter(begin('s1', false), readIn('s1', { confirmable: false }), end);
    const { cache, dropped } = beginSession(read, 's2', true);
    expect([holds(cache), dropped]).toEqual([false, [KEY]]);
  });
});

describe('rule 3: an unconfirmed entry under a policy of the mapping', () => {
  const old = cacheAfter(...READ, begin('s2', false), end, begin('s3', false));

  test.each<[string, MoCache, Partial<CacheRead>, boolean]>([
    ['static', old, { policy: STATIC }, true],
    ['static, years later', old, { policy: STATIC, at: 1e12 }, true],
    ['static, with another version in DevInfo', old, { policy: STATIC, version: '1.1' }, false],
    [
      'static, after a change',
      cacheAfter(...READ, begin('s2', false), changed('./DCMO/cam')),
      { policy: STATIC },
      false,
    ],
    ['ttl, in its last millisecond', old, { policy: TTL, at: 10_999 }, true],
    ['ttl, when its time is over', old, { policy: TTL, at: 11_000 }, false],
    [
      'ttl, when its time is over but 1227 confirms the entry',
      cacheAfter(...READ, begin('s2', true)),
      { policy: TTL, at: 11_000 },
      true,
    ],
    ['ttl, with another version in DevInfo', old, { policy: TTL, version: '1.1' }, true],
    ['ttl, after a change', cacheAfter(...READ, begin('s2', false), changed('./DCMO')), { policy: TTL }, false],
    ['none, without 1227', old, {}, false],
    ['none, with 1227 and another version in DevInfo', cacheAfter(...READ, begin('s2', true)), { version: '2' }, true],
  ])('the cache decides about an old entry under the policy %s', (_, cache, now, expected) => {
    expect(holds(cache, now)).toBe(expected);
  });
});

test('the bookkeeping of the cache survives JSON', () => {
  const cache = cacheAfter(...READ, begin('s2', true), changed('./X', 'exec'));
  expect(JSON.parse(JSON.stringify(cache))).toEqual(cache);
});

test('a member that every object has is no entry', () => {
  expect(currentEntry(cacheAfter(begin('s1', false)), 'constructor', NOW)).toBeUndefined();
});
