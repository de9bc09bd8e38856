/**
 * The progress of large objects, read off the session that is kept: whoever holds the record can tell it at any time.
 *
 * @see DM-1.3 §8 "Large Object Handling"
 */
import type { Dm1Session, IncomingObject, OutgoingObject, SessionEffect } from './session-model.ts';
import type { Transfer, TransferState } from './transfer-model.ts';

/** Parts of an object after each of which its progress is told. */
const PARTS = 10;
/** The same in bytes, where nobody knows how large the object will be. */
const UNKNOWN_PART = 1024 * 1024;

/** The object that is under way in this session, if any; a device sends none while it receives one (DM-1.3 §8). */
export function transferOf({ incoming, outgoing }: Dm1Session): Transfer | undefined {
  if (outgoing !== undefined) return outgoingTransfer(outgoing);
  return incoming === undefined ? undefined : incomingTransfer(incoming);
}

/** An object on its way to the device. */
export function outgoingTransfer({ command, acknowledgedBytes, size }: OutgoingObject): Transfer {
  const [item] = command.items;
  return { direction: 'toDevice', locUri: item?.target ?? '', bytesDone: acknowledgedBytes, bytesTotal: size };
}

/** An object that the device sends. */
export function incomingTransfer({ item, received, size }: IncomingObject): Transfer {
  return {
    direction: 'fromDevice',
    locUri: item.source ?? item.target ?? '',
    bytesDone: received,
    ...(size === undefined ? {} : { bytesTotal: size }),
  };
}

/** Tells what has happened to an object. */
export function tellTransfer(state: TransferState, transfer: Transfer): SessionEffect {
  return { type: 'transfer', state, transfer };
}

/** Tells of an object that goes on, each time another tenth of it has come through. */
export function tellProgress(doneBefore: number, transfer: Transfer): readonly SessionEffect[] {
  const part = transfer.bytesTotal === undefined ? UNKNOWN_PART : Math.max(1, transfer.bytesTotal / PARTS);
  const isNews = Math.floor(transfer.bytesDone / part) > Math.floor(doneBefore / part);
  return isNews ? [tellTransfer('going', transfer)] : [];
}
