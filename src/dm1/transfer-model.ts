/** How far a large object has come (DM-1.3 §8), as logs and operators see it: never what it holds. */

export interface Transfer {
  readonly direction: 'toDevice' | 'fromDevice';
  /** The node that the object belongs to; '' where the device named none. */
  readonly locUri: string;
  /** Bytes as carried that the receiver has acknowledged. */
  readonly bytesDone: number;
  /** Absent: the device did not announce a size. */
  readonly bytesTotal?: number;
}

/** `whole`: all of it arrived and was taken; `failed`: it came to nothing. */
export type TransferState = 'begun' | 'going' | 'whole' | 'failed';
