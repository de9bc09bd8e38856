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
  Numbered: { format: 'node', value: '7' },
  'Numbered/a': { format: 'chr', value: 'z' },
  Named: { format: 'chr', value: 'b/a' },
  'Named/a': { format: 'chr', value: '3' },
  'Named/b': { format: 'chr', value: '4' },
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
      'Named',
      'chr',
      `<Value>b/a</Value>${node('a', 'chr', '<Value>3</Value>')}${node('b', 'chr', '<Value>4</Value>')}`,
    ) +
    node('Numbered', 'node', `<Value>7</Value>${node('a', 'chr', '<Value>z</Value>')}`) +
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

interface Ways {
  readonly list: 'StructData' | 'TNDS' | 'Struct';
  readonly encoding?: 'xml' | 'wbxml';
}

function scene({ list, encoding = 'xml' }: Ways, commands: SceneOptions['commands'], more: Partial<SceneOptions> = {}) {
  return play({
    commands: commands ?? [],
    ...more,
    device: { nodes: NODES, lists: [list, 'Struct'], documents: { './Ex/one': DOCUMENT }, encoding },
  });
}

const WAYS = (['xml', 'wbxml'] as const).flatMap((encoding) =>
  (['StructData', 'TNDS', 'Struct'] as const).map((list): Ways => ({ list, encoding })),
);

describe.each(WAYS)('a device that lists by $list in $encoding', (ways) => {
  const { list, encoding = 'xml' } = ways;
  // Without data, a listing says of a node with Format node nothing more than its children.
  const numbered = list === 'Struct' ? {} : { OwnValue: '7' };

  test('without valueLeaf the children are told, and each left-out value is logged once', async () => {
    const { parts, quirks } = await scene(ways, [['GET', `${THING}/`]], { sessions: 2 });
    expect(moData(parts[0])).toEqual({
      Both: { Inner: 'x' },
      Nil: null,
      Plain: { a: 'y' },
      Numbered: { a: 'z' },
      Listed: { a: '1', b: '2' },
      Named: { a: '3', b: '4' },
    });
    expect(moData(parts[1])).toEqual(moData(parts[0]));
    const named = list === 'Struct' ? ['Both', 'Nil'] : ['Both', 'Nil', 'Numbered'];
    expect(quirks).toMatchObject(
      named.map((name) => ({ quirk: `value of an interior or null node: ./Ex/one/${name}` })),
    );
  });

  test('with valueLeaf the value is told as a leaf, and nothing is logged', async () => {
    const { parts, quirks } = await scene(ways, [['GET', `${THING}/`]], { mappings: [...mappings, MAPPING] });
    expect(moData(parts[0])).toEqual({
      Both: { Inner: 'x', OwnValue: 5 },
      Nil: { OwnValue: 'nothing?' },
      Plain: { a: 'y' },
      Numbered: { a: 'z', ...numbered },
      Listed: { a: '1', b: '2' },
      Named: { a: '3', b: '4' },
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
        device: { nodes, lists: [list, 'Struct'], documents: { './Ex/one': document }, encoding },
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
  const { statuses, parts, device } = await scene({ list: 'StructData' }, commands, more);
  expect(parts[0]?.text).toBe('5');
  expect(statuses).toEqual([200, 403, 403, 405, 415, 200]);
  // A document that leaves the value out lets it be.
  expect(device.nodes.get('./Ex/one/Both')).toEqual({ format: 'int', value: '5' });
  expect(device.written.map(({ target }) => target)).toEqual(['./Ex/one/Both/Inner']);
});

test('a TNDS document of the repository with such a value is 415', async () => {
  const { statuses, device } = await scene({ list: 'StructData' }, [['HGET', `${DATA}a`, `${THING}/`]], {
    resources: { a: { contentType: 'application/vnd.syncml.dmtnds+xml', body: DOCUMENT } },
  });
  expect([statuses, device.written]).toEqual([[415], []]);
});

test('what GET and HPUT tell is taken back unchanged, with the value leaf', async () => {
  const more = { mappings: [...mappings, MAPPING] };
  for (const list of ['StructData', 'TNDS', 'Struct'] as const) {
    const told = await scene({ list }, [['HPUT', `${DATA}u`, `${THING}/`]], more);
    const body = told.uploads[0]?.text ?? '';
    expect(body).toContain('"OwnValue":5');
    const { statuses, device } = await scene({ list }, [['HGET', `${DATA}a`]], { ...more, resources: { a: { body } } });
    expect([statuses, device.written]).toEqual([[200], []]);
  }
});
