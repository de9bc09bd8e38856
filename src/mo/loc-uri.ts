/**
 * The address of a node in a device's management tree, and everything that cuts or joins such addresses.
 *
 * A `LocUri` is the normalised form: `./` in front, no query, case kept. Its parsers make it, and the functions here derive
 * others from it; a name that a device reports is taken as it is. The text that a device wrote itself travels beside it
 * where it is echoed. The relative addressing of DM 1.3 (`[…]`, `urn:…`) is no path and is refused.
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

/** The root of the tree. */
export const ROOT = '.' as LocUri;

/**
 * Reads an address with or without `./` and query (TND §7.2).
 * @throws DecodeError ERR_LOC_URI_SYNTAX
 */
export function parseLocUri(text: string): LocUri {
  const uri = readLocUri(text);
  if (uri === undefined) throw new DecodeError('ERR_LOC_URI_SYNTAX', `not the address of a node: "${text}"`);
  return uri;
}

/** Like `parseLocUri`, for text that may be anything, as in an alert's Source. */
export function readLocUri(text: string): LocUri | undefined {
  return fromPath(withoutQuery(text.trim()));
}

/** Like `readLocUri`, but takes slashes at the end, too, which some devices write in Results and documents. */
export function readLocUriLeniently(text: string): LocUri | undefined {
  const path = withoutQuery(text.trim());
  return fromPath(path.endsWith('/') ? path.replace(/\/+$/u, '') : path);
}

/** The node that the Target of a command of the bridge names: a `LocUri` that may have a query behind it. */
export function locUriOfTarget(target: string): LocUri {
  return withoutQuery(target) as LocUri;
}

function fromPath(path: string): LocUri | undefined {
  if (path === '.' || path === './') return ROOT;
  const isDotted = path.startsWith('./');
  if (path === '' || (!isDotted && NOT_A_PATH.test(path))) return undefined;
  if (NO_NAME.test(isDotted ? path.slice(2) : path)) return undefined;
  return (isDotted ? path : `./${path}`) as LocUri;
}

/** Cuts at the first `?`: `./A?list=TNDS` names the node `./A` and asks `list=TNDS` (TND §7.3). */
function withoutQuery(text: string): string {
  const at = text.indexOf('?');
  return at < 0 ? text : text.slice(0, at);
}

/** The names on the way from the root; none for the root itself. */
export function namesOf(uri: LocUri): readonly string[] {
  return uri === ROOT ? [] : uri.slice(2).split('/');
}

/** The name of the node; `.` for the root. */
export function nameOf(uri: LocUri): string {
  return uri.slice(uri.lastIndexOf('/') + 1);
}

/** The interior node that holds it; the root has none. */
export function parentOf(uri: LocUri): LocUri | undefined {
  return uri === ROOT ? undefined : (uri.slice(0, uri.lastIndexOf('/')) as LocUri);
}

/** The nodes above it, the root first; none for the root itself. */
export function ancestorsOf(uri: LocUri): readonly LocUri[] {
  const names = namesOf(uri);
  return names.map((_, count) => descendantOf(ROOT, names.slice(0, count)));
}

/** True when one of the addresses is that of a node above it. */
export function hasAncestorIn(uris: ReadonlySet<LocUri>, uri: LocUri): boolean {
  for (let above = parentOf(uri); above !== undefined; above = parentOf(above)) if (uris.has(above)) return true;
  return false;
}

/** The address of a child. */
export function childOf(uri: LocUri, name: string): LocUri {
  return `${uri}/${name}` as LocUri;
}

/** The address of the node to which `names` lead from `uri`; `uri` itself for no names. */
export function descendantOf(uri: LocUri, names: readonly string[]): LocUri {
  return names.length === 0 ? uri : (`${uri}/${names.join('/')}` as LocUri);
}

/** True when it lies in the sub-tree of `ancestor`; no node lies below itself. */
export function isBelow(uri: LocUri, ancestor: LocUri): boolean {
  // Every address but the root's begins with `./`, so that the root needs no case of its own.
  return uri.length > ancestor.length && uri.charCodeAt(ancestor.length) === SLASH && uri.startsWith(ancestor);
}

const SLASH = 47;

/** True when it is `ancestor` or lies in its sub-tree. */
export function isAtOrBelow(uri: LocUri, ancestor: LocUri): boolean {
  return uri === ancestor || isBelow(uri, ancestor);
}

/** True when one is the other, or lies above it. */
export function overlaps(one: LocUri, other: LocUri): boolean {
  return one === other || isBelow(one, other) || isBelow(other, one);
}

/** The names that lead from `ancestor` to the node, none for `ancestor` itself; undefined when it is not at or below it. */
export function namesBelow(uri: LocUri, ancestor: LocUri): readonly string[] | undefined {
  if (uri === ancestor) return [];
  return isBelow(uri, ancestor) ? uri.slice(ancestor.length + 1).split('/') : undefined;
}

/** The lowest node that has all of them at or below it; undefined for none. */
export function commonAncestor(uris: readonly LocUri[]): LocUri | undefined {
  const [first, ...others] = uris;
  if (first === undefined) return undefined;
  const shared = others.reduce<readonly string[]>((common, uri) => {
    const names = namesOf(uri);
    const end = common.findIndex((name, at) => names[at] !== name);
    return end < 0 ? common : common.slice(0, end);
  }, namesOf(first));
  return descendantOf(ROOT, shared);
}

/** True for `./DevInfo` or below; devices write `Devinfo`, too (DM-1.3 §6.3). */
export function isDevInfo(text: string): boolean {
  const uri = readLocUri(text);
  return uri !== undefined && DEV_INFO.test(uri);
}

/** True for a name that a node of DM 1.x can have: anything else would make another address of a LocURI (DM-TND §7.2). */
export function isNodeName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/?]/u.test(name);
}
