/**
 * The meaning of a device's answer to an Atomic, its members included.
 *
 * Devices differ: one rolls back as specified, one executes the members without a Status for the Atomic, one does not support it.
 *
 * @see DMREPPRO "Atomic" and the response codes 215, 216, 507, 516, 517; DM-1.3 §6.6
 */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { isExecuted, STATUS } from '../../syncml/status-codes.ts';
import { atomicStatus } from '../../translate/status.ts';
import type { CommandDraft } from '../../workflow/request.ts';
import { toCommand, type Write } from '../write-plan.ts';
import { isFulfilled, type WriteOutcome } from './write-outcome.ts';

/** The statuses for an optional feature that is missing. */
const UNSUPPORTED: ReadonlySet<number> = new Set([STATUS.optionalFeatureNotSupported, STATUS.commandNotImplemented]);

/** The statuses that devices may use for the same; 500 is also the status of a command without an answer. */
const PERHAPS_UNSUPPORTED: ReadonlySet<number> = new Set([
  STATUS.badRequest,
  STATUS.commandNotAllowed,
  STATUS.commandFailed,
]);

export type AtomicVerdict =
  | { readonly kind: 'fulfilled' }
  /** No member was executed: the device does not support Atomic, or perhaps does not. */
  | { readonly kind: 'unsupported' | 'perhapsUnsupported' }
  /** No member was executed, for another reason. */
  | { readonly kind: 'refused' }
  /** The command or its response fits no message. */
  | { readonly kind: 'tooLarge' }
  /** The members have no effect; `suspects` are the writes that may be in the tree nevertheless. */
  | { readonly kind: 'rolledBack'; readonly outcomes: readonly WriteOutcome[]; readonly suspects: readonly Write[] }
  /** The members were executed one by one: their own outcomes count. */
  | { readonly kind: 'notRolledBack'; readonly outcomes: readonly WriteOutcome[] };

/** The Atomic command with these writes as its members. */
export function atomicOf(writes: readonly Write[]): CommandDraft {
  return { name: 'Atomic', items: [], members: writes.map(toCommand) };
}

/** The verdict on the Atomic of `writes`. */
export function judgeAtomic(writes: readonly Write[], outcome: CommandOutcome): AtomicVerdict {
  const { status, members = [] } = outcome;
  const outcomes = writes.map((write, at): WriteOutcome => ({ write, outcome: members[at] ?? outcome }));
  if (status === STATUS.atomicResponseTooLarge) return { kind: 'tooLarge' };
  if (isExecuted(status) && outcomes.every(isFulfilled)) return { kind: 'fulfilled' };
  if (status === STATUS.atomicFailed || status === STATUS.atomicRollBackFailed || members.some(isRollBack)) {
    return { kind: 'rolledBack', outcomes, suspects: suspectsOf(status, outcomes) };
  }
  if (!members.every((member) => member.status === status || member.status === STATUS.notExecuted)) {
    return { kind: 'notRolledBack', outcomes };
  }
  if (UNSUPPORTED.has(status)) return { kind: 'unsupported' };
  return { kind: PERHAPS_UNSUPPORTED.has(status) ? 'perhapsUnsupported' : 'refused' };
}

/** The outcome of a failed Atomic, with the status of the member that failed by itself. */
export function causeOfFailure(outcome: CommandOutcome): CommandOutcome {
  const { members = [], ...own } = outcome;
  return { ...own, status: atomicStatus(members.map(({ status }) => status)) };
}

/** The writes whose roll-back failed; all of them when only the Atomic has that status. */
function suspectsOf(status: number, outcomes: readonly WriteOutcome[]): readonly Write[] {
  const named = outcomes.filter(({ outcome }) => outcome.status === STATUS.atomicRollBackFailed);
  const suspects = status === STATUS.atomicRollBackFailed && named.length === 0 ? outcomes : named;
  return suspects.map(({ write }) => write);
}

function isRollBack({ status }: CommandOutcome): boolean {
  return status === STATUS.atomicRollBackOk || status === STATUS.atomicRollBackFailed;
}
