/** DDFs with one MOID and a root each: an instance has the nodes, formats and access types of the DDF that describes its root. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import { ddfOf } from '../support/ddf.ts';
import { folderWith } from '../support/mappings.ts';
import { DATA, moData, play, type SceneOptions } from './value-scene.ts';

const access = '<AccessType><Add/><Delete/><Get/><Replace/></AccessType>';
const leaf = (name: string, format: string, rights = access) =>
  `<Node><NodeName>${name}</NodeName><DFProperties>${rights}<DFFormat><${format}/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>`;
const root = (name: string, children: readonly string[], rights = '<AccessType><Get/></AccessType>') =>
  `<Node><NodeName>${name}</NodeName><Path>./Vendor/P</Path><DFProperties>${rights}<DFFormat><node/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><DFType><DDFName>com.example/1/P</DDFName></DFType></DFProperties>${children.join('')}</Node>`;

const readOnly = '<AccessType><Get/></AccessType>';
const files: Readonly<Record<string, string>> = {
  'a.xml': ddfOf(root('A', [leaf('X', 'chr'), leaf('Only', 'chr', readOnly)])),
  'b.xml': ddfOf(root('B', [leaf('X', 'int'), leaf('Y', 'int'), leaf('Only', 'chr')])),
  'n.xml': ddfOf(root('N', [leaf('X', 'bool')], '<AccessType><Add/><Get/></AccessType>')),
};

function withDdfs() {
  const folder = folderWith({});
  mkdirSync(join(folder, 'ddf'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'ddf', name), text);
  return loadMappings([folder]).mappings;
}

const mappings = withDdfs();
const nodes: SceneOptions['device']['nodes'] = {
  '.': { format: 'node' },
  './Vendor': { format: 'node' },
  './Vendor/P': { format: 'node' },
  './Vendor/P/A': { format: 'node', type: 'com.example/1/P' },
  './Vendor/P/A/Only': { format: 'chr', value: 'read' },
  './Vendor/P/B': { format: 'node', type: 'com.example/1/P' },
  './Vendor/P/B/Only': { format: 'chr', value: 'both' },
};
const P = 'com.example/1/P';

function scene(
  encoding: 'xml' | 'wbxml',
  list: readonly ('StructData' | 'Struct')[],
  commands: SceneOptions['commands'],
  resources: SceneOptions['resources'] = {},
) {
  return play({ commands: commands ?? [], resources, mappings, device: { nodes, lists: list, encoding } });
}

const moDataOf = (name: string, leaves: Readonly<Record<string, unknown>>) => ({
  body: JSON.stringify([{ ClientURI: `${P}/${name}/`, MOData: { [name]: leaves } }]),
});

describe.each(['xml', 'wbxml'] as const)(
  'DDFs with one MOID and a root each, toward a device that speaks %s',
  (encoding) => {
    describe.each([{ list: ['Struct'] as const }, { list: ['StructData', 'Struct'] as const }, { list: [] }])(
      'with $list',
      ({ list }) => {
        test('MO data and single leaves are written in the format of the DDF of the root', async () => {
          const { statuses, device } = await scene(
            encoding,
            list,
            [
              ['HGET', `${DATA}b`, `${P}/B/`],
              ['HGET', `${DATA}a`, `${P}/A/`],
              ['HGET', `${DATA}text`, `${P}/B/Y`],
            ],
            {
              b: moDataOf('B', { X: 1, Only: 'both' }),
              a: moDataOf('A', { X: 'text', Only: 'read' }),
              text: { contentType: 'text/plain', body: '2' },
            },
          );
          expect(statuses).toEqual([200, 200, 200]);
          const stored = ['A/X', 'B/X', 'B/Y'].map((path) => device.nodes.get(`./Vendor/P/${path}`));
          expect(stored.map((node) => [node?.format, String(node?.value)])).toEqual([
            ['chr', 'text'],
            ['int', '1'],
            ['int', '2'],
          ]);
        });

        test('what the DDF of another root allows is refused before the device is asked', async () => {
          const { statuses, device } = await scene(
            encoding,
            list,
            [
              ['HGET', `${DATA}text`, `${P}/A/Y`],
              ['HGET', `${DATA}text`, `${P}/A/Only`],
              ['DELETE', `${P}/A/Only`],
              ['HGET', `${DATA}word`, `${P}/B/X`],
              ['HGET', `${DATA}a`, `${P}/A/`],
              ['HGET', `${DATA}b`],
            ],
            {
              text: { contentType: 'text/plain', body: '2' },
              word: { contentType: 'text/plain', body: 'word' },
              a: moDataOf('A', { Y: 2 }),
              b: moDataOf('B', { X: 'word' }),
            },
          );
          expect(statuses).toEqual([404, 403, 403, 415, 404, 415]);
          expect(device.asked.filter((asked) => /\/Vendor\/P\/[^?]*\//u.test(asked))).toEqual([]);
        });

        test('a GET tells each value in the type of the DDF of its root', async () => {
          const { parts } = await play({
            commands: [
              ['GET', `${P}/A/`],
              ['GET', `${P}/B/`],
            ],
            mappings,
            device: {
              encoding,
              lists: list,
              nodes: {
                ...nodes,
                './Vendor/P/A/X': { format: 'chr', value: '7' },
                './Vendor/P/B/X': { format: 'chr', value: '7' },
              },
            },
          });
          expect(parts.map(moData)).toEqual([
            { Only: 'read', X: '7' },
            { Only: 'both', X: 7 },
          ]);
        });

        test('a new instance is made at the root that one of them allows, with its formats', async () => {
          const { statuses, device } = await scene(
            encoding,
            list,
            [
              ['HGET', `${DATA}n`],
              ['HGET', `${DATA}other`],
            ],
            { n: moDataOf('N', { X: true }), other: moDataOf('Other', { X: 1 }) },
          );
          expect(statuses).toEqual([200, 404]);
          expect(device.nodes.get('./Vendor/P/N/X')).toMatchObject({ format: 'bool' });
          expect(device.nodes.has('./Vendor/P/Other')).toBe(false);
        });

        test('TNDS is written in the formats of the DDF of the root, and refused as a whole by its access types', async () => {
          const tnds = (name: string, leaves: string) => ({
            contentType: 'application/vnd.syncml.dmtnds+xml',
            body: `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>${name}</NodeName><RTProperties><Format><node/></Format><Type><DDFName>com.example/1/P</DDFName></Type></RTProperties>${leaves}</Node></MgmtTree>`,
          });
          const value = (name: string, text: string) =>
            `<Node><NodeName>${name}</NodeName><Value>${text}</Value></Node>`;
          const { statuses, device } = await scene(
            encoding,
            list,
            [
              ['HGET', `${DATA}b`, `${P}/B/`],
              ['HGET', `${DATA}a`, `${P}/A/`],
            ],
            {
              b: tnds('B', value('X', '1') + value('Only', 'both')),
              a: tnds('A', value('Only', 'read') + value('X', 't') + value('Y', '2')),
            },
          );
          expect(statuses).toEqual([200, 404]);
          expect(device.nodes.get('./Vendor/P/B/X')).toMatchObject({ format: 'int' });
          expect([...device.nodes.keys()].filter((locUri) => locUri.startsWith('./Vendor/P/A/'))).toEqual([
            './Vendor/P/A/Only',
          ]);
        });

        test('an HGET without MIID makes the instance that its label names, but not a second one', async () => {
          const { statuses, device } = await scene(
            encoding,
            list,
            [
              ['HGET', `${DATA}n`],
              ['HGET', `${DATA}n`],
            ],
            { n: { body: JSON.stringify([{ ClientURI: `${P}//`, MOData: { N: { X: true } } }]) } },
          );
          expect(statuses).toEqual([200, 404]);
          const made = [...device.nodes.keys()].filter((locUri) => locUri.startsWith('./Vendor/P/N'));
          expect(made).toEqual(['./Vendor/P/N', './Vendor/P/N/X']);
        });
      },
    );
  },
);
