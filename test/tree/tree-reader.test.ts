/** Reading sub-trees with as few questions as the device allows (DM-TND §9.1; design: ClientURI). */
import { describe, expect, test } from 'vitest';
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

describe('the questions', () => {
  test.each<[string, PhoneScene, readonly string[]]>([
    ['StructData', {}, ['./DCMO/usb?list=StructData']],
    [
      'Struct, then the leaves all',
      { options: { lists: ['Struct'] } },
      [
        './DCMO/usb?list=StructData',
        './DCMO/usb?list=TNDS',
        './DCMO/usb?list=Struct',
        './DCMO/usb/Property ./DCMO/usb/Enabled ./DCMO/usb/Operations/Enable ./DCMO/usb/Operations/Disable',
      ],
    ],
    [
      'TNDS, whatever else works less well',
      { options: { lists: ['TNDS', 'Struct'] } },
      ['./DCMO/usb?list=StructData', './DCMO/usb?list=TNDS'],
    ],
    [
      'TNDS, where it is known that it works and StructData does not',
      { options: { lists: ['TNDS'] }, knowledge: knowledgeOf({ miids: KNOWN, facts: { list: 'TNDS' } }) },
      ['./DCMO/usb?list=TNDS'],
    ],
    [
      'level by level',
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
      'level by level, where it is known that nothing else works',
      { options: { lists: [] }, knowledge: knowledgeOf({ miids: KNOWN, facts: { list: 'none' } }) },
      [
        './DCMO/usb',
        './DCMO/usb/Property ./DCMO/usb/Enabled ./DCMO/usb/Operations ./DCMO/usb/Ext',
        './DCMO/usb/Operations/Enable ./DCMO/usb/Operations/Disable',
      ],
    ],
    [
      'level by level on DM 1.1',
      { version: '1.1' },
      [
        './DCMO/usb',
        './DCMO/usb/Property ./DCMO/usb/Enabled ./DCMO/usb/Operations ./DCMO/usb/Ext',
        './DCMO/usb/Operations/Enable ./DCMO/usb/Operations/Disable',
      ],
    ],
  ])('%s', (_, scene, questions) => {
    const outcome = reading(`${DCMO}/usb/`, scene);
    expect(outcome.trips.map((trip) => trip.map(({ items }) => items[0]?.target).join(' '))).toEqual(questions);
    expect(dataOf(outcome)).toMatchObject([{ MOData: USB }]);
  });

  test('all places of an MO whose parts lie elsewhere are asked for in one message', () => {
    const outcome = reading(`${DEVINFO}//`, {});
    expect(outcome.trips).toHaveLength(1);
    expect(outcome.device.log).toContain('Get ./DevDetail/FwV');
  });
});

describe('answers that are not what they should be', () => {
  test('an interior node where the definition has a leaf is read whole', () => {
    const tree = phoneTree();
    const usb = tree.children?.DCMO?.children?.usb?.children;
    if (usb !== undefined) usb.Property = interior({ a: leaf('b') });
    expect(dataOf(reading(`${DCMO}/usb/Property`, { tree }))).toMatchObject([{ MOData: { Property: { a: 'b' } } }]);
  });

  test('a childless node proves nothing about listing', () => {
    const outcome = reading(`${DCMO}/usb/Ext`, { options: { lists: [], listRefusal: 'ignored' } });
    expect(dataOf(outcome)).toMatchObject([{ MOData: { Ext: {} } }]);
    expect(outcome.state.device.facts).toEqual({});
  });

  test.each<[number, string, unknown]>([
    [405, '200', [expect.objectContaining({ MOData: USB })]],
    [425, '403', undefined],
    [403, '403', undefined],
  ])('level by level a node that answers %i: only what nobody can read is not involved', (answer, status, data) => {
    const refuse = {
      './DCMO/usb/Operations/Enable': { Get: answer },
      './DCMO/usb/Operations/Disable': { Get: answer },
    };
    const outcome = reading(`${DCMO}/usb/`, { options: { lists: [], refuse } });
    expect(outcome.statuses).toEqual([status]);
    expect(dataOf(outcome)).toEqual(data);
    const all = onPhone([['EXEC', `${DCMO}/usb/Operations/*`]], { options: { lists: [], refuse } });
    expect(all.device.log.filter((line) => line.startsWith('Exec'))).toHaveLength(answer === 405 ? 2 : 0);
  });

  test.each([425, 403, 405])('a node that is refused with %i teaches nothing', (status) => {
    const outcome = reading(`${DCMO}/usb/`, { options: { refuse: { './DCMO/usb': { Get: status } } } });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.state.device.facts).toEqual({});
  });

  test('a node that is missing teaches nothing', () => {
    const outcome = reading(`${DCMO}/usb/Missing`, {});
    expect(outcome.statuses).toEqual(['404']);
    expect(outcome.state.device.facts).toEqual({});
  });

  test('one failure of a device that lists does not make it one that does not', () => {
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    const outcome = reading(`${DCMO}/usb/`, { knowledge, options: { next: [500] } });
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.state.device.facts).toEqual({ list: 'StructData' });
  });

  test.each([
    [503, '503'],
    [408, '503'],
    [511, '500'],
  ])('%i to a listing is a failure, not a device without listing', (status, expected) => {
    const outcome = reading(`${DCMO}/usb/`, { options: { next: [status] } });
    expect(outcome.statuses).toEqual([expected]);
    expect(outcome.state.device.facts).toEqual({});
  });

  test('an empty listing is asked about once more', () => {
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    const outcome = reading(`${DCMO}/usb/Ext`, { knowledge, options: { next: [200] } });
    expect(outcome.device.log).toEqual(['Get ./DCMO/usb/Ext?list=StructData', 'Get ./DCMO/usb/Ext']);
    expect(outcome.statuses).toEqual(['200']);
  });

  test.each([
    [215, '503'],
    [424, '500'],
  ])('%i is asked once more, then %s', (status, expected) => {
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    expect(reading(`${DCMO}/usb/Property`, { knowledge, options: { next: [status] } }).statuses).toEqual(['200']);
    expect(reading(`${DCMO}/usb/Property`, { knowledge, options: { next: [status, status] } }).statuses).toEqual([
      expected,
    ]);
  });
});

