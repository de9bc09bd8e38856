/**
 * A random list of commands has the effects of a naive executor that carries out one after the other: the same statuses and
 * data, the same requests to the repository, the same tree. The devices differ, and the process may die at each step.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RepositoryReply, RepositoryRequest } from '../../src/dm2/repository.ts';
import type { Mutable } from '../../src/mutable.ts';
import { miidTable } from '../support/miid-table.ts';
import { type DeviceNode, type DeviceOptions, interior, leaf, modelDevice } from './model/device.ts';
import { DATA, document, knowledgeOf, NOT_THERE, playOne } from './model/play.ts';
import {
  FAILED,
  type Flags,
  MOID,
  PLACE,
  runReference,
  type StoredDocument,
  switchTo,
  type World,
} from './model/reference.ts';

const INSTANCES = ['cam', 'usb', 'bt'] as const;
/** With those that the bridge makes unique. */
const NAMES = [...INSTANCES, 'new1', 'other'].flatMap((name) => ['', 2, 3, 4, 5, 6].map((count) => `${name}${count}`));
const VALUES = ['a', 'b', 'USB'] as const;

interface Setting {
  readonly tree: DeviceNode;
  readonly flags: Flags;
  readonly known: readonly string[];
  readonly lists: NonNullable<DeviceOptions['lists']>;
  readonly listRefusal: NonNullable<DeviceOptions['listRefusal']>;
  readonly types: boolean;
  readonly atomic: DeviceOptions['atomic'];
  readonly takesDocuments: boolean | undefined;
  readonly documents: Readonly<Record<string, StoredDocument>>;
}

const value = fc.constantFrom(...VALUES);

const instanceNode = fc
  .record({
    Property: fc.option(value),
    Description: fc.option(value),
    Enabled: fc.option(fc.boolean()),
    Ext: fc.option(fc.dictionary(fc.constantFrom('k', 'l', 'm'), value, { maxKeys: 3 })),
    hasOperations: fc.boolean(),
  })
  .map(({ Property, Description, Enabled, Ext, hasOperations }): DeviceNode => {
    const children: Record<string, DeviceNode> = {};
    if (Property !== null) children.Property = leaf(Property);
    if (Description !== null) children.Description = leaf(Description, 'chr', 'text/x-note');
    if (Enabled !== null) children.Enabled = leaf(String(Enabled), 'bool');
    if (Ext !== null) {
      children.Ext = interior(Object.fromEntries(Object.entries(Ext).map(([name, text]) => [name, leaf(text)])));
    }
    if (hasOperations)
      children.Operations = interior({ Enable: leaf(undefined, 'null'), Disable: leaf(undefined, 'null') });
    return interior(children, MOID);
  });

const flagged = fc.constantFrom('Property', 'Description', 'Enabled', 'Ext/k', 'Ext/l');

const flags = fc
  .array(
    fc.tuple(
      fc.constantFrom(...INSTANCES),
      flagged,
      fc.constantFrom('Get' as const, 'Replace' as const, 'Delete' as const),
    ),
    { maxLength: 3 },
  )
  .map((list): Flags => {
    const all: Record<string, ('Get' | 'Replace' | 'Delete')[]> = {};
    for (const [miid, path, operation] of list) {
      const at = `${PLACE}/${miid}/${path}`;
      all[at] = [...(all[at] ?? []), operation];
    }
    return all;
  });

const instanceName = fc.constantFrom('', '*', '(x)', ...INSTANCES, ...INSTANCES, 'new1');
const pathName = fc.constantFrom(
  '',
  'Property',
  'Description',
  'Enabled',
  'Ext',
  'Ext/k',
  'Ext/l',
  'Ext/*',
  '*',
  'Ext/(y)',
  'Ext/q/r',
  '*/k',
);
const condition = fc.constantFrom('(x)/Property:a', '(x)/Property:b', '(x)/Ext/k:a', '(x)/Nothing:a');

function queryOf(address: string, nv: string, level: number): string {
  const fields: string[] = [];
  if (address.includes('(x)')) fields.push(`nv=${nv}`);
  if (address.includes('(y)')) fields.push('nv=(y):a');
  if (level > 0) fields.push(`lv=${level}`);
  return fields.length === 0 ? address : `${address}?${fields.join('&')}`;
}

const clientUri = fc
  .tuple(instanceName, pathName, condition, fc.constantFrom(0, 0, 0, 1, 2))
  .map(([instance, path, nv, level]) => queryOf(`${MOID}/${instance}/${path}`, nv, level));

const plainUri = fc
  .tuple(fc.constantFrom('', ...INSTANCES), fc.constantFrom('Property', 'Enabled', 'Ext/k', 'Ext/new', 'Ext/q/r', ''))
  .map(([instance, path]) => `${MOID}/${instance}/${path}`);

