/**
 * Interrupted sessions: the facts that they teach about a device, and the commands that they put under suspicion.
 *
 * A device that fell silent right after its first Sequence, or during an Atomic, gets no other one. A command that was
 * unanswered in three interrupted sessions in a row goes into quarantine, because a backend that sends it again and again
 * would block every later command. Commands that shared a message are all under suspicion; the sessions that follow send
 * one command per message, until only one is left. An answer of the device ends the suspicion.
 */

import type { DeviceFacts, SuspectCommand } from '../device/facts.ts';
import type { ManagedDevice } from '../device/managed-device.ts';
import type { OutstandingCommand } from '../dm1/server-command.ts';
import type { Dm1Session } from '../dm1/session-model.ts';
import type { WireCommand } from '../dm2/package.ts';
import type { Mutable } from '../mutable.ts';
import type { NorthSession } from './north-session.ts';

/** Interrupted sessions in a row before a command goes into quarantine. */
const MAX_TRIES = 3;
/** The length of a quarantine: a week. After it the command has one more try. */
const QUARANTINE_MS = 7 * 24 * 3600 * 1000;
/** A suspicion ends after this time when the command is not sent again: 30 days. */
const SUSPICION_MS = 30 * 24 * 3600 * 1000;
/** Suspects that a device's record holds. */
const MAX_SUSPECTS = 16;
/** Characters of a command's JSON; of a longer one the record holds both ends. */
const MAX_COMMAND_LENGTH = 1024;

/** Both halves of a session, as the device left them. */
export interface InterruptedSession {
  readonly south: Pick<Dm1Session, 'outstanding' | 'engineCommands' | 'sequenceRan'>;
  readonly north: NorthSession;
}

/** The facts after the interruption; the same value when no command was unanswered. */
export function factsAfterInterruption(
  facts: DeviceFacts,
  { south, north }: InterruptedSession,
  at: number,
): DeviceFacts {
  // A user who does not answer says nothing about the device.
  const unanswered = south.outstanding.filter((each) => each.command.afterOthers !== true && isUnanswered(each));
  if (unanswered.length === 0) return facts;
  const after: Mutable<DeviceFacts> = { ...facts };
  const isFirstSequence =
    south.sequenceRan !== true &&
    unanswered.length === south.outstanding.length &&
    south.engineCommands.some(({ cmd, status }) => cmd === 'Sequence' && status === undefined);
  if (isFirstSequence) after.ordering = 'one-per-message';
  // An Atomic is alone in its message. Unless one has worked before, the next try goes without.
  if (facts.atomic !== true && unanswered.some(({ command }) => command.name === 'Atomic')) after.atomic = false;
  const commands = [...new Set(suspectsOf(north, unanswered))];
  if (commands.length > 0) after.strikes = withSuspects(currentSuspects(facts, at), commands, at);
  return after;
}

function withSuspects(
  before: readonly SuspectCommand[],
  commands: readonly string[],
  at: number,
): readonly SuspectCommand[] {
  const suspects = commands.map((command) => {
    const count = before.find((suspect) => suspect.command === command)?.count ?? 0;
    return { command, count: count + 1, at };
  });
  const others = before.filter(({ command }) => !commands.includes(command));
  return [...others, ...suspects].slice(-MAX_SUSPECTS);
}

/** The number of sessions that were interrupted under the command, when it is in quarantine; else undefined. */
export function quarantineOf(facts: DeviceFacts, wire: WireCommand, at: number): number | undefined {
  const suspect = facts.strikes?.find(({ command }) => command === textOf(wire));
  return suspect !== undefined && isQuarantined(suspect, at) ? suspect.count : undefined;
}

/** The suspects in `after` whose quarantine begins now. */
export function newQuarantines(before: DeviceFacts, after: DeviceFacts, at: number): readonly SuspectCommand[] {
  if (before.strikes === after.strikes) return [];
  return (after.strikes ?? []).filter((suspect) => suspect.at === at && isQuarantined(suspect, at));
}

/** True while a command is under suspicion and not in quarantine: only alone in its message can it be told from others. */
export function hasSuspects(facts: DeviceFacts, at: number): boolean {
  return currentSuspects(facts, at).some((suspect) => !isQuarantined(suspect, at));
}

/** The device after it has answered the command. */
export function withoutSuspicion(device: ManagedDevice, wire: WireCommand): ManagedDevice {
  if (device.facts.strikes === undefined) return device;
  const { strikes, ...facts } = device.facts;
  const command = textOf(wire);
  if (!strikes.some((suspect) => suspect.command === command)) return device;
  const left = strikes.filter((suspect) => suspect.command !== command);
  return { ...device, facts: left.length === 0 ? facts : { ...facts, strikes: left } };
}

function isUnanswered({ status, results, members = [] }: OutstandingCommand): boolean {
  return status === undefined && results.length === 0 && members.every(isUnanswered);
}

/** The commands of the backend that waited for one of these. */
function suspectsOf(north: NorthSession, unanswered: readonly OutstandingCommand[]): readonly string[] {
  if (north.phase !== 'executing') return [];
  const ids = new Set(unanswered.map(({ command }) => command.id));
  return north.runs
    .filter(({ pending }) => pending?.kind === 'device' && pending.ids.some((id) => ids.has(id)))
    .map(({ wire }) => textOf(wire));
}

function currentSuspects({ strikes = [] }: DeviceFacts, at: number): readonly SuspectCommand[] {
  return strikes.filter((suspect) => at < suspect.at + SUSPICION_MS);
}

function isQuarantined({ count, at: last }: SuspectCommand, at: number): boolean {
  return count >= MAX_TRIES && at < last + QUARANTINE_MS;
}

function textOf(wire: WireCommand): string {
  const text = JSON.stringify(wire);
  if (text.length <= MAX_COMMAND_LENGTH) return text;
  const half = MAX_COMMAND_LENGTH / 2;
  return `${text.slice(0, half)}${text.length}${text.slice(-half)}`;
}
