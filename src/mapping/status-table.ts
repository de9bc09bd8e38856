/**
 * The status table of `mappings/status.yaml`: data for `translate/status.ts`.
 *
 * @see OMA-TS-DM_Protocol 2.0 Appendix C
 */

/** What the bridge does before it answers. */
export type RetryRule = 'asReplace' | 'again' | 'withoutAtomic' | 'serverAuthentication';

/** One row: these 1.x codes mean that. */
export interface StatusRule {
  readonly dm1: readonly number[];
  readonly dm2?: number | 'none';
  readonly retry?: RetryRule;
  /** With `retry`: the status when it did not help. */
  readonly otherwise?: number;
  /** Commands that are answered differently. */
  readonly commands?: Readonly<Record<string, number>>;
}

/** One row of "Applied DM Commands"; neither `only` nor `except`: all commands. */
export interface AllowedRule {
  readonly codes: readonly number[];
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

export interface StatusTable {
  readonly toDm2: readonly StatusRule[];
  readonly userInteraction: readonly StatusRule[];
  readonly others: { readonly success: number; readonly error: number };
  readonly allowed: readonly AllowedRule[];
}

/** What is wrong with a table although its schema let it through: codes named twice, rows that answer nothing. */
export function findTableFaults(table: StatusTable): readonly { readonly pointer: string; readonly message: string }[] {
  return (['toDm2', 'userInteraction'] as const).flatMap((list) => {
    const seen = new Set<number>();
    return table[list].flatMap((rule, at) => {
      const pointer = `/${list}/${at}`;
      const twice = rule.dm1.filter((code, place) => seen.has(code) || rule.dm1.indexOf(code) < place);
      for (const code of rule.dm1) seen.add(code);
      const answers =
        rule.retry === undefined ? rule.dm2 !== undefined : rule.otherwise !== undefined && rule.dm2 === undefined;
      return [
        ...twice.map((code) => ({ pointer: `${pointer}/dm1`, message: `${code} has a rule already` })),
        ...(answers ? [] : [{ pointer, message: 'a rule has either dm2, or retry and otherwise' }]),
      ];
    });
  });
}