const execUri = fc
  .tuple(
    fc.constantFrom('', '*', ...INSTANCES),
    fc.constantFrom('Operations/Enable', 'Operations/Disable', 'Property', 'Nothing'),
  )
  .map(([instance, path]) => `${MOID}/${instance}/${path}`);

const url = fc.constantFrom('r0', 'r1', 'r2', 'none').map((name) => `${DATA}/${name}`);

const command = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('GET'), clientUri) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('DELETE'), clientUri) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('EXEC'), execUri) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('HGET'), url, plainUri) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('HGET'), url) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('HPUT'), url, clientUri) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('HPUT'), url, clientUri, clientUri) },
);

const moData = fc.record(
  {
    Property: value,
    Group: value,
    Enabled: fc.oneof(fc.boolean(), fc.constant('true'), fc.constant('perhaps')),
    Ext: fc.oneof(fc.dictionary(fc.constantFrom('k', 'l', 'new'), value, { maxKeys: 3 }), value),
  },
  { requiredKeys: [] },
);

const member = fc.oneof(
  fc.record({
    ClientURI: fc.constantFrom('', 'new1', ...INSTANCES).map((instance) => `${MOID}/${instance}/`),
    MOData: fc.tuple(fc.constantFrom('cam', 'other'), moData).map(([label, data]) => ({ [label]: data })),
  }),
  fc.record({
    ClientURI: fc.constantFrom(...INSTANCES).map((instance) => `${MOID}/${instance}/Ext/k`),
    MOData: value.map((text) => ({ k: text })),
  }),
);

const stored = fc.oneof(
  fc.constantFrom('a', 'true', 'perhaps').map((text): StoredDocument => ({ type: 'text/plain', text })),
  fc.array(member, { minLength: 1, maxLength: 1 }).map(asDocument),
  // Members that meet on one instance have no order that the specification gives them.
  fc.uniqueArray(member, { minLength: 2, maxLength: 2, selector: instanceOf }).map(asDocument),
);

function asDocument(members: readonly unknown[]): StoredDocument {
  return { type: 'application/dmmo+json', text: JSON.stringify(members) };
}

function instanceOf({ ClientURI, MOData }: { ClientURI: string; MOData: object }): string {
  const instance = ClientURI.slice(MOID.length + 1).split('/')[0] ?? '';
  return instance === '' ? (Object.keys(MOData)[0] ?? '') : instance;
}

const setting: fc.Arbitrary<Setting> = fc.record({
  tree: fc.dictionary(fc.constantFrom(...INSTANCES), instanceNode, { minKeys: 0, maxKeys: 3 }).map((instances) =>
    interior({
      DevInfo: interior({ Lang: leaf('en') }),
      DCMO: interior(instances),
    }),
  ),
  flags,
  known: fc.subarray([...INSTANCES]),
  lists: fc.constantFrom<NonNullable<DeviceOptions['lists']>>(
    ['Struct', 'StructData'],
    ['Struct', 'StructData'],
    ['StructData'],
    ['Struct'],
    [],
  ),
  listRefusal: fc.constantFrom<NonNullable<DeviceOptions['listRefusal']>>(404, 405, 406, 500, 'ignored'),
  types: fc.boolean(),
  atomic: fc.constantFrom(undefined, undefined, 'unknown', 'silent', 'kept', 'tooLarge', 'stuck'),
  takesDocuments: fc.constantFrom(undefined, false, true),
  documents: fc.record({ r0: stored, r1: stored, r2: stored }),
});

/** A repository that stores each upload. */
function keeping(documents: Map<string, StoredDocument>, sent: string[]) {
  return ({ method, url: at, headers, body }: RepositoryRequest): RepositoryReply => {
    if (method === 'GET') {
      const found = documents.get(at);
      return found === undefined ? NOT_THERE : document(found.text, found.type);
    }
    const text = body !== undefined && 'text' in body ? body.text : '';
    const type = headers['content-type'] ?? '';
    documents.set(at, { type, text });
    sent.push(`${at} ${type} ${text}`);
    return { status: 204, headers: {}, body: { text: '' } };
  };
}

function documentsOf({ documents }: Setting): Map<string, StoredDocument> {
  return new Map(Object.entries(documents).map(([name, each]) => [`${DATA}/${name}`, each]));
}

function optionsOf(setting: Setting): DeviceOptions {
  const { flags: all, lists, listRefusal, types, atomic, takesDocuments } = setting;
  const refuse = Object.fromEntries(
    Object.entries(all).map(([at, operations]) => [at, Object.fromEntries(operations.map((each) => [each, 425]))]),
  );
  const exec = Object.fromEntries(
    NAMES.flatMap((miid) =>
      (['Enable', 'Disable'] as const).map((name) => [
        `${PLACE}/${miid}/Operations/${name}`,
        (tree: DeviceNode) => switchTo(tree, miid, name === 'Enable'),
      ]),
    ),
  );
  const options: Mutable<DeviceOptions> = {
    lists,
    listRefusal,
    types,
    refuse,
    exec,
    documents: takesDocuments === true,
  };
  if (atomic !== undefined) options.atomic = atomic;
  return options;
}

