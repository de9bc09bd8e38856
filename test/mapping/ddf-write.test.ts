import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toDdfMappings, withOneDescription } from '../../src/mapping/ddf-mapping.ts';
import { readDdf } from '../../src/mapping/ddf-read.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import type { MoMapping, NodeDescription } from '../../src/mapping/mapping.ts';
import { type MappingFile, toMapping } from '../../src/mapping/mapping-file.ts';
import { toMappingFile } from '../../src/mapping/mapping-file-writer.ts';
import { parseMoPlace } from '../../src/mapping/mo-place.ts';
import { moidKey } from '../../src/mo/moid.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { ddfFixture, writeDdf } from '../support/ddf.ts';
import { interior } from '../support/descriptions.ts';
import { must } from '../support/mappings.ts';

const file: MappingFile = { moid: 'com.example/1.0/Radio', name: 'Radio', find: 'type' };
const { mappings } = loadMappings();
const byMoid = (moid: string): MoMapping => must(mappings.find((each) => each.moid === moid));

/** A leaf of text without a media type is written as text/plain. */
function withTextType(node: NodeDescription): NodeDescription {
  const children = node.children.map(withTextType);
  const isText = ['bool', 'chr', 'date', 'float', 'int', 'time'].includes(node.format);
  return isText && node.type === undefined ? { ...node, type: 'text/plain', children } : { ...node, children };
}

describe('writeDdf', () => {
  test('a written DDF reads as the same description', () => {
    fc.assert(
      fc.property(interior, ({ moid: _, ...description }) => {
        const mapping: MoMapping = { ...toMapping(file), description };
        const { trees, warnings, ignored } = readDdf(writeDdf(mapping));
        expect(trees).toEqual([{ above: [], node: { ...withTextType(description), moid: file.moid } }]);
        expect({ warnings, ignored }).toEqual({ warnings: [], ignored: [] });
      }),
    );
  });

  test.each(mappings.map((mapping) => [mapping.moid, mapping] as const))(
    'the DDF of %s is a DDF 1.2',
    (moid, mapping) => {
      const xml = writeDdf(mapping);
      expect(parseXml(xml)).toMatchObject({ name: 'MgmtTree', namespace: 'syncml:dmddf1.2' });
      expect(must(readDdf(xml).trees[0]).node).toMatchObject({ moid, format: 'node' });
    },
  );

  test("a vendor's document is written with all elements that DM 2.0 supports", () => {
    const mapping = must(toDdfMappings(readDdf(ddfFixture('radio.ddf')))[0]);
    const { ignored, ...written } = readDdf(writeDdf(mapping));
    const { ignored: copy, ...read } = readDdf(ddfFixture('radio.ddf'));
    expect(written).toEqual(read);
    expect([ignored.length, copy.length]).toEqual([0, 1]);
  });

  test('a written DDF has no node that is hidden from the backend', () => {
    const account = byMoid('urn:oma:mo:oma-dm-dmacc:1.2');
    expect(account.hidden.length).toBeGreaterThan(0);
    expect(writeDdf(account)).not.toContain('<NodeName>Perm</NodeName>');
    expect(writeDdf({ ...account, hidden: [] })).toContain('<NodeName>Perm</NodeName>');
  });

  test('a written DDF escapes titles and descriptions', () => {
    const mapping = { ...toMapping(file), man: 'A & B', mod: '<1>' };
    expect(writeDdf(mapping)).toContain('<Man>A &amp; B</Man><Mod>&lt;1&gt;</Mod>');
  });

  test.each([
    [['./Vendor/Radio'], '<Path>./Vendor</Path>'],
    [['./Radio'], undefined],
    [['./A/Radio', './B/Radio'], undefined],
  ])('a written DDF has a Path when the MO has one root below another node: %j', (places, path) => {
    const [, found] =
      /(<Path>.*<\/Path>)/.exec(writeDdf({ ...toMapping(file), places: places.map(parseMoPlace) })) ?? [];
    expect(found).toBe(path);
  });
});

describe('a mapping as a file', () => {
  test('a mapping written as a file is read as the same mapping', () => {
    fc.assert(
      fc.property(interior, fc.boolean(), ({ moid: _, ...description }, minimumAccess) => {
        const mapping = { ...toMapping(file), minimumAccess, description: { ...description, name: 'Radio' } };
        expect(toMapping(toMappingFile(mapping))).toEqual(mapping);
      }),
    );
  });

  test.each(['radio.ddf', 'flat-1.1.ddf', 'policy.xml', 'device.ddf'])(
    'the mappings of %s written as files are read as the same mappings, with one description for all roots',
    (name) => {
      const made = toDdfMappings(readDdf(ddfFixture(name)));
      expect(made.length).toBeGreaterThan(0);
      const writable = made.map(withOneDescription);
      expect(writable.map((mapping) => toMapping(toMappingFile(mapping)))).toEqual(writable);
      expect(new Set(made.map(({ moid }) => moidKey(moid))).size).toBe(made.length);
    },
  );
});
