/** Writes that a vendor's DDF forbids: a status, a reason, and no command to the device (DM-2.0 §6.3.1, Appendix C). */
import { describe, expect, test } from 'vitest';
import type { ManagedDevice } from '../../src/device/managed-device.ts';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import type { MoMapping, NodeDescription } from '../../src/mapping/mapping.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { TranslationContext } from '../../src/translate/context.ts';
import { interior, leaf, modelDevice, nodeAt } from '../north/model/device.ts';
import { context, DATA, document, knowledgeOf, playOne } from '../north/model/play.ts';
import { miidTable } from '../support/miid-table.ts';

const MOID = parseMoid('urn:example:mo:gate:1.0');
const URL = `${DATA}/doc`;

function described(name: string, more: Partial<NodeDescription> = {}): NodeDescription {
  const access = ['Add', 'Delete', 'Get', 'Replace'] as const;
  return { name, format: 'chr', access, occurrence: 'ZeroOrOne', scope: 'dynamic', children: [], ...more };
}

const GATE: MoMapping = {
  ...new MoIndex([]).fallbackMapping(MOID),
  name: 'gate',
  newInstance: { parent: parseLocUri('./Gates'), single: false },
  minimumAccess: false,
  description: described('gate', {
    format: 'node',
    occurrence: 'ZeroOrMore',
    children: [
      described('Count', { format: 'int' }),
      described('Open', { format: 'bool' }),
      described('Serial', { access: ['Get'] }),
      described('Fixed', { scope: 'permanent', access: ['Get', 'Replace'] }),
      described('Keep', { access: ['Get', 'Replace', 'Add'] }),
      described('Note', { format: 'bool' }),
      described('Must', { occurrence: 'One' }),
      described('Box', { format: 'node', children: [described('Item')] }),
    ],
  }),
};

const withGate: TranslationContext = { ...context, index: new MoIndex([...context.index.all(), GATE]) };

/** One gate that never tells formats, as some devices do. */
function gateTree() {
  const gate = {
    Count: leaf('5'),
    Open: leaf('true'),
    Serial: leaf('s'),
    Fixed: leaf('f'),
    Keep: leaf('k'),
    Note: leaf(undefined),
    Must: leaf('m'),
  };
  return interior({ Gates: interior({ north: interior({ ...gate, Box: interior({ Item: leaf('i') }) }, MOID) }) });
}

function running(
  commands: readonly (readonly string[])[],
  reply: RepositoryReply,
  miids: ManagedDevice['miids'] = miidTable({ [MOID]: { north: './Gates/north' } }),
) {
  const device = modelDevice(gateTree());
  const knowledge = knowledgeOf({ miids, facts: { list: 'StructData' } });
  const outcome = playOne({ device, knowledge, repository: () => reply, context: withGate }, commands);
  const reasons = outcome.effects.flatMap((effect) =>
    effect.type === 'log' ? [String('reason' in effect.facts ? effect.facts.reason : undefined)] : [],
  );
  return { ...outcome, device, reasons };
}

const storing = (data: unknown, clientUri: string) =>
  running([['HGET', URL]], document(JSON.stringify([{ ClientURI: clientUri, MOData: { west: data } }])));

const NORTH = `${MOID}/north/`;
const KEPT = {
  Count: '5',
  Open: 'true',
  Serial: 's',
  Fixed: 'f',
  Keep: 'k',
  Note: null,
  Must: 'm',
  Box: { Item: 'i' },
};

describe('HGET of a value for one leaf', () => {
  test.each([
    ['a value against its format', 'Count', 'many', '415', 'Count'],
    ['a value against the format bool', 'Open', 'perhaps', '415', 'Open'],
    ['a value for a read-only node', 'Serial', 'x', '403', 'Serial'],
    ['a value for a node that the DDF does not have', 'Nothing', 'x', '404', 'Nothing'],
    ['a value for an interior node', 'Box', 'x', '415', 'Box'],
  ])('is refused without a command to the device: %s', (_, name, text, status, word) => {
    const outcome = running([['HGET', URL, `${NORTH}${name}`]], document(text, 'text/plain'));
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.trips).toEqual([]);
    expect(outcome.reasons.some((reason) => reason.includes(word))).toBe(true);
  });

  test('is written in the described format, whatever the device reports', () => {
    const outcome = running([['HGET', URL, `${NORTH}Count`]], document('6', 'text/plain'));
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './Gates/north/Count')?.value).toBe('6');
  });

  test('is refused with a reason that does not quote the value', () => {
    const outcome = running([['HGET', URL, `${NORTH}Count`]], document('hunter2', 'text/plain'));
    expect(outcome.reasons.join()).not.toContain('hunter2');
  });
});

