/**
 * Answers that need no session: to a message without valid credentials, with another version or an invalid header, and
 * to one outside any session. They contain no commands and no credentials of ours.
 *
 * @see DM-1.3 §9.1 (authentication failure), §6.3 (VerDTD, VerProto), §6.1 (abort), §6.9 (sessionless reports)
 */

import { isDevInfo } from '../mo/loc-uri.ts';
import type { Mutable } from '../mutable.ts';
import { ALERT } from '../syncml/alert-codes.ts';
import type { Chal, Command, StatusCommand, SyncHdr, SyncmlMessage } from '../syncml/message.ts';
import type { PartialHeader } from '../syncml/parse.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { alertCode } from './device-alert.ts';
import { addressOf, membersOf } from './device-commands.ts';
import { commandStatus, headerStatus } from './due-status.ts';
import { numbering, toStatus } from './outgoing-message.ts';
import { messageToSend, openSession, type SessionOptions, step } from './session.ts';
import type { DueStatus, MeasureMessage, SessionEffect, Verdict } from './session-model.ts';
import { MAX_STATUSES, mostThatFit } from './size-limits.ts';

/** The versions that the bridge supports, for a device with another one. */
const SUPPORTED_VERSIONS = {
  [STATUS.dtdVersionNotSupported]: ['1.1', '1.2'],
  [STATUS.protocolVersionNotSupported]: ['DM/1.1', 'DM/1.2', 'DM/1.3'],
} as const;

/** The members of an answer that come from the session of its message, if there is one. */
export interface Setting {
  /** Absent: the device stays where it is. */
  readonly respUri?: string;
  /** Our Source; absent: the name by which the device addresses us. */
  readonly serverUri?: string;
  /** The limit from earlier messages; the message itself may name another. */
  readonly maxMsgSize?: number | undefined;
}

/**
 * The refusal of a message: 407 without credentials, 401 with wrong ones, 503 when no credentials help; without Chal when HTTP
 * asks for them.
 */
export interface MessageRefusal {
  readonly code: typeof STATUS.invalidCredentials | typeof STATUS.missingCredentials | typeof STATUS.serviceUnavailable;
  readonly chal?: Chal | undefined;
}

/** An authenticated message that belongs to no session. */
export interface MessageOutsideSession {
  readonly options: SessionOptions;
  readonly message: SyncmlMessage;
  readonly verdict: Verdict;
  /** The number of further Items of alerts that can be kept for the backend. */
  readonly alertRoom: number;
}

/** An answer outside any session, and the effects of the message. */
export interface AnswerOutsideSession {
  readonly message: SyncmlMessage;
  readonly effects: readonly SessionEffect[];
}

/**
 * Challenges a message: the same status for SyncHdr and every command in it (DM-1.3 §9.1). Statuses that do not fit
 * MaxMsgSize are left out, because nothing of the message is stored and no later answer can have them. So are those of very many
 * commands.
 */
export function challengeMessage(
  message: SyncmlMessage,
  { code, chal }: MessageRefusal,
  setting: Setting,
  measure: MeasureMessage,
): SyncmlMessage {
  const { header } = message;
  const commands = message.commands.flatMap(answerable).map((command) => commandStatus(message, command, code));
  const refusal = headerStatus(message, { status: code, chal });
  const withStatuses = (count: number) => reply(header, setting, [refusal, ...commands.slice(0, count)]);
  // 0 is not a limit.
  const maxMsgSize = (header.meta?.maxMsgSize ?? setting.maxMsgSize) || undefined;
  const most = Math.min(commands.length, MAX_STATUSES);
  return withStatuses(mostThatFit(most, maxMsgSize, (count) => measure(withStatuses(count))));
}

