/** Reading sub-trees with as few commands as the device allows (DM-TND §9.1). */
import { describe, expect, test } from 'vitest';
import type { CommandOutcome } from '../../src/dm1/server-command.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { Mutable } from '../../src/mutable.ts';
import { listingOf } from '../../src/tree/tree-reader.ts';
import { interior, leaf, TNDS_META } from '../north/model/device.ts';
import { knowledgeOf } from '../north/model/play.ts';
import { DCMO, DEVINFO, dataOf, KNOWN, onPhone, type PhoneScene, phoneTree } from '../north/model/simulated-device.ts';

function reading(clientUri: string, scene: PhoneScene) {
  const knowledge = knowledgeOf({ miids: KNOWN });
  return onPhone([['GET', clientUri]], { knowledge, ...scene });
}

const USB = {
  usb: { Property: 'USB', Enabled: true, Operations: { Enable: null, Disable: null }, Ext: {} },
};

describe('the commands that read a sub-tree', () => {
  test.each<[string, PhoneScene, readonly string[]]>([
    ['one StructData', {}, ['./DCMO/usb?list=StructData']],
    [
      'Struct, and then a Get of all leaves',
      { options: { lists: ['Struct'] } },
      [
        './DCMO/usb?list=StructData',
        './DCMO/usb?list=TNDS',
        './DCMO/usb?list=Struct',
        './DCMO/usb/Property ./DCMO/usb/Enabled ./DCMO/usb/Operations/Enable ./DCMO/usb/Operations/Disable',
      ],
    ],
    [
      'TNDS, when the device supports Struct, too',
      { options: { lists: ['TNDS', 'Struct'] } },
      ['./DCMO/usb?list=StructData', './DCMO/usb?list=TNDS'],
    ],
    [
      'TNDS alone, when it is known that StructData does not work',
      { options: { lists: ['TNDS'] }, knowledge: knowledgeOf({ miids: KNOWN, facts: { list: 'TNDS' } }) },
      ['./DCMO/usb?list=TNDS'],
    ],
    [
      'Gets level by level',
      { options: { lists: [] } },
      [
        './DCMO/usb?list=StructData',
        './DCMO/usb?list=TNDS',
        './DCMO/usb?list=Struct',
        './DCMO/usb',
        './DCMO/usb/Property ./DCMO/usb/Enabled ./DCMO/usb/Operations ./DCMO/usb/Ext',
        './DCMO/usb/Operations/Enable ./DCMO/usb/Operations/Disable',
      ],
    ],
    [
      'Gets level by level alone, when it is known that no list works',
      { options: { lists: [] }, knowledge: knowledgeOf({ miids: KNOWN, facts: { list: 'none' } }) },
      [
        './DCMO/usb',
        './DCMO/usb/Property ./DCMO/usb/Enabled ./DCMO/usb/Operations ./DCMO/usb/Ext',
        './DCMO/usb/Operations/Enable ./DCMO/usb/Operations/Disable',
      ],
    ],
    [
      'Gets level by level for DM 1.1',
      { version: '1.1' },
      [
        './DCMO/usb',
        './DCMO/usb/Property ./DCMO/usb/Enabled ./DCMO/usb/Operations ./DCMO/usb/Ext',
        './DCMO/usb/Operations/Enable ./DCMO/usb/Operations/Disable',
      ],
    ],
  ])('are %s', (_, scene, commands) => {
    const outcome = reading(`${DCMO}/usb/`, scene);
    expect(outcome.trips.map((trip) => trip.map(({ items }) => items[0]?.target).join(' '))).toEqual(commands);
    expect(dataOf(outcome)).toMatchObject([{ MOData: USB }]);
  });

  test('for an MO with relocated nodes are sent in one message', () => {
    const outcome = reading(`${DEVINFO}//`, {});
    expect(outcome.trips).toHaveLength(1);
    expect(outcome.device.log).toContain('Get ./DevDetail/FwV');
  });
});

