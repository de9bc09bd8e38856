/**
 * What a device can find wrong with a message of its server. The list of faults is what tests assert to be empty.
 *
 * @see DM-1.3 §6.4, §6.6, §7, §9.1; RepPro 1.2 §5, §6
 */
import type { WireCommand, WireHeader, WireMessage } from './message.ts';
import { type DeviceProfile, protocolNames } from './profile.ts';
import { readLocUri } from './tree.ts';

/** What the device knows when the message arrives. */
export interface MessageContext {
  readonly profile: DeviceProfile;
  /** Header of the device's last message. */
  readonly sent: WireHeader;
  /** True when the device's last message had Final. */
  readonly closed: boolean;
  readonly lastServerMsgId: number;
  /** A large object of the server was under way before this message. */
  readonly objectOpen: boolean;
  /** Commands of the device that wait for a Status: `MsgID/CmdID` → name. */
  readonly unanswered: ReadonlyMap<string, string>;
  /** Bytes of the message. */
  readonly bytes: number;
}

const COMMANDS = ['Add', 'Alert', 'Atomic', 'Copy', 'Delete', 'Exec', 'Get', 'Replace', 'Sequence'];
const SERVER_ALERTS = ['1100', '1101', '1102', '1103', '1104', '1222', '1223', '1225'];

/** The Status for SyncHdr. */
export function headerStatus(message: WireMessage): WireCommand | undefined {
  return message.commands.find((command) => command.name === 'Status' && command.cmd === 'SyncHdr');
}

/** True when the message refuses the device's credentials. */
export function isChallenge(message: WireMessage): boolean {
  const code = headerStatus(message)?.data;
  return code === '401' || code === '407';
}

/** All faults of one message, in words. */
export function checkServerMessage(message: WireMessage, context: MessageContext): readonly string[] {
  return [
    ...checkHeader(message.header, context),
    ...checkCmdIds(message),
    ...checkStatuses(message, context),
    ...checkPackage(message, context),
    ...message.commands.flatMap((command) => checkCommand(command, context)),
  ];
}

function checkHeader(header: WireHeader, context: MessageContext): string[] {
  const { sent, profile } = context;
  const names = protocolNames(profile.version);
  const msgId = Number(header.msgId);
  return [
    differs('VerDTD', header.verDtd, names.verDtd),
    differs('VerProto', header.verProto, names.verProto),
    differs('SessionID', header.sessionId, sent.sessionId),
    differs('Target', header.target, sent.source),
    differs('Source', header.source, sent.target),
    Number.isInteger(msgId) && msgId > context.lastServerMsgId ? '' : `MsgID ${header.msgId} does not rise`,
    context.bytes > profile.maxMsgSize ? `${context.bytes} bytes, more than MaxMsgSize ${profile.maxMsgSize}` : '',
  ].filter((fault) => fault !== '');
}

function differs(name: string, found: string, expected: string): string {
  return found === expected ? '' : `${name} is "${found}" instead of "${expected}"`;
}

function checkCmdIds(message: WireMessage): string[] {
  const all = message.commands.flatMap(function ids(command: WireCommand): string[] {
    return [command.cmdId, ...command.members.flatMap(ids)];
  });
  const wrong = all.filter((id, index) => id === '' || id === '0' || all.indexOf(id) !== index);
  return wrong.map((id) => `CmdID "${id}" is missing, 0 or not unique`);
}

