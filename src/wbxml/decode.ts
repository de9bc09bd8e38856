/**
 * Decodes WBXML into elements: strict, in one pass, in linear time.
 *
 * The reader is made for very many messages of about a kilobyte. It reads an element with one inline string in one step,
 * takes names from the tables, and slices text. It skips processing instructions, and attributes that have no name. It refuses
 * extension tokens, whose meaning is private to a document type. Opaque data are views of the document.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.3 "BNF for document structure", §5.8 "Token structure"
 */
import { DecodeError } from '../errors.ts';
import type { Mutable } from '../mutable.ts';
import { AttributeReader, skipAttributes } from './attributes.ts';
import { type Content, type Element, isElement } from './element.ts';
import { type GrowingTree, type InParts, inOneGo, type OpenElement } from './growing-tree.ts';
import { type Header, readHeader } from './header.ts';
import type { WbxmlLimits } from './limits.ts';
import { type ByteReader, limitError, syntaxError } from './reader.ts';
import type { StringTable } from './string-table.ts';
import type { TagPage, TokenTables } from './token-tables.ts';
import * as Token from './tokens.ts';

/** A decoded document. */
export interface WbxmlDocument extends Pick<Header, 'version' | 'publicId' | 'charset' | 'typeDeclared'> {
  readonly root: Element;
}

/** For an element without attributes. */
const NO_ATTRIBUTES: Pick<AttributeReader, 'list' | 'namespace'> = { list: undefined, namespace: undefined };

const DEFAULT_DEPTH = 64;
const DEFAULT_ELEMENTS = 100_000;
const DEFAULT_TABLE_TEXT = 1_048_576;

/**
 * Decodes a whole document. Strings in the result may be slices of a string of the whole document, and opaque data are
 * views of `bytes`. Copy everything that outlives the document.
 * @throws DecodeError ERR_WBXML_SYNTAX or ERR_WBXML_LIMIT, with the offset in bytes
 */
export function decodeWbxml(bytes: Uint8Array, tables: TokenTables, limits: WbxmlLimits = {}): WbxmlDocument {
  return inOneGo(decodeWbxmlInParts(bytes, { tables, part: bytes.length, limits }));
}

/** The tables of a document that is read in parts, and the length of a part. */
export interface WbxmlParts {
  readonly tables: TokenTables;
  /** About so many bytes. */
  readonly part: number;
  readonly limits?: WbxmlLimits;
}

/** Decodes a whole document in parts, see {@link decodeWbxml}. */
export function* decodeWbxmlInParts(
  bytes: Uint8Array,
  { tables, part, limits = {} }: WbxmlParts,
): InParts<WbxmlDocument> {
  const header = readHeader(bytes, tables, limits.maxTableText ?? DEFAULT_TABLE_TEXT);
  const root = yield* new BodyReader(header, limits).read(part);
  const { version, publicId, charset, typeDeclared } = header;
  return { root, version, publicId, charset, typeDeclared };
}

/**
 * Decodes the beginning of a document, up to its end or to the first fault. The root element has the content that was read; its
 * last elements may lack some of theirs.
 * @throws DecodeError when there is no root element
 */
export function decodeWbxmlStart(bytes: Uint8Array, tables: TokenTables, limits: WbxmlLimits = {}): Element {
  const header = readHeader(bytes, tables, limits.maxTableText ?? DEFAULT_TABLE_TEXT);
  return new BodyReader(header, limits).readStart();
}

/** Reads the body of a document: `*pi element *pi` (§5.3). */
class BodyReader implements GrowingTree {
  readonly #reader: ByteReader;
  readonly #strings: StringTable;
  readonly #attributes: AttributeReader;
  readonly #pages: readonly TagPage[];
  #page: TagPage;
  readonly #maxDepth: number;
  #elementsLeft: number;
  /** The offset from which on the reader pauses. */
  #pauseAt: number;
  #depth = 0;
  /** The content of the innermost open element. */
  #content: Content[] = [];
  /** The open elements, outermost first; index 0 is the document itself. */
  readonly #open: OpenElement[];

  constructor({ reader, strings, type }: Header, limits: WbxmlLimits) {
    const [first] = type.pages;
    if (first === undefined) throw new TypeError('a document type without code pages');
    this.#reader = reader;
    this.#strings = strings;
    this.#attributes = new AttributeReader(reader, strings);
    this.#pages = type.pages;
    this.#page = first;
    this.#maxDepth = limits.maxDepth ?? DEFAULT_DEPTH;
    this.#elementsLeft = limits.maxElements ?? DEFAULT_ELEMENTS;
    this.#pauseAt = reader.bytes.length;
    this.#open = [{ name: '', namespace: first.namespace, content: this.#content }];
  }

  openElement(depth: number): OpenElement | undefined {
    return depth <= this.#depth ? this.#open[depth] : undefined;
  }

