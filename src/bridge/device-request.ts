/** An HTTP request of a device and the response to it, as the HTTP edge and the bridge exchange them. */
import type { ClientCertificate } from '../auth/certificate-rule.ts';

/** One message of a device, as it came over HTTP. */
export interface DeviceRequest {
  readonly body: Uint8Array;
  /** The media type alone: lower case, without parameters. */
  readonly contentType: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The path segment below `south.path`: the token of RespURI (ADR 24). */
  readonly token?: string | undefined;
  /** Path and query of the request line. */
  readonly target?: string | undefined;
  /** The part of `target` that follows `south.path`: empty, or the token, with the query. */
  readonly below?: string | undefined;
  /** The client certificate of the connection, when it was verified. */
  readonly certificate?: ClientCertificate | undefined;
  readonly remoteAddress: string;
  /** True when TLS protects the connection of the device: the listener's own, or that of a trusted proxy. */
  readonly isProtected?: boolean | undefined;
}

/** The part of a long body that has arrived. */
export type BodyPart = 'beginning' | 'whole';

/**
 * The verdict on a body that is too long for an unauthenticated sender. `undecided`: only the whole body can be judged.
 * `tooManyAttempts`: wrong credentials, while another answer to such waits.
 */
export type LongBodyVerdict = 'authentic' | 'undecided' | 'refused' | 'tooManyAttempts';

export interface DeviceAnswer {
  /** HTTP status. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Values of `WWW-Authenticate`, one line each; only in answers that are never stored. */
  readonly httpChallenges?: readonly string[] | undefined;
}
