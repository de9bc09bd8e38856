/** DevInfo as a whole: all that the device has, read once, with what each Package#1 brings (DM-1.3 §6.3; DM-2.0 §5.3.6, §12.1). */
import { describe, expect, test } from 'vitest';
import type { Command, Item } from '../../src/syncml/message.ts';
import { BRUCE, BridgeUnderTest, commands, noCommands, replied, statusesIn } from './bridge-under-test.ts';
import { type DeviceNode, ValueDevice, type ValueDeviceOptions } from './value-device.ts';
import { DATA } from './value-scene.ts';

const DEV_INFO = 'urn:oma:mo:oma-dm-devinfo:1.2';
const LIST = 'Get ./DevInfo?list=StructData';
const VERSIONS = ['FwV', 'SwV', 'HwV'].map((name) => `Get ./DevDetail/${name}`);

const NODES: Readonly<Record<string, DeviceNode>> = {
  './DevInfo': { format: 'node' },
  './DevInfo/DevId': { value: BRUCE.devId },
  './DevInfo/Man': { value: 'Maker' },
  './DevInfo/Mod': { value: 'Phone' },
  './DevInfo/DmV': { value: '1.2' },
  './DevInfo/Lang': { value: 'en' },
  './DevInfo/LangAuto': { value: 'FALSE' },
  './DevInfo/Ext': { format: 'node' },
  './DevInfo/Ext/Plan': { format: 'int', value: '2' },
  './DevDetail': { format: 'node' },
  './DevDetail/DevTyp': { value: 'phone' },
  './DevDetail/FwV': { value: 'fw-1' },
  './DevDetail/SwV': { value: 'sw-1' },
  './DevDetail/HwV': { value: 'hw-1' },
};
const WHOLE = {
  DevID: BRUCE.devId,
  Man: 'Maker',
  Mod: 'Phone',
  DmV: '1.2',
  Lang: 'en',
  LangAuto: false,
  Ext: { Plan: 2 },
  DevType: 'phone',
  FwV: 'fw-1',
  SwV: 'sw-1',
  HwV: 'hw-1',
};

const brought = (path: string, data: string, format?: string): Item => {
  const item = { source: { locUri: `./DevInfo/${path}` }, data };
  return format === undefined ? item : { ...item, meta: { format } };
};
const changed = (locUri: string): Command => ({ name: 'Alert', cmdId: '90', data: '1228', items: [{ data: locUri }] });

interface Session {
  readonly asked: readonly string[];
  readonly statuses: readonly number[];
  /** The parts of Package#3, or the bodies of uploads. */
  readonly bodies: readonly string[];
}

/** A bridge whose backend sends one list in each session. */
class Scene {
  readonly #bridge: BridgeUnderTest;
  #list: readonly (readonly string[])[] = [];
  #count = 0;

  static async open(): Promise<Scene> {
    const scene: { of?: Scene } = {};
    const bridge = await BridgeUnderTest.open({
      devices: [BRUCE],
      script: ({ purpose, headers, url }) => {
        if (purpose === 'repository') {
          return url.endsWith('lang') ? replied('de', 200, { 'content-type': 'text/plain' }) : replied('', 200);
        }
        const isFirst = headers['content-type']?.includes('initiation') === true;
        return isFirst ? commands(...(scene.of?.list ?? [])) : noCommands();
      },
    });
    scene.of = new Scene(bridge);
    return scene.of;
  }

  constructor(bridge: BridgeUnderTest) {
    this.#bridge = bridge;
  }

  get list(): readonly (readonly string[])[] {
    return this.#list;
  }

  async run(
    list: readonly (readonly string[])[],
    { nodes = NODES, ...options }: Partial<ValueDeviceOptions> = {},
  ): Promise<Session> {
    this.#list = list;
    this.#count += 1;
    const before = this.#bridge.requests.length;
    const packages = this.#bridge.packages().length;
    const device = new ValueDevice(BRUCE, { nodes, ...options });
    await device.session(this.#bridge, String(this.#count));
    await this.#bridge.drained();
    return {
      asked: device.asked,
      statuses: this.#bridge
        .packages()
        .slice(packages)
        .flatMap((sent) => statusesIn(sent) ?? []),
      bodies: this.#bridge.requests.slice(before).flatMap(({ body }) => {
        return body !== undefined && 'text' in body ? body.text.split(/\r\n\r\n(?=\[|<)/u).slice(-1) : [];
      }),
    };
  }
}

