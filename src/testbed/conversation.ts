/**
 * The short form of messages and packages, for people: one line each, device on the left, DM 2.0 indented.
 */

import { isObject } from './backend/check-package.ts';
import type { BackendEvent } from './backend/server.ts';
import type { DeviceEvent } from './device/device.ts';
import type { WireCommand, WireMessage } from './device/message.ts';

const COLOURS = { device: '36', backend: '33', fault: '31', good: '32', dim: '2' } as const;
export type Colour = keyof typeof COLOURS;

/** Wraps text in a terminal colour where colours are wanted. */
export type Paint = (colour: Colour, text: string) => string;

export const PLAIN: Paint = (_colour, text) => text;
export const COLOURED: Paint = (colour, text) => `\u001b[${COLOURS[colour]}m${text}\u001b[0m`;

const VALUE_LENGTH = 40;
const SHOWN_MEMBERS = 6;

/** One event of a device; `name` is how people call it. Undefined: nothing worth a line. */
export function deviceLine(event: DeviceEvent, name: string, paint: Paint): string {
  const label = paint('device', name.padEnd(12));
  switch (event.type) {
    case 'sent':
      return `${label} ──▶ ${describeMessage(event.message)}`;
    case 'received':
      return `${label} ◀── ${describeMessage(event.message)}`;
    case 'fault':
      return `${label} ${paint('fault', `fault: ${event.text}`)}`;
    default: {
      const { end, reason, messages } = event.outcome;
      const text = `session ${end}${reason === undefined ? '' : ` (${reason})`}, ${messages} messages`;
      return `${label} ${paint(end === 'done' ? 'good' : 'fault', text)}`;
    }
  }
}

/** One event of the backend. */
export function backendLines(event: BackendEvent, name: (devId: string) => string, paint: Paint): readonly string[] {
  const indent = ' '.repeat(20);
  switch (event.type) {
    case 'package': {
      const parts = event.parts.map((part) => `${indent}      part ${part.name}: ${brief(part.body.toString())}`);
      const title = paint('backend', `Package#${event.kind}`);
      return [`${indent}${name(event.devId)} ══▶ ${title} ${describePackage(event.body)}`, ...parts];
    }
    case 'commands': {
      const title = paint('backend', 'Package#2');
      const label = name(event.devId);
      return [
        `${indent}${label} ◀══ ${title}`,
        ...event.commands.map((command) => `${indent}      ${command.map((text) => brief(text, 90)).join(' ')}`),
      ];
    }
    case 'repository':
      return [`${indent}${paint('dim', `repository  ${event.method} ${event.path} → ${event.status}`)}`];
    default:
      return [`${indent}${paint('fault', `failure on purpose: ${JSON.stringify(event.failure)}`)}`];
  }
}

/** Header, commands and Final of a SyncML message. */
export function describeMessage(message: WireMessage): string {
  const { header } = message;
  const cred = header.cred === undefined ? '' : ` ${header.cred.type.replace('syncml:auth-', 'Cred ')}`;
  const statuses = runs(message.commands.filter(({ name }) => name === 'Status').map(describeStatus));
  const others = message.commands.filter(({ name }) => name !== 'Status').map(describeCommand);
  const parts = [...(statuses.length > 0 ? [`Status ${statuses.join(', ')}`] : []), ...others];
  return `#${header.msgId}${cred}  ${parts.join(' · ')}${message.final ? ' · Final' : ''}`;
}

/** Equal neighbours as one: `200 Get ×3`. */
function runs(texts: readonly string[]): readonly string[] {
  const grouped: { text: string; count: number }[] = [];
  for (const text of texts) {
    const last = grouped.at(-1);
    if (last?.text === text) last.count += 1;
    else grouped.push({ text, count: 1 });
  }
  return grouped.map(({ text, count }) => (count === 1 ? text : `${text} ×${count}`));
}

/** Statuses and alerts of Package#1 or #3. */
export function describePackage(body: unknown): string {
  if (!isObject(body)) return 'unreadable';
  const statuses = Array.isArray(body.Status) ? [`Status ${body.Status.map(describeResult).join(' ')}`] : [];
  const mos = Array.isArray(body.MOS) ? [`MOS with ${body.MOS.length} MOs`] : [];
  const alerts = Array.isArray(body.Alert) ? body.Alert.map(describeAlert) : [];
  return [...statuses, ...mos, ...alerts].join(' · ');
}

function describeStatus(status: WireCommand): string {
  return `${status.data}${status.cmd === 'SyncHdr' ? '' : ` ${status.cmd}`}`;
}

function describeCommand(command: WireCommand): string {
  const code = command.name === 'Alert' ? ` ${command.data}` : '';
  const correlator = command.correlator === undefined ? '' : ` (${command.correlator})`;
  if (command.members.length > 0) return `${command.name}[${describeMembers(command.members)}]`;
  if (command.items.length > 3) return `${command.name}${code} ${command.items.length} items${correlator}`;
  const items = command.items.map((item) => {
    const place = item.target ?? item.source ?? '';
    const value = item.data === undefined ? '' : ` = ${brief(item.data)}`;
    return `${place}${value}${item.moreData ? ' …more' : ''}`;
  });
  return `${command.name}${code}${correlator}${items.length === 0 ? '' : ` ${items.join(', ')}`}`;
}

function describeMembers(members: readonly WireCommand[]): string {
  const more = members.length - SHOWN_MEMBERS;
  const shown = members.slice(0, SHOWN_MEMBERS).map(describeCommand);
  return (more > 0 ? [...shown, `… ${more} more`] : shown).join(', ');
}

function describeResult(status: unknown): string {
  if (!isObject(status)) return String(status);
  return `${String(status.sc)}${Array.isArray(status.URI) ? ` (${status.URI.join(', ')})` : ''}`;
}

function describeAlert(alert: unknown): string {
  if (!isObject(alert)) return 'unreadable alert';
  const type = String(alert.AlertType).split(':').at(-1)?.trim() ?? '';
  const source = alert.SourceURI === undefined ? '' : ` ${String(alert.SourceURI)}`;
  const data = alert.Data === undefined ? '' : ` ${brief(JSON.stringify(alert.Data))}`;
  return `Alert ${type}${source}${data}`;
}

function brief(text: string, length = VALUE_LENGTH): string {
  const line = text.replace(/\s+/gu, ' ');
  return line.length > length ? `${line.slice(0, length)}… (${text.length})` : line;
}
