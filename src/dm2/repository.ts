/** An exchange with the Data Repository (DM-2.0 §5.3). */

import type { Content } from './package.ts';

/** Bytes of a page for the user of a device, decoded. */
export const MAX_PAGE_BYTES = 262_144;

export interface RepositoryRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Content;
  /** A page for the user of a device: its redirects come back as they are. */
  readonly isPage?: true;
}

/** Why there is no usable reply: refused by the allow-list, connection, time-out, size, content coding. */
export type ReplyFailure = 'forbidden' | 'unreachable' | 'timeout' | 'tooLarge' | 'coding';

export type RepositoryReply =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Content }
  | {
      readonly failure: ReplyFailure;
      readonly reason: string;
      /** The HTTP status, when one came before the failure. */
      readonly answered?: number;
    };
