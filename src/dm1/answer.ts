/**
 * Composes the answer to the device's last message: exactly one message in every phase.
 *
 * Our message closes our package with Final, unless the device has not closed its own, a large object is under way, or
 * some Statuses did not fit.
 *
 * @see DM-1.3 §6.4, §6.6 (an empty package ends the session), §7.2 ("Next Message" response), §8
 */
import { assertNever } from '../errors.ts';
import { ALERT } from '../syncml/alert-codes.ts';
import { refuseAllCommands } from './header-status.ts';
import { outgoingTransfer, transferEffect } from './object-transfer.ts';
import { decidedOutcome, outcomeEffect } from './outcome.ts';
import { type Composed, type Content, compose, type Framing } from './outgoing-message.ts';
import { isInFlight, type OutgoingObject } from './outgoing-object.ts';
import { fits, type Selection, select, selectChunk, selectWhole } from './packaging.ts';
import type { Change, Ending, SessionDraft } from './reception.ts';
import type { ServerCommand } from './server-command.ts';
import type {
  AnswerDue,
  Credentials,
  Dm1Session,
  DueStatus,
  OpenSession,
  ServerAuth,
  SessionEffect,
} from './session-model.ts';
import { FEW_PARTS, MAX_STATUSES, mostThatFit } from './size-limits.ts';

/** After so many holds in a session the bridge gives up waiting for the backend. */
const MAX_HOLDS = 10;

/** The answer of an open session; its type decides over the next phase. */
export type Answer = SentAnswer | AbortedAnswer;

type SentAnswer =
  /** Statuses and Alert 1222: the "Next Message" response, or Statuses that are sent first. `left` did not fit. */
  | { readonly type: 'nextMessage'; readonly composed: Composed; readonly left: readonly DueStatus[] }
  /** A whole package that the device answers. */
  | { readonly type: 'package'; readonly composed: Composed }
  | { readonly type: 'chunk'; readonly composed: Composed; readonly outgoing: OutgoingObject }
  /** The chunk that closes our package. */
  | { readonly type: 'lastChunk'; readonly composed: Composed; readonly outgoing: OutgoingObject }
  /** An empty package, which ends the session. */
  | { readonly type: 'end'; readonly composed: Composed };

/** The session must end before its work is done. */
interface AbortedAnswer {
  readonly type: 'abort';
  readonly ending: Ending;
}

/** The frame of the message, and the session that changes while its answer is chosen. */
interface Composition extends Framing {
  readonly session: SessionDraft;
  readonly effects: SessionEffect[];
}

/** Answers an open session; `change` begins with a copy of it. */
export function answerOpenSession(session: OpenSession, input: AnswerDue, { draft, effects }: Change): Answer {
  const credentials = credentialsFor(session, input);
  const { measure } = input;
  const composition: Composition = { session: draft, credentials, measure, statuses: session.dueStatuses, effects };
  const answer = chooseAnswer(session, input, composition);
  if (answer.type !== 'abort') recordSending(composition, answer);
  return answer;
}

/** Enters a message of ours into the session. */
function recordSending({ session, credentials, effects }: Composition, answer: SentAnswer): void {
  const { message, outstanding, engineCommands } = answer.composed;
  const sequence = session.engineCommands.filter((command) => command.cmd === 'Sequence');
  session.nextMsgId += 1;
  session.announce = undefined;
  session.noEndOfData = undefined;
  session.dueStatuses = answer.type === 'nextMessage' ? answer.left : [];
  session.outstanding = [...session.outstanding, ...outstanding];
  session.engineCommands = [...sequence, ...engineCommands];
  session.serverAuth = afterSending(session.serverAuth, credentials);
  if ('outgoing' in answer) session.outgoing = answer.outgoing;
  effects.push({ type: 'send', message });
}

/** Our authentication after a message with these credentials. */
export function afterSending(serverAuth: ServerAuth, { cred, mac }: Credentials): ServerAuth {
  return { ...serverAuth, credSent: cred !== undefined || mac === true };
}

function chooseAnswer(session: OpenSession, input: AnswerDue, composition: Composition): Answer {
  if (input.mode === 'abort') return abort('the bridge ended the session');
  if (session.serverAuth.state === 'challenged' && input.cred === undefined && input.mac !== true) {
    composition.effects.push(...refuseAllCommands(composition.session));
    return abort('the device asks for credentials that we do not have');
  }
  switch (session.phase) {
    case 'initializing':
    case 'awaitingDevice':
      return nextMessage(composition);
    case 'ready':
      if (session.incoming !== undefined) return nextMessage(composition);
      return session.outgoing === undefined
        ? nextPackage(composition, input.mode)
        : nextChunk(composition, session.outgoing);
    case 'sendingObject':
      return isInFlight(session.outgoing) ? nextMessage(composition) : nextChunk(composition, session.outgoing);
    default:
      return assertNever(session);
  }
}

/** The last message of a session, or one after it: Statuses, perhaps Alert 1223, and always Final (DM-1.3 §6.1.2). */
export function composeLastMessage(framing: Framing, withAlert: boolean): Composed {
  const content: Content = withAlert ? { alert: ALERT.sessionAbort, final: true } : { final: true };
  // If not even one Status fits, no message does: the shortest one is sent all the same.
  const fitting = countFittingStatuses(framing, content) || 1;
  return compose({ ...framing, statuses: framing.statuses.slice(0, fitting) }, content);
}

