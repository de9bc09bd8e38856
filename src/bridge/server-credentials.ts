/**
 * How the bridge shows a device who it is: Cred in SyncHdr, or `x-syncml-hmac` beside the answer; and what HTTP Digest wants to
 * hear in return.
 *
 * A device that once asked gets our credentials unasked in its later sessions, made with the nonce that it gave last, so that no
 * round trip goes on a challenge. What it gives is stored with the answer to the message that brought it, and only
 * authenticated messages come here.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9.1, §9.3
 */

import { authenticationInfo } from '../auth/http-digest-header.ts';
import { type DigestAlgorithm, formatMacHeader, isMacType, makeServerCred } from '../dm1/cred.ts';
import type { Chal, Cred } from '../syncml/message.ts';
import type { DeviceCell } from './device-cell.ts';
import type { DeviceAnswer, Exchange } from './exchange.ts';

/** What the engine is told of our credentials for its next message; empty: none are wanted, or there are none. */
export interface OwnCredentials {
  readonly cred?: Cred;
  readonly locName?: string;
  readonly mac?: true;
}

/** Our credentials, when the device wants to know who we are, or wanted to in an earlier session. */
export function ownCredentials({ options }: Pick<Exchange, 'options'>, cell: DeviceCell): OwnCredentials {
  const { server } = cell.record;
  const state = cell.session?.south.serverAuth.state;
  const isWanted = state === 'none' ? cell.record.serverCredType !== undefined : state !== 'accepted';
  if (server === undefined || state === undefined || !isWanted) return {};
  const chal = asHashed(chalOf(cell), cell);
  if (isMacType(chal?.meta.type)) return { locName: server.user, mac: true };
  const { sha256Type } = options.south;
  const cred = makeServerCred(
    chal,
    server.user,
    server.password,
    nonceAsHashed(cell.record.serverNonce, cell),
    sha256Type,
  );
  return cred === undefined ? {} : { cred, locName: server.user };
}

/** Notes what the device's last message asked for. */
export function rememberChallenge(cell: DeviceCell, before: Chal | undefined): void {
  const chal = cell.session?.south.serverAuth.chal;
  if (chal === undefined || chal === before) return;
  const { type, nextNonce } = chal.meta;
  cell.record = {
    ...cell.record,
    ...(type === undefined ? {} : { serverCredType: type }),
    ...(nextNonce === undefined ? {} : { serverNonce: nextNonce }),
  };
}

/** Adds what HTTP Digest wants to hear: that we know the password, too, and the next nonce (RFC 7616 §3.5). */
export function withAuthenticationInfo({ proven }: Exchange, answer: DeviceAnswer): DeviceAnswer {
  if (proven?.digestUse === undefined) return answer;
  const info = authenticationInfo(proven.digestUse, answer.body);
  return { ...answer, headers: { ...answer.headers, 'authentication-info': info } };
}

/** Signs the very bytes of a session's answer, where the device asked for that. */
export function withMac({ proven, options }: Exchange, cell: DeviceCell, answer: DeviceAnswer): DeviceAnswer {
  const { server } = cell.record;
  const chal = asHashed(chalOf(cell), cell);
  const isWanted = cell.session?.south.serverAuth.credSent === true && isMacType(chal?.meta.type);
  if (!isWanted || server === undefined) return answer;
  const algorithm = macAlgorithm(proven?.scheme, options.south.acceptedAuth);
  const mac = formatMacHeader(algorithm, server.user, server.password, chal?.meta.nextNonce ?? '', answer.body);
  return { ...answer, headers: { ...answer.headers, 'x-syncml-hmac': mac } };
}

/** A client that hashes the base64 text of our nonces does so with its own: base64 of that text is then what it means. */
function nonceAsHashed(nonce: string | undefined, { record, session }: DeviceCell): string | undefined {
  const isText = record.facts.nonceAsText ?? session?.north.assumed?.nonceAsText ?? false;
  return isText && nonce !== undefined ? Buffer.from(nonce).toString('base64') : nonce;
}

function asHashed(chal: Chal | undefined, cell: DeviceCell): Chal | undefined {
  const nextNonce = nonceAsHashed(chal?.meta.nextNonce, cell);
  return chal === undefined || nextNonce === undefined ? chal : { ...chal, meta: { ...chal.meta, nextNonce } };
}

/** What this session has shown, else what an earlier one did. */
function chalOf({ session, record }: DeviceCell): Chal | undefined {
  const { serverCredType: type, serverNonce } = record;
  const shown = session?.south.serverAuth.chal;
  if (shown !== undefined || type === undefined) return shown;
  return { meta: { type, ...(serverNonce === undefined ? {} : { nextNonce: serverNonce }) } };
}

/** The device's own choice; before it made one, what is accepted. */
function macAlgorithm(scheme: string | undefined, accepted: readonly string[]): DigestAlgorithm {
  if (scheme === 'hmac-md5') return 'md5';
  if (scheme === 'hmac-sha256') return 'sha256';
  return accepted.includes('hmac-sha256') && !accepted.includes('hmac-md5') ? 'sha256' : 'md5';
}
