/** The SourceURI of an alert on devices that tell no Type: that of the instance which a GET finds at the place (DM-2.0 §5.4, §13.1). */
import { describe, expect, test } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import { toMapping } from '../../src/mapping/mapping-file.ts';
import type { Command } from '../../src/syncml/message.ts';
import { play, type SceneOptions } from './value-scene.ts';

const DEV_INFO = 'urn:oma:mo:oma-dm-devinfo:1.2/DevInfo';
const SCOMO = 'urn:oma:mo:oma-scomo:1.0';
const DCMO = 'urn:oma:mo:oma-dcmo:1.0';

const event = (locUri: string, at = 0, code = '1226'): Command => ({
  name: 'Alert',
  cmdId: String(10 + at),
  data: code,
  items: [{ source: { locUri }, meta: { type: 'urn:example:at:Event', format: 'chr' }, data: 'x' }],
});

const inner = { format: 'node' } as const;
const leaf = (value: string) => ({ format: 'chr', value });
const nodes: SceneOptions['device']['nodes'] = {
  '.': inner,
  './DevInfo': inner,
  './DevInfo/Lang': leaf('en'),
  './DevDetail': inner,
  './DevDetail/FwV': leaf('1'),
  './SCM': inner,
  './SCM/Inventory': inner,
  './DCMO': inner,
  './DCMO/camera': inner,
  './DCMO/camera/Enabled': leaf('true'),
};

async function sourcesOf(alerts: readonly string[], options: Partial<SceneOptions> = {}, code = '1226') {
  const { device, ...others } = options;
  const commands = alerts.map((locUri, at) => event(locUri, at, code));
  const result = await play({ ...others, device: { nodes, lists: ['Struct'], commands, ...device } });
  const sent = result.packages.flatMap(({ Alert = [] }) => Alert);
  const events = sent.filter(({ AlertType }) => AlertType.endsWith(':Event'));
  return { result, sources: events.map(({ SourceURI, Data }) => SourceURI ?? Data?.DM1xSource) };
}

const SOURCES: readonly [string, string][] = [
  ['./DevInfo/Lang', `${DEV_INFO}/Lang`],
  ['DevInfo/Lang', `${DEV_INFO}/Lang`],
  ['./DevDetail', 'urn:oma:mo:oma-dm-devdetail:1.0/DevDetail/'],
  ['./DevDetail/LrgObj', 'urn:oma:mo:oma-dm-devdetail:1.0/DevDetail/LrgObj'],
  // DM 2.0 has this node in DevInfo.
  ['./DevDetail/FwV', `${DEV_INFO}/FwV`],
  ['./SCM/Inventory', `${SCOMO}/SCM/Inventory`],
  ['./DCMO/camera/Enabled', `${DCMO}/camera/Enabled`],
  ['./Unknown/x', './Unknown/x'],
];

describe.each(['xml', 'wbxml'] as const)('an alert of a device that tells no Types and speaks %s', (encoding) => {
  describe.each([{ lists: ['Struct'] as const }, { lists: [] }])('and has the lists $lists', ({ lists }) => {
    test.each(SOURCES)('comes from %s with the SourceURI %s', async (locUri, sourceUri) => {
      const { sources } = await sourcesOf([locUri], { device: { nodes, encoding, lists } });
      expect(sources).toEqual([sourceUri]);
    });

    test('has SourceURIs for all its sources in one Package#1, and for client events too', async () => {
      const all = SOURCES.map(([locUri]) => locUri);
      const { sources } = await sourcesOf(all, { device: { nodes, encoding, lists } }, '1224');
      expect(sources).toEqual(SOURCES.map(([, sourceUri]) => sourceUri));
    });
  });
});

describe('the SourceURI of an alert', () => {
  test('of DevInfo needs no search of the device', async () => {
    const { result } = await sourcesOf(['./DevInfo/Lang', './DevDetail/SwV']);
    expect(result.device.asked).toEqual([]);
  });

  test('names the instance by which a GET finds it, in the same session and in later ones', async () => {
    const sourceUri = `${DCMO}/camera/Enabled`;
    const { result, sources } = await sourcesOf(['./DCMO/camera/Enabled'], {
      commands: [['GET', sourceUri]],
      sessions: 2,
    });
    expect(sources).toEqual([sourceUri, sourceUri]);
    expect(result.statuses).toEqual([200, 200]);
  });

  test('is in Package#3, too, for alerts that the device sends during the session', async () => {
    const later = [event('./DevInfo/Lang', 80), event('./DCMO/camera/Enabled', 81), event('./SCM/Inventory', 82)];
    const { sources } = await sourcesOf([], {
      commands: [['GET', `${DCMO}/camera/Enabled`]],
      device: { nodes, lists: ['Struct'], later },
    });
    expect(sources).toEqual([`${DEV_INFO}/Lang`, `${DCMO}/camera/Enabled`, `${SCOMO}/SCM/Inventory`]);
  });

  test('is that of the instance under the other name of the tree', async () => {
    const moid = 'com.example/1.0/Lock';
    const mapping = toMapping({ moid, name: 'Lock', find: 'type', roots: ['./Vendor/Lock'] });
    const vendor = { ...nodes, './Vendor': inner, './Vendor/Lock': inner, './Vendor/Lock/Bolt': leaf('x') };
    const { sources } = await sourcesOf(['./Vendor/Lock/Bolt', './Device/Vendor/Lock/Bolt'], {
      mappings: [...loadMappings().mappings, mapping],
      device: { nodes: vendor, lists: ['Struct'] },
    });
    expect(sources).toEqual([`${moid}/Lock/Bolt`, `${moid}/Lock/Bolt`]);
  });

  test('is missing for an expected place that is no instance, because others have the Type', async () => {
    const typed = { ...nodes, './Apps': inner, './Apps/SCM': { format: 'node', type: SCOMO } };
    const { sources } = await sourcesOf(['./SCM/Inventory', './Apps/SCM/Inventory'], {
      device: { nodes: typed, lists: ['Struct'] },
    });
    expect(sources).toEqual(['./SCM/Inventory', `${SCOMO}/SCM/Inventory`]);
  });

  test('is missing for a place of which the device lists no node', async () => {
    const { './SCM': _, './SCM/Inventory': _inventory, ...others } = nodes;
    const { sources } = await sourcesOf(['./SCM/Inventory'], { device: { nodes: others, lists: ['Struct'] } });
    expect(sources).toEqual(['./SCM/Inventory']);
  });
});
