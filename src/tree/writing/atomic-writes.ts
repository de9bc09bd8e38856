/** Writes as one Atomic, repeated with other writes while members only failed because the tree was not as known. */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import { emit, type Workflow, writeOnDevice } from '../../workflow/workflow.ts';
import { changeOf, type Write } from '../write-plan.ts';
import { type AtomicVerdict, atomicOf, causeOfFailure, judgeAtomic } from './atomic-verdict.ts';
import { sendWrites } from './send-writes.ts';
import { type Failures, undoUnlessFulfilled, withAlternatives } from './sequential-writes.ts';
import { settleSilentAtomic } from './unanswered-writes.ts';
import { undoSuspects } from './undo.ts';
import { alternativeOf, isApplied, isConsequence, isFulfilled, type WriteOutcome } from './write-outcome.ts';

export type AtomicResult =
  | { readonly kind: 'ended'; readonly failures: Failures }
  /** Nothing was changed, and the writes must go without Atomic; `perhapsUnsupported`: the device may not support it. */
  | { readonly kind: 'notPossible' | 'perhapsUnsupported' };

/** Sends at least two writes, of which all or none take effect. */
export function* writeAtomically(writes: readonly Write[], leafAddsOnly: boolean): Workflow<AtomicResult> {
  const changes = writes.map(changeOf);
  const corrected = new Set<string>();
  let current = writes;
  while (current.length > 1) {
    const [outcome] = yield* writeOnDevice([atomicOf(current)], current.map(changeOf), changes);
    if (outcome === undefined) throw new TypeError('a command without outcome');
    const members = outcome.unanswered === true ? yield* settleSilentAtomic(current, outcome, changes) : undefined;
    if (members !== undefined) {
      return { kind: 'ended', failures: yield* concludeOneByOne(current, members, leafAddsOnly) };
    }
    const verdict = judgeAtomic(current, outcome);
    const next = verdict.kind === 'rolledBack' ? correct(verdict, corrected) : undefined;
    if (next === undefined) return yield* conclude(current, verdict, outcome, leafAddsOnly);
    current = next;
  }
  const outcomes = yield* withAlternatives(current, yield* sendWrites(current));
  return { kind: 'ended', failures: yield* undoUnlessFulfilled(outcomes, { leafAddsOnly }) };
}

/** The writes for the tree that the members found; undefined when a member has failed that has no alternative left. */
function correct(
  { outcomes, suspects }: Extract<AtomicVerdict, { kind: 'rolledBack' }>,
  corrected: Set<string>,
): readonly Write[] | undefined {
  const causes = outcomes.filter((each) => !isApplied(each) && !isConsequence(each));
  const isFinal = causes.some((each) => {
    return corrected.has(each.write.locUri) || !(isFulfilled(each) || alternativeOf(each));
  });
  if (causes.length === 0 || suspects.length > 0 || isFinal) return undefined;
  for (const { write } of causes) corrected.add(write.locUri);
  const failed = new Set(causes);
  return outcomes.flatMap((each) => {
    if (!failed.has(each)) return [each.write];
    return isFulfilled(each) ? [] : (alternativeOf(each) ?? []);
  });
}

function* conclude(
  writes: readonly Write[],
  verdict: AtomicVerdict,
  outcome: CommandOutcome,
  leafAddsOnly: boolean,
): Workflow<AtomicResult> {
  switch (verdict.kind) {
    case 'fulfilled':
      return { kind: 'ended', failures: [] };
    case 'tooLarge':
      return { kind: 'notPossible' };
    case 'perhapsUnsupported':
      return { kind: 'perhapsUnsupported' };
    case 'unsupported':
      emit({ type: 'fact', facts: { atomic: false } });
      return { kind: 'notPossible' };
    case 'refused':
      return { kind: 'ended', failures: [outcome] };
    case 'rolledBack': {
      const cause = causeOfFailure(outcome);
      if (verdict.suspects.length > 0) yield* undoSuspects(verdict.suspects, { failures: 1, leafAddsOnly });
      else emit({ type: 'log', event: 'write.rolled_back', facts: { status: cause.status } });
      return { kind: 'ended', failures: [cause] };
    }
    case 'notRolledBack':
      return { kind: 'ended', failures: yield* concludeOneByOne(writes, verdict.outcomes, leafAddsOnly) };
  }
}

/** For a device that executes the members and rolls nothing back: the bridge does it, and sends no Atomic any more. */
function* concludeOneByOne(
  writes: readonly Write[],
  outcomes: readonly WriteOutcome[],
  leafAddsOnly: boolean,
): Workflow<Failures> {
  emit({ type: 'fact', facts: { atomic: false } });
  const isFinal = outcomes.some((each) => !isFulfilled(each) && alternativeOf(each) === undefined && !isSkipped(each));
  const repeat = isFinal ? undefined : (each: WriteOutcome) => (isSkipped(each) ? each.write : undefined);
  return yield* undoUnlessFulfilled(yield* withAlternatives(writes, outcomes, repeat), { leafAddsOnly });
}

function isSkipped({ outcome }: WriteOutcome): boolean {
  return outcome.status === STATUS.notExecuted;
}