/** The member of the last MO data in a session. */
function dataOf({ bodies }: Session): { readonly CV?: string; readonly MOData: { readonly DevInfo: unknown } } {
  const text = bodies.findLast((body) => body.includes('"MOData"')) ?? '[]';
  return JSON.parse(text.slice(text.indexOf('['), text.lastIndexOf(']') + 1))[0];
}

const GET = [['GET', `${DEV_INFO}//`]];

const LISTS = (['xml', 'wbxml'] as const).flatMap((encoding) =>
  ([['StructData'], ['Struct'], []] as const).map((lists) => ({ encoding, lists })),
);

describe('the whole DevInfo', () => {
  test.each(LISTS)('is told with what Package#1 does not bring: $lists ($encoding)', async (form) => {
    const scene = await Scene.open();
    const first = await scene.run(GET, form);
    expect(dataOf(first).MOData.DevInfo).toEqual(WHOLE);
    const again = await scene.run(GET, form);
    expect(dataOf(again)).toEqual(dataOf(first));
    expect(again.asked.filter((line) => line.includes('/DevInfo'))).toEqual([]);
  });

  test.each([
    ['a wildcard', ['GET', `${DEV_INFO}/*`]],
    ['lv', ['GET', `${DEV_INFO}//?lv=9`]],
    ['HPUT', ['HPUT', `${DATA}up`, `${DEV_INFO}//`]],
  ])('is told for %s', async (_, command) => {
    const scene = await Scene.open();
    const session = await scene.run([command]);
    expect(session.statuses).toEqual([200]);
    expect(dataOf(session).MOData.DevInfo).toEqual(WHOLE);
  });

  test.each(['LangAuto', 'Ext/Plan', 'Ext'])(
    'has the node %s in an answer of its own, which the device gives',
    async (path) => {
      const session = await (await Scene.open()).run([['GET', `${DEV_INFO}//${path}`]]);
      expect(session.statuses).toEqual([200]);
      expect(session.asked.some((line) => line.startsWith(`Get ./DevInfo/${path}`))).toBe(true);
    },
  );

  test('leaves single leaves to Package#1', async () => {
    const session = await (await Scene.open()).run(
      [
        ['GET', `${DEV_INFO}//Lang`],
        ['GET', `${DEV_INFO}//LangAuto`],
      ],
      { devInfo: [brought('LangAuto', 'false')] },
    );
    expect(session.statuses).toEqual([200, 200]);
    expect(session.asked).toEqual([]);
  });

  test('has the leaves that only Package#1 tells, and each leaf in its JSON type', async () => {
    const devInfo = [brought('LangAuto', 'true', 'bool'), brought('Ext/Slots', '4', 'int'), brought('Note', 'n')];
    const { './DevInfo/LangAuto': _, ...nodes } = NODES;
    const session = await (await Scene.open()).run(GET, { nodes, devInfo });
    expect(dataOf(session).MOData.DevInfo).toEqual({
      ...WHOLE,
      LangAuto: true,
      Note: 'n',
      Ext: { Plan: 2, Slots: 4 },
    });
  });

  test('is what Package#1 tells, without a cache validator, when the device does not have it in its tree', async () => {
    const nodes = Object.fromEntries(Object.entries(NODES).filter(([place]) => !place.startsWith('./DevInfo')));
    const scene = await Scene.open();
    for (let count = 0; count < 2; count += 1) {
      const session = await scene.run(GET, { nodes });
      const { LangAuto: _, Ext: __, ...told } = WHOLE;
      expect(dataOf(session).MOData.DevInfo).toEqual(told);
      expect(dataOf(session)).not.toHaveProperty('CV');
    }
  });

  test('that cannot be read as a whole is not told: 500', async () => {
    const answer: ValueDeviceOptions['answer'] = (command, regular) =>
      command.startsWith('Get ./DevInfo') ? { ...regular(), code: 206 } : undefined;
    const session = await (await Scene.open()).run(GET, { answer });
    expect(session.statuses).toEqual([500]);
  });
});

