/** A device that lists its tree only in part: its nodes are read one by one, and only interior ones are asked for their Type. */
import { expect, test } from 'vitest';
import type { ManagedDevice } from '../../src/device/managed-device.ts';
import { type DeviceOptions, nodeAt } from '../north/model/device.ts';
import { knowledgeOf } from '../north/model/play.ts';
import { FUMO, onPhone, phoneTree } from '../north/model/simulated-device.ts';

const QUERY = '?prop=Type';

/** The nodes that are asked for their Type; the list of the root is partial, and others are refused. */
function asked(known: Partial<ManagedDevice>, types: boolean): readonly string[] {
  const options: DeviceOptions = { lists: [], listRefusal: 406, types, next: [206] };
  const scene = { options, knowledge: knowledgeOf(known) };
  const { device, statuses } = onPhone([['GET', `${FUMO}//State`]], scene);
  expect(statuses).toEqual(['200']);
  const targets = device.log.map((line) => line.split(' ')[1] ?? '');
  return targets.flatMap((target) => (target.endsWith(QUERY) ? target.slice(0, -QUERY.length) : []));
}

test('interior nodes are asked for their Type, and no leaf', () => {
  const nodes = asked({}, true);
  expect(nodes.length).toBeGreaterThan(3);
  for (const locUri of nodes) expect([locUri, nodeAt(phoneTree(), locUri)?.format]).toEqual([locUri, 'node']);
});

test('a device that is known to refuse the property is not asked', () => {
  expect(asked({ facts: { typeProperty: false } }, false)).toEqual([]);
});

test('a device that refuses the property is asked for the nodes of one round trip only', () => {
  const tops = Object.keys(phoneTree().children ?? {}).length;
  const nodes = asked({}, false);
  expect(nodes.length).toBeGreaterThan(0);
  expect(nodes.length).toBeLessThanOrEqual(tops);
});
