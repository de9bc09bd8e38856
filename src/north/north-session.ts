/**
 * The values of a northbound session and of the execution of its commands; `north-step.ts` holds the transition.
 *
 * Plain data that survives JSON. A command in execution is its wire form and the log of the answers it was given
 * (see `workflow.ts`), so that any bridge can go on with it.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.2
 */
import type { CommandOutcome } from '../dm1/server-command.ts';
import type { CommandStatus, Dm2Alert, WireCommand } from '../dm2/package.ts';
import type { DeviceProfile } from '../mapping/device-profile.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import type { TreeKnowledge } from '../tree/tree-knowledge.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { RecordedResult } from '../workflow/replay-log.ts';

/** What a run waits for. */
export type Waiting =
  | {
      readonly kind: 'device';
      readonly ids: readonly string[];
      readonly outcomes: Readonly<Record<string, CommandOutcome>>;
      readonly writes: readonly TreeChange[];
      readonly willWrite: readonly TreeChange[];
      readonly mayRead: readonly TreeChange[];
    }
  | { readonly kind: 'http'; readonly id: string; readonly method: 'GET' | 'POST' | 'PUT' }
  | { readonly kind: 'cacheEntry'; readonly id: string };

/** One command of Package#2 under execution. */
export interface CommandRun {
  readonly wire: WireCommand;
  readonly replayLog: readonly RecordedResult[];
  readonly waiting?: Waiting;
  /** What its commands to the device have changed so far; a command before it that read the place earlier read what was. */
  readonly changes?: readonly TreeChange[];
  /** What the device told of while it ran: what it has read there may be of before, of after, or of both. */
  readonly events?: readonly TreeChange[];
  readonly result?: CommandResult;
}

/** A package on its way to the backend. */
export interface PackagePost {
  readonly id: string;
  readonly package: 1 | 3;
  readonly url: string;
  /** Outbox rows whose alerts it carries. */
  readonly alerts: readonly number[];
}

export type NorthPhase =
  /** Package#1 of the device is not complete yet. */
  | 'waiting'
  /** What Package#1 needs of the device is being read. */
  | 'starting'
  /** A package was handed over for posting; found in the store after a restart, it means that nobody knows whether it arrived. */
  | 'posting'
  | 'executing'
  | 'ended';

export interface NorthSession {
  readonly id: string;
  readonly phase: NorthPhase;
  /** Where packages go: SrvURI, or what the last CONT said. */
  readonly url: string;
  /** What the device's profile says of it; what was learnt wins. */
  readonly assumed?: DeviceProfile;
  /** The last OMADM-Accept of a Package#2; none so far: application/dmmo+json (DM-2.0 §5.5). */
  readonly accept?: string;
  readonly post?: PackagePost;
  /** `starting`: one run without wire command. `executing`: the commands of Package#2 in order. */
  readonly runs: readonly CommandRun[];
  readonly knowledge: TreeKnowledge;
  /** Empty command lists in a row; the third ends the session. */
  readonly emptyLists: number;
  /** Counts what needs a name: device commands, requests, correlators. */
  readonly counter: number;
  /** No device any more: what needs it is answered 503. */
  readonly deviceGone: boolean;
  /** The answer to the next package is not executed (the device aborted). */
  readonly lastPackage: boolean;
  /** The alert that a session of its own reports (DM-2.0 §5.3.5). */
  readonly report?: Dm2Alert;
  /** Why it ended, for the log. */
  readonly endReason?: string;
}

/** The status list of Package#3 in the order of the commands. */
export function statusesOf(runs: readonly CommandRun[]): readonly CommandStatus[] {
  return runs.map(({ result }) => {
    if (result === undefined) throw new TypeError('a command has no status yet');
    return result.uris === undefined ? { sc: result.status } : { sc: result.status, URI: result.uris };
  });
}
