/**
 * The values of a DM 2.0 client session and of the execution of its commands; `step.ts` holds the transitions.
 *
 * Plain data that survives JSON. A command in execution is its wire form and the replay log of its workflow, so that any
 * bridge can go on with it. A change to the shape of these types needs another `SESSION_FORMAT` (bridge/session.ts).
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.2
 */
import type { CommandOutcome } from '../dm1/server-command.ts';
import type { CommandStatus, Dm2Alert, WireCommand } from '../dm2/package.ts';
import type { RepositoryRequest } from '../dm2/repository.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import type { DeviceProfile } from '../mapping/device-profile.ts';
import type { TreeChange } from '../mo/tree-change.ts';
import type { Mutable } from '../mutable.ts';
import type { TreeKnowledge } from '../tree/tree-knowledge.ts';
import type { CommandResult } from '../workflow/command-result.ts';
import type { ReplayLogEntry } from '../workflow/replay-log.ts';

import type { OpenInteraction } from './open-interaction.ts';

/** A request of a workflow whose result comes from the device, the Data Repository or the MO cache. */
export type PendingRequest =
  | {
      readonly kind: 'device';
      /** Of the request, for the replay log. */
      readonly fingerprint: string;
      /** The ids of the device commands, in order. */
      readonly ids: readonly string[];
      /** By id. */
      readonly outcomes: Readonly<Record<string, CommandOutcome>>;
      readonly writes: readonly TreeChange[];
      readonly willWrite: readonly TreeChange[];
      readonly mayRead: readonly TreeChange[];
    }
  | {
      readonly kind: 'http';
      readonly fingerprint: string;
      readonly id: string;
      readonly method: RepositoryRequest['method'];
    }
  | { readonly kind: 'cacheEntry'; readonly fingerprint: string; readonly id: string };

export type PendingDeviceRequest = Extract<PendingRequest, { readonly kind: 'device' }>;

/** The effect on the device of a command that an earlier one holds back, as far as later commands have to know it. */
export type HeldRequest = Pick<PendingDeviceRequest, 'writes' | 'willWrite' | 'mayRead'>;

/** Work behind the commands of a package. */
export type SessionTask = 'defaults' | 'subscriptions';

/** One command of Package#2 under execution. */
export interface CommandRun {
  readonly wire: WireCommand;
  /**
   * Present on a run behind the commands, which has no command: `defaults` fetches what the device lacks (DM-2.0 §5.3.10),
   * `subscriptions` looks for changes that a backend wants to hear of (§5.3.11).
   */
  readonly task?: SessionTask;
  readonly replayLog: readonly ReplayLogEntry[];
  readonly pending?: PendingRequest;
  /** Present while an earlier command holds its next request back, and later commands may start their reads. */
  readonly held?: HeldRequest;
  /** The changes that its commands to the device have made so far; an earlier command may have read these places before. */
  readonly writes?: readonly TreeChange[];
  /** The changes that the device reported while it ran: its reads of these places may be from before or after them. */
  readonly reportedChanges?: readonly TreeChange[];
  readonly result?: CommandResult;
}

/** A package on its way to the backend. */
export interface PackagePost {
  readonly id: string;
  readonly package: 1 | 3;
  /** Outbox rows whose alerts it carries. */
  readonly alerts: readonly number[];
}

/** The members that a session keeps after its end. */
interface SessionCore {
  readonly id: string;
  /** From the device's profile; facts that the bridge has learnt of the device take precedence. */
  readonly assumed?: DeviceProfile;
  /** The pages that the user of the device is shown; absent: none. */
  readonly interaction?: OpenInteraction | undefined;
  /** True when the device has left: what needs it gets 503. */
  readonly deviceGone: boolean;
}

