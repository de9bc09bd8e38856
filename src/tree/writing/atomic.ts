/**
 * Writes as one Atomic: what a device's answer to it says, members included.
 *
 * Devices differ: one rolls back as specified, one runs the members and says nothing of the Atomic, one knows none.
 *
 * @see DMREPPRO "Atomic" and the response codes 215, 216, 507, 516, 517; DM-1.3 §6.6
 */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { isExecuted } from '../../syncml/status-codes.ts';
import { atomicStatus } from '../../translate/status.ts';
import type { CommandDraft } from '../../workflow/request.ts';
import { toCommand, type Write } from '../write-plan.ts';
import { type Done, isDone, NOT_EXECUTED } from './done.ts';

const ROLLED_BACK = 216;
const ATOMIC_FAILED = 507;
const ROLL_BACK_FAILED = 516;
const TOO_LARGE = 517;

/** An optional feature that is missing. */
const UNSUPPORTED: readonly number[] = [406, 501];
/** What devices may say instead; 500 also stands for silence. */
const DOUBTFUL: readonly number[] = [400, 405, 500];

export type AtomicVerdict =
  | { readonly kind: 'done' }
  /** Nothing of it was run: the device knows no Atomic, or seems not to. */
  | { readonly kind: 'unsupported' | 'doubtful' }
  /** Nothing of it was run, for another reason. */
  | { readonly kind: 'refused' }
  /** It, or the answer to it, fits no message. */
  | { readonly kind: 'tooLarge' }
  /** Nothing of it counts; `suspects` are the writes that may be in the tree all the same. */
  | { readonly kind: 'rolledBack'; readonly done: readonly Done[]; readonly suspects: readonly Write[] }
  /** What the members say counts. */
  | { readonly kind: 'kept'; readonly done: readonly Done[] };

export function atomicOf(writes: readonly Write[]): CommandDraft {
  return { name: 'Atomic', items: [], members: writes.map(toCommand) };
}

/** What became of the Atomic of `writes`. */
export function judgeAtomic(writes: readonly Write[], outcome: CommandOutcome): AtomicVerdict {
  const { status, members = [] } = outcome;
  const done = writes.map((write, at): Done => ({ write, outcome: members[at] ?? outcome }));
  if (status === TOO_LARGE) return { kind: 'tooLarge' };
  if (isExecuted(status) && done.every(isDone)) return { kind: 'done' };
  if (status === ATOMIC_FAILED || status === ROLL_BACK_FAILED || members.some(isRollBack)) {
    return { kind: 'rolledBack', done, suspects: suspectsOf(status, done) };
  }
  if (!members.every((member) => member.status === status || member.status === NOT_EXECUTED)) {
    return { kind: 'kept', done };
  }
  if (UNSUPPORTED.includes(status)) return { kind: 'unsupported' };
  return { kind: DOUBTFUL.includes(status) ? 'doubtful' : 'refused' };
}

/** The outcome of the member that failed by itself, which says why. */
export function whyAtomicFailed(outcome: CommandOutcome): CommandOutcome {
  const { members = [], ...own } = outcome;
  return { ...own, status: atomicStatus(members.map(({ status }) => status)) };
}

/** Those whose roll-back failed; when only the Atomic says so, all. */
function suspectsOf(status: number, done: readonly Done[]): readonly Write[] {
  const named = done.filter(({ outcome }) => outcome.status === ROLL_BACK_FAILED);
  const suspects = status === ROLL_BACK_FAILED && named.length === 0 ? done : named;
  return suspects.map(({ write }) => write);
}

function isRollBack({ status }: CommandOutcome): boolean {
  return status === ROLLED_BACK || status === ROLL_BACK_FAILED;
}
