/**
 * A cursor over the bytes of a document. It reads multi-byte integers, strings and opaque data, and every error has an
 * offset.
 *
 * A length in the document is compared with the bytes that follow before anything is allocated. An ASCII string is a
 * slice of one string of the whole document: this costs a fraction of decoding each string alone. A slice keeps the
 * whole document in memory, so copy a string that outlives the document.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.1 "Multi-byte integers", §5.8.4.1 "Strings"
 */
import { DecodeError } from '../errors.ts';

/** A multi-byte integer of 32 bits takes at most this many bytes. */
const MAX_INTEGER_BYTES = 5;

/** V8 copies a slice up to this length, so that it does not keep the document in memory. */
const COPIED_LENGTH = 12;

/** The charset of the strings; US-ASCII is a part of UTF-8. */
type Charset = 'utf-8' | 'iso-8859-1';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The cursor. All its methods throw DecodeError ERR_WBXML_SYNTAX when the document ends too early. */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** The offset of the next byte. */
  offset = 0;
  charset: Charset = 'utf-8';
  readonly #buffer: Buffer;
  /** The whole document as one string. */
  readonly #latin1: string;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#latin1 = this.#buffer.toString('latin1');
  }

  /** Reads one byte. */
  readByte(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw syntaxError('the document ends too early', this.offset);
    this.offset++;
    return byte;
  }

  /** Reads a multi-byte integer of at most 32 bits (mb_u_int32, §5.1). */
  readInteger(): number {
    const start = this.offset;
    let value = 0;
    for (;;) {
      const byte = this.readByte();
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) break;
      if (this.offset - start >= MAX_INTEGER_BYTES) throw syntaxError('an integer of more than 5 bytes', start);
    }
    if (value > 0xffff_ffff) throw syntaxError('an integer of more than 32 bits', start);
    return value;
  }

  /** Reads a string and its NUL. */
  readString(): string {
    return this.readStringAt(this.offset);
  }

  /** Moves the cursor to an offset and reads a string and its NUL there. */
  readStringAt(start: number): string {
    const { bytes } = this;
    let end = start;
    // All bits of all bytes: below 80 when the string is ASCII.
    let bits = 0;
    let byte = bytes[end];
    while (byte !== 0) {
      if (byte === undefined) throw syntaxError('a string without end', start);
      bits |= byte;
      byte = bytes[++end];
    }
    this.offset = end + 1;
    return bits < 0x80 ? this.#latin1.slice(start, end) : this.decodeText(start, end);
  }

  /** Skips a string and its NUL. */
  skipString(): void {
    const end = this.bytes.indexOf(0, this.offset);
    if (end < 0) throw syntaxError('a string without end', this.offset);
    this.offset = end + 1;
  }

  /** Reads a length and returns a view of that many bytes. */
  readOpaque(): Uint8Array {
    const { buffer, byteOffset } = this.bytes;
    const from = this.skipOpaque();
    return new Uint8Array(buffer, byteOffset + from, this.offset - from);
  }

  /** Reads a length, skips that many bytes, and returns the offset of the first of them. */
  skipOpaque(): number {
    const start = this.offset;
    const length = this.readInteger();
    const from = this.offset;
    const left = this.bytes.length - from;
    if (length > left) throw syntaxError(`a length of ${length} bytes where ${left} follow`, start);
    this.offset = from + length;
    return from;
  }

  /** Decodes a part of the document as a string of its own. */
  decodeText(start: number, end: number): string {
    if (end - start <= COPIED_LENGTH && this.#isAscii(start, end)) return this.#latin1.slice(start, end);
    const text = this.#buffer.toString(this.charset === 'utf-8' ? 'utf8' : 'latin1', start, end);
    // Buffer replaces bytes that are not UTF-8. Only then the strict decoder is needed, which takes three times as long.
    if (text.includes('\uFFFD')) this.#requireUtf8(start, end);
    return text;
  }

  #isAscii(start: number, end: number): boolean {
    const { bytes } = this;
    let bits = 0;
    for (let at = start; at < end; at++) bits |= bytes[at] ?? 0;
    return bits < 0x80;
  }

  #requireUtf8(start: number, end: number): void {
    try {
      utf8.decode(this.bytes.subarray(start, end));
    } catch (cause) {
      throw new DecodeError('ERR_WBXML_SYNTAX', 'WBXML: a string that is not UTF-8', {
        cause,
        place: { offset: start },
      });
    }
  }
}

/** The error for a document that breaks the syntax at an offset. */
export function syntaxError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_WBXML_SYNTAX', `WBXML: ${message}`, { place: { offset } });
}

/** The error for a document that exceeds one of the limits at an offset. */
export function limitError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_WBXML_LIMIT', `WBXML: ${message}`, { place: { offset } });
}
