/**
 * Where the bytes of a document go.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.1 "Multi-byte integers", §5.8.4.1 "Strings", §5.8.4.6 "Opaque data"
 */

import { END, OPAQUE, STR_I } from './tokens.ts';

/** The bytes that a number takes as multi-byte integer. */
function integerLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Texts up to here are written faster by a loop than by a call into the runtime. */
const LOOP_LENGTH = 48;

/** Collects the bytes; room grows by doubling. */
export class ByteWriter {
  #buffer: Buffer;
  #capacity: number;
  length = 0;

  /** `size` is what is expected. */
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.#capacity = size;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.length++] = value;
  }

  integer(value: number): void {
    for (let i = integerLength(value) - 1; i > 0; i--) this.byte((Math.floor(value / 128 ** i) & 0x7f) | 0x80);
    this.byte(value & 0x7f);
  }

  /** The text in UTF-8, and a NUL. */
  string(text: string): void {
    // A UTF-16 unit takes three bytes at most.
    this.#reserve(text.length * 3 + 1);
    this.length += this.#buffer.write(text, this.length, 'utf8');
    this.#buffer[this.length++] = 0;
  }

  /** Text as content: an inline string, or opaque data if there is a NUL in it. */
  text(text: string): void {
    if (text.length <= LOOP_LENGTH && this.#shortText(text, -1)) return;
    if (text.includes('\0')) {
      const bytes = Buffer.from(text);
      this.byte(OPAQUE);
      this.integer(bytes.length);
      this.bytes(bytes);
    } else {
      this.byte(STR_I);
      this.string(text);
    }
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Replaces a byte that was written before. */
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

  /** A whole element: its tag, which says that there is content, text and END. */
  leaf(tag: number, text: string): void {
    if (text.length <= LOOP_LENGTH && this.#shortText(text, tag)) return;
    this.byte(tag);
    this.text(text);
    this.byte(END);
  }

  /**
   * Writes an inline string of plain ASCII, in an element of that tag unless it is negative; false, with nothing
   * written, when the text is something else.
   */
  #shortText(text: string, tag: number): boolean {
    this.#reserve(text.length + 4);
    const buffer = this.#buffer;
    let at = this.length;
    if (tag >= 0) buffer[at++] = tag;
    buffer[at++] = STR_I;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80 || code === 0) return false;
      buffer[at++] = code;
    }
    buffer[at++] = 0;
    if (tag >= 0) buffer[at++] = END;
    this.length = at;
    return true;
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed > this.#capacity) this.#grow(needed);
  }

  #grow(needed: number): void {
    this.#capacity = Math.max(this.#capacity * 2, needed);
    const larger = Buffer.allocUnsafe(this.#capacity);
    larger.set(this.#buffer.subarray(0, this.length));
    this.#buffer = larger;
  }
}
