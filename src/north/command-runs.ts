/** Commands of Package#2 between two steps of their execution. */
import type { ReplayLogEntry } from '../workflow/replay-log.ts';
import type { CommandRun, HeldRequest } from './north-session.ts';

/** True when no later command may start: this one waits for something else than the device, or its writes are not known. */
export function isBatchEnd({ result, pending, held }: CommandRun): boolean {
  if (result !== undefined) return false;
  return pending === undefined ? held === undefined : pending.kind !== 'device';
}

/** The command until its workflow goes on; with `held` when an earlier command holds its next request back. */
export function suspendedRun(
  run: CommandRun,
  replayLog: readonly ReplayLogEntry[],
  held: HeldRequest | undefined,
): CommandRun {
  const free = withoutHold(run);
  return held === undefined ? { ...free, replayLog } : { ...free, replayLog, held };
}

export function withoutHold(run: CommandRun): CommandRun {
  if (run.held === undefined) return run;
  const { held: _, ...free } = run;
  return free;
}
