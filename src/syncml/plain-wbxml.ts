/**
 * Reads WBXML of the plain form: tags of the code pages without attributes, with elements, one inline string or one piece of opaque
 * Data as their content. Strings are in UTF-8, and the document says that its type is SyncML.
 *
 * @see `plain-message.ts` for the form; `../wbxml/decode.ts` for everything else
 */
import { type Header, readHeader } from '../wbxml/header.ts';
import type { ByteReader } from '../wbxml/reader.ts';
import type { TagPage } from '../wbxml/token-tables.ts';
import * as Token from '../wbxml/tokens.ts';
import { SYNCML_1_1, SYNCML_1_2, SYNCML_TABLES } from './code-pages.ts';
import { METINF_NAMESPACE } from './namespaces.ts';
import type { ParsedMessage } from './parse.ts';
import { decline, MAX_PLAIN_ELEMENTS, type PlainReader, readPlainMessage, unlessDeclined } from './plain-message.ts';
import { messageEncoding } from './serialize-wbxml.ts';
import { detach } from './xml-text.ts';

/** Returns the message in a WBXML document; undefined when the document does not have the plain form. */
export function readPlainWbxml(bytes: Uint8Array): ParsedMessage | undefined {
  return unlessDeclined(() => {
    const header = readHeader(bytes, SYNCML_TABLES, MAX_PUBLIC_ID);
    const reader = new PlainWbxmlReader(header);
    const { message, tolerated } = readPlainMessage(reader);
    if (!reader.isAtEnd()) decline();
    return { message, tolerated, encoding: messageEncoding(header) };
  });
}

/** The length in bytes that a public identifier in the string table may have. */
const MAX_PUBLIC_ID = 64;

class PlainWbxmlReader implements PlainReader {
  isMetInf = false;
  readonly #reader: ByteReader;
  readonly #bytes: Uint8Array;
  readonly #pages: readonly TagPage[];
  #page: TagPage;
  /** True when the start tag that was read last has no content. */
  #isEmpty = false;
  #elementsLeft = MAX_PLAIN_ELEMENTS;

  /** Reads the start tag of the root. */
  constructor({ reader, type, typeDeclared, charset }: Header) {
    const [first] = type.pages;
    const isPlain = typeDeclared && (type === SYNCML_1_1 || type === SYNCML_1_2) && charset !== Token.CHARSETS.iso88591;
    if (!isPlain || first === undefined) decline();
    this.#reader = reader;
    this.#bytes = reader.bytes;
    this.#pages = type.pages;
    this.#page = first;
    const root = reader.readByte();
    if (root < Token.HAS_CONTENT || root >= Token.HAS_ATTRIBUTES) decline();
    if (first.names[root & Token.TAG_BITS] !== 'SyncML') decline();
  }

  isAtEnd(): boolean {
    return this.#reader.offset === this.#bytes.length;
  }

  next(_parent: string): string | undefined {
    if (this.#isEmpty) {
      this.#isEmpty = false;
      return undefined;
    }
    const bytes = this.#bytes;
    let at = this.#reader.offset;
    let token = bytes[at++] ?? Token.OPAQUE;
    while (token === Token.SWITCH_PAGE) {
      this.#page = this.#pages[bytes[at++] ?? this.#pages.length] ?? decline();
      token = bytes[at++] ?? Token.OPAQUE;
    }
    this.#reader.offset = at;
    if (token === Token.END) return undefined;
    const page = this.#page;
    const name = token < Token.HAS_ATTRIBUTES ? page.names[token & Token.TAG_BITS] : undefined;
    if (name === undefined || --this.#elementsLeft < 0) decline();
    this.isMetInf = page.namespace === METINF_NAMESPACE;
    this.#isEmpty = token < Token.HAS_CONTENT;
    return name;
  }

  text(_name: string): string {
    if (this.#isEmpty) {
      this.#isEmpty = false;
      return '';
    }
    const reader = this.#reader;
    const start = reader.offset;
    let text = '';
    if (this.#bytes[start] === Token.STR_I) text = reader.readStringAt(start + 1);
    this.#readEnd();
    return text;
  }

  data(): string | Uint8Array {
    const reader = this.#reader;
    if (this.#isEmpty || this.#bytes[reader.offset] !== Token.OPAQUE) return detach(this.text('Data'));
    if (--this.#elementsLeft < 0) decline();
    reader.offset++;
    const bytes = new Uint8Array(reader.readOpaque());
    this.#readEnd();
    return bytes;
  }

  #readEnd(): void {
    const reader = this.#reader;
    if (this.#bytes[reader.offset] !== Token.END) decline();
    reader.offset++;
  }
}
