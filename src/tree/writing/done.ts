/** What the device's answer to one write means: done, to be written otherwise, or failed (design: status table). */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { isInterior } from '../../mo/node.ts';
import { isExecuted } from '../../syncml/status-codes.ts';
import { isAbsence } from '../tree-reader.ts';
import type { Write } from '../write-plan.ts';

export const NOT_EXECUTED = 215;
const ALREADY_EXISTS = 418;
const NOT_ALLOWED = 405;
/** What a member of a failed Atomic is told although nothing was wrong with it. */
const CONSEQUENCES: readonly number[] = [NOT_EXECUTED, 216, 507, 516];

/** A write and what became of it. */
export interface Done {
  readonly write: Write;
  readonly outcome: CommandOutcome;
}

/**
 * It is as it should be: an interior node that is there already was meant, unless it roots a new instance; so is a node that
 * is gone, and a permanent one that the document leaves out.
 */
export function isDone({ write, outcome: { status } }: Done): boolean {
  if (isExecuted(status) || isThere(write, status)) return true;
  return write.name === 'Delete' && (isAbsence(status) || isPermanent(write, status));
}

/** The device has changed its tree for this write. */
export function isApplied({ outcome }: Done): boolean {
  return isExecuted(outcome.status);
}

/** It was not tried, or taken back because of another. */
export function isConsequence({ outcome }: Done): boolean {
  return CONSEQUENCES.includes(outcome.status);
}

/** 418 to Add and 404 to Replace: the tree was not as known; the other command does what was meant. */
export function otherWrite({ write, outcome: { status } }: Done): Write | undefined {
  // What is there already is somebody else's instance; of a document nobody knows which node is meant; properties are not added.
  if (write.newInstance === true || write.whole === true || write.property !== undefined) return undefined;
  if (write.name === 'Add' && status === ALREADY_EXISTS)
    return isInteriorWrite(write) ? undefined : renamed(write, 'Replace');
  return write.name === 'Replace' && isAbsence(status) ? renamed(write, 'Add') : undefined;
}

function isThere(write: Write, status: number): boolean {
  const isPlainAdd = write.name === 'Add' && write.newInstance !== true && write.whole !== true;
  return isPlainAdd && status === ALREADY_EXISTS && isInteriorWrite(write);
}

/** Without a definition only the device knows which nodes are permanent (DM-2.0 §6.3.1.2); what an undo deletes was not there before. */
function isPermanent({ before }: Write, status: number): boolean {
  return before !== undefined && status === NOT_ALLOWED;
}

function isInteriorWrite({ node }: Write): boolean {
  return node !== undefined && isInterior(node);
}

function renamed(write: Write, name: Write['name']): Write {
  return { ...write, name };
}
