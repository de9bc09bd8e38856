/**
 * The typed form of a SyncML message as DM 1.1, 1.2 and 1.3 use it (RepPro 1.2, MetaInfo 1.2).
 *
 * Wire names stay letter for letter, lower camel case. An optional element that was absent is an absent property;
 * an empty element is the empty string. All values are plain data and survive JSON, but for `Uint8Array` in `ItemData`.
 */
import type { Element } from '../wbxml/element.ts';

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
  /** Opaque text, echoed as received. */
  readonly sessionId: string;
  /** 1 and up, per sender. */
  readonly msgId: number;
  readonly target: Location;
  readonly source: Location;
  readonly respUri?: string;
  readonly cred?: Cred;
  readonly meta?: Meta;
}

export interface Location {
  readonly locUri: string;
  /** In SyncHdr/Source: the user name for MD5 and MAC. */
  readonly locName?: string;
}

export interface Cred {
  readonly meta?: Meta;
  readonly data: string;
}

export interface Chal {
  readonly meta: Meta;
}

/** Children of Meta that DM uses; text trimmed, numbers parsed. */
export interface Meta {
  readonly format?: string;
  readonly type?: string;
  readonly mark?: string;
  /** Bytes of the whole object as carried. */
  readonly size?: number;
  /** Base64 text. */
  readonly nextNonce?: string;
  /** Bytes. */
  readonly maxMsgSize?: number;
  /** Bytes. */
  readonly maxObjSize?: number;
}

/** Content of Item/Data: text (escaped or CDATA, decoded), WBXML opaque bytes, or the markup that stood inside as elements. */
export type ItemData = string | Uint8Array | readonly Element[];

export interface Item {
  readonly target?: Location;
  readonly source?: Location;
  readonly meta?: Meta;
  /** Absent: no Data element; '': an empty one. */
  readonly data?: ItemData;
  /** Present and true when MoreData was there. */
  readonly moreData?: true;
}

/** The commands whose body is CmdID, Meta and Items. */
export type ItemCommandName = 'Add' | 'Copy' | 'Delete' | 'Get' | 'Replace';

export interface ItemCommand {
  readonly name: ItemCommandName;
  /** '' where a device left it out. */
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
  /** The alert code as text, such as `1226`; '' where Data was absent. */
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
  /** '0' is SyncHdr. */
  readonly cmdRef: string;
  readonly cmd: string;
  readonly targetRefs: readonly string[];
  readonly sourceRefs: readonly string[];
  readonly chal?: Chal;
  /** The status code. NaN where Data is no number. */
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

/** A child of SyncBody that DM does not use (Map, Put, Search, Sync…) or nobody knows; answered 406. */
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

/** The wire name of a command, for Status/Cmd. */
export function commandName(command: Command): string {
  return command.name === 'Unknown' ? command.element : command.name;
}
