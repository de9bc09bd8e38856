/** Learns from a session that did not end in order: the device began anew, went silent, or made no progress. */
import type { SessionEffect } from '../dm1/session-model.ts';
import { withoutQuery } from '../dm2/client-uri.ts';
import { factsAfterInterruption, type InterruptedSession, newQuarantines } from '../north/interruption.ts';
import type { DmSession } from './session.ts';
import { outcomesIn } from './south-effects.ts';
import type { DeviceWork } from './turn.ts';

type InterruptedWork = Pick<DeviceWork, 'options' | 'cell' | 'failures'>;

/**
 * Changes the device's facts only. A session that ended in order changes nothing, and neither does one that the bridge may have
 * interrupted itself.
 */
export function recordInterruption(
  { options, cell, failures }: InterruptedWork,
  session: (InterruptedSession & Pick<DmSession, 'id' | 'closedAt'>) | undefined,
): void {
  if (session === undefined || session.closedAt !== undefined || failures.mayHaveInterrupted(cell)) return;
  const { clock, journal } = options;
  const at = clock.now();
  const before = cell.record.facts;
  const facts = factsAfterInterruption(before, session, at);
  if (facts === before) return;
  cell.record = { ...cell.record, facts };
  const subject = { device: cell.record.devId, session: session.id };
  if (facts.ordering !== before.ordering) journal.log('session.interrupted', { ...subject, at: 'Sequence' });
  if (facts.atomic !== before.atomic) journal.log('session.interrupted', { ...subject, at: 'Atomic' });
  for (const { command, count } of newQuarantines(before, facts, at)) {
    journal.log('command.quarantined', { ...subject, command: withoutValues(command), tries: count });
  }
}

/** The engine ended the session: the commands that have no outcome are those that the device never answered. */
export function recordAbort(work: InterruptedWork, before: DmSession, effects: readonly SessionEffect[]): void {
  if (!effects.some((effect) => effect.type === 'aborted' && effect.by === 'bridge')) return;
  const answered = new Set(outcomesIn(effects).map(({ id }) => id));
  const outstanding = before.south.outstanding.filter(({ command }) => !answered.has(command.id));
  recordInterruption(work, { ...before, south: { ...before.south, outstanding } });
}

/** Name and addresses of a DM 2.0 command: its conditions hold node values, and a ServerURI may hold a capability. */
function withoutValues(command: string): string {
  const [name = '', ...parameters]: readonly string[] = JSON.parse(command);
  return [name, ...parameters.filter((parameter) => !/^https?:/iu.test(parameter)).map(withoutQuery)].join(' ');
}
