/**
 * Which command has to wait for which: the effects of a list are those of executing it strictly in order (DM-2.0 §5.2.3;
 * design: order).
 */

import { disturbs, overlaps, type TreeChange } from '../mo/tree-change.ts';
import type { WorkflowRequest } from '../workflow/request.ts';
import type { CommandRun, NorthSession, Waiting } from './north-session.ts';
import type { CacheRequest } from './north-state.ts';

type DeviceWait = Extract<Waiting, { readonly kind: 'device' }>;

/** Commands after which the repository may hold something else. */
const HAS_OUTSIDE_EFFECT: ReadonlySet<string> = new Set(['HPUT', 'HPOST', 'EXEC', 'SHOW']);

/** Whether an request of the run at `at` has to wait for the answers to commands before it. */
export function isBlocked({ runs, knowledge }: NorthSession, at: number, request: WorkflowRequest): boolean {
  const open = runs.slice(0, at).filter(({ result }) => result === undefined);
  if (open.length === 0) return false;
  switch (request.kind) {
    case 'knownTrees': {
      const changes = changesBy(open);
      return request.locUris.some((locUri) => changes.some((change) => disturbs(change, { type: 'tree', locUri })));
    }
    case 'cacheEntry':
      return request.of === 'structure' && isInDoubt(open, request);
    case 'discovered': {
      // One search of the device serves all: what an earlier command has begun is not begun again beside it.
      if (knowledge.discovered === undefined && open.some(isSearching)) return true;
      const known = (knowledge.discovered?.roots ?? []).map(({ locUri }) => locUri);
      return changesBy(open).some((change) => disturbs(change, { type: 'roots', known }));
    }
    case 'device':
      return deviceWaits(open).some(
        ({ writes, willWrite, mayRead }) =>
          // Nothing is written before what an earlier command is still preparing to write; its retries and undo are
          // another matter, where only the same place counts.
          (writes.length === 0 && willWrite.length > 0 && request.writes.length > 0) ||
          conflicts(willWrite, request.writes) ||
          mayRead.some((read) => isRead(read, request.writes)),
      );
    case 'http':
      return request.http.method === 'GET'
        ? open.some(({ wire }) => HAS_OUTSIDE_EFFECT.has(wire[0] ?? ''))
        : open.length > 0;
    default:
      return false;
  }
}

/** Whether what `before` has under way may change what the copy was made of. */
export function isInDoubt(before: readonly CommandRun[], { parts, of }: CacheRequest): boolean {
  return changesBy(before).some(
    ({ locUri, change }) => (of === 'values' || change !== 'value') && parts.some((part) => overlaps(part, locUri)),
  );
}

function deviceWaits(open: readonly CommandRun[]): readonly DeviceWait[] {
  return open.flatMap(({ waiting }) => (waiting?.kind === 'device' ? [waiting] : []));
}

/** What is changed, or will be, by what the device has not answered. */
function changesBy(open: readonly CommandRun[]): readonly TreeChange[] {
  return deviceWaits(open).flatMap(({ writes, willWrite }) => [...writes, ...willWrite]);
}

/** It was told that the roots are not known, so it looks for them. */
function isSearching({ replayLog }: CommandRun): boolean {
  return replayLog.some((answer) => answer.kind === 'discovered' && answer.discovered === undefined);
}

/** Two changes whose order matters: of one place, or an Exec, which may work with anything. */
function conflicts(first: readonly TreeChange[], second: readonly TreeChange[]): boolean {
  return first.some((one) =>
    second.some((other) => one.change === 'exec' || other.change === 'exec' || overlaps(one.locUri, other.locUri)),
  );
}

function isRead({ locUri }: TreeChange, writes: readonly TreeChange[]): boolean {
  return writes.some((change) => change.change === 'exec' || disturbs(change, { type: 'tree', locUri }));
}
