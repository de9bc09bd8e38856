/** Step 3 of a message: decides about its credentials, by the rules of `auth/authenticate.ts`. */
import type { AuthDecision } from '../../auth/auth-decision.ts';
import type { NamedSession, RequestCredentials } from '../../auth/auth-input.ts';
import { authenticate } from '../../auth/authenticate.ts';
import { devIdProblem } from '../../device/dev-id.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import type { DeviceRequest } from '../device-request.ts';
import type { IncomingMessage } from '../incoming-message.ts';
import type { BridgeOptions } from '../options.ts';
import { acceptedStatuses } from '../resp-uri-use.ts';
import { hasToken } from '../session-binding.ts';
import type { KnownDevice, MessageClass } from './classify-message.ts';

/** Classes of messages whose credentials were used up when their bytes came first. */
const REPETITIONS: ReadonlySet<MessageClass['kind']> = new Set(['repeated', 'unanswered']);

/** Decides about the credentials of a message of that class; `device` is undefined when it is not registered. */
export function authenticateMessage(
  { south, random }: BridgeOptions,
  { message, request, at }: IncomingMessage,
  messageClass: MessageClass,
  device: KnownDevice,
): AuthDecision {
  const { source, cred } = message.header;
  const session = 'session' in messageClass ? messageClass.session : undefined;
  const use = { session, hasToken: session !== undefined && hasToken(request, session) };
  const decision = authenticate({
    header: cred === undefined ? { source } : { source, cred },
    request: requestCredentials(request, south.publicUrl),
    record: device?.record,
    session: namedSession(messageClass, device),
    statuses: acceptedStatuses(device?.record.facts, use),
    isRepetition: REPETITIONS.has(messageClass.kind),
    accept: south.acceptedAuth,
    nonceKey: south.nonceKey,
    now: at,
    freshNonce: () => random.bytes(16),
    sha256Type: south.sha256Type,
    certificateRule: south.certificate,
  });
  if (south.authRequired || decision.kind === 'accepted') return decision;
  // A session that credentials have opened is not open to others, whatever is let in beside it.
  const isOwned = messageClass.kind !== 'afterEnd' && session?.scheme !== undefined;
  const hasFailed = (device !== undefined && decision.wrong) || isOwned;
  // A name that the registry would not take, and no header could carry, is not let in either.
  const isRegistrable = device !== undefined || devIdProblem(source.locUri.trim(), true) === undefined;
  return hasFailed || !isRegistrable ? decision : { kind: 'accepted', verdict: { status: STATUS.ok }, changes: {} };
}

/**
 * The session as the decision sees it. After its end it needs no scheme any more: the message has no effect then, and the
 * token is proof enough for its answer.
 */
function namedSession(messageClass: MessageClass, device: KnownDevice): NamedSession | undefined {
  if (device === undefined || !('session' in messageClass) || messageClass.session === undefined) return undefined;
  const { kind, session, isBound = false } = messageClass;
  const scheme = kind === 'afterEnd' ? undefined : session.scheme;
  return { user: device.record.credentials.user, scheme, isBound };
}

function requestCredentials(request: DeviceRequest, publicUrl: string): RequestCredentials {
  const { body, headers, certificate } = request;
  const { 'x-syncml-hmac': mac, authorization } = headers;
  // Only HTTP Digest names the target of its request.
  const targets = authorization === undefined ? [] : targetsOf(request, publicUrl);
  return { body, mac, authorization, targets, certificate };
}

/** Path and query as they came to the bridge, and as the device sees them in front of a proxy that rewrites paths. */
function targetsOf({ target, below }: DeviceRequest, publicUrl: string): readonly string[] {
  const targets = target === undefined ? [] : [target];
  if (below === undefined) return targets;
  const { pathname } = new URL(publicUrl);
  const path = pathname === '/' ? '' : pathname;
  const outer = `${path}${below}`;
  if (below.startsWith('/')) return [...targets, outer];
  // The URL in a device's account may end with a slash that the proxy takes away.
  return [...targets, ...(path === '' ? [] : [outer]), `${path}/${below}`];
}
