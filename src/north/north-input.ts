/** The inputs of a DM 2.0 session (`step.ts`). */
import type { CommandOutcome } from '../dm1/server-command.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import type { CurrentCacheEntry } from '../workflow/cache-entry.ts';

export type NorthInput =
  /** The device's Package#1 is complete and authenticated: Package#1 may go to the backend. */
  | { readonly type: 'opened' }
  | { readonly type: 'outcomes'; readonly outcomes: readonly CommandOutcome[] }
  | { readonly type: 'replied'; readonly id: string; readonly reply: RepositoryReply }
  /** Without an entry: the cache has dropped it meanwhile. */
  | { readonly type: 'cacheRead'; readonly id: string; readonly entry?: CurrentCacheEntry }
  /** The device has left the session, or its session timed out; `outcomes` are the last ones that it gave. */
  | { readonly type: 'deviceGone'; readonly outcomes?: readonly CommandOutcome[] }
  /** The process has done other work since the step that ended with `paused`. */
  | { readonly type: 'resumed' }
  /** A newer session of the device has waited long enough for this one. */
  | { readonly type: 'overtaken' }
  /** The process that had made the pending requests stopped before their replies came. */
  | { readonly type: 'interrupted' };

/** An input that means something else in each phase. */
export type PhaseInput = Exclude<NorthInput, { readonly type: 'overtaken' }>;
