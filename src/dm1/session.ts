/**
 * The southbound session: a DM Server as a device sees it, one pure transition per event.
 *
 * ```
 * initializing ──Final──▶ ready ──package──▶ awaitingDevice ──Final──▶ ready ──nothing left──▶ closed
 *                           └──first chunk──▶ sendingObject ──last chunk──▶ awaitingDevice
 * ```
 * For each message the bridge says `messageReceived`, then `commandsReady` as often as it likes, then `answerDue` once.
 *
 * @see DM-1.3 §6 to §9
 */
import { assertNever, ProtocolError } from '../errors.ts';
import type { SyncmlMessage } from '../syncml/message.ts';
import { answer } from './answer.ts';
import { receiveMessage } from './receive.ts';
import type { ServerCommand } from './server-command.ts';
import type { Dm1Session, Dm1Version, Ordering, SessionInput, Step } from './session-model.ts';

/** What is known when the first authenticated message of a session has come. */
export interface SessionOptions {
  readonly version: Dm1Version;
  readonly sessionId: string;
  /** DevID of the registry entry. */
  readonly device: string;
  /** Source/LocURI of the device's message. */
  readonly deviceUri: string;
  /** Target/LocURI of the device's message. */
  readonly serverUri: string;
  readonly respUri: string;
  /** MsgID of our first message: one more than that of the last challenge, which had the device's (DM-1.3 §9.4). */
  readonly nextMsgId: number;
  readonly ordering: Ordering;
  readonly announce?: { readonly maxMsgSize: number; readonly maxObjSize: number };
}

/** A session before its first message. */
export function openSession(options: SessionOptions): Dm1Session {
  const { announce, ...identity } = options;
  return {
    ...identity,
    ...(announce === undefined ? {} : { announce, receiveLimit: announce.maxObjSize }),
    phase: 'initializing',
    lastMsgIdIn: 0,
    dueStatuses: [],
    nextMessageDue: false,
    queue: [],
    outstanding: [],
    engineCommands: [],
    serverAuth: { state: 'none', tries: 0, credSent: false },
    idleMessages: 0,
    holds: 0,
  };
}

/** Pure: same session and input, same step. Only authenticated messages may come here. */
export function step(session: Dm1Session, input: SessionInput): Step {
  switch (input.type) {
    case 'messageReceived':
      return receiveMessage(session, input.message, input.verdict);
    case 'commandsReady':
      return enqueue(session, input.commands);
    case 'answerDue':
      return answer(session, input);
    default:
      return assertNever(input);
  }
}

/** The device has answered everything and waits: commands may be planned, or the next answer ends the session. */
export function isReadyForCommands(session: Dm1Session): boolean {
  return session.phase === 'ready' && !session.nextMessageDue && !hasWork(session);
}

/** Something is still to be sent, or to be answered by the device. */
function hasWork(session: Dm1Session): boolean {
  return session.queue.length > 0 || session.outstanding.length > 0 || session.outgoing !== undefined;
}

/** The session ended or was aborted; messages are still answered, without effect. */
function isClosed(session: Dm1Session): boolean {
  return session.phase === 'closed';
}

/** The message in a step that answers: `answerDue` always makes exactly one. */
export function messageToSend(taken: Step): SyncmlMessage {
  const effect = taken.effects.find((each) => each.type === 'send');
  if (effect === undefined) throw new ProtocolError('ERR_SESSION_RULE', 'this step answers no message');
  return effect.message;
}

function enqueue(session: Dm1Session, commands: readonly ServerCommand[]): Step {
  if (commands.length === 0) return { session, effects: [] };
  if (isClosed(session)) {
    return {
      session,
      effects: [{ type: 'aborted', by: 'bridge', reason: 'the session had ended before the commands came' }],
    };
  }
  return { session: { ...session, queue: [...session.queue, ...commands] }, effects: [] };
}
