/**
 * Dependencies between the commands of a package: the effects of a list are those of executing it strictly in order
 * (DM-2.0 §5.2.3), so a request waits while an unanswered request of an earlier command could change its result.
 */

import type { WireCommand } from '../dm2/package.ts';
import { assertNever } from '../errors.ts';
import { type LocUri, locUriOfTarget, overlaps, ROOT } from '../mo/loc-uri.ts';
import { ANYWHERE, mayChangeRoots, type TreeChange } from '../mo/tree-change.ts';
import { recordedResult } from '../workflow/replay-log.ts';
import type { CacheEntryRequest, DeviceRequest, WorkflowRequest } from '../workflow/request.ts';
import type { CommandRun, HeldRequest, RunningSession } from './north-session.ts';

/** Commands after which the repository may hold something else. */
const CHANGES_REPOSITORY: ReadonlySet<string> = new Set(['HPUT', 'HPOST', 'EXEC', 'SHOW']);
/** Commands that only read from the device. */
const ONLY_READS: ReadonlySet<string> = new Set(['GET', 'HPUT', 'HPOST']);

/** True when a request of the command at `at` has to wait for results of earlier commands. */
export function isBlocked({ runs, knowledge }: RunningSession, at: number, request: WorkflowRequest): boolean {
  const open = runs.slice(0, at).filter(({ result }) => result === undefined);
  if (open.length === 0) return false;
  switch (request.kind) {
    case 'knownTrees': {
      const changes = changesBy(open);
      return request.locUris.some((locUri) => changes.some((change) => overlaps(change.locUri, locUri)));
    }
    case 'virtualTree':
      return changesBy(open).some(({ locUri }) => locUri === ROOT);
    case 'cacheEntry':
      return request.of === 'structure' && isEntryUncertain(open, request);
    case 'discovered': {
      // One search of the device serves all commands: a second one does not begin beside it.
      if (knowledge.discovered === undefined && open.some(isSearching)) return true;
      const known = (knowledge.discovered?.roots ?? []).map(({ locUri }) => locUri);
      return changesBy(open).some((change) => mayChangeRoots(change, known));
    }
    case 'device':
      return request.writes.length === 0
        ? heldRequests(open).some((earlier) => changesWhatIsRead(earlier, request))
        : heldRequests(open).some(precedesWrites) ||
            pendingDeviceRequests(open).some((earlier) => mustPrecede(earlier, request));
    case 'http':
      // Documents may be fetched early, unless an earlier command may change them; everything else keeps its order.
      return request.http.method !== 'GET' || open.some(({ wire }) => CHANGES_REPOSITORY.has(wire[0] ?? ''));
    case 'miid':
    case 'knownInstances':
    case 'facts':
    case 'correlator':
    case 'changedLater':
    case 'emit':
      return false;
    default:
      return assertNever(request);
  }
}

/** True when unanswered commands may change what the cache entry is made of. */
export function isEntryUncertain(open: readonly CommandRun[], { parts, of }: CacheEntryRequest): boolean {
  return changesBy(open).some(
    ({ locUri, change }) => (of === 'values' || change !== 'value') && parts.some((part) => overlaps(part, locUri)),
  );
}

/** Returns the effect of a command whose next request is blocked; undefined when its writes are not known yet. */
export function heldRequest([name = '']: WireCommand, request: WorkflowRequest): HeldRequest | undefined {
  if (request.kind === 'device') {
    const { writes, willWrite, mayRead } = request;
    return { writes, willWrite, mayRead };
  }
  return ONLY_READS.has(name) ? { writes: [], willWrite: [], mayRead: ANYWHERE } : undefined;
}

/** Changes keep the order of their commands, and what a held command still reads must not change before. */
function precedesWrites({ writes, willWrite, mayRead }: HeldRequest): boolean {
  return writes.length > 0 || willWrite.length > 0 || mayRead.length > 0;
}

/** A held command has sent nothing yet: a read that went out now would come before its changes. */
function changesWhatIsRead({ writes, willWrite }: HeldRequest, { commands }: DeviceRequest): boolean {
  const changes = [...writes, ...willWrite];
  if (changes.length === 0) return false;
  const targets = commands.flatMap(({ items }) => items.flatMap(({ target }) => target ?? [])).map(locUriOfTarget);
  return targets.some((target) => isChangedBy(changes, target));
}

function mustPrecede(earlier: HeldRequest, { writes }: DeviceRequest): boolean {
  // An earlier command that only prepares its first write makes all others wait. While it writes, its retries and its undo
  // concern the same places only.
  if (earlier.writes.length === 0 && earlier.willWrite.length > 0) return true;
  return conflicts(earlier.willWrite, writes) || earlier.mayRead.some(({ locUri }) => isChangedBy(writes, locUri));
}

/** True when the order of the changes matters: they are of one place, or one is an Exec, which may work with anything. */
function conflicts(first: readonly TreeChange[], second: readonly TreeChange[]): boolean {
  return first.some((one) =>
    second.some((other) => one.change === 'exec' || other.change === 'exec' || overlaps(one.locUri, other.locUri)),
  );
}

function isChangedBy(writes: readonly TreeChange[], locUri: LocUri): boolean {
  return writes.some((change) => change.change === 'exec' || overlaps(change.locUri, locUri));
}

/** The changes that pending and held device requests make, and those that may follow them. */
function changesBy(open: readonly CommandRun[]): readonly TreeChange[] {
  const requests = [...pendingDeviceRequests(open), ...heldRequests(open)];
  return requests.flatMap(({ writes, willWrite }) => [...writes, ...willWrite]);
}

function pendingDeviceRequests(open: readonly CommandRun[]): readonly HeldRequest[] {
  return open.flatMap(({ pending }) => (pending?.kind === 'device' ? [pending] : []));
}

function heldRequests(open: readonly CommandRun[]): readonly HeldRequest[] {
  return open.flatMap(({ held }) => held ?? []);
}

/** True when the command has found no roots in the session's knowledge: it searches the device for them. */
function isSearching({ replayLog }: CommandRun): boolean {
  return replayLog.some((entry) => {
    if (entry.kind !== 'discovered') return false;
    const result = recordedResult(entry);
    return result.kind === 'discovered' && result.discovered === undefined;
  });
}
