/**
 * Reads the header of a document: version, public identifier, charset, string table.
 *
 * The public identifier is a registered number or a text in the string table. Phones write that text with and without
 * the NUL at its end, and in letters of any case.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.4 "Version number" to §5.7 "String table"
 */
import { ByteReader, syntaxError } from './reader.ts';
import { StringTable } from './string-table.ts';
import type { CompiledType, TokenTables } from './token-tables.ts';
import { CHARSETS, UNKNOWN_PUBLIC_ID, WBXML_VERSIONS, type WbxmlVersion } from './tokens.ts';

/** The header of a document. */
export interface Header {
  readonly version: WbxmlVersion;
  /** The number or the text; 1 ("unknown") when the document has neither. */
  readonly publicId: number | string;
  /** The IANA MIBenum number; 0 when the document has none. */
  readonly charset: number;
  /** The type of the public identifier, or the fallback of the token tables. */
  readonly type: CompiledType;
  /** False when `type` is the fallback. */
  readonly typeDeclared: boolean;
  /** Its cursor is at the first byte of the body. */
  readonly reader: ByteReader;
  readonly strings: StringTable;
}

/**
 * Reads the header of a document; `maxTableText` limits the text out of the string table, in bytes.
 * @throws DecodeError ERR_WBXML_SYNTAX or ERR_WBXML_LIMIT
 */
export function readHeader(bytes: Uint8Array, tables: TokenTables, maxTableText: number): Header {
  const reader = new ByteReader(bytes);
  const version = readVersion(reader);
  const idOffset = reader.offset;
  const idNumber = reader.readInteger();
  const idIndex = idNumber === 0 ? reader.readInteger() : undefined;
  const charset = version === '1.0' ? CHARSETS.utf8 : readCharset(reader);
  if (charset === CHARSETS.iso88591) reader.charset = 'iso-8859-1';
  const start = reader.skipOpaque();
  const strings = new StringTable(reader, start, reader.offset, maxTableText);
  const publicId = idIndex === undefined ? idNumber : readPublicId(idIndex, idOffset, strings);
  const declared = declaredType(publicId, tables);
  const type = declared ?? tables.fallback;
  if (type === undefined) throw syntaxError(`not a known type of document: ${publicId}`, idOffset);
  return { version, publicId, charset, type, typeDeclared: declared !== undefined, reader, strings };
}

/** An index of 0 into an empty string table means that the type is unknown. */
function readPublicId(index: number, idOffset: number, strings: StringTable): number | string {
  return index === 0 && strings.isEmpty ? UNKNOWN_PUBLIC_ID : strings.readStringAt(index, idOffset);
}

/** Reads the version. Only major version 1 is accepted; a minor version above 3 is read as 1.3. */
function readVersion(reader: ByteReader): WbxmlVersion {
  const byte = reader.readByte();
  if (byte > 0x0f) throw syntaxError(`not WBXML 1.x: version byte ${byte}`, 0);
  return WBXML_VERSIONS[byte] ?? '1.3';
}

const SUPPORTED_CHARSETS: readonly number[] = Object.values(CHARSETS);

function readCharset(reader: ByteReader): number {
  const start = reader.offset;
  const charset = reader.readInteger();
  if (!SUPPORTED_CHARSETS.includes(charset)) throw syntaxError(`charset ${charset} is not supported`, start);
  return charset;
}

function declaredType(publicId: number | string, tables: TokenTables): CompiledType | undefined {
  return typeof publicId === 'number'
    ? tables.byNumber.get(publicId)
    : tables.byText.get(publicId.trim().toLowerCase());
}
