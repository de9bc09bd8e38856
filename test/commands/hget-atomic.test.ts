/**
 * HGET of more than one node: all or none. By the device's own Atomic, by TNDS documents, or one by one with the bridge
 * taking back what was done (DM-1.3 §6.6, RepPro "Atomic"; reference: syncml §7; design: Commands out, status table).
 */
import { describe, expect, test } from 'vitest';
import type { DeviceFacts } from '../../src/device/facts.ts';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import type { NorthEffect } from '../../src/north/north-state.ts';
import { type DeviceNode, type DeviceOptions, interior, leaf, nodeAt } from '../north/model/device.ts';
import { DATA, document, knowledgeOf } from '../north/model/play.ts';
import { DCMO, KNOWN, onPhone, type PhoneScene, phoneTree } from '../north/model/simulated-device.ts';

const URL = `${DATA}/doc`;
const USB = './DCMO/usb';

/** Two Deletes, a Replace, an Add, a Replace. */
const CHANGES = { [`${DCMO}/usb/`]: { Enabled: false, Group: 'new', Property: 'Bus' } };
const CHANGED = interior({ Property: leaf('Bus'), Enabled: leaf('false', 'bool'), Group: leaf('new') }, DCMO);

function knowing(facts: DeviceFacts): Pick<PhoneScene, 'knowledge'> {
  return { knowledge: knowledgeOf({ miids: KNOWN, facts: { list: 'StructData', ...facts } }) };
}

function storing(data: Readonly<Record<string, unknown>>, options: DeviceOptions = {}, scene: PhoneScene = {}) {
  const members = Object.entries(data).map(([ClientURI, value]) => ({ ClientURI, MOData: { wifi: value } }));
  const repository = () => document(JSON.stringify(members));
  return onPhone([['HGET', URL]], { repository, options, ...scene });
}

/** What went out, each message its commands; an Atomic with its members in brackets. */
function sent({ trips }: { readonly trips: readonly (readonly ServerCommand[])[] }): readonly string[] {
  const name = (command: ServerCommand): string =>
    command.members === undefined ? command.name : `Atomic[${command.members.map(name).join(' ')}]`;
  return trips.flatMap((commands) => {
    // The ACL of a new instance is another matter.
    const writes = commands.filter(({ name, items }) => name !== 'Get' && !items[0]?.target?.includes('?prop=ACL'));
    return writes.length === 0 ? [] : [writes.map(name).join(' ')];
  });
}

function logs(effects: readonly NorthEffect[], wanted = /^write/u): readonly unknown[] {
  return effects.flatMap((effect) => {
    return effect.type === 'log' && wanted.test(effect.event) ? [{ [effect.event]: effect.facts }] : [];
  });
}

/** The device has a Group that its listings do not show. */
const HIDDEN: DeviceOptions = { refuse: { [`${USB}/Group`]: { Get: 425 } } };

function withHiddenGroup(): DeviceNode {
  const tree = phoneTree();
  Object.assign(nodeAt(tree, USB)?.children ?? {}, { Group: leaf('hidden') });
  return tree;
}

const WHOLE = 'Atomic[Delete Delete Replace Add Replace]';