  *read(part: number): InParts<Element> {
    const reader = this.#reader;
    this.#pauseAt = part;
    const root = this.#readRoot();
    for (;;) {
      this.#readFrequentTokens();
      if (this.#depth === 0) break;
      if (reader.offset < this.#pauseAt) {
        this.#readOtherToken();
      } else {
        yield this;
        this.#pauseAt = reader.offset + part;
      }
    }
    while (reader.offset < reader.bytes.length) {
      const start = reader.offset;
      if (reader.readByte() !== Token.PI) throw syntaxError('content after the root element', start);
      skipAttributes(reader);
    }
    return root;
  }

  /** Reads the root element as far as it can be read. */
  readStart(): Element {
    const root = this.#readRoot();
    try {
      while (this.#depth > 0) {
        this.#readFrequentTokens();
        if (this.#depth > 0) this.#readOtherToken();
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    return root;
  }

  /** Reads the processing instructions before the root element, and its tag. */
  #readRoot(): Element {
    const reader = this.#reader;
    const document = this.#content;
    for (;;) {
      const start = reader.offset;
      const token = reader.readByte();
      if (token === Token.SWITCH_PAGE) {
        this.#switchPage();
      } else if (token === Token.PI) {
        skipAttributes(reader);
      } else {
        this.#readTag(token, start);
        const [root] = document;
        if (root !== undefined && isElement(root)) return root;
      }
    }
  }

  /**
   * Reads tags of the current page, an inline string at the start of their content, and END. Nearly all tokens are of
   * these kinds, so one loop over local variables reads them. It stops before any other token and before any fault;
   * `#readOtherToken` reads that token or throws.
   */
  #readFrequentTokens(): void {
    const reader = this.#reader;
    const { bytes } = reader;
    const { namespace, names } = this.#page;
    let at = reader.offset;
    let content = this.#content;
    const pauseAt = this.#pauseAt;
    while (this.#depth > 0 && at < pauseAt) {
      const token = bytes[at] ?? Token.OPAQUE;
      if (token === Token.END) {
        at++;
        content = this.#open[--this.#depth]?.content ?? [];
        continue;
      }
      const name = token < Token.HAS_ATTRIBUTES ? names[token & Token.TAG_BITS] : undefined;
      if (name === undefined || this.#depth >= this.#maxDepth || this.#elementsLeft <= 0) break;
      this.#elementsLeft--;
      at++;
      let text = '';
      if (token >= Token.HAS_CONTENT && bytes[at] === Token.STR_I) {
        text = reader.readStringAt(at + 1);
        at = reader.offset;
      }
      // An array that is created with its only string takes a tenth of the memory of one after a push.
      const element: OpenElement = { name, namespace, content: text === '' ? [] : [text] };
      content.push(element);
      if (token < Token.HAS_CONTENT) continue;
      if (bytes[at] === Token.END) {
        at++;
      } else {
        this.#open[++this.#depth] = element;
        content = element.content;
      }
    }
    reader.offset = at;
    this.#content = content;
  }

  /** Reads one token of any kind. */
  #readOtherToken(): void {
    const start = this.#reader.offset;
    const token = this.#reader.readByte();
    switch (token) {
      case Token.SWITCH_PAGE:
        this.#switchPage();
        break;
      case Token.STR_I:
        this.#addText(this.#reader.readString(), start);
        break;
      case Token.STR_T:
        this.#addText(this.#strings.readReference(), start);
        break;
      case Token.ENTITY:
        this.#addText(this.#readEntity(), start);
        break;
      case Token.OPAQUE:
        this.#countElements(1, start);
        this.#content.push(this.#reader.readOpaque());
        break;
      case Token.PI:
        skipAttributes(this.#reader);
        break;
      default:
        this.#readTag(token, start);
    }
  }

  #addText(text: string, start: number): void {
    this.#countElements(1, start);
    if (text !== '') this.#content.push(text);
  }

  #readEntity(): string {
    const start = this.#reader.offset;
    const code = this.#reader.readInteger();
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (code === 0 || code > 0x10ffff || isSurrogate) throw syntaxError(`${code} is not a character`, start);
    return String.fromCodePoint(code);
  }

  #switchPage(): void {
    const start = this.#reader.offset;
    const number = this.#reader.readByte();
    const page = this.#pages[number];
    if (page === undefined) throw syntaxError(`unknown code page ${number}`, start);
    this.#page = page;
  }

  /** Reads a tag of any kind and its attributes; `start` is the offset of the token. */
  #readTag(token: number, start: number): void {
    const bits = token & Token.TAG_BITS;
    const page = this.#page;
    const isLiteral = bits === Token.LITERAL;
    const name = isLiteral ? this.#strings.readName() : page.names[bits];
    if (name === undefined) throw unknownToken(token, page, start);
    if (this.#depth >= this.#maxDepth)
      throw limitError(`more than ${this.#maxDepth} elements within each other`, start);
    this.#countElements(1, start);
    const hasAttributes = token >= Token.HAS_ATTRIBUTES;
    if (hasAttributes) this.#attributes.read();
    const { list, namespace: declared } = hasAttributes ? this.#attributes : NO_ATTRIBUTES;
    if (list !== undefined) this.#countElements(list.length, start);
    // A literal belongs to no page. It has the namespace of its parent, like an XML tag without xmlns.
    const inherited = this.#open[this.#depth]?.namespace ?? '';
    const namespace = isLiteral ? (declared ?? inherited) : page.namespace;
    const element: Mutable<OpenElement> = { name, namespace, content: [] };
    if (list !== undefined) element.startTag = { prefix: '', attributes: list, declarations: undefined };
    this.#content.push(element);
    if ((token & Token.HAS_CONTENT) === 0) return;
    this.#open[++this.#depth] = element;
    this.#content = element.content;
  }

  /** Counts elements, attributes or pieces of text and data; `start` is the offset of the first one's token. */
  #countElements(count: number, start: number): void {
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) throw limitError('more elements than allowed', start);
  }
}

function unknownToken(token: number, page: TagPage, start: number): DecodeError {
  const hex = token.toString(16).padStart(2, '0').toUpperCase();
  const bits = token & Token.TAG_BITS;
  if (bits < Token.FIRST_TAG) return syntaxError(`token ${hex} is not allowed here`, start);
  return syntaxError(`token ${hex} is not a tag on the page of ${page.namespace}`, start);
}
