/** The context in which a device runs the commands of one server message, and the Statuses that result. */
import type { ExecHandler, PendingAlert } from './exec-handler.ts';
import type { WireCommand, WireItem, WireMeta } from './message.ts';
import type { TreeAccess } from './tree-operations.ts';
import type { UserScript } from './user.ts';

/** The context of a message, and the effects of its commands. */
export interface Execution extends TreeAccess {
  readonly user: UserScript;
  /** The effects of Exec, by LocURI. */
  readonly handlers: Readonly<Record<string, ExecHandler>>;
  /** MsgID of the server's message. */
  readonly msgRef: string;
  /** Bytes of the largest Item of Results that the device can send; a larger one is refused with 413. */
  readonly maxItem: number;
  /** Alerts that an Exec raised. */
  readonly raised: PendingAlert[];
  /** Set when the user cancelled: the rest of the message is not executed (DM-1.3 §10.2). */
  stopped: boolean;
}

/** A Status or Results for one command; CmdIDs are assigned when it is sent. */
export interface Reply {
  readonly command: WireCommand;
  readonly code: number;
}

/** The parts of a Status. */
export interface StatusParts {
  readonly msgRef: string;
  readonly cmdRef: string;
  readonly cmd: string;
  readonly code: number;
  readonly targetRef?: string | undefined;
  readonly chal?: WireMeta | undefined;
  readonly items?: readonly WireItem[];
}

/** A Status command. */
export function statusCommand({ code, items = [], ...refs }: StatusParts): WireCommand {
  return { name: 'Status', cmdId: '', ...refs, data: String(code), items, members: [] };
}
