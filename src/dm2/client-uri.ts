/**
 * ClientURI: the address of one or more nodes of a device (DM-2.0 §6.1.1).
 *
 *     ClientURI = MOID "/" mo-inst path-from-moroot [ "?" query ]
 *
 * A parsed ClientURI is a value; `resolve.ts` finds its nodes. Wildcards and x-names are recognized before percent
 * decoding, so `%2A` and `%28x%29` are names. Two forms beyond the grammar are accepted: an address that ends after
 * mo-inst (the root), and one `/` at the end of a path. Every other text outside the grammar is malformed: an x-name
 * without `nv` (it could never be resolved), an `nv` without its x-name (to ignore it would widen the target), one letter
 * for two x-names, `lv` or `cv` twice. Unknown fields are ignored.
 */
import { DecodeError } from '../errors.ts';
import { type Miid, parseMiid } from '../mo/miid.ts';
import { type Moid, readMoid } from '../mo/moid.ts';
import type { Mutable } from '../mutable.ts';

/**
 * Finds the MOID at the beginning of a ClientURI (DM-2.0 §6.1.1.1).
 *
 * A MOID is a URN (`urn:oma:mo:oma-dcmo:1.0`) or begins with a reversed domain (`com.example/1.2/Product`). The second
 * form contains slashes, so its end can be found only among known MOIDs.
 */
export interface MoidRecognizer {
  /** The longest known MOID at the beginning of `text` that is followed by `/`, as written there. */
  longestMoid(text: string): string | undefined;
}

/** The mo-inst component (DM-2.0 §6.1.1.1); `only` is the empty string, `all` the wildcard. */
export type InstanceSelector =
  | { readonly kind: 'miid'; readonly miid: Miid }
  | { readonly kind: 'x'; readonly name: string }
  | { readonly kind: 'only' }
  | { readonly kind: 'all' };

/** One node-name (DM-2.0 §6.1.1.2); an x-name is its letter. */
export type PathSegment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'x'; readonly name: string }
  | { readonly kind: 'all' };

/** An `nv` field: the leaf at `path` below the node of the x-name `x` has this value (DM-2.0 §6.1.1.3). */
export interface NodeValueCondition {
  readonly x: string;
  /** Empty when the node of the x-name is the leaf itself. */
  readonly path: readonly string[];
  readonly value: string;
}

/** A well-formed ClientURI as text: one that `parseClientUri` has read, or one that is written here. */
export type ClientUriText = string & { readonly __brand: 'ClientUriText' };

/** A parsed ClientURI. */
export interface ClientUri {
  /** The whole text, as the backend wrote it. */
  readonly text: string;
  /** Percent-decoded. */
  readonly moid: Moid;
  /** The MOID as in `text`; replies repeat it letter for letter. */
  readonly writtenMoid: string;
  readonly instance: InstanceSelector;
  /** From below the MO instance's root node; empty for the root. */
  readonly path: readonly PathSegment[];
  /** `lv`: the number of sublevels, from 1. */
  readonly level?: number;
  readonly conditions: readonly NodeValueCondition[];
  /** The cache validator of the backend's copy (DM-2.0 §11). */
  readonly cv?: string;
}

const X_NAME = /^\(([A-Za-z])\)$/;
const UNRESERVED = /^[\w\-.~]*$/;

/**
 * Reads a ClientURI.
 * @throws DecodeError ERR_CLIENT_URI_SYNTAX for a malformed one; its command is answered 400
 */
export function parseClientUri(text: string, moids: MoidRecognizer): ClientUri {
  const [head = '', ...rest] = text.split('?');
  const writtenMoid = findMoid(head, moids);
  if (writtenMoid === '') fail('it has no MOID with a "/" behind it', text);
  const [instance = '', ...names] = head.slice(writtenMoid.length + 1).split('/');
  if (names.at(-1) === '') names.pop();
  const uri: ClientUri = {
    text,
    writtenMoid,
    moid: readMoid(decode(writtenMoid, text)) ?? fail('its MOID is empty', text),
    instance: parseInstance(instance, text),
    path: names.map((name) => parseSegment(name, text)),
    ...parseQuery(rest.join('?'), text),
  };
  checkXNames(uri);
  return uri;
}

/** True when the address may have several nodes. */
export function hasWildcard({ instance, path }: ClientUri): boolean {
  return instance.kind === 'all' || path.some(({ kind }) => kind === 'all');
}

/** The text of a ClientURI without its query. */
export function withoutQuery(text: string): string {
  const [head = ''] = text.split('?');
  return head;
}

/** The ClientURI of one node: names are percent-encoded where they must be, slashes of a MOID stay. */
export function formatClientUri(node: {
  readonly moid: Moid;
  /** '' when the MO has one instance and the address leaves it out. */
  readonly miid: Miid | '';
  readonly path: readonly string[];
}): ClientUriText {
  const moid = node.moid.split('/').map(encodePchars).join('/');
  return joinClientUri(moid, node.miid, node.path);
}

