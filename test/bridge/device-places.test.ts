/** MOs on devices that list nothing, only a part, or everything: where they are found, what is asked once, what is asked again. */
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/syncml/message.ts';
import {
  addableGuardAt,
  DATA,
  GUARD,
  guardAt,
  guards,
  interior,
  Meeting,
  type MeetingOptions,
  treeOf,
  valuesOf,
} from './meeting.ts';

const DCMO = 'urn:oma:mo:oma-dcmo:1.0';
const THING = 'urn:example:mo:thing:1.0';
const DEV_TYP = 'urn:oma:mo:oma-dm-devdetail:1.0//DevTyp';

const ALL_LEVELS = ['GET', `${GUARD}/*/Level`];
const SET_ONLY = ['HGET', `${DATA}new`, `${GUARD}//Level`];
const DEVICE = './Device/Vendor/Acme';
const VENDOR = './Vendor/Acme';
const USER = './User/Vendor/Acme';

const capability = (name: string) => ({
  [`./DCMO/${name}`]: interior(DCMO),
  [`./DCMO/${name}/Property`]: { format: 'chr', value: name },
  [`./DCMO/${name}/Enabled`]: { format: 'bool', value: 'true' },
});

const thing = (name: string) => ({
  [`./Ex/${name}`]: interior(THING),
  [`./Ex/${name}/Name`]: { format: 'chr', value: name },
});

/** The alert 1228 with these nodes. */
function treeChanged(...locUris: readonly string[]): Command {
  return { name: 'Alert', cmdId: '9', data: '1228', items: locUris.map((data) => ({ data })) };
}

const TREE_UNCHANGED: Command = { name: 'Alert', cmdId: '9', data: '1227', items: [] };

/** The ways in which devices let themselves be searched. */
const WAYS: readonly (readonly [string, Pick<MeetingOptions, 'lists' | 'types'>])[] = [
  ['lists the tree with values', { lists: ['StructData', 'Struct'] }],
  ['lists the tree only with values', { lists: ['StructData'] }],
  ['lists the tree without values', { lists: ['Struct'] }],
  ['lists nothing and tells Types with the nodes', { types: 'told' }],
  ['lists nothing and tells Types by their property', { types: 'property' }],
  ['lists nothing and tells no Types', { types: 'none' }],
];

describe.each(['xml', 'wbxml'] as const)('trees of the device and of the user, in %s', (encoding) => {
  describe.each(WAYS)('on a device that %s', (_way, way) => {
    const meet = (...parents: readonly string[]) =>
      Meeting.with({ ...way, encoding, nodes: guards(...parents), mappings: guardAt(DEVICE, USER) });

    test.each([
      ['of the user and an alias', [USER, VENDOR]],
      ['of the user and of the device', [USER, DEVICE]],
      ['under three names', [USER, DEVICE, VENDOR]],
    ])('instances %s are all told, and an empty instance is ambiguous: 404', async (_what, parents) => {
      const meeting = await meet(...parents);
      const first = await meeting.session([ALL_LEVELS, SET_ONLY, ['GET', `${GUARD}//Level`]]);
      expect(first.statuses).toEqual([200, 404, 404]);
      expect(valuesOf(first.text, 'Level').toSorted()).toEqual(parents.toSorted());
      // The same is true of the next session, which does not search.
      const next = await meeting.session([ALL_LEVELS, SET_ONLY]);
      expect(next.statuses).toEqual([200, 404]);
      expect(meeting.device.written).toEqual([]);
    });

    test.each([USER, VENDOR, DEVICE])('the only instance, below %s, is written and no other node', async (parent) => {
      const meeting = await meet(parent);
      const { statuses, asked } = await meeting.session([SET_ONLY]);
      expect(statuses).toEqual([200]);
      const writes = asked.flat().filter((command) => !command.startsWith('Get'));
      expect(writes).toEqual([`Replace ${parent}/Guard/Level`]);
    });
  });
});

