/**
 * SyncML messages as the simulated device understands them.
 *
 * Every command has the same loose shape, so that the reader refuses nothing and the device can report each fault.
 *
 * @see DM-1.3 §6, RepPro 1.2
 */
import type { AlertCode } from '../../syncml/alert-codes.ts';

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
  /** Undefined: no Data element. */
  readonly data?: string | undefined;
  readonly moreData?: boolean | undefined;
}

export interface WireCommand {
  readonly name: string;
  readonly cmdId: string;
  /** The text of the command's own Data: an alert code or a status code. */
  readonly data?: string | undefined;
  readonly correlator?: string | undefined;
  readonly meta?: WireMeta | undefined;
  readonly items: readonly WireItem[];
  /** The members of Atomic and Sequence. */
  readonly members: readonly WireCommand[];
  readonly msgRef?: string | undefined;
  readonly cmdRef?: string | undefined;
  readonly cmd?: string | undefined;
  readonly targetRef?: string | undefined;
  readonly sourceRef?: string | undefined;
  /** The Meta of Chal. */
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

/** True for an Alert with that code. */
export function isAlert(command: WireCommand, code: AlertCode): boolean {
  return command.name === 'Alert' && command.data === String(code);
}

/** True for a Status. */
export function isStatus(command: WireCommand): boolean {
  return command.name === 'Status';
}
