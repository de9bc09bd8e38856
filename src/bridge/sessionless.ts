/**
 * Sessionless reports (DM-1.3 §6.9, Alert 1230): they run beside the session, neither end nor replace it nor its stored
 * answer, and are known again by their bytes for a day.
 */

import type { DeviceRecord } from '../device/record.ts';
import type { Verdict } from '../dm1/session-model.ts';
import { reportAnswer } from '../dm1/stateless-answers.ts';
import type { DeviceCell } from './device-cell.ts';
import { keepSouthEffect } from './device-effects.ts';
import { southOptions } from './device-session.ts';
import { answerScale, type DeviceAnswer, type Exchange, traceAnswer, traceMessage } from './exchange.ts';
import { withAuthenticationInfo } from './server-credentials.ts';

/** How long a report is known, in milliseconds. */
const DAY = 24 * 3600 * 1000;
/** How many are known of one device at most; the oldest go first. */
const MOST_KNOWN = 50;

/** The answer that these bytes had before, while they are known. */
export function repeatedReport(
  { reports = [] }: DeviceRecord,
  { requestHash, at }: Exchange,
): DeviceAnswer | undefined {
  const known = reports.find((report) => report.requestHash === requestHash && at < report.at + DAY);
  if (known === undefined) return undefined;
  return { status: 200, headers: known.headers, body: new Uint8Array(Buffer.from(known.body, 'base64')) };
}

/** Keeps the alerts and answers them; the session in the cell stays as it is. */
export async function takeReport(exchange: Exchange, cell: DeviceCell, verdict: Verdict): Promise<DeviceAnswer> {
  const { options, message, requestHash, at } = exchange;
  const scale = answerScale(exchange);
  traceMessage(exchange, cell.record.devId, undefined);
  const taken = reportAnswer(southOptions(exchange, cell, options.south.publicUrl), message, verdict, scale.measure);
  for (const alert of taken.alerts) keepSouthEffect(options, cell, { type: 'alertReceived', alert });
  const answer = withAuthenticationInfo(exchange, scale.answer(taken.message));
  const { headers, body } = answer;
  const earlier = (cell.record.reports ?? []).filter((report) => at < report.at + DAY).slice(1 - MOST_KNOWN);
  const reports = [...earlier, { requestHash, at, headers, body: Buffer.from(body).toString('base64') }];
  cell.record = { ...cell.record, reports };
  await cell.commit();
  traceAnswer(exchange, cell.record.devId, undefined, answer);
  return answer;
}
