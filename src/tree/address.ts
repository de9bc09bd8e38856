/** Addresses of commands: finds the MO of a ClientURI, and checks that the account may use it (DM-2.0 §6.1.1, §10). */
import { BoundedMap } from '../bounded-map.ts';
import type { ClientUri, MoidRecognizer, PathSegment } from '../dm2/client-uri.ts';
import { parseClientUri } from '../dm2/client-uri.ts';
import { DM2_STATUS } from '../dm2/status-codes.ts';
import { isHidden, type MoMapping } from '../mapping/mapping.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import { isNodeName } from '../mo/loc-uri.ts';
import { type Moid, moidKey } from '../mo/moid.ts';
import type { NodePath } from '../mo/node-path.ts';
import { isXmlText } from '../syncml/xml-text.ts';
import type { BackendAccount, TranslationContext } from '../translate/context.ts';
import { canonicalPath } from '../translate/uri.ts';
import { isRightsMo } from '../translate/virtual-objects.ts';
import type { Failure } from '../workflow/command-result.ts';
import { requestFacts, type Workflow } from '../workflow/workflow.ts';
import { discover } from './discovery.ts';

/** A parsed ClientURI with the mapping that its MOID selects. */
export interface Addressed {
  readonly uri: ClientUri;
  readonly mapping: MoMapping;
}

/**
 * Reads a ClientURI. A MOID that is not in Perm of the account is 403 (DM-2.0 §10); a name that no 1.x node can have and a
 * hidden node are 404.
 * @throws DecodeError ERR_CLIENT_URI_SYNTAX
 */
export function* address(context: TranslationContext, text: string): Workflow<Addressed | Failure> {
  const { index } = context;
  const known = knownAddresses.get(index)?.get(text);
  if (known !== undefined) return isProvisioned(context, known.mapping) ? known : notProvided(known.uri);
  if (!canNameNodes(text)) {
    // The syntax counts first; the device is not asked where the MOID ends.
    parseClientUri(text, index);
    return { status: DM2_STATUS.notFound, reason: 'the ClientURI has a name that XML cannot hold' };
  }
  const moids = yield* moidsFor(context, text);
  const uri = parseClientUri(text, moids);
  const mapping = index.byMoid(uri.moid) ?? index.fallbackMapping(uri.moid);
  if (!isProvisioned(context, mapping)) return notProvided(uri);
  const addressed = { uri: withCanonicalPaths(uri, mapping), mapping };
  if (!isAddressable(addressed)) return { status: DM2_STATUS.notFound };
  // Other MOIDs depend on the account and the device.
  if (moids === index) keepAddress(index, text, addressed);
  return addressed;
}

/** The addresses that mean the same for all devices and accounts, because backends send the same commands to many devices. */
const knownAddresses = new WeakMap<MoIndex, BoundedMap<Addressed>>();

/** The most addresses, and the most characters of one. */
const MAX_KEPT_ADDRESSES = 256;
const MAX_KEPT_LENGTH = 256;

function keepAddress(index: MoIndex, text: string, addressed: Addressed): void {
  if (text.length > MAX_KEPT_LENGTH) return;
  const addresses = knownAddresses.get(index) ?? new BoundedMap(MAX_KEPT_ADDRESSES);
  knownAddresses.set(index, addresses);
  addresses.set(text, addressed);
}

function notProvided({ moid }: ClientUri): Failure {
  return { status: DM2_STATUS.forbidden, reason: `the account does not provide the MOID ${moid}` };
}

/** False when a name in the address is none that XML can hold: no node has it, and U+FFFD in its place would be another name. */
function canNameNodes(text: string): boolean {
  const [head, query = ''] = text.split('?');
  const conditions = query.split('&').map((field) => field.split(':')[0]);
  return [head, ...conditions].every((part = '') => isXmlText(decodedOrSame(part)));
}

/** A text with damaged percent encoding is a fault of syntax, which the parser reports. */
function decodedOrSame(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A MOID may contain `/`. When no mapping has it, its end is found among the MOIDs of Perm and of the device (DM-2.0 §6.1.1.1). */
function* moidsFor(context: TranslationContext, text: string): Workflow<MoidRecognizer> {
  const { index, account } = context;
  if (index.longestMoid(text) !== undefined || isUrn(text)) return index;
  const { moids } = requestFacts();
  const known = [...account.moids.flatMap((moid) => (moid === '*' ? [] : moid)), ...moids];
  const isKnown = index.longestMoid(text, known) !== undefined;
  // A MOID with encoded slashes ends at the first raw one. Otherwise there is one in the MOID and one behind it.
  const isClear = /^[^/]*%2f/iu.test(text) || text.split('/').length < 3 || !account.moids.includes('*');
  const recognizerOf = (moidsToFind: Iterable<Moid>): MoidRecognizer => {
    return { longestMoid: (head) => index.longestMoid(head, moidsToFind) ?? REVERSED_DOMAIN.exec(head)?.[0] };
  };
  if (isKnown || isClear) return recognizerOf(known);
  const { roots } = yield* discover(context);
  return recognizerOf(roots.flatMap(({ type }) => (type === '' ? [] : type)));
}

/** Domain, version and name of an unknown MOID, so that its command gets 403 or 404 instead of 400. */
const REVERSED_DOMAIN = /^[^/]+\/\d+(\.\d+)+\/[^/]+(?=\/)/u;

function isUrn(text: string): boolean {
  return /^(urn:|oma:)/i.test(text);
}

/** True when Perm of the account covers the MO. */
export function isProvisioned({ account, index }: TranslationContext, mapping: MoMapping): boolean {
  return providesMoid(index, account, mapping);
}

/** True when Perm of this account covers the MO. */
export function providesMoid(index: MoIndex, account: BackendAccount, mapping: MoMapping): boolean {
  const own = moidKey(mapping.moid);
  return account.moids.some((moid) => moid === '*' || moidKey(index.canonicalMoid(moid)) === own);
}

function isAddressable({ uri, mapping }: Addressed): boolean {
  // The first name in the DAC MO is a MOID, which may contain `/`.
  const segments = isRightsMo(mapping) ? uri.path.slice(1) : uri.path;
  const names = segments.flatMap((segment) => (segment.kind === 'name' ? [segment.name] : []));
  const conditions = uri.conditions.flatMap(({ path }) => path);
  const path = realNamesOf(uri.path);
  return [...names, ...conditions].every(isNodeName) && (path === undefined || !isHidden(mapping, path));
}

/** The names of a path; undefined when it has an x-name or a wildcard. */
export function realNamesOf(path: readonly PathSegment[]): NodePath | undefined {
  const names = path.flatMap((segment) => (segment.kind === 'name' ? [segment.name] : []));
  return names.length === path.length ? names : undefined;
}

/** The names of a path before its first x-name or wildcard. */
export function leadingNames(path: readonly PathSegment[]): NodePath {
  const end = path.findIndex(({ kind }) => kind !== 'name');
  return realNamesOf(end < 0 ? path : path.slice(0, end)) ?? [];
}

function withCanonicalPaths(uri: ClientUri, mapping: MoMapping): ClientUri {
  const conditions = uri.conditions.map((condition) => ({
    ...condition,
    path: canonicalPath(mapping, condition.path),
  }));
  const names = realNamesOf(uri.path);
  if (names === undefined) return { ...uri, conditions };
  return { ...uri, conditions, path: canonicalPath(mapping, names).map((name) => ({ kind: 'name', name })) };
}
