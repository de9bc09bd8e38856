/** The cost of access rights of many instances grows with their number, not with its square. */
import { describe, expect, test, vi } from 'vitest';
import { parseClientUri } from '../../src/dm2/client-uri.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { InstanceTrees } from '../../src/rights/instance-trees.ts';
import { assignMiidsOf } from '../../src/translate/uri.ts';
import { interior, leaf } from '../north/model/device.ts';
import { context, DATA, document } from '../north/model/play.ts';
import { DCMO, phoneTree } from '../north/model/simulated-device.ts';
import { DAC, type Played, play } from './scene.ts';

const OWN = 'Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm';

/** The document names each instance by a ClientURI of its own; the session knows their MIIDs, or searches the device for them. */
function change(count: number, isKnown: boolean): Played {
  const names = Array.from({ length: count }, (_, at) => `c${at}`);
  const capabilities = interior(
    Object.fromEntries(names.map((name) => [name, interior({ Property: leaf('P') }, DCMO)])),
  );
  const tree = interior({ ...phoneTree().children, DCMO: capabilities });
  const acls = Object.fromEntries(names.map((name) => [`./DCMO/${name}`, OWN]));
  const miids = Object.fromEntries(names.map((name) => [name, parseLocUri(`./DCMO/${name}`)]));
  const members = names.map((name) => {
    const Permissions = { mine: { MAID: 'serverid:DMS1', AR: 13 } };
    return { ClientURI: `${DAC}//${DCMO}/${name}`, MOData: { [name]: { 1: { Permissions } } } };
  });
  const knowledge = {
    miids: isKnown ? { [DCMO]: miids } : {},
    facts: { list: 'StructData', atomic: false, tnds: false },
  } as const;
  const repository = () => document(JSON.stringify(members));
  return play([['HGET', `${DATA}/rights`]], { repository, tree, acls, knowledge });
}

describe('an HGET that names many instances of the DAC MO', () => {
  test.each([true, false])('takes as much of the stored session as it has instances (MIIDs known: %s)', (isKnown) => {
    const [some, many] = [50, 200].map((count) => change(count, isKnown));
    expect([some, many].map((played) => played?.statuses[0]?.slice(0, 4))).toEqual(['200 ', '200 ']);
    expect(many?.device.commands.filter(({ name }) => name === 'Replace')).toHaveLength(200);
    const [less = 0, more = Number.POSITIVE_INFINITY] = [some?.longestState, many?.longestState];
    expect(more).toBeLessThan(less * 4.4);
  });

  test('looks only at the instance that an address names', () => {
    const node = (name: string, children: readonly MoNode[]): MoNode => ({ name, format: 'node', children });
    const instances = Array.from({ length: 1_000 }, (_, at) => node(`c${at}`, []));
    const trees = new InstanceTrees(node('DacMO', [node(DCMO, instances), node('urn:x', [])]));
    const uri = parseClientUri(`${DAC}//${DCMO}/c7`, context.index);
    expect(trees.treeFor(uri).children?.map(({ children = [] }) => children)).toEqual([[instances[7]]]);
    trees.put([DCMO, 'c7'], node('c7', [node('1', [])]));
    expect(trees.changed({ label: DCMO, miid: 'c7' })).toEqual(node('c7', [node('1', [])]));
    expect(trees.changed({ label: DCMO, miid: 'c8' })).toBeUndefined();
    expect(trees.treeFor(parseClientUri(`${DAC}//*/*`, context.index)).children).toHaveLength(2);
  });
});

describe('the MIIDs of many instances', () => {
  test('are looked up in one table, which is made anew once', () => {
    const roots = Array.from({ length: 1_000 }, (_, at) => parseLocUri(`./A/p${at}/App`));
    const has = vi.spyOn(Set.prototype, 'has');
    const given = assignMiidsOf({}, parseMoid('urn:x'), roots);
    expect(has.mock.calls.length).toBeLessThan(4_000);
    has.mockRestore();
    expect(new Set(given.assigned).size).toBe(1_000);
    expect(given.assigned.slice(0, 3)).toEqual(['App', 'App-2', 'App-3']);
    const again = assignMiidsOf(given.miids, parseMoid('urn:x'), roots.toReversed());
    expect(again.miids).toBe(given.miids);
    expect(again.assigned).toEqual(given.assigned.toReversed());
  });
});
