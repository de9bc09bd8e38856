/**
 * One authenticated message: the engine takes it, the northbound session goes on with what it brought, the engine
 * answers, and everything is stored before the answer leaves.
 */
import { makeServerCred } from '../dm1/cred.ts';
import { messageToSend, openSession, type SessionOptions, step } from '../dm1/session.ts';
import type {
  CommandOutcome,
  Dm1Session,
  Dm1Version,
  SessionEffect,
  SessionInput,
  Verdict,
} from '../dm1/session-model.ts';
import { strayAnswer } from '../dm1/stateless-answers.ts';
import { measureMessage } from '../syncml/codec.ts';
import type { Cred, SyncmlMessage } from '../syncml/message.ts';
import { isAwaitingReply, type NorthInput, openNorthSession } from '../translate/north-step.ts';
import { chooseAccount } from './account-choice.ts';
import type { DeviceCell } from './device-cell.ts';
import { keepSouthEffect, keepTolerance } from './device-effects.ts';
import { type DeviceAnswer, type Exchange, toAnswer, traceAnswer, traceMessage } from './exchange.ts';
import type { LiveDevices } from './live-devices.ts';
import { AFTERLIFE } from './message-order.ts';
import { northRunOf, runnable } from './north-run.ts';
import type { NorthRun } from './north-runner.ts';
import type { DmSession } from './state.ts';

/** Opens a session for this Package#1; one that was open ends, and the backend hears 503 for what it waited for. */
export function openSessionOf(live: LiveDevices, exchange: Exchange, cell: DeviceCell): void {
  const { options, request, at } = exchange;
  const before = cell.session;
  if (before !== undefined && before.north.phase !== 'ended') {
    cell.detach(before.north);
    const run = northRunOf(options, cell, runnable(before));
    live.start(run, [...interruption(live, run, before), { type: 'deviceGone' }]);
  }
  const name = Buffer.from(options.random.bytes(8)).toString('hex');
  const token = Buffer.from(options.random.bytes(16)).toString('base64url');
  const south = openSession(southOptions(exchange, cell, `${options.south.publicUrl}/${token}`));
  const north = openNorthSession(name, '');
  cell.session = {
    id: name,
    account: '',
    token,
    tokenUsed: false,
    mediaType: request.contentType,
    openedAt: at,
    lastMessageAt: at,
    south,
    north,
  };
}

function southOptions({ options, message }: Exchange, { record }: DeviceCell, respUri: string): SessionOptions {
  const { header } = message;
  return {
    version: versionOf(header.verProto),
    sessionId: header.sessionId,
    device: record.devId,
    deviceUri: header.source.locUri,
    serverUri: header.target.locUri,
    respUri,
    nextMsgId: header.msgId,
    ordering: record.facts.ordering ?? 'sequence',
    announce: { maxMsgSize: options.south.maxBodyBytes, maxObjSize: options.south.maxObjectBytes },
  };
}

/** Other versions were answered 513 before. */
function versionOf(verProto: string): Dm1Version {
  if (verProto === 'DM/1.1') return '1.1';
  return verProto === 'DM/1.2' ? '1.2' : '1.3';
}

/** The next message of the session in `cell`. */
export async function converse(
  live: LiveDevices,
  exchange: Exchange,
  cell: DeviceCell,
  verdict: Verdict,
): Promise<DeviceAnswer> {
  const { options, message, request, at, tolerated } = exchange;
  const opened = sessionOf(cell);
  traceMessage(exchange, cell.record.devId, opened.id);
  const tokenUsed = opened.tokenUsed || request.token === opened.token;
  cell.session = { ...opened, tokenUsed, mediaType: request.contentType, lastMessageAt: at };
  const effects = feed(cell, { type: 'messageReceived', message, verdict });
  for (const what of tolerated) keepTolerance(options, cell, what);
  for (const effect of effects) keepSouthEffect(options, cell, effect);
  chooseAccount(options, cell);
  const run = northRunOf(options, cell, runnable(sessionOf(cell)));
  const inputs = [...interruption(live, run, sessionOf(cell)), ...northInputs(sessionOf(cell), effects)];
  if (inputs.length > 0) live.start(run, inputs);
  const reply = await composeReply(live, exchange, cell, run);
  const answer = toAnswer(reply, request.contentType);
  keepAnswer(exchange, cell, answer);
  await cell.commit();
  endNorth(live, run, cell);
  traceAnswer(exchange, cell.record.devId, opened.id, answer);
  return answer;
}

