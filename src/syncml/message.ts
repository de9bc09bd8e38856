/**
 * The typed form of a SyncML message as DM 1.1, 1.2 and 1.3 use it.
 *
 * Members have the names of the elements in lower camel case. An absent optional element is an absent member; an empty
 * element is the empty string. All values are plain data that JSON can hold, except `Uint8Array` in `ItemData`.
 *
 * @see DMREPPRO 1.2 "Element type definitions"; MetInf 1.2
 */
import type { Content } from '../wbxml/element.ts';

/** One SyncML document. */
export interface SyncmlMessage {
  readonly header: SyncHdr;
  /** In the order of SyncBody. */
  readonly commands: readonly Command[];
  readonly final: boolean;
}

export interface SyncHdr {
  /** `1.1` or `1.2`. */
  readonly verDtd: string;
  /** `DM/1.1`, `DM/1.2` or `DM/1.3`. */
  readonly verProto: string;
  /** Opaque text; a response repeats it unchanged. */
  readonly sessionId: string;
  /** 1 or more; each sender counts its own messages. */
  readonly msgId: number;
  readonly target: Address;
  readonly source: Address;
  readonly respUri?: string;
  readonly cred?: Cred;
  readonly meta?: Meta;
}

/** The content of Target or Source. */
export interface Address {
  /** In SyncHdr the URL of the DM Server or the identifier of the device; elsewhere the URI of a node. */
  readonly locUri: string;
  /** In SyncHdr/Source: the user name for MD5 and MAC authentication. */
  readonly locName?: string;
}

export interface Cred {
  readonly meta?: Meta;
  readonly data: string;
}

export interface Chal {
  readonly meta: Meta;
}

/** The children of Meta that DM uses: texts without white space around them, numbers parsed. */
export interface Meta {
  readonly format?: string;
  readonly type?: string;
  readonly mark?: string;
  /** The length in bytes of the whole object in the form in which messages carry it. */
  readonly size?: number;
  /** Base64 text. */
  readonly nextNonce?: string;
  /** In bytes. */
  readonly maxMsgSize?: number;
  /** In bytes. */
  readonly maxObjSize?: number;
}

/** The content of Item/Data: decoded text (escaped or CDATA), opaque bytes of WBXML, or markup with the text around it. */
export type ItemData = string | Uint8Array | readonly Content[];

export interface Item {
  readonly target?: Address;
  readonly source?: Address;
  readonly meta?: Meta;
  /** Absent without a Data element; '' for an empty one. */
  readonly data?: ItemData;
  /** Present when the Item has MoreData. */
  readonly moreData?: true;
}

/** The commands that consist of CmdID, Meta and Items. */
export type ItemCommandName = 'Add' | 'Copy' | 'Delete' | 'Get' | 'Replace';

export interface ItemCommand {
  readonly name: ItemCommandName;
  /** '' when the device left CmdID out. */
  readonly cmdId: string;
  readonly meta?: Meta;
  readonly items: readonly Item[];
}

export interface ExecCommand {
  readonly name: 'Exec';
  readonly cmdId: string;
  readonly meta?: Meta;
  readonly correlator?: string;
  readonly items: readonly Item[];
}

export interface AlertCommand {
  readonly name: 'Alert';
  readonly cmdId: string;
  /** The alert code as text, such as `1226`; '' without Data. */
  readonly data: string;
  readonly correlator?: string;
  readonly items: readonly Item[];
}

export interface ContainerCommand {
  readonly name: 'Atomic' | 'Sequence';
  readonly cmdId: string;
  readonly meta?: Meta;
  readonly members: readonly Command[];
}

export interface StatusCommand {
  readonly name: 'Status';
  readonly cmdId: string;
  readonly msgRef: number;
  /** '0' for SyncHdr; '' when the device left CmdRef out. */
  readonly cmdRef: string;
  readonly cmd: string;
  readonly targetRefs: readonly string[];
  readonly sourceRefs: readonly string[];
  readonly chal?: Chal;
  /** The status code; NaN when Data is not a number. */
  readonly data: number;
  readonly items: readonly Item[];
}

export interface ResultsCommand {
  readonly name: 'Results';
  readonly cmdId: string;
  readonly msgRef: number;
  readonly cmdRef: string;
  readonly meta?: Meta;
  readonly targetRef?: string;
  readonly sourceRef?: string;
  readonly items: readonly Item[];
}

/** A command that DM does not use (Map, Put, Search, Sync …) or that no specification has. Its Status is 406. */
export interface UnknownCommand {
  readonly name: 'Unknown';
  readonly cmdId: string;
  readonly element: string;
}

export type Command =
  | ItemCommand
  | ExecCommand
  | AlertCommand
  | ContainerCommand
  | StatusCommand
  | ResultsCommand
  | UnknownCommand;

/** The element name of a command, as Status/Cmd repeats it. */
export function commandName(command: Command): string {
  return command.name === 'Unknown' ? command.element : command.name;
}
