/**
 * Judges a long body before it is handled: only the bodies of authenticated senders may be long (ADR 27, ADR 37).
 *
 * The beginning is judged before the rest of it is read. It decides nothing where the credentials cover the whole body, or where
 * they were right once, for the last message, of which this one may be a copy: then the whole body is judged.
 *
 * The credentials are judged again when the message is handled. Only wrong ones have an effect here: they count as guessing,
 * because the answer tells whether they were right.
 */
import { hasBodyCredentials } from '../auth/body-coverage.ts';
import { type DevId, devIdOf } from '../device/dev-id.ts';
import { decodeHeader } from '../syncml/codec.ts';
import type { BridgeParts } from './bridge-parts.ts';
import type { DeviceCell } from './device-cell.ts';
import type { BodyPart, DeviceRequest, LongBodyVerdict } from './device-request.ts';
import type { IncomingMessage } from './incoming-message.ts';
import { hasToken } from './session-binding.ts';
import { authenticateMessage } from './steps/authenticate-message.ts';
import { requestHashOf } from './steps/decode-request.ts';
import { countWrong } from './wrong-credentials.ts';

type JudgeParts = Pick<BridgeParts, 'options' | 'devices' | 'guessing'>;

/**
 * Judges a long body. It is authentic when the URL has the token of the device's open session, when the credentials are right,
 * or when it is a copy of a message that was.
 * @param request its body is this part of the message
 */
export async function judgeLongBody(
  parts: JudgeParts,
  request: DeviceRequest,
  part: BodyPart,
): Promise<LongBodyVerdict> {
  const { options, devices } = parts;
  const parsed = decodeHeader(request.body, request.headers['content-type'] ?? request.contentType);
  if (parsed === undefined) return 'refused';
  const { message, tolerated, encoding } = parsed;
  const devId = devIdOf(message.header);
  const requestHash = part === 'whole' ? requestHashOf(request) : '';
  const incoming = { request, message, tolerated, encoding, requestHash, at: options.clock.now() };
  const judge = part === 'whole' ? judgeWhole : judgeBeginning;
  const verdict = await devices.hold(devId, (device) =>
    isOfOpenSession(request, device) ? 'authentic' : judge(parts, incoming, device),
  );
  return verdict === 'wrong' ? await refuseWrong(parts, devId, request) : verdict;
}

/** `wrong`: refused, and counted as guessing. */
type Verdict = LongBodyVerdict | 'wrong';

function isOfOpenSession(request: DeviceRequest, device: DeviceCell | undefined): boolean {
  const session = device?.session;
  return session !== undefined && session.closedAt === undefined && hasToken(request, session);
}

function judgeBeginning({ options }: JudgeParts, incoming: IncomingMessage, device: DeviceCell | undefined): Verdict {
  const decision = authenticateMessage(options, incoming, { kind: 'outsideSession' }, device);
  if (decision.kind === 'accepted') return 'authentic';
  const answer = { status: 0, headers: {}, body: '' };
  const asCopy = authenticateMessage(options, incoming, { kind: 'repeated', answer, isProven: false }, device);
  const { 'x-syncml-hmac': mac, authorization } = incoming.request.headers;
  if (asCopy.kind === 'accepted' || hasBodyCredentials({ mac, authorization })) return 'undecided';
  return decision.wrong ? 'wrong' : 'refused';
}

function judgeWhole({ options }: JudgeParts, incoming: IncomingMessage, device: DeviceCell | undefined): Verdict {
  const decision = authenticateMessage(options, incoming, { kind: 'outsideSession' }, device);
  if (decision.kind === 'accepted') return 'authentic';
  // The bytes of a message that the bridge has taken already are judged as such when they are handled.
  const known = [device?.answer?.requestHash, device?.session?.unanswered];
  if (known.includes(incoming.requestHash)) return 'authentic';
  return decision.wrong ? 'wrong' : 'refused';
}

/** The answer to wrong credentials comes as late as that to a short message with them. */
async function refuseWrong(parts: JudgeParts, devId: DevId, request: DeviceRequest): Promise<LongBodyVerdict> {
  const attempt = countWrong(parts, devId, request.remoteAddress);
  if (attempt.delay === undefined) return 'tooManyAttempts';
  if (attempt.delay > 0) await parts.options.clock.after(attempt.delay).done;
  attempt.end();
  return 'refused';
}