describe('HGET of MO data', () => {
  test.each<[string, unknown, string, string]>([
    ['a value against its format', { ...KEPT, Count: 'many' }, '415', 'Count'],
    ['a node that the DDF does not have', { ...KEPT, Extra: 'x' }, '404', 'Extra'],
    ['an interior node as leaf', { ...KEPT, Box: 'x' }, '415', 'Box'],
  ])('with %s is refused without a command to the device', (_, data, status, word) => {
    const outcome = storing(data, NORTH);
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.trips).toEqual([]);
    expect(outcome.reasons.some((reason) => reason.includes(word))).toBe(true);
  });

  test.each<[string, unknown]>([
    ['changes a read-only node', { ...KEPT, Serial: 'other' }],
    ['omits a node that may not be deleted', { Count: '5', Open: 'true', Serial: 's', Must: 'm', Box: { Item: 'i' } }],
  ])('that %s is 403, and nothing is written', (_, data) => {
    const outcome = storing(data, NORTH);
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.device.tree).toEqual(gateTree());
    expect(outcome.trips.flat().every(({ name }) => name === 'Get')).toBe(true);
    expect(outcome.reasons.some((reason) => /Serial|Keep/u.test(reason))).toBe(true);
  });

  test('that is unchanged since it was read writes nothing', () => {
    const outcome = storing({ ...KEPT, Count: '6' }, NORTH);
    expect(outcome.statuses).toEqual([`200 ${NORTH}`]);
    expect(nodeAt(outcome.device.tree, './Gates/north/Count')?.value).toBe('6');
  });

  test('that omits permanent nodes leaves them', () => {
    const { Fixed: _, ...others } = KEPT;
    const outcome = storing(others, NORTH);
    expect(outcome.statuses).toEqual([`200 ${NORTH}`]);
    expect(outcome.device.tree).toEqual(gateTree());
  });

  test('with null for a leaf without value writes nothing', () => {
    const outcome = storing({ ...KEPT, Note: null, Count: '6' }, NORTH);
    expect(outcome.statuses).toEqual([`200 ${NORTH}`]);
    expect(outcome.device.log.filter((line) => !line.startsWith('Get'))).toEqual(['Replace ./Gates/north/Count']);
  });

  test('with null is checked after the node was read', () => {
    expect(storing({ ...KEPT, Count: null }, NORTH).statuses).toEqual(['415']);
  });
});

describe('HGET of a new instance', () => {
  test.each<[string, unknown, string, string]>([
    ['without a mandatory node', { Count: '1' }, '415', 'Must'],
    ['with a value against its format', { Must: 'm', Count: 'many' }, '415', 'Count'],
    ['with a node that only the device can add', { Must: 'm', Serial: 'x' }, '403', 'Serial'],
    ['with a node that the DDF does not have', { Must: 'm', Box: { Lid: 'x' } }, '404', 'Lid'],
  ])('%s is refused without a command to the device', (_, data, status, word) => {
    const outcome = storing(data, `${MOID}//`);
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.tree).toEqual(gateTree());
    expect(outcome.reasons.some((reason) => reason.includes(word))).toBe(true);
  });

  test('may set the values of permanent nodes', () => {
    expect(storing({ Must: 'm', Fixed: 'x' }, `${MOID}//`).statuses).toEqual([`200 ${MOID}/west/`]);
  });
});

describe('DELETE', () => {
  test.each([
    ['a permanent node', 'Fixed', '405'],
    ['a node without access type Delete', 'Keep', '403'],
    ['a node that the DDF does not have', 'Extra', '404'],
  ])('of %s is refused without a command to the device', (_, name, status) => {
    const outcome = running([['DELETE', `${NORTH}${name}`]], document(''));
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.trips).toEqual([]);
    expect(outcome.reasons.some((reason) => reason.includes(name))).toBe(true);
  });

  test('is refused before the instance is searched', () => {
    const outcome = running([['DELETE', `${NORTH}Fixed`]], document(''), {});
    expect(outcome.statuses).toEqual(['405']);
    expect(outcome.trips).toEqual([]);
  });

  test('with a wildcard deletes nothing when one node may not be deleted', () => {
    const outcome = running([['DELETE', `${NORTH}*`]], document(''));
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.device.tree).toEqual(gateTree());
  });

  test('of a node with access type Delete deletes it', () => {
    const outcome = running([['DELETE', `${NORTH}Count`]], document(''));
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './Gates/north/Count')).toBeUndefined();
  });
});
