/**
 * What stands before the elements: version, public identifier, charset, string table.
 *
 * The public identifier is a registered number, or text in the string table. Phones write that text with and without
 * the NUL at its end, and in letters of any case.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.4 "Version number" to §5.7 "String table"
 */
import { ByteReader, syntaxError } from './reader.ts';
import { StringTable } from './string-table.ts';
import type { CompiledType, TokenTables } from './token-tables.ts';
import { CHARSETS, UNKNOWN_PUBLIC_ID, WBXML_VERSIONS, type WbxmlVersion } from './tokens.ts';

/** A header, its reader standing at the first byte of the body. */
export interface Header {
  readonly version: WbxmlVersion;
  /** The number, or the text; 1 where the document leaves it open. */
  readonly publicId: number | string;
  /** IANA MIBenum; 0 where the document leaves it open. */
  readonly charset: number;
  readonly type: CompiledType;
  /** False when the public identifier did not tell the type. */
  readonly typeDeclared: boolean;
  readonly reader: ByteReader;
  readonly strings: StringTable;
}

/** Reads the header of a document. */
export function readHeader(bytes: Uint8Array, tables: TokenTables, maxTableText: number): Header {
  const reader = new ByteReader(bytes);
  const version = readVersion(reader);
  const idAt = reader.at;
  const idNumber = reader.integer();
  const idIndex = idNumber === 0 ? reader.integer() : undefined;
  const charset = version === '1.0' ? CHARSETS.utf8 : readCharset(reader);
  if (charset === CHARSETS.iso88591) reader.textForm = 'iso-8859-1';
  const start = reader.skipOpaque();
  const strings = new StringTable(reader, start, reader.at, maxTableText);
  const publicId = idIndex === undefined ? idNumber : publicIdAt(idIndex, idAt, strings);
  const declared = declaredType(publicId, tables);
  const type = declared ?? tables.fallback;
  if (type === undefined) throw syntaxError(`not a known type of document: ${publicId}`, idAt);
  return { version, publicId, charset, type, typeDeclared: declared !== undefined, reader, strings };
}

/** An identifier "0 0" beside an empty table says nothing. */
function publicIdAt(index: number, idAt: number, strings: StringTable): number | string {
  return index === 0 && strings.isEmpty ? UNKNOWN_PUBLIC_ID : strings.stringAt(index, idAt);
}

/** Major version 1 only; a minor version after the last known one can be read like it. */
function readVersion(reader: ByteReader): WbxmlVersion {
  const byte = reader.byte();
  if (byte > 0x0f) throw syntaxError(`not WBXML 1.x: version byte ${byte}`, 0);
  return WBXML_VERSIONS[byte] ?? '1.3';
}

function readCharset(reader: ByteReader): number {
  const { at } = reader;
  const charset = reader.integer();
  if (!Object.values<number>(CHARSETS).includes(charset)) throw syntaxError(`charset ${charset} is not read`, at);
  return charset;
}

function declaredType(publicId: number | string, tables: TokenTables): CompiledType | undefined {
  return typeof publicId === 'number'
    ? tables.byNumber.get(publicId)
    : tables.byText.get(publicId.trim().toLowerCase());
}
