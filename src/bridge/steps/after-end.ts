/**
 * Step 4 for a message with nothing but Statuses that comes after the end of its session, or of an exchange without one. It
 * has no effect. The answer is Status for SyncHdr and Final: some clients do not survive an answer without a body.
 */
import { messageToSend, step } from '../../dm1/session.ts';
import { reportAnswer } from '../../dm1/stateless-answers.ts';
import { southOptions } from '../open-session.ts';
import { withRespUriUse } from '../resp-uri-use.ts';
import { serverCredentialsFor, withAuthenticationInfo, withMac } from '../server-credentials.ts';
import type { DmSession } from '../session.ts';
import { hasToken } from '../session-binding.ts';
import { alertRoom } from '../south-effects.ts';
import { traceMessage } from '../trace.ts';
import type { Reply, Turn } from '../turn.ts';
import { recordAnswer } from './stored-answer.ts';

/** `session` is absent when the exchange had none. */
export function handleAfterEnd(turn: Turn, session: DmSession | undefined): Reply {
  return session === undefined ? answerWithoutSession(turn) : answerClosedSession(turn, session);
}

function answerClosedSession(turn: Turn, session: DmSession): Reply {
  const { options, incoming, acceptance, cell, encoder } = turn;
  const { message, request } = incoming;
  const { id } = session;
  traceMessage(options, { device: cell.record.devId, session: id }, incoming);
  const isAtRespUri = hasToken(request, session);
  const facts = withRespUriUse(cell.record.facts, isAtRespUri, acceptance.scheme !== undefined);
  cell.record = { ...cell.record, facts };
  const { verdict } = acceptance;
  const received = step(session.south, { type: 'messageReceived', message, verdict });
  const south = received.session;
  const ended = { ...session, tokenUsed: session.tokenUsed || isAtRespUri };
  cell.session = { ...ended, south };
  const { measure } = encoder;
  const next = step(south, { type: 'answerDue', mode: 'continue', ...serverCredentialsFor(turn), measure });
  cell.session = { ...ended, south: next.session };
  const answer = withMac(turn, withAuthenticationInfo(turn, encoder.encode(messageToSend(next))));
  recordAnswer(turn, answer);
  return { answer, session: id };
}

function answerWithoutSession(turn: Turn): Reply {
  const { options, incoming, acceptance, cell, encoder } = turn;
  traceMessage(options, { device: cell.record.devId, session: '' }, incoming);
  const session = southOptions(turn, options.south.publicUrl);
  const { verdict } = acceptance;
  const received = { options: session, message: incoming.message, verdict, alertRoom: alertRoom(options, cell) };
  const { message } = reportAnswer(received, encoder.measure);
  const answer = withAuthenticationInfo(turn, encoder.encode(message));
  recordAnswer(turn, answer);
  return { answer };
}
