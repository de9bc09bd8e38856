/**
 * Elements to WBXML bytes, in the plain form that old devices read: no string table unless asked for, strings inline,
 * page switches only where the next tag needs one, elements without content as such.
 *
 * The writer takes tags one by one, so that whoever has records need not build a tree first. Elements without a token
 * are literals, which need a string table; where that is not wanted they are refused.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.3 "BNF for document structure"
 */
import { MappingError } from '../errors.ts';
import { type Element, isElement } from './element.ts';
import type { CompiledType } from './token-tables.ts';
import * as Token from './tokens.ts';
import { ByteWriter } from './writer.ts';

export interface EncodeOptions {
  readonly type: CompiledType;
  /** 1.2 if absent, which every device in the field reads. */
  readonly version?: Token.WbxmlVersion;
  /** Whether the public identifier is written as text although it has a number. */
  readonly textPublicId?: boolean;
  /** Whether elements without a token may be written, as literals. */
  readonly literals?: boolean;
}

const BODY_SIZE = 4096;
const HEAD_SIZE = 64;

/** Writes a document. */
export function encodeWbxml(root: Element, options: EncodeOptions): Uint8Array {
  return encodeDocument((tags) => writeElement(root, tags), options);
}

/** Writes a document whose elements `write` tells. */
export function encodeDocument(write: (tags: TagWriter) => void, options: EncodeOptions): Uint8Array {
  const body = new ByteWriter(BODY_SIZE);
  const tags = new TagWriter(body, options);
  write(tags);
  const head = new ByteWriter(HEAD_SIZE);
  writeHeader(head, options, tags.literals);
  return body.after(head);
}

/** Tells an element and all inside it. */
export function writeElement({ name, namespace, content }: Element, tags: TagWriter): void {
  const [first] = content;
  if (content.length === 1 && typeof first === 'string') {
    tags.leaf(name, namespace, first);
    return;
  }
  tags.open(name, namespace);
  for (const part of content) {
    if (typeof part === 'string') tags.text(part);
    else if (isElement(part)) writeElement(part, tags);
    else tags.opaque(part);
  }
  tags.close();
}

/** Whether an element and all inside it have tokens. */
export function hasTokens({ name, namespace, content }: Element, type: CompiledType): boolean {
  return (
    type.tags.get(namespace)?.has(name) === true && content.every((part) => !isElement(part) || hasTokens(part, type))
  );
}

/** Elements, text and bytes as tokens. */
export class TagWriter {
  readonly #out: ByteWriter;
  readonly #type: CompiledType;
  readonly #mayUseLiterals: boolean;
  #page = 0;
  /** Namespaces of the elements that are open. */
  readonly #namespaces: string[];
  /** Names of elements without token: their index in the string table. */
  readonly #literals = new Map<string, number>();
  #literalsLength = 0;
  /** The tag written last, and where it ended: nothing after it means that it has no content. */
  #tagAt = 0;
  #tagEnd = -1;
  #tag = 0;
  /** The namespace asked for last, and its tags. */
  #namespace = '';
  #tags: ReadonlyMap<string, number> | undefined;

  constructor(out: ByteWriter, { type, literals = false }: EncodeOptions) {
    this.#out = out;
    this.#type = type;
    this.#mayUseLiterals = literals;
    this.#namespaces = [type.pages[0]?.namespace ?? ''];
  }

  /** Names for the string table, in order. */
  get literals(): Iterable<string> {
    return this.#literals.keys();
  }

  /** Starts an element. */
  open(name: string, namespace: string): void {
    const token = this.#tokenOf(name, namespace);
    this.#tagAt = this.#out.length;
    this.#tag = token ?? Token.LITERAL;
    this.#out.byte(this.#tag | Token.HAS_CONTENT);
    if (token === undefined) this.#out.integer(this.#literal(name, namespace));
    this.#namespaces.push(namespace);
    this.#tagEnd = this.#out.length;
  }

  /** Ends the element started last. */
  close(): void {
    this.#namespaces.pop();
    if (this.#out.length === this.#tagEnd) this.#out.patch(this.#tagAt, this.#tag);
    else this.#out.byte(Token.END);
    this.#tagEnd = -1;
  }

  /** A whole element that holds text. */
  leaf(name: string, namespace: string, text: string): void {
    const tag = this.#tokenOf(name, namespace);
    if (tag === undefined) {
      this.open(name, namespace);
      this.text(text);
      this.close();
    } else if (text === '') this.#out.byte(tag);
    else this.#out.leaf(tag | Token.HAS_CONTENT, text);
  }

  text(text: string): void {
    if (text !== '') this.#out.text(text);
  }

  opaque(bytes: Uint8Array): void {
    this.#out.byte(Token.OPAQUE);
    this.#out.integer(bytes.length);
    this.#out.bytes(bytes);
  }

  /** The token of a tag, its page switched to if need be. */
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
      this.#out.byte(Token.SWITCH_PAGE);
      this.#out.byte(page);
    }
    return code & 0xff;
  }

  /** Where a name stands in the string table. */
  #literal(name: string, namespace: string): number {
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

/** The public identifier as text stands after the literals, so that their indexes hold. */
function writeHeader(
  out: ByteWriter,
  { type, version = '1.2', textPublicId }: EncodeOptions,
  literals: Iterable<string>,
) {
  out.byte(Token.WBXML_VERSIONS.indexOf(version));
  const table = [...literals];
  const publicIdIndex = table.reduce((length, name) => length + Buffer.byteLength(name) + 1, 0);
  if (type.publicId === undefined || textPublicId === true) {
    table.push(type.formalPublicId);
    out.integer(0);
    out.integer(publicIdIndex);
  } else out.integer(type.publicId);
  if (version !== '1.0') out.integer(Token.CHARSETS.utf8);
  out.integer(table.reduce((length, text) => length + Buffer.byteLength(text) + 1, 0));
  for (const text of table) out.string(text);
}
