/**
 * Reads and skips attributes. The code pages of this codec have no attributes, so their tokens mean nothing. An attribute
 * whose name is a literal belongs to markup in Data. One family of phones declares the namespace of the root element with a
 * literal that points into an empty string table; a name that cannot be found is skipped.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.8.3 "Attribute code space"
 */
import type { Attribute } from './element.ts';
import { type ByteReader, syntaxError } from './reader.ts';
import type { StringTable } from './string-table.ts';
import * as Token from './tokens.ts';

/** The most attributes that are kept of an element, as in XML. */
const MAX_ATTRIBUTES = 64;

/**
 * Reads the attributes that have names, one element after the other; a name that comes again is skipped. One object for a whole
 * document, and no list for an element without such attributes: hostile bodies have very many elements.
 */
export class AttributeReader implements AttributeSink {
  /** The attributes of the last element without the declaration of a namespace; undefined when there are none. */
  list: Attribute[] | undefined;
  /** The namespace that `xmlns` declares in the last element. */
  namespace: string | undefined;
  readonly #reader: ByteReader;
  readonly #strings: StringTable;
  /** The attribute whose value is being read; undefined when its name is not known. */
  #name: string | undefined;
  #value = '';

  constructor(reader: ByteReader, strings: StringTable) {
    this.#reader = reader;
    this.#strings = strings;
  }

  /** Reads a list of attributes and the END after it. Names with a prefix are left out. */
  read(): void {
    this.list = undefined;
    this.namespace = undefined;
    scanAttributes(this.#reader, this);
    this.#close();
  }

  literal(index: number): void {
    this.#close();
    this.#name = this.#strings.findName(index);
  }

  other(): void {
    this.#close();
  }

  text(text: string): void {
    if (this.#name !== undefined) this.#value += text;
  }

  reference(index: number): void {
    if (this.#name !== undefined) this.#value += this.#strings.find(index) ?? '';
  }

  /** Ends the attribute that is being read. */
  #close(): void {
    const name = this.#name;
    if (name === undefined) return;
    const value = this.#value;
    this.#name = undefined;
    this.#value = '';
    if (name === 'xmlns') this.namespace ??= value;
    else this.#add(name, value);
  }

  #add(name: string, value: string): void {
    const attribute = { prefix: '', name, namespace: '', value };
    // An array that is created with its only element takes a quarter of the memory of one after a push.
    if (this.list === undefined) this.list = [attribute];
    else if (this.list.length < MAX_ATTRIBUTES && !this.list.some((each) => each.name === name)) {
      this.list.push(attribute);
    }
  }
}

/** Skips a list of attributes or the content of a processing instruction, and the END after it. */
export function skipAttributes(reader: ByteReader): void {
  scanAttributes(reader, IGNORE);
}

const ignore = (): void => undefined;
const IGNORE: AttributeSink = { literal: ignore, other: ignore, text: undefined, reference: ignore };

/** Receives the tokens of an attribute list. */
interface AttributeSink {
  /** The start of an attribute whose name is a literal; the index may be wrong. */
  literal(index: number): void;
  /** The start of another attribute. */
  other(): void;
  /** A part of a value; absent: strings are skipped. */
  text: ((text: string) => void) | undefined;
  /** A part of a value that is in the string table; the index may be wrong. */
  reference(index: number): void;
}

function scanAttributes(reader: ByteReader, sink: AttributeSink): void {
  for (;;) {
    const start = reader.offset;
    const token = reader.readByte();
    switch (token) {
      case Token.END:
        return;
      case Token.SWITCH_PAGE:
        // This switches the page of attributes, which is independent of the page of tags.
        reader.readByte();
        break;
      case Token.STR_I:
        if (sink.text === undefined) reader.skipString();
        else sink.text(reader.readString());
        break;
      case Token.OPAQUE: {
        const from = reader.skipOpaque();
        sink.text?.(reader.decodeText(from, reader.offset));
        break;
      }
      case Token.ENTITY: {
        const code = reader.readInteger();
        if (isCharacter(code)) sink.text?.(String.fromCodePoint(code));
        break;
      }
      case Token.LITERAL:
        sink.literal(reader.readInteger());
        break;
      case Token.STR_T:
        sink.reference(reader.readInteger());
        break;
      default:
        if ((token & Token.TAG_BITS) < Token.FIRST_TAG) throw syntaxError(`token ${token} among attributes`, start);
        // The upper half of the code space are parts of values.
        if (token < FIRST_VALUE) sink.other();
    }
  }
}

const FIRST_VALUE = 0x80;

function isCharacter(code: number): boolean {
  return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}
