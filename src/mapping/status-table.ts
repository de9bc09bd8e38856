/**
 * The status table of `mappings/status.yaml`, which `translate/status.ts` applies (docs/mappings.md, Status table).
 *
 * @see OMA-TS-DM_Protocol 2.0 Appendix C
 */
import type { SchemaProblem } from '../json-schema.ts';

/** An attempt that the bridge makes before it reports a status. */
export type RetryRule = 'asReplace' | 'again' | 'withoutAtomic' | 'serverAuthentication';

/** The DM 2.0 status of some DM 1.x codes. */
export interface StatusRule {
  readonly dm1: readonly number[];
  /** `none`: the code is not final. Absent with `retry`. */
  readonly dm2?: number | 'none';
  readonly retry?: RetryRule;
  /** With `retry`: the status when the attempt failed, too. */
  readonly otherwise?: number;
  /** Other statuses, by the name of the DM 2.0 command. */
  readonly commands?: Readonly<Record<string, number>>;
}

/** One row of "Applied DM Commands"; without `only` and `except` it is for all commands. */
interface AllowedRule {
  readonly codes: readonly number[];
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

export interface StatusTable {
  readonly toDm2: readonly StatusRule[];
  /** Rules for SHOW that come before `toDm2`. */
  readonly userInteraction: readonly StatusRule[];
  /** Statuses for codes without a rule, by their class. */
  readonly others: { readonly success: number; readonly error: number };
  readonly allowed: readonly AllowedRule[];
}

/** Finds what is wrong with a table although its schema accepted it: codes with two rules, rules without a status. */
export function findTableFaults(table: StatusTable): readonly SchemaProblem[] {
  return [...findRuleFaults(table.toDm2, '/toDm2'), ...findRuleFaults(table.userInteraction, '/userInteraction')];
}

function findRuleFaults(rules: readonly StatusRule[], list: string): readonly SchemaProblem[] {
  const faults: SchemaProblem[] = [];
  const known = new Set<number>();
  for (const [at, rule] of rules.entries()) {
    for (const code of rule.dm1) {
      if (known.has(code)) faults.push({ pointer: `${list}/${at}/dm1`, message: `${code} has a rule already` });
      known.add(code);
    }
    const isPlain = rule.retry === undefined && rule.dm2 !== undefined;
    const isRetry = rule.retry !== undefined && rule.otherwise !== undefined && rule.dm2 === undefined;
    if (!isPlain && !isRetry) {
      faults.push({ pointer: `${list}/${at}`, message: 'a rule has either dm2, or retry and otherwise' });
    }
  }
  return faults;
}
