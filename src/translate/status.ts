/**
 * DM 1.x status codes → DM 2.0 status codes, by the table of `mappings/status.yaml`.
 *
 * Some codes are not final: the bridge first tries another way. Others are never reported to the backend.
 *
 * @see OMA-TS-DM_Protocol 2.0 Appendix C
 */
import type { CommandOutcome } from '../dm1/server-command.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import type { RetryRule, StatusRule, StatusTable } from '../mapping/status-table.ts';
import { isSuccess, STATUS } from '../syncml/status-codes.ts';

/** DM-2.0 §5.3. */
export const DM2_COMMANDS = [
  'GET',
  'HGET',
  'HPUT',
  'HPOST',
  'DELETE',
  'EXEC',
  'SHOW',
  'CONT',
  'END',
  'DEFAULT',
  'SUB',
  'UNSUB',
] as const;
export type Dm2CommandName = (typeof DM2_COMMANDS)[number];

/** The meaning of a 1.x status for a 2.0 command. */
export type TranslatedStatus =
  | { readonly kind: 'final'; readonly status: number }
  /** The bridge tries `how` first; `otherwise` is the status when that does not help. */
  | { readonly kind: 'retry'; readonly how: RetryRule; readonly otherwise: number }
  /** Not final, such as 101 (in progress) and 213 (chunk accepted). */
  | { readonly kind: 'none' };

/** Translates any number; every final status is one that Appendix C allows for the command. */
export function toDm2Status(table: StatusTable, dm1Status: number, command: Dm2CommandName): TranslatedStatus {
  const { others } = table;
  const final = (status: number): TranslatedStatus => {
    return { kind: 'final', status: allowedStatus(table, status, command) };
  };
  if (isApplicationSpecific(dm1Status)) return final(dm1Status);
  const special = command === 'SHOW' ? ruleFor(table.userInteraction, dm1Status) : undefined;
  const rule = special ?? ruleFor(table.toDm2, dm1Status);
  if (rule === undefined) return { kind: 'final', status: isSuccess(dm1Status) ? others.success : others.error };
  if (rule.retry !== undefined) {
    return { kind: 'retry', how: rule.retry, otherwise: allowedStatus(table, rule.otherwise ?? others.error, command) };
  }
  const forCommand = rule.commands?.[command];
  if (forCommand !== undefined) return final(forCommand);
  return rule.dm2 === 'none' ? { kind: 'none' } : final(rule.dm2 ?? others.error);
}

/**
 * The status of a 2.0 command from all its outcomes, when nothing is left to try: the first failure, else 202 when
 * something goes on, else success. Without any outcome it is an error.
 */
export function finalStatus(table: StatusTable, outcomes: readonly CommandOutcome[], command: Dm2CommandName): number {
  const statuses = outcomes.map((outcome) => statusOf(table, outcome, command));
  const failure = statuses.find((status) => !isDm2Success(status));
  if (failure !== undefined) return failure;
  return statuses.includes(DM2_STATUS.accepted) ? DM2_STATUS.accepted : (statuses[0] ?? table.others.error);
}

function statusOf(table: StatusTable, outcome: CommandOutcome, command: Dm2CommandName): number {
  const translated = toDm2Status(table, effectiveStatus(outcome), command);
  switch (translated.kind) {
    case 'final':
      return translated.status;
    case 'retry':
      return translated.otherwise;
    case 'none':
      return table.others.error;
  }
}

/** The 1.x status that gives the reason: that of the failed member of an Atomic, else the command's own. */
export function effectiveStatus({ status, members }: CommandOutcome): number {
  if (members === undefined || status === STATUS.atomicRollBackFailed || !isAtomicConsequence(status)) return status;
  // An Atomic of which no member was tried is a command like any other.
  const isUntried = status === STATUS.notExecuted && members.every((member) => member.status === STATUS.notExecuted);
  return isUntried ? status : atomicStatus(members.map(effectiveStatus));
}

/** The first status of a member that failed by itself. Without one: 516 when a roll-back failed, else 507. */
export function atomicStatus(members: readonly number[]): number {
  const cause = members.find((status) => !isPlainSuccess(status) && !isAtomicConsequence(status));
  if (cause !== undefined) return cause;
  return members.includes(STATUS.atomicRollBackFailed) ? STATUS.atomicRollBackFailed : STATUS.atomicFailed;
}

/** True for the statuses that a member of an Atomic has because another one failed (DMREPPRO "Atomic"). */
export function isAtomicConsequence(status: number): boolean {
  return ATOMIC_CONSEQUENCES.has(status);
}

const ATOMIC_CONSEQUENCES: ReadonlySet<number> = new Set([
  STATUS.notExecuted,
  STATUS.atomicRollBackOk,
  STATUS.atomicFailed,
  STATUS.atomicRollBackFailed,
]);

/** The status, or 200 or 500 when the command may not have it (Appendix C, "Applied DM Commands"). */
export function allowedStatus(table: StatusTable, status: number, command: Dm2CommandName): number {
  if (isApplicationSpecific(status)) return status;
  const rule = table.allowed.find(({ codes }) => codes.includes(status));
  const isAllowed =
    rule !== undefined && (rule.only?.includes(command) ?? true) && !(rule.except?.includes(command) ?? false);
  if (isAllowed) return status;
  return isSuccess(status) ? table.others.success : table.others.error;
}

function ruleFor(rules: readonly StatusRule[], dm1Status: number): StatusRule | undefined {
  return rules.find(({ dm1 }) => dm1.includes(dm1Status));
}

/** DM-2.0 Appendix C: 1000 to 1999. */
function isApplicationSpecific(status: number): boolean {
  return Number.isInteger(status) && status >= 1000 && status <= 1999;
}

/** True for 2xx but 214, which says that the user has cancelled. */
function isPlainSuccess(status: number): boolean {
  return isSuccess(status) && status !== STATUS.operationCancelled;
}

/** DM-2.0 Appendix C: application specific codes from 1200 to 1299 are successes, too. */
function isDm2Success(status: number): boolean {
  return isSuccess(status) || (status >= 1200 && status < 1300);
}
