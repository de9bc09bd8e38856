/** The short form of messages and packages for people: one line each, the device on the left, DM 2.0 indented. */
import { isObject } from './backend/check-package.ts';
import type { BackendEvent } from './backend/server.ts';
import type { WireCommand, WireItem, WireMessage } from './device/message.ts';
import type { DeviceEvent } from './device/world.ts';

const COLOURS = { device: '36', backend: '33', fault: '31', good: '32', dim: '2' } as const;

/** Adds a terminal colour to a text. */
export type Paint = (colour: keyof typeof COLOURS, text: string) => string;

/** Colours for a terminal, plain text for any other stream. */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  if (stream.isTTY !== true) return (_colour, text) => text;
  return (colour, text) => `\u001b[${COLOURS[colour]}m${text}\u001b[0m`;
}

/** Longer values are cut; the length of the whole value follows in parentheses. */
const VALUE_LENGTH = 40;
const COMMAND_LENGTH = 90;
/** More members of an Atomic or Sequence are only counted. */
const SHOWN_MEMBERS = 6;
/** More Items of a command are only counted. */
const SHOWN_ITEMS = 3;

/** One event of a device; `name` is the name of the device for people. */
export function deviceLine(event: DeviceEvent, name: string, paint: Paint): string {
  const label = paint('device', name.padEnd(12));
  switch (event.type) {
    case 'sent':
      return `${label} ──▶ ${describeMessage(event.message)}`;
    case 'received':
      return `${label} ◀── ${describeMessage(event.message)}`;
    case 'notified':
      return `${label} ◀┄┄ ${paint('device', `notification of DM ${event.format}`)} for session ${event.sessionId}`;
    case 'fault':
      return `${label} ${paint('fault', `fault: ${event.text}`)}`;
    default: {
      const { end, reason, messages } = event.outcome;
      const text = `session ${end}${reason === undefined ? '' : ` (${reason})`}, ${messages} messages`;
      return `${label} ${paint(end === 'done' ? 'good' : 'fault', text)}`;
    }
  }
}

/** One event of the backend; `name` gives the name of a device for people. */
export function backendLines(event: BackendEvent, name: (devId: string) => string, paint: Paint): readonly string[] {
  const indent = ' '.repeat(20);
  const detail = ' '.repeat(26);
  switch (event.type) {
    case 'package': {
      const title = paint('backend', `Package#${event.kind}`);
      const parts = event.parts.map((part) => `${detail}part ${part.name}: ${shorten(part.body.toString())}`);
      return [`${indent}${name(event.devId)} ══▶ ${title} ${describePackage(event.body)}`, ...parts];
    }
    case 'commands': {
      const title = paint('backend', 'Package#2');
      const commands = event.commands.map((command) => command.map((text) => shorten(text, COMMAND_LENGTH)).join(' '));
      return [`${indent}${name(event.devId)} ◀══ ${title}`, ...commands.map((command) => `${detail}${command}`)];
    }
    case 'notification': {
      const title = paint('backend', 'Package#0');
      return [`${indent}${name(event.devId)} ◀══ ${title} NOTIFICATION-ID ${event.id} → ${event.status}`];
    }
    case 'repository':
      return [`${indent}${paint('dim', `repository  ${event.method} ${event.path} → ${event.status}`)}`];
    default:
      return [`${indent}${paint('fault', `failure on purpose: ${JSON.stringify(event.failure)}`)}`];
  }
}

/** The commands of a SyncML message, with the number of the message, its credentials and Final. */
export function describeMessage({ header, commands, final }: WireMessage): string {
  const parts: string[] = [];
  const statuses = joinRepeated(commands.filter(isStatus).map(describeStatus));
  if (statuses.length > 0) parts.push(`Status ${statuses.join(', ')}`);
  parts.push(...commands.filter((command) => !isStatus(command)).map(describeCommand));
  if (final) parts.push('Final');
  const cred = header.cred === undefined ? '' : ` ${header.cred.type.replace('syncml:auth-', 'Cred ')}`;
  return `#${header.msgId}${cred}  ${parts.join(' · ')}`;
}

function isStatus({ name }: WireCommand): boolean {
  return name === 'Status';
}

/** Joins equal neighbours: `200 Get ×3`. */
function joinRepeated(texts: readonly string[]): readonly string[] {
  const grouped: { text: string; count: number }[] = [];
  for (const text of texts) {
    const last = grouped.at(-1);
    if (last?.text === text) last.count += 1;
    else grouped.push({ text, count: 1 });
  }
  return grouped.map(({ text, count }) => (count === 1 ? text : `${text} ×${count}`));
}

/** The statuses, MOs and alerts of Package#1 or Package#3. */
export function describePackage(body: unknown): string {
  if (!isObject(body)) return 'unreadable';
  const parts: string[] = [];
  if (Array.isArray(body.Status)) parts.push(`Status ${body.Status.map(describeResult).join(' ')}`);
  if (Array.isArray(body.MOS)) parts.push(`MOS with ${body.MOS.length} MOs`);
  if (Array.isArray(body.Alert)) parts.push(...body.Alert.map(describeAlert));
  return parts.join(' · ');
}

function describeStatus(status: WireCommand): string {
  return `${status.data}${status.cmd === 'SyncHdr' ? '' : ` ${status.cmd}`}`;
}

function describeCommand(command: WireCommand): string {
  if (command.members.length > 0) return `${command.name}[${describeMembers(command.members)}]`;
  const code = command.name === 'Alert' ? ` ${command.data}` : '';
  const correlator = command.correlator === undefined ? '' : ` (${command.correlator})`;
  if (command.items.length > SHOWN_ITEMS) return `${command.name}${code} ${command.items.length} items${correlator}`;
  const items = command.items.map(describeItem);
  return `${command.name}${code}${correlator}${items.length === 0 ? '' : ` ${items.join(', ')}`}`;
}

function describeItem(item: WireItem): string {
  const locUri = item.target ?? item.source ?? '';
  const value = item.data === undefined ? '' : ` = ${shorten(item.data)}`;
  return `${locUri}${value}${item.moreData ? ' …more' : ''}`;
}

function describeMembers(members: readonly WireCommand[]): string {
  const shown = members.slice(0, SHOWN_MEMBERS).map(describeCommand);
  if (members.length > SHOWN_MEMBERS) shown.push(`… ${members.length - SHOWN_MEMBERS} more`);
  return shown.join(', ');
}

function describeResult(status: unknown): string {
  if (!isObject(status)) return String(status);
  return `${String(status.sc)}${Array.isArray(status.URI) ? ` (${status.URI.join(', ')})` : ''}`;
}

function describeAlert(alert: unknown): string {
  if (!isObject(alert)) return 'unreadable alert';
  const type = String(alert.AlertType).split(':').at(-1)?.trim() ?? '';
  const source = alert.SourceURI === undefined ? '' : ` ${String(alert.SourceURI)}`;
  const data = alert.Data === undefined ? '' : ` ${shorten(JSON.stringify(alert.Data))}`;
  return `Alert ${type}${source}${data}`;
}

function shorten(text: string, length = VALUE_LENGTH): string {
  const line = text.replace(/\s+/gu, ' ');
  return line.length > length ? `${line.slice(0, length)}… (${text.length})` : line;
}
