/** DDFs over HTTP: the addresses at which the north listener serves them, and their content. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { prepareBridge } from '../../src/cli/server/prepare-bridge.ts';
import { type RunningServer, startServer } from '../../src/cli/server/start-server.ts';
import { parseConfig } from '../../src/config/load.ts';
import { createJournal } from '../../src/log.ts';
import { readDdf } from '../../src/mapping/ddf-read.ts';
import { NODE_FORMATS } from '../../src/mo/node.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { type Element, isElement } from '../../src/wbxml/element.ts';
import { ddfFixture, ddfNode, ddfOf } from '../support/ddf.ts';
import { folderWith, must } from '../support/mappings.ts';

const CONFIG = `accounts: { main: {} }
routes: [{ bridge: main }]
south: { listen: "127.0.0.1:0" }
north: { listen: "127.0.0.1:0" }
admin: { listen: "127.0.0.1:0" }
store: "sqlite::memory:"
mappings: [./own]
`;

let server: RunningServer;
beforeEach(async () => {
  const folder = folderWith({});
  mkdirSync(join(folder, 'own', 'ddf'), { recursive: true });
  writeFileSync(join(folder, 'own', 'ddf', 'radio.ddf'), ddfFixture('radio.ddf'));
  const leaves = NODE_FORMATS.filter((format) => format !== 'node').map((format) => ddfNode(format, '', [], format));
  const formats = ddfNode('F', '', leaves).replace('<DDFName/>', '<DDFName>com.example/1.0/Formats</DDFName>');
  writeFileSync(join(folder, 'own', 'ddf', 'formats.ddf'), ddfOf(formats));
  const config = parseConfig(CONFIG, join(folder, 'dmbridge.yaml'), {});
  server = await startServer(config, createJournal({ level: 'silent' }), prepareBridge);
});
afterEach(() => server.stop());

async function get(path: string, init: RequestInit = {}) {
  const response = await fetch(`${server.north}${path}`, init);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

/** Names of all elements in a document. */
function elementsOf(element: Element): readonly string[] {
  return [element.name, ...element.content.filter(isElement).flatMap(elementsOf)];
}

describe('GET /ddf', () => {
  test.each([
    '/ddf/urn:oma:mo:oma-fumo:1.0.ddf',
    '/ddf/urn%3Aoma%3Amo%3Aoma-fumo%3A1.0.ddf',
    '/ddf/oma:mo:oma-fumo:1.0.ddf',
  ])('the north listener serves a DDF at %s', async (path) => {
    const { status, type, body } = await get(path);
    expect([status, type]).toEqual([200, 'application/vnd.syncml.dmddf+xml']);
    expect(must(readDdf(body).trees[0]).node).toMatchObject({ name: 'FUMO', moid: 'urn:oma:mo:oma-fumo:1.0' });
  });

  test.each(['/ddf/com.example%2F1.0%2FRadio.ddf', '/ddf/com.example/1.0/Radio.ddf'])(
    "a vendor's dropped DDF is served with every element that DM 2.0 supports, at %s [DM-OBJ-013-C-M DM-OBJ-014-C-M DM-OBJ-015-C-O DM-OBJ-016-C-O DM-OBJ-017-C-M DM-OBJ-018-C-M DM-OBJ-019-C-O DM-OBJ-022-C-O DM-OBJ-023-C-M DM-OBJ-024-C-M DM-OBJ-025-C-M DM-OBJ-026-C-O DM-OBJ-027-C-O DM-OBJ-028-C-O DM-OBJ-029-C-O DM-OBJ-030-C-O DM-OBJ-031-C-O DM-OBJ-032-C-O DM-OBJ-033-C-O]",
    async (path) => {
      const { status, body } = await get(path);
      expect(status).toBe(200);
      const { ignored: _, ...served } = readDdf(body);
      const { ignored, ...dropped } = readDdf(ddfFixture('radio.ddf'));
      expect(served).toEqual(dropped);
      expect(ignored).toHaveLength(1);
      const names = new Set(elementsOf(parseXml(body)));
      const supported =
        'MgmtTree VerDTD Man Mod Node NodeName Path bin chr float int node MIME DDFName DFProperties AccessType DefaultValue Description DFFormat Occurrence Scope DFTitle DFType CaseSense';
      expect(supported.split(' ').filter((name) => !names.has(name))).toEqual([]);
      expect(names.has('RTProperties')).toBe(false);
    },
  );

  test("a Node's Value is served as its default [DM-OBJ-020-C-O]", async () => {
    expect(ddfFixture('radio.ddf')).toContain('<Value>none</Value>');
    expect((await get('/ddf/com.example/1.0/Radio.ddf')).body).toContain('<DefaultValue>none</DefaultValue>');
  });

  test('a DDF has every format [DM-OBJ-021-C-M]', async () => {
    const { body } = await get('/ddf/com.example/1.0/Formats.ddf');
    const { node } = must(readDdf(body).trees[0]);
    expect([node.format, ...node.children.map(({ format }) => format)].sort()).toEqual([...NODE_FORMATS].sort());
    for (const format of NODE_FORMATS) expect(body).toContain(`<DFFormat><${format}/></DFFormat>`);
  });

  test('HEAD is answered like GET, without the document', async () => {
    expect(await get('/ddf/urn:oma:mo:oma-fumo:1.0.ddf', { method: 'HEAD' })).toEqual({
      status: 200,
      type: 'application/vnd.syncml.dmddf+xml',
      body: '',
    });
  });

  test.each([
    '/ddf/urn:oma:mo:nobody:1.0.ddf',
    '/ddf/.ddf',
    '/ddf/urn:oma:mo:oma-fumo:1.0',
    '/ddf/%E0%A4%A.ddf',
    '/ddf/',
    '/ddf/../../etc/passwd.ddf',
  ])('the north listener answers 404 at %s', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, type: 'application/problem+json' });
  });

  test('the north listener answers 405 to a POST of a DDF', async () => {
    expect((await get('/ddf/urn:oma:mo:oma-fumo:1.0.ddf', { method: 'POST' })).status).toBe(405);
  });
});
