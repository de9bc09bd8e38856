/**
 * Who sent this message? The one decision about a device's credentials, pure: the same input gives the same answer.
 *
 * A challenge writes nothing; only accepting a digest changes what is stored: the nonce used, and the next one. A stranger
 * gets the same work and the same answer as a device with wrong credentials.
 *
 * Rulings where DM 1.3 is silent:
 * - Inside an authenticated session, a digest that repeats the nonce used last is answered 212 without Chal and changes
 *   nothing: some clients send the same Cred with every message, and 200 would oblige the others to do so.
 * - A device whose registration narrows the accepted types is asked for one of those, although a stranger would be asked
 *   for the first of the configuration: it could not log in otherwise.
 *
 * @see OMA-TS-DM_Protocol 1.3 §9
 */
import {
  type CredentialForms,
  type CredType,
  credentialForms,
  credTypeName,
  type DigestAlgorithm,
  parseBase64,
  parseCredType,
  SHA256_TYPE,
  verifyBasic,
  verifyDigest,
} from '../dm1/cred.ts';
import type { Verdict } from '../dm1/session-model.ts';
import type { Chal, Cred, SyncHdr } from '../syncml/message.ts';
import { challengeNonce, type NonceSubject, validChallengeNonces } from './challenge-nonce.ts';
import type { DeviceRecord } from './state.ts';

export interface AuthInput {
  readonly header: Pick<SyncHdr, 'source' | 'cred'>;
  /** The registry entry of Source/LocURI; undefined: nobody registered. */
  readonly record: DeviceRecord | undefined;
  /** The user as whom the session of this message is authenticated; absent: no session of that device. */
  readonly sessionUser?: string | undefined;
  /** Names of the configuration, the preferred one first; a device's own list replaces it. */
  readonly accept: readonly string[];
  readonly nonceKey: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** 16 random bytes: the next nonce, should a digest be accepted. */
  readonly freshNonce: Uint8Array;
  /** Type name of the SHA-256 digest, when not the usual one. */
  readonly sha256Type?: string | undefined;
}

/** To be spread over the device's record, in the transaction that stores the answer. */
export type AuthChanges = Pick<Partial<DeviceRecord>, 'clientNonce' | 'usedNonce' | 'facts'>;

export type AuthResult =
  | { readonly kind: 'accepted'; readonly verdict: Verdict; readonly changes: AuthChanges }
  | {
      readonly kind: 'refused';
      /** 407: no credentials; 401: not these. */
      readonly code: 401 | 407;
      readonly chal: Chal;
      /** True when credentials were presented: counts as a failed attempt. */
      readonly wrong: boolean;
    };

/** How a Cred was proved right. */
type Proof =
  | { readonly by: 'basic' | 'repeatedDigest' }
  | { readonly by: 'digest'; readonly type: DigestAlgorithm; readonly nonce: string; readonly asText: boolean };

type Account = Pick<DeviceRecord, 'clientNonce' | 'usedNonce' | 'facts'> & {
  readonly forms: Omit<CredentialForms, 'ha1Md5' | 'ha1Sha256'>;
};

/** Stands in for a stranger's account, so that refusing one costs what refusing a known device costs. */
const NOBODY: Account = {
  forms: credentialForms('nobody', 'nobody'),
  clientNonce: 'bm9ib2R5IG5vYm9keQ==',
  facts: {},
};

/** Decides about one message's credentials (DM-1.3 §9.1 to §9.3). */
export function authenticate(input: AuthInput): AuthResult {
  const { header, record } = input;
  const account = record === undefined ? NOBODY : { ...record, forms: record.credentials };
  const proof = header.cred === undefined ? undefined : prove(header.cred, account, input);
  if (record !== undefined && proof !== undefined) return accept(proof, record, input);
  if (record !== undefined && header.cred === undefined && isInSession(input, account)) {
    return { kind: 'accepted', verdict: { status: 200 }, changes: {} };
  }
  return refuse(input);
}

