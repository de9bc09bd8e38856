/** Undoes writes after a failure, and logs what could not be undone. */

import { isInterior } from '../../mo/node.ts';
import type { TreeChange } from '../../mo/tree-change.ts';
import { withLaterWrites } from '../../workflow/combinators.ts';
import { emit, type Workflow } from '../../workflow/workflow.ts';
import { interiorsWithoutLeaf, withLeafAddsOnly } from '../leaf-adds.ts';
import { readTrees, type TreeRead } from '../tree-reader.ts';
import { changeOf, isIrreversible, planUndo, type Write } from '../write-plan.ts';
import { sendWrites } from './send-writes.ts';
import { isFulfilled } from './write-outcome.ts';

export interface UndoOptions {
  /** The number of failed writes. */
  readonly failures: number;
  readonly leafAddsOnly: boolean;
  /** The changes of the writes that follow the undo. */
  readonly willWrite?: readonly TreeChange[];
}

/** Undoes applied writes, the last one first. */
export function* undo(applied: readonly Write[], options: UndoOptions): Workflow<void> {
  yield* sendUndo(applied, planUndo(applied), options);
}

/** Undoes writes that may have been applied: after 516, a roll-back that failed. The tree is read again first. */
export function* undoSuspects(suspects: readonly Write[], options: UndoOptions): Workflow<void> {
  const planned = planUndo(suspects);
  const nodes = planned.map(({ locUri, node }) => {
    const expect = node === undefined || isInterior(node) ? ('unknown' as const) : ('leaf' as const);
    return { locUri, expect };
  });
  const reads = yield* withLaterWrites(readTrees(nodes), planned.map(changeOf));
  const needed = planned.filter((write, at) => isNeeded(write, reads[at]));
  yield* sendUndo(suspects, needed, options);
}

function* sendUndo(
  applied: readonly Write[],
  planned: readonly Write[],
  { failures, leafAddsOnly, willWrite = [] }: UndoOptions,
): Workflow<void> {
  const writes = leafAddsOnly ? withLeafAddsOnly(planned) : planned;
  const outcomes = writes.length === 0 ? [] : yield* sendWrites(writes, willWrite);
  const failed = outcomes.filter((each) => !isFulfilled(each)).map(({ write }) => write);
  const left = [...applied.filter(isIrreversible), ...failed].map(({ locUri }) => locUri);
  if (leafAddsOnly) left.push(...interiorsWithoutLeaf(planned));
  const event = left.length === 0 ? 'write.undone' : 'write.partial';
  yield* emit({ type: 'log', event, facts: { failures, left } });
}

/** True when the tree is not yet, or may not be, as this write would leave it. */
function isNeeded({ name, node, property }: Write, read: TreeRead | undefined): boolean {
  if (property !== undefined || read === undefined || read.state === 'failed' || read.state === 'refused') return true;
  if (name === 'Delete') return read.state === 'present';
  if (name === 'Add') return read.state === 'absent';
  return read.state === 'absent' || read.node.value !== node?.value;
}
