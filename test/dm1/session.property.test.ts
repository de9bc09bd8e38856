/**
 * Any device whatsoever: it answers out of order, twice, not at all, in chunks, with challenges and aborts. The engine must
 * throw nothing but DmError, keep within MaxMsgSize, come to an end, and give every command one outcome or an abort.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import { alert, CRED, devInfo, get, LockStep, measureXml, replace } from './lock-step.ts';
import { obey, react, type Whim, whim } from './whims.ts';

/** The smallest MaxMsgSize in which header, Statuses and an Alert can be told at all. */
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

function untilClosed(peer: LockStep, whims: readonly Whim[]): number {
  let message = peer.answers('continue', { cred: CRED });
  for (let count = 0; count < 400; count += 1) {
    expect(measureXml(message)).toBeLessThanOrEqual(peer.session.maxMsgSize ?? Number.MAX_SAFE_INTEGER);
    if (peer.session.phase === 'closed') return count;
    const next = whims[count];
    const { commands, final } = next === undefined ? obey(message) : react(message, next);
    peer.says(commands, { final });
    message = peer.answers('continue', { cred: CRED });
  }
  return Number.POSITIVE_INFINITY;
}

describe('step, against any device', () => {
  it('keeps MaxMsgSize, ends, and accounts for every command exactly once', () => {
    const scenario = fc.record({
      plan: fc.array(command, { minLength: 1, maxLength: 8 }),
      whims: fc.array(whim, { maxLength: 12 }),
      maxMsgSize: fc.option(fc.integer({ min: SMALLEST, max: 4000 }), { nil: undefined }),
      maxObjSize: fc.option(fc.integer({ min: 100, max: 5000 }), { nil: undefined }),
      ordering: fc.constantFrom('sequence', 'plain', 'one-per-message'),
      version: fc.constantFrom('1.1', '1.3'),
    });
    fc.assert(
      fc.property(scenario, ({ plan, whims, maxMsgSize, maxObjSize, ordering, version }) => {
        const peer = new LockStep({ ordering, version, announce: { maxMsgSize: 65536, maxObjSize: 65536 } });
        const meta = {
          ...(maxMsgSize === undefined ? {} : { maxMsgSize }),
          ...(maxObjSize === undefined ? {} : { maxObjSize }),
        };
        peer.says([alert('1201'), devInfo()], { meta });
        const commands = plan.map(({ kind, size }, index) => planned(`c${index}`, kind, size));
        peer.plans(...commands);
        expect(untilClosed(peer, whims)).toBeLessThan(200);
        const told = peer.outcomes.map(({ id }) => id);
        expect(new Set(told).size).toBe(told.length);
        const aborts = peer.effects.filter((effect) => effect.type === 'aborted');
        expect(aborts.length).toBeLessThanOrEqual(1);
        if (aborts.length === 0) expect([...told].sort()).toEqual(commands.map(({ id }) => id).sort());
        expect(peer.session.outstanding).toEqual([]);
        expect(peer.session.queue).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('carries every command of a device that does everything right, in the order planned', () => {
    fc.assert(
      fc.property(
        fc.array(command, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: SMALLEST, max: 6000 }),
        (plan, maxMsgSize) => {
          const peer = new LockStep();
          peer.says([alert('1201'), devInfo()], { meta: { maxMsgSize } });
          const commands = plan.map(({ kind, size }, index) => planned(`c${index}`, kind, size));
          peer.plans(...commands);
          expect(untilClosed(peer, [])).toBeLessThan(200);
          const unsendable = new Set([420, 517]);
          const carried = peer.outcomes.filter((outcome) => !unsendable.has(outcome.status));
          expect(carried.every((outcome) => outcome.status === 200)).toBe(true);
          expect(peer.outcomes).toHaveLength(commands.length);
          const ids = commands.map(({ id }) => id).filter((id) => carried.some((outcome) => outcome.id === id));
          expect(carried.map(({ id }) => id)).toEqual(ids);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is pure: the same session and input give the same step', () => {
    const one = new LockStep();
    const other = new LockStep();
    for (const peer of [one, other]) peer.begins(get('a'), replace('b'));
    expect(one.effects).toEqual(other.effects);
    expect(one.session).toEqual(other.session);
  });
});
