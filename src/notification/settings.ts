/** The settings of the section `notifications` of a configuration, with MO indexes in place of MOIDs. */
import type { FixedOptions, Transport } from './message13.ts';
import type { NotificationFormat, UiMode } from './notification-message.ts';
import type { DeliveryWay, Repetitions } from './sending.ts';

/** Times in milliseconds. */
export interface NotificationSettings extends FixedOptions {
  /** `auto`: that of the device's version. */
  readonly format: 'auto' | NotificationFormat;
  readonly uiMode: UiMode;
  readonly transport: Transport;
  readonly validFor: number;
  readonly repeatAfter: Repetitions;
  /** The version in messages of DM 1.2, ten times. */
  readonly version12: number;
  /** True: no colon between header and options in the digest of DM 1.3. */
  readonly joinedDigest13: boolean;
  /** The greatest distance of a TIMESTAMP from the present. */
  readonly maxAge: number;
  /** The ways of delivery, the preferred one first. */
  readonly ways: readonly DeliveryWay[];
}
