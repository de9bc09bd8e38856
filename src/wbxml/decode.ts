/**
 * WBXML bytes to elements: strict, one pass, in linear time.
 *
 * Written for messages of a kilobyte that arrive by the thousand: an element that holds nothing but one inline string
 * is read in one go, names come from the tables, text is sliced. Attributes and processing instructions are read and
 * dropped, because they say nothing in the documents that this codec serves; extension tokens, whose meaning would be
 * private to a document type, are refused. Opaque data are views of the document.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.3 "BNF for document structure", §5.8 "Token structure"
 */

import { skipAttributes } from './attributes.ts';
import type { Content, Element } from './element.ts';
import { type Header, readHeader } from './header.ts';
import { type ByteReader, limitError, syntaxError } from './reader.ts';
import type { StringTable } from './string-table.ts';
import type { TagPage, TokenTables } from './token-tables.ts';
import * as Token from './tokens.ts';

/** How large a document may be in ways that its length does not tell. */
export interface WbxmlLimits {
  /** Elements within each other, the root counted; 64 if absent. */
  readonly maxDepth?: number;
  /** Elements and opaque pieces altogether; 100 000 if absent. */
  readonly maxElements?: number;
  /** Bytes that references to the string table may stand for altogether; 1 MiB if absent. */
  readonly maxTableText?: number;
}

/** A document that was read. */
export interface WbxmlDocument extends Pick<Header, 'version' | 'publicId' | 'charset' | 'typeDeclared'> {
  readonly root: Element;
}

interface OpenElement extends Element {
  readonly content: Content[];
}

const DEFAULT_DEPTH = 64;
const DEFAULT_ELEMENTS = 100_000;
const DEFAULT_TABLE_TEXT = 1_048_576;

/**
 * Reads a whole document. Strings in the result may be slices of one that holds the whole document, opaque data are
 * views of `bytes`: copy what is kept.
 * @throws DecodeError ERR_WBXML_SYNTAX or ERR_WBXML_LIMIT, with the offset
 */
export function decodeWbxml(bytes: Uint8Array, tables: TokenTables, limits: WbxmlLimits = {}): WbxmlDocument {
  const header = readHeader(bytes, tables, limits.maxTableText ?? DEFAULT_TABLE_TEXT);
  const root = new BodyReader(header, limits).read();
  const { version, publicId, charset, typeDeclared } = header;
  return { root, version, publicId, charset, typeDeclared };
}

class BodyReader {
  readonly #reader: ByteReader;
  readonly #strings: StringTable;
  readonly #pages: readonly TagPage[];
  #page: TagPage;
  readonly #maxDepth: number;
  #elementsLeft: number;
  #depth = 0;
  #content: Content[] = [];
  /** The elements around the place being read; the document itself stands at 0. */
  readonly #open: OpenElement[];

  constructor({ reader, strings, type }: Header, limits: WbxmlLimits) {
    const [first] = type.pages;
    if (first === undefined) throw new TypeError('a document type without code pages');
    this.#reader = reader;
    this.#strings = strings;
    this.#pages = type.pages;
    this.#page = first;
    this.#maxDepth = limits.maxDepth ?? DEFAULT_DEPTH;
    this.#elementsLeft = limits.maxElements ?? DEFAULT_ELEMENTS;
    this.#open = [{ name: '', namespace: first.namespace, content: this.#content }];
  }

  read(): Element {
    const reader = this.#reader;
    const root = this.#readRoot();
    for (;;) {
      this.#plainTokens();
      if (this.#depth === 0) break;
      this.#otherToken();
    }
    while (reader.at < reader.bytes.length) {
      const at = reader.at;
      if (reader.byte() !== Token.PI) throw syntaxError('content after the root element', at);
      skipAttributes(reader);
    }
    return root;
  }

  /** Reads up to and including the first tag (§5.3: nothing but processing instructions may stand before it). */
  #readRoot(): Element {
    const reader = this.#reader;
    const document = this.#content;
    for (;;) {
      const at = reader.at;
      const token = reader.byte();
      if (token === Token.SWITCH_PAGE) this.#switchPage();
      else if (token === Token.PI) skipAttributes(reader);
      else {
        this.#tag(token, at);
        const [root] = document;
        if (typeof root === 'object' && !(root instanceof Uint8Array)) return root;
      }
    }
  }

