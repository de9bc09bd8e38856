/** Reading sub-trees with as few questions as the device allows (DM-TND §9.1; design: ClientURI). */
import { describe, expect, it } from 'vitest';
import { interior, leaf } from './model/device.ts';
import { DCMO, DEVINFO, dataOf, KNOWN, onPhone, type PhoneScene, phoneTree } from './model/phone.ts';
import { knowledgeOf } from './model/play.ts';

function reading(clientUri: string, scene: PhoneScene) {
  const knowledge = knowledgeOf({ miids: KNOWN });
  return onPhone([['GET', clientUri]], { knowledge, ...scene });
}

const USB = {
  usb: { Property: 'USB', Enabled: true, Operations: { Enable: null, Disable: null }, Ext: {} },
};

describe('the questions', () => {
  it.each<[string, PhoneScene, readonly string[]]>([
    ['StructData', {}, ['./DCMO/usb?list=StructData']],
    [
      'Struct, then the leaves together',
      { options: { lists: ['Struct'] } },
      [
        './DCMO/usb?list=StructData',
        './DCMO/usb?list=Struct',
        './DCMO/usb/Property ./DCMO/usb/Enabled ./DCMO/usb/Operations/Enable ./DCMO/usb/Operations/Disable',
      ],
    ],
    [
      'level by level',
      { options: { lists: [] } },
      [
        './DCMO/usb?list=StructData',
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

  it('all places of an MO whose parts lie elsewhere are asked for in one message', () => {
    const outcome = reading(`${DEVINFO}//`, {});
    expect(outcome.trips).toHaveLength(1);
    expect(outcome.device.log).toContain('Get ./DevDetail/FwV');
  });
});

describe('answers that are not what they should be', () => {
  it('an interior node where the definition has a leaf is read whole', () => {
    const tree = phoneTree();
    const usb = tree.children?.DCMO?.children?.usb?.children;
    if (usb !== undefined) usb.Property = interior({ a: leaf('b') });
    expect(dataOf(reading(`${DCMO}/usb/Property`, { tree }))).toMatchObject([{ MOData: { Property: { a: 'b' } } }]);
  });

  it('a childless node proves nothing about listing', () => {
    const outcome = reading(`${DCMO}/usb/Ext`, { options: { lists: [], listRefusal: 'ignored' } });
    expect(dataOf(outcome)).toMatchObject([{ MOData: { Ext: {} } }]);
    expect(outcome.crossing.device.facts).toEqual({});
  });

  it.each([425, 403, 405])('a node that is refused with %i teaches nothing', (status) => {
    const outcome = reading(`${DCMO}/usb/`, { options: { refuse: { './DCMO/usb': { Get: status } } } });
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.crossing.device.facts).toEqual({});
  });

  it('a node that is missing teaches nothing', () => {
    const outcome = reading(`${DCMO}/usb/Missing`, {});
    expect(outcome.statuses).toEqual(['404']);
    expect(outcome.crossing.device.facts).toEqual({});
  });

  it('one failure of a device that lists does not make it one that does not', () => {
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    const outcome = reading(`${DCMO}/usb/`, { knowledge, options: { next: [500] } });
    expect(outcome.statuses).toEqual(['200']);
    expect(outcome.crossing.device.facts).toEqual({ list: 'StructData' });
  });

  it.each([
    [503, '503'],
    [408, '503'],
    [511, '500'],
  ])('%i to a listing is a failure, not a device without listing', (status, expected) => {
    const outcome = reading(`${DCMO}/usb/`, { options: { next: [status] } });
    expect(outcome.statuses).toEqual([expected]);
    expect(outcome.crossing.device.facts).toEqual({});
  });

  it('an empty listing is asked about once more', () => {
    const knowledge = knowledgeOf({ miids: KNOWN, facts: { list: 'StructData' } });
    const outcome = reading(`${DCMO}/usb/Ext`, { knowledge, options: { next: [200] } });
    expect(outcome.device.log).toEqual(['Get ./DCMO/usb/Ext?list=StructData', 'Get ./DCMO/usb/Ext']);
    expect(outcome.statuses).toEqual(['200']);
  });

  it.each([
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
