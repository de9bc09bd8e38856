import type { MeasureMessage } from '../dm1/session-model.ts';
import { HTTP } from '../http-status.ts';
import { encodeMessage } from '../syncml/codec.ts';
import type { SyncmlMessage } from '../syncml/message.ts';
import type { MessageEncoding } from '../syncml/serialize-wbxml.ts';
import type { DeviceAnswer } from './device-request.ts';

/**
 * Measures and encodes the answer to one request, in its media type, encoding and WBXML version, whatever `Accept` says.
 * The message measured last is in most cases the one that is sent, so its bytes are not made a second time.
 */
export class AnswerEncoder {
  readonly #contentType: string;
  readonly #encoding: MessageEncoding | undefined;
  #last: { readonly message: SyncmlMessage; readonly bytes: Uint8Array } | undefined;

  constructor(contentType: string, encoding: MessageEncoding | undefined) {
    this.#contentType = contentType;
    this.#encoding = encoding;
  }

  readonly measure: MeasureMessage = (message) => this.#bytesOf(message).length;

  encode(message: SyncmlMessage): DeviceAnswer {
    return { status: HTTP.ok, headers: { 'content-type': this.#contentType }, body: this.#bytesOf(message) };
  }

  #bytesOf(message: SyncmlMessage): Uint8Array {
    if (this.#last?.message !== message) {
      this.#last = { message, bytes: encodeMessage(message, this.#contentType, this.#encoding) };
    }
    return this.#last.bytes;
  }
}