function prove(cred: Cred, account: Account, input: AuthInput): Proof | undefined {
  const type = presentedType(input);
  if (type === undefined || !acceptedTypes(input).includes(type)) return undefined;
  if (type === 'basic') return verifyBasic(cred.data, account.forms.basic) ? { by: 'basic' } : undefined;
  const proof = proveDigest(type, cred.data, account, input);
  // Some clients leave LocName out; then it can only be the registered user. Checked last, so that time tells nothing.
  const named = input.header.source.locName?.trim() ?? '';
  return named === '' || named === account.forms.user ? proof : undefined;
}

function proveDigest(type: DigestAlgorithm, data: string, account: Account, input: AuthInput): Proof | undefined {
  const used = account.usedNonce;
  const issued = validChallengeNonces(input.nonceKey, subjectOf(input), input.now);
  const stored = account.clientNonce === undefined ? [] : [account.clientNonce];
  for (const nonce of [...stored, ...issued]) {
    if (nonce === used) continue;
    const form = nonceForm(type, data, account.forms[type], nonce);
    if (form !== undefined) return { by: 'digest', type, nonce, asText: form === 'text' };
  }
  if (used === undefined || !isInSession(input, account)) return undefined;
  return nonceForm(type, data, account.forms[type], used) === undefined ? undefined : { by: 'repeatedDigest' };
}

/** Bytes are the rule; some clients hash the base64 text of the nonce as it stands in NextNonce. */
function nonceForm(type: DigestAlgorithm, data: string, a: string, nonce: string): 'bytes' | 'text' | undefined {
  if (verifyDigest(type, data, a, parseBase64(nonce) ?? Buffer.from(nonce))) return 'bytes';
  return verifyDigest(type, data, a, Buffer.from(nonce)) ? 'text' : undefined;
}

function accept(proof: Proof, record: DeviceRecord, input: AuthInput): AuthResult {
  if (proof.by !== 'digest') return { kind: 'accepted', verdict: { status: 212 }, changes: {} };
  const clientNonce = Buffer.from(input.freshNonce).toString('base64');
  const changes: AuthChanges = { clientNonce, usedNonce: proof.nonce };
  const learned = proof.asText !== (record.facts.nonceAsText ?? false);
  return {
    kind: 'accepted',
    verdict: { status: 212, chal: makeChal(proof.type, clientNonce, input) },
    changes: learned ? { ...changes, facts: { ...record.facts, nonceAsText: proof.asText } } : changes,
  };
}

function refuse(input: AuthInput): AuthResult {
  const wrong = input.header.cred !== undefined;
  const presented = presentedType(input);
  const accepted = acceptedTypes(input);
  const asked = presented !== undefined && accepted.includes(presented) ? presented : (accepted[0] ?? 'md5');
  const nonce = challengeNonce(input.nonceKey, subjectOf(input), input.now);
  return { kind: 'refused', code: wrong ? 401 : 407, chal: makeChal(asked, nonce, input), wrong };
}

/** Basic has no nonce (DM-1.3 §9.4.1). */
function makeChal(type: CredType, nonce: string, input: AuthInput): Chal {
  const meta = { type: credTypeName(type, input.sha256Type), format: 'b64' };
  return { meta: type === 'basic' ? meta : { ...meta, nextNonce: nonce } };
}

function presentedType({ header, sha256Type }: AuthInput): CredType | undefined {
  return parseCredType(header.cred?.meta?.type, sha256Type ?? SHA256_TYPE);
}

function acceptedTypes({ record, accept }: AuthInput): readonly CredType[] {
  const own = credTypes(record?.credentials.accept ?? []);
  return own.length > 0 ? own : credTypes(accept);
}

function credTypes(names: readonly string[]): readonly CredType[] {
  return names.filter((name): name is CredType => name === 'basic' || name === 'md5' || name === 'sha256');
}

function isInSession({ sessionUser }: AuthInput, account: Account): boolean {
  return sessionUser !== undefined && sessionUser === account.forms.user;
}

function subjectOf({ header, record }: AuthInput): NonceSubject {
  return { devId: header.source.locUri, usedNonce: record?.usedNonce ?? '' };
}
