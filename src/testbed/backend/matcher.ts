/** Compares received values with the expectations of a campaign. */
import type { Matcher } from './campaign.ts';

/** Characters; a longer value is cut in a description. */
const MAX_SHOWN_LENGTH = 200;

/**
 * Describes the first difference between a value and its matcher; undefined when the value fits.
 *
 * An object may have more members than its matcher.
 * @param at the path of the value, for the description
 */
export function mismatch(expected: Matcher, found: unknown, at = ''): string | undefined {
  if (isList(expected)) return listMismatch(expected, found, at);
  if (typeof expected !== 'object' || expected === null) return scalarMismatch(expected, found, at);
  if ('$any' in expected) return found === undefined ? `${at || 'value'} is missing` : undefined;
  if ('$matches' in expected) {
    const pattern = String(expected.$matches);
    return new RegExp(pattern, 'u').test(asText(found))
      ? undefined
      : `${at || 'value'} ${show(found)} is not ${pattern}`;
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    return `${at || 'value'} is ${show(found)}, no object`;
  }
  const entries = new Map<string, unknown>(Object.entries(found));
  for (const [key, value] of Object.entries(expected)) {
    const fault = mismatch(value, entries.get(key), at === '' ? key : `${at}.${key}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The matchers that fit no value. */
export function unmatched(expected: readonly Matcher[], found: readonly unknown[]): readonly Matcher[] {
  return expected.filter((matcher) => !found.some((value) => mismatch(matcher, value) === undefined));
}

/** True when the text fits a glob with `*` and `?`; case does not matter. */
export function matchesGlob(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/gu, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'iu').test(text);
}

/** Replaces `{name}` in every string by the value of that name. */
export function fill<T>(value: T, values: Readonly<Record<string, string>>): T {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
    typeof part === 'string' ? part.replace(/\{(\w+)\}/gu, (whole, name: string) => values[name] ?? whole) : part,
  );
}

function listMismatch(expected: readonly Matcher[], found: unknown, at: string): string | undefined {
  if (!Array.isArray(found)) return `${at || 'value'} is ${show(found)}, no array`;
  if (found.length !== expected.length) return `${at || 'value'} has ${found.length} members, not ${expected.length}`;
  return expected
    .map((matcher, index) => mismatch(matcher, found[index], `${at}[${index}]`))
    .find((fault) => fault !== undefined);
}

function scalarMismatch(expected: string | number | boolean | null, found: unknown, at: string): string | undefined {
  return expected === found ? undefined : `${at || 'value'} is ${show(found)} instead of ${show(expected)}`;
}

function isList(matcher: Matcher): matcher is readonly Matcher[] {
  return Array.isArray(matcher);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}
