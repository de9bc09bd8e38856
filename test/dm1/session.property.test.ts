/**
 * Any device whatsoever: it answers out of order, twice, not at all, in chunks, with challenges and aborts. The engine must
 * throw nothing but DmError, keep within MaxMsgSize, come to an end, and give every command one outcome or an abort.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerCommand } from '../../src/dm1/session-model.ts';
import type { Command, Item, SyncmlMessage } from '../../src/syncml/message.ts';
import { alert, CHAL, CRED, devInfo, get, LockStep, leaf, measureXml, replace, results, status } from './lock-step.ts';

/** The smallest MaxMsgSize in which header, Statuses and an Alert can be told at all. */
const SMALLEST = 1500;

const CODES = [
  0, 101, 200, 200, 200, 200, 202, 212, 213, 213, 215, 401, 404, 406, 407, 412, 418, 424, 500, 501, 507, 517,
];

/** What the device makes of each command of ours, and what it adds. Numbers choose; small ones are tame. */
interface Whim {
  readonly codes: readonly number[];
  readonly header: number;
  readonly extra: readonly number[];
  readonly final: boolean;
  readonly shuffled: boolean;
}

const whim: fc.Arbitrary<Whim> = fc.record({
  codes: fc.array(fc.constantFrom(...CODES, -1), { minLength: 1, maxLength: 6 }),
  header: fc.constantFrom(200, 200, 200, 200, 212, 212, 0, 401, 407, -1, 503),
  extra: fc.array(fc.nat({ max: 14 }), { maxLength: 3 }),
  final: fc.boolean(),
  shuffled: fc.boolean(),
});

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

function extra(choice: number, msgId: number): Command {
  const chunk: Item = { ...leaf('./big', 'part', { size: 8 }), moreData: true };
  const choices: readonly Command[] = [
    alert('1222'),
    alert('1224', [leaf('./e', 'v')]),
    alert('1226', [leaf('./e', 'v', { type: 't', format: 'chr' }), leaf('./f')]),
    devInfo(),
    results(msgId, '2', [leaf('./big', 'whole')]),
    results(msgId, '3', [chunk]),
    results(msgId, '3', [leaf('./big', 'part')]),
    alert('1229', [chunk]),
    alert('1229', [leaf('./big', 'part')]),
    alert('1225'),
    { name: 'Unknown', cmdId: '', element: 'Map' },
    { name: 'Sequence', cmdId: '', members: [alert('1224'), { ...devInfo(), cmdId: '77' }] },
    status(msgId - 1, '2', 'Replace', 200),
    alert('1100'),
    alert('1223'),
  ];
  return choices[choice] ?? alert('1222');
}

/** The device's next message. */
function react(
  message: SyncmlMessage,
  { codes, header, extra: extras, final, shuffled }: Whim,
): { commands: readonly Command[]; final: boolean } {
  const { msgId } = message.header;
  const own = message.commands.flatMap((each) => ('members' in each ? [each, ...each.members] : [each]));
  const answers = own.flatMap((each, index): readonly Command[] => {
    const code = codes[index % codes.length] ?? 200;
    if (each.name === 'Status' || each.name === 'Results' || each.name === 'Unknown' || code < 0) return [];
    const reply = status(msgId, each.cmdId, each.name, code);
    return each.name === 'Get' && code === 200 ? [reply, results(msgId, each.cmdId, [leaf('./x', 'v')])] : [reply];
  });
  const first =
    header < 0 ? [] : [{ ...status(msgId, 0, 'SyncHdr', header), ...(header === 401 ? { chal: CHAL } : {}) }];
  const rest = [...answers, ...extras.map((choice) => extra(choice, msgId))];
  return { commands: [...first, ...(shuffled ? rest.toReversed() : rest)], final };
}

/** Does everything right. */
const TAME: Whim = { codes: [200], header: 200, extra: [], final: true, shuffled: false };

function untilClosed(peer: LockStep, whims: readonly Whim[]): number {
  let message = peer.answers('continue', { cred: CRED });
  for (let count = 0; count < 400; count += 1) {
    expect(measureXml(message)).toBeLessThanOrEqual(peer.session.maxMsgSize ?? Number.MAX_SAFE_INTEGER);
    if (peer.session.phase === 'closed') return count;
    const said = react(message, whims[count] ?? TAME);
    // A tame device acknowledges chunks as such.
    const isChunk = message.commands.some((each) => 'items' in each && each.items.some((item) => item.moreData));
    const tame = isChunk ? react(message, { ...TAME, codes: [213], final: false }) : said;
    peer.says((whims[count] === undefined ? tame : said).commands, {
      final: (whims[count] === undefined ? tame : said).final,
    });
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