describe('an Atomic', () => {
  test.each<[string, DeviceFacts]>([
    ['of which nothing is known', {}],
    ['that is known to have it', { atomic: true }],
  ])('is what more than one write goes in, to a device %s', (_, facts) => {
    const outcome = storing(CHANGES, {}, knowing(facts));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE]);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(CHANGED);
  });

  test('holds the writes of all members of the document', () => {
    const outcome = storing({ [`${DCMO}/usb/Property`]: 'a', [`${DCMO}/camera/Property`]: 'b' });
    expect(sent(outcome)).toEqual(['Atomic[Replace Replace]']);
  });

  test('is not needed for one write', () => {
    expect(sent(storing({ [`${DCMO}/usb/Property`]: 'a' }))).toEqual(['Replace']);
  });

  test.each([
    [425, '403'],
    [405, '403'],
    [415, '415'],
    [420, '506'],
    [500, '500'],
    [417, '503'],
    [1201, '1201'],
  ])('that fails with %i in a member is status %s, and the device has rolled it back', (code, status) => {
    const outcome = storing(CHANGES, { refuse: { [`${USB}/Group`]: { Add: code } } });
    expect(outcome.statuses).toEqual([status]);
    expect(sent(outcome)).toEqual([WHOLE]);
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(logs(outcome.effects)).toEqual([{ 'write.rolled_back': { status: code } }]);
    expect(outcome.state.device.facts.atomic).toBeUndefined();
  });

  test('is sent anew for the tree that it met: a leaf that was hidden is replaced', () => {
    const tree = withHiddenGroup();
    const outcome = storing(CHANGES, HIDDEN, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, 'Atomic[Delete Delete Replace Replace Replace]']);
    expect(nodeAt(tree, USB)).toEqual(CHANGED);
  });

  test.each<[string, string, readonly (number | undefined)[]]>([
    ['a leaf that is gone is added', 'Atomic[Delete Delete Add Add Replace]', [undefined, undefined, 404]],
    ['what is gone already need not go', 'Atomic[Delete Replace Add Replace]', [undefined, 404]],
  ])('is sent anew for the tree that it met: %s', (_, second, members) => {
    expect(sent(storing(CHANGES, { next: [undefined, ...members] }))[1]).toBe(second);
  });

  test.each<[string, DeviceOptions, readonly string[]]>([
    ['in an Atomic', {}, [WHOLE, 'Atomic[Delete Replace Add Replace]']],
    ['one by one', { atomic: 'unknown' }, [WHOLE, 'Delete Delete Replace Add Replace']],
    ['where nothing is rolled back', { atomic: 'kept' }, [WHOLE]],
  ])('leaves alone what only the device knows to be permanent (405), %s', (_, options, expected) => {
    const permanent = { [`${USB}/Operations`]: { Delete: 405 } };
    const outcome = storing(CHANGES, { ...options, refuse: permanent });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual(expected);
    const operations = nodeAt(phoneTree(), `${USB}/Operations`);
    expect(nodeAt(outcome.device.tree, USB)?.children).toEqual({ ...CHANGED.children, Operations: operations });
    expect(logs(outcome.effects)).toEqual([]);
  });

  test('that cannot be taken back since the device takes away nothing new is told of as half done', () => {
    const refuse = { [`${USB}/Group`]: { Delete: 405 }, [`${USB}/Property`]: { Replace: 425 } };
    const outcome = storing(CHANGES, { atomic: 'unknown', refuse });
    expect(logs(outcome.effects)).toEqual([{ 'write.partial': { failures: 1, left: [`${USB}/Group`] } }]);
  });

  test('that fails for another reason has no permanent node put back', () => {
    const refuse = { [`${USB}/Operations`]: { Delete: 405 }, [`${USB}/Property`]: { Replace: 425 } };
    const outcome = storing(CHANGES, { atomic: 'unknown', refuse });
    expect(outcome.statuses).toEqual(['403']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
    expect(outcome.device.log.filter((line) => line.includes('Operations') && line.startsWith('Add'))).toEqual([]);
  });

  test('is given up when the same member meets another tree again', () => {
    const outcome = storing(CHANGES, { refuse: { [`${USB}/Enabled`]: { Replace: 404, Add: 418 } } });
    expect(outcome.statuses).toEqual(['500']);
    expect(sent(outcome)).toEqual([WHOLE, 'Atomic[Delete Delete Add Add Replace]']);
    expect(outcome.device.tree).toEqual(phoneTree());
  });

  test('of which only one write is left is that write', () => {
    const options: DeviceOptions = { next: [undefined, undefined, undefined, 418] };
    const outcome = storing({ [`${DCMO}/usb/Ext/new`]: {}, [`${DCMO}/usb/Property`]: 'b' }, options);
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/Ext/new ${DCMO}/usb/Property`]);
    expect(sent(outcome)).toEqual(['Atomic[Add Replace]', 'Replace']);
  });

  test('that was not executed at all is sent once more, and then 503', () => {
    const answer215 = (count: number) => storing(CHANGES, { atomicStatuses: Array.from({ length: count }, () => 215) });
    expect(sent(answer215(1))).toEqual([WHOLE, WHOLE]);
    expect(answer215(1).statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(answer215(2).statuses).toEqual(['503']);
  });

  test('that is refused as such is that status', () => {
    const outcome = storing(CHANGES, { atomicStatuses: [425] });
    expect(outcome.statuses).toEqual(['403']);
    expect(sent(outcome)).toEqual([WHOLE]);
  });

  test('makes a new instance, or nothing of it', () => {
    const data = { [`${DCMO}//`]: { Property: 'p', Group: 'g' } };
    expect(storing(data).statuses).toEqual([`200 ${DCMO}/wifi/`]);
    const failed = storing(data, { refuse: { './DCMO/wifi/Group': { Add: 418 } } });
    expect(failed.statuses).toEqual(['404']);
    expect(failed.device.tree).toEqual(phoneTree());
    const taken = storing(data, { next: [undefined, 418] });
    expect(taken.statuses).toEqual(['500']);
    expect(taken.device.tree).toEqual(phoneTree());
  });
});