/** The ClientURI of one match of a command's ClientURI: with its MOID and its empty mo-inst as written, without query. */
export function concreteClientUri(uri: ClientUri, miid: Miid, path: readonly string[]): ClientUriText {
  return joinClientUri(uri.writtenMoid, uri.instance.kind === 'only' ? '' : miid, path);
}

/** The path-from-moroot of a node alone, as in the Path of the DAC MO (DM-2.0 §6.1.1.2, §12.3). */
export function formatPathFromRoot(path: readonly string[]): string {
  return `/${path.map(encodeName).join('/')}`;
}

/** Reads a path-from-moroot of real names, its leading `/` included or not; undefined for anything else. */
export function parsePathFromRoot(text: string): readonly string[] | undefined {
  const bare = text.replace(/^\//, '').replace(/\/$/, '');
  if (bare === '') return [];
  const names = bare.split('/');
  // A wildcard or an x-name is not the name of one node, and a query is not part of the path.
  if (names.some((name) => name === '' || name === '*' || name.includes('?') || X_NAME.test(name))) return undefined;
  try {
    return names.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function joinClientUri(moid: string, miid: string, path: readonly string[]): ClientUriText {
  return `${moid}/${encodeName(miid)}/${path.map(encodeName).join('/')}` as ClientUriText;
}

function findMoid(head: string, moids: MoidRecognizer): string {
  const known = moids.longestMoid(head);
  if (known !== undefined && head.startsWith(`${known}/`)) return known;
  return head.slice(0, Math.max(0, head.indexOf('/')));
}

function parseInstance(raw: string, text: string): InstanceSelector {
  if (raw === '') return { kind: 'only' };
  const segment = parseSegment(raw, text);
  return segment.kind === 'name' ? { kind: 'miid', miid: parseMiid(segment.name) } : segment;
}

function parseSegment(raw: string, text: string): PathSegment {
  if (raw === '') fail('a node name is empty', text);
  if (raw === '*') return { kind: 'all' };
  const [, letter] = X_NAME.exec(raw) ?? [];
  return letter === undefined ? { kind: 'name', name: decode(raw, text) } : { kind: 'x', name: letter };
}

function parseQuery(query: string, text: string): Pick<ClientUri, 'level' | 'conditions' | 'cv'> {
  if (query === '') return { conditions: [] };
  const fields = query.split('&').map((field) => {
    const at = field.indexOf('=');
    return at === -1 ? { name: field, value: '' } : { name: field.slice(0, at), value: field.slice(at + 1) };
  });
  const valuesOf = (name: string) => fields.filter((field) => field.name === name).map(({ value }) => value);
  const [lv, ...moreLv] = valuesOf('lv');
  const [cv, ...moreCv] = valuesOf('cv');
  if (moreLv.length > 0 || moreCv.length > 0) fail('lv or cv is given twice', text);
  const parsed: Mutable<Pick<ClientUri, 'level' | 'conditions' | 'cv'>> = {
    conditions: valuesOf('nv').map((value) => parseCondition(value, text)),
  };
  if (lv !== undefined) parsed.level = parseLevel(lv, text);
  if (cv !== undefined) parsed.cv = decode(cv, text);
  return parsed;
}

function parseLevel(value: string, text: string): number {
  const level = /^[0-9]+$/.test(value) ? Number(value) : 0;
  if (level === 0) fail('lv is not a positive integer', text);
  return Math.min(level, Number.MAX_SAFE_INTEGER);
}

function parseCondition(field: string, text: string): NodeValueCondition {
  const colon = field.indexOf(':');
  if (colon === -1) fail('nv has no value', text);
  const [xName = '', ...names] = field.slice(0, colon).split('/');
  const [, x] = X_NAME.exec(xName) ?? [];
  if (x === undefined) fail('nv does not begin with an x-name', text);
  if (names.includes('')) fail('nv has an empty node name', text);
  return { x, path: names.map((name) => decode(name, text)), value: decode(field.slice(colon + 1), text) };
}

function checkXNames({ instance, path, conditions, text }: ClientUri): void {
  const letters = [instance, ...path].flatMap((part) => (part.kind === 'x' ? [part.name] : []));
  if (letters.length === 0 && conditions.length === 0) return;
  if (new Set(letters).size !== letters.length) fail('two x-names have the same letter', text);
  const bound = new Set(conditions.map(({ x }) => x));
  if (letters.some((letter) => !bound.has(letter))) fail('an x-name has no nv', text);
  if (bound.difference(new Set(letters)).size > 0) fail('an nv has no x-name', text);
}

/** Encodes a name so that it is not read as a wildcard or an x-name. */
function encodeName(name: string): string {
  if (name === '*') return '%2A';
  const [, letter] = X_NAME.exec(name) ?? [];
  return letter === undefined ? encodePchars(name) : `%28${letter}%29`;
}

/** Percent-encodes all characters that RFC 3986 §3.3 does not allow in a path segment. */
function encodePchars(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replaceAll(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent);
}

function decode(raw: string, text: string): string {
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return fail('its percent encoding is damaged', text);
  }
}

function fail(why: string, text: string): never {
  throw new DecodeError('ERR_CLIENT_URI_SYNTAX', `not a ClientURI, ${why}: "${text}"`);
}
