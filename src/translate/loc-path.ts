/**
 * LocURIs as lists of names, for comparing places whatever way a device writes them.
 *
 * `./A/B`, `A/B` and ` ./A/B?list=Struct ` are one place (DM-TND, URI rules; white space as in the example of DM-2.0 §13.1). Names
 * are kept as they stand: percent-encoding is part of a name.
 */

/** The names of a LocURI; `.` is the empty list. */
export function locNames(locUri: string): readonly string[] {
  const [place = ''] = locUri.trim().split('?');
  return place.split('/').filter((name) => name !== '' && name !== '.');
}

/** The LocURI of a list of names. */
export function locUriOfNames(names: readonly string[]): string {
  return ['.', ...names].join('/');
}

/** What follows `base` in `names`, or undefined when `names` is not at or below it. */
export function below(base: readonly string[], names: readonly string[]): readonly string[] | undefined {
  return base.every((name, at) => names[at] === name) ? names.slice(base.length) : undefined;
}
