/** The leaves of DevInfo that Package#1 brings keep their formats. */
import { expect, test } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import { ddfNode, ddfOf } from '../support/ddf.ts';
import { folderWith } from '../support/mappings.ts';
import { BRUCE } from './bridge-under-test.ts';
import { ValueDevice } from './value-device.ts';
import { DATA, moData, play } from './value-scene.ts';

const DEV_INFO = 'urn:oma:mo:oma-dm-devinfo:1.2//';
const leaf = (path: string, data: string, format?: string) => {
  const item = { source: { locUri: `./DevInfo/${path}` }, data };
  return format === undefined ? item : { ...item, meta: { format } };
};
const NODES = { './DevDetail': { format: 'node' }, './DevDetail/FwV': { value: '1' } };

test('a leaf of Package#1 has the format of the mapping, whatever the device says', async () => {
  for (const format of [undefined, 'chr', 'bool']) {
    const { parts } = await play({
      commands: [['GET', DEV_INFO]],
      device: { nodes: NODES, devInfo: [leaf('LangAuto', 'FALSE', format)] },
    });
    expect(moData(parts[0])).toMatchObject({ LangAuto: false, Lang: 'en' });
  }
});

test('a leaf of Package#1 that no mapping describes has the Format of its Item', async () => {
  const devInfo = [leaf('Ext/Slots', '4', 'Int'), leaf('Ext/Plan', '4'), leaf('Ext/Key', 'AAE=', 'b64')];
  const { parts, bridge } = await play({
    commands: [
      ['GET', DEV_INFO],
      ['GET', `${DEV_INFO}Ext/Key`],
    ],
    device: { nodes: NODES, devInfo },
  });
  expect(moData(parts[0])).toMatchObject({ Ext: { Slots: 4, Plan: '4', Key: 'AAE=' } });
  expect(parts[1]?.text).toBe('\0\x01');
  expect((await bridge.state()).record.devInfoFormats).toEqual({
    './DevInfo/Ext/Slots': 'int',
    './DevInfo/Ext/Key': 'b64',
  });
});

test('a Format that a later Package#1 leaves out is forgotten', async () => {
  const { bridge, device } = await play({ device: { nodes: NODES, devInfo: [leaf('Ext/Slots', '4', 'int')] } });
  expect((await bridge.state()).record.devInfoFormats).toEqual({ './DevInfo/Ext/Slots': 'int' });
  const later = new ValueDevice(BRUCE, { nodes: NODES, devInfo: [leaf('Ext/Slots', 'four')] });
  await later.session(bridge, '2');
  expect((await bridge.state()).record.devInfoFormats).toEqual({});
  expect(device.asked).toEqual([]);
});

test('a write to a leaf of Package#1 has the format of the mapping', async () => {
  const { device, statuses } = await play({
    commands: [['HGET', `${DATA}a`, `${DEV_INFO}LangAuto`]],
    resources: { a: { contentType: 'text/plain', body: 'true' } },
    device: { nodes: { ...NODES, './DevInfo/LangAuto': { value: 'false' } }, devInfo: [leaf('LangAuto', 'false')] },
  });
  expect(statuses).toEqual([200]);
  expect(device.written).toMatchObject([{ target: './DevInfo/LangAuto', meta: { format: 'bool' }, data: 'true' }]);
});

const ddfLeaf = (name: string, format: string) =>
  `<Node><NodeName>${name}</NodeName><DFProperties><AccessType><Get/></AccessType><DFFormat><${format}/></DFFormat><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>`;
const EXT = ddfNode('Ext', '', [ddfLeaf('Slots', 'int'), ddfLeaf('Roams', 'bool'), ddfLeaf('Note', 'chr')]);
const DEVINFO_NODE = ddfNode('DevInfo', '<Path>.</Path>', [ddfLeaf('DevId', 'chr'), ddfLeaf('LangAuto', 'bool'), EXT]);

test.each([
  ['of DevInfo alone', ddfOf(DEVINFO_NODE.replace('<DDFName/>', '<DDFName>urn:oma:mo:oma-dm-devinfo:1.0</DDFName>'))],
  ['of the whole device', ddfOf(ddfNode('.', '', [DEVINFO_NODE]))],
])('a leaf of Package#1 has the format that the DDF %s gives it, whatever the device says', async (_what, ddf) => {
  const { mappings } = loadMappings([folderWith({ 'device.ddf': ddf })]);
  for (const format of [undefined, 'chr', 'int']) {
    const devInfo = [leaf('LangAuto', 'true'), leaf('Ext/Slots', '4', format), leaf('Ext/Roams', 'TRUE', format)];
    const { parts } = await play({
      commands: [
        ['GET', DEV_INFO],
        ['GET', `${DEV_INFO}Ext/`],
      ],
      mappings,
      device: { nodes: NODES, devInfo: [...devInfo, leaf('Ext/Note', '7', 'int')] },
    });
    const Ext = { Slots: 4, Roams: true, Note: '7' };
    expect(moData(parts[0])).toMatchObject({ LangAuto: true, Ext });
    expect(moData(parts[1])).toEqual(Ext);
  }
});
