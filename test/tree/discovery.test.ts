/** Discovery of the MOs of a device: by Type properties, by the places of the mappings, and from what is stored of both. */
import { describe, expect, test } from 'vitest';
import type { Dm1Version } from '../../src/dm1/session-model.ts';
import type { SupportedMo } from '../../src/dm2/package.ts';
import { toDdfMappings } from '../../src/mapping/ddf-mapping.ts';
import { readDdf } from '../../src/mapping/ddf-read.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { TranslationContext } from '../../src/translate/context.ts';
import { instanceOfTnds } from '../../src/tree/requested-mo.ts';
import {
  type DeviceNode,
  type DeviceOptions,
  interior,
  leaf,
  type ModelDevice,
  modelDevice,
  nodeAt,
} from '../north/model/device.ts';
import { context, DATA, document, knowledgeOf, type Outcome, play, playOne, type Scene } from '../north/model/play.ts';
import { capability, DCMO, DEVINFO, dataOf, FUMO, phoneTree, VENDOR } from '../north/model/simulated-device.ts';
import { ddfNode, ddfOf } from '../support/ddf.ts';
import { miidTable } from '../support/miid-table.ts';

/** A device that nobody has met before. */
function meet(
  commands: readonly (readonly string[])[],
  options: DeviceOptions = {},
  { tree = phoneTree(), ...scene }: Partial<Omit<Scene, 'device'>> & { readonly tree?: DeviceNode } = {},
): Outcome & { readonly device: ModelDevice } {
  const device = modelDevice(tree, options);
  return { ...playOne({ device, ...scene }, commands), device };
}

const uris = (outcome: Outcome, index = 0) => {
  const data = dataOf(outcome, index);
  return Array.isArray(data) ? data.map(({ ClientURI }: { ClientURI: string }) => ClientURI) : data;
};

const ALL = ['GET', `${DCMO}/*/Property`];

/** Ways in which devices do and do not list. */
const WAYS: readonly (readonly [string, DeviceOptions, string | undefined])[] = [
  ['StructData and Struct', {}, 'StructData'],
  ['StructData alone', { lists: ['StructData'] }, 'StructData'],
  ['TNDS alone', { lists: ['TNDS'] }, 'TNDS'],
  ['TNDS alone, 404 otherwise', { lists: ['TNDS'], listRefusal: 404 }, 'TNDS'],
  ['TNDS and Struct', { lists: ['TNDS', 'Struct'] }, 'TNDS'],
  ['Struct alone', { lists: ['Struct'] }, 'Struct'],
  ['Struct alone, 404 otherwise', { lists: ['Struct'], listRefusal: 404 }, 'Struct'],
  ['nothing: 406', { lists: [], listRefusal: 406 }, 'none'],
  ['nothing: 405', { lists: [], listRefusal: 405 }, 'none'],
  ['nothing: 500', { lists: [], listRefusal: 500 }, 'none'],
  ['nothing: 404, as for an unknown name', { lists: [], listRefusal: 404 }, 'none'],
  ['nothing: it ignores the query', { lists: [], listRefusal: 'ignored' }, 'none'],
];

describe.each(WAYS)('a device that lists %s', (_, options, learnt) => {
  test.each([true, false])('has its instances found, with Type property: %s', (types) => {
    const outcome = meet([ALL, ['GET', `${DCMO}/usb/`], ['GET', `${FUMO}//PkgName`]], { ...options, types });
    expect(uris(outcome)).toEqual([`${DCMO}/camera/Property`, `${DCMO}/usb/Property`]);
    expect(outcome.statuses).toEqual(['200', '200', '200']);
    expect(outcome.state.device.facts.list).toBe(learnt);
  });

  test('has an MO at another place found by its Type', () => {
    const tree = phoneTree();
    const dcmo = tree.children?.DCMO;
    delete tree.children?.DCMO;
    if (tree.children !== undefined && dcmo !== undefined) tree.children.Caps = dcmo;
    const outcome = meet([ALL], options, { tree });
    expect(uris(outcome)).toEqual([`${DCMO}/camera/Property`, `${DCMO}/usb/Property`]);
    expect(outcome.state.device.miids[parseMoid(DCMO)]).toEqual({ camera: './Caps/camera', usb: './Caps/usb' });
  });

  test('has an MO without mapping found by the Type of its root', () => {
    const outcome = meet(
      [
        ['GET', `${VENDOR}//Name`],
        ['GET', `${VENDOR}/Product/Count`],
        ['GET', 'com.example/1.3/Other//'],
      ],
      options,
    );
    expect(outcome.statuses).toEqual(['200', '200', '404']);
    expect(dataOf(outcome, 1)).toEqual({ type: 'text/plain', text: '7' });
  });

  test('is not asked again for lists that it does not support', () => {
    const first = meet([['GET', `${DCMO}/camera/`]], options);
    const second = modelDevice(phoneTree(), options);
    playOne({ device: second, knowledge: first.state.device }, [['GET', `${DCMO}/usb/`]]);
    const attempts = second.log.filter((line) => line.includes('?list='));
    const expected = learnt === 'none' ? [] : [`Get ./DCMO/usb?list=${learnt}`];
    expect(attempts).toEqual(expected);
  });
});