/** The members that a session has until it ends. */
export interface OpenSession extends SessionCore {
  /** The URL for packages: SrvURI, or that of the last CONT; '' until the device has its account. */
  readonly url: ServerUri | '';
  /** The last OMADM-Accept of a Package#2; absent: application/dmmo+json (DM-2.0 §5.5). */
  readonly accept?: string;
  readonly knowledge: TreeKnowledge;
  /** Empty command lists in a row. */
  readonly emptyLists: number;
  /** Of the last answer of a backend that speaks the early draft; absent: none has come. */
  readonly msgId?: number | undefined;
  /** Makes the ids of device commands, requests and correlators unique. */
  readonly counter: number;
  /** The alert that a session of its own delivers (DM-2.0 §5.3.5). */
  readonly report?: Dm2Alert;
  /** Until Package#1 leaves: the notification that the session answers. */
  readonly notification?: AnsweredPackage0;
}

/** The parts of a Package#0 that Package#1 depends on (DM-2.0 §5.2.2). */
export interface AnsweredPackage0 {
  /** NOTIFICATION-ID; absent: the Package#0 had none. */
  readonly id?: number;
  /** True when it has REQ-MOS. */
  readonly requestsMos: boolean;
  /** Present when it had the form of the early draft. */
  readonly draft?: { readonly sendsDevDetail: boolean; readonly sendsInstances: boolean };
}

/** Package#1 of the device is not complete yet. */
export interface WaitingSession extends OpenSession {
  readonly phase: 'waiting';
}

/** The bridge reads from the device what Package#1 needs. */
export interface StartingSession extends OpenSession {
  readonly phase: 'starting';
  /** True when Package#1 will have MOS. */
  readonly withMos: boolean;
  /** One run, without a command of the backend. */
  readonly runs: readonly CommandRun[];
  /** Present while the step that paused has not gone on. */
  readonly isPaused?: true;
}

/** A package is on its way. After a restart it is unknown if the backend has got it. */
export interface PostingSession extends OpenSession {
  readonly phase: 'posting';
  readonly post: PackagePost;
  /** True when the answer is not read, because the device has left. */
  readonly isLastPackage: boolean;
  /** Present on the first Package#3 after the device has left: its answer is not executed but answered with 503. */
  readonly isDeclining?: true;
  /** Present when a newer session has taken over: the reply only settles the alerts of the package. */
  readonly isOvertaken?: true;
}

export interface ExecutingSession extends OpenSession {
  readonly phase: 'executing';
  /** The commands of Package#2, in order. */
  readonly runs: readonly CommandRun[];
  /** In a store: the commands of a long list, whose `runs` are empty there (`stored-runs.ts`). */
  readonly runBlocks?: readonly string[];
  /** Present while the step that paused has not gone on. */
  readonly isPaused?: true;
}

export interface EndedSession extends SessionCore {
  readonly phase: 'ended';
  /** For the log. */
  readonly endReason: string;
}

export type NorthSession = WaitingSession | StartingSession | PostingSession | ExecutingSession | EndedSession;

/** A session with commands under execution. */
export type RunningSession = StartingSession | ExecutingSession;

/** The status list of Package#3 in the order of the commands; with the reasons of failures when `withReasons`. */
export function statusesOf(runs: readonly CommandRun[], withReasons: boolean): readonly CommandStatus[] {
  return runs.map(({ result }) => {
    if (result === undefined) throw new TypeError('a command has no status yet');
    const status: Mutable<CommandStatus> = { sc: result.status };
    if (result.uris !== undefined) status.URI = result.uris;
    if (withReasons && result.reason !== undefined) status.reason = result.reason;
    return status;
  });
}

/** The session without the members of a single phase. */
export function openMembersOf(north: OpenSession): OpenSession {
  const { id, deviceGone, url, knowledge, emptyLists, counter, assumed, accept, msgId, report, interaction } = north;
  const open: Mutable<OpenSession> = { id, deviceGone, url, knowledge, emptyLists, counter };
  if (assumed !== undefined) open.assumed = assumed;
  if (accept !== undefined) open.accept = accept;
  if (msgId !== undefined) open.msgId = msgId;
  if (report !== undefined) open.report = report;
  if (interaction !== undefined) open.interaction = interaction;
  return open;
}
