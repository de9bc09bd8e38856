/**
 * Collects the bytes of a document.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.1 "Multi-byte integers", §5.8.4.1 "Strings", §5.8.4.6 "Opaque data"
 */

import { END, OPAQUE, STR_I } from './tokens.ts';

/** The number of bytes of a multi-byte integer. */
function integerLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Up to this length a loop is faster than a call into the runtime. */
const LOOP_LENGTH = 48;

/** A buffer that doubles its size when it is full. */
export class ByteWriter {
  #buffer: Buffer;
  #capacity: number;
  length = 0;

  /** `size` is the expected number of bytes. */
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.#capacity = size;
  }

  writeByte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.length++] = value;
  }

  /** Writes a multi-byte integer of at most 32 bits (§5.1). */
  writeInteger(value: number): void {
    for (let i = integerLength(value) - 1; i > 0; i--) this.writeByte((Math.floor(value / 128 ** i) & 0x7f) | 0x80);
    this.writeByte(value & 0x7f);
  }

  /** Writes text in UTF-8, and a NUL. */
  writeString(text: string): void {
    // A UTF-16 code unit takes at most three bytes.
    this.#reserve(text.length * 3 + 1);
    this.length += this.#buffer.write(text, this.length, 'utf8');
    this.#buffer[this.length++] = 0;
  }

  /** Writes text as content: an inline string, or opaque data if it has a NUL. */
  writeText(text: string): void {
    if (text.length <= LOOP_LENGTH && this.#writeShortText(text, -1)) return;
    if (text.includes('\0')) {
      this.writeOpaque(Buffer.from(text));
    } else {
      this.writeByte(STR_I);
      this.writeString(text);
    }
  }

  /** Writes bytes as opaque data. */
  writeOpaque(bytes: Uint8Array): void {
    this.writeByte(OPAQUE);
    this.writeInteger(bytes.length);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Replaces a byte that was written before. */
  replaceByte(offset: number, value: number): void {
    this.#buffer[offset] = value;
  }

  /** Returns the bytes of another writer, followed by the bytes of this one. */
  joinedAfter(head: ByteWriter): Uint8Array {
    const all = new Uint8Array(head.length + this.length);
    all.set(head.#buffer.subarray(0, head.length));
    all.set(this.#buffer.subarray(0, this.length), head.length);
    return all;
  }

  /** Writes an element with text only: its tag, whose bit for content is set, the text and END. */
  writeTextElement(tag: number, text: string): void {
    if (text.length <= LOOP_LENGTH && this.#writeShortText(text, tag)) return;
    this.writeByte(tag);
    this.writeText(text);
    this.writeByte(END);
  }

  /**
   * Writes ASCII text without NUL as an inline string, inside an element of that tag unless `tag` is negative.
   * @returns false, and nothing is written, for any other text
   */
  #writeShortText(text: string, tag: number): boolean {
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

  /** Makes sure that so many more bytes fit in. */
  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed > this.#capacity) this.#grow(needed);
  }

  #grow(needed: number): void {
    this.#capacity = Math.max(this.#capacity * 2, needed);
    const larger = Buffer.allocUnsafe(this.#capacity);
    larger.set(this.#buffer.subarray(0, this.length));
    this.#buffer = larger;
  }
}