  /**
   * Reads tags of the current page, the inline strings that they begin with, and END, which is nearly all there is, in
   * one loop over local variables. Stops before anything else, faults included: `#otherToken` finds out what it is.
   */
  #plainTokens(): void {
    const reader = this.#reader;
    const { bytes } = reader;
    const { namespace, names } = this.#page;
    let { at } = reader;
    let content = this.#content;
    while (this.#depth > 0) {
      const token = bytes[at] ?? Token.OPAQUE;
      if (token === Token.END) {
        at++;
        content = this.#open[--this.#depth]?.content ?? [];
        continue;
      }
      const name = token < Token.HAS_ATTRIBUTES ? names[token & Token.TAG_BITS] : undefined;
      if (name === undefined || this.#depth >= this.#maxDepth || this.#elementsLeft === 0) break;
      this.#elementsLeft--;
      at++;
      let text = '';
      if (token >= Token.HAS_CONTENT && bytes[at] === Token.STR_I) {
        text = reader.stringAt(at + 1);
        at = reader.at;
      }
      // An array made with its one string takes a tenth of the room of one that was pushed to.
      const element: OpenElement = { name, namespace, content: text === '' ? [] : [text] };
      content.push(element);
      if (token < Token.HAS_CONTENT) continue;
      if (bytes[at] === Token.END) at++;
      else {
        this.#open[++this.#depth] = element;
        content = element.content;
      }
    }
    reader.at = at;
    this.#content = content;
  }

  #otherToken(): void {
    const { at } = this.#reader;
    const token = this.#reader.byte();
    switch (token) {
      case Token.SWITCH_PAGE:
        this.#switchPage();
        break;
      case Token.STR_I:
        this.#addText(this.#reader.string());
        break;
      case Token.STR_T:
        this.#addText(this.#strings.string());
        break;
      case Token.ENTITY:
        this.#addText(this.#entity());
        break;
      case Token.OPAQUE:
        this.#count(at);
        this.#content.push(this.#reader.opaque());
        break;
      case Token.PI:
        skipAttributes(this.#reader);
        break;
      default:
        this.#tag(token, at);
    }
  }

  #addText(text: string): void {
    if (text !== '') this.#content.push(text);
  }

  #entity(): string {
    const { at } = this.#reader;
    const code = this.#reader.integer();
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (code === 0 || code > 0x10ffff || isSurrogate) throw syntaxError(`an entity that is no character: ${code}`, at);
    return String.fromCodePoint(code);
  }

  #switchPage(): void {
    const { at } = this.#reader;
    const number = this.#reader.byte();
    const page = this.#pages[number];
    if (page === undefined) throw syntaxError(`unknown code page ${number}`, at);
    this.#page = page;
  }

  /** Reads a tag of any kind with its attributes. */
  #tag(token: number, at: number): void {
    const bits = token & Token.TAG_BITS;
    const page = this.#page;
    const isLiteral = bits === Token.LITERAL;
    const name = isLiteral ? this.#strings.name() : page.names[bits];
    if (name === undefined) throw unknownToken(token, page, at);
    if (this.#depth >= this.#maxDepth) throw limitError(`more than ${this.#maxDepth} elements within each other`, at);
    this.#count(at);
    // A literal has no page of its own; like a tag without xmlns it belongs to what is around it.
    const namespace = isLiteral ? (this.#open[this.#depth]?.namespace ?? '') : page.namespace;
    if (token >= Token.HAS_ATTRIBUTES) skipAttributes(this.#reader);
    const element: OpenElement = { name, namespace, content: [] };
    this.#content.push(element);
    if ((token & Token.HAS_CONTENT) === 0) return;
    this.#open[++this.#depth] = element;
    this.#content = element.content;
  }

  #count(at: number): void {
    if (--this.#elementsLeft < 0) throw limitError('more elements than allowed', at);
  }
}

function unknownToken(token: number, page: TagPage, at: number): Error {
  const hex = token.toString(16).padStart(2, '0').toUpperCase();
  const bits = token & Token.TAG_BITS;
  if (bits < Token.FIRST_TAG) return syntaxError(`token ${hex} may not stand here`, at);
  return syntaxError(`token ${hex} is no tag of the page of ${page.namespace}`, at);
}
