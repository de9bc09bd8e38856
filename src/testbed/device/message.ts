/**
 * SyncML messages as the simulated device understands them.
 *
 * One loose shape for every command: the device has to notice what is wrong with a command, so nothing may be refused
 * before it has been looked at.
 *
 * @see DM-1.3 §6, RepPro 1.2
 */

export interface WireMeta {
  readonly format?: string | undefined;
  readonly type?: string | undefined;
  readonly mark?: string | undefined;
  readonly size?: number | undefined;
  readonly nextNonce?: string | undefined;
  readonly maxMsgSize?: number | undefined;
  readonly maxObjSize?: number | undefined;
}

export interface WireItem {
  readonly target?: string | undefined;
  readonly source?: string | undefined;
  readonly meta?: WireMeta | undefined;
  /** Absent: no Data element. */
  readonly data?: string | undefined;
  readonly moreData?: boolean | undefined;
}

export interface WireCommand {
  readonly name: string;
  readonly cmdId: string;
  /** Direct text of Data: the alert code, or the status code. */
  readonly data?: string | undefined;
  readonly correlator?: string | undefined;
  readonly meta?: WireMeta | undefined;
  readonly items: readonly WireItem[];
  /** Of Atomic and Sequence. */
  readonly members: readonly WireCommand[];
  readonly msgRef?: string | undefined;
  readonly cmdRef?: string | undefined;
  readonly cmd?: string | undefined;
  readonly targetRef?: string | undefined;
  readonly sourceRef?: string | undefined;
  /** Meta of Chal. */
  readonly chal?: WireMeta | undefined;
}

export interface WireCred {
  readonly type: string;
  readonly data: string;
}

export interface WireHeader {
  readonly verDtd: string;
  readonly verProto: string;
  readonly sessionId: string;
  readonly msgId: string;
  readonly target: string;
  readonly source: string;
  readonly sourceName?: string | undefined;
  readonly respUri?: string | undefined;
  readonly cred?: WireCred | undefined;
  readonly meta?: WireMeta | undefined;
}

export interface WireMessage {
  readonly header: WireHeader;
  readonly commands: readonly WireCommand[];
  readonly final: boolean;
}
