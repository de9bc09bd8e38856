/**
 * A repository behind a portal answers with a page for people instead of the resource. A leaf whose mapping or DDF names another
 * media type does not take it: 415, and nothing is changed (DM-2.0 §5.3.1).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import { ddfOf } from '../support/ddf.ts';
import { folderWith } from '../support/mappings.ts';
import { DATA, play } from './value-scene.ts';

const access = '<AccessType><Add/><Delete/><Get/><Replace/></AccessType>';
const mimes = (types: readonly string[]) => types.map((type) => `<MIME>${type}</MIME>`).join('');
const leaf = (name: string, ...types: readonly string[]) =>
  `<Node><NodeName>${name}</NodeName><DFProperties>${access}<DFFormat><chr/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><DFType>${mimes(types)}</DFType></DFProperties></Node>`;
const interior = (name: string, path: string, moid: string, children: readonly string[]) =>
  `<Node><NodeName>${name}</NodeName>${path}<DFProperties><AccessType><Add/><Get/></AccessType><DFFormat><node/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><DFType><DDFName>${moid}</DDFName></DFType></DFProperties>${children.join('')}</Node>`;

const LEAVES = [
  leaf('Text', 'text/plain'),
  leaf('Json', 'application/json'),
  leaf('Page', 'text/html'),
  leaf('Either', 'text/plain', 'Text/HTML'),
  leaf('Open'),
];
const MOID = 'com.example/1/Gate';
const ROOT = './Vendor/Gate';

const YAML = `moid: ${MOID}
name: Gate
find: type
roots: [${ROOT}]
minimumAccess: true
description:
  nodes:
    Text: { type: text/plain, access: [Get, Replace] }
    Json: { type: application/json, access: [Get, Replace] }
    Page: { type: text/html, access: [Get, Replace] }
    Either: { type: text/plain, otherTypes: [text/html], access: [Get, Replace] }
    Open: { access: [Get, Replace] }
`;
const BARE_YAML = YAML.replaceAll(/(?:type|otherTypes): [^,}]*, /gu, '');

function load({ yaml, ddf }: { readonly yaml?: string; readonly ddf?: string }) {
  const folder = folderWith(yaml === undefined ? {} : { 'gate.yaml': yaml });
  mkdirSync(join(folder, 'ddf'));
  if (ddf !== undefined) writeFileSync(join(folder, 'ddf', 'gate.ddf'), ddf);
  return loadMappings([folder]).mappings;
}

const own = ddfOf(interior('Gate', '<Path>./Vendor</Path>', MOID, LEAVES));
const sibling = (name: string) => interior(name, '<Path>./Vendor</Path>', MOID, LEAVES);
const whole = ddfOf(interior('.', '', '', [interior('Vendor', '', '', [interior('Gate', '', MOID, LEAVES)])]));

const DESCRIBED = {
  'a mapping': { yaml: YAML },
  'a DDF': { ddf: own },
  'a DDF with several roots': { ddf: ddfOf(sibling('Gate'), sibling('Other')) },
  'a DDF of the whole device': { ddf: whole },
  'a DDF of the whole device, over a mapping without types': { ddf: whole, yaml: BARE_YAML },
} as const;

describe.each(Object.entries(DESCRIBED))('with %s', (_, files) => {
  const mappings = load(files);

  test.each([
    ['Text', 415],
    ['Json', 415],
    ['Page', 200],
    ['Either', 200],
    ['Open', 200],
  ])('a page for the leaf %s ends with %i', async (name, status) => {
    const nodes = Object.fromEntries(
      ['Text', 'Json', 'Page', 'Either', 'Open'].map((each) => [`${ROOT}/${each}`, { format: 'chr', value: 'old' }]),
    );
    const { statuses, device, bridge } = await play({
      commands: [['HGET', `${DATA}page`, `${MOID}/Gate/${name}`]],
      resources: { page: { contentType: 'text/html; charset=utf-8', body: '<p>Log in</p>' } },
      mappings,
      device: {
        nodes: {
          '.': { format: 'node' },
          './Vendor': { format: 'node' },
          [ROOT]: { format: 'node', type: MOID },
          ...nodes,
        },
      },
    });
    expect(statuses).toEqual([status]);
    expect(device.nodes.get(`${ROOT}/${name}`)?.value).toBe(status === 200 ? '<p>Log in</p>' : 'old');
    const reasons = bridge.logs.map((line) => JSON.parse(line)).filter(({ event }) => event === 'command.failed');
    expect(reasons).toHaveLength(status === 200 ? 0 : 1);
  });
});

test('a page is no firmware and no secret', async () => {
  const leaves = ['urn:oma:mo:oma-fumo:1.0/FUMO/Update/PkgData', 'urn:oma:mo:oma-dm-dmacc:1.2//Auth/Noti/Secret'];
  const { statuses, device } = await play({
    commands: leaves.map((leafUri) => ['HGET', `${DATA}page`, leafUri]),
    resources: { page: { contentType: 'text/html', body: '<p>Log in</p>' } },
    device: {
      nodes: {
        '.': { format: 'node' },
        './FUMO': { format: 'node', type: 'urn:oma:mo:oma-fumo:1.0' },
        './FUMO/Update': { format: 'node' },
        './FUMO/Update/PkgData': { format: 'bin', value: '' },
      },
    },
  });
  expect(statuses).toEqual([415, 415]);
  expect(device.written).toEqual([]);
});
