/**
 * A cursor over the bytes of a document: multi-byte integers, strings, opaque data; every fault with its offset.
 *
 * Nothing is allocated by an announced length: lengths are compared with what is there first. Plain strings are slices
 * of one string made of the whole document, which costs a fraction of decoding each by itself; who keeps one must copy
 * it, or it keeps the document alive.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.1 "Multi-byte integers", §5.8.4.1 "Strings"
 */
import { DecodeError } from '../errors.ts';

/** A multi-byte integer of 32 bits takes at most this many bytes. */
const MAX_INTEGER_BYTES = 5;

/** How the bytes of strings are read; US-ASCII is a part of UTF-8. */
export type TextForm = 'utf-8' | 'iso-8859-1';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class ByteReader {
  readonly bytes: Uint8Array;
  /** Offset of the next byte. */
  at = 0;
  textForm: TextForm = 'utf-8';
  readonly #buffer: Buffer;
  /** The whole document as one string. */
  readonly #latin1: string;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#latin1 = this.#buffer.toString('latin1');
  }

  /** The next byte. */
  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw syntaxError('the document ends too early', this.at);
    this.at++;
    return byte;
  }

  /** A multi-byte integer (mb_u_int32). */
  integer(): number {
    const start = this.at;
    let value = 0;
    for (;;) {
      const byte = this.byte();
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) break;
      if (this.at - start >= MAX_INTEGER_BYTES) throw syntaxError('an integer of more than 5 bytes', start);
    }
    if (value > 0xffff_ffff) throw syntaxError('an integer of more than 32 bits', start);
    return value;
  }

  /** A string up to its NUL; what is plain ASCII is a slice of one string for the whole document. */
  string(): string {
    return this.stringAt(this.at);
  }

  /** The same from another place, which becomes the cursor's. */
  stringAt(at: number): string {
    const { bytes } = this;
    let end = at;
    let seen = 0;
    let byte = bytes[end];
    while (byte !== 0) {
      if (byte === undefined) throw syntaxError('a string without end', at);
      seen |= byte;
      byte = bytes[++end];
    }
    this.at = end + 1;
    return seen < 0x80 ? this.#latin1.slice(at, end) : this.text(at, end);
  }

  /** Steps over a string and its NUL. */
  skipString(): void {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw syntaxError('a string without end', this.at);
    this.at = end + 1;
  }

  /** A view of that many bytes. */
  opaque(): Uint8Array {
    const { buffer, byteOffset } = this.bytes;
    const from = this.skipOpaque();
    return new Uint8Array(buffer, byteOffset + from, this.at - from);
  }

  /** Steps over a length and as many bytes; answers where the bytes begin. */
  skipOpaque(): number {
    const start = this.at;
    const length = this.integer();
    const from = this.at;
    const left = this.bytes.length - from;
    if (length > left) throw syntaxError(`${length} bytes announced, ${left} there`, start);
    this.at = from + length;
    return from;
  }

  /** The string in a part of the document, by itself. */
  text(start: number, end: number): string {
    const text = this.#buffer.toString(this.textForm === 'utf-8' ? 'utf8' : 'latin1', start, end);
    // That replaces what is no UTF-8; only then is it worth to ask the strict decoder, which costs three times as much.
    if (text.includes('\uFFFD')) this.#requireUtf8(start, end);
    return text;
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

/** The document cannot be read; `offset` tells where. */
export function syntaxError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_WBXML_SYNTAX', `WBXML: ${message}`, { place: { offset } });
}

/** The document is larger than is read, in a way that its length does not tell. */
export function limitError(message: string, offset: number): DecodeError {
  return new DecodeError('ERR_WBXML_LIMIT', `WBXML: ${message}`, { place: { offset } });
}