describe('a document of the sub-tree (TNDS)', () => {
  const proven = knowledgeOf({ miids: KNOWN, facts: { list: 'TNDS' } });
  const listsOnly = { lists: ['TNDS'] } as const;

  test('is remembered as what the device can do', () => {
    const first = reading(`${DCMO}/usb/`, { knowledge: knowledgeOf({ miids: KNOWN }), options: listsOnly });
    expect(first.state.device.facts).toEqual({ list: 'TNDS' });
    const second = reading(`${DCMO}/camera/`, { knowledge: first.state.device, options: listsOnly });
    expect(second.device.log).toEqual(['Get ./DCMO/camera?list=TNDS']);
    expect(dataOf(second)).toMatchObject([{ MOData: { camera: { Property: 'Camera' } } }]);
  });

  test('of one node is proof enough', () => {
    const outcome = reading(`${DCMO}/usb/Ext`, { options: listsOnly });
    expect(dataOf(outcome)).toMatchObject([{ MOData: { Ext: {} } }]);
    expect(outcome.state.device.facts).toEqual({ list: 'TNDS' });
  });

  test.each<[string, PhoneScene, readonly string[]]>([
    ['known', { knowledge: proven }, []],
    ['not known yet', {}, ['Get ./DCMO/usb?list=StructData']],
  ])('that cannot be read counts as none, and is told of without its content: %s', (_, scene, before) => {
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

  test('that is not supported any more: the ladder goes on below, and what works is remembered', () => {
    const outcome = reading(`${DCMO}/usb/`, { knowledge: proven, options: { lists: [] } });
    expect(dataOf(outcome)).toMatchObject([{ MOData: USB }]);
    expect(outcome.device.log.filter((line) => line.includes('?list='))).toEqual([
      'Get ./DCMO/usb?list=TNDS',
      'Get ./DCMO/usb?list=Struct',
    ]);
    expect(outcome.state.device.facts).toEqual({ list: 'none' });
  });

  test.each([425, 403, 405])('that is refused with %i is not there for this server: 403', (status) => {
    const options = { ...listsOnly, next: [status] };
    expect(reading(`${DCMO}/usb/`, { knowledge: proven, options }).statuses).toEqual(['403']);
  });

  test('hides what may not be read; one plain Get tells 403 from 404', () => {
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

  test.each([503, 408])('%i is a failure, not a device without listing', (status) => {
    const outcome = reading(`${DCMO}/usb/`, { knowledge: proven, options: { ...listsOnly, next: [status] } });
    expect(outcome.statuses).toEqual(['503']);
    expect(outcome.state.device.facts).toEqual({ list: 'TNDS' });
  });

  test('is not looked at again once a later command has changed the place', () => {
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
