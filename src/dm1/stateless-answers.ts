/**
 * Answers that need no session: to a message without valid credentials, of a version or with a header that cannot be taken, and to
 * one that belongs to no session. They write nothing, hold no commands and no credentials of ours.
 *
 * @see DM-1.3 §9.1 (authentication failure), §6.3 (VerDTD, VerProto), §6.1 (abort); design: authentication, versions
 */

import { isDevInfo } from '../mo/loc-uri.ts';
import { ALERT } from '../syncml/alert-codes.ts';
import type { Chal, Command, StatusCommand, SyncHdr, SyncmlMessage } from '../syncml/message.ts';
import type { PartialHeader } from '../syncml/parse.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { alertCode } from './device-alert.ts';
import { addressOf, membersOf } from './device-commands.ts';
import { numbering, toStatus } from './outgoing-message.ts';
import { commandStatus, headerStatus } from './reception.ts';
import { messageToSend, openSession, type SessionOptions, step } from './session.ts';
import type { DeviceAlert, DueStatus, MeasureMessage, Verdict } from './session-model.ts';
import { mostThatFit } from './size-limits.ts';

/** What the bridge speaks, for a device that speaks something else. */
const SUPPORTED_VERSIONS = {
  [STATUS.dtdVersionNotSupported]: ['1.1', '1.2'],
  [STATUS.protocolVersionNotSupported]: ['DM/1.1', 'DM/1.2', 'DM/1.3'],
} as const;

/** What an answer takes from the session that its message belongs to, if from any. */
export interface Setting {
  readonly respUri: string;
  /** Source; without a session what the device calls us. */
  readonly serverUri?: string;
  /** What the device said before; what it says in the message counts more. */
  readonly maxMsgSize?: number;
}

/**
 * Challenges a message: 407 without credentials, 401 with wrong ones, for SyncHdr and every command in it (DM-1.3 §9.1). Without
 * Chal when HTTP itself asks, and nothing in a message would do. What MaxMsgSize leaves no room for is left out: nothing is kept
 * of the message that a later answer could make up for.
 */
export function challengeMessage(
  message: SyncmlMessage,
  code: 401 | 407,
  chal: Chal | undefined,
  setting: Setting,
  measure: MeasureMessage,
): SyncmlMessage {
  const { header } = message;
  const commands = message.commands.flatMap(answerable).map((command) => commandStatus(message, command, code));
  const refusal = headerStatus(message, { status: code, ...(chal === undefined ? {} : { chal }) });
  const drawn = (count: number) => reply(header, setting, [refusal, ...commands.slice(0, count)]);
  const { maxMsgSize = setting.maxMsgSize ?? 0 } = header.meta ?? {};
  if (maxMsgSize === 0) return drawn(commands.length);
  return drawn(mostThatFit(commands.length, (count) => measure(drawn(count)) <= maxMsgSize));
}

/** Tells a device of an unknown version which ones it may use: 505 for VerDTD, 513 for VerProto (DM-1.3 §12). */
export function versionMessage(header: SyncHdr, code: 505 | 513, respUri: string): SyncmlMessage {
  const written = { ...header, verDtd: '1.2', verProto: 'DM/1.3' };
  const message = reply(written, { respUri }, [headerStatus(asMessage(header), { status: code })]);
  const items = SUPPORTED_VERSIONS[code].map((version) => ({ data: version }));
  return { ...message, commands: message.commands.map((command) => withItems(command, items)) };
}

/** Status 400 for a header that lacks something; undefined when it does not say to whom an answer would go (design: bad input). */
export function headerErrorMessage(header: PartialHeader, respUri: string): SyncmlMessage | undefined {
  const { source } = header;
  if (source === undefined || source.locUri === '') return undefined;
  const complete: SyncHdr = {
    verDtd: header.verDtd === '1.1' ? '1.1' : '1.2',
    verProto: /^DM\/1\.[123]$/u.test(header.verProto ?? '') ? (header.verProto ?? '') : 'DM/1.3',
    sessionId: header.sessionId ?? '0',
    msgId: header.msgId ?? 1,
    target: header.target ?? { locUri: respUri },
    source,
  };
  return reply(complete, { respUri }, [headerStatus(asMessage(complete), { status: STATUS.badRequest })]);
}

/**
 * Answers an authenticated message that begins no session and belongs to none: Statuses, Alert 1223, Final. Its alerts count.
 */
export function outsideSessionAnswer(
  options: SessionOptions,
  message: SyncmlMessage,
  verdict: Verdict,
  measure: MeasureMessage,
): { readonly message: SyncmlMessage; readonly alerts: readonly DeviceAlert[] } {
  const received = step(openSession(options), { type: 'messageReceived', message, verdict });
  const answered = step(received.session, { type: 'answerDue', mode: 'abort', measure });
  const alerts = received.effects.flatMap((effect) => (effect.type === 'alertReceived' ? [effect.alert] : []));
  return { message: messageToSend(answered), alerts };
}

/** Answers sessionless reports: Status for SyncHdr and each alert, Final, and no session (DM-1.3 §6.9). */
export function reportAnswer(
  options: SessionOptions,
  message: SyncmlMessage,
  verdict: Verdict,
  measure: MeasureMessage,
): { readonly message: SyncmlMessage; readonly alerts: readonly DeviceAlert[] } {
  const whole = { ...message, final: true };
  const received = step(openSession(options), { type: 'messageReceived', message: whole, verdict });
  const answered = step(received.session, { type: 'answerDue', mode: 'continue', measure });
  const alerts = received.effects.flatMap((effect) => (effect.type === 'alertReceived' ? [effect.alert] : []));
  return { message: messageToSend(answered), alerts };
}

/** Whether a message brings sessionless reports and nothing else. */
export function isSessionlessReport({ commands }: SyncmlMessage): boolean {
  const isReport = (command: Command) => command.name === 'Alert' && alertCode(command) === ALERT.sessionlessReport;
  return commands.length > 0 && commands.every(isReport);
}

/** Whether a message is a Package#1: it begins the sender's count, or has what only that package has (DM-1.3 §6.3). */
export function isPackageOne(message: SyncmlMessage): boolean {
  return message.header.msgId === 1 || message.commands.some(opensSession);
}

function opensSession(command: Command): boolean {
  if (command.name === 'Alert') {
    const code = alertCode(command);
    return code === ALERT.serverInitiatedManagement || code === ALERT.clientInitiatedManagement;
  }
  return command.name === 'Replace' && command.items.some((item) => isDevInfo(addressOf(item)));
}

/** A command and what stands in it, without those that never get a Status. */
function answerable(command: Command): readonly Command[] {
  if (command.name === 'Status' || command.name === 'Results') return [];
  return [command, ...membersOf(command).flatMap(answerable)];
}

/** A message that swaps the parties of `header`; its MsgID is the device's, from which the engine goes on (design: authentication). */
function reply(
  header: SyncHdr,
  { respUri, serverUri = header.target.locUri }: Setting,
  statuses: readonly DueStatus[],
): SyncmlMessage {
  const nextCmdId = numbering();
  return {
    header: {
      verDtd: header.verDtd,
      verProto: header.verProto,
      sessionId: header.sessionId,
      msgId: header.msgId,
      target: { locUri: header.source.locUri },
      source: { locUri: serverUri },
      respUri,
    },
    commands: statuses.map((due) => toStatus(due, nextCmdId())),
    final: true,
  };
}

function asMessage(header: SyncHdr): SyncmlMessage {
  return { header, commands: [], final: true };
}

function withItems(command: Command, items: StatusCommand['items']): Command {
  return command.name === 'Status' ? { ...command, items } : command;
}
