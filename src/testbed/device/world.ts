/** The surroundings of a simulated device, and what it reports to them. */
import type { WireMessage } from './message.ts';

/** The functions that the device calls. */
export interface DeviceWorld {
  readonly post: Post;
  randomBytes(count: number): Uint8Array;
  /** Resolves after some milliseconds; only retries wait. */
  wait?(ms: number): Promise<void>;
  onEvent?(event: DeviceEvent): void;
}

/** Sends one message; rejects when there is no HTTP response at all. */
export type Post = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<PostReply>;

export interface PostReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type DeviceEvent =
  | {
      readonly type: 'sent';
      readonly devId: string;
      readonly url: string;
      readonly message: WireMessage;
      readonly text: string;
    }
  | { readonly type: 'received'; readonly devId: string; readonly message: WireMessage; readonly text: string }
  /** A notification came; its session follows, unless it had one before. */
  | { readonly type: 'notified'; readonly devId: string; readonly sessionId: string; readonly format: '1.2' | '1.3' }
  | { readonly type: 'fault'; readonly devId: string; readonly text: string }
  | { readonly type: 'ended'; readonly devId: string; readonly outcome: SessionOutcome };

/** The end of a session. */
export interface SessionOutcome {
  /**
   * `done`: the server sent the empty package. `aborted`: Alert 1223. `unauthorised`: the server refused the credentials for
   * good. `crashed`: a command ended the device's program. `failed`: there was no usable response.
   */
  readonly end: 'done' | 'aborted' | 'unauthorised' | 'crashed' | 'failed';
  readonly reason?: string | undefined;
  readonly messages: number;
  /** The faults of the server in this session. */
  readonly faults: readonly string[];
}
