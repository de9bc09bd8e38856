/**
 * What the crossing knows of one device from session to session; part of the device's record in the store.
 */
import type { PlainItem } from '../dm1/plain-item.ts';
import type { DeviceProfile } from '../mapping/device-profile.ts';

/** What was learnt of a device; where nothing was, its profile counts. Forgotten when DevInfo shows another version. */
export interface DeviceFacts extends Omit<DeviceProfile, 'maxMsgSize' | 'maxObjSize'> {
  /** Takes objects in chunks: `./DevDetail/LrgObj` (DM-1.3 §8). */
  readonly largeObjects?: boolean;
  /** Answers `?list=TNDS+ACL`. */
  readonly aclList?: boolean;
  /** Commands under which sessions broke off, the latest last. */
  readonly strikes?: readonly SuspectCommand[];
  /** Tolerances already logged. */
  readonly tolerated?: readonly string[];
}

/** A command that the device had not answered when its session broke off. */
export interface SuspectCommand {
  /** The wire command as JSON text. */
  readonly command: string;
  /** How many sessions in a row. */
  readonly count: number;
  /** Milliseconds since 1970: the last time. */
  readonly at: number;
}

/** A MIID given to an instance, for ever: MOID → MIID → LocURI of the MO root. */
export type MiidTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An EXEC whose final status the device will send as a Generic Alert. */
export interface PendingExec {
  readonly correlator: string;
  /** The EXEC's ClientURI as the backend wrote it. */
  readonly clientUri: string;
  readonly locUri: string;
  /** Present when the report goes to a session of its own (DM-2.0 §5.3.5). */
  readonly serverUri?: string;
  readonly account: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface KnownDevice {
  /** As registered. */
  readonly devId: string;
  /** Registry columns and what DevInfo told: `model`, `manufacturer`, `mcc`, `mnc`, `spName`… */
  readonly values: Readonly<Record<string, string>>;
  /** DevInfo leaves of the last authenticated Package#1, by LocURI as the device wrote it. */
  readonly devInfo?: Readonly<Record<string, string>>;
  readonly facts: DeviceFacts;
  readonly miids: MiidTable;
  readonly pendingExecs: readonly PendingExec[];
  /** Values of the DM Account MO that HGET changed for this device: account → path under the root → value. */
  readonly accountValues: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Names that the backend gave to nodes of the DAC MO where the bridge would have chosen others (`dac/names.ts`). */
  readonly rightsNames?: Readonly<Record<string, string>>;
}

/** One accepted alert Item that the backend has not taken yet; raw, translated at delivery. */
export interface OutboxItem {
  readonly seq: number;
  readonly receivedAt: number;
  readonly code: number;
  readonly correlator?: string;
  readonly item: PlainItem;
}
