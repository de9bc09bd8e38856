/** Writes as one Atomic, sent anew while a member only met another tree than was known (design: Commands out, status table). */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { emit, type Workflow, writeOnDevice } from '../../workflow/workflow.ts';
import { regionOf, type Write } from '../write-plan.ts';
import { type AtomicVerdict, atomicOf, judgeAtomic, whyAtomicFailed } from './atomic.ts';
import { type Done, isApplied, isConsequence, isDone, NOT_EXECUTED, otherWrite } from './done.ts';
import { complete, type Failures, settle } from './one-by-one.ts';
import { sendWrites } from './send-writes.ts';
import { repair } from './undo.ts';

export type AtomicEnd =
  | { readonly kind: 'ended'; readonly failures: Failures }
  /** Nothing was changed: another way must be tried. `doubtful`: the device may not know what an Atomic is. */
  | { readonly kind: 'otherwise' | 'doubtful' };

/** At least two writes, all or none. */
export function* writeAtomically(writes: readonly Write[], leafAddsOnly: boolean): Workflow<AtomicEnd> {
  const regions = writes.map(regionOf);
  const corrected = new Set<string>();
  let current = writes;
  while (current.length > 1) {
    const [outcome] = yield* writeOnDevice([atomicOf(current)], current.map(regionOf), regions);
    if (outcome === undefined) throw new TypeError('a command without outcome');
    const verdict = judgeAtomic(current, outcome);
    const next = verdict.kind === 'rolledBack' ? correct(verdict, corrected) : undefined;
    if (next === undefined) return yield* end(current, verdict, outcome, leafAddsOnly);
    current = next;
  }
  const done = yield* complete(current, yield* sendWrites(current));
  return { kind: 'ended', failures: yield* settle(done, { leafAddsOnly }) };
}

/** The writes as they must be for the tree that the members met; undefined when one failed for good. */
function correct(
  { done, suspects }: Extract<AtomicVerdict, { kind: 'rolledBack' }>,
  corrected: Set<string>,
): readonly Write[] | undefined {
  const met = done.filter((each) => !isApplied(each) && !isConsequence(each));
  const isFinal = met.some((each) => corrected.has(each.write.locUri) || !(isDone(each) || otherWrite(each)));
  if (met.length === 0 || suspects.length > 0 || isFinal) return undefined;
  for (const { write } of met) corrected.add(write.locUri);
  return done.flatMap((each) => {
    if (!met.includes(each)) return [each.write];
    return isDone(each) ? [] : (otherWrite(each) ?? []);
  });
}

function* end(
  writes: readonly Write[],
  verdict: AtomicVerdict,
  outcome: CommandOutcome,
  leafAddsOnly: boolean,
): Workflow<AtomicEnd> {
  switch (verdict.kind) {
    case 'done':
      return { kind: 'ended', failures: [] };
    case 'tooLarge':
      return { kind: 'otherwise' };
    case 'doubtful':
      return { kind: 'doubtful' };
    case 'unsupported':
      yield* emit({ type: 'fact', facts: { atomic: false } });
      return { kind: 'otherwise' };
    case 'refused':
      return { kind: 'ended', failures: [outcome] };
    case 'rolledBack':
      if (verdict.suspects.length > 0) yield* repair(verdict.suspects, { failures: 1, leafAddsOnly });
      else yield* emit({ type: 'log', event: 'write.rolled_back', facts: { status: whyAtomicFailed(outcome).status } });
      return { kind: 'ended', failures: [whyAtomicFailed(outcome)] };
    case 'kept':
      return { kind: 'ended', failures: yield* settleKept(writes, verdict.done, leafAddsOnly) };
  }
}

/** A device that runs the members and rolls nothing back: from now on the bridge does that itself. */
function* settleKept(writes: readonly Write[], done: readonly Done[], leafAddsOnly: boolean): Workflow<Failures> {
  yield* emit({ type: 'fact', facts: { atomic: false } });
  const isHopeless = done.some((each) => !isDone(each) && otherWrite(each) === undefined && !isSkipped(each));
  const again = isHopeless ? undefined : (each: Done) => (isSkipped(each) ? each.write : undefined);
  return yield* settle(yield* complete(writes, done, again), { leafAddsOnly });
}

function isSkipped({ outcome }: Done): boolean {
  return outcome.status === NOT_EXECUTED;
}
