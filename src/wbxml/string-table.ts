/**
 * The string table of a document that is being read.
 *
 * References may point into the middle of a string, so that strings share their ends. Because a reference of two bytes
 * may stand for the whole table, the text that comes out of it is limited: a small document must not become a large one.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.7 "String table", §5.8.4.1
 */
import { isNcName } from './nc-name.ts';
import { type ByteReader, limitError, syntaxError } from './reader.ts';

export class StringTable {
  readonly #reader: ByteReader;
  readonly #start: number;
  readonly #end: number;
  #textLeft: number;
  readonly #names = new Map<number, string>();

  /** The table stands from `start` to `end`; `maxText` bytes may come out of it altogether. */
  constructor(reader: ByteReader, start: number, end: number, maxText: number) {
    this.#reader = reader;
    this.#start = start;
    this.#end = end;
    this.#textLeft = maxText;
  }

  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  /** The string at the index that is read next; it ends with its NUL or with the table. */
  string(): string {
    const place = this.#reader.at;
    const index = this.#reader.integer();
    return this.stringAt(index, place);
  }

  /** The element name at the index that is read next. */
  name(): string {
    const place = this.#reader.at;
    const index = this.#reader.integer();
    const known = this.#names.get(index);
    if (known !== undefined) return known;
    const name = this.stringAt(index, place);
    if (!isNcName(name)) throw syntaxError('a literal tag that is no XML name', place);
    this.#names.set(index, name);
    return name;
  }

  /** The string at an index that was read at `place`. */
  stringAt(index: number, place: number): string {
    const { bytes } = this.#reader;
    const start = this.#start + index;
    if (start >= this.#end) throw syntaxError(`string table index ${index} is beyond the table`, place);
    // Not beyond the table: where no NUL follows, each reference would be searched to the end of the document.
    const length = bytes.subarray(start, this.#end).indexOf(0);
    const end = length < 0 ? this.#end : start + length;
    this.#textLeft -= end - start;
    if (this.#textLeft < 0) throw limitError('more text out of the string table than allowed', place);
    return this.#reader.text(start, end);
  }
}
