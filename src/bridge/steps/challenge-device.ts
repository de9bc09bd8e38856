import type { Refusal } from '../../auth/auth-decision.ts';
import { challengeMessage } from '../../dm1/stateless-answers.ts';
import { HTTP } from '../../http-status.ts';
import { AnswerEncoder } from '../answer-encoder.ts';
import type { DeviceAnswer } from '../device-request.ts';
import type { IncomingMessage } from '../incoming-message.ts';
import type { BridgeOptions } from '../options.ts';
import type { DmSession } from '../session.ts';
import { hasToken } from '../session-binding.ts';

/**
 * The answer to a message whose credentials are missing or wrong. Nothing in the message takes effect, and nothing is
 * stored for it (DM-1.3 §9.1). `session` is the open session that it may belong to.
 */
export function challengeDevice(
  { south }: BridgeOptions,
  { message, request, encoding }: IncomingMessage,
  { code, chal, httpChallenges }: Refusal,
  session: DmSession | undefined,
): DeviceAnswer {
  // RespURI holds the session's token, which proves that a message belongs to it: it goes only to a device that has it.
  const isOfSession = session !== undefined && session.closedAt === undefined && hasToken(request, session);
  const setting = isOfSession ? session.south : { respUri: south.publicUrl };
  const encoder = new AnswerEncoder(request.contentType, encoding);
  const answer = encoder.encode(challengeMessage(message, { code, chal }, setting, encoder.measure));
  // HTTP asks for HTTP credentials; the message repeats it for a device that reads only the message (RFC 9110 §15.5.2).
  return httpChallenges === undefined ? answer : { ...answer, status: HTTP.unauthorized, httpChallenges };
}
