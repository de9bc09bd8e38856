/** The fingerprint tells requests apart, and depends on nothing but their meaning. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import { fingerprintOf } from '../../src/workflow/fingerprint.ts';
import type { CommandDraft, DeviceRequest, WorkflowRequest } from '../../src/workflow/request.ts';

const get = (target: string): CommandDraft => ({ name: 'Get', items: [{ target }] });
const replace = (target: string, data: string): CommandDraft => ({ name: 'Replace', items: [{ target, data }] });
const device = (...commands: readonly CommandDraft[]): DeviceRequest => ({
  kind: 'device',
  commands,
  writes: [],
  willWrite: [],
  mayRead: [],
});
const put = (url: string, text: string): WorkflowRequest => ({
  kind: 'http',
  http: { method: 'PUT', url, headers: {}, body: { text } },
});

describe('a fingerprint', () => {
  test.each<[string, WorkflowRequest, WorkflowRequest]>([
    ['of another kind', { kind: 'facts' }, { kind: 'correlator' }],
    [
      'of other parameters',
      { kind: 'miid', moid: parseMoid('a'), root: parseLocUri('b') },
      { kind: 'miid', moid: parseMoid('b'), root: parseLocUri('a') },
    ],
    [
      'of a MIID at another root',
      { kind: 'miid', moid: parseMoid('a'), root: parseLocUri('b') },
      { kind: 'miid', moid: parseMoid('a'), root: parseLocUri('c') },
    ],
    ['with the same characters, cut differently', device(get('ab'), get('c')), device(get('a'), get('bc'))],
    [
      'with another number of items',
      { kind: 'knownTrees', locUris: [] },
      { kind: 'knownTrees', locUris: [parseLocUri('.')] },
    ],
    ['with its commands in another order', device(get('./A'), get('./B')), device(get('./B'), get('./A'))],
    ['with a command less', device(get('./A'), get('./B')), device(get('./A'))],
    ['with other data for the device', device(replace('./A', '1')), device(replace('./A', '2'))],
    [
      'with other changes',
      device(get('./A')),
      { ...device(get('./A')), writes: [{ locUri: parseLocUri('./A'), change: 'value' as const }] },
    ],
    [
      'of another cache entry',
      { kind: 'cacheEntry', key: 'a', parts: [parseLocUri('./A')], of: 'values' },
      { kind: 'cacheEntry', key: 'b', parts: [parseLocUri('./A')], of: 'values' },
    ],
    [
      'of a cache entry with other parts',
      { kind: 'cacheEntry', key: 'a', parts: [parseLocUri('./A')], of: 'values' },
      { kind: 'cacheEntry', key: 'a', parts: [parseLocUri('./A'), parseLocUri('./B')], of: 'values' },
    ],
    [
      'of a cache entry that a policy calls current',
      { kind: 'cacheEntry', key: 'a', parts: [], of: 'values' },
      { kind: 'cacheEntry', key: 'a', parts: [], of: 'values', policy: { policy: 'static' } },
    ],
    ['with another URL', put('https://a/', 'x'), put('https://b/', 'x')],
    ['with a long text of another length', put('https://a/', 'x'.repeat(5000)), put('https://a/', 'x'.repeat(5001))],
    [
      'with a long text of another end',
      put('https://a/', `${'x'.repeat(5000)}1`),
      put('https://a/', `${'x'.repeat(5000)}2`),
    ],
    [
      'with another effect',
      { kind: 'emit', effect: { type: 'rootsGone', locUri: parseLocUri('./A') } },
      { kind: 'emit', effect: { type: 'rootsGone', locUri: parseLocUri('./B') } },
    ],
    [
      'with a tree of another place',
      {
        kind: 'emit',
        effect: { type: 'trees', trees: [{ locUri: parseLocUri('./A'), tree: { name: 'A', format: 'chr' } }] },
      },
      {
        kind: 'emit',
        effect: { type: 'trees', trees: [{ locUri: parseLocUri('./B'), tree: { name: 'A', format: 'chr' } }] },
      },
    ],
    [
      'with another root found',
      {
        kind: 'emit',
        effect: { type: 'discovered', discovered: { roots: [{ locUri: parseLocUri('./A'), type: '' }] } },
      },
      {
        kind: 'emit',
        effect: { type: 'discovered', discovered: { roots: [{ locUri: parseLocUri('./B'), type: '' }] } },
      },
    ],
    [
      'with a cache entry of another content',
      { kind: 'emit', effect: { type: 'cacheEntry', entry: entryWith('1') } },
      { kind: 'emit', effect: { type: 'cacheEntry', entry: entryWith('2') } },
    ],
  ])('the fingerprint differs for a request %s', (_, one, other) => {
    expect(fingerprintOf(one)).not.toBe(fingerprintOf(other));
  });

  test('the fingerprint does not depend on the order of members, or on members that are undefined', () => {
    const one: WorkflowRequest = { kind: 'miid', moid: parseMoid('urn:x'), root: parseLocUri('./X') };
    const other = { root: parseLocUri('./X'), extra: undefined, kind: 'miid', moid: parseMoid('urn:x') } as const;
    expect(fingerprintOf(other)).toBe(fingerprintOf(one));
  });

  test('the fingerprint is the same after JSON, short, and different for different texts', () => {
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (url, accept) => {
        const request: WorkflowRequest = { kind: 'http', http: { method: 'GET', url, headers: { accept } } };
        const fingerprint = fingerprintOf(request);
        const text = JSON.stringify(request);
        expect(fingerprintOf(JSON.parse(text))).toBe(fingerprint);
        expect(fingerprint).toMatch(/^[0-9a-z]{1,11}$/u);
        expect(seen.get(fingerprint) ?? text).toBe(text);
        seen.set(fingerprint, text);
      }),
      { numRuns: 2000 },
    );
  });
});

function entryWith(validator: string) {
  return {
    key: 'k',
    parts: [],
    of: 'values',
    validator,
    confirmable: true,
    value: { name: 'A', format: 'chr' },
  } as const;
}

test('a fingerprint does not depend on the order of members, few or many', () => {
  const names = fc.uniqueArray(fc.string({ maxLength: 4 }), { maxLength: 20 });
  fc.assert(
    fc.property(
      names.chain((keys) => fc.tuple(fc.constant(keys), fc.shuffledSubarray(keys, { minLength: keys.length }))),
      ([keys, others]) => {
        const withHeaders = (ordered: readonly string[]): WorkflowRequest => {
          const headers = Object.fromEntries(ordered.map((key) => [key, key]));
          return { kind: 'http', http: { method: 'GET', url: 'https://a/', headers } };
        };
        expect(fingerprintOf(withHeaders(others))).toBe(fingerprintOf(withHeaders(keys)));
      },
    ),
    { numRuns: 200 },
  );
});
