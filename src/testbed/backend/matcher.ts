/** Comparing what came with what the campaign expects. */
import type { Matcher } from './campaign.ts';

/** Where and how a value differs from its matcher; undefined when it fits. Objects may have more than is asked for. */
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

/** The matchers for which no value fits. */
export function unmatched(expected: readonly Matcher[], found: readonly unknown[]): readonly Matcher[] {
  return expected.filter((matcher) => !found.some((value) => mismatch(matcher, value) === undefined));
}

/** A glob with `*` and `?`, as in routes. */
export function matchesGlob(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/gu, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'iu').test(text);
}

/** Puts values into `{name}` places of every string. */
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
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
