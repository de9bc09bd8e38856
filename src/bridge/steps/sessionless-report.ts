/**
 * Step 4 for a sessionless report (Alert 1230, DM-1.3 §6.9): it runs beside the session and changes neither the session
 * nor its stored answer. A report is recognized by its bytes for a minute (ADR 23).
 */
import type { AnsweredReport, DeviceRecord } from '../../device/record.ts';
import { reportAnswer } from '../../dm1/stateless-answers.ts';
import { HTTP } from '../../http-status.ts';
import type { Mutable } from '../../mutable.ts';
import { southOptions } from '../open-session.ts';
import { AlertRecognition, withoutSeenAnswer } from '../repeated-alerts.ts';
import { withAuthenticationInfo } from '../server-credentials.ts';
import { alertRoom, applySouthEffects } from '../south-effects.ts';
import { traceMessage } from '../trace.ts';
import type { Reply, Turn } from '../turn.ts';
import { isProvenByBytes, type StoredResponse } from './stored-answer.ts';

const REPORT_RECOGNIZED_MS = 60_000;
/** The number of reports of one device that are recognized; the oldest go first. */
const MAX_RECOGNIZED_REPORTS = 50;

/** The answer that the report with these bytes had before, while it is recognized. */
export function findReport(
  record: DeviceRecord | undefined,
  requestHash: string,
  at: number,
): (StoredResponse & { readonly isProven: boolean }) | undefined {
  const known = record?.reports?.find((report) => report.requestHash === requestHash && isRecognized(report, at));
  if (known === undefined) return undefined;
  const { headers, body, isProven = false } = known;
  return { status: HTTP.ok, headers, body, isProven };
}

/** Accepts the alerts of the report. */
export function handleReport(turn: Turn): Reply {
  const { options, incoming, acceptance, cell, encoder } = turn;
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
  const recent = reports.filter((report) => isRecognized(report, at)).slice(1 - MAX_RECOGNIZED_REPORTS);
  const report: Mutable<AnsweredReport> = { requestHash, at, headers, body: Buffer.from(body).toString('base64') };
  if (isProvenByBytes(acceptance)) report.isProven = true;
  cell.record = { ...withoutSeenAnswer(cell.record, acceptance), reports: [...recent, report] };
  return { answer };
}

function isRecognized(report: AnsweredReport, at: number): boolean {
  return at < report.at + REPORT_RECOGNIZED_MS;
}
