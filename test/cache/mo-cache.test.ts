/** The MO cache rules one by one (DM-2.0 §11, DM-1.3 §6.8; design: MO cache rules). */
import { describe, expect, test } from 'vitest';
import {
  beginSession,
  type CachedCopy,
  currentCopy,
  EMPTY_CACHE,
  endSession,
  fill,
  type MoCache,
  touch,
} from '../../src/cache/mo-cache.ts';
import type { CachePolicy } from '../../src/mapping/mapping.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { TreeChange } from '../../src/mo/tree-change.ts';

const KEY = 'urn:oma:mo:oma-dcmo:1.0 ./DCMO/cam';
const COPY: Omit<CachedCopy, 'chain'> = {
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
  (session: string, isTold: boolean): Step =>
  (cache) =>
    beginSession(cache, session, isTold).cache;
const end: Step = endSession;
const touched =
  (locUri: string, change: TreeChange['change'] = 'value'): Step =>
  (cache) =>
    touch(cache, [{ locUri: parseLocUri(locUri), change }]).cache;
const filled =
  (session: string, copy: Partial<CachedCopy> = {}, key = KEY): Step =>
  (cache) =>
    fill(cache, session, key, { ...COPY, ...copy }) ?? cache;

/** A cache that has gone through these. */
function through(...steps: readonly Step[]): MoCache {
  return steps.reduce((cache, step) => step(cache), EMPTY_CACHE);
}

function holds(cache: MoCache, now: Partial<Parameters<typeof currentCopy>[2]> = {}): boolean {
  return currentCopy(cache, KEY, { ...NOW, ...now }) !== undefined;
}

/** One whole session that has read the copy, and ended in order. */
const READ: readonly Step[] = [begin('s1', false), filled('s1'), end];

describe('rule 1: what this session has read', () => {
  test.each<[string, readonly Step[], boolean]>([
    ['is a copy', [begin('s1', false), filled('s1')], true],
    ['is none before it is read', [begin('s1', false)], false],
    ['is none under another key', [begin('s1', false), filled('s1', {}, 'other')], false],
    ['is none when the session is over', READ, false],
    ['is not kept for a session that the device has left', [begin('s2', false), filled('s1')], false],
    ['is not kept after the end', [begin('s1', false), end, filled('s1')], false],
    [
      'is a copy where the mapping knows nothing of volatile nodes',
      [begin('s1', false), filled('s1', { confirmable: false })],
      true,
    ],
    [
      'is a copy again when it is read again',
      [begin('s1', false), filled('s1'), touched('./DCMO/cam'), filled('s1')],
      true,
    ],
  ])('%s', (_, steps, expected) => {
    expect(holds(through(...steps))).toBe(expected);
  });

  test.each<[string, TreeChange[], boolean]>([
    ['a value in it', [{ locUri: parseLocUri('./DCMO/cam/Enabled'), change: 'value' }], false],
    ['a node added to it', [{ locUri: parseLocUri('./DCMO/cam/Ext/New'), change: 'structure' }], false],
    ['the root itself', [{ locUri: parseLocUri('./DCMO/cam'), change: 'instance' }], false],
    ['a node above it', [{ locUri: parseLocUri('./DCMO'), change: 'instance' }], false],
    ['a part of it that stands elsewhere', [{ locUri: parseLocUri('./DevDetail/FwV'), change: 'value' }], false],
    ['above that part', [{ locUri: parseLocUri('./DevDetail'), change: 'instance' }], false],
    ['the whole device', [{ locUri: parseLocUri('.'), change: 'instance' }], false],
    ['an Exec, wherever', [{ locUri: parseLocUri('./FUMO'), change: 'exec' }], false],
    [
      'the second of two',
      [
        { locUri: parseLocUri('./A'), change: 'value' },
        { locUri: parseLocUri('./DCMO/cam/B'), change: 'value' },
      ],
      false,
    ],
    ['an instance beside it', [{ locUri: parseLocUri('./DCMO/usb'), change: 'instance' }], true],
    ['one whose name begins alike', [{ locUri: parseLocUri('./DCMO/camera'), change: 'instance' }], true],
    ['a node beside the part elsewhere', [{ locUri: parseLocUri('./DevDetail/SwV'), change: 'value' }], true],
    ['nothing', [], true],
  ])('touched: %s', (_, regions, isLeft) => {
    const { cache, dropped } = touch(through(begin('s1', false), filled('s1')), regions);
    expect(holds(cache)).toBe(isLeft);
    expect(dropped).toEqual(isLeft ? [] : [KEY]);
    expect(Object.keys(cache.copies)).toEqual(isLeft ? [KEY] : []);
  });

  test.each<[TreeChange['change'], boolean]>([
    ['value', true],
    ['structure', false],
    ['instance', false],
    ['exec', false],
  ])('a copy of the structure alone, touched by a change of %s', (change, isLeft) => {
    const cache = through(begin('s1', false), filled('s1', { of: 'structure' }), touched('./DCMO/cam/A', change));
    expect(holds(cache)).toBe(isLeft);
  });

  test.each<[string, readonly Step[], boolean]>([
    ['an Exec', [touched('./FUMO', 'exec')], false],
    ['a command in it', [touched('./DCMO/cam/A', 'instance')], true],
    ['an Exec in the session before', [touched('./FUMO', 'exec'), end, begin('s1', false)], true],
  ])('what is read after %s is kept or not', (_, steps, isKept) => {
    const cache = through(begin('s1', false), ...steps);
    expect(fill(cache, 's1', KEY, COPY) !== undefined).toBe(isKept);
  });

  test('an Exec drops what other instances hold', () => {
    const cache = through(begin('s1', false), filled('s1'), filled('s1', { parts: [parseLocUri('./Other')] }, 'other'));
    expect(touch(cache, [{ locUri: parseLocUri('./FUMO'), change: 'exec' }]).dropped).toEqual([KEY, 'other']);
  });
});

describe('rule 2: what the session before knew, and the device confirms', () => {
  test.each<[string, readonly Step[], boolean]>([
    ['1227 in the next session', [...READ, begin('s2', true)], true],
    [
      'in ten sessions on end',
      [...READ, ...Array.from({ length: 10 }, (_, at) => [begin(`n${at}`, true), end]).flat(), begin('s2', true)],
      true,
    ],
    ['neither 1227 nor 1228', [...READ, begin('s2', false)], false],
    ['1227 two sessions later, but not in between', [...READ, begin('s2', false), end, begin('s3', true)], false],
    ['1227 after a session that ended early', [begin('s1', false), filled('s1'), begin('s2', true)], false],
    [
      '1227 after a session that ended early, and one that did not',
      [begin('s1', false), filled('s1'), begin('s2', true), end, begin('s3', true)],
      false,
    ],
    ['1227 after a session between that ended early', [...READ, begin('s2', true), begin('s3', true)], false],
    ['1227 after a session that belongs to nobody', [...READ, begin('', false), begin('s3', true)], false],
    ['1227 before Package#1 is complete', READ, false],
    [
      'read again in a session that confirms nothing',
      [...READ, begin('s2', false), filled('s2'), end, begin('s3', true)],
      true,
    ],
    [
      'touched in a session that confirmed it',
      [...READ, begin('s2', true), touched('./DCMO/cam'), end, begin('s3', true)],
      false,
    ],
    ['named by a 1228', [...READ, touched('./DCMO/cam', 'instance'), begin('s2', true)], false],
    ['a 1228 that names another', [...READ, touched('./DCMO/usb', 'instance'), begin('s2', true)], true],
    ['the same SessionID comes again without an end', [begin('s1', true), filled('s1'), begin('s1', true)], false],
  ])('%s', (_, steps, expected) => {
    expect(holds(through(...steps))).toBe(expected);
  });

  test('holds for no MO whose volatile nodes nobody declared', () => {
    const read = through(begin('s1', false), filled('s1', { confirmable: false }), end);
    const { cache, dropped } = beginSession(read, 's2', true);
    expect([holds(cache), dropped]).toEqual([false, [KEY]]);
  });
});

describe('rule 3: what the mapping promises', () => {
  const old = through(...READ, begin('s2', false), end, begin('s3', false));

  test.each<[string, MoCache, Partial<Parameters<typeof currentCopy>[2]>, boolean]>([
    ['static: always', old, { policy: STATIC }, true],
    ['static: for years', old, { policy: STATIC, at: 1e12 }, true],
    ['static: until another version', old, { policy: STATIC, version: '1.1' }, false],
    [
      'static: not once it was touched',
      through(...READ, begin('s2', false), touched('./DCMO/cam')),
      { policy: STATIC },
      false,
    ],
    ['ttl: at the last moment', old, { policy: TTL, at: 10_999 }, true],
    ['ttl: when it is over', old, { policy: TTL, at: 11_000 }, false],
    ['ttl: over, but confirmed', through(...READ, begin('s2', true)), { policy: TTL, at: 11_000 }, true],
    ['ttl: with another version', old, { policy: TTL, version: '1.1' }, true],
    ['ttl: not once it was touched', through(...READ, begin('s2', false), touched('./DCMO')), { policy: TTL }, false],
    ['no policy: not without 1227', old, {}, false],
    [
      'no policy: another version changes nothing that 1227 confirms',
      through(...READ, begin('s2', true)),
      { version: '2' },
      true,
    ],
  ])('%s', (_, cache, now, expected) => {
    expect(holds(cache, now)).toBe(expected);
  });
});

test('a cache survives JSON', () => {
  const cache = through(...READ, begin('s2', true), touched('./X', 'exec'));
  expect(JSON.parse(JSON.stringify(cache))).toEqual(cache);
});

test('no key is mistaken for what every object has', () => {
  expect(currentCopy(through(begin('s1', false)), 'constructor', NOW)).toBeUndefined();
});