describe('the fact of the list that a device supports', () => {
  const searching = (list: 'StructData' | 'TNDS', options: DeviceOptions) => {
    const knowledge = knowledgeOf({ facts: { list } });
    const outcome = meet([ALL], options, { knowledge });
    const searches = outcome.device.log.filter((line) => line.includes('?list=') && !line.includes('DCMO'));
    return { searches, list: outcome.state.device.facts.list };
  };

  test('stays TNDS, and the whole data of the tree is not requested', () => {
    const options: DeviceOptions = { lists: ['TNDS'] };
    expect(searching('TNDS', options)).toEqual({ searches: ['Get .?list=Struct'], list: 'TNDS' });
  });

  test('is not revoked by 405 for the root', () => {
    const options: DeviceOptions = { refuse: { '.': { Get: 405 } } };
    expect(searching('StructData', options).list).toBe('StructData');
  });

  test('is revoked by 406, and TNDS is tried next', () => {
    expect(searching('StructData', { lists: ['TNDS'] })).toEqual({
      searches: ['Get .?list=Struct', 'Get .?list=StructData', 'Get ./DevInfo?list=TNDS'],
      list: 'TNDS',
    });
  });
});

describe('MIIDs', () => {
  test('stay the same in later sessions, also for equal names of root nodes', () => {
    const tree = interior({ A: interior({ usb: capability('A') }), B: interior({ usb: capability('B') }) });
    const first = meet([ALL], {}, { tree });
    expect(uris(first)).toEqual([`${DCMO}/usb/Property`, `${DCMO}/usb-2/Property`]);
    // The other order, and one more that takes the name.
    const later = interior({
      ...{ '0': interior({ usb: capability('0') }) },
      B: interior({ usb: capability('B') }),
      A: interior({ usb: capability('A') }),
    });
    const knowledge = JSON.parse(JSON.stringify(first.state.device));
    const second = meet([ALL, ['GET', `${DCMO}/usb-2/Property`]], {}, { tree: later, knowledge });
    expect(uris(second)).toEqual([`${DCMO}/usb-3/Property`, `${DCMO}/usb-2/Property`, `${DCMO}/usb/Property`]);
    expect(dataOf(second, 1)).toMatchObject({ text: 'B' });
  });

  test('of an earlier session are used without a search', () => {
    const knowledge = knowledgeOf({
      miids: miidTable({ [DCMO]: { mine: './DCMO/usb' } }),
      facts: { list: 'StructData' },
    });
    const outcome = meet([['GET', `${DCMO}/mine/Property`]], {}, { knowledge });
    expect(outcome.device.log).toEqual(['Get ./DCMO/usb/Property']);
  });

  test('that are not stored cause one search', () => {
    const outcome = meet([
      ['GET', `${DCMO}/usb/Property`],
      ['GET', `${DCMO}/none/Property`],
      ['GET', `${DCMO}/none/Property`],
    ]);
    expect(outcome.statuses).toEqual(['200', '404', '404']);
    expect(outcome.device.log.filter((line) => line === 'Get .?list=Struct')).toHaveLength(1);
  });
});

