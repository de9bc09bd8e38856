/** docs/mappings.md names every key of the JSON Schemas, its examples load, and it shows what really happens. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { runCheck } from '../../src/cli/check.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { toDm2Alert } from '../../src/translate/alert.ts';
import { interior, leaf, modelDevice } from '../north/model/device.ts';
import { context, play } from '../north/model/play.ts';
import { folderWith, must } from '../support/mappings.ts';

const PAGE = readFileSync('docs/mappings.md', 'utf8');
const MOID = 'com.example/1.0/DoorLock';

/** The text of the fenced block with this info string. */
function block(info: string): string {
  return must(PAGE.split(`\n\`\`\`${info}\n`)[1]?.split('\n```\n')[0]);
}

/** The table below a heading: the rows' cells, by the key in the first column. */
function tableBelow(heading: string): ReadonlyMap<string, readonly string[]> {
  const section = must(PAGE.split(`\n${heading}\n`)[1]?.split('\n#')[0]);
  const rows = [...section.matchAll(/^\| `([^`]+)` \|(.*)\|$/gmu)];
  return new Map(rows.map(([, key = '', cells = '']) => [key, cells.split(' | ').map((cell) => cell.trim())]));
}

/** The examples of a table's last column, as YAML values. */
function examplesBelow(heading: string): readonly (readonly [string, unknown])[] {
  return [...tableBelow(heading)].map(([key, cells]) => [key, parse(must(cells.at(-1)).replaceAll('`', ''))] as const);
}

