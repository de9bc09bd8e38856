/**
 * Where the bytes of a document go: into memory, or nowhere but a sum.
 *
 * The encoder writes to either, so what is counted is what would be written.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.1 "Multi-byte integers", §5.8.4.1 "Strings", §5.8.4.6 "Opaque data"
 */

/** Takes the bytes of a document in order. */
export interface ByteSink {
  /** Bytes taken so far. */
  readonly length: number;
  byte(value: number): void;
  integer(value: number): void;
  /** The text in UTF-8, and a NUL. */
  string(text: string): void;
  bytes(bytes: Uint8Array): void;
  /** Replaces a byte that was taken before. */
  patch(offset: number, value: number): void;
}

/** The bytes that a number takes as multi-byte integer. */
function integerLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Counts only. */
export class ByteCounter implements ByteSink {
  length = 0;

  byte(): void {
    this.length++;
  }

  integer(value: number): void {
    this.length += integerLength(value);
  }

  string(text: string): void {
    this.length += Buffer.byteLength(text) + 1;
  }

  bytes(bytes: Uint8Array): void {
    this.length += bytes.length;
  }

  patch(): void {
    // What is replaced was counted.
  }
}

const INITIAL_SIZE = 2048;
/** Texts up to here are written faster by a loop than by a call into the runtime. */
const LOOP_LENGTH = 48;

/** Collects the bytes; room grows by doubling. */
export class ByteWriter implements ByteSink {
  #buffer = Buffer.allocUnsafe(INITIAL_SIZE);
  length = 0;

  byte(value: number): void {
    if (this.length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.length++] = value;
  }

  integer(value: number): void {
    for (let i = integerLength(value) - 1; i > 0; i--) this.byte((Math.floor(value / 128 ** i) & 0x7f) | 0x80);
    this.byte(value & 0x7f);
  }

  string(text: string): void {
    // A UTF-16 unit takes three bytes at most.
    const most = text.length * 3 + 1;
    if (this.#buffer.length - this.length < most) this.#grow(most);
    if (text.length > LOOP_LENGTH || !this.#asciiString(text)) {
      this.length += this.#buffer.write(text, this.length, 'utf8');
    }
    this.#buffer[this.length++] = 0;
  }

  bytes(bytes: Uint8Array): void {
    if (this.#buffer.length - this.length < bytes.length) this.#grow(bytes.length);
    this.#buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  patch(offset: number, value: number): void {
    this.#buffer[offset] = value;
  }

  /** Copies what was collected behind what another writer collected. */
  after(head: ByteWriter): Uint8Array {
    const all = new Uint8Array(head.length + this.length);
    all.set(head.#buffer.subarray(0, head.length));
    all.set(this.#buffer.subarray(0, this.length), head.length);
    return all;
  }

  #asciiString(text: string): boolean {
    const buffer = this.#buffer;
    let at = this.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      buffer[at++] = code;
    }
    this.length = at;
    return true;
  }

  #grow(more: number): void {
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.length + more));
    larger.set(this.#buffer.subarray(0, this.length));
    this.#buffer = larger;
  }
}
