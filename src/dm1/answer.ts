/**
 * Makes the answer to the device's last message: exactly one, whatever state the session is in.
 *
 * A message of ours closes our package with Final unless the device has not closed its own, a large object is under way, or
 * Statuses did not find room.
 *
 * @see DM-1.3 §6.4, §6.6 (an empty package ends the session), §7.2 ("Next Message" response), §8
 */
import { ALERT } from '../syncml/alert-codes.ts';
import { endSession, isInFlight, refuseCommands, toEffect } from './conclude.ts';
import { unsentOutcome } from './outcome.ts';
import type { Composed, Content } from './outgoing-message.ts';
import { draw, type Framing, fits, type Selection, select, selectChunk, selectWhole } from './packaging.ts';
import type { Dm1Session, DueStatus, SessionEffect, SessionInput, Step } from './session-model.ts';
import { mostThatFit } from './size-limits.ts';
import { outgoingTransfer, tellTransfer } from './transfer.ts';

/** How often a device is put off while the backend is slow (design: ending, slowness, crashes). */
const MAX_HOLDS = 10;

type AnswerDue = Extract<SessionInput, { type: 'answerDue' }>;

/** A message that leaves Statuses over for the next one. */
interface Fitted {
  readonly composed: Composed;
  readonly left: readonly DueStatus[];
}

/** Answers the device. */
export function answer(session: Dm1Session, input: AnswerDue): Step {
  const framing = frame(session, input);
  const { serverAuth, outgoing } = session;
  if (session.phase === 'closed') return close(framing, session.abortDue === true, []);
  if (input.mode === 'abort') return abort(framing, 'the bridge ended the session');
  if (serverAuth.state === 'challenged' && input.cred === undefined && input.mac !== true) {
    const refused = refuseCommands(session);
    const step = abort({ ...framing, session: refused.session }, 'the device asks for credentials that we do not have');
    return { ...step, effects: [...refused.effects, ...step.effects] };
  }
  if (session.nextMessageDue) return interim(framing, []);
  const cut = outgoing === undefined || isInFlight(outgoing) ? undefined : outgoing;
  // Mostly everything fits: then the Statuses do, too, and nothing needs to be weighed alone.
  const whole = cut === undefined ? selectWhole(framing) : undefined;
  if (whole !== undefined) return apply(framing, whole, []);
  const empty = draw(framing, { final: true });
  if (!fits(framing, empty.message)) return interim(framing, []);
  if (cut !== undefined) return apply(framing, selectChunk(framing, cut), []);
  if (session.queue.length > 0) return sendQueue(framing);
  return input.mode === 'hold' ? hold(framing) : endPackage(framing, empty);
}

/** Once accepted for the session, we need no credentials in it any more; refused for good, none help (DM-1.3 §9.1). */
function frame(session: Dm1Session, input: AnswerDue): Framing {
  const { state } = session.serverAuth;
  const isInVain = state === 'challenged' && session.phase === 'closed';
  const isNeeded = state !== 'accepted' && !isInVain;
  return {
    session,
    measure: input.measure,
    statuses: session.dueStatuses,
    credentials: isNeeded
      ? {
          ...(input.cred === undefined ? {} : { cred: input.cred }),
          ...(input.locName === undefined ? {} : { locName: input.locName }),
          ...(input.mac === undefined ? {} : { mac: input.mac }),
        }
      : {},
  };
}

/** Sends the next package of a queue that is not empty; what can never be sent gets its outcome on the way. */
function sendQueue(framing: Framing): Step {
  const effects: SessionEffect[] = [];
  let { queue } = framing.session;
  for (let [head] = queue; head !== undefined; [head] = queue) {
    const rest = { ...framing, session: { ...framing.session, queue } };
    const selection = select(rest, head);
    if (selection.type !== 'unsendable') return apply(rest, selection, effects);
    effects.push(toEffect({ ...unsentOutcome(head, selection.status), unsent: true }));
    queue = queue.slice(1);
  }
  return keepAlive({ ...framing, session: { ...framing.session, queue } }, effects);
}