describe('the reader of sub-trees', () => {
  test('reads the whole sub-tree of an interior node that is a leaf in the definition', () => {
    const tree = phoneTree();
    const usb = tree.children?.DCMO?.children?.usb?.children;
    if (usb !== undefined) usb.Property = interior({ a: leaf('b') });
    expect(dataOf(reading(`${DCMO}/usb/Property`, { tree }))).toMatchObject([{ MOData: { Property: { a: 'b' } } }]);
  });

  test('stores no fact after a childless node', () => {
    const outcome = reading(`${DCMO}/usb/Ext`, { options: { lists: [], listRefusal: 'ignored' } });
    expect(dataOf(outcome)).toMatchObject([{ MOData: { Ext: {} } }]);
    expect(outcome.state.device.facts).toEqual({});
  });

  test.each<[number, string, unknown]>([
    [405, '200', [expect.objectContaining({ MOData: USB })]],
    [425, '403', undefined],
    [403, '403', undefined],
  ])(
    'reads level by level when a node answers %i, and leaves out only nodes without access type Get',
    (answer, status, data) => {
      const refuse = {
        './DCMO/usb/Operations/Enable': { Get: answer },
        './DCMO/usb/Operations/Disable': { Get: answer },
      };
      const outcome = reading(`${DCMO}/usb/`, { options: { lists: [], refuse } });
      expect(outcome.statuses).toEqual([status]);
      expect(dataOf(outcome)).toEqual(data);
      const all = onPhone([['EXEC', `${DCMO}/usb/Operations/*`]], { options: { lists: [], refuse } });
      expect(all.device.log.filter((line) => line.startsWith('Exec'))).toHaveLength(answer === 405 ? 2 : 0);
    },
  );

  test.each([425, 403, 405])('stores no fact after a node that is refused with %i', (status) => {
    const outcome = reading(`${DCMO}/usb/`, { options: { refuse: { './DCMO/usb': { Get: status } } } });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.state.device.facts).toEqual({});
  });

  test('stores no fact after a missing node', () => {
    const outcome = reading(`${DCMO}/usb/Missing`, {});
    expect(outcome.statuses).toEqual(['404']);
    expect(outcome.state.device.facts).toEqual({});
  });

  test('keeps the fact that the device lists after one failure', () => {
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    const outcome = reading(`${DCMO}/usb/`, { knowledge, options: { next: [500] } });
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.state.device.facts).toEqual({ list: 'StructData' });
  });

  test.each([
    [503, '503'],
    [408, '503'],
    [511, '500'],
  ])('takes %i to a listing for a failure, not for a device without lists', (status, expected) => {
    const outcome = reading(`${DCMO}/usb/`, { options: { next: [status] } });
    expect(outcome.statuses).toEqual([expected]);
    expect(outcome.state.device.facts).toEqual({});
  });

  test('sends a Get after an empty listing', () => {
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    const outcome = reading(`${DCMO}/usb/Ext`, { knowledge, options: { next: [200] } });
    expect(outcome.device.log).toEqual(['Get ./DCMO/usb/Ext?list=StructData', 'Get ./DCMO/usb/Ext']);
    expect(outcome.statuses).toEqual(['200']);
  });

  test.each([
    [215, '503'],
    [424, '500'],
  ])('sends a command with the answer %i once more, and then ends with %s', (status, expected) => {
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    expect(reading(`${DCMO}/usb/Property`, { knowledge, options: { next: [status] } }).statuses).toEqual(['200']);
    expect(reading(`${DCMO}/usb/Property`, { knowledge, options: { next: [status, status] } }).statuses).toEqual([
      expected,
    ]);
  });
});

test.each([
  [200, undefined, 'tree'],
  [206, undefined, 'partial'],
  [213, undefined, 'partial'],
  [413, undefined, 'partial'],
  [500, true, 'partial'],
  [424, true, 'partial'],
  [500, undefined, 'none'],
] as const)('an answer with %i to a listing, whose Results broke off (%s), is %s', (status, brokenOff, kind) => {
  const results = [
    { source: './A', meta: { format: 'node' } },
    { source: './A/b', data: '1' },
  ];
  const outcome: Mutable<CommandOutcome> = { id: '1', status, itemStatuses: [], statusItems: [], results };
  if (brokenOff === true) outcome.brokenOff = brokenOff;
  const reading = listingOf(parseLocUri('./A'), outcome, 'StructData');
  expect(reading.next()).toMatchObject({ done: true, value: { kind } });
});

test.each([206, 413, 500])('a listing that ends with %i is not replaced by reads after a later command', (status) => {
  const commands = [
    ['GET', `${DCMO}/usb/`],
    ['DELETE', `${DCMO}/usb/`],
  ];
  expect(onPhone(commands, { options: { next: [status] } }).statuses).toEqual(['500', '200']);
});