/** A message with valid credentials that belongs to no session and opens none: its alerts are kept, then Alert 1223. */
export async function converseWithoutSession(
  exchange: Exchange,
  cell: DeviceCell,
  verdict: Verdict,
): Promise<DeviceAnswer> {
  const { options, message, request } = exchange;
  traceMessage(exchange, cell.record.devId, undefined);
  const session = southOptions(exchange, cell, options.south.publicUrl);
  const stray = strayAnswer(session, message, verdict, measurer(request.contentType));
  for (const alert of stray.alerts) keepSouthEffect(options, cell, { type: 'alertReceived', alert });
  const answer = toAnswer(stray.message, request.contentType);
  if (cell.session === undefined || cell.session.closedAt !== undefined) keepAnswer(exchange, cell, answer);
  await cell.commit();
  traceAnswer(exchange, cell.record.devId, undefined, answer);
  return answer;
}

/** A request was on its way when the bridge that made it stopped: nobody waits for it any more. */
export function interruption(live: LiveDevices, run: NorthRun, { north }: DmSession): readonly NorthInput[] {
  return isAwaitingReply(north) && !live.isRunning(run) ? [{ type: 'interrupted' }] : [];
}

/** What the northbound session must hear of this message. */
function northInputs({ south, north }: DmSession, effects: readonly SessionEffect[]): readonly NorthInput[] {
  const outcomes = effects.flatMap((effect) => (effect.type === 'outcome' ? [effect.outcome] : []));
  const isOpening = north.phase === 'waiting' && south.phase !== 'initializing';
  return [
    ...(outcomes.length === 0 ? [] : [{ type: 'outcomes' as const, outcomes }]),
    ...(effects.some(({ type }) => type === 'aborted') ? [{ type: 'deviceGone' as const }] : []),
    ...(isOpening ? [{ type: 'opened' as const }] : []),
  ];
}

/** The engine's answer; what turns out to be unsendable is answered north before it leaves. */
async function composeReply(
  live: LiveDevices,
  exchange: Exchange,
  cell: DeviceCell,
  run: NorthRun,
): Promise<SyncmlMessage> {
  const { options, request } = exchange;
  for (;;) {
    const isHeld = !(await live.settled(run, options.clock, exchange.at + options.south.answerWithin));
    const { south } = sessionOf(cell);
    const mode = isHeld ? 'hold' : 'continue';
    const next = step(south, { type: 'answerDue', mode, ...serverCred(cell), measure: measurer(request.contentType) });
    const outcomes = next.effects.flatMap((effect) => (effect.type === 'outcome' ? [effect.outcome] : []));
    if (outcomes.length > 0 && !isHeld && next.session.phase !== 'closed') {
      cell.session = { ...sessionOf(cell), south: withoutQueued(south, outcomes) };
      live.start(run, [{ type: 'outcomes', outcomes }]);
      continue;
    }
    cell.session = { ...sessionOf(cell), south: next.session };
    for (const effect of next.effects) keepSouthEffect(options, cell, effect);
    return messageToSend(next);
  }
}

function withoutQueued(south: Dm1Session, outcomes: readonly CommandOutcome[]): Dm1Session {
  const answered = new Set(outcomes.map(({ id }) => id));
  return { ...south, queue: south.queue.filter(({ id }) => !answered.has(id)) };
}

/** The device has had its last answer: what the backend still waits for is answered without it. */
function endNorth(live: LiveDevices, run: NorthRun, cell: DeviceCell): void {
  const session = cell.session;
  if (session?.closedAt === undefined || session.north.id !== run.id || session.north.phase === 'ended') return;
  if (!session.north.deviceGone) live.start(run, [{ type: 'deviceGone' }]);
}

function keepAnswer(
  { options, message, requestHash }: Exchange,
  cell: DeviceCell,
  { status, headers, body }: DeviceAnswer,
): void {
  const { sessionId, msgId } = message.header;
  const session = cell.session;
  const isOver = session === undefined || session.south.phase === 'closed';
  const at = options.clock.now();
  if (session !== undefined && isOver && session.closedAt === undefined) cell.session = { ...session, closedAt: at };
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

function measurer(contentType: string): (message: SyncmlMessage) => number {
  return (message) => measureMessage(message, contentType);
}

/** Our credentials, when the device wants to know who we are (DM-1.3 §9.3). */
function serverCred({ record, session }: DeviceCell): { cred?: Cred; locName?: string } {
  const auth = session?.south.serverAuth;
  if (record.server === undefined || (auth?.state !== 'challenged' && auth?.state !== 'everyMessage')) return {};
  const { user, password } = record.server;
  const cred = makeServerCred(auth.chal, user, password, record.serverNonce);
  return cred === undefined ? {} : { cred, locName: user };
}
