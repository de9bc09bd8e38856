/** Devices that tell only a part of a listing, and say so: 206, 413, or 213 without the rest. */
import { describe, expect, test } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import { toMapping } from '../../src/mapping/mapping-file.ts';
import type { DeviceAnswer, DeviceNode } from './value-device.ts';
import { DATA, moData, play, type SceneOptions, THING, thing } from './value-scene.ts';

const MOID = 'urn:example:mo:thing:1.0';
const { mappings } = loadMappings();
/** At most one instance, which HGET can make. */
const SINGLE = toMapping({
  moid: MOID,
  name: 'Thing',
  find: 'type',
  newInstance: { parent: './Ex', single: true },
  minimumAccess: true,
});
const ENTRIES = Object.fromEntries(Array.from({ length: 6 }, (_, at) => [String(at), `entry ${at}`]));
const LEAVES = Object.entries(ENTRIES).map(([name, value]) => [`Log/${name}`, { format: 'chr', value }] as const);
const NODES: Readonly<Record<string, DeviceNode>> = thing({
  Name: { format: 'chr', value: 'old' },
  Log: { format: 'node' },
  ...Object.fromEntries(LEAVES),
});
const WHOLE = { Name: 'old', Log: ENTRIES };

const node = (name: string, format: string, inside: string) =>
  `<Node><NodeName>${name}</NodeName><RTProperties><Format><${format}/></Format></RTProperties>${inside}</Node>`;
const NAME = node('Name', 'chr', '<Value>old</Value>');
const log = (entries: readonly string[]) =>
  node('Log', 'node', entries.map((name) => node(name, 'chr', `<Value>entry ${name}</Value>`)).join(''));
const documentOf = (...nodes: readonly string[]) =>
  `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${node('one', 'node', nodes.join(''))}</MgmtTree>`;

type List = 'StructData' | 'TNDS' | 'Struct';

interface PartialScene extends Pick<SceneOptions, 'commands' | 'resources' | 'sessions'> {
  readonly encoding: 'xml' | 'wbxml';
  readonly list: List;
  readonly code: number;
  /** Targets whose answer is a part. */
  readonly isPartial: (target: string) => boolean;
}

/** The beginning of an answer, with the status that says so. */
function partOf({ results = [] }: DeviceAnswer, code: number): DeviceAnswer {
  const some = results.length > 1 ? results.slice(0, Math.ceil(results.length / 2)) : results;
  const kept = some.map((item) => {
    const isNames = item.meta?.format === 'node' && typeof item.data === 'string';
    return isNames ? { ...item, data: String(item.data).split('/').slice(0, 1).join('/') } : item;
  });
  return { code, results: kept };
}

function scene({ encoding, list, code, isPartial, ...options }: PartialScene) {
  return play({
    mappings: [...mappings, SINGLE],
    ...options,
    device: {
      encoding,
      nodes: NODES,
      atomic: false,
      lists: list === 'Struct' ? ['Struct'] : [list, 'Struct'],
      documents: { './Ex/one': documentOf(NAME, log(['0', '1'])) },
      answer: (command, regular) => {
        const [name, target = ''] = command.split(' ');
        return name === 'Get' && isPartial(target) ? partOf(regular(), code) : undefined;
      },
    },
  });
}

const FORMS = (['xml', 'wbxml'] as const).flatMap((encoding) =>
  (['StructData', 'TNDS', 'Struct'] as const).flatMap((list) =>
    [206, 413, 213].map((code) => ({ encoding, list, code })),
  ),
);

const ofInstance = (list: List) => (target: string) => target === `./Ex/one?list=${list}`;
const ofAll = (target: string) => /\?list=/u.test(target);

