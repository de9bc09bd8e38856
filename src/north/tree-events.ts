/** Changes of the tree that the device reported by itself while commands were under way (DM-1.3 §6.8). */
import type { TreeChange } from '../mo/tree-change.ts';
import { concernRoots, forget } from '../tree/tree-knowledge.ts';
import type { CommandRun, NorthSession } from './north-session.ts';

/** The device told that nodes have changed, by itself and at any time. */
export function withEvents(north: NorthSession, events: readonly TreeChange[]): NorthSession {
  const runs = north.runs.map((run): CommandRun => {
    const isUnderWay = run.result === undefined && (run.waiting !== undefined || run.replayLog.length > 0);
    return isUnderWay ? { ...run, events: [...(run.events ?? []), ...events] } : run;
  });
  const { discovered, ...rest } = forget(north.knowledge, events);
  const isKept = discovered !== undefined && !concernRoots(events, discovered);
  return { ...north, runs, knowledge: isKept ? { ...rest, discovered } : rest };
}
