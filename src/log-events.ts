/**
 * The port through which the bridge logs and traces. `log.ts` writes JSON lines; tests pass their own.
 */

/** One line for people and machines; adapters write JSON logs. Never a secret, a nonce or a node value. */
export interface Journal {
  log(level: 'debug' | 'info' | 'warn' | 'error', event: string, facts: Readonly<Record<string, unknown>>): void;
  /** The conversation, message by message, for the trace and the demonstration. */
  trace(entry: TraceEntry): void;
}

/** One message on either side, as it crossed the wire. */
export interface TraceEntry {
  readonly at: number;
  readonly device: string;
  readonly session: string;
  readonly direction:
    | 'device→bridge'
    | 'bridge→device'
    | 'bridge→backend'
    | 'backend→bridge'
    | 'bridge→repository'
    | 'repository→bridge';
  /** First line: method and URL, or status. */
  readonly summary: string;
  readonly contentType?: string;
  readonly body?: string;
}
