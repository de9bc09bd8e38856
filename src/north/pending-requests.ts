/** Results from outside: they answer the pending request of a command and go to its replay log; `advance` goes on from there. */

import type { CommandOutcome } from '../dm1/server-command.ts';
import type { RepositoryReply } from '../dm2/repository.ts';
import type { Mutable } from '../mutable.ts';
import type { CurrentCacheEntry } from '../workflow/cache-entry.ts';
import { recordResult } from '../workflow/replay-log.ts';
import type { ResultOf, WorkflowResult } from '../workflow/result.ts';
import { withEntry } from '../workflow/resume.ts';
import type { CommandRun, NorthSession, PendingDeviceRequest, RunningSession } from './north-session.ts';
import { unavailable } from './north-state.ts';
import { keepProgress, takeProgress } from './progress.ts';

/** Adds what the device said to its commands. */
export function acceptOutcomes<S extends RunningSession>(north: S, outcomes: readonly CommandOutcome[]): S {
  if (outcomes.length === 0) return north;
  const byId = new Map<string, CommandOutcome>();
  for (const outcome of outcomes) byId.set(outcome.id, outcome);
  const progress = takeProgress(north.runs).restarted();
  const runs = [...north.runs];
  for (let at = progress.first; at < runs.length && byId.size > 0; at += 1) {
    const run = runs[at];
    const pending = run?.pending;
    if (run === undefined || pending?.kind !== 'device') continue;
    const own = pending.ids.flatMap((id) => byId.get(id) ?? []);
    for (const { id } of own) byId.delete(id);
    if (own.length > 0) runs[at] = withOutcomes(run, pending, own);
  }
  keepProgress(runs, progress);
  return { ...north, runs };
}

/** Adds the repository's reply to the request `id`. */
export function acceptReply<S extends RunningSession>(north: S, id: string, reply: RepositoryReply): S {
  return answerRequest(north, id, { kind: 'http', reply });
}

/** Adds the cache's answer to the request `id`; without an entry, the cache has dropped it meanwhile. */
export function acceptCacheEntry<S extends RunningSession>(
  north: S,
  id: string,
  entry: CurrentCacheEntry | undefined,
): S {
  const result: Mutable<ResultOf<'cacheEntry'>> = { kind: 'cacheEntry' };
  if (entry !== undefined) result.entry = entry;
  return answerRequest(north, id, result);
}

/** Only the command that the execution waits for has such a request, so that its progress stays as it is. */
function answerRequest<S extends RunningSession>(
  north: S,
  id: string,
  result: ResultOf<'http'> | ResultOf<'cacheEntry'>,
): S {
  const { runs } = north;
  const progress = takeProgress(runs);
  const isAsking = ({ pending }: CommandRun) => pending?.kind === result.kind && pending.id === id;
  const waiting = runs[progress.at];
  const at = waiting !== undefined && isAsking(waiting) ? progress.at : runs.findIndex(isAsking);
  const run = runs[at];
  if (run?.pending === undefined) return north;
  const answered = runs.with(at, withResult(run, run.pending.fingerprint, result));
  if (at === progress.at) keepProgress(answered, progress);
  return { ...north, runs: answered };
}

/** The device will not answer any more: its pending commands get 503. */
export function releaseDevice<S extends RunningSession>(north: S): S {
  const released = mapRuns(north, (run) => {
    const { pending } = run;
    if (pending?.kind !== 'device') return run;
    const missing = pending.ids.filter((id) => pending.outcomes[id] === undefined);
    return withOutcomes(run, pending, missing.map(unavailable));
  });
  return { ...released, deviceGone: true };
}

/** Withdraws the requests whose replies will not come; their workflows make them again. */
export function withdrawRequests<S extends RunningSession>(north: S): S {
  return mapRuns(north, (run) => {
    if (run.pending === undefined || run.pending.kind === 'device') return run;
    return withoutPending(run);
  });
}

/** True when a POST to the repository is on its way, which must not be sent twice. */
export function isAwaitingPostReply({ runs }: RunningSession): boolean {
  return runs.some(({ pending }) => pending?.kind === 'http' && pending.method === 'POST');
}

/**
 * True when the session waits for the backend, the repository or the cache, or has paused: after a restart it needs
 * `interrupted`.
 */
export function isAwaitingReply(north: NorthSession): boolean {
  if (north.interaction?.phase === 'loading') return true;
  switch (north.phase) {
    case 'posting':
      return true;
    case 'starting':
    case 'executing':
      return north.isPaused === true || north.runs.some(({ pending }) => isForOthers(pending));
    case 'waiting':
    case 'ended':
      return false;
  }
}

function isForOthers(pending: CommandRun['pending']): boolean {
  return pending !== undefined && pending.kind !== 'device';
}

function mapRuns<S extends RunningSession>(north: S, change: (run: CommandRun) => CommandRun): S {
  return { ...north, runs: north.runs.map(change) };
}

/** The request has its result when every command has its outcome. */
function withOutcomes(run: CommandRun, pending: PendingDeviceRequest, added: readonly CommandOutcome[]): CommandRun {
  const byId: Record<string, CommandOutcome> = { ...pending.outcomes };
  for (const outcome of added) byId[outcome.id] = outcome;
  const outcomes = pending.ids.flatMap((id) => byId[id] ?? []);
  return outcomes.length < pending.ids.length
    ? { ...run, pending: { ...pending, outcomes: byId } }
    : withResult(run, pending.fingerprint, { kind: 'device', outcomes });
}

function withResult(run: CommandRun, fingerprint: string, result: WorkflowResult): CommandRun {
  return { ...withoutPending(run), replayLog: withEntry(run.replayLog, recordResult(fingerprint, result)) };
}

function withoutPending({ pending: _, ...run }: CommandRun): CommandRun {
  return run;
}
