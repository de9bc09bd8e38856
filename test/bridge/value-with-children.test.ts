/** Some devices have nodes with a value and children, or with a value under Format null. */
import { describe, expect, test } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import { toMapping } from '../../src/mapping/mapping-file.ts';
import { DATA, moData, play, type SceneOptions, THING, thing } from './value-scene.ts';

const NODES = thing({
  Both: { format: 'int', value: '5' },
  'Both/Inner': { format: 'chr', value: 'x' },
  Nil: { format: 'null', value: 'nothing?' },
  Plain: { format: 'node' },
  'Plain/a': { format: 'chr', value: 'y' },
  // A device that gives every node the default format answers with the names of the children.
  Listed: { value: 'b/a' },
  'Listed/a': { format: 'chr', value: '1' },
  'Listed/b': { format: 'chr', value: '2' },
});

const node = (name: string, format: string, inside: string) =>
  `<Node><NodeName>${name}</NodeName><RTProperties><Format><${format}/></Format></RTProperties>${inside}</Node>`;
const DOCUMENT = `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${node(
  'one',
  'node',
  node('Both', 'int', `<Value>5</Value>${node('Inner', 'chr', '<Value>x</Value>')}`) +
    node('Nil', 'null', '<Value>nothing?</Value>') +
    node('Plain', 'node', node('a', 'chr', '<Value>y</Value>')) +
    node(
      'Listed',
      'node',
      `<Value>b/a</Value>${node('a', 'chr', '<Value>1</Value>')}${node('b', 'chr', '<Value>2</Value>')}`,
    ),
)}</MgmtTree>`;

const { mappings } = loadMappings();
const MAPPING = toMapping({
  moid: 'urn:example:mo:thing:1.0',
  name: 'Thing',
  find: 'type',
  minimumAccess: true,
  valueLeaf: 'OwnValue',
});

function scene(list: 'StructData' | 'TNDS', commands: SceneOptions['commands'], more: Partial<SceneOptions> = {}) {
  return play({
    commands: commands ?? [],
    ...more,
    device: { nodes: NODES, lists: [list, 'Struct'], documents: { './Ex/one': DOCUMENT } },
  });
}

describe.each(['StructData', 'TNDS'] as const)('a device that lists by %s', (list) => {
  test('without valueLeaf the children are told, and each left-out value is logged once', async () => {
    const { parts, quirks } = await scene(list, [['GET', `${THING}/`]], { sessions: 2 });
    expect(moData(parts[0])).toEqual({
      Both: { Inner: 'x' },
      Nil: null,
      Plain: { a: 'y' },
      Listed: { a: '1', b: '2' },
    });
    expect(moData(parts[1])).toEqual(moData(parts[0]));
    expect(quirks).toMatchObject([
      { quirk: 'value of an interior or null node: ./Ex/one/Both' },
      { quirk: 'value of an interior or null node: ./Ex/one/Nil' },
    ]);
  });

  test('with valueLeaf the value is told as a leaf, and nothing is logged', async () => {
    const { parts, quirks } = await scene(list, [['GET', `${THING}/`]], { mappings: [...mappings, MAPPING] });
    expect(moData(parts[0])).toEqual({
      Both: { Inner: 'x', OwnValue: 5 },
      Nil: { OwnValue: 'nothing?' },
      Plain: { a: 'y' },
      Listed: { a: '1', b: '2' },
    });
    expect(quirks).toEqual([]);
  });

  test('the value counts in the CV only when it is told', async () => {
    const cvOf = async (value: string, more: Partial<SceneOptions>) => {
      const nodes = { ...NODES, './Ex/one/Both': { format: 'int', value } };
      const document = DOCUMENT.replace('<Value>5<', `<Value>${value}<`);
      const { parts } = await play({
        commands: [['GET', `${THING}/`]],
        ...more,
        device: { nodes, lists: [list, 'Struct'], documents: { './Ex/one': document } },
      });
      return JSON.parse(parts[0]?.text ?? '')[0].CV;
    };
    expect(await cvOf('5', {})).toBe(await cvOf('6', {}));
    const told = { mappings: [...mappings, MAPPING] };
    expect(await cvOf('5', told)).not.toBe(await cvOf('6', told));
  });
});

test('the leaf can be read by its address, and refuses every change', async () => {
  const more = {
    mappings: [...mappings, MAPPING],
    resources: {
      a: { contentType: 'text/plain', body: '6' },
      b: { body: `[{"ClientURI":"${THING}/Both","MOData":{"Both":{"Inner":"x","OwnValue":6}}}]` },
      c: { body: `[{"ClientURI":"${THING}/Both","MOData":{"Both":{"Inner":"z"}}}]` },
      d: { body: `[{"ClientURI":"${THING}/New","MOData":{"New":{"OwnValue":6}}}]` },
    },
  };
  const commands = [
    ['GET', `${THING}/Both/OwnValue`],
    ['HGET', `${DATA}a`, `${THING}/Both/OwnValue`],
    ['HGET', `${DATA}b`],
    ['DELETE', `${THING}/Both/OwnValue`],
    ['HGET', `${DATA}d`],
    ['HGET', `${DATA}c`],
  ];
  const { statuses, parts, device } = await scene('StructData', commands, more);
  expect(parts[0]?.text).toBe('5');
  expect(statuses).toEqual([200, 403, 403, 405, 415, 200]);
  // A document that leaves the value out lets it be.
  expect(device.nodes.get('./Ex/one/Both')).toEqual({ format: 'int', value: '5' });
  expect(device.written.map(({ target }) => target)).toEqual(['./Ex/one/Both/Inner']);
});

test('a TNDS document of the repository with such a value is 415', async () => {
  const { statuses, device } = await scene('StructData', [['HGET', `${DATA}a`, `${THING}/`]], {
    resources: { a: { contentType: 'application/vnd.syncml.dmtnds+xml', body: DOCUMENT } },
  });
  expect([statuses, device.written]).toEqual([[415], []]);
});
