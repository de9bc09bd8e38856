/**
 * Reads strings out of the string table of a document.
 *
 * A reference may point into the middle of a string, so strings can share their ends. A reference of two bytes can mean
 * the text of the whole table. Therefore the text out of the table is limited: a small document must not become a large
 * one.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.7 "String table", §5.8.4.1
 */
import { isNcName } from './nc-name.ts';
import { type ByteReader, limitError, syntaxError } from './reader.ts';

/** The string table of one document. */
export class StringTable {
  readonly #reader: ByteReader;
  readonly #start: number;
  readonly #end: number;
  #textLeft: number;
  readonly #names = new Map<number, string>();

  /** The table has the bytes from `start` to `end`; `maxText` bytes may be read out of it in all. */
  constructor(reader: ByteReader, start: number, end: number, maxText: number) {
    this.#reader = reader;
    this.#start = start;
    this.#end = end;
    this.#textLeft = maxText;
  }

  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  /** Reads an index from the document and returns its string, which ends with its NUL or with the table. */
  readReference(): string {
    const offset = this.#reader.offset;
    const index = this.#reader.readInteger();
    return this.readStringAt(index, offset);
  }

  /** Reads an index from the document and returns the element name there. */
  readName(): string {
    const offset = this.#reader.offset;
    const index = this.#reader.readInteger();
    const known = this.#names.get(index);
    if (known !== undefined) return known;
    const name = this.readStringAt(index, offset);
    if (!isNcName(name)) throw syntaxError('a literal tag that is not an XML name', offset);
    this.#names.set(index, name);
    return name;
  }

  /** Returns the name at an index; undefined when the index is beyond the table, or the string there is not an XML name. */
  findName(index: number): string | undefined {
    const known = this.#names.get(index);
    if (known !== undefined) return known;
    const name = this.find(index);
    if (name === undefined || !isNcName(name)) return undefined;
    this.#names.set(index, name);
    return name;
  }

  /** Returns the string at an index that the document has just given; undefined when it is beyond the table. */
  find(index: number): string | undefined {
    const { offset } = this.#reader;
    return this.#start + index < this.#end ? this.readStringAt(index, offset) : undefined;
  }

  /** Returns the string at an index; `offset` is where the document has the reference. */
  readStringAt(index: number, offset: number): string {
    const { bytes } = this.#reader;
    const start = this.#start + index;
    if (start >= this.#end) throw syntaxError(`string table index ${index} is beyond the table`, offset);
    // Only the table is searched for the NUL: a search of the whole document per reference would take quadratic time.
    const length = bytes.subarray(start, this.#end).indexOf(0);
    const end = length < 0 ? this.#end : start + length;
    this.#textLeft -= end - start;
    if (this.#textLeft < 0) throw limitError('more text out of the string table than allowed', offset);
    return this.#reader.decodeText(start, end);
  }
}