function apply(framing: Framing, selection: Selection, effects: readonly SessionEffect[]): Step {
  const { session } = framing;
  switch (selection.type) {
    case 'batch': {
      const queue = session.queue.slice(selection.commands.length);
      return send(framing, selection.composed, { queue, phase: 'awaitingDevice', holds: 0, idleMessages: 0 }, effects);
    }
    case 'chunk': {
      const { outgoing, composed, final } = selection;
      const queue = session.outgoing === undefined ? session.queue.slice(1) : session.queue;
      const phase = final ? 'awaitingDevice' : 'sendingObject';
      const begun = session.outgoing === undefined ? [tellTransfer('begun', outgoingTransfer(outgoing))] : [];
      return send(framing, composed, { queue, outgoing, phase, holds: 0, idleMessages: 0 }, [...effects, ...begun]);
    }
    case 'statusesFirst':
      return interim(framing, effects);
    default:
      return abort(framing, 'MaxMsgSize of the device is too small for any command', effects);
  }
}

/** Statuses and Alert 1222, no commands, no Final: the "Next Message" response, or Statuses that go first (DM-1.3 §7.2). */
function interim(framing: Framing, effects: readonly SessionEffect[]): Step {
  const fitted = fitStatuses(framing, { alert: ALERT.nextMessage, final: false });
  if (fitted === undefined) return abort(framing, 'MaxMsgSize of the device is too small for our Statuses', effects);
  return send(framing, fitted.composed, { dueStatuses: fitted.left }, effects);
}

/** Nothing is left to do: an empty package ends the session, unless an Alert 1225 in it wants a Status. */
function endPackage(framing: Framing, empty: Composed): Step {
  const phase = framing.session.noEndOfData === undefined ? 'closed' : 'awaitingDevice';
  return send(framing, empty, { phase }, []);
}

/** Puts the device off; after too many times the session ends. */
function hold(framing: Framing): Step {
  const { holds } = framing.session;
  if (holds >= MAX_HOLDS) {
    const ended = endSession(
      framing.session,
      'bridge',
      `the backend did not answer while the device was put off ${holds} times`,
    );
    return close({ ...framing, session: ended.session }, false, ended.effects);
  }
  return keepAlive({ ...framing, session: { ...framing.session, holds: holds + 1 } }, []);
}

/** A Get whose answer nobody needs, so that the device comes back. */
function keepAlive(framing: Framing, effects: readonly SessionEffect[]): Step {
  const composed = draw(framing, { holdGet: true, final: true });
  if (!fits(framing, composed.message)) return interim(framing, effects);
  return send(framing, composed, { phase: 'awaitingDevice' }, effects);
}

function abort(framing: Framing, reason: string, earlier: readonly SessionEffect[] = []): Step {
  const ended = endSession(framing.session, 'bridge', reason);
  return close({ ...framing, session: ended.session }, true, [...earlier, ...ended.effects]);
}

/** The last message, or one after it: Statuses, perhaps Alert 1223, and always Final (DM-1.3 §6.1.2). */
function close(framing: Framing, withAbort: boolean, effects: readonly SessionEffect[]): Step {
  const content: Content = withAbort ? { alert: ALERT.sessionAbort, final: true } : { final: true };
  const fitted = fitStatuses(framing, content);
  // Where not even this fits, nothing does: the shortest message is sent all the same.
  const composed = fitted?.composed ?? draw({ ...framing, statuses: framing.statuses.slice(0, 1) }, content);
  return send(framing, composed, { phase: 'closed', dueStatuses: [] }, effects);
}

/** As many Statuses as fit, but at least that for SyncHdr; undefined when not even that does. */
function fitStatuses(framing: Framing, content: Content): Fitted | undefined {
  const { statuses } = framing;
  const drawn = (count: number): Composed => draw({ ...framing, statuses: statuses.slice(0, count) }, content);
  const fitting = mostThatFit(statuses.length, (count) => fits(framing, drawn(count).message));
  return fitting === 0 ? undefined : { composed: drawn(fitting), left: statuses.slice(fitting) };
}

/** The session after the message has gone. */
function send(
  framing: Framing,
  composed: Composed,
  change: Partial<Dm1Session>,
  effects: readonly SessionEffect[],
): Step {
  const { announce: _, noEndOfData: __, abortDue: ___, ...session } = framing.session;
  const { cred, mac } = framing.credentials;
  const sequence = session.engineCommands.filter((command) => command.cmd === 'Sequence');
  return {
    session: {
      ...session,
      nextMsgId: session.nextMsgId + 1,
      dueStatuses: [],
      nextMessageDue: false,
      outstanding: [...session.outstanding, ...composed.outstanding],
      engineCommands: [...sequence, ...composed.engineCommands],
      serverAuth: { ...session.serverAuth, credSent: cred !== undefined || mac === true },
      ...change,
    },
    effects: [...effects, { type: 'send', message: composed.message }],
  };
}
