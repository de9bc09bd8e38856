/**
 * Checks a message of the server against the rules. The testbed and its tests demand that it has no faults.
 *
 * @see DM-1.3 §6.4, §6.6, §7, §9.1; RepPro 1.2 §5, §6
 */
import { ALERT } from '../../syncml/alert-codes.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import { isAlert, isStatus, type WireCommand, type WireHeader, type WireMessage } from './message.ts';
import { type DeviceProfile, protocolNames } from './profile.ts';
import { readLocUri } from './tree.ts';

/** The state of the session when the message arrives. */
export interface MessageContext {
  readonly profile: DeviceProfile;
  /** The header of the device's last message. */
  readonly sent: WireHeader;
  /** True when the device's last message had Final. */
  readonly closed: boolean;
  readonly lastServerMsgId: number;
  /** True when the server had begun a large object in an earlier message. */
  readonly objectOpen: boolean;
  /** The names of the device's commands that wait for a Status, by `MsgID/CmdID`. */
  readonly unanswered: ReadonlyMap<string, string>;
  /** The length of the message. */
  readonly bytes: number;
}

const COMMANDS = ['Add', 'Alert', 'Atomic', 'Copy', 'Delete', 'Exec', 'Get', 'Replace', 'Sequence'];

const SERVER_ALERTS = [
  ALERT.display,
  ALERT.confirmOrReject,
  ALERT.textInput,
  ALERT.singleChoice,
  ALERT.multipleChoice,
  ALERT.nextMessage,
  ALERT.sessionAbort,
  ALERT.noEndOfData,
] as const;

/** The Status for SyncHdr. */
export function headerStatus(message: WireMessage): WireCommand | undefined {
  return message.commands.find((command) => isStatus(command) && command.cmd === 'SyncHdr');
}

/** True when the message refuses the device's credentials. */
export function isChallenge(message: WireMessage): boolean {
  const code = headerStatus(message)?.data;
  return code === String(STATUS.invalidCredentials) || code === String(STATUS.missingCredentials);
}

/** All faults of a message, each as a text. */
export function checkServerMessage(message: WireMessage, context: MessageContext): readonly string[] {
  return [
    ...checkHeader(message.header, context),
    ...checkCmdIds(message),
    ...checkHeaderStatus(message, context),
    ...checkStatuses(message, context),
    ...checkPackage(message, context),
    ...message.commands.flatMap((command) => checkCommand(command, context)),
  ];
}

function checkHeader(header: WireHeader, { sent, profile, lastServerMsgId, bytes }: MessageContext): readonly string[] {
  const names = protocolNames(profile.version);
  const expected = [
    ['VerDTD', header.verDtd, names.verDtd],
    ['VerProto', header.verProto, names.verProto],
    ['SessionID', header.sessionId, sent.sessionId],
    ['Target', header.target, sent.source],
    ['Source', header.source, sent.target],
  ] as const;
  const faults: string[] = [];
  for (const [name, found, wanted] of expected) {
    if (found !== wanted) faults.push(`${name} is "${found}" instead of "${wanted}"`);
  }
  const msgId = Number(header.msgId);
  if (!Number.isInteger(msgId) || msgId <= lastServerMsgId) faults.push(`MsgID ${header.msgId} does not rise`);
  if (bytes > profile.maxMsgSize) faults.push(`${bytes} bytes, more than MaxMsgSize ${profile.maxMsgSize}`);
  return faults;
}

function checkCmdIds(message: WireMessage): readonly string[] {
  const all = message.commands.flatMap(function ids(command: WireCommand): string[] {
    return [command.cmdId, ...command.members.flatMap(ids)];
  });
  const wrong = all.filter((id, index) => id === '' || id === '0' || all.indexOf(id) !== index);
  return wrong.map((id) => `CmdID "${id}" is missing, 0 or not unique`);
}

/** The body begins with the Status for SyncHdr, and all Statuses come before the commands. */
function checkHeaderStatus({ commands }: WireMessage, { sent }: MessageContext): readonly string[] {
  const faults: string[] = [];
  const [first] = commands;
  if (first === undefined || !isStatus(first) || first.cmd !== 'SyncHdr' || first.cmdRef !== '0') {
    faults.push('the body does not begin with the Status for SyncHdr');
  } else if (first.msgRef !== sent.msgId) {
    faults.push(`the Status for SyncHdr answers MsgID ${first.msgRef} instead of ${sent.msgId}`);
  }
  const firstCommand = commands.findIndex((command) => !isStatus(command));
  if (firstCommand >= 0 && commands.slice(firstCommand).some(isStatus)) faults.push('a Status comes after a command');
  return faults;
}

