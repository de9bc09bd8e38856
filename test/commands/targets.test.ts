/** ClientURIs in all commands: the figure of DM-2.0 §6.1.3, the statuses, the round trips. */
import { describe, expect, test } from 'vitest';
import { type DeviceNode, type DeviceOptions, interior, leaf, modelDevice } from '../north/model/device.ts';
import { DATA, document, knowledgeOf, playOne, type Repository } from '../north/model/play.ts';
import { dataOf } from '../north/model/simulated-device.ts';

const M = 'urn:oma:mo:moid:1.0';
const datum = (date: string, value: string, more: Record<string, DeviceNode> = {}) =>
  interior({ Date: leaf(date), Value: leaf(value), ...more });

/** Figure 5: two instances of one MO, `left` and `right`, on a device that has nothing else of interest. */
function figure() {
  const same = { Kind: leaf('k') };
  return interior({
    DevInfo: interior({ DevId: leaf('IMEI:1'), Lang: leaf('en') }),
    moroot1: interior(
      {
        ID: leaf('GPS'),
        Setting: leaf('0xA1'),
        Data: interior({ '1': datum('12.1', 'a'), '2': datum('12.2', 'b') }),
        Run: leaf(undefined, 'null'),
        Empty: interior({}),
      },
      M,
    ),
    moroot2: interior(
      {
        ID: leaf('Temperature'),
        Setting: leaf('0xB2'),
        Data: interior({ '1': datum('12.1', 'c', same), '2': datum('12.3', 'd', same) }),
        Run: leaf(undefined, 'null'),
        Empty: interior({}),
      },
      M,
    ),
  });
}

const repository: Repository = ({ method }) =>
  method === 'GET' ? document('new', 'text/plain') : { status: 200, headers: {}, body: { text: '' } };

function run(
  list: readonly (readonly string[])[],
  options: DeviceOptions = {},
  attribute: 'StructData' | 'TNDS' = 'StructData',
) {
  const exec = { './moroot1/Run': () => 200, './moroot2/Run': () => 200 };
  const device = modelDevice(figure(), { exec, ...options });
  const miids = { [M]: { left: './moroot1', right: './moroot2' } };
  return {
    device,
    ...playOne({ device, knowledge: knowledgeOf({ miids, facts: { list: attribute } }), repository }, list),
  };
}

/** Address, name and value of each node; the leaf itself where that is the answer; the status where there is none. */
function valuesOf(uri: string): unknown {
  const outcome = run([['GET', M + uri]]);
  if (outcome.statuses[0] !== '200') return outcome.statuses[0];
  const data = dataOf(outcome);
  if (!Array.isArray(data)) return data;
  return data.map(({ ClientURI, MOData }: { ClientURI: string; MOData: object }) => [
    ClientURI.slice(M.length),
    ...Object.entries(MOData).flat(),
  ]);
}

const LEFT = {
  ID: 'GPS',
  Setting: '0xA1',
  Data: { '1': { Date: '12.1', Value: 'a' }, '2': { Date: '12.2', Value: 'b' } },
  Run: null,
  Empty: {},
};

describe('the examples of DM-2.0 §6.1.3, read from a device (DM-OBJ-011-C-O)', () => {
  test.each<[string, unknown]>([
    ['/left/', [['/left/', 'moroot1', LEFT]]],
    ['//', '404'],
    ['/(x)/?nv=(x)/ID:GPS', [['/left/', 'moroot1', LEFT]]],
    ['/(x)/Data/1/Value?nv=(x)/ID:GPS', { type: 'text/plain', text: 'a' }],
    ['/right/Data/(x)/Value?nv=(x)/Date:12.1', { type: 'text/plain', text: 'c' }],
    ['/(x)/Data/(y)/Value?nv=(x)/ID:GPS&nv=(y)/Date:12.2', { type: 'text/plain', text: 'b' }],
    [
      '/*/Setting',
      [
        ['/left/Setting', 'Setting', '0xA1'],
        ['/right/Setting', 'Setting', '0xB2'],
      ],
    ],
    [
      '/(x)/Data/*/Value?nv=(x)/ID:GPS',
      [
        ['/left/Data/1/Value', 'Value', 'a'],
        ['/left/Data/2/Value', 'Value', 'b'],
      ],
    ],
    ['/(x)/Data/*/Value?nv=(x)/ID:GPS&nv=(x)/Setting:0xB2', '404'],
    [
      '/*/Data/*/Value',
      [
        ['/left/Data/1/Value', 'Value', 'a'],
        ['/left/Data/2/Value', 'Value', 'b'],
        ['/right/Data/1/Value', 'Value', 'c'],
        ['/right/Data/2/Value', 'Value', 'd'],
      ],
    ],
  ])('are resolved as printed: %s', (uri, expected) => {
    expect(valuesOf(uri)).toEqual(expected);
  });
});

/** GET, HPUT, HGET, DELETE, EXEC of the same address. */
function statusesOf(address: string): readonly string[] {
  const uri = address.startsWith('/') ? M + address : address;
  const lists = [
    ['GET', uri],
    ['HPUT', `${DATA}/up`, uri],
    ['HGET', `${DATA}/down`, uri],
    ['DELETE', uri],
    ['EXEC', uri],
  ];
  return lists.map((command) => run([command]).statuses[0]?.split(' ')[0] ?? '');
}

