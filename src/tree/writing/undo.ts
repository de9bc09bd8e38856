/** Takes back what was written before a failure, and says what could not be taken back (design: Commands, HGET). */

import { isInterior } from '../../mo/node.ts';
import type { TreeChange } from '../../mo/tree-change.ts';
import { withLaterWrites } from '../../workflow/combinators.ts';
import { emit, type Workflow } from '../../workflow/workflow.ts';
import { interiorsWithoutLeaf, withLeafAddsOnly } from '../leaf-adds.ts';
import { readTrees, type TreeRead } from '../tree-reader.ts';
import { isForGood, planUndo, regionOf, type Write } from '../write-plan.ts';
import { isDone } from './done.ts';
import { sendWrites } from './send-writes.ts';

export interface UndoOptions {
  /** How many writes had failed. */
  readonly failures: number;
  readonly leafAddsOnly: boolean;
  /** What is written after it, another way. */
  readonly willWrite?: readonly TreeChange[];
}

/** Undoes writes that were done, last first. */
export function* undo(done: readonly Write[], options: UndoOptions): Workflow<void> {
  yield* takeBack(done, planUndo(done), options);
}

/** Undoes writes of which nobody knows whether they were done: 516, a roll-back that failed. The tree is read anew first. */
export function* repair(suspects: readonly Write[], options: UndoOptions): Workflow<void> {
  const planned = planUndo(suspects);
  const places = planned.map(({ locUri, node }) => {
    const expect = node === undefined || isInterior(node) ? ('unknown' as const) : ('leaf' as const);
    return { locUri, expect };
  });
  const reads = yield* withLaterWrites(readTrees(places), planned.map(regionOf));
  const needed = planned.filter((write, at) => isNeeded(write, reads[at]));
  yield* takeBack(suspects, needed, options);
}

function* takeBack(
  done: readonly Write[],
  planned: readonly Write[],
  { failures, leafAddsOnly, willWrite = [] }: UndoOptions,
): Workflow<void> {
  const writes = leafAddsOnly ? withLeafAddsOnly(planned) : planned;
  const outcomes = writes.length === 0 ? [] : yield* sendWrites(writes, willWrite);
  const failed = outcomes.filter((each) => !isDone(each)).map(({ write }) => write);
  const unmade = leafAddsOnly ? interiorsWithoutLeaf(planned) : [];
  const left = [...[...done.filter(isForGood), ...failed].map(({ locUri }) => locUri), ...unmade];
  const event = left.length === 0 ? 'write.undone' : 'write.partial';
  yield* emit({ type: 'log', event, facts: { failures, left } });
}

/** Whether the device is not yet as this write would leave it. */
function isNeeded({ name, node, property }: Write, read: TreeRead | undefined): boolean {
  if (property !== undefined || read === undefined || read.state === 'failed' || read.state === 'refused') return true;
  if (name === 'Delete') return read.state === 'present';
  if (name === 'Add') return read.state === 'absent';
  return read.state === 'absent' || read.node.value !== node?.value;
}
