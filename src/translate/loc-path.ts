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
  const place = readLocUri(splitQuery(locUri.trim()).path.replace(/\/+$/, ''));
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
