/** Answers messages without right credentials, and delays the answers to those who guess. */
import type { WrongAttempt } from '../auth/guessing.ts';
import { devIdOf } from '../device/dev-id.ts';
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
  { options, guessing, refused }: BridgeParts,
  incoming: IncomingMessage,
  { refusal, messageClass }: RefusedJudgement,
  device: DeviceCell | undefined,
): Outcome {
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
  const attempt = guessing.recordWrong(devId, request.remoteAddress, options.clock.monotonic());
  const { reported } = attempt;
  if (reported !== undefined) {
    options.journal.log('auth.guessing', { address: request.remoteAddress, attempts: reported });
  }
  return { kind: 'answered', answer, attempt };
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
