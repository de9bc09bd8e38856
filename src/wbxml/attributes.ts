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

/** The attributes of one element that have names. */
export interface NamedAttributes {
  /** Without the declaration of a namespace. */
  readonly list: readonly Attribute[];
  /** The namespace that `xmlns` declares. */
  readonly namespace: string | undefined;
}

/** The most attributes that are kept of an element, as in XML. */
const MAX_ATTRIBUTES = 64;

/** Reads a list of attributes and the END after it. Names with a prefix are left out. */
export function readAttributes(reader: ByteReader, strings: StringTable): NamedAttributes {
  const collector = new AttributeCollector(strings);
  scanAttributes(reader, collector);
  collector.close();
  return collector;
}

/** Collects attributes that have names; a name that comes again is skipped. One object for each element: hostile bodies have many. */
class AttributeCollector implements NamedAttributes, AttributeSink {
  readonly list: Attribute[] = [];
  namespace: string | undefined;
  readonly #strings: StringTable;
  /** The attribute whose value is being read; undefined when its name is not known. */
  #name: string | undefined;
  #value = '';

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  literal(index: number): void {
    this.close();
    this.#name = this.#strings.findName(index);
  }

  other(): void {
    this.close();
  }

  text(text: string): void {
    if (this.#name !== undefined) this.#value += text;
  }

  reference(index: number): void {
    if (this.#name !== undefined) this.#value += this.#strings.find(index) ?? '';
  }

  /** Ends the attribute that is being read. */
  close(): void {
    const name = this.#name;
    const value = this.#value;
    this.#name = undefined;
    this.#value = '';
    if (name === undefined || this.list.length >= MAX_ATTRIBUTES) return;
    if (name === 'xmlns') this.namespace ??= value;
    else if (!this.list.some((each) => each.name === name)) this.list.push({ prefix: '', name, namespace: '', value });
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