describe.each([DEVICE, VENDOR])('a mapping that names the tree %s', (named) => {
  test.each(WAYS)('finds an MO of the user by its Type alone, on a device that %s', async (_way, way) => {
    const meeting = await Meeting.with({ ...way, nodes: guards(USER), mappings: guardAt(named) });
    const { statuses } = await meeting.session([SET_ONLY]);
    const isTyped = way.types !== 'none';
    expect(statuses).toEqual([isTyped ? 200 : 404]);
    expect(meeting.device.written.map(({ target }) => target)).toEqual(isTyped ? [`${USER}/Guard/Level`] : []);
  });
});

describe('a mapping that names one of the trees', () => {
  test.each([DEVICE, VENDOR])('of the user finds an MO below %s by its Type', async (parent) => {
    const meeting = await Meeting.with({ types: 'property', nodes: guards(parent), mappings: guardAt(USER) });
    const { statuses, text } = await meeting.session([ALL_LEVELS]);
    expect([statuses, valuesOf(text, 'Level')]).toEqual([[200], [parent]]);
  });

  test.each([
    [DEVICE, VENDOR],
    [VENDOR, DEVICE],
  ])('as %s also means %s', async (named, other) => {
    const meeting = await Meeting.with({ types: 'none', nodes: guards(other), mappings: guardAt(named) });
    const { statuses, text } = await meeting.session([ALL_LEVELS]);
    expect([statuses, valuesOf(text, 'Level')]).toEqual([[200], [other]]);
  });
});

describe.each(WAYS)('a new instance, on a device that %s', (_way, way) => {
  const document = encodeURIComponent(
    JSON.stringify([{ ClientURI: `${GUARD}//`, MOData: { Guard: { Level: 'new' } } }]),
  );
  const store = async (roots: readonly string[], present: readonly string[]) => {
    const nodes = {
      ...treeOf({ [`${DEVICE}/Other`]: interior(), [`${USER}/Other`]: interior() }),
      ...guards(...present),
    };
    const meeting = await Meeting.with({ ...way, nodes, mappings: addableGuardAt(...roots) });
    const { statuses } = await meeting.session([['HGET', DATA + document]]);
    return { statuses, written: meeting.device.written.map(({ target }) => target) };
  };

  test.each([DEVICE, USER])('is made below %s when the MO has its place only there', async (parent) => {
    const stored = await store([parent], []);
    expect(stored).toEqual({ statuses: [200], written: [`${parent}/Guard`, `${parent}/Guard/Level`] });
  });

  test('is refused with 404 when the MO has places in both trees and the device has none', async () => {
    expect(await store([DEVICE, USER], [])).toEqual({ statuses: [404], written: [] });
  });

  test.each([DEVICE, USER])('is the one below %s, which is the only one of both trees', async (parent) => {
    expect(await store([DEVICE, USER], [parent])).toEqual({ statuses: [200], written: [`${parent}/Guard/Level`] });
  });

  test('is refused with 404 when both trees have one', async () => {
    expect(await store([DEVICE, USER], [DEVICE, USER])).toEqual({ statuses: [404], written: [] });
  });
});

