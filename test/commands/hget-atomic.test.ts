/**
 * HGET of more than one node, all or none: as an Atomic, as TNDS documents, or one by one with an undo by the bridge (DM-1.3
 * §6.6; DMREPPRO "Atomic").
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
    ['without a fact about it', {}],
    ['that supports it', { atomic: true }],
  ])('has all writes when there is more than one, for a device %s', (_, facts) => {
    const outcome = storing(CHANGES, {}, knowing(facts));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE]);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(CHANGED);
  });

  test('has the writes of all parts of the document', () => {
    const outcome = storing({ [`${DCMO}/usb/Property`]: 'a', [`${DCMO}/camera/Property`]: 'b' });
    expect(sent(outcome)).toEqual(['Atomic[Replace Replace]']);
  });

  test('is not used for one write', () => {
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
  ])('with a member that fails with %i ends with %s, rolled back by the device', (code, status) => {
    const outcome = storing(CHANGES, { refuse: { [`${USB}/Group`]: { Add: code } } });
    expect(outcome.statuses).toEqual([status]);
    expect(sent(outcome)).toEqual([WHOLE]);
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(logs(outcome.effects)).toEqual([{ 'write.rolled_back': { status: code } }]);
    expect(outcome.state.device.facts.atomic).toBeUndefined();
  });

  test('is sent again for the tree that it found: a hidden leaf is replaced', () => {
    const tree = withHiddenGroup();
    const outcome = storing(CHANGES, HIDDEN, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, 'Atomic[Delete Delete Replace Replace Replace]']);
    expect(nodeAt(tree, USB)).toEqual(CHANGED);
  });

  test.each<[string, string, readonly (number | undefined)[]]>([
    ['a deleted leaf is added', 'Atomic[Delete Delete Add Add Replace]', [undefined, undefined, 404]],
    ['a deleted node is not deleted', 'Atomic[Delete Replace Add Replace]', [undefined, 404]],
  ])('is sent again for the tree that it found: %s', (_, second, members) => {
    expect(sent(storing(CHANGES, { next: [undefined, ...members] }))[1]).toBe(second);
  });

  test.each<[string, DeviceOptions, readonly string[]]>([
    ['in an Atomic', {}, [WHOLE, 'Atomic[Delete Replace Add Replace]']],
    ['on a device without Atomic', { atomic: 'unknown' }, [WHOLE, 'Delete Delete Replace Add Replace']],
    ['on a device that rolls nothing back', { atomic: 'kept' }, [WHOLE]],
  ])('ignores 405 for a node that only the device knows as permanent, %s', (_, options, expected) => {
    const permanent = { [`${USB}/Operations`]: { Delete: 405 } };
    const outcome = storing(CHANGES, { ...options, refuse: permanent });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual(expected);
    const operations = nodeAt(phoneTree(), `${USB}/Operations`);
    expect(nodeAt(outcome.device.tree, USB)?.children).toEqual({ ...CHANGED.children, Operations: operations });
    expect(logs(outcome.effects)).toEqual([]);
  });

  test('is logged as partly done when the device refuses the Delete of the undo', () => {
    const refuse = { [`${USB}/Group`]: { Delete: 405 }, [`${USB}/Property`]: { Replace: 425 } };
    const outcome = storing(CHANGES, { atomic: 'unknown', refuse });
    expect(logs(outcome.effects)).toEqual([{ 'write.partial': { failures: 1, left: [`${USB}/Group`] } }]);
  });

  test('that fails for another reason does not restore a permanent node', () => {
    const refuse = { [`${USB}/Operations`]: { Delete: 405 }, [`${USB}/Property`]: { Replace: 425 } };
    const outcome = storing(CHANGES, { atomic: 'unknown', refuse });
    expect(outcome.statuses).toEqual(['403']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
    expect(outcome.device.log.filter((line) => line.includes('Operations') && line.startsWith('Add'))).toEqual([]);
  });

  test('fails when the same member finds another tree a second time', () => {
    const outcome = storing(CHANGES, { refuse: { [`${USB}/Enabled`]: { Replace: 404, Add: 418 } } });
    expect(outcome.statuses).toEqual(['500']);
    expect(sent(outcome)).toEqual([WHOLE, 'Atomic[Delete Delete Add Add Replace]']);
    expect(outcome.device.tree).toEqual(phoneTree());
  });

  test('is not used when only one write is left', () => {
    const options: DeviceOptions = { next: [undefined, undefined, undefined, 418] };
    const outcome = storing({ [`${DCMO}/usb/Ext/new`]: {}, [`${DCMO}/usb/Property`]: 'b' }, options);
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/Ext/new ${DCMO}/usb/Property`]);
    expect(sent(outcome)).toEqual(['Atomic[Add Replace]', 'Replace']);
  });

  test('that was not executed is sent once more, and then ends with 503', () => {
    const answer215 = (count: number) => storing(CHANGES, { atomicStatuses: Array.from({ length: count }, () => 215) });
    expect(sent(answer215(1))).toEqual([WHOLE, WHOLE]);
    expect(answer215(1).statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(answer215(2).statuses).toEqual(['503']);
  });

  test('that is itself refused ends with that status', () => {
    const outcome = storing(CHANGES, { atomicStatuses: [425] });
    expect(outcome.statuses).toEqual(['403']);
    expect(sent(outcome)).toEqual([WHOLE]);
  });

  test('adds a new instance completely or not at all', () => {
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

  test('is followed by a reading of the tree and the undo of the applied writes', () => {
    const outcome = storing(CHANGES, options);
    expect(outcome.statuses).toEqual(['403']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
    expect(sent(outcome)).toEqual([WHOLE, 'Delete Replace Add Add Add Add']);
    expect(logs(outcome.effects)).toEqual([{ 'write.undone': { failures: 1, left: [] } }]);
  });

  test('leaves nodes that the device has restored itself', () => {
    const outcome = storing(CHANGES, { ...options, unstuck: true });
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(sent(outcome)).toEqual([WHOLE]);
    expect(logs(outcome.effects)).toEqual([{ 'write.undone': { failures: 1, left: [] } }]);
  });

  test('is logged with the nodes that cannot be restored', () => {
    const refuse = { ...options.refuse, [`${USB}/Group`]: { Delete: 425 } };
    const outcome = storing(CHANGES, { ...options, refuse });
    expect(logs(outcome.effects)).toEqual([{ 'write.partial': { failures: 1, left: [`${USB}/Group`] } }]);
  });

  test('is undone instead of a second try for a member that found another tree', () => {
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

  test('gets the same writes one after the other when the fact is known', () => {
    expect(sent(storing(CHANGES, {}, knowing({ atomic: false })))).toEqual([singly]);
  });

  test('that answers 406 gets them then, and later writes without Atomic', () => {
    const outcome = storing(CHANGES, { atomic: 'unknown' });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, singly]);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(CHANGED);
    expect(outcome.state.device.facts.atomic).toBe(false);
  });

  test('that supports Atomic by its profile but answers 406 gets no Atomic any more', () => {
    expect(storing(CHANGES, { atomic: 'unknown' }, knowing({ atomic: true })).state.device.facts.atomic).toBe(false);
  });

  test.each([406, 501, 400, 405, 500])('may answer the Atomic %i', (code) => {
    const outcome = storing(CHANGES, { atomicStatuses: [code] });
    expect(sent(outcome)).toEqual([WHOLE, singly]);
    expect(outcome.state.device.facts.atomic).toBe(false);
  });

  test('that does not answer gets the writes one by one; their success proves that it has no Atomic', () => {
    const outcome = storing(CHANGES, { atomic: 'silent' });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, singly]);
    expect(outcome.state.device.facts.atomic).toBe(false);
  });

  test('is not assumed when the writes fail in the same way one by one', () => {
    const outcome = storing(CHANGES, { atomic: 'silent', refuse: { [`${USB}/Group`]: { Add: 500 } } });
    expect(outcome.statuses).toEqual(['500']);
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(outcome.state.device.facts.atomic).toBeUndefined();
  });

  test('has applied writes undone by the bridge', () => {
    const refuse = { [`${USB}/Property`]: { Replace: 425 } };
    const outcome = storing(CHANGES, { atomic: 'unknown', refuse });
    expect(outcome.statuses).toEqual(['403']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
    expect(logs(outcome.effects)).toEqual([{ 'write.undone': { failures: 1, left: [] } }]);
  });

  test('that executes the members and rolls nothing back has them undone by the bridge', () => {
    const outcome = storing(CHANGES, { atomic: 'kept', refuse: { [`${USB}/Enabled`]: { Replace: 415 } } });
    expect(outcome.statuses).toEqual(['415']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
    expect(sent(outcome)[0]).toBe(WHOLE);
    expect(outcome.state.device.facts.atomic).toBe(false);
  });

  test('that executes the members and finds another tree gets the alternatives of the failed ones', () => {
    const tree = withHiddenGroup();
    const outcome = storing(CHANGES, { ...HIDDEN, atomic: 'kept' }, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, 'Replace']);
    expect(nodeAt(tree, USB)).toEqual(CHANGED);
  });

  test('that stops at such a member gets the remaining writes, too', () => {
    const tree = withHiddenGroup();
    const next = [undefined, undefined, undefined, undefined, undefined, 215];
    const outcome = storing(CHANGES, { ...HIDDEN, atomic: 'kept', next }, { tree });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/`]);
    expect(sent(outcome)).toEqual([WHOLE, 'Replace Replace']);
    expect(nodeAt(tree, USB)).toEqual(CHANGED);
  });

  test('that skips one member and fails at the next has the reason of the failure as the status', () => {
    const outcome = storing(CHANGES, { atomic: 'kept', next: [undefined, undefined, 215, 425] });
    expect(outcome.statuses).toEqual(['403']);
  });

  test('that takes Adds of leaves only keeps a deleted node without leaf deleted, which is logged', () => {
    const options: DeviceOptions = { refuse: { [`${USB}/Property`]: { Replace: 425 } } };
    const operations = { Enable: null, Disable: null };
    const data = { [`${DCMO}/usb/`]: { Enabled: true, Property: 'Bus', Operations: operations } };
    const outcome = storing(data, options, knowing({ atomic: false, leafOnlyAdds: true }));
    expect(outcome.statuses).toEqual(['403']);
    expect(logs(outcome.effects)).toEqual([{ 'write.partial': { failures: 1, left: [`${USB}/Ext`] } }]);
  });

  test('that stops at a member without alternative gets no remaining writes', () => {
    const outcome = storing(CHANGES, { atomic: 'kept', next: [undefined, undefined, undefined, undefined, 425, 215] });
    expect(outcome.statuses).toEqual(['403']);
    expect(sent(outcome)).toEqual([WHOLE, 'Replace Add Add Add Add']);
    expect(nodeAt(outcome.device.tree, USB)).toEqual(nodeAt(phoneTree(), USB));
  });
});

describe('an Atomic that is too large', () => {
  test('is sent as single writes when the device accepts no documents', () => {
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
    ['the device has no Atomic', { tnds: true, atomic: false }, {}, ['Add']],
    ['the Atomic is too large', { tnds: true }, { atomic: 'tooLarge' }, ['Atomic[Add Add Add Add Add]', 'Add']],
  ])('is sent when %s', (_, facts, options, expected) => {
    const outcome = storing(wifi, { ...options, documents: true }, knowing(facts));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(sent(outcome)).toEqual(expected);
    expect(nodeAt(outcome.device.tree, './DCMO/wifi')).toEqual(made);
    const add = outcome.trips.flat().findLast(({ name }) => name === 'Add');
    expect(add?.items).toMatchObject([
      { target: './DCMO', meta: { format: 'xml', type: 'application/vnd.syncml.dmtnds+xml' } },
    ]);
  });

  test('is never sent to a DM 1.1 device', () => {
    const scene = { ...knowing({ tnds: true, atomic: false }), version: '1.1' as const };
    expect(sent(storing(wifi, { documents: true }, scene))).toEqual(['Add Add Add Add Add']);
  });

  test('contains the parent of the instance when it is missing', () => {
    const tree = phoneTree();
    delete tree.children?.DCMO;
    const outcome = storing(wifi, { documents: true }, { tree, ...knowing({ tnds: true, atomic: false }) });
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(sent(outcome)).toEqual(['Add']);
    expect(nodeAt(tree, './DCMO/wifi')).toEqual(made);
  });

  test('is sent beside the writes in existing sub-trees', () => {
    const data = { ...wifi, [`${DCMO}/usb/Property`]: 'Bus' };
    const outcome = storing(data, { documents: true }, knowing({ tnds: true, atomic: false }));
    expect(sent(outcome)).toEqual(['Add Replace']);
    expect(nodeAt(outcome.device.tree, `${USB}/Property`)).toEqual(leaf('Bus'));
  });

  test('that a device refuses with 415 is replaced by single writes, and the fact is stored', () => {
    const outcome = storing(wifi, {}, knowing({ tnds: true, atomic: false }));
    expect(outcome.statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(sent(outcome)).toEqual(['Add', 'Add Add Add Add Add']);
    expect(nodeAt(outcome.device.tree, './DCMO/wifi')).toEqual(made);
    expect(outcome.state.device.facts.tnds).toBe(false);
  });

  test('that is refused lets later commands wait for the single writes', () => {
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

  test('with a node that exists already is replaced by single writes', () => {
    const tree = phoneTree();
    Object.assign(nodeAt(tree, `${USB}/Ext`)?.children ?? {}, { deep: interior({ old: leaf('o') }) });
    const options: DeviceOptions = { documents: true, refuse: { [`${USB}/Ext/deep`]: { Get: 425 } } };
    const scene = { tree, ...knowing({ tnds: true, atomic: false }) };
    const outcome = storing({ [`${DCMO}/usb/Ext/`]: { deep: { a: 'b' } } }, options, scene);
    expect(outcome.statuses).toEqual([`200 ${DCMO}/usb/Ext`]);
    expect(sent(outcome)).toEqual(['Add', 'Add Add']);
    expect(nodeAt(tree, `${USB}/Ext/deep/a`)).toEqual(leaf('b'));
  });

  test('that fails for another reason ends with that status', () => {
    const options: DeviceOptions = { documents: true, refuse: { './DCMO/wifi/Enabled': { Add: 425 } } };
    const outcome = storing(wifi, options, knowing({ tnds: true, atomic: false }));
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(sent(outcome)).toEqual(['Add']);
  });

  test('is deleted when a write beside it fails', () => {
    const data = { ...wifi, [`${DCMO}/usb/Property`]: 'Bus' };
    const options: DeviceOptions = { documents: true, refuse: { [`${USB}/Property`]: { Replace: 425 } } };
    const outcome = storing(data, options, knowing({ tnds: true, atomic: false }));
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.device.tree).toEqual(phoneTree());
    expect(sent(outcome)).toEqual(['Add Replace', 'Delete']);
  });

  test('replaces Adds of interior nodes that the device refuses', () => {
    const bare = { [`${DCMO}//`]: { Property: 'p', Ext: {} } };
    const facts = { leafOnlyAdds: true, tnds: true };
    expect(storing(bare, { documents: true }, knowing(facts)).statuses).toEqual([`200 ${DCMO}/wifi/`]);
    expect(storing(bare, {}, knowing({ leafOnlyAdds: true })).statuses).toEqual(['415']);
  });

  test('is not retried as single writes when another write fails, too', () => {
    const data = { ...wifi, [`${DCMO}/usb/Property`]: 'Bus' };
    const options: DeviceOptions = { refuse: { [`${USB}/Property`]: { Replace: 425 } } };
    const outcome = storing(data, options, knowing({ tnds: true, atomic: false }));
    expect(outcome.statuses[0]).not.toMatch(/^200/u);
    expect(sent(outcome)).toEqual(['Add Replace']);
    expect(outcome.device.tree).toEqual(phoneTree());
  });
});

describe('a value that is too long for a message', () => {
  const long = 'x'.repeat(1000);
  const property = { [`${DCMO}/usb/Property`]: long };

  function withLrgObj(value: string | undefined) {
    const tree = phoneTree();
    if (value !== undefined)
      Object.assign(nodeAt(tree, './DevDetail')?.children ?? {}, { LrgObj: leaf(value, 'bool') });
    return { tree };
  }

  test.each<[string, string | undefined, string, boolean]>([
    ['supports large objects', 'true', `200 ${DCMO}/usb/Property`, true],
    ['does not support them', 'false', '506', false],
    ['does not have the node', undefined, `200 ${DCMO}/usb/Property`, true],
  ])('is sent or refused after LrgObj was read from a device that %s', (_, value, status, largeObjects) => {
    const outcome = storing(property, { maxMsgSize: 500 }, withLrgObj(value));
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.log).toContain('Get ./DevDetail/LrgObj');
    expect(outcome.state.device.facts.largeObjects).toBe(largeObjects);
  });

  test.each([
    [true, `200 ${DCMO}/usb/Property`],
    [false, '506'],
  ])('is sent or refused without reading LrgObj when the fact is %s', (largeObjects, status) => {
    const outcome = storing(property, { maxMsgSize: 500 }, knowing({ largeObjects }));
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.log).not.toContain('Get ./DevDetail/LrgObj');
  });

  test('causes no reading of LrgObj when it fits', () => {
    const outcome = storing(property);
    expect(outcome.device.log).not.toContain('Get ./DevDetail/LrgObj');
  });

  test('that cannot be sent has the other writes undone', () => {
    const data = { ...property, [`${DCMO}/camera/Property`]: 'y' };
    const outcome = storing(data, { maxMsgSize: 500, atomic: 'tooLarge' }, withLrgObj('false'));
    expect(outcome.statuses).toEqual(['506']);
    expect(nodeAt(outcome.device.tree, './DCMO/camera/Property')).toEqual(leaf('Camera'));
  });
});
