/** Devices that send no Status for a Replace of an ACL: the ACL is read back (ADR 36). */
import { expect, test } from 'vitest';
import type { CommandOutcome, ServerCommand } from '../../src/dm1/server-command.ts';
import { DCMO, phoneTree } from '../north/model/simulated-device.ts';
import { type AclDevice, aclDevice } from './acl-device.ts';
import { DAC, store, written } from './scene.ts';

const CAMERA = `${DAC}//${DCMO}/camera`;
const MINE = 'Add=legacy-dm&Delete=legacy-dm&Exec=legacy-dm&Get=legacy-dm&Replace=legacy-dm';
const LESS = 'Get=legacy-dm&Replace=legacy-dm';

interface Habit {
  /** The status of the Sequence around a write, else 500. */
  readonly status: number;
  /** The number of writes that it leaves out before it does one. */
  readonly skipped?: number;
}

function silent({ status, skipped = 0 }: Habit): AclDevice {
  const device = aclDevice(phoneTree(), { './DCMO/camera': MINE });
  let left = skipped;
  const execute = (command: ServerCommand): CommandOutcome => {
    if (command.name !== 'Replace') return device.execute(command);
    left -= 1;
    if (left < 0) device.execute(command);
    else device.commands.push(command);
    return { id: command.id, status, unanswered: true, itemStatuses: [], statusItems: [], results: [] };
  };
  return { ...device, execute };
}

test.each([
  ['that was done is done', { status: 200 }, '200', [LESS], LESS],
  ['that was done is done, although the device said nothing', { status: 500 }, '200', [LESS], LESS],
  ['that was not done is sent once more', { status: 200, skipped: 1 }, '200', [LESS, LESS], LESS],
  ['that is never done ends with 500', { status: 200, skipped: 9 }, '500', [LESS, LESS], MINE],
] as const)('an ACL %s', (_, habit, status, sent, acl) => {
  const device = silent(habit);
  const outcome = store(`${CAMERA}/1/Permissions/DMS1/AR`, '9', { device });
  expect(outcome.statuses).toEqual([status]);
  expect(written(outcome)).toEqual(sent.map((value) => `./DCMO/camera?prop=ACL ${value}`));
  expect(device.acls.get('./DCMO/camera')).toBe(acl);
});
