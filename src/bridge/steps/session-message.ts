/**
 * Step 4 for a message of a session: the engine receives it, the DM 2.0 session goes on with its outcomes, and the engine
 * makes the answer.
 */
import type { Acceptance } from '../../auth/auth-decision.ts';
import { step } from '../../dm1/session.ts';
import type { SessionEffect } from '../../dm1/session-model.ts';
import type { NorthInput } from '../../north/north-input.ts';
import { assignAccount } from '../assign-account.ts';
import { type DeviceCell, sessionIn } from '../device-cell.ts';
import { inputsAfterRestart } from '../device-gone.ts';
import { beginCacheSession, endCacheSession } from '../mo-cache.ts';
import { NorthDriver, northSessionOf } from '../north-driver.ts';
import { recordAnsweredNotification } from '../notifications/answered-notification.ts';
import { AlertRecognition } from '../repeated-alerts.ts';
import { withRespUriUse } from '../resp-uri-use.ts';
import { storeChallenge, withAuthenticationInfo, withMac } from '../server-credentials.ts';
import type { DmSession } from '../session.ts';
import { hasToken } from '../session-binding.ts';
import { recordAbort } from '../session-interruption.ts';
import { alertRoom, applySouthEffects, outcomesIn, recordTolerance, TRAILING_NUL } from '../south-effects.ts';
import { recheckSubscriptions } from '../subscriptions/changes.ts';
import { traceMessage } from '../trace.ts';
import type { Reply, Turn } from '../turn.ts';
import { composeAnswer } from './compose-answer.ts';
import { recordAnswer } from './stored-answer.ts';

/** Handles the next message of the open session. */
export function handleSessionMessage(turn: Turn): Promise<Reply> {
  return answerSessionMessage(turn, receiveMessage(turn));
}

/** Feeds the message to the engine and applies its effects, which are returned. */
function receiveMessage({ options, incoming, acceptance, cell, failures }: Turn): readonly SessionEffect[] {
  const { message, request, requestHash, tolerated, at } = incoming;
  const before = sessionIn(cell);
  const isFirst = before.south.lastMsgIdIn === 0;
  const isAtRespUri = hasToken(request, before);
  const { session: south, effects } = step(before.south, {
    type: 'messageReceived',
    message,
    verdict: acceptance.verdict,
    alertRoom: alertRoom(options, cell),
    hasTrailingNul: tolerated.includes(TRAILING_NUL),
  });
  cell.session = {
    ...before,
    tokenUsed: before.tokenUsed || isAtRespUri,
    mediaType: request.contentType,
    lastMessageAt: at,
    unanswered: requestHash,
    south,
  };
  storeChallenge(cell, before.south.serverAuth.chal);
  for (const quirk of tolerated) recordTolerance(options, cell, quirk);
  cell.alerts = new AlertRecognition(before.repeatable ?? []);
  applySouthEffects(options, cell, effects);
  if ((before.repeatable ?? []).length > 0) {
    const repeatable = south.phase === 'initializing' ? cell.alerts.remaining : [];
    cell.session = { ...sessionIn(cell), repeatable };
  }
  recordAbort({ options, cell, failures }, before, effects);
  if (!isFirst) recordRespUriUse(cell, isAtRespUri, acceptance);
  return effects;
}

/** After the effects: DevInfo of another version makes the device forget its facts. */
function recordRespUriUse(cell: DeviceCell, isAtRespUri: boolean, { scheme }: Acceptance): void {
  const facts = withRespUriUse(cell.record.facts, isAtRespUri, scheme !== undefined);
  if (facts !== cell.record.facts) cell.record = { ...cell.record, facts };
}

/** Answers a message that the engine has received with these effects. */
export async function answerSessionMessage(turn: Turn, effects: readonly SessionEffect[]): Promise<Reply> {
  const { options, devices, incoming, cell } = turn;
  const { id } = sessionIn(cell);
  traceMessage(options, { device: cell.record.devId, session: id }, incoming);
  const hasAccount = sessionIn(cell).account !== '';
  assignAccount(options, cell, incoming);
  if (isOpening(sessionIn(cell)) && !hasAccount) {
    recheckSubscriptions(options, cell);
    beginCacheSession(options, cell);
    recordVersion(cell);
    await recordAnsweredNotification(options, cell);
  }
  const driver = new NorthDriver(turn, northSessionOf(sessionIn(cell)));
  const inputs = [...inputsAfterRestart(devices, driver, sessionIn(cell)), ...northInputs(effects)];
  // Package#1 may still wait for the end of an older session.
  if (isOpening(sessionIn(cell)) && !devices.isNorthRunning(driver)) inputs.push({ type: 'opened' });
  if (inputs.length > 0) devices.startNorth(driver, inputs);
  const { answer, outcomes, isAborted } = await composeAnswer(turn, driver);
  const isInOrder = !isAborted && !isAbortedBy(effects);
  endCacheIfClosed(turn, isInOrder);
  const signed = withMac(turn, withAuthenticationInfo(turn, answer));
  recordAnswer(turn, signed);
  const { south, north, closedAt } = sessionIn(cell);
  const isLeft = closedAt !== undefined && !north.deviceGone;
  return { answer: signed, session: id, left: isLeft ? { south, outcomes } : undefined };
}

/** The format of a notification depends on it. */
function recordVersion(cell: DeviceCell): void {
  const { facts } = cell.record;
  const speaksDm13 = sessionIn(cell).south.version === '1.3';
  if (speaksDm13 !== (facts.speaksDm13 ?? false)) cell.record = { ...cell.record, facts: { ...facts, speaksDm13 } };
}

/** The inputs of the DM 2.0 session that follow from the message. */
function northInputs(effects: readonly SessionEffect[]): readonly NorthInput[] {
  const inputs: NorthInput[] = [];
  const outcomes = outcomesIn(effects);
  if (isAbortedBy(effects)) inputs.push({ type: 'deviceGone', outcomes });
  else if (outcomes.length > 0) inputs.push({ type: 'outcomes', outcomes });
  return inputs;
}

/** True when Package#1 is complete and the DM 2.0 session has not begun. */
function isOpening({ south, north }: DmSession): boolean {
  return north.phase === 'waiting' && south.phase !== 'initializing';
}

function isAbortedBy(effects: readonly SessionEffect[]): boolean {
  return effects.some(({ type }) => type === 'aborted');
}

function endCacheIfClosed({ options, cell }: Turn, isInOrder: boolean): void {
  const { south, closedAt } = sessionIn(cell);
  if (south.phase === 'closed' && closedAt === undefined) endCacheSession(options, cell, isInOrder);
}