describe('a document of the sub-tree (TNDS)', () => {
  const proven = knowledgeOf({ miids: KNOWN, facts: { list: 'TNDS' } });
  const listsOnly = { lists: ['TNDS'] } as const;

  test('is stored as the list that the device supports', () => {
    const first = reading(`${DCMO}/usb/`, { knowledge: knowledgeOf({ miids: KNOWN }), options: listsOnly });
    expect(first.state.device.facts).toEqual({ list: 'TNDS' });
    const second = reading(`${DCMO}/camera/`, { knowledge: first.state.device, options: listsOnly });
    expect(second.device.log).toEqual(['Get ./DCMO/camera?list=TNDS']);
    expect(dataOf(second)).toMatchObject([{ MOData: { camera: { Property: 'Camera' } } }]);
  });

  test('of one node is enough to store that fact', () => {
    const outcome = reading(`${DCMO}/usb/Ext`, { options: listsOnly });
    expect(dataOf(outcome)).toMatchObject([{ MOData: { Ext: {} } }]);
    expect(outcome.state.device.facts).toEqual({ list: 'TNDS' });
  });

  test.each<[string, PhoneScene, readonly string[]]>([
    ['with the stored fact', { knowledge: proven }, []],
    ['without it', {}, ['Get ./DCMO/usb?list=StructData']],
  ])('that is malformed is not used, and is logged without its content: %s', (_, scene, before) => {
    const document = () => ({ meta: TNDS_META, data: '<MgmtTree>secret' });
    const outcome = reading(`${DCMO}/usb/`, { ...scene, options: { lists: ['TNDS', 'Struct'], document } });
    expect(dataOf(outcome)).toMatchObject([{ MOData: USB }]);
    expect(outcome.device.log.slice(0, before.length + 2)).toEqual([
      ...before,
      'Get ./DCMO/usb?list=TNDS',
      'Get ./DCMO/usb?list=Struct',
    ]);
    expect(outcome.state.device.facts).toEqual({ list: 'Struct' });
    const facts = { locUri: './DCMO/usb', attribute: 'TNDS', code: 'ERR_XML_SYNTAX' };
    expect(outcome.effects).toContainEqual({ type: 'log', event: 'listing.unreadable', facts });
  });

  test('that is not supported any more is replaced by Struct, which is stored', () => {
    const outcome = reading(`${DCMO}/usb/`, { knowledge: proven, options: { lists: [] } });
    expect(dataOf(outcome)).toMatchObject([{ MOData: USB }]);
    expect(outcome.device.log.filter((line) => line.includes('?list='))).toEqual([
      'Get ./DCMO/usb?list=TNDS',
      'Get ./DCMO/usb?list=Struct',
    ]);
    expect(outcome.state.device.facts).toEqual({ list: 'none' });
  });

  test.each([425, 403, 405])('that is refused with %i is not readable for this server: 403', (status) => {
    const options = { ...listsOnly, next: [status] };
    expect(reading(`${DCMO}/usb/`, { knowledge: proven, options }).statuses).toEqual(['403']);
  });

  test('leaves out unreadable nodes; one plain Get shows if it is 403 or 404', () => {
    const refuse = { './DCMO/usb/Property': { Get: 425 } };
    const outcome = onPhone(
      [
        ['GET', `${DCMO}/usb/`],
        ['GET', `${DCMO}/usb/Property`],
        ['GET', `${DCMO}/usb/Missing`],
      ],
      { knowledge: proven, options: { ...listsOnly, refuse } },
    );
    expect(outcome.statuses).toEqual(['200', '403', '404']);
    expect(outcome.device.log).toEqual([
      'Get ./DCMO/usb?list=TNDS',
      'Get ./DCMO/usb/Property',
      'Get ./DCMO/usb/Missing?list=TNDS',
      'Get ./DCMO/usb/Missing',
    ]);
  });

  test.each([503, 408])('with %i is a failure, not the sign of a device without lists', (status) => {
    const outcome = reading(`${DCMO}/usb/`, { knowledge: proven, options: { ...listsOnly, next: [status] } });
    expect(outcome.statuses).toEqual(['503']);
    expect(outcome.state.device.facts).toEqual({ list: 'TNDS' });
  });

  test('is not read again after a later command has changed the node', () => {
    const outcome = onPhone(
      [
        ['GET', `${DCMO}/usb/`],
        ['DELETE', `${DCMO}/usb/`],
      ],
      { knowledge: proven, options: { lists: ['Struct'] } },
    );
    expect(outcome.statuses).toEqual(['501', '200']);
  });
});