describe('a roll-back that failed (516)', () => {
  const options: DeviceOptions = { atomic: 'stuck', refuse: { [`${USB}/Property`]: { Replace: 425 } } };

  test('is repaired: the tree is read anew, and what is there all the same is taken back', () => {
    const outcome = storing(CHANGES, options);
    expect(outcome.statuses).toEqual(['403']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
    expect(sent(outcome)).toEqual([WHOLE, 'Delete Replace Add Add Add Add']);
    expect(logs(outcome.effects)).toEqual([{ 'write.undone': { failures: 1, left: [] } }]);
  });

  test('does not touch what the device has put right by itself', () => {
    const outcome = storing(CHANGES, { ...options, unstuck: true });
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(sent(outcome)).toEqual([WHOLE]);
    expect(logs(outcome.effects)).toEqual([{ 'write.undone': { failures: 1, left: [] } }]);
  });

  test('is told where it cannot be repaired', () => {
    const refuse = { ...options.refuse, [`${USB}/Group`]: { Delete: 425 } };
    const outcome = storing(CHANGES, { ...options, refuse });
    expect(logs(outcome.effects)).toEqual([{ 'write.partial': { failures: 1, left: [`${USB}/Group`] } }]);
  });

  test('comes before another try for a member that met another tree', () => {
    const tree = withHiddenGroup();
    const outcome = storing(CHANGES, { ...HIDDEN, atomic: 'stuck' }, { tree });
    expect(outcome.statuses).toEqual(['500']);
    expect(sent(outcome)[1]).not.toContain('Atomic');
    expect(nodeAt(tree, USB)).toEqual(nodeAt(withHiddenGroup(), USB));
  });

  test('of the Atomic itself concerns all members', () => {
    const outcome = storing(CHANGES, { atomicStatuses: [516] });
    expect(outcome.statuses).toEqual(['500']);
    expect(outcome.device.tree).toEqual(phoneTree());
  });
});

describe('a device without Atomic', () => {
  const singly = 'Delete Delete Replace Add Replace';

  test('that is known to have none gets the same writes one after the other', () => {
    expect(sent(storing(CHANGES, {}, knowing({ atomic: false })))).toEqual([singly]);
  });

  test('that says so gets them then, and is never asked again', () => {
    const outcome = storing(CHANGES, { atomic: 'unknown' });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, singly]);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(CHANGED);
    expect(outcome.state.device.facts.atomic).toBe(false);
  });

  test('that has one by its profile and refuses it is believed', () => {
    expect(storing(CHANGES, { atomic: 'unknown' }, knowing({ atomic: true })).state.device.facts.atomic).toBe(false);
  });

  test.each([406, 501, 400, 405, 500])('may answer the Atomic %i', (code) => {
    const outcome = storing(CHANGES, { atomicStatuses: [code] });
    expect(sent(outcome)).toEqual([WHOLE, singly]);
    expect(outcome.state.device.facts.atomic).toBe(false);
  });

  test('that is silent about it gets them one by one; that they work shows what the trouble was', () => {
    const outcome = storing(CHANGES, { atomic: 'silent' });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, singly]);
    expect(outcome.state.device.facts.atomic).toBe(false);
  });

  test('is not called so when the writes fail in the same way one by one', () => {
    const outcome = storing(CHANGES, { atomic: 'silent', refuse: { [`${USB}/Group`]: { Add: 500 } } });
    expect(outcome.statuses).toEqual(['500']);
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(outcome.state.device.facts.atomic).toBeUndefined();
  });

  test('has what was done taken back by the bridge', () => {
    const refuse = { [`${USB}/Property`]: { Replace: 425 } };
    const outcome = storing(CHANGES, { atomic: 'unknown', refuse });
    expect(outcome.statuses).toEqual(['403']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
    expect(logs(outcome.effects)).toEqual([{ 'write.undone': { failures: 1, left: [] } }]);
  });

  test('that runs the members and rolls nothing back: the same (field note #15)', () => {
    const outcome = storing(CHANGES, { atomic: 'kept', refuse: { [`${USB}/Enabled`]: { Replace: 415 } } });
    expect(outcome.statuses).toEqual(['415']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
    expect(sent(outcome)[0]).toBe(WHOLE);
    expect(outcome.state.device.facts.atomic).toBe(false);
  });

  test('that runs the members and met another tree is told what differs', () => {
    const tree = withHiddenGroup();
    const outcome = storing(CHANGES, { ...HIDDEN, atomic: 'kept' }, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, 'Replace']);
    expect(nodeAt(tree, USB)).toEqual(CHANGED);
  });

  test('that stopped at such a member gets the rest, too', () => {
    const tree = withHiddenGroup();
    const next = [undefined, undefined, undefined, undefined, undefined, 215];
    const outcome = storing(CHANGES, { ...HIDDEN, atomic: 'kept', next }, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, 'Replace Replace']);
    expect(nodeAt(tree, USB)).toEqual(CHANGED);
  });

  test('that left out one member and failed at the next is told why, not what was left out', () => {
    const outcome = storing(CHANGES, { atomic: 'kept', next: [undefined, undefined, 215, 425] });
    expect(outcome.statuses).toEqual(['403']);
  });

  test('that stopped at a member for good gets no more of it', () => {
    const outcome = storing(CHANGES, { atomic: 'kept', next: [undefined, undefined, undefined, undefined, 425, 215] });
    expect(outcome.statuses).toEqual(['403']);
    expect(sent(outcome)).toEqual([WHOLE, 'Replace Add Add Add Add']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
  });
});

