/** Step 1 of a message: decodes the body, and answers what cannot belong to a session at all. */
import { hash } from 'node:crypto';
import { headerErrorMessage, versionMessage } from '../../dm1/stateless-answers.ts';
import { decodeMessageInParts } from '../../syncml/codec.ts';
import type { SyncHdr } from '../../syncml/message.ts';
import { IncompleteHeaderError } from '../../syncml/parse.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import { AnswerEncoder } from '../answer-encoder.ts';
import type { DeviceAnswer, DeviceRequest } from '../device-request.ts';
import type { IncomingMessage } from '../incoming-message.ts';

export type DecodedRequest =
  | { readonly kind: 'message'; readonly incoming: IncomingMessage }
  /** Answered before authentication, with nothing stored. */
  | { readonly kind: 'answered'; readonly answer: DeviceAnswer };

/**
 * Decodes a request that came at `at`, milliseconds since 1970; `respUri` is for answers that belong to no session. A long message
 * is decoded in parts, with a yield after each of them.
 * @throws DecodeError when no DM message can answer
 */
export function* decodeRequest(
  request: DeviceRequest,
  respUri: string,
  at: number,
): Generator<void, DecodedRequest, void> {
  const { body, contentType, headers } = request;
  try {
    const { message, tolerated, encoding } = yield* decodeMessageInParts(body, headers['content-type'] ?? contentType);
    const code = versionProblem(message.header);
    if (code !== undefined) {
      const refusal = versionMessage(message.header, code, respUri);
      return { kind: 'answered', answer: new AnswerEncoder(contentType, encoding).encode(refusal) };
    }
    const requestHash = requestHashOf(request);
    return { kind: 'message', incoming: { request, message, tolerated, encoding, requestHash, at } };
  } catch (error) {
    if (!(error instanceof IncompleteHeaderError)) throw error;
    const refusal = headerErrorMessage(error.partial, respUri);
    if (refusal === undefined) throw error;
    return { kind: 'answered', answer: new AnswerEncoder(contentType, error.encoding).encode(refusal) };
  }
}

/** The status for an unknown VerDTD or VerProto (DM-1.3 §12); undefined when both are known. */
export function versionProblem({
  verDtd,
  verProto,
}: SyncHdr): typeof STATUS.dtdVersionNotSupported | typeof STATUS.protocolVersionNotSupported | undefined {
  if (verDtd !== '1.1' && verDtd !== '1.2') return STATUS.dtdVersionNotSupported;
  return /^DM\/1\.[123]$/u.test(verProto) ? undefined : STATUS.protocolVersionNotSupported;
}

/** Base64 SHA-256 of body and `x-syncml-hmac`: equal for copies of a message only (ADR 7). */
export function requestHashOf({ body, headers }: Pick<DeviceRequest, 'body' | 'headers'>): string {
  const mac = headers['x-syncml-hmac'];
  return hash('sha256', mac === undefined ? body : Buffer.concat([body, Buffer.from(mac)]), 'base64');
}
