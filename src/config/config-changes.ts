/** Compares two configurations: which changes a running bridge cannot take. */
import type { Config } from './config.ts';

/** The keys that a reload uses; `*` is every key. Each includes all keys below it. */
const RELOADABLE: readonly (readonly string[])[] = [
  ['devices'],
  ['routes'],
  ['mappings'],
  ['log', 'level'],
  ['admin', 'token'],
  ['south', 'tls', 'key'],
  ['south', 'tls', 'cert'],
  ['south', 'tls', 'minVersion'],
  ['south', 'tls', 'ciphers'],
  ['north', 'tls', 'key'],
  ['north', 'tls', 'cert'],
  ['north', 'tls', 'minVersion'],
  ['accounts', '*', 'tls'],
];

/** The keys, such as `south.listen`, that have another value and need a restart. */
export function needsRestart(running: Config, next: Config): readonly string[] {
  return changedKeys(running, next, []);
}

/** True when both have the same content. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function changedKeys(one: object, other: object, path: readonly string[]): readonly string[] {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].flatMap((key) => changedKey(Reflect.get(one, key), Reflect.get(other, key), [...path, key]));
}

function changedKey(one: unknown, other: unknown, path: readonly string[]): readonly string[] {
  if (isReloadable(path) || isSame(one, other)) return [];
  return isSection(one) && isSection(other) ? changedKeys(one, other, path) : [path.join('.')];
}

function isReloadable(path: readonly string[]): boolean {
  return RELOADABLE.some(
    (known) => known.length === path.length && known.every((step, at) => step === '*' || step === path[at]),
  );
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
