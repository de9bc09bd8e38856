/**
 * Paths below an MO root as mapping files write them, and rewriting of one path into another.
 *
 * A segment `*` or `<x>` matches any one name, as in the figures of MO definitions. A rewrite copies the names that such
 * segments matched to the other side, in order.
 *
 * @see OMA-TS-DM_Protocol 2.0 §6.3.1.3
 */

/** Names from below the MO root; `*` and `<x>` match any name. */
export type PathPattern = readonly string[];

/** `from` and `to` have the same number of wildcards. */
export interface Rewrite {
  readonly from: PathPattern;
  readonly to: PathPattern;
}

/** True for a segment that matches any name. */
export function isWildcard(segment: string): boolean {
  return segment === '*' || (segment.startsWith('<') && segment.endsWith('>'));
}

/** Splits `A/<x>/B`; the empty text is the root itself. */
export function parsePattern(text: string): PathPattern {
  return text.split('/').filter((segment) => segment !== '');
}

/** True when `pattern` matches `path` or an ancestor of it. */
export function matchesPrefix(pattern: PathPattern, path: readonly string[]): boolean {
  return pattern.length <= path.length && pattern.every((segment, at) => isWildcard(segment) || segment === path[at]);
}

/** True when `pattern` matches exactly `path`. */
export function matchesPath(pattern: PathPattern, path: readonly string[]): boolean {
  return pattern.length === path.length && matchesPrefix(pattern, path);
}

/** Applies the rule with the longest matching `from`; a path that no rule matches stays unchanged. */
export function rewrite(rules: readonly Rewrite[], path: readonly string[]): readonly string[] {
  let rule: Rewrite | undefined;
  for (const each of rules) {
    if (matchesPrefix(each.from, path) && each.from.length > (rule?.from.length ?? -1)) rule = each;
  }
  if (rule === undefined) return path;
  const captured = rule.from.flatMap((segment, at) => (isWildcard(segment) ? [path[at] ?? ''] : []));
  const head = rule.to.map((segment) => (isWildcard(segment) ? (captured.shift() ?? '') : segment));
  return [...head, ...path.slice(rule.from.length)];
}

/** The rules for the opposite direction. */
export function inverted(rules: readonly Rewrite[]): readonly Rewrite[] {
  return rules.map(({ from, to }) => ({ from: to, to: from }));
}
