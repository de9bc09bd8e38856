/**
 * Writes against a vendor's DDF: a clear status north, nothing sent to the device, a line that says why (DM-2.0 §6.3.1,
 * Appendix C; design: Writing).
 */
import { describe, expect, test } from 'vitest';
import type { ManagedDevice } from '../../src/device/managed-device.ts';
import type { MoMapping, NodeDescription } from '../../src/mapping/mapping.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import type { TranslationContext } from '../../src/translate/context.ts';
import type { RepositoryReply } from '../../src/workflow/repository.ts';
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

describe('a value for one leaf', () => {
  test.each([
    ['against its format', 'Count', 'many', '415', 'Count'],
    ['against its format: bool', 'Open', 'perhaps', '415', 'Open'],
    ['for a node that may only be read', 'Serial', 'x', '403', 'Serial'],
    ['for a node that the DDF does not have', 'Nothing', 'x', '404', 'Nothing'],
    ['for an interior node', 'Box', 'x', '415', 'Box'],
  ])('%s: the device hears nothing', (_, name, text, status, word) => {
    const outcome = running([['HGET', URL, `${NORTH}${name}`]], document(text, 'text/plain'));
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.trips).toEqual([]);
    expect(outcome.reasons.some((reason) => reason.includes(word))).toBe(true);
  });

  test('a value of the described format is written, whatever the device calls it', () => {
    const outcome = running([['HGET', URL, `${NORTH}Count`]], document('6', 'text/plain'));
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './Gates/north/Count')?.value).toBe('6');
  });

  test('the reason never quotes the value', () => {
    const outcome = running([['HGET', URL, `${NORTH}Count`]], document('hunter2', 'text/plain'));
    expect(outcome.reasons.join()).not.toContain('hunter2');
  });
});

describe('MO data', () => {
  test.each<[string, unknown, string, string]>([
    ['a value against its format', { ...KEPT, Count: 'many' }, '415', 'Count'],
    ['a node that the DDF does not have', { ...KEPT, Extra: 'x' }, '404', 'Extra'],
    ['an interior node as leaf', { ...KEPT, Box: 'x' }, '415', 'Box'],
  ])('with %s: the device hears nothing', (_, data, status, word) => {
    const outcome = storing(data, NORTH);
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.trips).toEqual([]);
    expect(outcome.reasons.some((reason) => reason.includes(word))).toBe(true);
  });

  test.each<[string, unknown]>([
    ['changes a node that may only be read', { ...KEPT, Serial: 'other' }],
    [
      'leaves out a node that may not be deleted',
      { Count: '5', Open: 'true', Serial: 's', Must: 'm', Box: { Item: 'i' } },
    ],
  ])('that %s is 403, and nothing is written', (_, data) => {
    const outcome = storing(data, NORTH);
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.device.tree).toEqual(gateTree());
    expect(outcome.trips.flat().every(({ name }) => name === 'Get')).toBe(true);
    expect(outcome.reasons.some((reason) => /Serial|Keep/u.test(reason))).toBe(true);
  });

  test('as it was read goes back: what is the same is no write', () => {
    const outcome = storing({ ...KEPT, Count: '6' }, NORTH);
    expect(outcome.statuses).toEqual([`200 ${NORTH}`]);
    expect(nodeAt(outcome.device.tree, './Gates/north/Count')?.value).toBe('6');
  });

  test('without permanent nodes leaves them', () => {
    const { Fixed: _, ...others } = KEPT;
    const outcome = storing(others, NORTH);
    expect(outcome.statuses).toEqual([`200 ${NORTH}`]);
    expect(outcome.device.tree).toEqual(gateTree());
  });

  test('null is what a leaf without value reads as', () => {
    const outcome = storing({ ...KEPT, Note: null, Count: '6' }, NORTH);
    expect(outcome.statuses).toEqual([`200 ${NORTH}`]);
    expect(outcome.device.log.filter((line) => !line.startsWith('Get'))).toEqual(['Replace ./Gates/north/Count']);
  });

  test('null is judged when it is known what is there', () => {
    expect(storing({ ...KEPT, Count: null }, NORTH).statuses).toEqual(['415']);
  });
});

describe('a new instance', () => {
  test.each<[string, unknown, string, string]>([
    ['without a node that must be there', { Count: '1' }, '415', 'Must'],
    ['with a value against its format', { Must: 'm', Count: 'many' }, '415', 'Count'],
    ['with a node that only the device makes', { Must: 'm', Serial: 'x' }, '403', 'Serial'],
    ['with a node that the DDF does not have', { Must: 'm', Box: { Lid: 'x' } }, '404', 'Lid'],
  ])('%s is not begun', (_, data, status, word) => {
    const outcome = storing(data, `${MOID}//`);
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.device.tree).toEqual(gateTree());
    expect(outcome.reasons.some((reason) => reason.includes(word))).toBe(true);
  });

  test('may give permanent nodes their value', () => {
    expect(storing({ Must: 'm', Fixed: 'x' }, `${MOID}//`).statuses).toEqual([`200 ${MOID}/west/`]);
  });
});

describe('DELETE', () => {
  test.each([
    ['a permanent node', 'Fixed', '405'],
    ['a node without access type Delete', 'Keep', '403'],
    ['a node that the DDF does not have', 'Extra', '404'],
  ])('of %s: the device hears nothing', (_, name, status) => {
    const outcome = running([['DELETE', `${NORTH}${name}`]], document(''));
    expect(outcome.statuses).toEqual([status]);
    expect(outcome.trips).toEqual([]);
    expect(outcome.reasons.some((reason) => reason.includes(name))).toBe(true);
  });

  test('is judged before the instance is looked for', () => {
    const outcome = running([['DELETE', `${NORTH}Fixed`]], document(''), {});
    expect(outcome.statuses).toEqual(['405']);
    expect(outcome.trips).toEqual([]);
  });

  test('with a wildcard: when one may not go, none does', () => {
    const outcome = running([['DELETE', `${NORTH}*`]], document(''));
    expect(outcome.statuses).toEqual(['403']);
    expect(outcome.device.tree).toEqual(gateTree());
  });

  test('of what may go', () => {
    const outcome = running([['DELETE', `${NORTH}Count`]], document(''));
    expect(outcome.statuses).toEqual(['200']);
    expect(nodeAt(outcome.device.tree, './Gates/north/Count')).toBeUndefined();
  });
});
