/** One message of a device and the answer to it, as they cross the wire. */

import type { Acceptance } from '../auth/auth-decision.ts';
import type { RequestCredentials } from '../auth/auth-input.ts';
import type { ClientCertificate } from '../auth/certificate-rule.ts';
import type { MeasureMessage } from '../dm1/session-model.ts';
import { encodeMessage } from '../syncml/codec.ts';
import type { SyncmlMessage } from '../syncml/message.ts';
import type { MessageEncoding } from '../syncml/serialize-wbxml.ts';
import type { BridgeOptions } from './options.ts';

/** One message of a device, as it came over HTTP. */
export interface DeviceRequest {
  readonly body: Uint8Array;
  /** The media type alone: lower case, without parameters. */
  readonly contentType: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The path segment below `south.path`. */
  readonly token?: string;
  /** Path and query of the request line. */
  readonly target?: string;
  /** The client certificate of the connection, when it was verified. */
  readonly certificate?: ClientCertificate;
  readonly remoteAddress: string;
}

export interface DeviceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Values of `WWW-Authenticate`, one line each; only in answers that are never stored. */
  readonly httpChallenges?: readonly string[];
}

export interface Exchange {
  readonly options: BridgeOptions;
  readonly request: DeviceRequest;
  readonly message: SyncmlMessage;
  readonly tolerated: readonly string[];
  /** How the request wrote WBXML; absent for XML. */
  readonly encoding?: MessageEncoding;
  /** Base64 SHA-256 of body and `x-syncml-hmac`. */
  readonly requestHash: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How its credentials were found right, once they were. */
  readonly proven?: Pick<Acceptance, 'scheme' | 'digestUse'>;
}

/** In the type, encoding and WBXML version of the request, whatever `Accept` says. */
export function toAnswer(message: SyncmlMessage, contentType: string, encoding?: MessageEncoding): DeviceAnswer {
  return answerOf(encodeMessage(message, contentType, encoding), contentType);
}

function answerOf(body: Uint8Array, contentType: string): DeviceAnswer {
  return { status: 200, headers: { 'content-type': contentType }, body };
}

/** Weighs what may become the answer to one request. */
export interface AnswerScale {
  readonly measure: MeasureMessage;
  /** Like {@link toAnswer}; what was weighed last is mostly what is sent, and is not written a second time. */
  answer(message: SyncmlMessage): DeviceAnswer;
}

export function answerScale({ request: { contentType }, encoding }: Exchange): AnswerScale {
  let last: { readonly message: SyncmlMessage; readonly bytes: Uint8Array } | undefined;
  const written = (message: SyncmlMessage): Uint8Array => {
    if (last?.message !== message) last = { message, bytes: encodeMessage(message, contentType, encoding) };
    return last.bytes;
  };
  return {
    measure: (message) => written(message).length,
    answer: (message) => answerOf(written(message), contentType),
  };
}

/** The credentials that the request carries around its message. */
export function requestCredentials({ body, headers, target, certificate }: DeviceRequest): RequestCredentials {
  const { 'x-syncml-hmac': mac, authorization } = headers;
  return { body, mac, authorization, target, certificate };
}

export function traceMessage(
  { options, request, at }: Exchange,
  device: string | undefined,
  session: string | undefined,
): void {
  options.journal.trace({
    at,
    device: device ?? '',
    session: session ?? '',
    direction: 'device→bridge',
    summary: `POST ${request.token ?? ''}`.trimEnd(),
    contentType: request.contentType,
    // Made when it is read: mostly nobody does.
    get body() {
      return textOf(request.contentType, request.body);
    },
  });
}

export function traceAnswer(
  { options, request }: Exchange,
  device: string,
  session: string | undefined,
  answer: DeviceAnswer,
): void {
  options.journal.trace({
    at: options.clock.now(),
    device,
    session: session ?? '',
    direction: 'bridge→device',
    summary: `${answer.status}`,
    contentType: request.contentType,
    get body() {
      return textOf(request.contentType, answer.body);
    },
  });
}

function textOf(contentType: string, body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(
    contentType.endsWith('+xml') ? 'utf8' : 'base64',
  );
}
