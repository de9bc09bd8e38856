/** Notes what a session teaches that broke off: the device began anew, went silent, or went round in circles. */
import type { SessionEffect } from '../dm1/session-model.ts';
import { withoutQuery } from '../dm2/client-uri.ts';
import { factsAfterInterruption, newQuarantines } from '../north/interruption.ts';
import type { DeviceCell } from './device-cell.ts';
import type { BridgeOptions } from './options.ts';
import type { DmSession } from './session.ts';

/** Changes the device's facts only; a session that ended in order teaches nothing. */
export function recordInterruption(
  { clock, journal }: BridgeOptions,
  cell: DeviceCell,
  session: DmSession | undefined,
): void {
  if (session === undefined || session.closedAt !== undefined) return;
  const at = clock.now();
  const before = cell.record.facts;
  const facts = factsAfterInterruption(before, session, at);
  if (facts === before) return;
  cell.record = { ...cell.record, facts };
  const place = { device: cell.record.devId, session: session.id };
  if (facts.ordering !== before.ordering) journal.log('session.interrupted', { ...place, at: 'Sequence' });
  if (facts.atomic !== before.atomic) journal.log('session.interrupted', { ...place, at: 'Atomic' });
  for (const { command, count } of newQuarantines(before, facts, at)) {
    journal.log('command.quarantined', { ...place, command: shown(command), tries: count });
  }
}

/** The engine gave up: what it then told nobody about is what the device never answered. */
export function noteGivenUp(
  options: BridgeOptions,
  cell: DeviceCell,
  before: DmSession,
  effects: readonly SessionEffect[],
): void {
  if (!effects.some((effect) => effect.type === 'aborted' && effect.by === 'bridge')) return;
  const answered = new Set(effects.flatMap((effect) => (effect.type === 'outcome' ? [effect.outcome.id] : [])));
  const outstanding = before.south.outstanding.filter(({ command }) => !answered.has(command.id));
  recordInterruption(options, cell, { ...before, south: { ...before.south, outstanding } });
}

/** Name and addresses of a wire command: conditions hold node values, a ServerURI may hold a capability. */
function shown(command: string): string {
  const [name = '', ...parameters]: readonly string[] = JSON.parse(command);
  return [name, ...parameters.filter((parameter) => !/^https?:/iu.test(parameter)).map(withoutQuery)].join(' ');
}
