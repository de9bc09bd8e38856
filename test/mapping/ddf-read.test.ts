import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { readDdf } from '../../src/mapping/ddf-read.ts';
import type { NodeDescription } from '../../src/mapping/mapping.ts';
import { decodeXmlBytes } from '../../src/xml-data/data-xml.ts';
import { ddfFixture, ddfNode, ddfOf } from '../support/ddf.ts';
import { must } from '../support/mappings.ts';

function nodeAt(node: NodeDescription, ...path: readonly string[]): NodeDescription {
  return path.reduce((at, name) => must(at.children.find((child) => child.name === name)), node);
}

function refusalOf(xml: string): DecodeError {
  try {
    readDdf(xml);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('readDdf', () => {
  test('readDdf reads every element that DM 2.0 supports', () => {
    const ddf = readDdf(ddfFixture('radio.ddf'));
    expect(ddf).toMatchObject({ verDtd: '1.2', man: 'Example Works', mod: 'TM-200', warnings: [] });
    const { above, node } = must(ddf.trees[0]);
    expect(above).toEqual(['Vendor', 'Example']);
    expect({ ...node, children: node.children.length }).toEqual({
      name: 'Radio',
      format: 'node',
      access: ['Add', 'Delete', 'Get', 'Replace'],
      occurrence: 'ZeroOrOne',
      scope: 'dynamic',
      moid: 'com.example/1.0/Radio',
      title: 'Radio',
      about: 'Radio settings & state',
      caseSense: 'CIS',
      children: 3,
    });
    expect(nodeAt(node, 'Power')).toEqual({
      name: 'Power',
      format: 'int',
      access: ['Get', 'Replace'],
      occurrence: 'One',
      scope: 'permanent',
      type: 'text/plain',
      defaultValue: '17',
      children: [],
    });
    expect(nodeAt(node, 'Firmware')).toMatchObject({
      format: 'bin',
      access: ['Exec', 'Replace'],
      type: 'application/octet-stream',
      otherTypes: ['application/vnd.example.fw'],
    });
    expect(nodeAt(node, 'Bands', '')).toMatchObject({ occurrence: 'ZeroOrN', max: 3, title: 'One band' });
    expect(nodeAt(node, 'Bands', '', 'Note').defaultValue).toBe('none');
    expect(ddf.ignored).toEqual([{ element: 'Copy', count: 1, at: 'Radio' }]);
  });

  test('readDdf reads flat Nodes of DDF 1.1 in any order, and words in the place of empty elements', () => {
    const ddf = readDdf(ddfFixture('flat-1.1.ddf'));
    expect(ddf.verDtd).toBe('1.1');
    expect(ddf.trees).toHaveLength(1);
    const { above, node } = must(ddf.trees[0]);
    expect(above).toEqual([]);
    expect(node).toMatchObject({
      name: 'Mail',
      format: 'node',
      moid: 'com.elder/1.0/Mail',
      access: ['Get'],
      scope: 'permanent',
    });
    expect(nodeAt(node, 'Smtp', 'Port')).toMatchObject({ format: 'int', defaultValue: '25' });
  });

  test("readDdf tolerates a vendor's style: foreign elements, a subset that declares nothing, white space everywhere", () => {
    const ddf = readDdf(ddfFixture('policy.xml'));
    expect(ddf.trees.map(({ above, node }) => [...above, node.name].join('/'))).toEqual([
      'User/Vendor/ACME/Lock',
      'Device/Vendor/ACME/Lock',
    ]);
    const { node } = must(ddf.trees[0]);
    expect(node.moid).toBe('com.acme/1.1/Lock');
    expect(node.children.map(({ name }) => name)).toEqual(['']);
    expect(nodeAt(node, '', 'MinLength')).toMatchObject({ format: 'int', defaultValue: '4' });
    expect(ddf.ignored).toEqual([
      { element: 'Applicability', count: 1, at: 'Lock' },
      { element: 'AllowedValues', count: 1, at: 'Lock/<x>/MinLength' },
      { element: 'Diagnostics', count: 1, at: '.' },
    ]);
    expect(ddf.warnings).toEqual([]);
  });

  test('readDdf reads the nodes below the root of the tree as trees of their own', () => {
    const ddf = readDdf(ddfFixture('device.ddf'));
    expect(ddf.trees.map(({ above, node }) => [above.length, node.name])).toEqual([
      [0, 'DevInfo'],
      [0, 'Fota'],
      [0, 'Accounts'],
      [0, 'Clock'],
    ]);
  });

  test.each(['&lt;x&gt;', '[AAuthLevel]', '*', ' '])(
    'readDdf reads the name "%s" as one that is given at run-time',
    (name) => {
      expect(must(readDdf(ddfOf(ddfNode('A', '', [ddfNode(name)]))).trees[0]).node.children[0]?.name).toBe('');
    },
  );

  test('readDdf combines several un-named nodes, with a warning', () => {
    const ddf = readDdf(ddfOf(ddfNode('A', '', [ddfNode('', '', [ddfNode('B')]), ddfNode('', '', [ddfNode('C')])])));
    const { node } = must(ddf.trees[0]);
    expect(nodeAt(node, '').children.map(({ name }) => name)).toEqual(['B', 'C']);
    expect(ddf.warnings).toEqual([{ at: './A', message: expect.stringContaining('un-named') }]);
  });

  test.each([
    [
      'beside each other',
      ddfOf(ddfNode('A', '', [ddfNode('B', '', [ddfNode('C')]), ddfNode('B', '', [ddfNode('D')])])),
    ],
    [
      'once more by Path',
      ddfOf(ddfNode('A', '', [ddfNode('B', '', [ddfNode('C')])]), ddfNode('B', '<Path>./A</Path>', [ddfNode('D')])),
    ],
    [
      'at the top',
      ddfOf(ddfNode('A', '', [ddfNode('B', '', [ddfNode('C')])]), ddfNode('A', '', [ddfNode('B', '', [ddfNode('D')])])),
    ],
  ])('readDdf combines the descriptions of a node that is described twice, %s, with a warning', (_what, xml) => {
    const ddf = readDdf(xml);
    expect(ddf.trees).toHaveLength(1);
    expect(nodeAt(must(ddf.trees[0]).node, 'B').children.map(({ name }) => name)).toEqual(['C', 'D']);
    expect(ddf.warnings).toContainEqual({ at: './A/B', message: expect.stringContaining('more than once') });
  });

  test('readDdf attaches flat Nodes to un-named ones, however Path spells those', () => {
    const ddf = readDdf(
      ddfOf(
        ddfNode('Acc', '<Path>./S</Path>'),
        ddfNode('', '<Path>./S/Acc</Path>'),
        ddfNode('AppAddr', '<Path>./S/Acc/&lt;x&gt;</Path>'),
        ddfNode('', '<Path>./S/Acc/*/AppAddr</Path>'),
        ddfNode('Addr', '<Path>./S/Acc/&lt;x&gt;/AppAddr/&lt;y&gt;</Path>', [], 'chr'),
      ),
    );
    expect(ddf.trees).toHaveLength(1);
    expect(nodeAt(must(ddf.trees[0]).node, '', 'AppAddr', '', 'Addr').format).toBe('chr');
  });

  test.each([
    [
      'one way down',
      [ddfNode('A', '<Path>.</Path>'), ddfNode('B', '<Path>./A</Path>'), ddfNode('A', '<Path>./A/B</Path>')],
      1,
    ],
    ['below un-named ones', [ddfNode('', '<Path>./X/B</Path>'), ddfNode('B', '<Path>./Y/*</Path>')], 2],
  ])('readDdf does not mistake repeated names for a loop: %s', (_what, nodes, trees) => {
    expect(readDdf(ddfOf(...nodes)).trees).toHaveLength(trees);
  });

  test('readDdf keeps two trees apart in which two names are below each other', () => {
    const nested = ddfNode('A', '', [ddfNode('B')]);
    expect(
      readDdf(ddfOf(nested, ddfNode('B', '', [ddfNode('A')]), ddfNode('C', '<Path>./B/A</Path>'))).trees,
    ).toHaveLength(2);
  });

  test.each([
    ['no DFFormat', '<DFProperties><AccessType/><DFType/></DFProperties>', 'chr', 'no DFFormat'],
    ['an unknown format', '<DFProperties><DFFormat><blob/></DFFormat></DFProperties>', 'chr', '"blob" is no format'],
  ])('readDdf assumes a format and warns: %s', (_what, properties, format, warning) => {
    const ddf = readDdf(ddfOf(`<Node><NodeName>A</NodeName>${properties}</Node>`));
    expect(must(ddf.trees[0]).node).toMatchObject({ format, access: [] });
    expect(ddf.warnings).toEqual([{ at: './A', message: expect.stringContaining(warning) }]);
  });

  test.each([
    ['Occurrence', '<Occurrence><Often/></Occurrence>', { occurrence: 'One' }],
    ['N', '<Occurrence><OneOrN>1</OneOrN></Occurrence>', { occurrence: 'OneOrN' }],
    ['Scope', '<Scope><Eternal/></Scope>', { scope: 'dynamic' }],
    ['CaseSense', '<CaseSense><Maybe/></CaseSense>', { name: 'A' }],
  ])('readDdf replaces a wrong %s by its default, with a warning', (_what, element, expected) => {
    const ddf = readDdf(
      ddfOf(`<Node><NodeName>A</NodeName><DFProperties><DFFormat><chr/></DFFormat>${element}</DFProperties></Node>`),
    );
    expect(must(ddf.trees[0]).node).toMatchObject(expected);
    expect(ddf.warnings).toHaveLength(1);
  });

  test('readDdf reads a leaf with child nodes as an interior node, with a warning', () => {
    const ddf = readDdf(ddfOf(ddfNode('A', '', [ddfNode('B')], 'int')));
    expect(must(ddf.trees[0]).node).toMatchObject({ format: 'node', children: [{ name: 'B' }] });
    expect(ddf.warnings).toEqual([{ at: './A', message: 'format int although it has child nodes; taken as node' }]);
  });

  test('readDdf reads files that editors save as UTF-16', () => {
    const text = '<?xml version="1.0" encoding="UTF-16"?><a>é</a>';
    const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
    expect(decodeXmlBytes(bytes)).toBe(text);
    expect(decodeXmlBytes(bytes.swap16())).toBe(text);
    expect(decodeXmlBytes(Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e9</a>', 'latin1'))).toContain(
      'é',
    );
    expect(() => decodeXmlBytes(Buffer.from([0x3c, 0xe9, 0x3e]))).toThrow('not utf-8');
  });
});

describe('a DDF that contradicts itself', () => {
  test.each([
    ['another root', '<Tree/>', '', 'not a MgmtTree'],
    ['no Node', ddfOf(), '', 'without Node'],
    ['no NodeName', ddfOf(ddfNode('A', '', ['<Node><DFProperties/></Node>'])), './A/?', 'without NodeName'],
    [
      'a name twice that contradicts itself',
      ddfOf(ddfNode('A', '', [ddfNode('B', '', [], 'int'), ddfNode('B', '', [], 'chr')])),
      './A/B',
      'twice, as int and as chr',
    ],
    [
      'a top node twice that contradicts itself',
      ddfOf(ddfNode('A', '<Path>./X</Path>', [], 'node'), ddfNode('A', '<Path>X</Path>', [], 'int')),
      './X/A',
      'twice, as node and as int',
    ],
    [
      'a flat node twice that contradicts itself',
      ddfOf(ddfNode('A', '', [ddfNode('B', '', [], 'int')]), ddfNode('B', '<Path>./A</Path>', [], 'bin')),
      './A/B',
      'twice, as int and as bin',
    ],
    ['a name with a slash', ddfOf(ddfNode('A/B')), './A/B', 'not the name'],
    [
      'a loop of two names',
      ddfOf(ddfNode('A', '<Path>B</Path>'), ddfNode('B', '<Path>A</Path>')),
      'A',
      'a loop of names: A below B below A',
    ],
    [
      'a loop of three names',
      ddfOf(ddfNode('A', '<Path>./B</Path>'), ddfNode('B', '<Path>./C</Path>'), ddfNode('C', '<Path>./A</Path>')),
      'A',
      'A below B below C below A',
    ],
  ])('readDdf refuses a faulty document and names the node: %s', (_what, xml, place, message) => {
    const refusal = refusalOf(xml);
    expect(refusal).toMatchObject({ code: 'ERR_DDF_SHAPE', message: expect.stringContaining(message) });
    expect(refusal.place.node ?? '').toBe(place);
  });

  test.each([
    ['an entity', '<!DOCTYPE a [<!ENTITY b "c">]><MgmtTree/>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><MgmtTree>&b;</MgmtTree>'],
    ['a declaration behind a comment', '<!DOCTYPE a [<!-- x --><!ATTLIST a b CDATA "c">]><MgmtTree/>'],
  ])('readDdf refuses a DTD that declares %s', (_what, xml) => {
    expect(refusalOf(xml).code).toBe('ERR_XML_SYNTAX');
  });

  test('readDdf accepts a node with the name of its parent', () => {
    expect(readDdf(ddfOf(ddfNode('Mail', '<Path>./Mail</Path>'))).trees).toHaveLength(1);
  });
});
