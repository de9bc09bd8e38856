/**
 * One authenticated message: the engine takes it, the northbound session goes on with what it brought, the engine
 * answers, and everything is stored before the answer leaves.
 */
import type { CommandOutcome } from '../dm1/server-command.ts';
import { messageToSend, step } from '../dm1/session.ts';
import type { Dm1Session, SessionEffect, SessionInput, Verdict } from '../dm1/session-model.ts';
import { outsideSessionAnswer } from '../dm1/stateless-answers.ts';
import type { NorthInput } from '../north/step.ts';
import { chooseAccount } from './account-choice.ts';
import type { DeviceCell } from './device-cell.ts';
import { keepSouthEffect, keepTolerance } from './device-effects.ts';
import { interruption, leaveNorth, southOptions } from './device-session.ts';
import { answerScale, type DeviceAnswer, type Exchange, traceAnswer, traceMessage } from './exchange.ts';
import { noteGivenUp, recordInterruption } from './interruption.ts';
import type { LiveDevices } from './live-devices.ts';
import { AFTERLIFE } from './message-order.ts';
import { breakCache, closeCache, openCache } from './mo-cache.ts';
import { northRunOf, runnable } from './north-run.ts';
import type { NorthRun } from './north-runner.ts';
import { ownCredentials, rememberChallenge, withAuthenticationInfo, withMac } from './server-credentials.ts';
import type { DmSession } from './session.ts';

/** The next message of the session in `cell`. */
export async function handleMessage(
  live: LiveDevices,
  exchange: Exchange,
  cell: DeviceCell,
  verdict: Verdict,
): Promise<DeviceAnswer> {
  const { options, message, request, at, tolerated, requestHash } = exchange;
  const opened = sessionOf(cell);
  const isFirst = opened.south.lastMsgIdIn === 0;
  cell.session = {
    ...opened,
    tokenUsed: opened.tokenUsed || request.token === opened.token,
    mediaType: request.contentType,
    lastMessageAt: at,
    unanswered: requestHash,
    acknowledged: [],
    repeatable: isFirst ? (opened.repeatable ?? []) : [],
    south: goOnFrom(opened.south, message.header.msgId),
  };
  const effects = feed(cell, { type: 'messageReceived', message, verdict });
  rememberChallenge(cell, opened.south.serverAuth.chal);
  for (const what of tolerated) keepTolerance(options, cell, what);
  for (const effect of effects) keepSouthEffect(options, cell, effect);
  noteGivenUp(options, cell, opened, effects);
  return await answerMessage(live, exchange, cell, effects);
}

/** A challenge in mid-session had the device's MsgID; ours must not come a second time (DM-1.3 §6.3). */
function goOnFrom(south: Dm1Session, msgId: number): Dm1Session {
  return msgId > south.nextMsgId ? { ...south, nextMsgId: msgId } : south;
}

/** The message was taken by a bridge that stopped before it answered; nothing in it is taken again. */
export function answerTaken(live: LiveDevices, exchange: Exchange, cell: DeviceCell): Promise<DeviceAnswer> {
  return answerMessage(live, exchange, cell, []);
}

/** What the message brought goes north; the answer is stored with all that it rests on, and leaves. */
async function answerMessage(
  live: LiveDevices,
  exchange: Exchange,
  cell: DeviceCell,
  effects: readonly SessionEffect[],
): Promise<DeviceAnswer> {
  const { options, request } = exchange;
  const { id } = sessionOf(cell);
  traceMessage(exchange, cell.record.devId, id);
  chooseAccount(options, cell, request.headers['user-agent']);
  if (isOpening(sessionOf(cell))) openCache(options, cell);
  const run = northRunOf(options, cell, runnable(sessionOf(cell)));
  const inputs = [...interruption(live, run, sessionOf(cell)), ...northInputs(sessionOf(cell), effects)];
  if (inputs.length > 0) live.start(run, inputs);
  const { reply, outcomes, isAborted } = await composeReply(live, exchange, cell, run);
  const isInOrder = !isAborted && !effects.some(({ type }) => type === 'aborted');
  const { south, closedAt: before } = sessionOf(cell);
  if (south.phase === 'closed' && before === undefined) closeCache(options, cell, isInOrder);
  const answer = withMac(exchange, cell, withAuthenticationInfo(exchange, reply));
  keepAnswer(exchange, cell, answer);
  await cell.commit();
  // The device has had its last answer: what the backend still waits for is answered without it.
  const { closedAt, north } = sessionOf(cell);
  if (closedAt !== undefined && !north.deviceGone) leaveNorth(live, options, cell, sessionOf(cell), outcomes);
  traceAnswer(exchange, cell.record.devId, id, answer);
  return answer;
}

/**
 * A message with valid credentials that belongs to no session and opens none: its alerts are kept, then Alert 1223. The
 * device has left the session that was open.
 */
