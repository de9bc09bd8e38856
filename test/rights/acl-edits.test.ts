/** Edits of access rights for any ACLs: the wanted rights are read afterwards, and all others stay. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACL_COMMANDS, type Acl, parseServerIdentifier, type ServerIdentifier } from '../../src/dm1/acl.ts';
import { type MoMapping, UNCHANGED } from '../../src/mapping/mapping.ts';
import { type LocUri, parseLocUri, ROOT } from '../../src/mo/loc-uri.ts';
import { parseMiid } from '../../src/mo/miid.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { isSamePath } from '../../src/mo/node-path.ts';
import { planAclEdits } from '../../src/rights/acl-edits.ts';
import type { Permission, RightsEntry } from '../../src/rights/dac-tree.ts';
import { instanceNodeAcls } from '../../src/rights/instance-acls.ts';
import { entriesOf, type InstanceRights, permissionsOf } from '../../src/rights/read-rights.ts';
import { type Authority, inexpressibleCommands } from '../../src/translate/access-rights.ts';
import { context as base } from '../north/model/play.ts';

const account = { ...base.account, serverId: 'DMS1' };
const context = {
  ...base,
  account,
  accounts: [account, { ...account, id: 's2', serverId: 'S2' }, { ...account, id: 's3', serverId: 'S3' }],
};
const MAIDS = ['*', 'serverid:DMS1', 'serverid:S2', 'serverid:S3'];

const mapping: MoMapping = {
  ...UNCHANGED,
  moid: parseMoid('urn:x:1.0'),
  name: 'X',
  dm1Moids: [],
  find: 'type',
  places: [],
  description: { name: 'X', format: 'node', access: [], occurrence: 'One', scope: 'dynamic', children: [] },
  minimumAccess: true,
};
const tree: MoNode = {
  name: 'X',
  format: 'node',
  children: [
    { name: 'A', format: 'node', children: [{ name: 'L', format: 'chr', value: '' }] },
    { name: 'B', format: 'chr', value: '' },
  ],
};
const NODES = ['.', './X', './X/A', './X/A/L', './X/B'].map(parseLocUri);

type Own = ReadonlyMap<LocUri, Acl>;

function instance(own: Own): InstanceRights {
  const nodes = instanceNodeAcls({ mapping, root: parseLocUri('./X'), tree, own });
  return { moid: mapping.moid, miid: parseMiid('X'), label: mapping.moid, mapping, nodes };
}

const servers = fc
  .uniqueArray(fc.constantFrom('legacy-dm', 'S2', 'S3'), { minLength: 1 })
  .map((ids) => new Set<ServerIdentifier>(ids.map(parseServerIdentifier)));
const acl: fc.Arbitrary<Acl> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ACL_COMMANDS), fc.oneof(fc.constant('*' as const), servers)), {
    selector: ([command]) => command,
  })
  .map((entries) => new Map(entries));
const acls: fc.Arbitrary<Own> = fc
  .tuple(...NODES.map(() => acl))
  .map((list) => new Map(list.map((each, at) => [NODES[at] ?? ROOT, each])));
const permissions: fc.Arbitrary<readonly Permission[]> = fc.uniqueArray(
  fc.record({ maid: fc.constantFrom(...MAIDS), rights: fc.integer({ min: 0, max: 15 }) }),
  { selector: ({ maid }) => maid },
);
const path = fc.constantFrom<readonly string[]>([], ['A'], ['A', 'L'], ['B']);

/** The ACLs after the edits; undefined when they were refused. */
function edited(own: Own, wanted: readonly RightsEntry[]): Own | undefined {
  const edits = planAclEdits(context, instance(own), wanted);
  return 'status' in edits
    ? undefined
    : new Map([...own, ...edits.map(({ locUri, after }) => [locUri, after] as const)]);
}

function rightsAt(own: Own, at: readonly string[]): Readonly<Record<string, number>> {
  const node = instance(own).nodes.find((each) => isSamePath(each.path, at));
  const list = node === undefined ? [] : permissionsOf(context, node);
  return Object.fromEntries(list.map(({ maid, rights }) => [maid, rights]));
}

function maidOf(authority: Authority): string {
  if (authority === '*') return '*';
  return authority === 'legacy-dm' ? 'serverid:DMS1' : `serverid:${authority}`;
}

const AUTHORITIES: readonly Authority[] = ['*', ...['legacy-dm', 'S2', 'S3'].map(parseServerIdentifier)];

describe('a plan of ACL edits', () => {
  test('is empty for the present rights', () => {
    fc.assert(
      fc.property(acls, (own) => {
        expect(planAclEdits(context, instance(own), entriesOf(context, instance(own)))).toEqual([]);
      }),
    );
  });

  test('of one entry gives the listed authorities the wanted rights, beside those of all servers', () => {
    fc.assert(
      fc.property(acls, path, permissions, (own, at, list) => {
        const others = entriesOf(context, instance(own)).filter((entry) => !isSamePath(entry.path, at));
        const after = edited(own, [...others, { path: at, permissions: list }]);
        if (after === undefined) return;
        const before = rightsAt(own, at);
        const now = rightsAt(after, at);
        const ofAll = now['*'] ?? 0;
        for (const { maid, rights } of list) {
          const isChange = before[maid] !== rights;
          if (isChange) expect(now[maid] ?? ofAll).toBe(rights);
          else expect((now[maid] ?? ofAll) & rights).toBe(rights);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('keeps the rights of unlisted authorities that AR cannot express', () => {
    fc.assert(
      fc.property(acls, path, permissions, (own, at, list) => {
        const node = instance(own).nodes.find((each) => isSamePath(each.path, at));
        const others = entriesOf(context, instance(own)).filter((entry) => !isSamePath(entry.path, at));
        const after = edited(own, [...others, { path: at, permissions: list }]);
        if (node === undefined || after === undefined) return;
        const acl = after.get(node.locUri);
        if (acl === undefined || acl.size === 0) return;
        for (const authority of AUTHORITIES) {
          const maid = maidOf(authority);
          if (list.some((each) => each.maid === maid)) continue;
          const explicit = inexpressibleCommands(node, authority).filter((command) => {
            const holders = node.acl.get(command);
            return authority === '*' || (holders !== '*' && holders?.has(authority) === true);
          });
          for (const command of explicit) {
            const holders = acl.get(command);
            expect(holders === '*' || (authority !== '*' && holders?.has(authority) === true)).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('changes no node whose entry stays the same', () => {
    fc.assert(
      fc.property(acls, path, permissions, (own, at, list) => {
        const others = entriesOf(context, instance(own)).filter((entry) => !isSamePath(entry.path, at));
        const edits = planAclEdits(context, instance(own), [...others, { path: at, permissions: list }]);
        if ('status' in edits) return;
        const locUris = edits.map(({ locUri }) => locUri);
        expect(locUris.filter((locUri) => locUri !== ['./X', ...at].join('/'))).toEqual([]);
      }),
    );
  });
});
