/**
 * The progress of the execution of a list, in a form that answers its questions quickly.
 *
 * It follows from the list. So it is kept beside the list and found by its identity, and it is made again where there is
 * none, like a suspended workflow (`workflow/resume.ts`).
 */
import type { LocUri } from '../mo/loc-uri.ts';
import { PlaceIndex } from '../mo/place-index.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import { OpenCommands } from './dependencies.ts';
import type { CommandRun } from './north-session.ts';

export class Progress {
  /** The commands before this position have their results. */
  first: number;
  /** The position of the command that is to go on; those before it are answered, wait for the device, or are held. */
  at: number;
  /** The unanswered commands before it. */
  readonly open = new OpenCommands();
  #changes: LastChanges | undefined;

  constructor(first = 0) {
    this.first = first;
    this.at = first;
  }

  /** The progress after outcomes of the device: the commands without results are looked at again. */
  restarted(): Progress {
    const progress = new Progress(this.first);
    progress.#changes = this.#changes;
    return progress;
  }

  /** True when a command behind position `at` has sent a change of the place to the device. */
  isChangedLater(runs: readonly CommandRun[], at: number, locUri: LocUri): boolean {
    this.#changes ??= lastChangesOf(runs);
    return this.#changes.positionFor(locUri) > at;
  }

  /** Adds the changes that the command at this position sends to the device. */
  addChanges(changes: readonly TreeChange[], at: number): void {
    // Without an index they are found in the list when it is made.
    this.#changes?.add(changes, at);
  }
}

const kept = new WeakMap<readonly CommandRun[], Progress>();

/** The progress of a list. It belongs to the caller, who changes it together with the list. */
export function takeProgress(runs: readonly CommandRun[]): Progress {
  const progress = kept.get(runs);
  kept.delete(runs);
  return progress ?? new Progress();
}

export function keepProgress(runs: readonly CommandRun[], progress: Progress): void {
  kept.set(runs, progress);
}

/** For each place, the position of the last command that has sent a change of it to the device. */
class LastChanges {
  readonly #places = new PlaceIndex();
  /** An Exec may have changed anything. */
  #lastExec = -1;

  add(changes: readonly TreeChange[], at: number): void {
    for (const { locUri, change } of changes) {
      this.#places.add(locUri, at);
      if (change === 'exec') this.#lastExec = Math.max(this.#lastExec, at);
    }
  }

  /** -1 when no command has. */
  positionFor(locUri: LocUri): number {
    return Math.max(this.#lastExec, this.#places.highestOverlap(locUri));
  }
}

function lastChangesOf(runs: readonly CommandRun[]): LastChanges {
  const changes = new LastChanges();
  for (const [at, { writes = [] }] of runs.entries()) changes.add(writes, at);
  return changes;
}