describe('the search for MO roots', () => {
  test('finds an instance inside another instance', () => {
    const tree = interior({ DCMO: interior({ usb: { ...capability('USB') } }) });
    const ext = tree.children?.DCMO?.children?.usb?.children;
    if (ext !== undefined) ext.Ext = interior({ inner: capability('inner') });
    expect(uris(meet([ALL], {}, { tree }))).toEqual([`${DCMO}/usb/Property`, `${DCMO}/inner/Property`]);
  });

  test('ignores the version of a MOID and white space around it', () => {
    const tree = interior({ X: { ...capability('X'), type: ' urn:oma:mo:oma-dcmo:1.7 ' } });
    expect(uris(meet([ALL], {}, { tree }))).toEqual([`${DCMO}/X/Property`]);
  });

  test('does not take a leaf with a MIME type for an MO, although it asks for its Type', () => {
    const tree = interior({ Pic: leaf('AA==', 'bin', 'image/png'), DCMO: interior({ usb: capability('USB') }) });
    const outcome = meet([ALL], { lists: [] }, { tree, context: withMos() });
    const mos = (outcome.packages[0]?.json.MOS ?? []) as readonly SupportedMo[];
    expect(mos.map(({ MOID }) => MOID)).not.toContain('image/png');
    expect(outcome.statuses).toEqual(['200']);
  });

  test('sends no query to a DM 1.1 device and finds instances at the places of the mappings', () => {
    const outcome = meet([ALL, ['GET', `${FUMO}//PkgName`]], {}, { version: '1.1' });
    expect(outcome.statuses).toEqual(['200', '200']);
    expect(outcome.device.log.filter((line) => line.includes('?'))).toEqual([]);
  });

  test('reads nothing for MOs at fixed places', () => {
    const outcome = meet([['GET', `${DEVINFO}//Lang`]]);
    expect(outcome.device.log).toEqual(['Get ./DevInfo/Lang']);
  });

  test('ends with 503 when the device leaves during the search, and stores no fact', () => {
    const outcome = meet([ALL, ['GET', `${DCMO}/usb/`]], {}, { goneAfter: 0 });
    expect(outcome.statuses).toEqual(['503', '503']);
    expect(outcome.state.device.facts).toEqual({});
  });

  test('ends with 503 when the device leaves during the reading, and stores no fact', () => {
    const knowledge = knowledgeOf({ miids: miidTable({ [DCMO]: { usb: './DCMO/usb' } }) });
    const outcome = meet([['GET', `${DCMO}/usb/`]], {}, { goneAfter: 0, knowledge });
    expect(outcome.statuses).toEqual(['503']);
    expect(outcome.state.device.facts).toEqual({});
  });
});

function withMos(): TranslationContext {
  return { ...context, account: { ...context.account, alwaysSendMos: true } };
}

describe('MOS', () => {
  const mosOf = (scene: Partial<Scene> & { device: ModelDevice }) => {
    const played = play({ context: withMos(), ...scene }, []);
    return (played.packages[0]?.json.MOS ?? []) as readonly SupportedMo[];
  };

  test('lists MOs of which the device has an instance or the parent of instances', () => {
    const mos = mosOf({ device: modelDevice(phoneTree()) });
    const listed = Object.fromEntries(mos.map(({ MOID, MIID }) => [MOID, MIID]));
    expect(listed).toMatchObject({
      [DEVINFO]: ['DevInfo'],
      [DCMO]: ['camera', 'usb'],
      [FUMO]: ['FUMO'],
      [VENDOR]: ['Product'],
      'urn:oma:mo:oma-dm-dmacc:1.2': ['srv1'],
      'urn:oma:mo:oma-sessioninfomo:1.0': ['SessionInfoMO'],
      'urn:oma:mo:oma-dm-dacmo:1.0': ['DacMO'],
    });
    expect(Object.keys(listed)).not.toContain('urn:oma:mo:oma-lawmo:1.0');
    expect(mos.find(({ MOID }) => MOID === DCMO)?.DDF).toBe(`https://bridge.example/ddf/${DCMO}.ddf`);
  });

  test('lists an MO without instances with an empty MIID', () => {
    const tree = interior({ DCMO: interior() });
    expect(mosOf({ device: modelDevice(tree) }).find(({ MOID }) => MOID === DCMO)?.MIID).toEqual([]);
  });

  test.each<[string, DeviceOptions, readonly string[] | undefined]>([
    ['readable', {}, ['Inbox']],
    ['refused to this server', { lists: [], refuse: { './Inbox': { Get: 405 } } }, ['Inbox']],
    ['absent', {}, undefined],
    ['absent on a device without lists', { lists: [] }, undefined],
  ])('lists or omits an Inbox that is %s', (_what, options, expected) => {
    const tree = expected === undefined ? phoneTree() : interior({ ...phoneTree().children, Inbox: interior() });
    const mos = mosOf({ device: modelDevice(tree, options) });
    expect(mos.find(({ MOID }) => MOID === 'urn:oma:mo:oma-dm-inbox:1.0')?.MIID).toEqual(expected);
  });

  test('lists only MOs that the account provides', () => {
    const account = { ...context.account, alwaysSendMos: true, moids: [DCMO, VENDOR].map(parseMoid) };
    const mos = mosOf({ device: modelDevice(phoneTree()), context: { ...context, account } });
    expect(mos.map(({ MOID }) => MOID).sort()).toEqual([VENDOR, DCMO].sort());
  });

  test('is omitted when the device leaves before', () => {
    const played = play({ context: withMos(), device: modelDevice(phoneTree()), goneAfter: 0 }, []);
    expect(played.packages[0]?.json).toEqual({ Alert: [{ AlertType: 'urn:oma:at:dm:2.0:ClientInitiatedMgmt' }] });
  });
});