function record(value: unknown): object {
  if (typeof value !== 'object' || value === null) throw new Error(`not a mapping: ${String(value)}`);
  return value;
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

function schema(name: string): Schema {
  return JSON.parse(readFileSync(`mappings/schema/${name}.schema.json`, 'utf8'));
}

function keysOf(at: Schema | undefined): readonly string[] {
  return Object.keys(must(must(at).properties)).sort();
}

describe('docs/mappings.md', () => {
  const [mo, profiles, status] = [schema('mo'), schema('profiles'), schema('status')];
  const rule = profiles.properties?.profiles?.items;

  test.each<[string, readonly string[]]>([
    ['## Keys of an MO mapping', keysOf(mo)],
    ['### `find`', must(mo.properties?.find?.enum).toSorted()],
    ['### `newInstance`', keysOf(mo.properties?.newInstance)],
    ['### `description`', keysOf(mo.$defs?.node)],
    ['### `cache`', ['static', 'ttl']],
    ['### `alertTypes`', keysOf(mo.properties?.alertTypes?.items)],
    ['### `json`', keysOf(mo.$defs?.payload)],
    ['## Device profiles', [...keysOf(profiles), ...keysOf(rule)].sort()],
    ['### `match`', keysOf(rule?.properties?.match)],
    ['## MO indexes', keysOf(schema('mo-indexes'))],
    ['## Status table', keysOf(status)],
    ['### A rule of `toDm2` or `userInteraction`', keysOf(status.$defs?.rules?.items)],
    ['### An entry of `allowed`', keysOf(status.properties?.allowed?.items)],
  ])('docs/mappings.md lists the keys of the JSON Schema below "%s", and no others', (heading, keys) => {
    expect([...tableBelow(heading).keys()].sort()).toEqual(keys);
  });

  test.each<[string, (example: unknown) => unknown]>([
    ['## Keys of an MO mapping', (example) => example],
    ['### `newInstance`', (example) => example],
    ['### `description`', (example) => ({ description: { nodes: { N: example } } })],
    ['### `cache`', (example) => example],
    ['### `alertTypes`', (example) => ({ alertTypes: [{ type: 'x', ...record(example) }] })],
    ['### `json`', (example) => ({ alertTypes: [{ type: 'x', json: example }] })],
  ])('docs/mappings.md has examples below "%s" that load as parts of a mapping', (heading, wrap) => {
    const files = examplesBelow(heading).map(([key, example], at) => {
      const head = { moid: `com.example/1.0/Example${at}`, name: key, find: 'type', roots: ['./Vendor/Locks/*'] };
      return [`${key}.yaml`, stringify({ ...head, ...record(wrap(example)) })] as const;
    });
    expect(files.length).toBeGreaterThan(1);
    expect(loadMappings([folderWith(Object.fromEntries(files))]).warnings).toEqual([]);
  });

  test.each<[string, (example: unknown) => unknown]>([
    ['## Device profiles', (example) => example],
    ['### `match`', (example) => ({ match: example })],
  ])('docs/mappings.md has examples below "%s" that load as parts of a profile', (heading, wrap) => {
    const examples = examplesBelow(heading).filter(([key]) => key !== 'profiles');
    const profiles = examples.map(([key, example]) => ({ name: key, match: { model: 'X' }, ...record(wrap(example)) }));
    expect(profiles.length).toBeGreaterThan(1);
    expect(loadMappings([folderWith({ 'profiles.yaml': stringify({ profiles }) })]).warnings).toEqual([]);
  });

  test.each([
    ['yaml mo', 'mo.yaml'],
    ['yaml profiles', 'profiles.yaml'],
    ['yaml status', 'status.yaml'],
    ['yaml indexes', 'mo-indexes.yaml'],
    ['yaml server-uri-values', 'server-uri-values.yaml'],
  ])('docs/mappings.md has a block "%s" that loads', (info, file) => {
    expect(loadMappings([folderWith({ [file]: block(info) })]).warnings).toEqual([]);
  });
});

describe('the door lock of docs/mappings.md', () => {
  afterEach(() => vi.restoreAllMocks());

  const folder = folderWith({ 'door-lock.yaml': block('yaml mo') });
  const index = new MoIndex(loadMappings([folder]).mappings);
  const lock = {
    Label: leaf('Front door'),
    Locked: leaf('true', 'bool'),
    Pwr: leaf('81', 'int'),
    Codes: interior(),
    Unlock: leaf(undefined, 'null'),
  };
  const tree = interior({
    Vendor: interior({ LockFirmware: leaf('4.2'), Locks: interior({ front: interior(lock, MOID) }) }),
  });

  /** Plays a session in which the backend sends these commands; with MOS. */
  function session(...commands: readonly (readonly string[])[]) {
    const account = { ...context.account, alwaysSendMos: true };
    const device = modelDevice(tree);
    const scene = { device, context: { ...context, index, account } };
    return { device, packages: play(scene, [{ commands }]).packages };
  }

  test('the door lock of docs/mappings.md is checked as the page says', async () => {
    const settings = `accounts: { main: {} }\nroutes: [{ bridge: main }]\nmappings: [${folder}]\n`;
    let stdout = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      stdout += text;
      return true;
    });
    await runCheck(['--config', join(folderWith({ 'dmbridge.yaml': settings }), 'dmbridge.yaml')]);
    expect(stdout.trimEnd().split('\n\n').at(-1)).toBe(block('text check'));
  });

  test('the door lock of docs/mappings.md is in the MOS of Package#1 as the page shows', () => {
    const [first] = session(['END']).packages;
    expect(first?.json.MOS).toContainEqual(JSON.parse(block('json mos')));
  });

  test('the door lock of docs/mappings.md is read as the page shows', () => {
    const [, answer] = session(['GET', `${MOID}/front/`]).packages;
    const content = answer?.data['0']?.content;
    expect(JSON.parse(must(content !== undefined && 'text' in content ? content.text : undefined))).toEqual(
      JSON.parse(block('json get')),
    );
  });

  test('the door lock of docs/mappings.md refuses the DELETE of its label before the device hears of it', () => {
    const { device, packages } = session(['DELETE', `${MOID}/front/Label`]);
    expect(packages[1]?.json.Status).toEqual([{ sc: 403 }]);
    expect(device.log.filter((line) => line.startsWith('Delete'))).toEqual([]);
  });

  test('the door lock of docs/mappings.md sends its alert as the page shows', () => {
    const item = {
      source: './Vendor/Locks/front/Unlock',
      meta: { type: 'Reversed-Domain-Name: com.example.doorlock.opened', format: 'xml' },
      data: '<by>keypad</by><attempts>2</attempts>',
    };
    const miids = { [MOID]: { front: './Vendor/Locks/front' } };
    expect(toDm2Alert(item, { index, miids })).toEqual(JSON.parse(block('json alert')));
  });
});
