/**
 * A session with a device: a DM Server as the device sees it, one pure transition for each input.
 *
 * ```
 * initializing ──Final──▶ ready ──package──▶ awaitingDevice ──Final──▶ ready ──empty package──▶ closed
 *                           └──first chunk──▶ sendingObject ──last chunk──▶ awaitingDevice
 * ```
 * For each message the bridge gives `messageReceived`, then `commandsReady` any number of times, then `answerDue` once.
 * The inputs `deviceLeft` and `timedOut` close a session in every phase.
 *
 * @see DM-1.3 §6 to §9
 */
import { assertNever, ProtocolError } from '../errors.ts';
import type { SyncmlMessage } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { afterSending, answerOpenSession, composeLastMessage, credentialsFor } from './answer.ts';
import { transferEffect, transferOf } from './object-transfer.ts';
import { decidedOutcome, isComplete, outcomeEffect, outcomeOf } from './outcome.ts';
import { type OutgoingObject, objectOutcome } from './outgoing-object.ts';
import { readChunkStatus, readPackageEnd } from './package-end.ts';
import { readMessage, readMessageAfterEnd } from './receive.ts';
import { type Change, type Ending, headerMembers } from './reception.ts';
import type { ServerCommand } from './server-command.ts';
import type {
  AnswerDue,
  ClosedSession,
  CommandsReady,
  CommandsWithdrawn,
  Credentials,
  Dm1Session,
  Dm1Version,
  MessageReceived,
  OpenSession,
  Ordering,
  ProfileApplied,
  SessionEffect,
  SessionInput,
  Step,
} from './session-model.ts';
import { withCommands, withoutCommands, withSharedOutcomes } from './shared-reads.ts';
import { combineLimits } from './size-limits.ts';

/** The facts that are known when the first authenticated message of a session has come. */
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
export function openSession(options: SessionOptions): OpenSession {
  return {
    ...options,
    receiveLimit: options.announce?.maxObjSize,
    phase: 'initializing',
    lastMsgIdIn: 0,
    dueStatuses: [],
    queue: [],
    outstanding: [],
    engineCommands: [],
    serverAuth: { state: 'none', tries: 0, credSent: false },
    idleMessages: 0,
    holds: 0,
  };
}

/**
 * The next session and the effects of an input. It is pure: the same session and input give the same step. Only authenticated
 * messages may come here.
 */
export function step(session: Dm1Session, input: SessionInput): Step {
  const { session: after, effects } = transition(session, input);
  return { session: after, effects: withSharedOutcomes(session, effects) };
}

/** The table of inputs and phases: no other function changes a phase. */
function transition(session: Dm1Session, input: SessionInput): Step {
  switch (input.type) {
    case 'messageReceived': {
      if (session.phase === 'closed') return receiveAfterEnd(session, input);
      const { reception, ending } = readMessage(session, input);
      if (ending !== undefined) return endEarly(reception, ending);
      switch (session.phase) {
        case 'initializing':
        case 'awaitingDevice':
          return readPackageEnd(reception) ? toReady(reception) : stay(session, reception);
        case 'ready':
          return stay(session, reception);
        case 'sendingObject':
          return readChunkStatus(reception, session.outgoing) === 'ended'
            ? toReady(reception)
            : stay(session, reception);
        default:
          return assertNever(session);
      }
    }
    case 'answerDue': {
      if (session.phase === 'closed') return answerAfterEnd(session, input);
      const change: Change = { draft: { ...session }, effects: [] };
      const answer = answerOpenSession(session, input, change);
      switch (answer.type) {
        case 'nextMessage':
          return stay(session, change);
        case 'package':
        case 'lastChunk':
          return toAwaitingDevice(change);
        case 'chunk':
          return toSendingObject(change, answer.outgoing);
        case 'end':
          return toClosed(change);
        case 'abort':
          return sendLastMessage(endEarly(change, answer.ending), input, credentialsFor(session, input));
        default:
          return assertNever(answer);
      }
    }
    case 'profileApplied':
      return { session: applyProfile(session, input), effects: [] };
    case 'commandsReady':
      return session.phase === 'closed' ? refuseCommands(session, input) : enqueue(session, input);
    case 'commandsWithdrawn':
      return session.phase === 'closed' ? { session, effects: [] } : withdraw(session, input);
    case 'deviceLeft':
    case 'timedOut': {
      if (session.phase === 'closed') return { session, effects: [] };
      return endEarly({ draft: { ...session }, effects: [] }, ABSENCE[input.type]);
    }
    default:
      return assertNever(input);
  }
}

/** The message of a step with `answerDue`, which always sends exactly one. */
export function messageToSend({ effects }: Step): SyncmlMessage {
  const effect = effects.find((each) => each.type === 'send');
  if (effect === undefined) throw new ProtocolError('ERR_SESSION_RULE', 'this step answers no message');
  return effect.message;
}

const ABSENCE: Readonly<Record<'deviceLeft' | 'timedOut', Ending>> = {
  deviceLeft: { by: 'device', reason: 'the device left the session', isAlertDue: false },
  timedOut: { by: 'device', reason: 'the device has been silent for too long', isAlertDue: false },
};

