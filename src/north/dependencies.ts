/**
 * Dependencies between the commands of a package: the effects of a list are those of executing it strictly in order
 * (DM-2.0 §5.2.3), so a request waits while an unanswered request of an earlier command could change its result.
 *
 * A package may have thousands of commands. So what the earlier ones may do is collected once, in a form that answers each
 * question without looking at each of them.
 */

import type { WireCommand } from '../dm2/package.ts';
import { assertNever } from '../errors.ts';
import { locUriOfTarget, ROOT } from '../mo/loc-uri.ts';
import { PlaceIndex } from '../mo/place-index.ts';
import { ANYWHERE, type TreeChange } from '../mo/tree-change.ts';
import type { TreeKnowledge } from '../tree/tree-knowledge.ts';
import { recordedResult } from '../workflow/replay-log.ts';
import type { CacheEntryRequest, DeviceRequest, WorkflowRequest } from '../workflow/request.ts';
import type { CommandRun, HeldRequest } from './north-session.ts';

/** Commands after which the repository may hold something else. */
const CHANGES_REPOSITORY: ReadonlySet<string> = new Set(['HPUT', 'HPOST', 'EXEC', 'SHOW']);

/** Commands that only read from the device. */
const ONLY_READS: ReadonlySet<string> = new Set(['GET', 'HPUT', 'HPOST']);

/** The unanswered commands before a command. */
export class OpenCommands {
  /** The number of commands for the device whose outcomes have not come. */
  awaited = 0;
  #isEmpty = true;
  #maySubscribe = false;
  #mayUnsubscribe = false;
  #mayChangeRepository = false;
  /** A command searches the device for MO roots. */
  #isSearching = false;
  /** A command only prepares its first write. */
  #isPreparing = false;
  /** The changes that pending and held device requests make, and those that may follow them. */
  readonly #changes = new PlaceIndex();
  /** Of these, the ones that change more than a value. */
  readonly #structureChanges = new PlaceIndex();
  /** Of these, the ones that add or remove nodes but no instances. */
  readonly #nodeChanges = new PlaceIndex();
  #mayChangeInstances = false;
  #mayChangeRoot = false;
  /** The changes that may follow pending device requests. */
  readonly #laterWrites = new PlaceIndex();
  #mayExecuteLater = false;
  /** The places that may be read after pending device requests. */
  readonly #laterReads = new PlaceIndex();
  /** The changes of held commands: they have sent nothing yet. */
  readonly #heldChanges = new PlaceIndex();
  #holdsExec = false;
  /** A held command changes something, or reads what must not change before. */
  #holdsOrder = false;

  /** Adds the next command of the package. */
  add({ wire, replayLog, pending, held, result }: CommandRun): void {
    // Commands behind a SHOW do not wait for the user.
    const isShown = wire[0] === 'SHOW' && pending?.kind === 'device';
    if (result !== undefined || isShown) return;
    this.#isEmpty = false;
    this.#mayChangeRepository ||= CHANGES_REPOSITORY.has(wire[0] ?? '');
    this.#maySubscribe ||= wire[0] === 'SUB' || wire[0] === 'UNSUB';
    this.#mayUnsubscribe ||= wire[0] === 'UNSUB';
    this.#isSearching ||= replayLog.some(hasFoundNoRoots);
    if (pending?.kind === 'device') {
      this.awaited += pending.ids.length;
      this.#addPending(pending);
    }
    if (held !== undefined) this.#addHeld(held);
  }