/** Each Status answers a command of the device, and each command gets its Status. */
function checkStatuses(message: WireMessage, context: MessageContext): readonly string[] {
  const faults: string[] = [];
  const answered = new Set<string>();
  for (const status of message.commands) {
    if (!isStatus(status) || status.cmd === 'SyncHdr') continue;
    const key = `${status.msgRef}/${status.cmdRef}`;
    const name = context.unanswered.get(key);
    if (name !== status.cmd) faults.push(`Status for ${status.cmd} ${key}, which was not sent or is answered`);
    if (name === 'Results' && status.data === String(STATUS.ok)) faults.push('Status 200 for Results');
    answered.add(key);
  }
  // Without Final the rest of the Statuses may come with the next message.
  if (!message.final && !isChallenge(message)) return faults;
  for (const [key, name] of context.unanswered) {
    if (name !== 'Results' && !answered.has(key)) faults.push(`no Status for ${name} ${key}`);
  }
  return faults;
}

function checkPackage(message: WireMessage, context: MessageContext): readonly string[] {
  const commands = message.commands.filter((command) => !isStatus(command));
  if (isChallenge(message)) return checkChallenge(message, commands);
  if (commands.some((command) => isAlert(command, ALERT.sessionAbort))) {
    return message.final ? [] : ['Session Abort without Final'];
  }
  const isSending = commands.some((command) => command.items.some((item) => item.moreData));
  if (!context.closed && !context.objectOpen) return checkNextMessage(message, commands);
  if (message.final && isSending) return ['Final together with MoreData'];
  const asksForNext = commands.some((command) => isAlert(command, ALERT.nextMessage));
  if (!message.final && !isSending && !asksForNext) return ['neither Final nor MoreData nor Alert 1222'];
  return [];
}

function checkChallenge(message: WireMessage, commands: readonly WireCommand[]): readonly string[] {
  const faults: string[] = [];
  if (commands.length > 0) faults.push(`a refusal holds ${commands.map(({ name }) => name).join(', ')}`);
  if (headerStatus(message)?.chal === undefined) faults.push('a refusal without Chal');
  return faults;
}

/** The "Next Message" response (DM-1.3 §7.2), which may have an Alert 1225. */
function checkNextMessage(message: WireMessage, commands: readonly WireCommand[]): readonly string[] {
  const faults: string[] = [];
  if (message.final) faults.push('Final while the package of the device is open');
  if (!commands.some((command) => isAlert(command, ALERT.nextMessage))) faults.push('no Alert 1222');
  for (const command of commands) {
    if (isAlert(command, ALERT.nextMessage) || isAlert(command, ALERT.noEndOfData)) continue;
    faults.push(`${command.name} while the package of the device is open`);
  }
  return faults;
}

function checkCommand(command: WireCommand, context: MessageContext): readonly string[] {
  if (isStatus(command)) return [];
  if (!COMMANDS.includes(command.name)) return [`${command.name} is no command of a DM Server`];
  const faults = command.members.flatMap((member) => checkCommand(member, context));
  if (command.name === 'Atomic') {
    const bad = command.members.filter(({ name }) => ['Atomic', 'Exec', 'Get', 'Sequence'].includes(name));
    faults.push(...bad.map(({ name }) => `${name} inside Atomic`));
  }
  if (command.members.some((member) => member.items.some((item) => item.moreData))) {
    faults.push(`a chunk inside ${command.name}`);
  }
  if (command.name === 'Alert' && !SERVER_ALERTS.some((code) => isAlert(command, code))) {
    faults.push(`Alert ${command.data ?? 'without code'}`);
  }
  if (context.profile.version === '1.1' && command.correlator !== undefined) faults.push('Correlator to DM 1.1');
  return [...faults, ...checkItems(command, context)];
}

function checkItems(command: WireCommand, context: MessageContext): readonly string[] {
  if (['Alert', 'Atomic', 'Sequence'].includes(command.name)) return [];
  if (command.items.length === 0) return [`${command.name} without Item`];
  return command.items.flatMap((item) => {
    const address = item.target === undefined ? undefined : readLocUri(item.target);
    if (address === undefined) return [`${command.name} with the target "${item.target ?? ''}"`];
    const isListed = address.query?.startsWith('list=') === true && context.profile.version === '1.1';
    return isListed ? ['?list= to DM 1.1'] : [];
  });
}