/** The session stays in its phase. */
function stay(session: OpenSession, { draft, effects }: Change): Step {
  switch (session.phase) {
    case 'initializing':
      return { session: { ...draft, phase: 'initializing', outgoing: undefined }, effects };
    case 'awaitingDevice':
      return { session: { ...draft, phase: 'awaitingDevice' }, effects };
    case 'ready':
      return { session: { ...draft, phase: 'ready' }, effects };
    case 'sendingObject':
      return { session: { ...draft, phase: 'sendingObject', outgoing: draft.outgoing ?? session.outgoing }, effects };
    default:
      return assertNever(session);
  }
}

function toReady({ draft, effects }: Change): Step {
  return { session: { ...draft, phase: 'ready' }, effects };
}

function toAwaitingDevice({ draft, effects }: Change): Step {
  return { session: { ...draft, phase: 'awaitingDevice' }, effects };
}

function toSendingObject({ draft, effects }: Change, outgoing: OutgoingObject): Step {
  return { session: { ...draft, phase: 'sendingObject', outgoing }, effects };
}

function toClosed({ draft, effects }: Change, abortDue?: true): Step & { readonly session: ClosedSession } {
  const nothing = { queue: [], outstanding: [], engineCommands: [], incoming: undefined, outgoing: undefined } as const;
  return { session: { ...draft, phase: 'closed', ...nothing, noEndOfData: undefined, abortDue }, effects };
}

/**
 * Ends a session before its work is done: commands with a certain outcome get it, the others never will (DM-1.3 §6.1). A large
 * object of which the device has got chunks has broken off.
 */
function endEarly(change: Change, { by, reason, isAlertDue }: Ending): Step & { readonly session: ClosedSession } {
  const { draft, effects } = change;
  const transfer = transferOf(draft);
  if (transfer !== undefined) effects.push(transferEffect('failed', transfer));
  for (const sent of draft.outstanding) {
    if (isComplete(sent)) effects.push(outcomeEffect(outcomeOf(sent, undefined)));
  }
  const { outgoing } = draft;
  if (outgoing !== undefined && outgoing.sent > 0 && !effects.some((effect) => isOutcomeOf(effect, outgoing))) {
    const outcome = decidedOutcome(outgoing.command, STATUS.serviceUnavailable);
    effects.push(outcomeEffect(objectOutcome(outgoing, outcome)));
  }
  effects.push({ type: 'aborted', by, reason });
  return toClosed(change, isAlertDue ? true : undefined);
}

function isOutcomeOf(effect: SessionEffect, { command }: OutgoingObject): boolean {
  return effect.type === 'outcome' && effect.outcome.id === command.id;
}

function receiveAfterEnd(session: ClosedSession, input: MessageReceived): Step {
  const dueStatuses = readMessageAfterEnd(session, input);
  return { session: { ...session, ...headerMembers(session, input.message.header), dueStatuses }, effects: [] };
}

function answerAfterEnd(session: ClosedSession, input: AnswerDue): Step {
  return sendLastMessage({ session, effects: [] }, input, credentialsFor(session, input));
}

/** Sends the message that ends a session, or one that answers a message after its end. */
function sendLastMessage(
  { session, effects }: { readonly session: ClosedSession; readonly effects: readonly SessionEffect[] },
  { measure }: AnswerDue,
  credentials: Credentials,
): Step {
  const framing = { session, credentials, measure, statuses: session.dueStatuses };
  const { message } = composeLastMessage(framing, session.abortDue === true);
  return {
    session: {
      ...session,
      nextMsgId: session.nextMsgId + 1,
      announce: undefined,
      dueStatuses: [],
      abortDue: undefined,
      serverAuth: afterSending(session.serverAuth, credentials),
    },
    effects: [...effects, { type: 'send', message }],
  };
}

function applyProfile(session: Dm1Session, { ordering, structAlone, caps }: ProfileApplied): Dm1Session {
  const { maxMsgSize, maxObjSize } = combineLimits({ ...session, caps }, {});
  return { ...session, ordering, structAlone, caps, maxMsgSize, maxObjSize };
}

function enqueue(session: OpenSession, { commands }: CommandsReady): Step {
  if (commands.length === 0) return { session, effects: [] };
  const isLast = ({ afterOthers }: ServerCommand) => afterOthers === true;
  const last = [...session.queue, ...commands].filter(isLast);
  if (last.length === 0) {
    return { session: { ...session, queue: withCommands(session.queue, commands) }, effects: [] };
  }
  const others = commands.filter((command) => !isLast(command));
  const queue = withCommands(
    session.queue.filter((command) => !isLast(command)),
    others,
  );
  return { session: { ...session, queue: [...queue, ...last] }, effects: [] };
}

function refuseCommands(session: ClosedSession, { commands }: CommandsReady): Step {
  if (commands.length === 0) return { session, effects: [] };
  const reason = 'the session had ended before the commands came';
  return { session, effects: [{ type: 'aborted', by: 'bridge', reason }] };
}

function withdraw(session: OpenSession, { ids }: CommandsWithdrawn): Step {
  return { session: { ...session, queue: withoutCommands(session.queue, ids) }, effects: [] };
}