describe('a device without lists', () => {
  const MIXED = {
    ...treeOf({ ...capability('usb'), ...thing('one') }),
    './DevDetail/DevTyp': { format: 'chr', value: 'Phone' },
  };

  test('is asked for all places of a mapping in one message', async () => {
    const meeting = await Meeting.with({ nodes: guards(USER), mappings: guardAt(DEVICE, USER) });
    const { asked } = await meeting.session([ALL_LEVELS]);
    const isPlace = (command: string) => command.endsWith('Vendor/Acme/Guard');
    const withPlaces = asked.filter((message) => message.some(isPlace));
    expect(withPlaces.map((message) => message.filter(isPlace).toSorted())).toEqual([
      [`Get ${DEVICE}/Guard`, `Get ${USER}/Guard`, `Get ${VENDOR}/Guard`],
    ]);
  });

  test.each(['xml', 'wbxml'] as const)('is not searched in its second session, in %s', async (encoding) => {
    const meeting = await Meeting.with({ nodes: MIXED, types: 'property', encoding });
    const list = [
      ['GET', `${THING}/one/Name`],
      ['GET', `${DCMO}/*/Property`],
      ['GET', 'urn:oma:mo:oma-lawmo:1.0//State'],
    ];
    const first = await meeting.session(list);
    expect(first.statuses).toEqual([200, 200, 404]);
    const second = await meeting.session(list);
    expect(second.statuses).toEqual([200, 200, 404]);
    // The children of a node that exists may be others by now.
    expect(second.asked.flat().toSorted()).toEqual(['Get ./DCMO', 'Get ./DCMO/usb/Property', 'Get ./Ex/one/Name']);
  });

  test('shows an instance that its user has added below a node that exists', async () => {
    const meeting = await Meeting.with({ nodes: MIXED });
    const list = [['GET', `${DCMO}/*/Property`]];
    await meeting.session(list);
    for (const [locUri, node] of Object.entries(capability('radio'))) meeting.device.nodes.set(locUri, node);
    const { text } = await meeting.session(list);
    expect(valuesOf(text, 'Property')).toEqual(['usb', 'radio']);
    for (const locUri of [...meeting.device.nodes.keys()])
      if (locUri.includes('usb')) meeting.device.nodes.delete(locUri);
    expect(valuesOf((await meeting.session(list)).text, 'Property')).toEqual(['radio']);
  });

  test('is asked for the Type of interior nodes that no mapping describes, and of no other node', async () => {
    const nodes = treeOf({
      ...MIXED,
      './Ex/note': { format: 'chr', value: 'x' },
      './Plain/a': { format: 'chr', value: 'y' },
    });
    const meeting = await Meeting.with({ nodes, types: 'property' });
    const { asked, statuses } = await meeting.session([['GET', `${THING}//Name`]]);
    expect(statuses).toEqual([200]);
    const types = asked.flat().filter((command) => command.includes('?prop='));
    expect(types.toSorted()).toEqual(['Get ./Ex/one?prop=Type', 'Get ./Ex?prop=Type', 'Get ./Plain?prop=Type']);
  });

  test('is not asked for a Type that came with the node', async () => {
    const nodes = treeOf(thing('one'));
    const meeting = await Meeting.with({ nodes, types: 'told' });
    const { asked, statuses } = await meeting.session([['GET', `${THING}//Name`]]);
    expect(statuses).toEqual([200]);
    expect(asked.flat().filter((command) => command.includes('one?prop='))).toEqual([]);
  });

  test('that refuses Types is not asked for them again, also when it has to be searched anew', async () => {
    const meeting = await Meeting.with({ nodes: MIXED, types: 'none' });
    const list = [['GET', `${DCMO}/*/Property`]];
    const first = await meeting.session(list);
    expect(first.asked.flat().filter((command) => command.includes('?prop='))).toEqual(['Get ./Ex?prop=Type']);
    expect((await meeting.bridge.state()).record.facts).toMatchObject({ list: 'none', typeProperty: false });
    const { asked } = await meeting.session(list, [treeChanged('./Ex', './Other')]);
    expect(asked.flat().filter((command) => command.includes('?'))).toEqual([]);
  });

  test('is searched again by 1228 only at the nodes that it names', async () => {
    const meeting = await Meeting.with({ nodes: MIXED, types: 'property' });
    const list = [['GET', `${THING}/*/Name`]];
    await meeting.session(list);
    for (const [locUri, node] of Object.entries(thing('two'))) meeting.device.nodes.set(locUri, node);
    const { asked, text } = await meeting.session(list, [treeChanged('./Ex/two')]);
    expect(asked.flat().toSorted()).toEqual([
      'Get ./Ex/one/Name',
      'Get ./Ex/two',
      'Get ./Ex/two/Name',
      'Get ./Ex/two?prop=Type',
    ]);
    expect(valuesOf(text, 'Name')).toEqual(['one', 'two']);
  });

  test('has a place that was missing once 1228 names it', async () => {
    const meeting = await Meeting.with({ nodes: treeOf({}), types: 'none' });
    const list = [['GET', 'urn:oma:mo:oma-lawmo:1.0//State']];
    expect((await meeting.session(list)).statuses).toEqual([404]);
    meeting.device.nodes.set('./LAWMO', interior());
    meeting.device.nodes.set('./LAWMO/State', { format: 'int', value: '10' });
    expect((await meeting.session(list)).statuses).toEqual([404]);
    const { asked, statuses } = await meeting.session(list, [treeChanged('./LAWMO')]);
    expect(statuses).toEqual([200]);
    expect(asked).toEqual([['Get ./LAWMO'], ['Get ./LAWMO/State']]);
  });

  test('shows what the bridge itself has added and deleted, in the same session and in the next', async () => {
    const meeting = await Meeting.with({ nodes: MIXED, types: 'none' });
    const list = [['GET', `${DCMO}/*/Property`]];
    await meeting.session(list);
    const removed = await meeting.session([['DELETE', `${DCMO}/usb`], ...list]);
    expect([removed.statuses, valuesOf(removed.text, 'Property')]).toEqual([[200, 404], []]);
    expect((await meeting.session(list)).statuses).toEqual([404]);
    const member = encodeURIComponent(
      JSON.stringify([{ ClientURI: `${DCMO}//`, MOData: { fm: { Property: 'FM', Enabled: true } } }]),
    );
    const added = await meeting.session([['HGET', DATA + member], ...list]);
    expect([added.statuses, valuesOf(added.text, 'Property')]).toEqual([[200, 200], ['FM']]);
    expect(valuesOf((await meeting.session(list)).text, 'Property')).toEqual(['FM']);
  });

  test('has a place that it refused to read once it lets the bridge read it, for one Get in each session', async () => {
    const nodes = { ...guards(USER), ...guards(DEVICE) };
    const meeting = await Meeting.with({ nodes, mappings: guardAt(DEVICE, USER), refuses: [`${USER}/Guard`] });
    expect(valuesOf((await meeting.session([ALL_LEVELS])).text, 'Level')).toEqual([DEVICE]);
    const second = await meeting.session([ALL_LEVELS, ALL_LEVELS, ['GET', DEV_TYP]]);
    expect(second.asked).toEqual([[`Get ${USER}/Guard`, 'Get ./DevDetail/DevTyp'], [`Get ${DEVICE}/Guard/Level`]]);
    meeting.refused.clear();
    expect(valuesOf((await meeting.session([ALL_LEVELS])).text, 'Level').toSorted()).toEqual([DEVICE, USER]);
    const { statuses, asked } = await meeting.session([SET_ONLY]);
    expect([statuses, asked]).toEqual([[404], []]);
  });

  test('that tells only a part of the children of a node above instances gets no list of them: 500', async () => {
    const meeting = await Meeting.with({ nodes: MIXED, types: 'none' });
    const list = [['GET', `${DCMO}/*/Property`]];
    expect((await meeting.session(list)).statuses).toEqual([200]);
    meeting.partial.add('./DCMO');
    expect((await meeting.session(list)).statuses).toEqual([500]);
    meeting.partial.clear();
    expect((await meeting.session(list)).statuses).toEqual([200]);
  });

  // 200: the Get has no Results.
  describe.each([500, 503, 408, 200])('and that answers %i to the Get of a place', (status) => {
    test('is not said to have no instance there: 500, until it answers', async () => {
      const meeting = await Meeting.with({ nodes: { ...MIXED, ...treeOf(thing('one')) } });
      const list = [
        ['GET', `${DCMO}/usb/Property`],
        ['GET', `${DCMO}/*/Property`],
        ['DELETE', `${DCMO}/usb/`],
        ['GET', `${THING}/one/Name`],
      ];
      meeting.failing.set('./DCMO', status);
      expect((await meeting.session(list)).statuses).toEqual([500, 500, 500, 200]);
      meeting.failing.clear();
      expect((await meeting.session(list)).statuses).toEqual([200, 200, 200, 200]);
    });

    test('gets no value in one tree while the other one may have the instance that is meant', async () => {
      const meeting = await Meeting.with({ nodes: guards(DEVICE), mappings: guardAt(DEVICE, USER) });
      meeting.failing.set(`${USER}/Guard`, status).set(USER, status);
      expect((await meeting.session([SET_ONLY, ALL_LEVELS])).statuses).toEqual([500, 500]);
      expect(meeting.device.nodes.get(`${DEVICE}/Guard/Level`)?.value).toBe(DEVICE);
    });

    test('and has an MO that no mapping describes may have it where it did not answer', async () => {
      const meeting = await Meeting.with({ nodes: treeOf(thing('one')) });
      const list = [['GET', `${THING}/one/Name`]];
      meeting.failing.set('./Ex', status);
      expect((await meeting.session(list)).statuses).toEqual([500]);
      meeting.failing.clear();
      expect((await meeting.session(list)).statuses).toEqual([200]);
    });

    test('keeps its other instances in the sessions after one in which 1228 named the place', async () => {
      const LAWMO = 'urn:oma:mo:oma-lawmo:1.0';
      const lawmo = { './LAWMO': interior(LAWMO), './LAWMO/State': { format: 'int', value: '30' } };
      const meeting = await Meeting.with({ nodes: { ...MIXED, ...treeOf(lawmo) } });
      const list = [
        ['GET', `${DCMO}/*/Property`],
        ['GET', `${LAWMO}//State`],
      ];
      expect((await meeting.session(list)).statuses).toEqual([200, 200]);
      meeting.failing.set('./LAWMO', status);
      const changed = treeChanged('./LAWMO', './DCMO/usb');
      expect((await meeting.session(list, [changed])).statuses).toEqual([200, 500]);
      meeting.failing.clear();
      expect((await meeting.session(list)).statuses).toEqual([200, 200]);
    });
  });

  test.each([400, 406, 501])(
    'and that answers %i to the Get of a missing place has no instance there: 404',
    async (status) => {
      const meeting = await Meeting.with({ nodes: guards(DEVICE), mappings: guardAt(DEVICE, USER) });
      meeting.failing.set(`${USER}/Guard`, status).set('./User', status).set('./DCMO', status);
      const { statuses } = await meeting.session([ALL_LEVELS, ['GET', `${DCMO}/usb/Property`]]);
      expect(statuses).toEqual([200, 404]);
    },
  );

  test('has instances at a place of the mapping and, by its Type, elsewhere', async () => {
    const camera = { './Caps/camera': interior(DCMO), './Caps/camera/Property': { format: 'chr', value: 'camera' } };
    const meeting = await Meeting.with({ nodes: { ...MIXED, ...treeOf(camera) }, types: 'property' });
    const { text } = await meeting.session([['GET', `${DCMO}/*/Property`]]);
    expect(valuesOf(text, 'Property').toSorted()).toEqual(['camera', 'usb']);
  });

  test.each<[string, readonly string[]]>([
    ['refuses the root of its tree', ['.']],
    ['refuses the tops of its trees', ['./Device', './User', './Vendor']],
  ])('and that %s has its instances at the places of the mapping', async (_what, refuses) => {
    const meeting = await Meeting.with({ nodes: guards(USER, VENDOR), mappings: guardAt(DEVICE, USER), refuses });
    const { statuses, text } = await meeting.session([ALL_LEVELS, SET_ONLY]);
    expect([statuses, valuesOf(text, 'Level').toSorted()]).toEqual([[200, 404], [USER, VENDOR].toSorted()]);
  });

  test('has the node above new instances once the bridge has added it', async () => {
    const meeting = await Meeting.with({ nodes: treeOf({}), types: 'none' });
    const member = (name: string) => {
      const data = [{ ClientURI: `${DCMO}//`, MOData: { [name]: { Property: name, Enabled: true } } }];
      return ['HGET', DATA + encodeURIComponent(JSON.stringify(data))];
    };
    const all = ['GET', `${DCMO}/*/Property`];
    const { statuses, text, asked } = await meeting.session([all, member('fm'), member('am'), all]);
    expect(asked.flat().filter((command) => command === 'Add ./DCMO')).toHaveLength(1);
    expect([statuses, valuesOf(text, 'Property')]).toEqual([
      [404, 200, 200, 200],
      ['fm', 'am'],
    ]);
    expect(valuesOf((await meeting.session([all])).text, 'Property')).toEqual(['fm', 'am']);
  });

  test('is searched again when DevInfo shows another version', async () => {
    const meeting = await Meeting.with({ nodes: MIXED, types: 'none' });
    const list = [['GET', `${DCMO}/*/Property`]];
    await meeting.session(list);
    await meeting.bridge.changeDevice(({ record }) => {
      return { record: { ...record, devInfo: { ...record.devInfo, './DevInfo/DmV': '1.1' } } };
    });
    const { asked } = await meeting.session(list);
    expect(asked.flat()).toContain('Get ./LAWMO');
  });

  test('in the next session of which nothing is searched, an MO that is read by its MIID costs one message', async () => {
    const meeting = await Meeting.with({ nodes: MIXED, types: 'none' });
    await meeting.session([['GET', `${DCMO}/*/Property`]]);
    const { asked } = await meeting.session([
      ['GET', `${DCMO}/usb/Property`],
      ['GET', DEV_TYP],
    ]);
    expect(asked).toEqual([['Get ./DCMO/usb/Property', 'Get ./DevDetail/DevTyp']]);
  });
});

