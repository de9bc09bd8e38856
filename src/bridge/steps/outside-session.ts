/**
 * Step 4 for a message with valid credentials that belongs to no session and opens none: its alerts are accepted, then
 * Alert 1223 ends it. The device has left the session that was open.
 */
import { step } from '../../dm1/session.ts';
import { outsideSessionAnswer } from '../../dm1/stateless-answers.ts';
import { breakCacheChain } from '../mo-cache.ts';
import { southOptions } from '../open-session.ts';
import { AlertRecognition, repeatableAlerts } from '../repeated-alerts.ts';
import { withAuthenticationInfo } from '../server-credentials.ts';
import { recordInterruption } from '../session-interruption.ts';
import { alertRoom, applySouthEffects } from '../south-effects.ts';
import { traceMessage } from '../trace.ts';
import type { Reply, Turn } from '../turn.ts';
import { recordAnswer } from './stored-answer.ts';

export function handleOutsideSession(turn: Turn): Reply {
  const { options, incoming, acceptance, cell, encoder } = turn;
  const { message, at } = incoming;
  traceMessage(options, { device: cell.record.devId, session: '' }, incoming);
  const before = cell.session;
  recordInterruption(turn, before);
  breakCacheChain(cell);
  const isLeft = before !== undefined && before.closedAt === undefined;
  if (isLeft) cell.session = { ...before, closedAt: at, south: step(before.south, { type: 'deviceLeft' }).session };
  const session = southOptions(turn, options.south.publicUrl);
  const { verdict } = acceptance;
  const received = { options: session, message, verdict, alertRoom: alertRoom(options, cell) };
  const accepted = outsideSessionAnswer(received, encoder.measure);
  cell.alerts = new AlertRecognition(repeatableAlerts(cell.record, acceptance));
  applySouthEffects(options, cell, accepted.effects);
  const answer = withAuthenticationInfo(turn, encoder.encode(accepted.message));
  recordAnswer(turn, answer);
  return { answer, left: isLeft ? { south: before.south, outcomes: [] } : undefined };
}
