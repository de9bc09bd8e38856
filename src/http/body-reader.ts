/**
 * Reads the body of a request within limits of size, memory and time.
 *
 * A request is unauthenticated until its URL names an open session or its credentials are seen to be right. Until then its
 * bytes count among those of all unauthenticated requests, and a long body waits for the judgement of its beginning. Some
 * credentials cover the whole body: then the rest is read, its bytes count on, and the whole body is judged.
 */
import type { IncomingMessage } from 'node:http';
import type { BodyPart, LongBodyVerdict } from '../bridge/device-request.ts';
import { type BodyWatch, monotonicNow, type WatchedBody } from './body-watch.ts';
import { GrowingBytes } from './growing-bytes.ts';
import type { HeldBodies, HeldBody } from './held-bodies.ts';

export type BodyReading =
  | {
      readonly kind: 'complete';
      readonly body: Uint8Array;
      /** To be called when the body is held no longer. */
      readonly release: () => void;
    }
  | { readonly kind: 'tooLarge' }
  /** Too long for a sender that is not authenticated. */
  | { readonly kind: 'notAuthentic' }
  /** Wrong credentials, while another answer to such waits. */
  | { readonly kind: 'tooManyAttempts' }
  /** There is no room for the bodies of more unauthenticated requests. */
  | { readonly kind: 'noRoom' }
  /** The bridge could not judge it. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The client disconnected or was too slow, so there is no one to respond to. */
  | { readonly kind: 'incomplete' };

/** Bytes of the longest body of an unauthenticated request. */
export const MAX_UNAUTHENTICATED_BYTES = 256 * 1024;

export interface BodyReaderOptions {
  /** Bytes of the longest body. */
  readonly maxBytes: number;
  readonly held: HeldBodies;
  readonly watch: BodyWatch;
}

/** The beginning of a body that was read before. */
export interface BegunBody {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/** The sender of a request, as far as it concerns its body. */
export interface BodySender {
  /** Undefined when many clients share the address. */
  readonly address: string | undefined;
  /** True when the URL names an open session. */
  readonly isKnown: boolean;
  /** Judges a long body of which this part has arrived. */
  judge(body: Uint8Array, part: BodyPart): Promise<LongBodyVerdict>;
}

export function readBody(
  request: IncomingMessage,
  sender: BodySender,
  options: BodyReaderOptions & { readonly begun?: BegunBody | undefined },
): Promise<BodyReading> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > options.maxBytes) return Promise.resolve({ kind: 'tooLarge' });
  return new Promise((resolve) => new BodyReader(request, sender, options, resolve).start(options.begun));
}

class BodyReader implements WatchedBody {
  readonly #request: IncomingMessage;
  readonly #sender: BodySender;
  readonly #options: BodyReaderOptions;
  readonly #resolve: (reading: BodyReading) => void;
  readonly #bytes = new GrowingBytes();
  /** Undefined for an authenticated request. */
  #held: HeldBody | undefined;
  #isJudged: boolean;
  /** True when the beginning decided nothing. */
  #needsWhole = false;
  #isOver = false;
  lastByteAt = monotonicNow();

  constructor(
    request: IncomingMessage,
    sender: BodySender,
    options: BodyReaderOptions,
    resolve: (reading: BodyReading) => void,
  ) {
    this.#request = request;
    this.#sender = sender;
    this.#options = options;
    this.#resolve = resolve;
    this.#isJudged = sender.isKnown;
  }

  get received(): number {
    return this.#bytes.length;
  }

  /** @param begun of a request that is paused */
  start(begun?: BegunBody): void {
    const { held, watch } = this.#options;
    const { address, isKnown } = this.#sender;
    if (!isKnown) this.#held = held.open(address, () => this.#finish({ kind: 'noRoom' }));
    watch.begin(this);
    if (begun !== undefined) this.#onData(begun.bytes);
    if (this.#isOver) return;
    if (begun?.isWhole === true) {
      this.#onEnd();
      return;
    }
    this.#request.on('data', this.#onData);
    this.#request.on('end', this.#onEnd);
    this.#request.on('close', this.#onClose);
    this.#request.on('error', this.#onClose);
    // While the beginning is judged, nothing more is read.
    if (begun !== undefined && begun.bytes.length <= MAX_UNAUTHENTICATED_BYTES) this.#request.resume();
  }

  /** The watch calls it for a body that is too slow. */
  end(): void {
    this.#finish({ kind: 'incomplete' });
    this.#request.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.lastByteAt = monotonicNow();
    if (this.#bytes.length + chunk.length > this.#options.maxBytes) {
      this.#finish({ kind: 'tooLarge' });
      return;
    }
    const more = this.#bytes.append(chunk);
    this.#held?.add(more);
    if (this.#isOver || this.#isJudged || this.#bytes.length <= MAX_UNAUTHENTICATED_BYTES) return;
    this.#isJudged = true;
    this.#judgeBeginning().catch((error) => this.#finish({ kind: 'failed', error }));
  };

  readonly #onEnd = (): void => {
    this.#held?.complete();
    if (this.#needsWhole) this.#judgeWhole().catch((error) => this.#finish({ kind: 'failed', error }));
    else this.#complete();
  };

  readonly #onClose = (): void => this.#finish({ kind: 'incomplete' });

  /** Nothing more is read while the beginning is judged. */
  async #judgeBeginning(): Promise<void> {
    this.#request.pause();
    this.#options.watch.end(this);
    const verdict = await this.#sender.judge(this.#bytes.take(), 'beginning');
    if (this.#isOver) return;
    if (verdict !== 'authentic' && verdict !== 'undecided') return this.#refuse(verdict);
    if (verdict === 'authentic') this.#authenticated();
    else this.#needsWhole = true;
    this.lastByteAt = monotonicNow();
    this.#options.watch.begin(this);
    this.#request.resume();
  }

  async #judgeWhole(): Promise<void> {
    // A request closes when it is whole.
    this.#stopReading();
    const verdict = await this.#sender.judge(this.#bytes.take(), 'whole');
    if (verdict !== 'authentic') return this.#refuse(verdict);
    this.#authenticated();
    this.#complete();
  }

  #refuse(verdict: Exclude<LongBodyVerdict, 'authentic'>): void {
    this.#finish({ kind: verdict === 'tooManyAttempts' ? verdict : 'notAuthentic' });
  }

  /** The bytes count no more among those of unauthenticated requests. */
  #authenticated(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  #complete(): void {
    const held = this.#held;
    this.#held = undefined;
    this.#finish({ kind: 'complete', body: this.#bytes.take(), release: () => held?.release() });
  }

  /** Only the first end counts. */
  #finish(reading: BodyReading): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopReading();
    this.#held?.release();
    if (reading.kind !== 'complete') this.#bytes.clear();
    this.#resolve(reading);
  }

  #stopReading(): void {
    this.#options.watch.end(this);
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    this.#request.off('close', this.#onClose);
  }
}