function checkStatuses(message: WireMessage, context: MessageContext): string[] {
  const faults: string[] = [];
  const [first] = message.commands;
  if (first?.name !== 'Status' || first.cmd !== 'SyncHdr' || first.cmdRef !== '0') {
    faults.push('the body does not begin with the Status for SyncHdr');
  } else if (first.msgRef !== context.sent.msgId) {
    faults.push(`the Status for SyncHdr answers MsgID ${first.msgRef} instead of ${context.sent.msgId}`);
  }
  const firstCommand = message.commands.findIndex((command) => command.name !== 'Status');
  if (firstCommand >= 0 && message.commands.slice(firstCommand).some((command) => command.name === 'Status')) {
    faults.push('a Status comes after a command');
  }
  const answered = new Set<string>();
  for (const status of message.commands) {
    if (status.name !== 'Status' || status.cmd === 'SyncHdr') continue;
    const key = `${status.msgRef}/${status.cmdRef}`;
    const name = context.unanswered.get(key);
    if (name !== status.cmd) faults.push(`Status for ${status.cmd} ${key}, which was not sent or is answered`);
    if (name === 'Results' && status.data === '200') faults.push('Status 200 for Results');
    answered.add(key);
  }
  const due = [...context.unanswered].filter(([key, name]) => name !== 'Results' && !answered.has(key));
  // What does not fit comes with the next message; without Final the server is not done yet.
  if (message.final || isChallenge(message)) {
    faults.push(...due.map(([key, name]) => `no Status for ${name} ${key}`));
  }
  return faults;
}

function checkPackage(message: WireMessage, context: MessageContext): string[] {
  const commands = message.commands.filter((command) => command.name !== 'Status');
  if (isChallenge(message)) {
    const chal = headerStatus(message)?.chal;
    return [
      commands.length > 0 ? `a refusal holds ${commands.map(({ name }) => name).join(', ')}` : '',
      chal === undefined ? 'a refusal without Chal' : '',
    ].filter((fault) => fault !== '');
  }
  const codes = commands.filter(({ name }) => name === 'Alert').map(({ data }) => data);
  if (codes.includes('1223')) return message.final ? [] : ['Session Abort without Final'];
  const sending = commands.some((command) => command.items.some((item) => item.moreData));
  if (!context.closed && !context.objectOpen) return checkNextMessage(message, commands);
  if (message.final && sending) return ['Final together with MoreData'];
  if (!message.final && !sending && !codes.includes('1222')) return ['neither Final nor MoreData nor Alert 1222'];
  return [];
}

/** The "Next Message" response (DM-1.3 §7.2); a 1225 may stand in it. */
function checkNextMessage(message: WireMessage, commands: readonly WireCommand[]): string[] {
  const faults: string[] = [];
  if (message.final) faults.push('Final while the package of the device is open');
  if (!commands.some(({ name, data }) => name === 'Alert' && data === '1222')) faults.push('no Alert 1222');
  const others = commands.filter(({ name, data }) => name !== 'Alert' || (data !== '1222' && data !== '1225'));
  faults.push(...others.map(({ name }) => `${name} while the package of the device is open`));
  return faults;
}

function checkCommand(command: WireCommand, context: MessageContext): string[] {
  if (command.name === 'Status') return [];
  if (!COMMANDS.includes(command.name)) return [`${command.name} is no command of a DM Server`];
  const faults = command.members.flatMap((member) => checkCommand(member, context));
  if (command.name === 'Atomic') {
    const bad = command.members.filter(({ name }) => ['Atomic', 'Exec', 'Get', 'Sequence'].includes(name));
    faults.push(...bad.map(({ name }) => `${name} inside Atomic`));
  }
  if (command.members.some((member) => member.items.some((item) => item.moreData))) {
    faults.push(`a chunk inside ${command.name}`);
  }
  if (command.name === 'Alert' && !SERVER_ALERTS.includes(command.data ?? '')) {
    faults.push(`Alert ${command.data ?? 'without code'}`);
  }
  if (context.profile.version === '1.1' && command.correlator !== undefined) faults.push('Correlator to DM 1.1');
  return [...faults, ...checkItems(command, context)];
}

function checkItems(command: WireCommand, context: MessageContext): string[] {
  if (['Alert', 'Atomic', 'Sequence'].includes(command.name)) return [];
  if (command.items.length === 0) return [`${command.name} without Item`];
  return command.items.flatMap((item) => {
    const address = item.target === undefined ? undefined : readLocUri(item.target);
    if (address === undefined) return [`${command.name} with the target "${item.target ?? ''}"`];
    const listed = address.query?.startsWith('list=') === true && context.profile.version === '1.1';
    return listed ? ['?list= to DM 1.1'] : [];
  });
}
