/**
 * Reads and skips attributes. The code pages of this codec have no attributes, so their tokens mean nothing. An attribute
 * whose name is a literal belongs to markup in Data. One family of phones declares the namespace of the root element with a
 * literal that points into an empty string table; a name that cannot be found is skipped.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.8.3 "Attribute code space"
 */
import type { Attribute } from './element.ts';
import { isNcName } from './nc-name.ts';
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

/** An attribute while it is read; the name is absent when it is not known. */
interface OpenAttribute {
  readonly name: string | undefined;
  value: string;
}

/** Reads a list of attributes and the END after it. Names with a prefix are left out. */
export function readAttributes(reader: ByteReader, strings: StringTable): NamedAttributes {
  const found: OpenAttribute[] = [];
  scanAttributes(reader, {
    literal: (index) => void found.push({ name: strings.find(index), value: '' }),
    other: () => void found.push({ name: undefined, value: '' }),
    text: (text) => {
      const last = found.at(-1);
      if (last !== undefined) last.value += text;
    },
    reference: (index) => {
      const last = found.at(-1);
      if (last?.name !== undefined) last.value += strings.find(index) ?? '';
    },
  });
  const values = new Map<string, string>();
  for (const { name, value } of found) {
    if (name !== undefined && isNcName(name) && !values.has(name) && values.size < MAX_ATTRIBUTES)
      values.set(name, value);
  }
  const namespace = values.get('xmlns');
  values.delete('xmlns');
  return { list: [...values].map(([name, value]) => ({ prefix: '', name, namespace: '', value })), namespace };
}

/** Skips a list of attributes or the content of a processing instruction, and the END after it. */
export function skipAttributes(reader: ByteReader): void {
  const ignore = () => undefined;
  scanAttributes(reader, { literal: ignore, other: ignore, text: undefined, reference: ignore });
}

/** Receives the tokens of an attribute list. */
interface AttributeSink {
  /** The start of an attribute whose name is a literal; the index may be wrong. */
  readonly literal: (index: number) => void;
  /** The start of another attribute. */
  readonly other: () => void;
  /** A part of a value; absent: strings are skipped. */
  readonly text: ((text: string) => void) | undefined;
  /** A part of a value that is in the string table; the index may be wrong. */
  readonly reference: (index: number) => void;
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