/** Names the supported versions to a device with another one: 505 for VerDTD, 513 for VerProto (DM-1.3 §12). */
export function versionMessage(
  header: SyncHdr,
  code: keyof typeof SUPPORTED_VERSIONS,
  respUri?: string,
): SyncmlMessage {
  const written = { ...header, verDtd: '1.2', verProto: 'DM/1.3' };
  const setting = respUri === undefined ? {} : { respUri };
  const message = reply(written, setting, [headerStatus(asMessage(header), { status: code })]);
  const items = SUPPORTED_VERSIONS[code].map((version) => ({ data: version }));
  return { ...message, commands: message.commands.map((command) => withItems(command, items)) };
}

/**
 * Status 400 for a header that lacks an element; undefined when it lacks Source, so that no answer could be addressed.
 */
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

/** Answers a message that begins no session and belongs to none: Statuses, Alert 1223, Final. Its events count. */
export function outsideSessionAnswer(received: MessageOutsideSession, measure: MeasureMessage): AnswerOutsideSession {
  return answerInNewSession(received, 'abort', measure);
}

/** Answers sessionless reports: Status for SyncHdr and each alert, Final, and no session (DM-1.3 §6.9). */
export function reportAnswer(received: MessageOutsideSession, measure: MeasureMessage): AnswerOutsideSession {
  return answerInNewSession({ ...received, message: { ...received.message, final: true } }, 'continue', measure);
}

/** Answers in a session that is not stored. */
function answerInNewSession(
  { options, message, verdict, alertRoom }: MessageOutsideSession,
  mode: 'continue' | 'abort',
  measure: MeasureMessage,
): AnswerOutsideSession {
  const received = step(openSession(options), { type: 'messageReceived', message, verdict, alertRoom });
  const answered = step(received.session, { type: 'answerDue', mode, measure });
  // Nothing else of such a message counts.
  const effects = received.effects.filter(({ type }) => type === 'alertReceived' || type === 'alertsRefused');
  return { message: messageToSend(answered), effects };
}

/** True when a message has sessionless reports and nothing else. */
export function isSessionlessReport({ commands }: SyncmlMessage): boolean {
  const isReport = (command: Command) => command.name === 'Alert' && alertCode(command) === ALERT.sessionlessReport;
  return commands.length > 0 && commands.every(isReport);
}

/** True for a Package#1: its MsgID is 1, or it has a command that only that package has (DM-1.3 §6.3). */
export function isPackageOne(message: SyncmlMessage): boolean {
  return message.header.msgId === 1 || message.commands.some(opensSession);
}

/** True when a message asks for a session (Alert 1200, 1201) and brings no result of a command. */
export function answersNoCommand({ commands }: SyncmlMessage): boolean {
  const isOfHeader = (status: StatusCommand) => status.cmdRef === '0' || status.cmd.toLowerCase() === 'synchdr';
  return (
    commands.some(asksForSession) &&
    commands.every((command) => command.name !== 'Results' && (command.name !== 'Status' || isOfHeader(command)))
  );
}

function opensSession(command: Command): boolean {
  if (command.name === 'Replace') return command.items.some((item) => isDevInfo(addressOf(item)));
  return asksForSession(command);
}

export function asksForSession(command: Command): boolean {
  if (command.name !== 'Alert') return false;
  const code = alertCode(command);
  return code === ALERT.serverInitiatedManagement || code === ALERT.clientInitiatedManagement;
}

/** A command and its members, without those that never get a Status. */
function answerable(command: Command): readonly Command[] {
  if (command.name === 'Status' || command.name === 'Results') return [];
  return [command, ...membersOf(command).flatMap(answerable)];
}

/**
 * A message back to the sender of `header`. Its MsgID is the device's; a session that opens later counts on from it.
 */
function reply(
  header: SyncHdr,
  { respUri, serverUri = header.target.locUri }: Setting,
  statuses: readonly DueStatus[],
): SyncmlMessage {
  const nextCmdId = numbering();
  const written: Mutable<SyncHdr> = {
    verDtd: header.verDtd,
    verProto: header.verProto,
    sessionId: header.sessionId,
    msgId: header.msgId,
    target: { locUri: header.source.locUri },
    source: { locUri: serverUri },
  };
  if (respUri !== undefined) written.respUri = respUri;
  return {
    header: written,
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