describe('an MO of a DDF without a MOID', () => {
  const AREA = 'urn:x-ddf:mo:Vendor-Acme-Config-Area:1.0';
  const OTHER = 'urn:x-ddf:mo:Vendor-Acme-Config-Other:1.0';
  const addable = (name: string) =>
    ddfNode(name, '<Path>./Vendor/Acme/Config</Path>', [ddfNode('Level', '', [], 'int')])
      .replaceAll('<Get/>', '<Add/><Get/><Replace/>')
      .replace('</DFFormat>', '</DFFormat><Occurrence><ZeroOrOne/></Occurrence>');
  const described = toDdfMappings(readDdf(ddfOf(addable('Area'), addable('Other'))));
  const index = new MoIndex([...context.index.all(), ...described]);
  const withDdf: TranslationContext = { ...context, index };
  const vendor = () =>
    interior({
      ...phoneTree().children,
      Vendor: interior({ Acme: interior({ Config: interior({ Area: interior({ Level: leaf('3', 'int') }) }) }) }),
    });

  test.each<[string, DeviceOptions, Dm1Version]>([
    ['lists', {}, '1.2'],
    ['supports no list', { lists: [] }, '1.2'],
    ['uses DM 1.1', { lists: [] }, '1.1'],
  ])('is found only at its place on a device that %s', (_what, options, version) => {
    const get = ['GET', `${AREA}//Level`];
    const found = meet([get, ['GET', `${OTHER}//Level`]], options, { tree: vendor(), context: withDdf, version });
    expect(found.statuses).toEqual(['200', '404']);
    expect(dataOf(found)).toMatchObject({ text: '3' });
    const elsewhere = meet([get], options, { context: withDdf, version });
    expect(elsewhere.statuses).toEqual(['404']);
    // Where a branch is not there, nobody asks for what would be in it.
    if (version === '1.2') expect(elsewhere.device.log.join()).not.toContain('Acme');
    const typed = vendor();
    const area = nodeAt(typed, './Vendor/Acme/Config/Area');
    if (area !== undefined) area.type = 'com.acme/9.9/Untold';
    expect(meet([get], options, { tree: typed, context: withDdf, version }).statuses).toEqual(['200']);
  });

  test('is not found at its place when the Type there is that of another MO', () => {
    const typed = vendor();
    const area = nodeAt(typed, './Vendor/Acme/Config/Area');
    if (area !== undefined) area.type = DCMO;
    expect(meet([['GET', `${AREA}//Level`]], {}, { tree: typed, context: withDdf }).statuses).toEqual(['404']);
  });

  test('is in MOS when the device has it or its parent, after one listing', () => {
    const alwaysSendMos = { ...withDdf, account: { ...context.account, alwaysSendMos: true } };
    const mosOf = (tree: DeviceNode) => {
      const device = modelDevice(tree);
      const played = play({ context: alwaysSendMos, device }, []);
      const mos = (played.packages[0]?.json.MOS ?? []) as readonly SupportedMo[];
      return { device, listed: Object.fromEntries(mos.map(({ MOID, MIID }) => [MOID, MIID])) };
    };
    expect(mosOf(vendor()).listed).toMatchObject({ [AREA]: ['Area'], [OTHER]: [] });
    const { device, listed } = mosOf(phoneTree());
    expect(Object.keys(listed).filter((moid) => moid.includes('x-ddf'))).toEqual([]);
    expect(device.log).toEqual(['Get .?list=Struct']);
  });

  test('is recognised by its place in an Alert 1229 and in a TNDS document', () => {
    const level =
      '<Node><NodeName>Level</NodeName><RTProperties><Type><MIME>text/plain</MIME></Type></RTProperties><Value>4</Value></Node>';
    const text = `<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Area</NodeName><Path>./Vendor/Acme/Config</Path><RTProperties><Format><node/></Format><Type><DDFName/></Type></RTProperties>${level}</Node></MgmtTree>`;
    expect(
      instanceOfTnds(
        index,
        parseLocUri('./Vendor/Acme/Config/Area'),
        text.replace('<Path>./Vendor/Acme/Config</Path>', ''),
      ),
    ).toBeDefined();
    const repository = () => document(text, 'application/vnd.syncml.dmtnds+xml');
    const stored = meet([['HGET', `${DATA}/area`]], {}, { tree: vendor(), context: withDdf, repository });
    expect(stored.device.log).toContain('Replace ./Vendor/Acme/Config/Area/Level');
  });

  test('is added with the name that the DDF has', () => {
    const repository = () => document(JSON.stringify([{ ClientURI: `${OTHER}//`, MOData: { new: { Level: 5 } } }]));
    const made = meet([['HGET', `${DATA}/other`]], {}, { tree: vendor(), context: withDdf, repository });
    expect(made.statuses).toEqual([`200 ${OTHER}/Other/`]);
    expect(made.device.log.join()).toContain('./Vendor/Acme/Config/Other');
    expect(made.state.device.miids[parseMoid(OTHER)]).toEqual({ Other: './Vendor/Acme/Config/Other' });
  });
});
