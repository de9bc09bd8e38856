/**
 * DM 1.x status codes → DM 2.0 status codes, by the table of `mappings/status.yaml`; total for every number.
 *
 * Some codes are no answer yet: the bridge first tries something else. Others are never told at all.
 *
 * @see OMA-TS-DM_Protocol 2.0 Appendix C
 */
import type { CommandOutcome } from '../dm1/server-command.ts';
import type { RetryRule, StatusRule, StatusTable } from '../mapping/status-table.ts';
import { isSuccess } from '../syncml/status-codes.ts';

export type { StatusTable };

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

/** What a 1.x status means for a 2.0 command. */
export type TranslatedStatus =
  | { readonly kind: 'final'; readonly status: number }
  /** Try that first; `otherwise` is the status when it does not help. */
  | { readonly kind: 'retry'; readonly how: RetryRule; readonly otherwise: number }
  /** Not final: 101 still running, 213 chunk accepted. */
  | { readonly kind: 'none' };

/** Total: every number has an answer, and every status is one that Appendix C allows for the command. */
export function toDm2Status(table: StatusTable, dm1Status: number, command: Dm2CommandName): TranslatedStatus {
  const allowed = (status: number) => allowedStatus(table, status, command);
  if (isApplicationSpecific(dm1Status)) return { kind: 'final', status: dm1Status };
  const special = command === 'SHOW' ? ruleFor(table.userInteraction, dm1Status) : undefined;
  const rule = special ?? ruleFor(table.toDm2, dm1Status);
  if (rule === undefined)
    return { kind: 'final', status: isSuccess(dm1Status) ? table.others.success : table.others.error };
  if (rule.retry !== undefined) {
    return { kind: 'retry', how: rule.retry, otherwise: allowed(rule.otherwise ?? table.others.error) };
  }
  const forCommand = rule.commands?.[command];
  if (forCommand !== undefined) return { kind: 'final', status: allowed(forCommand) };
  if (rule.dm2 === 'none') return { kind: 'none' };
  return { kind: 'final', status: allowed(rule.dm2 ?? table.others.error) };
}

/**
 * The status of a 2.0 command from all its outcomes, once nothing is left to try: the first failure, else 202 when
 * something goes on, else success. No outcome at all is an error: nobody knows what happened.
 */
export function finalStatus(table: StatusTable, outcomes: readonly CommandOutcome[], command: Dm2CommandName): number {
  const statuses = outcomes.map((outcome) => {
    const translated = toDm2Status(table, effectiveStatus(outcome), command);
    if (translated.kind === 'final') return translated.status;
    return translated.kind === 'retry' ? translated.otherwise : table.others.error;
  });
  return (
    statuses.find((status) => !isDm2Success(status)) ??
    statuses.find((status) => status === 202) ??
    statuses[0] ??
    table.others.error
  );
}

/** The 1.x status that says why: of a failed Atomic that of the member that failed, else the command's own. */
export function effectiveStatus({ status, members }: CommandOutcome): number {
  if (members === undefined || !ATOMIC_CONSEQUENCES.has(status)) return status;
  // An Atomic that was not tried at all is a command like any other.
  if (status === NOT_EXECUTED && members.every((member) => member.status === NOT_EXECUTED)) return status;
  return atomicStatus(members.map(effectiveStatus));
}

/** The first member status that is a failure of its own and not a consequence of the Atomic; 507 when there is none. */
export function atomicStatus(members: readonly number[]): number {
  const failures = members.filter((status) => !ATOMIC_CONSEQUENCES.has(status) && !isPlainSuccess(status));
  // 516 says that a roll-back failed, not why there had to be one.
  return failures.find((status) => status !== 516) ?? failures[0] ?? 507;
}

/** Appendix C, "Applied DM Commands": a status that the command may not have becomes 200 or 500. */
export function allowedStatus(table: StatusTable, status: number, command: Dm2CommandName): number {
  if (isApplicationSpecific(status)) return status;
  const rule = table.allowed.find(({ codes }) => codes.includes(status));
  const isAllowed =
    rule !== undefined && (rule.only?.includes(command) ?? true) && !(rule.except?.includes(command) ?? false);
  if (isAllowed) return status;
  return isSuccess(status) ? table.others.success : table.others.error;
}

const NOT_EXECUTED = 215;

/** What the members of a failed Atomic are told although nothing was wrong with them (RepPro, Atomic). */
const ATOMIC_CONSEQUENCES: ReadonlySet<number> = new Set([NOT_EXECUTED, 216, 507]);

function ruleFor(rules: readonly StatusRule[], dm1Status: number): StatusRule | undefined {
  return rules.find(({ dm1 }) => dm1.includes(dm1Status));
}

function isApplicationSpecific(status: number): boolean {
  return Number.isInteger(status) && status >= 1000 && status <= 1999;
}

/** 214 is a 2xx that says the user cancelled. */
function isPlainSuccess(status: number): boolean {
  return isSuccess(status) && status !== 214;
}

function isDm2Success(status: number): boolean {
  return isSuccess(status) || (status >= 1200 && status < 1300);
}
