/**
 * LocURIs as lists of names, for comparing places whatever way a device writes them.
 *
 * `./A/B`, `A/B/` and ` ./A/B?list=Struct ` are one place (white space as in the example of DM-2.0 §13.1). Names are kept
 * as they stand: percent-encoding is part of a name. What is no path, such as the relative addressing of DM 1.3, is no
 * place that a mapping could know.
 */
import { readLocUri, segments, splitQuery } from '../dm1/loc-uri.ts';

/** The names of a LocURI; `.` is the empty list. Undefined for text that is no path. */
export function locNames(locUri: string): readonly string[] | undefined {
  const { path } = splitQuery(locUri.trim());
  const place = readLocUri(path.endsWith('/') ? path.replace(/\/+$/, '') : path);
  return place === undefined ? undefined : segments(place);
}

/** The LocURI of a list of names. */
export function locUriOfNames(names: readonly string[]): string {
  return ['.', ...names].join('/');
}

/** What follows `base` in `names`, or undefined when `names` is not at or below it. */
export function below(base: readonly string[], names: readonly string[]): readonly string[] | undefined {
  return base.every((name, at) => names[at] === name) ? names.slice(base.length) : undefined;
}

/** Whether a node of DM 1.x can have that name: anything else would make another address of a LocURI (DM-TND §7.2). */
export function isNodeName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/?]/u.test(name);
}