/** Our credentials, unless the device has accepted or finally refused them for this session (DM-1.3 §9.1). */
export function credentialsFor({ phase, serverAuth }: Dm1Session, { cred, locName, mac }: Credentials): Credentials {
  const isRefused = serverAuth.state === 'challenged' && phase === 'closed';
  return serverAuth.state === 'accepted' || isRefused ? {} : { cred, locName, mac };
}

function abort(reason: string): Answer {
  return { type: 'abort', ending: { by: 'bridge', reason, isAlertDue: true } };
}

/** Statuses and Alert 1222, no commands, no Final (DM-1.3 §7.2). */
function nextMessage(composition: Composition): Answer {
  const content: Content = { alert: ALERT.nextMessage, final: false };
  const { statuses } = composition;
  const fitting = countFittingStatuses(composition, content);
  if (fitting === 0 && statuses.length > 0) return abort('MaxMsgSize of the device is too small for our Statuses');
  const composed = compose({ ...composition, statuses: statuses.slice(0, fitting) }, content);
  return { type: 'nextMessage', composed, left: statuses.slice(fitting) };
}

function nextChunk(composition: Composition, outgoing: OutgoingObject): Answer {
  if (statusesExceedMessage(composition)) return nextMessage(composition);
  const empty = compose(composition, { final: true });
  if (!fits(composition, empty.message)) return nextMessage(composition);
  return answerWith(composition, selectChunk(composition, outgoing));
}

/** The device's package is closed: commands, a Get that holds the device, or the end of the session. */
function nextPackage(composition: Composition, mode: AnswerDue['mode']): Answer {
  const { session } = composition;
  if (statusesExceedMessage(composition)) return nextMessage(composition);
  if (mode === 'hold' && isForUser(session.queue) && session.holds < MAX_HOLDS) return hold(composition);
  // In most cases everything fits; then no command is measured alone.
  const whole = selectWhole(composition, session.queue);
  if (whole !== undefined) return answerWith(composition, whole);
  const empty = compose(composition, { final: true });
  if (!fits(composition, empty.message)) return nextMessage(composition);
  if (session.queue.length > 0) return sendQueue(composition);
  if (mode === 'hold') return hold(composition);
  // An Alert 1225 in the empty package needs a Status, so the session goes on.
  return { type: session.noEndOfData === undefined ? 'end' : 'package', composed: empty };
}

/** True when the queue has only alerts for the user: the commands for the device that the backend may still have go first. */
function isForUser(queue: readonly ServerCommand[]): boolean {
  return queue.length > 0 && queue.every(({ afterOthers }) => afterOthers === true);
}

/** Sends the next package of a queue that is not empty. Commands that can never be sent get their outcome. */
function sendQueue(composition: Composition): Answer {
  const { session, effects } = composition;
  for (let [head] = session.queue; head !== undefined; [head] = session.queue) {
    const selection = select(composition, head, session.queue);
    if (selection.type !== 'unsendable') return answerWith(composition, selection);
    effects.push(outcomeEffect({ ...decidedOutcome(head, selection.status), unsent: true }));
    session.queue = session.queue.slice(1);
  }
  return keepAlive(composition);
}

function answerWith(composition: Composition, selection: Selection): Answer {
  const { session, effects } = composition;
  switch (selection.type) {
    case 'batch':
      session.queue = session.queue.slice(selection.commands.length);
      session.holds = 0;
      session.idleMessages = 0;
      return { type: 'package', composed: selection.composed };
    case 'chunk': {
      const { outgoing, composed } = selection;
      if (session.outgoing === undefined) {
        session.queue = session.queue.slice(1);
        effects.push(transferEffect('started', outgoingTransfer(outgoing)));
      }
      session.holds = 0;
      session.idleMessages = 0;
      return { type: composed.message.final ? 'lastChunk' : 'chunk', composed, outgoing };
    }
    case 'statusesFirst':
      return nextMessage(composition);
    case 'unsendable':
    case 'noRoom':
      return abort('MaxMsgSize of the device is too small for any command');
    default:
      return assertNever(selection);
  }
}

/** Holds the device while the backend is slow; after too many times the session ends. */
function hold(composition: Composition): Answer {
  const { session } = composition;
  const { holds } = session;
  if (holds >= MAX_HOLDS) {
    const reason = `the backend did not answer while the device was put off ${holds} times`;
    return { type: 'abort', ending: { by: 'bridge', reason, isAlertDue: false } };
  }
  session.holds = holds + 1;
  return keepAlive(composition);
}

/** A Get whose result is not used: the device sends another message. */
function keepAlive(composition: Composition): Answer {
  const composed = compose(composition, { holdGet: true, final: true });
  return fits(composition, composed.message) ? { type: 'package', composed } : nextMessage(composition);
}

/** The number of Statuses that fit, from the first one, which is for SyncHdr; 0 when not even that does. */
function countFittingStatuses(framing: Framing, content: Content): number {
  const most = Math.min(framing.statuses.length, MAX_STATUSES);
  return mostThatFit(most, framing.session.maxMsgSize, (count) =>
    framing.measure(compose({ ...framing, statuses: framing.statuses.slice(0, count) }, content).message),
  );
}

/** True when many Statuses are due and a part of them fills a message: then nothing is composed that has all of them. */
function statusesExceedMessage(framing: Framing): boolean {
  const { length } = framing.statuses;
  return length > FEW_PARTS && countFittingStatuses(framing, { final: true }) < length;
}