/** Children in a fixed order, because devices have none. Unreadable nodes are left out: an undo cannot restore them. */
function sorted(node: DeviceNode, unreadable: Flags, locUri = '.'): unknown {
  const { children, ...own } = node;
  if (children === undefined) return own;
  const entries = Object.entries(children).flatMap(([name, child]) => {
    const at = `${locUri}/${name}`;
    return unreadable[at]?.includes('Get') === true ? [] : [[name, sorted(child, unreadable, at)] as const];
  });
  return { ...own, children: Object.fromEntries(entries.sort()) };
}

function normal(text: string): unknown {
  const members = text.startsWith('[{"DDF"') ? (JSON.parse(text) as { ClientURI: string }[]) : undefined;
  return members?.sort((one, other) => (one.ClientURI < other.ClientURI ? -1 : 1)) ?? text;
}

function normalSent(line: string): unknown {
  const at = line.indexOf(' [{');
  return at < 0 ? line : [line.slice(0, at), normal(line.slice(at + 1))];
}

/** True when a command fetches a document that an earlier one has stored there, made of two ClientURIs. */
function fetchesUpload(commands: readonly (readonly string[])[]): boolean {
  return commands.some(([name, target], at) => {
    const uploads = commands.slice(0, at).filter(([earlier, stored]) => earlier === 'HPUT' && stored === target);
    return name === 'HGET' && uploads.some(({ length }) => length > 3);
  });
}

/** The status to compare: where a command has several faults, the specification does not say which one counts. */
function comparable(wire: readonly string[] = [], status: string, expected = ''): string {
  if (expected === FAILED) return Number(status) >= 400 ? FAILED : status;
  // The data does not fit, and the node does not exist.
  return wire[0] === 'HGET' && expected === '404' && status === '415' ? expected : status;
}

describe('a list of commands', () => {
  test('a list of commands has the effects of executing one after the other', () => {
    fc.assert(
      fc.property(
        setting,
        fc.array(command, { minLength: 1, maxLength: 7 }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        fc.constantFrom(undefined, 'singly' as const, 'backwards' as const),
        (scene, commands, deaths, answers) => {
          // Its members may meet on one instance, where the specification gives them no order.
          fc.pre(!fetchesUpload(commands));
          const sent: string[] = [];
          const device = modelDevice(structuredClone(scene.tree), optionsOf(scene));
          const known = Object.fromEntries(scene.known.map((miid) => [miid, `${PLACE}/${miid}`]));
          const played = playOne(
            {
              device,
              knowledge: knowledgeOf({
                miids: miidTable({ [MOID]: known }),
                facts: scene.takesDocuments === undefined ? {} : { tnds: true },
              }),
              repository: keeping(documentsOf(scene), sent),
              dies: (step) => deaths[step % 40] ?? false,
              answers,
            },
            commands,
          );

          // A device that refuses to take back what it has just done ends in neither state. One whose Atomic is stuck may
          // end in the state before, although the same writes work one by one. The log says so.
          const events = played.effects.flatMap((effect) => (effect.type === 'log' ? [effect.event] : []));
          fc.pre(!events.includes('write.partial'));
          fc.pre(!(scene.atomic === 'stuck' && events.includes('write.undone')));

          const world: World = {
            tree: structuredClone(scene.tree),
            flags: scene.flags,
            walks: scene.lists.length === 0,
            documents: documentsOf(scene),
            sent: [],
          };
          const expected = commands.map((each) => runReference(world, each));
          const data = expected.flatMap((each, at) =>
            each.data === undefined ? [] : [[String(at), normal(each.data)]],
          );
          const statuses = played.statuses.map((status, at) => comparable(commands[at], status, expected[at]?.status));
          expect(statuses).toEqual(expected.map(({ status }) => status));
          expect(
            Object.entries(played.data).map(([at, { content }]) => [
              at,
              'text' in content ? normal(content.text) : content,
            ]),
          ).toEqual(data);
          expect(sent.map(normalSent)).toEqual(world.sent.map(normalSent));
          const hasFailed = commands.some(([name], at) => name === 'HGET' && !played.statuses[at]?.startsWith('200'));
          const unreadable = hasFailed ? scene.flags : {};
          expect(sorted(device.tree, unreadable)).toEqual(sorted(world.tree, unreadable));
        },
      ),
      // `RUNS=10000` searches longer.
      { numRuns: Number(process.env.RUNS ?? 300) },
    );
  });
});
