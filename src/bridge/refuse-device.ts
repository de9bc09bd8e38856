/** The answer to a message that no door takes: the same for known and unknown devices, and nothing is stored. */
import { challengeMessage, versionMessage } from '../dm1/stateless-answers.ts';
import type { ParsedMessage } from '../syncml/parse.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { AnswerEncoder } from './answer-encoder.ts';
import type { DeviceAnswer, DeviceRequest } from './device-request.ts';
import { versionProblem } from './steps/decode-request.ts';

/** Status 503 for SyncHdr and every command; without Chal, because credentials would change nothing. */
export function refuseDevice({ contentType }: DeviceRequest, { message, encoding }: ParsedMessage): DeviceAnswer {
  const encoder = new AnswerEncoder(contentType, encoding);
  const version = versionProblem(message.header);
  if (version !== undefined) return encoder.encode(versionMessage(message.header, version));
  const refusal = { code: STATUS.serviceUnavailable };
  return encoder.encode(challengeMessage(message, refusal, {}, encoder.measure));
}
