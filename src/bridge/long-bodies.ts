/**
 * Judges a long body by its beginning, before the rest of it is read: only the bodies of authenticated senders may be long.
 *
 * The credentials are judged again with the whole message. Only wrong ones have an effect here: they count as guessing, because
 * the answer tells whether they were right.
 */
import type { GuessingGuard } from '../auth/guessing.ts';
import { devIdOf } from '../device/dev-id.ts';
import { decodeHeader } from '../syncml/codec.ts';
import type { ActiveDevices } from './active-devices.ts';
import type { DeviceRequest } from './device-request.ts';
import type { BridgeOptions } from './options.ts';
import { hasToken } from './session-binding.ts';
import { authenticateMessage } from './steps/authenticate-message.ts';

interface JudgeParts {
  readonly options: BridgeOptions;
  readonly devices: ActiveDevices;
  readonly guessing: GuessingGuard;
}

/**
 * True when the URL has the token of the device's open session, or the credentials are right. A MAC covers the whole body, so
 * it proves nothing yet.
 * @param request its body is the beginning of the message
 */
export async function isAuthenticStart(parts: JudgeParts, request: DeviceRequest): Promise<boolean> {
  const { options, devices, guessing } = parts;
  const parsed = decodeHeader(request.body, request.headers['content-type'] ?? request.contentType);
  if (parsed === undefined) return false;
  const at = options.clock.now();
  const devId = devIdOf(parsed.message.header);
  const decision = await devices.hold(devId, (device) => {
    const session = device?.session;
    if (session !== undefined && session.closedAt === undefined && hasToken(request, session)) return 'token';
    if ('x-syncml-hmac' in request.headers) return 'unproven';
    const { message, tolerated, encoding } = parsed;
    const incoming = { request, message, tolerated, encoding, requestHash: '', at };
    return authenticateMessage(options, incoming, { kind: 'outsideSession' }, device);
  });
  if (decision === 'token') return true;
  if (decision === 'unproven') return false;
  if (decision.kind === 'accepted') return true;
  if (decision.wrong) {
    const attempt = guessing.recordWrong(devId, request.remoteAddress, options.clock.monotonic());
    if (attempt.delay !== undefined && attempt.delay > 0) await options.clock.after(attempt.delay).done;
    attempt.end();
  }
  return false;
}
