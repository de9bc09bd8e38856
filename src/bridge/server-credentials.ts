/**
 * The bridge's own credentials toward a device: Cred in SyncHdr, or `x-syncml-hmac` beside the answer; and the response to
 * HTTP Digest.
 *
 * In a session that the device opened by `x-syncml-hmac` they are a MAC, whatever the device asks for. The password itself
 * goes only over a connection that TLS protects, unless the operator allows it (`south.auth.serverBasic`).
 *
 * A device that once asked gets the credentials unasked in its later sessions, made with the nonce that it gave last, so
 * that no round trip goes on a challenge. Its challenge is stored with the answer to the message that brought it, and only
 * authenticated messages come here.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.1, §9.3
 */
import { authenticationInfo } from '../auth/http-digest-header.ts';
import type { DeviceRecord } from '../device/record.ts';
import { isMacScheme } from '../dm1/auth-scheme.ts';
import { makeServerCred, parseCredType } from '../dm1/cred.ts';
import type { DigestAlgorithm } from '../dm1/digest.ts';
import { formatMacHeader, isMacType } from '../dm1/mac-header.ts';
import type { Credentials, ServerAuth } from '../dm1/session-model.ts';
import type { Mutable } from '../mutable.ts';
import type { Chal } from '../syncml/message.ts';
import type { DeviceCell } from './device-cell.ts';
import type { DeviceAnswer } from './device-request.ts';
import type { Turn } from './turn.ts';

/**
 * The credentials of the next message for a device that wants the bridge to authenticate, or wanted it in an earlier
 * session; empty when the device wants none, or there are none.
 */
export function serverCredentialsFor(turn: Turn): Credentials {
  const { cell, options } = turn;
  const { south } = options;
  const { server, serverCredType, serverNonce } = cell.record;
  const state = cell.session?.south.serverAuth.state;
  const isWanted = state === 'none' ? serverCredType !== undefined : state !== 'accepted';
  if (server === undefined || state === undefined || !isWanted) return {};
  const chal = currentChal(cell);
  if (isByMac(cell, chal)) return { locName: server.user, mac: true };
  const isBasic = parseCredType(chal?.meta.type, south.sha256Type) === 'basic';
  if (isBasic && !mayShowPassword(turn)) {
    logRefusedBasic(turn, state);
    return {};
  }
  const nonce = serverNonce === undefined ? undefined : nonceToHash(serverNonce, cell);
  const { user, password } = server;
  const cred = makeServerCred(chal, { user, password, nonce, sha256Type: south.sha256Type });
  return cred === undefined ? {} : { cred, locName: server.user };
}

/** Puts the challenge of the device's last message into its record; `before` is the one of the message before. */
export function storeChallenge(cell: DeviceCell, before: Chal | undefined): void {
  const chal = cell.session?.south.serverAuth.chal;
  if (chal === undefined || chal === before) return;
  const { type, nextNonce } = chal.meta;
  const record: Mutable<DeviceRecord> = { ...cell.record };
  if (type !== undefined) record.serverCredType = type;
  if (nextNonce !== undefined) record.serverNonce = nextNonce;
  cell.record = record;
}

/** Adds the response to HTTP Digest: a proof that the bridge knows the password, too, and the next nonce (RFC 7616 §3.5). */
export function withAuthenticationInfo({ acceptance }: Turn, answer: DeviceAnswer): DeviceAnswer {
  if (acceptance.digestUse === undefined) return answer;
  const info = authenticationInfo(acceptance.digestUse, answer.body);
  return { ...answer, headers: { ...answer.headers, 'authentication-info': info } };
}

/** Adds the MAC over the very bytes of a session's answer, where the device asked for it. */
export function withMac({ options, acceptance, cell }: Turn, answer: DeviceAnswer): DeviceAnswer {
  const { server } = cell.record;
  const chal = currentChal(cell);
  const isWanted = cell.session?.south.serverAuth.credSent === true && isByMac(cell, chal);
  if (!isWanted || server === undefined) return answer;
  const algorithm = macAlgorithm(acceptance.scheme, options.south.acceptedAuth);
  const { user, password } = server;
  const mac = formatMacHeader({ algorithm, user, password, nonce: chal?.meta.nextNonce ?? '' }, answer.body);
  return { ...answer, headers: { ...answer.headers, 'x-syncml-hmac': mac } };
}

/** True when the bridge's credentials are a MAC: the device asks for it, or authenticates itself in this way. */
function isByMac({ session }: DeviceCell, chal: Chal | undefined): boolean {
  const isMacSession = session?.scheme !== undefined && isMacScheme(session.scheme);
  return isMacSession || isMacType(chal?.meta.type);
}

function mayShowPassword({ options, incoming }: Turn): boolean {
  return options.south.serverBasic || incoming.request.isProtected === true;
}

/** Tells the operator why the session is about to end: the device has asked for nothing else. */
function logRefusedBasic({ options, cell }: Turn, state: ServerAuth['state']): void {
  const { session, record } = cell;
  if (state !== 'challenged' || session?.south.phase === 'closed') return;
  const subject = { device: record.devId, session: session?.id };
  options.journal.log('auth.server_basic_refused', { ...subject, setting: 'south.auth.serverBasic' });
}

/** The challenge of this session, else that of an earlier one; with its nonce as the device hashes it. */
function currentChal(cell: DeviceCell): Chal | undefined {
  const chal = cell.session?.south.serverAuth.chal ?? storedChal(cell.record);
  if (chal?.meta.nextNonce === undefined) return chal;
  return { ...chal, meta: { ...chal.meta, nextNonce: nonceToHash(chal.meta.nextNonce, cell) } };
}

function storedChal({ serverCredType: type, serverNonce }: DeviceRecord): Chal | undefined {
  if (type === undefined) return undefined;
  return { meta: serverNonce === undefined ? { type } : { type, nextNonce: serverNonce } };
}

/** A device that hashes the base64 text of the bridge's nonces does so with its own nonces, too. */
function nonceToHash(nonce: string, { record, session }: DeviceCell): string {
  const isText = record.facts.nonceAsText ?? session?.north.assumed?.nonceAsText ?? false;
  return isText ? Buffer.from(nonce).toString('base64') : nonce;
}

/** The algorithm that the device uses itself; before it has used one, an accepted one. */
function macAlgorithm(scheme: string | undefined, accepted: readonly string[]): DigestAlgorithm {
  if (scheme === 'hmac-md5') return 'md5';
  if (scheme === 'hmac-sha256') return 'sha256';
  return accepted.includes('hmac-sha256') && !accepted.includes('hmac-md5') ? 'sha256' : 'md5';
}
