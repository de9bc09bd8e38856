/** Between the driver and a process under test: its arguments, the measurements that it takes, and their requests. */

/**
 * `koa-floor` and `bare-floor`: the same HTTP messages with fixed bytes and no work. `transport`: those messages through the
 * bridge's own listener and client, with nothing between them.
 */
export type Mode = 'koa-floor' | 'bare-floor' | 'transport' | 'memory' | 'sqlite';

export interface TestedOptions {
  readonly mode: Mode;
  readonly backendUrl: string;
  /** The number of registered devices; see `devIdAt`. */
  readonly devices: number;
  /** The file of the embedded store; absent: a temporary one. */
  readonly file?: string;
}

export type MeasureRequest =
  /** Begins to measure; with `watch` the event loop, too, which itself costs CPU time. */
  | { readonly measure: 'start'; readonly watch: boolean }
  | { readonly measure: 'stop' }
  /** Collects all garbage, then measures. */
  | { readonly measure: 'collect' }
  /** Lets so much time pass for the bridge, with its background work at the end. */
  | { readonly measure: 'later'; readonly ms: number };

export interface Measurement {
  /** Microseconds of CPU time since `start`, of all threads. */
  readonly cpu: number;
  /** Event-loop delay since `start`, milliseconds of wall time. */
  readonly delayP99: number;
  readonly delayMax: number;
  /**
   * The longest time since `start` for which the main thread worked without a turn of the event loop, milliseconds of CPU time:
   * unlike the delay, it is the same on a busy machine.
   */
  readonly longestTurn: number;
  /** Bytes. */
  readonly heap: number;
  readonly rss: number;
}

/** The devices have DevIds of the same length, so that one recorded message serves them all. */
export function devIdAt(index: number): string {
  return `IMEI:${String(index).padStart(8, '0')}`;
}

export const USER = 'Bruce2';
export const PASSWORD = 'OhBehave';
