/**
 * The effect of a chunk on the message that carries it: its Status, and the whole Item after the last chunk.
 *
 * @see DM-1.3 §8 "Large Object Handling"
 */
import type { AlertCommand, ResultsCommand } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { readEvent } from './device-alert.ts';
import { addStatus } from './due-status.ts';
import { completeObject, type IncomingObject, withDroppedNul } from './incoming-object.ts';
import { incomingTransfer, isProgressDue, transferEffect } from './object-transfer.ts';
import { findEntry } from './pending.ts';
import type { PlainItem } from './plain-item.ts';
import type { Reception } from './reception.ts';

/** Reads a chunk; `received` has it already. */
export function readChunk(
  reception: Reception,
  command: AlertCommand | ResultsCommand,
  received: IncomingObject,
  moreData: boolean,
): void {
  const object = reception.hasTrailingNul ? withDroppedNul(received) : received;
  const { receiveLimit } = reception.draft;
  reception.hasChunk = true;
  reception.hasProgress = true;
  // An object that is too large by its announced size is refused with the first chunk.
  const isTooLarge = receiveLimit !== undefined && Math.max(object.received, object.size ?? 0) > receiveLimit;
  if (isTooLarge) {
    failObject(reception, object, STATUS.requestEntityTooLarge);
    addStatus(reception, command, STATUS.requestEntityTooLarge);
  } else if (moreData) {
    continueObject(reception, object);
    addStatus(reception, command, STATUS.chunkedItemAccepted);
  } else {
    const item = completeObject(object);
    if (item === undefined) {
      failObject(reception, object, STATUS.sizeMismatch);
      addStatus(reception, command, STATUS.sizeMismatch);
    } else {
      endObject(reception, command, object, item);
    }
  }
}

/** Discards an object when a new command comes before its last chunk; an Alert 1225 will say so (DM-1.3 §8). */
export function discardObject(reception: Reception): void {
  const { incoming } = reception.draft;
  if (incoming === undefined) return;
  failObject(reception, incoming, STATUS.commandFailed);
  const { source, target } = incoming.item;
  const noEndOfData: { target?: string; source?: string } = {};
  if (source !== undefined) noEndOfData.source = source;
  if (target !== undefined) noEndOfData.target = target;
  reception.draft.noEndOfData = noEndOfData;
}

function continueObject({ draft, effects }: Reception, object: IncomingObject): void {
  const before = draft.incoming;
  const transfer = incomingTransfer(object);
  if (before === undefined) effects.push(transferEffect('started', transfer));
  else if (isProgressDue(before.received, transfer)) effects.push(transferEffect('progress', transfer));
  draft.incoming = object;
}

function endObject(
  reception: Reception,
  command: AlertCommand | ResultsCommand,
  object: IncomingObject,
  item: PlainItem,
): void {
  reception.draft.incoming = undefined;
  reception.effects.push(transferEffect('completed', incomingTransfer(object)));
  if (object.kind === 'results') {
    const get = findEntry(reception.pending, object.msgRef, object.cmdRef);
    get?.results.push(item);
    // The device has said 213 of its own chunks; this was the last one.
    if (get?.status === STATUS.chunkedItemAccepted) get.status = undefined;
  } else if (command.name === 'Alert') {
    const { code, correlator, before } = object;
    readEvent(reception, command, { code, correlator, items: [...before, item] });
  }
}

/** Forgets the object. The Get that it belonged to fails with that status. */
function failObject({ draft, effects, pending }: Reception, object: IncomingObject, status: number): void {
  draft.incoming = undefined;
  effects.push(transferEffect('failed', incomingTransfer(object)));
  if (object.kind !== 'results') return;
  const get = findEntry(pending, object.msgRef, object.cmdRef);
  if (get !== undefined) get.objectFailure = status;
}