describe('an Atomic that does not fit', () => {
  test('goes singly where the device takes no documents', () => {
    const outcome = storing(CHANGES, { atomic: 'tooLarge' });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, 'Delete Delete Replace Add Replace']);
    expect(outcome.state.device.facts.atomic).toBeUndefined();
  });
});

describe('a new sub-tree as a TNDS document', () => {
  const wifi = { [`${DCMO}//`]: { Property: 'p', Enabled: true, Ext: { a: 'b' } } };
  const made = interior({ Property: leaf('p'), Enabled: leaf('true', 'bool'), Ext: interior({ a: leaf('b') }) }, DCMO);

  test.each<[string, DeviceFacts, DeviceOptions, readonly string[]]>([
    ['there is no Atomic', { tnds: true, atomic: false }, {}, ['Add']],
    ['it does not fit', { tnds: true }, { atomic: 'tooLarge' }, ['Atomic[Add Add Add Add Add]', 'Add']],
  ])('where %s', (_, facts, options, expected) => {
    const outcome = storing(wifi, { ...options, documents: true }, knowing(facts));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(sent(outcome)).toEqual(expected);
    expect(nodeAt(outcome.device.tree, './DCMO/wifi')).toEqual(made);
    const add = outcome.trips.flat().findLast(({ name }) => name === 'Add');
    expect(add?.items).toMatchObject([
      { target: './DCMO', meta: { format: 'xml', type: 'application/vnd.syncml.dmtnds+xml' } },
    ]);
  });

  test('never goes to a DM 1.1 device', () => {
    const scene = { ...knowing({ tnds: true, atomic: false }), version: '1.1' as const };
    expect(sent(storing(wifi, { documents: true }, scene))).toEqual(['Add Add Add Add Add']);
  });

  test('with its place, when that is missing', () => {
    const tree = phoneTree();
    delete tree.children?.DCMO;
    const outcome = storing(wifi, { documents: true }, { tree, ...knowing({ tnds: true, atomic: false }) });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(sent(outcome)).toEqual(['Add']);
    expect(nodeAt(tree, './DCMO/wifi')).toEqual(made);
  });

  test('what is in existing sub-trees goes beside it', () => {
    const data = { ...wifi, [`${DCMO}/usb/Property`]: 'Bus' };
    const outcome = storing(data, { documents: true }, knowing({ tnds: true, atomic: false }));
    expect(sent(outcome)).toEqual(['Add Replace']);
    expect(nodeAt(outcome.device.tree, `${USB}/Property`)).toEqual(leaf('Bus'));
  });

  test('a device that refuses it (415) is remembered, and gets node by node', () => {
    const outcome = storing(wifi, {}, knowing({ tnds: true, atomic: false }));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(sent(outcome)).toEqual(['Add', 'Add Add Add Add Add']);
    expect(nodeAt(outcome.device.tree, './DCMO/wifi')).toEqual(made);
    expect(outcome.state.device.facts.tnds).toBe(false);
  });

  test('the commands behind wait until it has come another way', () => {
    const members = [
      { ClientURI: `${DCMO}//`, MOData: { wifi: {} } },
      { ClientURI: `${DCMO}/usb/Ext/k`, MOData: { k: 'a' } },
    ];
    const tree = phoneTree();
    delete nodeAt(tree, './DCMO')?.children?.camera;
    const commands = [
      ['HGET', URL],
      ['GET', `${DCMO}//`],
    ];
    const repository = () => document(JSON.stringify(members));
    const knowledge = knowledgeOf({ facts: { tnds: true, atomic: false } });
    // Two instances: which one is meant?
    expect(onPhone(commands, { repository, tree, knowledge }).statuses[1]).toBe('404');
  });

  test('of which a node is there already goes node by node', () => {
    const tree = phoneTree();
    Object.assign(nodeAt(tree, `${USB}/Ext`)?.children ?? {}, { deep: interior({ old: leaf('o') }) });
    const options: DeviceOptions = { documents: true, refuse: { [`${USB}/Ext/deep`]: { Get: 425 } } };
    const scene = { tree, ...knowing({ tnds: true, atomic: false }) };
    const outcome = storing({ [`${DCMO}/usb/Ext/`]: { deep: { a: 'b' } } }, options, scene);
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/Ext`]);
    expect(sent(outcome)).toEqual(['Add', 'Add Add']);
    expect(nodeAt(tree, `${USB}/Ext/deep/a`)).toEqual(leaf('b'));
  });

  test('that fails for another reason is that status', () => {
    const options: DeviceOptions = { documents: true, refuse: { './DCMO/wifi/Enabled': { Add: 425 } } };
    const outcome = storing(wifi, options, knowing({ tnds: true, atomic: false }));
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(sent(outcome)).toEqual(['Add']);
  });

  test('goes again when something beside it fails', () => {
    const data = { ...wifi, [`${DCMO}/usb/Property`]: 'Bus' };
    const options: DeviceOptions = { documents: true, refuse: { [`${USB}/Property`]: { Replace: 425 } } };
    const outcome = storing(data, options, knowing({ tnds: true, atomic: false }));
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(sent(outcome)).toEqual(['Add Replace', 'Delete']);
  });

  test('is the way around Adds of interior nodes', () => {
    const bare = { [`${DCMO}//`]: { Property: 'p', Ext: {} } };
    const facts = { leafOnlyAdds: true, tnds: true };
    expect(storing(bare, { documents: true }, knowing(facts)).statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(storing(bare, {}, knowing({ leafOnlyAdds: true })).statuses).toEqual(['415']);
  });
});

describe('a value that no message can carry whole', () => {
  const long = 'x'.repeat(1000);
  const property = { [`${DCMO}/usb/Property`]: long };

  function withLrgObj(value: string | undefined) {
    const tree = phoneTree();
    if (value !== undefined)
      Object.assign(nodeAt(tree, './DevDetail')?.children ?? {}, { LrgObj: leaf(value, 'bool') });
    return { tree };
  }

  test.each<[string, string | undefined, string, boolean]>([
    ['takes large objects', 'true', `200 ${DCMO}/usb/Property`, true],
    ['takes none', 'false', '506', false],
    ['does not say', undefined, `200 ${DCMO}/usb/Property`, true],
  ])('LrgObj is read first: a device that %s', (_, value, status, largeObjects) => {
    const outcome = storing(property, { maxMsgSize: 500 }, withLrgObj(value));
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.log).toContain('Get ./DevDetail/LrgObj');
    expect(outcome.state.device.facts.largeObjects).toBe(largeObjects);
  });

  test.each([
    [true, `200 ${DCMO}/usb/Property`],
    [false, '506'],
  ])('what is known of it (%s) is not asked for again', (largeObjects, status) => {
    const outcome = storing(property, { maxMsgSize: 500 }, knowing({ largeObjects }));
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.log).not.toContain('Get ./DevDetail/LrgObj');
  });

  test('is not asked where it fits', () => {
    const outcome = storing(property);
    expect(outcome.device.log).not.toContain('Get ./DevDetail/LrgObj');
  });

  test('one of several that cannot go takes the others back', () => {
    const data = { ...property, [`${DCMO}/camera/Property`]: 'y' };
    const outcome = storing(data, { maxMsgSize: 500, atomic: 'tooLarge' }, withLrgObj('false'));
    expect(outcome.statuses).toEqual(['506']);
    expect(nodeAt(outcome.device.tree, './DCMO/camera/Property')).toEqual(leaf('Camera'));
  });
});
