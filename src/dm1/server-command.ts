/**
 * Commands for a device: planned, sent, and their outcomes.
 *
 * All of it is plain data that survives JSON.
 */
import type { Meta } from '../syncml/message.ts';
import type { PlainItem } from './plain-item.ts';

export type ServerCommandName = 'Add' | 'Alert' | 'Atomic' | 'Copy' | 'Delete' | 'Exec' | 'Get' | 'Replace';

/** One command for the device, as the planner hands it over. */
export interface ServerCommand {
  /** Chosen by the planner, unique in the session; the outcome carries it. Not the CmdID. */
  readonly id: string;
  readonly name: ServerCommandName;
  readonly items: readonly PlainItem[];
  readonly meta?: Meta;
  /** Exec only. */
  readonly correlator?: string;
  /** Alert only: the code, such as `1100`. */
  readonly alertCode?: string;
  /** Atomic only. */
  readonly members?: readonly ServerCommand[];
  /**
   * Must not be cut into chunks unless the device has sent MaxObjSize: its support of large objects is unknown (DM-1.3
   * §8).
   */
  readonly undivided?: true;
  /**
   * Is sent in the same message as the command before it, even if one of the two would be sent alone, such as a UI
   * Alert.
   */
  readonly withPrevious?: true;
  /** Is sent when the device has no other command to execute: a page for its user. */
  readonly afterOthers?: true;
  /** Ids of later reads of the same target, which have the same outcome (`shared-reads.ts`). */
  readonly sharedBy?: readonly string[];
  /** Is sent for the second time, and is then the only command of its package (`repeated-reads.ts`). */
  readonly secondTry?: true;
}

/** The outcome of one ServerCommand: all its Statuses and Results have arrived. */
export interface CommandOutcome {
  readonly id: string;
  /**
   * The 1.x status code of the command. For several Statuses with TargetRef: the first that is not 2xx, else the first.
   */
  readonly status: number;
  /** The command was not sent, because no message can carry it; `status` is the bridge's own. */
  readonly unsent?: true;
  /**
   * A large object failed after some of its chunks: of one for the device, a part may be in its tree; of one in Results, the rest is
   * not known.
   */
  readonly brokenOff?: true;
  /**
   * The device sent no Status for the command itself, so that its effect is not known: `status` is that of the Sequence around
   * it, or 500. Of a Get: it sent no Results for it either, or 200 without them.
   */
  readonly unanswered?: true;
  /** The device does not accept the credentials of the bridge, and so it executed nothing; `status` is the bridge's own. */
  readonly notAuthenticated?: true;
  /** Statuses that name a target, when the device sent one per Item. */
  readonly itemStatuses: readonly { readonly target: string; readonly status: number }[];
  /** Items inside the Status (answers of user interaction). */
  readonly statusItems: readonly PlainItem[];
  /**
   * Items of the Results, in the order received; `source` names the node; the Meta of the Results command is merged in.
   */
  readonly results: readonly PlainItem[];
  readonly members?: readonly CommandOutcome[];
}

/** A command that was sent and has no final Status yet, or still waits for Results. */
export interface OutstandingCommand {
  readonly command: ServerCommand;
  readonly msgId: number;
  readonly cmdId: string;
  readonly status?: number | undefined;
  readonly itemStatuses: readonly { readonly target: string; readonly status: number }[];
  readonly statusItems: readonly PlainItem[];
  readonly results: readonly PlainItem[];
  /** The Results of earlier messages, as blocks of JSON text (`stored-results.ts`). */
  readonly earlierResults?: readonly string[] | undefined;
  readonly members?: readonly OutstandingCommand[] | undefined;
  /** A large object in its Results failed: the status of the command for that, whatever the device says. */
  readonly objectFailure?: number | undefined;
}

/** A command that the engine sent for itself. Its Status matters to the session only. */
export interface EngineCommand {
  readonly cmd: 'Alert' | 'Get' | 'Sequence';
  readonly msgId: number;
  readonly cmdId: string;
  readonly status?: number | undefined;
}