describe('DevInfo in a later session', () => {
  test('comes from the cache, after a look at the versions, with what Package#1 brings put over it', async () => {
    const scene = await Scene.open();
    await scene.run(GET);
    const nodes = { ...NODES, './DevInfo/Lang': { value: 'fr' } };
    const later = await scene.run(GET, { nodes, devInfo: [brought('Lang', 'fr')] });
    expect(later.asked).toEqual(VERSIONS);
    expect(dataOf(later).MOData.DevInfo).toEqual({ ...WHOLE, Lang: 'fr' });
    const other = await (await Scene.open()).run(GET, { nodes, devInfo: [brought('Lang', 'fr')] });
    expect(dataOf(later).CV).toBe(dataOf(other).CV);
  });

  test('takes no read at all while the device confirms its tree', async () => {
    const scene = await Scene.open();
    await scene.run(GET);
    const later = await scene.run(GET, { commands: [{ name: 'Alert', cmdId: '90', data: '1227', items: [] }] });
    expect(later.asked).toEqual([]);
    expect(dataOf(later).MOData.DevInfo).toEqual(WHOLE);
  });

  test.each(['FwV', 'SwV', 'HwV'])('is read anew when %s has changed', async (name) => {
    const scene = await Scene.open();
    await scene.run(GET);
    const nodes = {
      ...NODES,
      [`./DevDetail/${name}`]: { value: 'new' },
      './DevInfo/Ext/Plan': { format: 'int', value: '3' },
    };
    const later = await scene.run(GET, { nodes });
    expect(later.asked).toContain(LIST);
    expect(dataOf(later).MOData.DevInfo).toEqual({ ...WHOLE, [name]: 'new', Ext: { Plan: 3 } });
  });

  test.each(['DmV', 'Mod'])('is read anew when Package#1 brings another %s', async (name) => {
    const scene = await Scene.open();
    await scene.run(GET);
    const nodes = {
      ...NODES,
      [`./DevInfo/${name}`]: { value: '1.3' },
      './DevInfo/Ext/Plan': { format: 'int', value: '3' },
    };
    const later = await scene.run(GET, { nodes, devInfo: [brought(name, '1.3')] });
    expect(later.asked).toContain(LIST);
    expect(dataOf(later).MOData.DevInfo).toEqual({ ...WHOLE, [name]: '1.3', Ext: { Plan: 3 } });
  });

  test.each([
    ['./DevInfo', true],
    ['./DevInfo/Ext/Plan', true],
    ['./DevDetail', true],
    ['./Other', false],
  ])('after a 1228 of %s is read anew: %s', async (locUri, isRead) => {
    const scene = await Scene.open();
    await scene.run(GET);
    const later = await scene.run(GET, { commands: [changed(locUri)] });
    expect(later.asked.includes(LIST)).toBe(isRead);
    expect(dataOf(later).MOData.DevInfo).toEqual(WHOLE);
  });

  test('never has a value that only an earlier Package#1 told', async () => {
    const scene = await Scene.open();
    await scene.run(GET);
    const told = { ...NODES, './DevInfo/LangAuto': { value: 'TRUE' } };
    const second = await scene.run(GET, { nodes: told, devInfo: [brought('LangAuto', 'true')] });
    expect(second.asked).toEqual(VERSIONS);
    expect(dataOf(second).MOData.DevInfo).toEqual({ ...WHOLE, LangAuto: true });
    const third = await scene.run([...GET, ['GET', `${DEV_INFO}//LangAuto`]]);
    expect(third.asked).toContain(LIST);
    expect(dataOf(third).MOData.DevInfo).toEqual(WHOLE);
    const leaf = await scene.run([['GET', `${DEV_INFO}//LangAuto`]]);
    expect(leaf.asked).toEqual(['Get ./DevInfo/LangAuto']);
  });

  test('has a value that the backend has written', async () => {
    const scene = await Scene.open();
    await scene.run(GET);
    const session = await scene.run([['HGET', `${DATA}lang`, `${DEV_INFO}//Lang`], ...GET]);
    expect(session.statuses).toEqual([200, 200]);
    expect(dataOf(session).MOData.DevInfo).toEqual({ ...WHOLE, Lang: 'de' });
  });

  test('is unmodified for its cache validator (304), and modified with another value of Package#1', async () => {
    const scene = await Scene.open();
    const { CV } = dataOf(await scene.run(GET));
    const conditional = [['GET', `${DEV_INFO}//?cv=${CV}`]];
    expect((await scene.run(conditional)).statuses).toEqual([304]);
    expect((await scene.run(conditional, { devInfo: [brought('Lang', 'fr')] })).statuses).toEqual([200]);
  });
});
