/** An exchange with the Data Repository (DM-2.0 §5.3). */

import type { Content } from '../dm2/package.ts';

export interface RepositoryRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Content;
}

export type RepositoryReply =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Content }
  | { readonly failure: string; readonly reason: string };
