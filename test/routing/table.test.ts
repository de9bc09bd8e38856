/** The table of rules: which requests each condition takes, and the shares of devices. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileGlob } from '../../src/routing/glob.ts';
import type { Route, RouteFacts, RouteMatch } from '../../src/routing/route.ts';
import { firstRoute } from '../../src/routing/table.ts';

const FACTS: RouteFacts = {
  protocol: 'dm1',
  devId: 'IMEI:493005',
  manufacturer: 'Maker',
  model: 'Phone 12',
  firmware: '7.1',
  tags: ['pilot', 'north'],
  version: '1.2',
  userAgent: 'Agent/1.0 (x/y)',
  path: '/dm/session',
  address: '10.1.2.3',
};

function takes(match: RouteMatch, facts: RouteFacts = FACTS): boolean {
  return firstRoute([{ name: 'a', match, bridge: 'main' }], facts) !== undefined;
}

test.each<[string, RouteMatch, boolean]>([
  ['no condition', {}, true],
  ['a glob of the DevId', { devId: 'IMEI:49*' }, true],
  ['a glob of the DevId in other case', { devId: ' imei:49???5 ' }, true],
  ['a glob of other DevIds', { devId: 'IMEI:50*' }, false],
  ['a list with the DevId in other case', { devIds: ['IMEI:1', ' imei:493005'] }, true],
  ['a list of other DevIds', { devIds: ['IMEI:1'] }, false],
  ['the manufacturer', { manufacturer: 'Maker' }, true],
  ['another manufacturer', { manufacturer: 'Other' }, false],
  ['the model', { model: 'Phone 12' }, true],
  ['the model in other case', { model: 'phone 12' }, false],
  ['a list of models', { model: ['Tablet', 'Phone 12'] }, true],
  ['a list with a glob of models', { model: ['Tablet', 'Phone*'] }, true],
  ['a list of other models', { model: ['Tablet', 'Phone'] }, false],
  ['the firmware', { firmware: '7.?' }, true],
  ['another firmware', { firmware: '7' }, false],
  ['a tag', { tag: 'pilot' }, true],
  ['a tag in other case', { tag: 'Pilot' }, false],
  ['one of several tags', { tag: ['south', 'north'] }, true],
  ['the protocol', { protocol: 'dm1' }, true],
  ['the other protocol', { protocol: 'dm20' }, false],
  ['the version', { version: '1.2' }, true],
  ['another version', { version: '1.3' }, false],
  ['the user agent', { userAgent: 'Agent/1*' }, true],
  ['the user agent in other case', { userAgent: 'agent*' }, false],
  ['the path', { path: '/dm*' }, true],
  ['another path', { path: '/dm' }, false],
  ['a network', { network: ['192.168.0.0/16', '10.0.0.0/8'] }, true],
  ['other networks', { network: ['192.168.0.0/16', '::1'] }, false],
  ['all of these', { devId: 'IMEI:*', model: 'Phone*', tag: 'north', percent: 100, network: ['10.1.2.3'] }, true],
  ['all but one of these', { devId: 'IMEI:*', manufacturer: 'Maker', model: 'Other' }, false],
])('a rule with %s decides whether the request takes it', (_, match, isTaken) => {
  expect(takes(match)).toBe(isTaken);
});

test.each<RouteMatch>([
  { devId: '*' },
  { devIds: [''] },
  { percent: 100 },
  { manufacturer: '*' },
  { model: '*' },
  { firmware: '*' },
  { tag: 'pilot' },
  { version: '1.2' },
  { userAgent: '*' },
  { path: '*' },
  { network: ['0.0.0.0/0', '::/0'] },
])('a rule with %j does not match where the fact is unknown', (match) => {
  expect(takes(match, { protocol: 'dm1' })).toBe(false);
});

test('an address of IPv6 is found in its network', () => {
  const match = { network: ['2001:db8::/32'] };
  expect(takes(match, { protocol: 'dm1', address: '2001:db8::5' })).toBe(true);
  expect(takes(match, { protocol: 'dm1', address: '2001:db9::5' })).toBe(false);
});

test('the first matching rule wins', () => {
  const routes = [
    { name: 'a', match: { model: 'Other' }, bridge: 'first' },
    { name: 'b', match: { model: 'Phone*' }, bridge: 'second' },
    { name: 'c', match: {}, bridge: 'third' },
  ];
  expect(firstRoute(routes, FACTS)?.name).toBe('b');
});

const DEVICES = Array.from({ length: 10_000 }, (_, at) => `IMEI:${490_000_000_000_000 + at * 7}`);

/** The devices that a rule draws. */
function drawn(percent: number, salt?: string): readonly string[] {
  const match: { percent: number; salt?: string } = { percent };
  if (salt !== undefined) match.salt = salt;
  const routes: readonly Route[] = [{ name: 'a', match, bridge: 'main' }];
  return DEVICES.filter((devId) => firstRoute(routes, { protocol: 'dm1', devId }) !== undefined);
}

test('of 10 000 devices a rule with percent draws that share, and a larger share has the devices of a smaller one', () => {
  expect([drawn(0).length, drawn(100).length]).toEqual([0, 10_000]);
  for (const percent of [1, 10, 50]) expect(Math.abs(drawn(percent).length / 100 - percent)).toBeLessThan(0.5);
  const tenth = new Set(drawn(10));
  expect(drawn(1).filter((devId) => !tenth.has(devId))).toEqual([]);
  expect(new Set(drawn(50)).isSupersetOf(tenth)).toBe(true);
});

test('salt draws other devices', () => {
  const both = new Set(drawn(50)).intersection(new Set(drawn(50, 'second')));
  expect(both.size).toBeGreaterThan(2_000);
  expect(both.size).toBeLessThan(3_000);
});

test('the draw never changes', () => {
  // The first bytes of SHA-256 of "imei:1", and of "a", NUL, "imei:1".
  const edges = (salt: string | undefined, share: number) =>
    [share - 0.0001, share + 0.0001].map((percent) => {
      const match = salt === undefined ? { percent } : { percent, salt };
      return takes(match, { protocol: 'dm1', devId: ' IMEI:1 ' });
    });
  expect(edges(undefined, 3.0574)).toEqual([false, true]);
  expect(edges('a', 96.94187)).toEqual([false, true]);
});

test('a glob takes the texts that its regular expression takes', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', '/', '💡', '*', '?'), { maxLength: 12 });
  fc.assert(
    fc.property(letters, letters, (glob, text) => {
      const source = glob.join('').replaceAll('?', '.').replaceAll('*', '.*');
      const expected = new RegExp(`^${source}$`, 'su').test(text.join(''));
      expect(compileGlob(glob.join(''))(text.join(''))).toBe(expected);
    }),
  );
});

test('a glob that nearly matches a long text costs little', () => {
  expect(compileGlob(`${'*a'.repeat(40)}b`)('a'.repeat(16_000))).toBe(false);
});
