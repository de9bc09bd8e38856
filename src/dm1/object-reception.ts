/**
 * What a chunk of the device's object does to the message that it came in: Statuses, and the whole Item at the end.
 *
 * @see DM-1.3 §8 "Large Object Handling"
 */
import type { AlertCommand, ResultsCommand } from '../syncml/message.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { alertCode, takeEventItems } from './device-alert.ts';
import { completeObject } from './incoming-object.ts';
import { type Entry, findEntry } from './pending.ts';
import { owe, type Reception } from './reception.ts';
import type { IncomingObject } from './session-model.ts';
import { incomingTransfer, tellProgress, tellTransfer } from './transfer.ts';

/** Goes on with an object: buffered (213), too large (413), of the wrong size (424), or whole. */
export function takeChunk(
  reception: Reception,
  command: AlertCommand | ResultsCommand,
  object: IncomingObject,
  more: boolean,
): void {
  const before = reception.session.incoming;
  reception.chunkTaken = true;
  reception.progress = true;
  const limit = reception.session.receiveLimit;
  // What is too large by its own word is not worth the transfer.
  if (limit !== undefined && Math.max(object.received, object.size ?? 0) > limit) {
    endObject(reception, object, STATUS.requestEntityTooLarge);
    owe(reception, command, STATUS.requestEntityTooLarge);
    return;
  }
  if (more) {
    reception.session = { ...reception.session, incoming: object };
    const transfer = incomingTransfer(object);
    if (before === undefined) reception.effects.push(tellTransfer('begun', transfer));
    else reception.effects.push(...tellProgress(before.received, transfer));
    owe(reception, command, STATUS.chunkedItemAccepted);
    return;
  }
  const item = completeObject(object);
  endObject(reception, object, item === undefined ? STATUS.sizeMismatch : undefined);
  if (item === undefined) {
    owe(reception, command, STATUS.sizeMismatch);
  } else if (command.name === 'Results') {
    getOf(reception, object)?.results.push(item);
  } else {
    const { code = alertCode(command), correlator } = object;
    const items = [...object.before, item];
    takeEventItems(reception, command, { code, ...(correlator === undefined ? {} : { correlator }), items });
  }
}

/** A new command before the last chunk: the object is discarded, and Alert 1225 says so (DM-1.3 §8). */
export function breakObjectOff(reception: Reception): void {
  const { incoming } = reception.session;
  if (incoming === undefined) return;
  endObject(reception, incoming, STATUS.commandFailed);
  const { source, target } = incoming.item;
  reception.session = {
    ...reception.session,
    noEndOfData: { ...(source === undefined ? {} : { source }), ...(target === undefined ? {} : { target }) },
  };
}

/** Forgets the object; with a status, it came to nothing, and the Get that it belonged to has failed with it. */
function endObject(reception: Reception, object: IncomingObject, failure: number | undefined): void {
  const { incoming: _, ...session } = reception.session;
  reception.session = session;
  reception.effects.push(tellTransfer(failure === undefined ? 'whole' : 'failed', incomingTransfer(object)));
  const get = getOf(reception, object);
  if (get !== undefined && failure !== undefined) get.broken = failure;
}

function getOf(reception: Reception, object: IncomingObject): Entry | undefined {
  return object.kind === 'results' ? findEntry(reception.pending, object.msgRef, object.cmdRef) : undefined;
}