describe('an address without a single target', () => {
  test.each<[string, string, readonly string[]]>([
    ['ambiguous: the empty mo-inst of an MO with two instances', '//ID', ['404', '404', '404', '404', '404']],
    [
      'ambiguous: an x-name that fits two instances',
      '/(x)/ID?nv=(x)/Data/1/Date:12.1',
      ['404', '404', '404', '404', '404'],
    ],
    [
      'ambiguous: an x-name that fits two nodes',
      '/right/Data/(x)/Value?nv=(x)/Kind:k',
      ['404', '404', '404', '404', '404'],
    ],
    ['unresolvable: an x-name without a match', '/(x)/ID?nv=(x)/ID:None', ['404', '404', '404', '404', '404']],
    ['unresolvable: an unknown MIID', '/middle/ID', ['404', '404', '404', '404', '404']],
    ['unresolvable: a missing node', '/left/Nope', ['404', '404', '200', '404', '404']],
    ['unresolvable: a node below a missing one', '/left/Nope/deeper', ['404', '404', '404', '404', '404']],
    ['an MO that the device does not have', 'urn:oma:mo:none:1.0//', ['404', '404', '404', '404', '404']],
    ['a wildcard without a match below an existing node', '/left/Empty/*', ['204', '404', '404', '404', '404']],
    ['a wildcard below a missing node', '/left/Nope/*', ['404', '404', '404', '404', '404']],
    ['malformed: no slash', M, ['400', '400', '400', '400', '400']],
    ['malformed: an x-name without nv', '/(x)/ID', ['400', '400', '400', '400', '400']],
    ['malformed: lv that is not a positive number', '/left/?lv=0', ['400', '400', '400', '400', '400']],
  ])('has a status for each command: %s', (_, uri, expected) => {
    expect(statusesOf(uri)).toEqual(expected);
  });
});

describe('the number of round trips to a device that lists (DM-2.0 §6.1.2)', () => {
  const SEARCH = 1;
  test.each<[string, string, number]>([
    ['an instance', '/left/', 1],
    ['a leaf', '/left/ID', 1],
    ['a deep leaf', '/left/Data/1/Value', 1],
    ['an x-name below an instance', '/right/Data/(x)/Value?nv=(x)/Date:12.1', 1],
    ['a wildcard below an instance', '/left/Data/*/Value', 1],
    ['two wildcards', '/left/*/*', 1],
    ['the only instance, when there are two', '//ID', SEARCH],
    ['every instance', '/*/Setting', SEARCH + 1],
    ['every instance and a wildcard below', '/*/Data/*/Value', SEARCH + 1],
    ['an x-name for the instance', '/(x)/?nv=(x)/ID:GPS', SEARCH + 1],
    [
      'several conditions on the instance, also on deep nodes',
      '/(x)/Setting?nv=(x)/ID:GPS&nv=(x)/Data/2/Date:12.2&nv=(x)/Setting:0xA1',
      SEARCH + 1,
    ],
    ['x-names for instance and node', '/(x)/Data/(y)/Value?nv=(x)/ID:GPS&nv=(y)/Date:12.2', SEARCH + 1],
    ['an x-name and a wildcard', '/(x)/Data/*/Value?nv=(x)/ID:GPS', SEARCH + 1],
  ])('is one, beside the search for instances, for %s', (_, uri, trips) => {
    for (const attribute of ['StructData', 'TNDS'] as const) {
      const options = attribute === 'TNDS' ? { lists: ['TNDS', 'Struct'] as const } : {};
      expect(run([['GET', M + uri]], options, attribute).trips).toHaveLength(trips);
    }
  });

  test.each<[string, readonly string[], number]>([
    ['DELETE of a plain path', ['DELETE', `${M}/left/Data/1`], 0],
    ['DELETE by x-name', ['DELETE', `${M}/left/Data/(x)?nv=(x)/Date:12.1`], 1],
    ['EXEC by the x-name of the instance', ['EXEC', `${M}/(x)/Run?nv=(x)/ID:GPS`], SEARCH + 1],
    ['DELETE with a wildcard', ['DELETE', `${M}/*/Data/*`], SEARCH + 1],
  ])('before a change is that of its readings: %s', (_, command, trips) => {
    const { trips: all, statuses } = run([command]);
    const change = all.findIndex((trip) => trip.some(({ name }) => name !== 'Get'));
    expect(statuses).toEqual(['200']);
    expect(change).toBe(trips);
  });

  test('has no search for instances at fixed places', () => {
    const DEVINFO = 'urn:oma:mo:oma-dm-devinfo:1.2';
    for (const uri of [`${DEVINFO}//Lang`, `${DEVINFO}/*/Lang`, `${DEVINFO}/(x)/Lang?nv=(x)/DevID:IMEI:1`]) {
      const { trips, statuses } = run([['GET', uri]]);
      expect([statuses, trips.length]).toEqual([['200'], 1]);
    }
  });

  test('has one search for all commands of a session', () => {
    const { trips, device } = run([
      ['GET', `${M}/*/Setting`],
      ['GET', `${M}/(x)/ID?nv=(x)/Setting:0xA1`],
      ['GET', `${M}/*/Data/*`],
      ['GET', `${M}/left/ID`],
    ]);
    expect(device.log.filter((line) => line === 'Get .?list=Struct')).toHaveLength(1);
    expect(trips.length).toBeLessThanOrEqual(3);
  });
});
