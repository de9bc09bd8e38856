/** Step 3 of a message: decides about its credentials, by the rules of `auth/authenticate.ts`. */
import type { AuthDecision } from '../../auth/auth-decision.ts';
import type { RequestCredentials } from '../../auth/auth-input.ts';
import { authenticate } from '../../auth/authenticate.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import type { DeviceCell } from '../device-cell.ts';
import type { DeviceRequest } from '../device-request.ts';
import type { IncomingMessage } from '../incoming-message.ts';
import type { BridgeOptions } from '../options.ts';
import type { MessageClass } from './classify-message.ts';

/** Classes of messages that belong to the open session. */
const IN_SESSION: ReadonlySet<MessageClass['kind']> = new Set(['repeatedUnproven', 'unanswered', 'next', 'outOfOrder']);
/** Classes of messages whose credentials were used up when their bytes came first. */
const REPETITIONS: ReadonlySet<MessageClass['kind']> = new Set(['repeatedUnproven', 'unanswered']);

/** Decides about the credentials of a message of that class; `device` is undefined when it is not registered. */
export function authenticateMessage(
  { south, random }: BridgeOptions,
  { message, request, at }: IncomingMessage,
  kind: MessageClass['kind'],
  device: DeviceCell | undefined,
): AuthDecision {
  const { source, cred } = message.header;
  const isTokenMissing = kind === 'tokenMissing';
  const isInSession = IN_SESSION.has(kind);
  const decision = authenticate({
    header: isTokenMissing || cred === undefined ? { source } : { source, cred },
    request: isTokenMissing ? undefined : requestCredentials(request),
    record: device?.record,
    sessionUser: isInSession ? device?.record.credentials.user : undefined,
    sessionScheme: isInSession ? device?.session?.scheme : undefined,
    isRepetition: REPETITIONS.has(kind),
    accept: south.acceptedAuth,
    nonceKey: south.nonceKey,
    now: at,
    freshNonce: random.bytes(16),
    sha256Type: south.sha256Type,
    certificateRule: south.certificate,
  });
  if (south.authRequired || isTokenMissing || decision.kind === 'accepted') return decision;
  const hasFailed = device !== undefined && decision.wrong;
  return hasFailed ? decision : { kind: 'accepted', verdict: { status: STATUS.ok }, changes: {} };
}

function requestCredentials({ body, headers, target, certificate }: DeviceRequest): RequestCredentials {
  const { 'x-syncml-hmac': mac, authorization } = headers;
  return { body, mac, authorization, target, certificate };
}
