/**
 * What sessions that broke off teach: a device that went silent right after its first Sequence, or under an Atomic, gets no other one, and a
 * command under which sessions broke off three times in a row is not sent any more (field: one command that is sent again
 * for ever blocks every later one).
 *
 * Commands that share a message share the suspicion; so the sessions that follow send one per message, until it is known
 * which one it was. A command that is answered is cleared.
 */
import type { DeviceFacts, SuspectCommand } from '../device/facts.ts';
import type { ManagedDevice } from '../device/managed-device.ts';
import type { OutstandingCommand } from '../dm1/server-command.ts';
import type { Dm1Session } from '../dm1/session-model.ts';
import type { WireCommand } from '../dm2/package.ts';
import type { NorthSession } from './north-session.ts';

/** How many sessions a command may break. */
const MOST_TRIES = 3;
/** How long it then rests, in milliseconds: a week. After that it has one more try at a time. */
const QUARANTINE = 7 * 24 * 3600 * 1000;
/** How long a suspicion lasts when the command does not come again: 30 days. */
const SUSPICION = 30 * 24 * 3600 * 1000;
/** How many commands are remembered of one device. */
const MOST_STRIKES = 16;
/** Longer commands are remembered by their ends. */
const LONGEST = 1024;

/** Both halves of a session, as the device left them. */
export interface InterruptedSession {
  readonly south: Dm1Session;
  readonly north: NorthSession;
}

/** What is known after the session broke off; the same facts when nothing was outstanding. */
export function factsAfterInterruption(
  facts: DeviceFacts,
  { south, north }: InterruptedSession,
  at: number,
): DeviceFacts {
  const unanswered = south.outstanding.filter(isUnanswered);
  if (unanswered.length === 0) return facts;
  const isFirstSequence =
    south.sequenceRan !== true &&
    unanswered.length === south.outstanding.length &&
    south.engineCommands.some(({ cmd, status }) => cmd === 'Sequence' && status === undefined);
  // An Atomic goes alone: what broke off under it, unless it worked before, is tried without.
  const isAtomic = facts.atomic !== true && unanswered.some(({ command }) => command.name === 'Atomic');
  const learnt = {
    ...(isFirstSequence ? { ordering: 'one-per-message' as const } : {}),
    ...(isAtomic ? { atomic: false } : {}),
  };
  const commands = [...new Set(suspectsOf(north, unanswered))];
  if (commands.length === 0) return { ...facts, ...learnt };
  const before = currentStrikes(facts, at);
  const struck = commands.map((command) => {
    const count = before.find((strike) => strike.command === command)?.count ?? 0;
    return { command, count: count + 1, at };
  });
  const others = before.filter(({ command }) => !commands.includes(command));
  return { ...facts, ...learnt, strikes: [...others, ...struck].slice(-MOST_STRIKES) };
}

/** How many sessions the command has broken, when it is not sent any more; else undefined. */
export function quarantineOf(facts: DeviceFacts, wire: WireCommand, at: number): number | undefined {
  const strike = facts.strikes?.find(({ command }) => command === nameOf(wire));
  return strike !== undefined && isQuarantined(strike, at) ? strike.count : undefined;
}

/** The strikes in `after` that have just become quarantines. */
export function newQuarantines(before: DeviceFacts, after: DeviceFacts, at: number): readonly SuspectCommand[] {
  if (before.strikes === after.strikes) return [];
  return (after.strikes ?? []).filter((strike) => strike.at === at && isQuarantined(strike, at));
}

/** True while some command is under suspicion and may still be sent: only alone in its message can it be told from others. */
export function hasSuspects(facts: DeviceFacts, at: number): boolean {
  return currentStrikes(facts, at).some((strike) => !isQuarantined(strike, at));
}

/** The device has answered the command. */
export function cleared(device: ManagedDevice, wire: WireCommand): ManagedDevice {
  const { strikes, ...facts } = device.facts;
  const command = nameOf(wire);
  if (strikes?.some((strike) => strike.command === command) !== true) return device;
  const left = strikes.filter((strike) => strike.command !== command);
  return { ...device, facts: left.length === 0 ? facts : { ...facts, strikes: left } };
}

function isUnanswered({ status, results, members = [] }: OutstandingCommand): boolean {
  return status === undefined && results.length === 0 && members.every(isUnanswered);
}

/** The commands of the backend that waited for one of these. */
function suspectsOf({ phase, runs }: NorthSession, unanswered: readonly OutstandingCommand[]): readonly string[] {
  if (phase !== 'executing') return [];
  const ids = new Set(unanswered.map(({ command }) => command.id));
  return runs
    .filter(({ waiting }) => waiting?.kind === 'device' && waiting.ids.some((id) => ids.has(id)))
    .map(({ wire }) => nameOf(wire));
}

function currentStrikes({ strikes = [] }: DeviceFacts, at: number): readonly SuspectCommand[] {
  return strikes.filter((strike) => at < strike.at + SUSPICION);
}

function isQuarantined({ count, at: last }: SuspectCommand, at: number): boolean {
  return count >= MOST_TRIES && at < last + QUARANTINE;
}

function nameOf(wire: WireCommand): string {
  const text = JSON.stringify(wire);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)}${text.length}${text.slice(-LONGEST / 2)}`;
}
