/**
 * Commands for a device, before and after they are sent, and their outcomes.
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
  /** Not to be cut into chunks unless the device has told MaxObjSize: nobody knows whether it takes large objects (DM-1.3 §8). */
  readonly undivided?: true;
  /** Goes into the message of the command before it even where one of the two would go alone, such as a UI alert. */
  readonly withPrevious?: true;
}

/** What became of one ServerCommand, complete: all its Statuses and Results are in. */
export interface CommandOutcome {
  readonly id: string;
  /** The 1.x status code of the command. For several Statuses with TargetRef: the first that is not 2xx, else the first. */
  readonly status: number;
  /** It never left, for no message can carry it; `status` is the bridge's own. */
  readonly unsent?: true;
  /** Statuses that name a target, when the device sent one per Item. */
  readonly itemStatuses: readonly { readonly target: string; readonly status: number }[];
  /** Items inside the Status (answers of user interaction). */
  readonly statusItems: readonly PlainItem[];
  /** Items of the Results, in the order received; `source` names the node; Meta of the command is merged in. */
  readonly results: readonly PlainItem[];
  readonly members?: readonly CommandOutcome[];
}

/** A command that was sent and has no final Status yet, or still waits for Results. */
export interface OutstandingCommand {
  readonly command: ServerCommand;
  readonly msgId: number;
  readonly cmdId: string;
  readonly status?: number;
  readonly itemStatuses: readonly { readonly target: string; readonly status: number }[];
  readonly statusItems: readonly PlainItem[];
  readonly results: readonly PlainItem[];
  /** What came before these Results, as blocks of JSON text (`kept-results.ts`). */
  readonly earlier?: readonly string[];
  readonly members?: readonly OutstandingCommand[];
  /** A large object in its Results came to nothing: the status that the command has for that, whatever the device says. */
  readonly broken?: number;
}

/** A command that the engine sent on its own account; its Status says something about the session, to nobody else. */
export interface EngineCommand {
  readonly cmd: 'Alert' | 'Get' | 'Sequence';
  readonly msgId: number;
  readonly cmdId: string;
  readonly status?: number;
}
