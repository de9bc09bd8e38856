import type { SyncmlMessage } from '../syncml/message.ts';
import type { MessageEncoding } from '../syncml/serialize-wbxml.ts';
import type { DeviceRequest } from './device-request.ts';

/** One decoded message of a device. */
export interface IncomingMessage {
  readonly request: DeviceRequest;
  readonly message: SyncmlMessage;
  /** Deviations from the specification that the decoder let pass. */
  readonly tolerated: readonly string[];
  /** The form of WBXML that the request has; absent for XML. */
  readonly encoding: MessageEncoding | undefined;
  /** Base64 SHA-256 of body and `x-syncml-hmac`. */
  readonly requestHash: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}
