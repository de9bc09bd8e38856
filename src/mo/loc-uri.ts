/**
 * The address of a node in a device's management tree.
 *
 * A `LocUri` is the normalised form, made for comparison: `./` in front, no query, case kept. Towards a device the text
 * that it used itself is echoed, never this form. The relative addressing of DM 1.3 (`[…]`, `urn:…`) is no path and is refused.
 *
 * @see OMA-TS-DM_TND §7 "Addressing object values"; DM-1.3 §6.3 for `./DevInfo`
 */
import { DecodeError } from '../errors.ts';

/** A normalised absolute address such as `./DevInfo/DevId`, or `.`, the root. */
export type LocUri = string & { readonly __brand: 'LocUri' };

/** A part between slashes that is empty, `.` or `..`. */
const NO_NAME = /(?:^|\/)\.{0,2}(?:\/|$)/u;
const DEV_INFO = /^\.\/devinfo(?:\/|$)/iu;
const NOT_A_PATH = /^(?:\[|\?|urn:|[a-z][a-z0-9+.-]*:\/\/)/iu;

/** Reads an address with or without `./` and query (TND §7.2). */
export function parseLocUri(text: string): LocUri {
  const uri = readLocUri(text);
  if (uri === undefined) throw new DecodeError('ERR_LOC_URI_SYNTAX', `not the address of a node: "${text}"`);
  return uri;
}

/** Like `parseLocUri`, for text that may be anything, as in an alert's Source. */
export function readLocUri(text: string): LocUri | undefined {
  const { path } = splitQuery(text.trim());
  if (path === '.' || path === './') return '.' as LocUri;
  const isDotted = path.startsWith('./');
  if (path === '' || (!isDotted && NOT_A_PATH.test(path))) return undefined;
  if (NO_NAME.test(isDotted ? path.slice(2) : path)) return undefined;
  return (isDotted ? path : `./${path}`) as LocUri;
}

/** Cuts at the first `?`: `./A?list=TNDS` names the node `./A` and asks `list=TNDS` (TND §7.3). */
export function splitQuery(text: string): { readonly path: string; readonly query?: string } {
  const at = text.indexOf('?');
  return at < 0 ? { path: text } : { path: text.slice(0, at), query: text.slice(at + 1) };
}

/** The names on the way from the root; none for the root itself. */
export function segments(uri: LocUri): readonly string[] {
  return uri === '.' ? [] : uri.slice(2).split('/');
}

/** The node's own name; '' for the root. */
export function lastSegment(uri: LocUri): string {
  return segments(uri).at(-1) ?? '';
}

/** The interior node that holds it; the root has none. */
export function parentOf(uri: LocUri): LocUri | undefined {
  if (uri === '.') return undefined;
  return uri.slice(0, uri.lastIndexOf('/')) as LocUri;
}

/** The address of a child. */
export function childOf(uri: LocUri, name: string): LocUri {
  return parseLocUri(`${uri}/${name}`);
}

/** Whether it lies in the sub-tree of `ancestor`; no node lies below itself. */
export function isBelow(uri: LocUri, ancestor: LocUri): boolean {
  return uri !== ancestor && (ancestor === '.' || uri.startsWith(`${ancestor}/`));
}

/** Whether it is `ancestor` or lies in its sub-tree. */
export function isAtOrBelow(uri: LocUri, ancestor: LocUri): boolean {
  return uri === ancestor || isBelow(uri, ancestor);
}

/** Orders addresses so that a node stands before its sub-tree, and sub-trees stay together. */
export function compareLocUri(one: LocUri, other: LocUri): number {
  const left = segments(one);
  const right = segments(other);
  const at = left.findIndex((name, index) => name !== right[index]);
  if (at < 0) return left.length - right.length;
  const rival = right[at];
  if (rival === undefined) return 1;
  return (left[at] ?? '') < rival ? -1 : 1;
}

/** Whether two texts name the same node, whichever way each was written. */
export function isSameNode(one: string, other: string): boolean {
  return one === other || (readLocUri(one) ?? one) === (readLocUri(other) ?? other);
}

/** Whether it is `./DevInfo` or below; devices write `Devinfo`, too (DM-1.3 §6.3). */
export function isDevInfo(text: string): boolean {
  const uri = readLocUri(text);
  return uri !== undefined && DEV_INFO.test(uri);
}

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