  #addPending({ writes, willWrite, mayRead }: HeldRequest): void {
    this.#isPreparing ||= writes.length === 0 && willWrite.length > 0;
    for (const change of writes) this.#addChange(change);
    for (const change of willWrite) {
      this.#addChange(change);
      this.#laterWrites.add(change.locUri);
      this.#mayExecuteLater ||= change.change === 'exec';
    }
    for (const { locUri } of mayRead) this.#laterReads.add(locUri);
  }

  #addHeld({ writes, willWrite, mayRead }: HeldRequest): void {
    this.#holdsOrder ||= writes.length > 0 || willWrite.length > 0 || mayRead.length > 0;
    for (const change of [...writes, ...willWrite]) {
      this.#addChange(change);
      this.#heldChanges.add(change.locUri);
      this.#holdsExec ||= change.change === 'exec';
    }
  }

  #addChange({ locUri, change }: TreeChange): void {
    this.#changes.add(locUri);
    if (change !== 'value') this.#structureChanges.add(locUri);
    if (change === 'structure') this.#nodeChanges.add(locUri);
    this.#mayChangeInstances ||= change === 'instance';
    this.#mayChangeRoot ||= locUri === ROOT;
  }

  /** True when a request of the next command has to wait for results of these. */
  isBlocking(request: WorkflowRequest, knowledge: TreeKnowledge): boolean {
    if (this.#isEmpty) return false;
    switch (request.kind) {
      case 'knownTrees':
        return this.#holdsExec || request.locUris.some((locUri) => this.#changes.overlaps(locUri));
      case 'reportedLeaves':
        return this.#holdsExec || this.#changes.overlaps(request.locUri);
      case 'virtualTree':
        return this.#mayChangeRoot;
      case 'cacheEntry':
        return request.of === 'structure' && this.isEntryUncertain(request);
      case 'discovered':
        return this.#isRootsUncertain(knowledge);
      case 'device':
        return request.writes.length === 0 ? this.#changesWhatIsRead(request) : this.#mustPrecede(request);
      case 'subscriptions':
        return request.isOrdered && this.#maySubscribe;
      case 'http':
        // Documents may be fetched early, unless an earlier command may change them; everything else keeps its order.
        return request.http.method !== 'GET' || this.#mayChangeRepository;
      case 'miid':
      case 'miids':
      case 'knownInstances':
      case 'facts':
      case 'serverUriValues':
      case 'claimInteraction':
      case 'defaults':
      case 'correlator':
      case 'changedLater':
      case 'turn':
        return false;
      case 'emit':
        // An earlier command may still show the names of rights as they are.
        if (request.effect.type === 'subscription') return this.#mayUnsubscribe;
        return request.effect.type === 'rightsNames' && (this.#holdsOrder || !this.#laterReads.isEmpty);
      default:
        return assertNever(request);
    }
  }

  /** True when these commands may change what the cache entry is made of. */
  isEntryUncertain({ parts, of }: CacheEntryRequest): boolean {
    // A held Exec may change anything, and the cache is emptied only when it is sent.
    if (this.#holdsExec) return true;
    const changes = of === 'values' ? this.#changes : this.#structureChanges;
    return parts.some((part) => changes.overlaps(part));
  }

  /** True when these commands may add an MO root to those that are known, or remove one of them. */
  #isRootsUncertain({ discovered }: TreeKnowledge): boolean {
    // One search of the device serves all commands: a second one does not begin beside it.
    if (discovered === undefined && this.#isSearching) return true;
    if (this.#mayChangeInstances) return true;
    if (this.#nodeChanges.isEmpty) return false;
    return (discovered?.roots ?? []).some(({ locUri }) => this.#nodeChanges.highestAtOrAbove(locUri) >= 0);
  }

  /** True when a command that was held back with these writes still is: changes keep the order of their commands. */
  isHolding({ writes }: HeldRequest): boolean {
    return writes.length > 0 && this.#holdsOrder;
  }

  /** A read that went out now would come before the changes of held commands. */
  #changesWhatIsRead({ commands }: DeviceRequest): boolean {
    if (this.#heldChanges.isEmpty) return false;
    const targets = commands.flatMap(({ items }) => items.flatMap(({ target }) => target ?? []));
    return targets.some((target) => this.#holdsExec || this.#heldChanges.overlaps(locUriOfTarget(target)));
  }

  #mustPrecede({ writes }: DeviceRequest): boolean {
    if (this.#holdsOrder) return true;
    // An earlier command that only prepares its first write makes all others wait. While it writes, its retries and its
    // undo concern the same places only.
    if (this.#isPreparing) return true;
    // The order matters for changes of one place, and around an Exec, which may work with anything.
    const executes = writes.some(({ change }) => change === 'exec');
    if (executes && !(this.#laterWrites.isEmpty && this.#laterReads.isEmpty)) return true;
    if (this.#mayExecuteLater) return true;
    return writes.some(({ locUri }) => this.#laterWrites.overlaps(locUri) || this.#laterReads.overlaps(locUri));
  }
}

/** Returns the effect of a command whose next request is blocked; undefined when its writes are not known yet. */
export function heldRequest([name = '']: WireCommand, request: WorkflowRequest): HeldRequest | undefined {
  if (request.kind === 'device') {
    const { writes, willWrite, mayRead } = request;
    return { writes, willWrite, mayRead };
  }
  return ONLY_READS.has(name) ? { writes: [], willWrite: [], mayRead: ANYWHERE } : undefined;
}

/** True for the request that tells a command that the session knows no roots: it searches the device for them. */
function hasFoundNoRoots(entry: CommandRun['replayLog'][number]): boolean {
  if (entry.kind !== 'discovered') return false;
  const result = recordedResult(entry);
  return result.kind === 'discovered' && result.discovered === undefined;
}
