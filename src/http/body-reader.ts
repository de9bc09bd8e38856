/**
 * Reads the body of a request within limits of size, memory and time.
 *
 * A request is unauthenticated until its URL names an open session or its credentials are seen to be right. Until then its
 * bytes count among those of all unauthenticated requests, and a long body waits for the judgement of its beginning.
 */
import type { IncomingMessage } from 'node:http';
import { type BodyWatch, monotonicNow, type WatchedBody } from './body-watch.ts';
import type { HeldBodies, HeldBody } from './held-bodies.ts';

export type BodyReading =
  | {
      readonly kind: 'complete';
      readonly body: Uint8Array;
      /** To be called when the body is held no longer. */
      readonly release: () => void;
    }
  | { readonly kind: 'tooLarge' }
  /** There is no room for the bodies of more unauthenticated requests. */
  | { readonly kind: 'noRoom' }
  /** The client disconnected or was too slow, so there is no one to respond to. */
  | { readonly kind: 'incomplete' };

/** Bytes of the longest body of an unauthenticated request. */
const MAX_UNAUTHENTICATED_BYTES = 256 * 1024;

export interface BodyReaderOptions {
  /** Bytes of the longest body. */
  readonly maxBytes: number;
  readonly held: HeldBodies;
  readonly watch: BodyWatch;
}

/** The sender of a request, as far as it concerns its body. */
export interface BodySender {
  /** Undefined when many clients share the address. */
  readonly address: string | undefined;
  /** True when the URL names an open session. */
  readonly isKnown: boolean;
  /** Judges a body by its beginning; true when its credentials are right. */
  isAuthentic(start: Uint8Array): Promise<boolean>;
}

export function readBody(
  request: IncomingMessage,
  sender: BodySender,
  options: BodyReaderOptions,
): Promise<BodyReading> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > options.maxBytes) return Promise.resolve({ kind: 'tooLarge' });
  return new Promise((resolve) => new BodyReader(request, sender, options, resolve).start());
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

  start(): void {
    const { held, watch } = this.#options;
    const { address, isKnown } = this.#sender;
    if (!isKnown) this.#held = held.open(address, () => this.#finish({ kind: 'noRoom' }));
    watch.begin(this);
    this.#request.on('data', this.#onData);
    this.#request.on('end', this.#onEnd);
    this.#request.on('close', this.#onClose);
    this.#request.on('error', this.#onClose);
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
    this.#judge().catch(() => this.#finish({ kind: 'tooLarge' }));
  };

  readonly #onEnd = (): void => {
    const held = this.#held;
    held?.complete();
    this.#held = undefined;
    this.#finish({ kind: 'complete', body: this.#bytes.take(), release: () => held?.release() });
  };

  readonly #onClose = (): void => this.#finish({ kind: 'incomplete' });

  /** Nothing more is read while the beginning is judged. */
  async #judge(): Promise<void> {
    this.#request.pause();
    this.#options.watch.end(this);
    const isAuthentic = await this.#sender.isAuthentic(this.#bytes.take());
    if (this.#isOver) return;
    if (!isAuthentic) return this.#finish({ kind: 'tooLarge' });
    this.#held?.release();
    this.#held = undefined;
    this.lastByteAt = monotonicNow();
    this.#options.watch.begin(this);
    this.#request.resume();
  }

  /** Only the first end counts. */
  #finish(reading: BodyReading): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.watch.end(this);
    this.#held?.release();
    if (reading.kind !== 'complete') this.#bytes.clear();
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    this.#request.off('close', this.#onClose);
    this.#resolve(reading);
  }
}

/** Many small chunks take far more memory than their bytes, so they are joined when the second one arrives. */
const FIRST_CAPACITY = 4 * 1024;

/** Bytes that arrive in chunks. One chunk alone is not copied. */
class GrowingBytes {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Returns the number of bytes that are held more than before. */
  append(chunk: Buffer): number {
    const before = this.#buffer.length;
    const length = this.#length + chunk.length;
    if (this.#length === 0) {
      this.#buffer = chunk;
    } else {
      if (length > this.#buffer.length) this.#grow(length);
      this.#buffer.set(chunk, this.#length);
    }
    this.#length = length;
    return this.#buffer.length - before;
  }

  take(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#buffer = Buffer.alloc(0);
  }

  #grow(length: number): void {
    const next = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#buffer.length, FIRST_CAPACITY));
    next.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = next;
  }
}
