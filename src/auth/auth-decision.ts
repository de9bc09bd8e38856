/** The decision about a device's credentials. */
import type { DeviceRecord } from '../device/record.ts';
import type { AuthScheme } from '../dm1/auth-scheme.ts';
import type { Verdict } from '../dm1/session-model.ts';
import type { Chal } from '../syncml/message.ts';
import type { STATUS } from '../syncml/status-codes.ts';
import type { DigestUse } from './http-digest-header.ts';

/** Changes of the device's record; they are stored in the transaction that stores the answer. */
export type AuthChanges = Pick<Partial<DeviceRecord>, 'clientNonce' | 'usedNonce' | 'facts' | 'httpCount'>;

export interface Acceptance {
  readonly kind: 'accepted';
  readonly verdict: Verdict;
  readonly changes: AuthChanges;
  /** The scheme that proved the device; absent: the message has no credentials of its own and belongs to a session. */
  readonly scheme?: AuthScheme | undefined;
  /**
   * True when the device came with a nonce from before the last answer that gave one and had to be challenged: it has not seen
   * that answer.
   */
  readonly hasNotSeenAnswer?: boolean | undefined;
  /** The HTTP Digest that `Authentication-Info` answers. */
  readonly digestUse?: DigestUse | undefined;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: typeof STATUS.missingCredentials | typeof STATUS.invalidCredentials;
  /** Absent: no credentials in a SyncML message would be accepted. */
  readonly chal?: Chal | undefined;
  /** Values of `WWW-Authenticate`, when HTTP credentials are asked for. */
  readonly httpChallenges?: readonly string[] | undefined;
  /** True when the message counts as a failed attempt. */
  readonly wrong: boolean;
}

export type AuthDecision = Acceptance | Refusal;
