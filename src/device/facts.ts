/**
 * The facts that sessions have learnt of a device; part of its record. Where there is no fact, the device's profile counts.
 * All of them are forgotten when DevInfo shows another model or version (`dev-info.ts`).
 */
import type { DeviceProfile } from '../mapping/device-profile.ts';

export interface DeviceFacts extends Omit<DeviceProfile, 'binding' | 'maxMsgSize' | 'maxObjSize'> {
  /** True when the device takes objects in chunks: `./DevDetail/LrgObj` (DM-1.3 §8). */
  readonly largeObjects?: boolean;
  /** True when the device sends its messages to RespURI, false when it once did not. */
  readonly usesRespUri?: boolean;
  /** The only `?list=` that lists the root of the tree, where it is not Struct; `none`: the device is searched for MOs. */
  readonly rootList?: 'StructData' | 'none';
  /** False when the device refuses `?prop=Type`. */
  readonly typeProperty?: boolean;
  /** True when the device spoke DM 1.3 in its last session, false when it once did. */
  readonly speaksDm13?: boolean;
  /** True when the device answers `?list=TNDS+ACL`. */
  readonly aclList?: boolean;
  /** Commands that the device had not answered when a session was interrupted, the latest last. */
  readonly strikes?: readonly SuspectCommand[];
  /** Tolerances that the log already has. */
  readonly tolerated?: readonly string[];
}

/** A command that the device had not answered when its session was interrupted. */
export interface SuspectCommand {
  /** The DM 2.0 command as JSON text. */
  readonly command: string;
  /** The number of interrupted sessions in a row. */
  readonly count: number;
  /** Milliseconds since 1970: the last interruption. */
  readonly at: number;
}