describe('a device that lists its tree', () => {
  const NODES = treeOf({ ...thing('one'), ...thing('two'), './Other/x': { format: 'chr', value: 'x' } });

  test.each([
    ['without values', ['Struct'], 'Struct'],
    ['only with values', ['StructData'], 'StructData'],
  ] as const)('%s lists again only below what 1228 names', async (_what, lists, attribute) => {
    const meeting = await Meeting.with({ nodes: NODES, lists });
    const list = [['GET', `${THING}/*/Name`]];
    await meeting.session(list);
    for (const [locUri, node] of Object.entries(thing('three'))) meeting.device.nodes.set(locUri, node);
    for (const locUri of ['./Ex/two', './Ex/two/Name']) meeting.device.nodes.delete(locUri);
    const { asked, text } = await meeting.session(list, [treeChanged('./Ex/three', './Ex/two', './Other/x')]);
    expect(asked[0]?.toSorted()).toEqual([
      `Get ./Ex/three?list=${attribute}`,
      `Get ./Ex/two?list=${attribute}`,
      `Get ./Other/x?list=${attribute}`,
    ]);
    const reads = [[`Get ./Ex/one/Name?list=${attribute}`, `Get ./Ex/three/Name?list=${attribute}`]];
    if (attribute === 'Struct') reads.push(['Get ./Ex/one/Name', 'Get ./Ex/three/Name']);
    expect(asked.slice(1)).toEqual(reads);
    expect(valuesOf(text, 'Name')).toEqual(['one', 'three']);
    const third = await meeting.session(list, [TREE_UNCHANGED]);
    expect(third.asked).toEqual(reads);
  });

  test('lists the whole tree again when 1228 names no node, or comes after a session without it', async () => {
    const meeting = await Meeting.with({ nodes: NODES, lists: ['Struct'] });
    const list = [
      ['GET', `${THING}/one/Name`],
      ['GET', `${THING}/*/Name`],
    ];
    for (const alerts of [[], [treeChanged('urn:no-node')], []]) {
      const { asked } = await meeting.session(list, alerts);
      expect(asked.flat()).toContain('Get .?list=Struct');
    }
  });

  test('only with values is not asked for the list without values again', async () => {
    const meeting = await Meeting.with({ nodes: NODES, lists: ['StructData'] });
    const list = [['GET', `${THING}/*/Name`]];
    const first = await meeting.session(list);
    expect(first.asked.flat()).toContain('Get .?list=Struct');
    const { asked } = await meeting.session(list);
    const reads = ['Get ./Ex/one/Name?list=StructData', 'Get ./Ex/two/Name?list=StructData'];
    expect(asked).toEqual([['Get .?list=StructData'], reads]);
  });

  test('as documents only is not asked for a list of its root again', async () => {
    const node = '<Node><NodeName>DevInfo</NodeName></Node>';
    const documents = { './DevInfo': `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${node}</MgmtTree>` };
    const nodes = treeOf(capability('usb'));
    const meeting = await Meeting.with({ nodes, lists: ['TNDS'], documents });
    const list = [['GET', `${DCMO}/*/Property`]];
    expect((await meeting.session(list)).statuses).toEqual([200]);
    const { asked, statuses } = await meeting.session(list);
    expect([statuses, asked]).toEqual([[200], [['Get ./DCMO'], ['Get ./DCMO/usb/Property']]]);
  });
});
