/**
 * Step 4 for a sessionless report (Alert 1230, DM-1.3 §6.9): it runs beside the session and changes neither the session
 * nor its stored answer. A report is recognized by its bytes for a minute (ADR 23).
 */
import { deviceKey } from '../../device/dev-id.ts';
import type { AnsweredReport, DeviceRecord } from '../../device/record.ts';
import { reportAnswer } from '../../dm1/stateless-answers.ts';
import { HTTP } from '../../http-status.ts';
import type { Mutable } from '../../mutable.ts';
import { southOptions } from '../open-session.ts';
import { AlertRecognition, withoutSeenAnswer } from '../repeated-alerts.ts';
import { withAuthenticationInfo } from '../server-credentials.ts';
import { alertRoom, applySouthEffects } from '../south-effects.ts';
import type { StoredTimes } from '../stored-times.ts';
import { traceMessage } from '../trace.ts';
import type { Reply, Turn } from '../turn.ts';
import { isProvenByBytes, type StoredResponse } from './stored-answer.ts';

const REPORT_RECOGNIZED_MS = 60_000;
/** The number of reports of one device that are recognized; the oldest go first. */
const MAX_RECOGNIZED_REPORTS = 50;

/** The answer that the report with these bytes had before, while it is recognized. */
export function findReport(
  times: StoredTimes,
  record: DeviceRecord | undefined,
  requestHash: string,
): (StoredResponse & { readonly isProven: boolean }) | undefined {
  const known = record?.reports?.find((report) => report.requestHash === requestHash);
  if (record === undefined || known === undefined || !isRecognized(times, record, known)) return undefined;
  const { headers, body, isProven = false } = known;
  return { status: HTTP.ok, headers, body, isProven };
}

/** Accepts the alerts of the report. */
export function handleReport(turn: Turn): Reply {
  const { options, times, incoming, acceptance, cell, encoder } = turn;
  const { message, requestHash, at } = incoming;
  traceMessage(options, { device: cell.record.devId, session: '' }, incoming);
  const session = southOptions(turn, options.south.publicUrl);
  const { verdict } = acceptance;
  const received = { options: session, message, verdict, alertRoom: alertRoom(options, cell) };
  const accepted = reportAnswer(received, encoder.measure);
  cell.alerts = new AlertRecognition([]);
  applySouthEffects(options, cell, accepted.effects);
  const answer = withAuthenticationInfo(turn, encoder.encode(accepted.message));
  const { headers, body } = answer;
  const { reports = [] } = cell.record;
  const recent = reports.filter((report) => isRecognized(times, cell.record, report)).slice(1 - MAX_RECOGNIZED_REPORTS);
  const report: Mutable<AnsweredReport> = { requestHash, at, headers, body: Buffer.from(body).toString('base64') };
  if (isProvenByBytes(acceptance)) report.isProven = true;
  isRecognized(times, cell.record, report);
  cell.record = { ...withoutSeenAnswer(cell.record, acceptance), reports: [...recent, report] };
  return { answer };
}

function isRecognized(times: StoredTimes, { devId }: DeviceRecord, { requestHash, at }: AnsweredReport): boolean {
  return times.ageOf(`report ${requestHash} ${deviceKey(devId)}`, at) < REPORT_RECOGNIZED_MS;
}
