/** Changes of the tree that the device reports by itself, at any time (DM-1.3 §6.8). */
import type { TreeChange } from '../mo/tree-change.ts';
import { mayConcernRoots, type TreeKnowledge, withoutChanged } from '../tree/tree-knowledge.ts';
import type { CommandRun, NorthSession } from './north-session.ts';

/** The session without the knowledge that the changes may have made wrong; its commands learn of them, too. */
export function withReportedChanges(north: NorthSession, changes: readonly TreeChange[]): NorthSession {
  switch (north.phase) {
    case 'ended':
      return north;
    case 'waiting':
    case 'posting':
      return { ...north, knowledge: knowledgeAfter(north.knowledge, changes) };
    case 'starting':
    case 'executing': {
      const runs = north.runs.map((run) => withChanges(run, changes));
      return { ...north, runs, knowledge: knowledgeAfter(north.knowledge, changes) };
    }
  }
}

function withChanges(run: CommandRun, changes: readonly TreeChange[]): CommandRun {
  const isUnderWay = run.result === undefined && (run.pending !== undefined || run.replayLog.length > 0);
  return isUnderWay ? { ...run, reportedChanges: [...(run.reportedChanges ?? []), ...changes] } : run;
}

function knowledgeAfter(knowledge: TreeKnowledge, changes: readonly TreeChange[]): TreeKnowledge {
  const { discovered, ...rest } = withoutChanged(knowledge, changes);
  return discovered === undefined || mayConcernRoots(changes, discovered) ? rest : { ...rest, discovered };
}
