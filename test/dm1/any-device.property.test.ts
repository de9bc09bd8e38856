/**
 * An arbitrary device: it answers out of order, twice, not at all, in chunks, with challenges and aborts. The engine must
 * throw nothing but DmError, keep within MaxMsgSize, come to an end, and give every command one outcome or an abort.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import type { Mutable } from '../../src/mutable.ts';
import type { Meta } from '../../src/syncml/message.ts';
import { type Behaviour, behaviour, obey, react } from './arbitrary-device.ts';
import { alert, CRED, devInfo, get, LockStep, measureXml, replace } from './lock-step.ts';

/** The smallest MaxMsgSize that has room for header, Statuses and an Alert. */
const SMALLEST = 1500;

const command = fc.record({ kind: fc.nat({ max: 6 }), size: fc.constantFrom(0, 5, 60, 700, 4000) });

function planned(id: string, kind: number, size: number): ServerCommand {
  const data = '<ä>'.repeat(Math.ceil(size / 3));
  const members = [replace(`${id}m`, data), { ...replace(`${id}n`, 'v'), name: 'Delete' as const }];
  const kinds: readonly ServerCommand[] = [
    get(id),
    replace(id, data),
    { id, name: 'Exec', items: [{ target: './x', data }], correlator: id },
    { id, name: 'Atomic', items: [], members },
    { id, name: 'Alert', alertCode: '1101', items: [{}, { data }] },
    { id, name: 'Delete', items: [{ target: './x' }, { target: './y' }] },
    { id, name: 'Add', items: [{ target: './x', data, meta: { format: 'chr' } }] },
  ];
  return kinds[kind] ?? get(id);
}

function untilClosed(device: LockStep, behaviours: readonly Behaviour[]): number {
  let message = device.answers('continue', { cred: CRED });
  for (let count = 0; count < 400; count += 1) {
    expect(measureXml(message)).toBeLessThanOrEqual(device.session.maxMsgSize ?? Number.MAX_SAFE_INTEGER);
    if (device.session.phase === 'closed') return count;
    const next = behaviours[count];
    const { commands, final } = next === undefined ? obey(message) : react(message, next);
    device.says(commands, { final });
    message = device.answers('continue', { cred: CRED });
  }
  return Number.POSITIVE_INFINITY;
}

describe('the session with an arbitrary device', () => {
  test('keeps MaxMsgSize, ends, and accounts for every command exactly once', () => {
    const scenario = fc.record({
      plan: fc.array(command, { minLength: 1, maxLength: 8 }),
      behaviours: fc.array(behaviour, { maxLength: 12 }),
      maxMsgSize: fc.option(fc.integer({ min: SMALLEST, max: 4000 }), { nil: undefined }),
      maxObjSize: fc.option(fc.integer({ min: 100, max: 5000 }), { nil: undefined }),
      ordering: fc.constantFrom('sequence', 'plain', 'one-per-message'),
      version: fc.constantFrom('1.1', '1.3'),
    });
    fc.assert(
      fc.property(scenario, ({ plan, behaviours, maxMsgSize, maxObjSize, ordering, version }) => {
        const device = new LockStep({ ordering, version, announce: { maxMsgSize: 65536, maxObjSize: 65536 } });
        const meta: Mutable<Meta> = {};
        if (maxMsgSize !== undefined) meta.maxMsgSize = maxMsgSize;
        if (maxObjSize !== undefined) meta.maxObjSize = maxObjSize;
        device.says([alert('1201'), devInfo()], { meta });
        const commands = plan.map(({ kind, size }, index) => planned(`c${index}`, kind, size));
        device.plans(...commands);
        expect(untilClosed(device, behaviours)).toBeLessThan(200);
        const ended = device.outcomes.map(({ id }) => id);
        expect(new Set(ended).size).toBe(ended.length);
        const aborts = device.effects.filter((effect) => effect.type === 'aborted');
        expect(aborts.length).toBeLessThanOrEqual(1);
        if (aborts.length === 0) expect([...ended].sort()).toEqual(commands.map(({ id }) => id).sort());
        expect(device.session.outstanding).toEqual([]);
        expect(device.session.queue).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test('carries every command to a device that does everything right, in the order planned', () => {
    fc.assert(
      fc.property(
        fc.array(command, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: SMALLEST, max: 6000 }),
        (plan, maxMsgSize) => {
          const device = new LockStep();
          device.says([alert('1201'), devInfo()], { meta: { maxMsgSize } });
          const commands = plan.map(({ kind, size }, index) => planned(`c${index}`, kind, size));
          device.plans(...commands);
          expect(untilClosed(device, [])).toBeLessThan(200);
          const unsendable = new Set([420, 517]);
          const carried = device.outcomes.filter((outcome) => !unsendable.has(outcome.status));
          expect(carried.every((outcome) => outcome.status === 200)).toBe(true);
          expect(device.outcomes).toHaveLength(commands.length);
          const ids = commands.map(({ id }) => id).filter((id) => carried.some((outcome) => outcome.id === id));
          expect(carried.map(({ id }) => id)).toEqual(ids);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('is pure: the same session and input give the same step', () => {
    const one = new LockStep();
    const other = new LockStep();
    for (const device of [one, other]) device.begins(get('a'), replace('b'));
    expect(one.effects).toEqual(other.effects);
    expect(one.session).toEqual(other.session);
  });
});
