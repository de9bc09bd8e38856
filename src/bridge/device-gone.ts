/** Lets the DM 2.0 half of a session go on when no more messages come from its device. */
import { step } from '../dm1/session.ts';
import type { NorthInput } from '../north/north-input.ts';
import { isAwaitingReply } from '../north/pending-requests.ts';
import type { ActiveDevices } from './active-devices.ts';
import { NorthDriver, northSessionOf } from './north-driver.ts';
import type { DmSession } from './session.ts';
import { logTransfer, outcomesIn } from './south-effects.ts';
import type { DeviceWork, LeftSession } from './turn.ts';

/** Commands that the device has answered count; the others get the status of an unavailable device. */
export function continueWithoutDevice(work: DeviceWork, session: DmSession, left: LeftSession): void {
  const { options, devices, cell } = work;
  if (!hasNorthWork(session)) {
    work.claim.end();
    return;
  }
  const { effects } = step(left.south, { type: 'deviceLeft' });
  const subject = { device: cell.record.devId, session: session.id };
  for (const effect of effects) {
    if (effect.type === 'transfer') logTransfer(options.journal, subject, effect);
  }
  const driver = new NorthDriver(work, northSessionOf(session));
  const outcomes = [...left.outcomes, ...outcomesIn(effects)];
  devices.startNorth(driver, [...inputsAfterRestart(devices, driver, session), { type: 'deviceGone', outcomes }]);
}

/** True when the backend is to hear of the session's end. Before Package#1 is complete the DM 2.0 session has not begun. */
export function hasNorthWork({ account, north }: DmSession): boolean {
  return account !== '' && (north.phase !== 'ended' || north.interaction !== undefined);
}

/** A request that was under way when a bridge stopped has no reply any more (ADR 2). */
export function inputsAfterRestart(
  devices: ActiveDevices,
  driver: NorthDriver,
  { north }: DmSession,
): readonly NorthInput[] {
  return isAwaitingReply(north) && !devices.isNorthRunning(driver) ? [{ type: 'interrupted' }] : [];
}
