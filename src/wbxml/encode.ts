/**
 * Encodes elements as WBXML in the plain form that old devices read: inline strings, page switches only before a tag of
 * another page, elements without content without END, and a string table only on request.
 *
 * `TagWriter` takes the tags one by one, so a caller that has records does not need to build a tree. An element without
 * token is written as a literal, which needs a string table, or is refused.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.3 "BNF for document structure"
 */
import { MappingError } from '../errors.ts';
import { type Content, type Element, isElement } from './element.ts';
import type { CompiledType } from './token-tables.ts';
import * as Token from './tokens.ts';
import { ByteWriter } from './writer.ts';

/** The form of an encoded document. */
export interface EncodeOptions {
  readonly type: CompiledType;
  /** 1.2 if absent, which every known device reads. */
  readonly version?: Token.WbxmlVersion;
  /** True to write the public identifier as text although it has a number. */
  readonly textPublicId?: boolean;
  /** True to write elements without token as literals. */
  readonly literals?: boolean;
}

const BODY_SIZE = 4096;
const HEAD_SIZE = 64;

/**
 * Encodes a tree as a document.
 * @throws MappingError ERR_NO_MAPPING for an element without token, unless `literals` is set
 */
export function encodeWbxml(root: Element, options: EncodeOptions): Uint8Array {
  return encodeDocument((tags) => writeElement(root, tags), options);
}

/** Encodes a document whose elements the function `write` writes. */
export function encodeDocument(write: (tags: TagWriter) => void, options: EncodeOptions): Uint8Array {
  const body = new ByteWriter(BODY_SIZE);
  const tags = new TagWriter(body, options);
  write(tags);
  const head = new ByteWriter(HEAD_SIZE);
  writeHeader(head, options, tags.literals);
  return body.joinedAfter(head);
}

/** Writes an element and its content. */
function writeElement({ name, namespace, content }: Element, tags: TagWriter): void {
  const [first] = content;
  if (content.length === 1 && typeof first === 'string') {
    tags.leaf(name, namespace, first);
    return;
  }
  tags.open(name, namespace);
  writeContent(content, tags);
  tags.close();
}

/** Writes the content of an element. */
export function writeContent(content: readonly Content[], tags: TagWriter): void {
  for (const part of content) {
    if (typeof part === 'string') tags.text(part);
    else if (isElement(part)) writeElement(part, tags);
    else tags.opaque(part);
  }
}

/** True when tokens say all of an element and of the elements inside it. They say nothing of prefixes and attributes. */
export function hasTokens({ name, namespace, content, startTag }: Element, type: CompiledType): boolean {
  if (startTag !== undefined && (startTag.prefix !== '' || startTag.attributes.length > 0)) return false;
  if (type.tags.get(namespace)?.has(name) !== true) return false;
  return content.every((part) => !isElement(part) || hasTokens(part, type));
}

/** Writes elements, text and bytes as tokens. */
export class TagWriter {
  readonly #out: ByteWriter;
  readonly #type: CompiledType;
  readonly #mayUseLiterals: boolean;
  #page = 0;
  /** The namespaces of the open elements, outermost first. */
  readonly #namespaces: string[];
  /** The names of elements without token, and their index in the string table. */
  readonly #literals = new Map<string, number>();
  #literalsLength = 0;
  /** The offset, the end and the token of the last tag. No byte after its end means that the element has no content. */
  #tagStart = 0;
  #tagEnd = -1;
  #tag = 0;
  /** The namespace of the last tag, and the tags of that namespace. */
  #namespace = '';
  #tags: ReadonlyMap<string, number> | undefined;

  constructor(out: ByteWriter, { type, literals = false }: EncodeOptions) {
    this.#out = out;
    this.#type = type;
    this.#mayUseLiterals = literals;
    this.#namespaces = [type.pages[0]?.namespace ?? ''];
  }

  /** The names for the string table, in the order of their indexes. */
  get literals(): Iterable<string> {
    return this.#literals.keys();
  }

  /** Starts an element. */
  open(name: string, namespace: string): void {
    const token = this.#tokenOf(name, namespace);
    this.#tagStart = this.#out.length;
    this.#tag = token ?? Token.LITERAL;
    this.#out.writeByte(this.#tag | Token.HAS_CONTENT);
    if (token === undefined) this.#out.writeInteger(this.#literalIndex(name, namespace));
    this.#namespaces.push(namespace);
    this.#tagEnd = this.#out.length;
  }

  /** Ends the element that was started last. */
  close(): void {
    this.#namespaces.pop();
    if (this.#out.length === this.#tagEnd) this.#out.replaceByte(this.#tagStart, this.#tag);
    else this.#out.writeByte(Token.END);
    this.#tagEnd = -1;
  }

  /** Writes an element with text only. */
  leaf(name: string, namespace: string, text: string): void {
    const tag = this.#tokenOf(name, namespace);
    if (tag === undefined) {
      this.open(name, namespace);
      this.text(text);
      this.close();
    } else if (text === '') {
      this.#out.writeByte(tag);
    } else {
      this.#out.writeTextElement(tag | Token.HAS_CONTENT, text);
    }
  }

  text(text: string): void {
    if (text !== '') this.#out.writeText(text);
  }

  opaque(bytes: Uint8Array): void {
    this.#out.writeOpaque(bytes);
  }

  /** Returns the token of a tag and switches to its page; `undefined` when the tag has no token. */
  #tokenOf(name: string, namespace: string): number | undefined {
    if (namespace !== this.#namespace) {
      this.#namespace = namespace;
      this.#tags = this.#type.tags.get(namespace);
    }
    const code = this.#tags?.get(name);
    if (code === undefined) return undefined;
    const page = code >> 8;
    if (page !== this.#page) {
      this.#page = page;
      this.#out.writeByte(Token.SWITCH_PAGE);
      this.#out.writeByte(page);
    }
    return code & 0xff;
  }

  /** Returns the index of a name in the string table. */
  #literalIndex(name: string, namespace: string): number {
    if (!this.#mayUseLiterals || namespace !== this.#namespaces.at(-1)) {
      throw new MappingError('ERR_NO_MAPPING', `WBXML: no token for ${name} of ${namespace}`);
    }
    const known = this.#literals.get(name);
    if (known !== undefined) return known;
    const index = this.#literalsLength;
    this.#literals.set(name, index);
    this.#literalsLength += Buffer.byteLength(name) + 1;
    return index;
  }
}

/** Writes the header. The public identifier as text follows the literals, so that their indexes stay right. */
function writeHeader(out: ByteWriter, options: EncodeOptions, literals: Iterable<string>): void {
  const { type, version = '1.2', textPublicId } = options;
  const table = [...literals];
  out.writeByte(Token.WBXML_VERSIONS.indexOf(version));
  if (type.publicId === undefined || textPublicId === true) {
    out.writeInteger(0);
    out.writeInteger(tableLength(table));
    table.push(type.formalPublicId);
  } else {
    out.writeInteger(type.publicId);
  }
  if (version !== '1.0') out.writeInteger(Token.CHARSETS.utf8);
  out.writeInteger(tableLength(table));
  for (const text of table) out.writeString(text);
}

/** The length in bytes of a string table: each string with its NUL. */
function tableLength(table: readonly string[]): number {
  let length = 0;
  for (const text of table) length += Buffer.byteLength(text) + 1;
  return length;
}
