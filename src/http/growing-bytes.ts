/** Bytes that arrive in chunks. Many small chunks take far more memory than their bytes, so they are joined on the way. */

/** For the first chunks that are joined. */
const FIRST_CAPACITY = 4 * 1024;

/** One chunk alone is not copied; from the second one on, all bytes are in one buffer. */
export class GrowingBytes {
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