describe.each(FORMS)('a device that answers $code to $list with a part of the tree ($encoding)', (form) => {
  test('has all nodes of an instance told, with the cache validator of the whole', async () => {
    const { parts, statuses } = await scene({
      ...form,
      isPartial: ofInstance(form.list),
      commands: [['GET', `${THING}/`]],
    });
    const whole = await scene({
      ...form,
      isPartial: () => false,
      list: 'StructData',
      commands: [['GET', `${THING}/`]],
    });
    expect(statuses).toEqual([200]);
    expect(moData(parts[0])).toEqual(WHOLE);
    expect(JSON.parse(parts[0]?.text ?? '')[0].CV).toBe(JSON.parse(whole.parts[0]?.text ?? '')[0].CV);
  });

  test('loses all nodes that a wildcard names, and no others', async () => {
    const { device, statuses } = await scene({ ...form, isPartial: ofAll, commands: [['DELETE', `${THING}/Log/*`]] });
    expect(statuses).toEqual([200]);
    expect([...device.nodes.keys()].sort()).toEqual(['.', './Ex', './Ex/one', './Ex/one/Log', './Ex/one/Name']);
  });

  test('has exactly the nodes of a document after its replacement', async () => {
    const { device, statuses } = await scene({
      ...form,
      isPartial: ofInstance(form.list),
      commands: [['HGET', `${DATA}new`, `${THING}/`]],
      resources: {
        new: { body: JSON.stringify([{ ClientURI: THING, MOData: { one: { Name: 'new', Log: { 0: 'entry 0' } } } }]) },
      },
    });
    expect(statuses).toEqual([200]);
    expect([...device.nodes.keys()].filter((place) => place.startsWith('./Ex/one/')).sort()).toEqual([
      './Ex/one/Log',
      './Ex/one/Log/0',
      './Ex/one/Name',
    ]);
    expect(device.nodes.get('./Ex/one/Name')?.value).toBe('new');
  });

  test('gets no second instance of an MO that it has', async () => {
    const { device, statuses } = await scene({
      ...form,
      isPartial: (target) => /^\.(\/Ex)?\?list=/u.test(target),
      commands: [['HGET', `${DATA}new`]],
      resources: {
        new: { body: JSON.stringify([{ ClientURI: `${MOID}//`, MOData: { one: { ...WHOLE, Name: 'new' } } }]) },
      },
    });
    expect(statuses).toEqual([200]);
    expect([...device.nodes.keys()].filter((place) => /^\.\/Ex\/[^/]+$/u.test(place))).toEqual(['./Ex/one']);
    expect(device.nodes.get('./Ex/one/Name')?.value).toBe('new');
  });

  test('has nothing told, changed, made or kept when it tells children in part, too: 500', async () => {
    const isPartial = (target: string) => ofAll(target) || target === './Ex/one/Log';
    const before = [...Object.keys(NODES)];
    const { bridge, device, parts, statuses } = await scene({
      ...form,
      isPartial,
      commands: [
        ['GET', `${THING}/`],
        ['DELETE', `${THING}/Log/*`],
        ['HGET', `${DATA}new`, `${THING}/`],
        ['HPUT', `${DATA}up`, `${THING}/`],
      ],
      resources: { new: { body: JSON.stringify([{ ClientURI: THING, MOData: { one: { Name: 'new' } } }]) } },
    });
    expect(statuses).toEqual([500, 500, 500, 500]);
    expect(parts).toEqual([]);
    expect([...device.nodes.keys()]).toEqual(before);
    expect(device.written).toEqual([]);
    const { cache } = (await bridge.state()).record;
    expect(Object.keys(cache?.copies ?? {}).filter((key) => key.includes(MOID))).toEqual([]);
  });

  test('gets no instance, and no list of instances is kept, when the children of a parent are told in part: 500', async () => {
    const isPartial = (target: string) => ofAll(target) || target === './Ex';
    const { bridge, device, statuses } = await scene({
      ...form,
      isPartial,
      commands: [['HGET', `${DATA}new`]],
      resources: { new: { body: JSON.stringify([{ ClientURI: `${MOID}//`, MOData: { two: { Name: 'new' } } }]) } },
    });
    expect(statuses).toEqual([500]);
    expect([...device.nodes.keys()]).toEqual(Object.keys(NODES));
    expect((await bridge.state()).record.cache?.copies ?? {}).toEqual({});
  });

  test('is not taken for a device without lists', async () => {
    const { bridge } = await scene({ ...form, isPartial: ofInstance(form.list), commands: [['GET', `${THING}/`]] });
    expect((await bridge.state()).record.facts.list).not.toBe('none');
  });
});

test.each([500, 503])(
  'no instance is made when a child of a tree that is told in part cannot be read: %i',
  async (code) => {
    const { device, statuses } = await play({
      mappings: [...mappings, SINGLE],
      commands: [['HGET', `${DATA}new`]],
      resources: { new: { body: JSON.stringify([{ ClientURI: `${MOID}//`, MOData: { two: { Name: 'new' } } }]) } },
      device: {
        nodes: NODES,
        lists: ['Struct'],
        answer: (command, regular) => {
          if (command === 'Get .?list=Struct') return partOf(regular(), 206);
          if (command === 'Get ./Ex?list=Struct') return { code: 406 };
          return command === 'Get ./Ex' ? { code } : undefined;
        },
      },
    });
    expect(statuses).toEqual([500]);
    expect([...device.nodes.keys()]).toEqual(Object.keys(NODES));
  },
);

describe.each(['xml', 'wbxml'] as const)('a listing that comes in chunks without an end (%s)', (encoding) => {
  test.each(['StructData', 'TNDS'] as const)('is none: the nodes are read one by one (%s)', async (list) => {
    const { parts, statuses, bridge } = await play({
      mappings: [...mappings, SINGLE],
      commands: [['GET', `${THING}/`]],
      device: {
        encoding,
        nodes: NODES,
        lists: [list, 'Struct'],
        documents: { './Ex/one': documentOf(NAME, log(['0', '1'])) },
        answer: (command, regular) => {
          if (command !== `Get ./Ex/one?list=${list}`) return undefined;
          const { code, results = [] } = regular();
          const some = results.slice(0, 3);
          return {
            code,
            results: some.map((item, at) => (at === some.length - 1 ? { ...item, moreData: true } : item)),
          };
        },
      },
    });
    expect(statuses).toEqual([200]);
    expect(moData(parts[0])).toEqual(WHOLE);
    expect((await bridge.state()).record.facts.list).not.toBe('none');
  });
});

describe.each([206, 213])('a plain Get that the device answers with %i', (code) => {
  test.each(['xml', 'wbxml'] as const)('is no value: 500 with a reason (%s)', async (encoding) => {
    const { statuses, parts, uploads, bridge } = await scene({
      encoding,
      list: 'StructData',
      code,
      isPartial: (target) => target.startsWith('./Ex/one/Name'),
      commands: [
        ['GET', `${THING}/Name`],
        ['HPUT', `${DATA}up`, `${THING}/Name`],
      ],
    });
    expect(statuses).toEqual([500, 500]);
    expect(parts).toEqual([]);
    expect(uploads).toEqual([]);
    const reasons = bridge.logs.map((line) => JSON.parse(line)).filter(({ event }) => event === 'command.failed');
    expect(reasons[0]).toMatchObject({ reason: 'the device answered 206 to Get ./Ex/one/Name' });
  });
});
