/** The meaning of a device's answer to one write: fulfilled, to be replaced by an alternative, or failed. */
import type { CommandOutcome } from '../../dm1/server-command.ts';
import { isInterior } from '../../mo/node.ts';
import { isExecuted, STATUS } from '../../syncml/status-codes.ts';
import { isAtomicConsequence } from '../../translate/status.ts';
import { isAbsence } from '../status-groups.ts';
import type { Write } from '../write-plan.ts';

/** A write with the outcome of its command. */
export interface WriteOutcome {
  readonly write: Write;
  readonly outcome: CommandOutcome;
}

/**
 * True when the tree is as the write wants it. So it is when an interior node exists already, unless it is the root of a new
 * instance; when a node to delete does not exist; and when a node that the document leaves out is permanent.
 */
export function isFulfilled({ write, outcome: { status } }: WriteOutcome): boolean {
  if (isExecuted(status)) return true;
  switch (write.name) {
    case 'Add':
      return status === STATUS.alreadyExists && isInteriorWrite(write) && !isNewInstance(write) && !isDocument(write);
    case 'Delete':
      return isAbsence(status) || isPermanent(write, status);
    case 'Replace':
      return false;
  }
}

/** True when the device has changed its tree for this write. */
export function isApplied({ outcome }: WriteOutcome): boolean {
  return isExecuted(outcome.status);
}

/**
 * True when a failed write may have changed the tree all the same: a large object broke off after the device had got a part of it
 * (DM-1.3 §8), or the device has not answered the command.
 */
export function isDoubtful({ brokenOff, unanswered, status }: CommandOutcome): boolean {
  return (brokenOff === true || unanswered === true) && !isExecuted(status);
}

/** True when the write was not executed, or was rolled back, because another one failed. */
export function isConsequence({ outcome }: WriteOutcome): boolean {
  return isAtomicConsequence(outcome.status);
}

/** Another write with the same intention, after 418 to Add or 404 to Replace: the tree was not as known. */
export function alternativeOf({ write, outcome: { status } }: WriteOutcome): Write | undefined {
  // A root that exists already belongs to another instance, the status of a document does not name the existing node, and properties are
  // not added.
  if (isNewInstance(write) || isDocument(write) || write.property !== undefined) return undefined;
  if (write.name === 'Add' && status === STATUS.alreadyExists && !isInteriorWrite(write)) {
    return { ...write, name: 'Replace' };
  }
  return write.name === 'Replace' && isAbsence(status) ? { ...write, name: 'Add' } : undefined;
}

/** Without a definition only the device knows its permanent nodes (DM-2.0 §6.3.1.2). A node that an undo deletes is not one. */
function isPermanent({ before }: Write, status: number): boolean {
  return before !== undefined && status === STATUS.commandNotAllowed;
}

function isInteriorWrite({ node }: Write): boolean {
  return node !== undefined && isInterior(node);
}

function isNewInstance({ newInstance }: Write): boolean {
  return newInstance === true;
}

function isDocument({ asDocument }: Write): boolean {
  return asDocument === true;
}
