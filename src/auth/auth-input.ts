/**
 * What the decision about credentials is made from, and what it comes to. Plain values: the same input, the same answer.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9
 */

import type { DeviceRecord } from '../device/record.ts';
import type { AuthScheme } from '../dm1/auth-scheme.ts';
import { credentialForms } from '../dm1/cred.ts';
import type { Verdict } from '../dm1/session-model.ts';
import type { Chal, SyncHdr } from '../syncml/message.ts';
import type { CertificateRule, ClientCertificate } from './certificate-identity.ts';
import type { NonceSubject } from './challenge-nonce.ts';
import type { DigestUse } from './http-digest.ts';

/** What came beside the message: HTTP headers, the exact bytes, the TLS connection. */
export interface RequestCredentials {
  /** The whole entity, as sent. */
  readonly body: Uint8Array;
  /** `x-syncml-hmac`. */
  readonly mac?: string;
  /** `Authorization`. */
  readonly authorization?: string;
  /** Path and query of the request line. */
  readonly target?: string;
  /** Verified against `south.tls.clientCa`. */
  readonly certificate?: ClientCertificate;
}

export interface AuthInput {
  readonly header: Pick<SyncHdr, 'source' | 'cred'>;
  /** Absent: nothing came beside the message. */
  readonly beside?: RequestCredentials | undefined;
  /** The registry entry of Source/LocURI; undefined: nobody registered. */
  readonly record: DeviceRecord | undefined;
  /** The user as whom the session of this message is authenticated; absent: no session of that device. */
  readonly sessionUser?: string | undefined;
  /** How that session was opened. */
  readonly sessionScheme?: AuthScheme | undefined;
  /** The very bytes of a message that was taken and never answered: what it used up is no reason to refuse it. */
  readonly isRepetition?: boolean | undefined;
  /** Names of the configuration, the preferred one first; a device's own list replaces it. */
  readonly accept: readonly string[];
  readonly nonceKey: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** 16 random bytes: the next nonce, should a digest be accepted. */
  readonly freshNonce: Uint8Array;
  /** Type name of the SHA-256 digest, when not the usual one. */
  readonly sha256Type?: string | undefined;
  /** How a client certificate names its device. */
  readonly certificateRule?: CertificateRule | undefined;
}

/** To be spread over the device's record, in the transaction that stores the answer. */
export type AuthChanges = Pick<Partial<DeviceRecord>, 'clientNonce' | 'usedNonce' | 'facts' | 'httpCount'>;

export interface Acceptance {
  readonly kind: 'accepted';
  readonly verdict: Verdict;
  readonly changes: AuthChanges;
  /** What proved it; absent: nothing but the session. */
  readonly scheme?: AuthScheme;
  /** What `Authentication-Info` answers. */
  readonly digestUse?: DigestUse;
}

export interface Refusal {
  readonly kind: 'refused';
  /** 407: no credentials; 401: not these. */
  readonly code: 401 | 407;
  /** Absent: nothing in a SyncML message would be accepted. */
  readonly chal?: Chal;
  /** Values of `WWW-Authenticate`, when HTTP credentials are asked for. */
  readonly httpChallenges?: readonly string[];
  /** True when credentials were presented: counts as a failed attempt. */
  readonly wrong: boolean;
}

export type AuthResult = Acceptance | Refusal;

/** What one kind of credentials came to. `stale`: right, but for a nonce that does not count any more. */
export type Finding = 'absent' | 'wrong' | 'stale' | Proof;

/** Credentials that are right. */
export interface Proof extends Omit<Acceptance, 'kind'> {
  readonly scheme: AuthScheme;
}

export type Account = Pick<DeviceRecord, 'clientNonce' | 'usedNonce' | 'facts' | 'httpCount'> & {
  readonly forms: DeviceRecord['credentials'];
};

/** Stands in for a stranger's account, so that refusing one costs what refusing a known device costs. */
const NOBODY: Account = {
  forms: credentialForms('nobody', 'nobody'),
  clientNonce: 'bm9ib2R5IG5vYm9keQ==',
  facts: {},
};

export function accountOf(record: DeviceRecord | undefined): Account {
  return record === undefined ? NOBODY : { ...record, forms: record.credentials };
}

export function isInSession({ sessionUser }: AuthInput, account: Account): boolean {
  return sessionUser !== undefined && sessionUser === account.forms.user;
}

export function subjectOf({ header, record }: AuthInput): NonceSubject {
  return { devId: header.source.locUri, usedNonce: record?.usedNonce ?? '' };
}
