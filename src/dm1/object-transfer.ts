/**
 * The progress of large objects, for logs and operators: how much has arrived, but never the content.
 *
 * @see DM-1.3 §8 "Large Object Handling"
 */
import type { IncomingObject } from './incoming-object.ts';
import type { OutgoingObject } from './outgoing-object.ts';

export interface Transfer {
  readonly direction: 'toDevice' | 'fromDevice';
  /** The node that the object belongs to; '' where the device named none. */
  readonly locUri: string;
  /** Bytes as carried that the receiver has acknowledged. */
  readonly bytesDone: number;
  /** Absent: the device did not announce a size. */
  readonly bytesTotal?: number;
}

/** `completed`: the receiver has accepted the complete object. `failed`: it was refused or cut off. */
export type TransferState = 'started' | 'progress' | 'completed' | 'failed';

export interface TransferEffect {
  readonly type: 'transfer';
  readonly state: TransferState;
  readonly transfer: Transfer;
}

/** The progress of an object with a known size is reported after each tenth. */
const PROGRESS_PARTS = 10;
/** The progress of an object without a known size is reported after each MiB. */
const PROGRESS_BYTES = 1024 * 1024;

/** The object that is under way in a session. A device sends none while it receives one (DM-1.3 §8). */
export function transferOf(objects: {
  readonly incoming?: IncomingObject | undefined;
  readonly outgoing?: OutgoingObject | undefined;
}): Transfer | undefined {
  if (objects.outgoing !== undefined) return outgoingTransfer(objects.outgoing);
  return objects.incoming === undefined ? undefined : incomingTransfer(objects.incoming);
}

/** The transfer of an object to the device. */
export function outgoingTransfer({ command, acknowledgedBytes, size }: OutgoingObject): Transfer {
  const [item] = command.items;
  return { direction: 'toDevice', locUri: item?.target ?? '', bytesDone: acknowledgedBytes, bytesTotal: size };
}

/** The transfer of an object from the device. */
export function incomingTransfer({ item, received, size }: IncomingObject): Transfer {
  const locUri = item.source ?? item.target ?? '';
  if (size === undefined) return { direction: 'fromDevice', locUri, bytesDone: received };
  return { direction: 'fromDevice', locUri, bytesDone: received, bytesTotal: size };
}

export function transferEffect(state: TransferState, transfer: Transfer): TransferEffect {
  return { type: 'transfer', state, transfer };
}

/** True when a step of progress that is worth a report was reached after `doneBefore` bytes. */
export function isProgressDue(doneBefore: number, { bytesDone, bytesTotal }: Transfer): boolean {
  const part = bytesTotal === undefined ? PROGRESS_BYTES : Math.max(1, bytesTotal / PROGRESS_PARTS);
  return Math.floor(bytesDone / part) > Math.floor(doneBefore / part);
}