export async function handleOutsideSession(
  live: LiveDevices,
  exchange: Exchange,
  cell: DeviceCell,
  verdict: Verdict,
): Promise<DeviceAnswer> {
  const { options, message, at } = exchange;
  traceMessage(exchange, cell.record.devId, undefined);
  const before = cell.session;
  const isLeft = before !== undefined && before.closedAt === undefined;
  recordInterruption(options, cell, before);
  breakCache(cell);
  if (isLeft) cell.session = { ...before, closedAt: at, south: { ...before.south, phase: 'closed' } };
  const session = southOptions(exchange, cell, options.south.publicUrl);
  const scale = answerScale(exchange);
  const stray = outsideSessionAnswer(session, message, verdict, scale.measure);
  for (const alert of stray.alerts) keepSouthEffect(options, cell, { type: 'alertReceived', alert });
  const answer = withAuthenticationInfo(exchange, scale.answer(stray.message));
  keepAnswer(exchange, cell, answer);
  await cell.commit();
  if (isLeft) leaveNorth(live, options, cell, before);
  traceAnswer(exchange, cell.record.devId, undefined, answer);
  return answer;
}

/** Package#1 is complete, and the backend has not heard of it. */
function isOpening({ south, north }: DmSession): boolean {
  return north.phase === 'waiting' && south.phase !== 'initializing';
}

/** What the northbound session must hear of this message. */
function northInputs(session: DmSession, effects: readonly SessionEffect[]): readonly NorthInput[] {
  const outcomes = effects.flatMap((effect) => (effect.type === 'outcome' ? [effect.outcome] : []));
  const isGone = effects.some(({ type }) => type === 'aborted');
  return [
    ...(isGone ? [{ type: 'deviceGone' as const, outcomes }] : []),
    ...(isGone || outcomes.length === 0 ? [] : [{ type: 'outcomes' as const, outcomes }]),
    ...(isOpening(session) ? [{ type: 'opened' as const }] : []),
  ];
}

/** The engine's answer, and what the backend is told once it has left: the end of the session decides over commands, too. */
interface Reply {
  readonly reply: DeviceAnswer;
  readonly outcomes: readonly CommandOutcome[];
  readonly isAborted: boolean;
}

/** Makes the answer; what turns out to be unsendable is answered north before it leaves. */
async function composeReply(live: LiveDevices, exchange: Exchange, cell: DeviceCell, run: NorthRun): Promise<Reply> {
  const { options } = exchange;
  const scale = answerScale(exchange);
  for (;;) {
    const isHeld = !(await live.settled(run, options.clock, exchange.at + options.south.answerWithin));
    const { south } = sessionOf(cell);
    const mode = isHeld ? 'hold' : 'continue';
    const next = step(south, {
      type: 'answerDue',
      mode,
      ...ownCredentials(exchange, cell),
      measure: scale.measure,
    });
    const outcomes = next.effects.flatMap((effect) => (effect.type === 'outcome' ? [effect.outcome] : []));
    if (outcomes.length > 0 && !isHeld && next.session.phase !== 'closed') {
      cell.session = { ...sessionOf(cell), south: withoutQueued(south, outcomes) };
      live.start(run, [{ type: 'outcomes', outcomes }]);
      continue;
    }
    cell.session = { ...sessionOf(cell), south: next.session };
    for (const effect of next.effects) keepSouthEffect(options, cell, effect);
    const isAborted = next.effects.some(({ type }) => type === 'aborted');
    return { reply: scale.answer(messageToSend(next)), outcomes, isAborted };
  }
}

function withoutQueued(south: Dm1Session, outcomes: readonly CommandOutcome[]): Dm1Session {
  const answered = new Set(outcomes.map(({ id }) => id));
  return { ...south, queue: south.queue.filter(({ id }) => !answered.has(id)) };
}

function keepAnswer(
  { options, message, requestHash }: Exchange,
  cell: DeviceCell,
  { status, headers, body }: DeviceAnswer,
): void {
  const { sessionId, msgId } = message.header;
  const isOver = cell.session === undefined || cell.session.south.phase === 'closed';
  const at = options.clock.now();
  if (cell.session !== undefined) {
    const { unanswered: _, ...session } = cell.session;
    cell.session = isOver && session.closedAt === undefined ? { ...session, closedAt: at } : session;
  }
  cell.answer = {
    sessionId,
    msgId,
    requestHash,
    status,
    headers,
    body: Buffer.from(body).toString('base64'),
    ...(isOver ? { expiresAt: at + AFTERLIFE } : {}),
  };
}

function feed(cell: DeviceCell, input: SessionInput): readonly SessionEffect[] {
  const session = sessionOf(cell);
  const { session: south, effects } = step(session.south, input);
  cell.session = { ...session, south };
  return effects;
}

function sessionOf({ session, record }: DeviceCell): DmSession {
  if (session === undefined) throw new TypeError(`${record.devId} has no session`);
  return session;
}
