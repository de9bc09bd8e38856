/** Answers messages without right credentials, and delays the answers to those who guess. */
import type { WrongAttempt } from '../auth/guessing.ts';
import { type DevId, devIdOf } from '../device/dev-id.ts';
import { HTTP } from '../http-status.ts';
import { answered, type BridgeParts, type Outcome } from './bridge-parts.ts';
import type { DeviceCell } from './device-cell.ts';
import type { DeviceAnswer } from './device-request.ts';
import type { IncomingMessage } from './incoming-message.ts';
import { challengeDevice } from './steps/challenge-device.ts';
import type { RefusedJudgement } from './steps/judge-message.ts';
import { traceAnswer, traceMessage } from './trace.ts';

/** For wrong credentials while another answer to such waits; it must not tell more than that answer. */
const TOO_MANY_ATTEMPTS: DeviceAnswer = {
  status: HTTP.serviceUnavailable,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '8' },
  body: Buffer.from('too many wrong credentials: try again later\n'),
};

/** Asks for credentials. Nothing is stored; wrong credentials are counted. */
export function challenge(
  parts: BridgeParts,
  incoming: IncomingMessage,
  { refusal, messageClass }: RefusedJudgement,
  device: DeviceCell | undefined,
): Outcome {
  const { options, refused } = parts;
  const { message, request } = incoming;
  const devId = devIdOf(message.header);
  refused.record(devId, message.header, device?.session);
  const session = 'session' in messageClass ? messageClass.session : undefined;
  const place = { device: devId, session: session?.id ?? '' };
  traceMessage(options, place, incoming);
  const answer = challengeDevice(options, incoming, refusal, session);
  options.journal.log('auth.challenged', { device: devId, status: refusal.code, msgId: message.header.msgId });
  traceAnswer(options, place, incoming, answer);
  if (!refusal.wrong) return answered(answer);
  return { kind: 'answered', answer, attempt: countWrong(parts, devId, request.remoteAddress) };
}

/** Counts wrong credentials, and reports an address from which too many came. */
export function countWrong(
  { options, guessing }: Pick<BridgeParts, 'options' | 'guessing'>,
  devId: DevId,
  address: string,
): WrongAttempt {
  const attempt = guessing.recordWrong(devId, address, options.clock.monotonic());
  if (attempt.reported !== undefined) options.journal.log('auth.guessing', { address, attempts: attempt.reported });
  return attempt;
}

/** Delays the answer to wrong credentials, or refuses them without one. */
export async function delayed(
  { options }: BridgeParts,
  answer: DeviceAnswer,
  attempt: WrongAttempt,
): Promise<DeviceAnswer> {
  const { delay } = attempt;
  if (delay === undefined) return TOO_MANY_ATTEMPTS;
  if (delay > 0) await options.clock.after(delay).done;
  attempt.end();
  return answer;
}
