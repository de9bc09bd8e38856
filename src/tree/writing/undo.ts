/** Undoes writes after a failure, and logs what could not be undone. */

import type { LocUri } from '../../mo/loc-uri.ts';
import type { TreeChange } from '../../mo/tree-change.ts';
import { STATUS } from '../../syncml/status-codes.ts';
import { all, withLaterWrites } from '../../workflow/combinators.ts';
import { emit, requestFacts, type Workflow } from '../../workflow/workflow.ts';
import { interiorsWithoutLeaf, withLeafAddsOnly } from '../leaf-adds.ts';
import { type NodeRead, readNode } from '../tree-reader.ts';
import { changeOf, isIrreversible, planUndo, type Write } from '../write-plan.ts';
import { sendWrites } from './send-writes.ts';
import { isApplied, isDoubtful, isFulfilled, type WriteOutcome } from './write-outcome.ts';

export interface UndoOptions {
  /** The number of failed writes. */
  readonly failures: number;
  readonly leafAddsOnly: boolean;
  /** The changes of the writes that follow the undo. */
  readonly willWrite?: readonly TreeChange[];
}

/**
 * Undoes the writes that were applied, the last one first. Where the effect is in doubt, the node is read first; it is undone when it
 * is not as before.
 */
export function* undo(outcomes: readonly WriteOutcome[], options: UndoOptions): Workflow<void> {
  // A node that exists already is not the beginning of the object that was added.
  const isForeign = ({ write, outcome }: WriteOutcome) =>
    write.name === 'Add' && isDoubtful(outcome) && outcome.status === STATUS.alreadyExists;
  const changed = outcomes.filter((each) => (isApplied(each) || isDoubtful(each.outcome)) && !isForeign(each));
  const suspects = changed.filter((each) => !isApplied(each)).map(({ write }) => write);
  const left = outcomes.filter(isForeign).map(({ write }) => write.locUri);
  yield* undoWrites({ writes: changed.map(({ write }) => write), suspects, left }, options);
}

/** Undoes writes that may have been applied: after 516, a roll-back that failed. */
export function* undoSuspects(suspects: readonly Write[], options: UndoOptions): Workflow<void> {
  yield* undoWrites({ writes: suspects, suspects, left: [] }, options);
}

interface Undoing {
  /** In the order in which they were sent. */
  readonly writes: readonly Write[];
  /** Those of them that may have had no effect. */
  readonly suspects: readonly Write[];
  /** Nodes whose state stays unknown. */
  readonly left: readonly LocUri[];
}

function* undoWrites(
  { writes, suspects, left: unknown }: Undoing,
  { failures, leafAddsOnly, willWrite = [] }: UndoOptions,
): Workflow<void> {
  const planned = planUndo(writes);
  const left = [...unknown, ...writes.filter(isIrreversible).map(({ locUri }) => locUri)];
  const { isDeviceGone = false } = planned.length === 0 ? {} : requestFacts();
  if (isDeviceGone) {
    left.push(...planned.map(({ locUri }) => locUri));
  } else {
    const needed = suspects.length === 0 ? planned : yield* withoutNeedless(planned, writes, suspects);
    const undone = leafAddsOnly ? withLeafAddsOnly(needed) : needed;
    const outcomes = undone.length === 0 ? [] : yield* sendWrites(undone, willWrite);
    left.push(...outcomes.filter((each) => !isFulfilled(each)).map(({ write }) => write.locUri));
    if (leafAddsOnly) left.push(...interiorsWithoutLeaf(needed));
  }
  const event = left.length === 0 ? 'write.undone' : 'write.partial';
  emit({ type: 'log', event, facts: { failures, left } });
}

/** Reads the nodes of suspects, and returns the planned writes without those that would change nothing. */
function* withoutNeedless(
  planned: readonly Write[],
  writes: readonly Write[],
  suspects: readonly Write[],
): Workflow<readonly Write[]> {
  const uncertain = new Set(suspects);
  const certain = new Set(writes.filter((write) => !uncertain.has(write)).map(topOf));
  const doubtful = new Set(suspects.flatMap((write) => [topOf(write), ...(write.restore ?? []).map(topOf)]));
  const checked = planned.filter(({ locUri }) => doubtful.has(locUri) && !certain.has(locUri));
  const reads = yield* withLaterWrites(all(checked.map(({ locUri }) => readNode(locUri))), planned.map(changeOf));
  const readOf = new Map(checked.map((write, at) => [write, reads[at]]));
  return planned.flatMap((write) => {
    return readOf.has(write) ? (correctedBy(write, readOf.get(write)) ?? []) : write;
  });
}

function topOf({ locUri, createdTop = locUri }: Write): LocUri {
  return createdTop;
}

/** The write for the tree that was read; undefined when the tree is as this write would leave it. */
function correctedBy(write: Write, read: NodeRead | undefined): Write | undefined {
  const { name, node, property } = write;
  if (property !== undefined || read === undefined) return write;
  const isPresent = 'children' in read || read.state === 'present';
  // A node that cannot be read may be there.
  if (!isPresent && read.state !== 'absent') return write;
  switch (name) {
    case 'Add':
      return isPresent ? undefined : write;
    case 'Delete':
      return isPresent ? write : undefined;
    case 'Replace':
      if (!isPresent) return { ...write, name: 'Add' };
      return 'state' in read && read.state === 'present' && read.node.value === node?.value ? undefined : write;
  }
}
