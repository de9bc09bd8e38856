/**
 * The effects of Exec on a simulated device: a status at once, values that change, and a Generic Alert that may follow.
 *
 * @see DM-1.3 §6.7, DM-2.0 §5.4.1
 */

/** A Generic Alert that a device has to send (DM-1.3 §6.7). */
export interface PendingAlert {
  readonly type: string;
  readonly format: string;
  readonly data?: string | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly mark?: string | undefined;
  readonly correlator?: string | undefined;
  /** Sent in this session, or in Package#1 of the next one, which is the default. */
  readonly when?: 'thisSession' | 'nextSession' | undefined;
}

export interface ExecHandler {
  readonly status: number;
  /** New values of leaves, by LocURI. */
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly alert?: PendingAlert | undefined;
}
