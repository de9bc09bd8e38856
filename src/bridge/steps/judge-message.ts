/**
 * Steps 2 and 3 of a message: finds its place in the conversation and judges its credentials, and changes nothing.
 *
 * It runs twice. Before the message queues, so that a message without right credentials never waits in a device's queue; and
 * in the message's turn, against the state of that moment. Only this second verdict has effects (ADR 24).
 */
import type { Acceptance, Refusal } from '../../auth/auth-decision.ts';
import type { IncomingMessage } from '../incoming-message.ts';
import type { BridgeOptions } from '../options.ts';
import type { RefusedMessages } from '../refused-messages.ts';
import { isBoundTo } from '../session-binding.ts';
import type { StoredTimes } from '../stored-times.ts';
import { authenticateMessage } from './authenticate-message.ts';
import { classifyMessage, type KnownDevice, type MessageClass } from './classify-message.ts';
import { recognizeRestart } from './recognize-restart.ts';

export interface RefusedJudgement {
  readonly kind: 'refused';
  readonly refusal: Refusal;
  readonly messageClass: MessageClass;
}

export type Judgement =
  | RefusedJudgement
  | { readonly kind: 'accepted'; readonly acceptance: Acceptance; readonly messageClass: AcceptedClass }
  /** The stored answer is due. */
  | { readonly kind: 'repeated'; readonly messageClass: Extract<MessageClass, { readonly kind: 'repeated' }> };

export type AcceptedClass = Exclude<MessageClass, { readonly kind: 'repeated' }>;

interface JudgeParts {
  readonly options: BridgeOptions;
  readonly refused: RefusedMessages;
  readonly times: StoredTimes;
}

/** Judges a message; `device` is undefined when it is not registered. */
export function judgeMessage(parts: JudgeParts, incoming: IncomingMessage, device: KnownDevice): Judgement {
  const { options } = parts;
  const found = classifyMessage(parts, incoming, device);
  const messageClass = recognizeRestart(parts, incoming, found, device);
  if (messageClass.kind === 'repeated' && messageClass.isProven) return { kind: 'repeated', messageClass };
  const decision = authenticateMessage(options, incoming, messageClass, device);
  if (decision.kind === 'refused') return { kind: 'refused', refusal: decision, messageClass };
  if (messageClass.kind === 'repeated') return { kind: 'repeated', messageClass };
  return { kind: 'accepted', acceptance: decision, messageClass };
}

/**
 * True when a copy of a message that is in work may wait for its answer without being judged: by the same rule by which a
 * stored answer is given. Its credentials may be used up by the first copy.
 */
export function mayAwaitAnswer(options: BridgeOptions, incoming: IncomingMessage, device: KnownDevice): boolean {
  const { message, request } = incoming;
  const { cred } = message.header;
  const hasCredentials = (cred !== undefined && cred.data.trim() !== '') || 'x-syncml-hmac' in request.headers;
  if (hasCredentials) return true;
  if (device?.session !== undefined && isBoundTo(options, request, device.session, device.record)) return true;
  const answer = { status: 0, headers: {}, body: '' };
  const decision = authenticateMessage(options, incoming, { kind: 'repeated', answer, isProven: false }, device);
  return decision.kind === 'accepted';
}
