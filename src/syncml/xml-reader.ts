/**
 * Parses XML text into elements: strict, with namespaces, in one pass, without entity expansion.
 *
 * The reader is made for very many messages of some kilobytes. It reads tags by character code, takes names from a table
 * of shared strings, and slices text between two `<`. It finds forbidden characters by one search over the whole text,
 * which costs less than a look at each character. Strings in the result may be slices of the message: call `detach` for a
 * string that outlives the message.
 *
 * @see XML 1.0 (Fifth Edition), Namespaces in XML 1.0
 */
import { DecodeError } from '../errors.ts';
import { type Attribute, type Content, type Element, isElement } from '../wbxml/element.ts';
import { type GrowingTree, type InParts, inOneGo, type OpenElement } from '../wbxml/growing-tree.ts';
import { readAttributes } from './xml-attributes.ts';
import {
  BANG,
  COLON,
  decodeReferences,
  findOrEnd,
  GT,
  isQuote,
  LT,
  limitError,
  nameEnd,
  QUESTION,
  qName,
  quoted,
  SLASH,
  skipComment,
  skipInstruction,
  skipSpace,
  syntaxError,
} from './xml-cursor.ts';
import { isNameCharacter, knownName, nextHash, sharedName, startsAt } from './xml-names.ts';
import { NamespaceScope } from './xml-namespaces.ts';
import type { XmlOptions } from './xml-options.ts';
import { checkEpilog, skipProlog } from './xml-prolog.ts';
import { indexOfForbidden, normaliseLineEnds, originalOffset } from './xml-text.ts';

/**
 * Parses a whole document. `Element.name` is the local name.
 * @throws DecodeError ERR_XML_SYNTAX or ERR_XML_LIMIT, with the offset in characters
 */
export function parseXml(text: string, options: XmlOptions = {}): Element {
  return inOneGo(parseXmlInParts(text, text.length, options));
}

/**
 * Parses a whole document in parts of about so many characters.
 * @throws DecodeError ERR_XML_SYNTAX or ERR_XML_LIMIT, with the offset in characters
 */
export function* parseXmlInParts(text: string, part: number, options: XmlOptions = {}): InParts<Element> {
  // §2.11: every line end is one LF. This comes first, so the reader does not need to know CR.
  const normalised = normaliseLineEnds(text);
  try {
    return yield* new XmlReader(normalised, options).read(part);
  } catch (error) {
    if (normalised === text || !(error instanceof DecodeError)) throw error;
    const offset = originalOffset(text, error.place.offset ?? 0);
    throw new DecodeError(error.code, error.message, { cause: error, place: { offset } });
  }
}

const NUL = 0;
const NO_ATTRIBUTES: readonly Attribute[] = [];
const DECLARATION = ' xmlns=';
/** An attribute costs as much as so many elements, more in a tag that declares prefixes. */
const [ATTRIBUTE_WEIGHT, DECLARATION_WEIGHT] = [2, 4];

class XmlReader implements GrowingTree {
  readonly #text: string;
  readonly #options: XmlOptions;
  readonly #maxDepth: number;
  #elementsLeft: number;
  readonly #scope = new NamespaceScope();
  /** The content of the innermost open element. */
  #content: Content[] = [];
  /** The open elements, outermost first; index 0 is the document itself. */
  readonly #open: OpenElement[] = [{ name: '', namespace: '', content: this.#content }];
  /** The qualified names of the open elements, which their end tags must repeat. */
  readonly #openNames: string[] = [''];
  #depth = 0;
  /** The attributes of the start tag that was read last. */
  #attributes: readonly Attribute[] = NO_ATTRIBUTES;
  /** The offsets of the first `&` and `]]>` after the start of the last text; the length of the document when none. */
  #nextReference = -1;
  #nextSectionEnd = -1;
  /** NULs that were not dropped yet. */
  #nuls = 0;

  constructor(text: string, options: XmlOptions) {
    this.#text = text;
    this.#options = options;
    this.#maxDepth = options.maxDepth ?? 64;
    this.#elementsLeft = options.maxElements ?? 100_000;
  }

  openElement(depth: number): OpenElement | undefined {
    return depth <= this.#depth ? this.#open[depth] : undefined;
  }

  *read(part: number): InParts<Element> {
    const text = this.#text;
    const forbidden = indexOfForbidden(text, this.#options.trailingNul);
    if (forbidden >= 0) throw forbiddenCharacter(forbidden);
    if (text.includes('\0')) this.#nuls = text.split('\0').length - 1;
    const hasNul = this.#nuls > 0;
    let at = this.#readStartTag(skipProlog(text, () => this.#options.onTolerated?.('doctype')));
    const root = this.#open[0]?.content[0];
    if (root === undefined || !isElement(root)) throw syntaxError('no root element', at);
    let pauseAt = part;
    while (this.#depth > 0) {
      if (at >= pauseAt) {
        yield this;
        pauseAt = at + part;
      }
      const lt = text.charCodeAt(at) === LT ? at : text.indexOf('<', at);
      if (lt < 0) throw syntaxError(`${quoted(this.#openNames[this.#depth] ?? '')} is not closed`, text.length);
      if (lt > at) this.#content.push(this.#readText(at, lt));
      at = this.#readMarkup(lt);
    }
    checkEpilog(text, at);
    // One in a comment or a CDATA section only looks as if it were at the end of a text.
    if (this.#nuls > 0) throw forbiddenCharacter(text.indexOf('\0'));
    if (hasNul) this.#options.onTolerated?.('trailing NUL');
    return root;
  }

  /** Reads the markup inside the root that starts with the `<` at `lt`, and returns the offset after it. */
  #readMarkup(lt: number): number {
    const text = this.#text;
    switch (text.charCodeAt(lt + 1)) {
      case SLASH:
        return this.#readEndTag(lt + 2);
      case QUESTION:
        return skipInstruction(text, lt);
      case BANG:
        if (text.startsWith('<!--', lt)) return skipComment(text, lt);
        if (text.startsWith('<![CDATA[', lt)) return this.#readCdataSection(lt);
        throw syntaxError('"<!" that starts neither comment nor CDATA', lt);
      default:
        return this.#readStartTag(lt);
    }
  }

  #readCdataSection(lt: number): number {
    const start = lt + 9;
    const end = this.#text.indexOf(']]>', start);
    if (end < 0) throw syntaxError('CDATA section without end', lt);
    if (end > start) this.#content.push(this.#text.slice(start, end));
    return end + 3;
  }

  /** Reads the text between two tags. */
  #readText(from: number, end: number): string {
    const text = this.#text;
    let to = end;
    if (this.#nuls > 0 && text.charCodeAt(end - 1) === NUL) {
      this.#nuls--;
      to--;
    }
    if (this.#nextSectionEnd < from) this.#nextSectionEnd = findOrEnd(text, ']]>', from);
    if (this.#nextSectionEnd < to) throw syntaxError('"]]>" in text', this.#nextSectionEnd);
    if (this.#nextReference < from) this.#nextReference = findOrEnd(text, '&', from);
    const raw = text.slice(from, to);
    return this.#nextReference < to ? decodeReferences(raw, from) : raw;
  }

  /** Reads the start tag at `lt`, and the whole element if it has only text. Returns the offset after it. */
  #readStartTag(lt: number): number {
    const text = this.#text;
    const start = lt + 1;
    let end = start;
    let hash = 0;
    let code = text.charCodeAt(end);
    while (isNameCharacter(code)) {
      hash = nextHash(hash, code);
      code = text.charCodeAt(++end);
    }
    const known = code === COLON ? undefined : knownName(text, start, end, hash);
    if (known === undefined) return this.#readOtherStartTag(lt);
    const depth = this.#countElement(lt);
    const gt = this.#readAttributes(end, depth);
    const namespace = this.#scope.defaultNamespace;
    const at = gt + 1;
    if (text.charCodeAt(gt) === SLASH) {
      return this.#addEmptyElement(this.#element(known, namespace, '', []), at, depth);
    }
    const next = text.charCodeAt(at) === LT ? at : text.indexOf('<', at);
    const after = next + 2 + known.length;
    if (text.charCodeAt(next + 1) === SLASH && text.charCodeAt(after) === GT && startsAt(text, known, next + 2)) {
      const content = next > at ? [this.#readText(at, next)] : [];
      const element = this.#element(known, namespace, '', content);
      this.#content.push(element);
      if (this.#scope.depth === depth) this.#scope.leave(depth);
      return after + 1;
    }
    this.#openElement(this.#element(known, namespace, '', []), known);
    return at;
  }

  /** Reads a start tag whose name has a prefix or is not in the table of known names. Returns the offset after it. */
  #readOtherStartTag(lt: number): number {
    const text = this.#text;
    const end = nameEnd(text, lt + 1);
    const { prefix, local } = qName(text, lt + 1, end);
    const depth = this.#countElement(lt);
    const gt = this.#readAttributes(end, depth);
    const namespace = prefix === '' ? this.#scope.defaultNamespace : this.#scope.resolve(prefix);
    if (namespace === undefined) throw syntaxError('a prefix that is not declared', lt + 1);
    const name = prefix === '' ? local : sharedName(local);
    const element = this.#element(name, namespace, prefix, []);
    if (text.charCodeAt(gt) === SLASH) return this.#addEmptyElement(element, gt + 1, depth);
    this.#openElement(element, text.slice(lt + 1, end));
    return gt + 1;
  }

  /** Makes the element of the start tag that was read last. */
  #element(name: string, namespace: string, prefix: string, content: Content[]): OpenElement {
    const attributes = this.#attributes;
    const { declarations } = this.#scope;
    if (attributes.length === 0 && declarations === undefined && prefix === '') return { name, namespace, content };
    return { name, namespace, content, startTag: { prefix, attributes, declarations } };
  }

  /** Counts the element whose start tag is at `lt`, checks the limits, and returns its depth. */
  #countElement(lt: number): number {
    const depth = this.#depth + 1;
    if (depth > this.#maxDepth) throw limitError(`more than ${this.#maxDepth} elements within each other`, lt);
    this.#countElements(1, lt);
    return depth;
  }

  /** Counts elements, or attributes of one of them; `at` is their offset. */
  #countElements(count: number, at: number): void {
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) throw limitError('more elements than allowed', at);
  }

  #openElement(element: OpenElement, qualifiedName: string): void {
    this.#content.push(element);
    this.#openNames[++this.#depth] = qualifiedName;
    this.#open[this.#depth] = element;
    this.#content = element.content;
  }

  /** Adds an empty element whose tag must end with the `>` at `gt`, and returns the offset after it. */
  #addEmptyElement(element: Element, gt: number, depth: number): number {
    if (this.#text.charCodeAt(gt) !== GT) throw syntaxError('"/" in a start tag', gt - 1);
    this.#content.push(element);
    if (this.#scope.depth === depth) this.#scope.leave(depth);
    return gt + 1;
  }

  /** Reads the end tag whose name starts at `at`, and returns the offset after it. */
  #readEndTag(at: number): number {
    const text = this.#text;
    const name = this.#openNames[this.#depth] ?? '';
    const end = at + name.length;
    const gt = text.charCodeAt(end) === GT ? end : skipSpace(text, end);
    if (text.charCodeAt(gt) !== GT || !startsAt(text, name, at)) {
      throw syntaxError(`not the end tag of ${quoted(name)}`, at);
    }
    if (this.#scope.depth === this.#depth) this.#scope.leave(this.#depth);
    this.#depth--;
    this.#content = this.#open[this.#depth]?.content ?? [];
    return gt + 1;
  }

  /** Reads the attributes of a start tag from `at` on, and returns the offset of the `>` or `/>` that ends it. */
  #readAttributes(at: number, depth: number): number {
    const text = this.#text;
    const scope = this.#scope;
    this.#attributes = NO_ATTRIBUTES;
    if (text.charCodeAt(at) === GT || text.charCodeAt(at) === SLASH) return at;
    const quote = text.charCodeAt(at + DECLARATION.length);
    // Nearly every tag with attributes repeats one declaration, `xmlns="syncml:metinf"`.
    if (isQuote(quote) && startsAt(text, DECLARATION, at)) {
      const { lastDefault } = scope;
      const start = at + DECLARATION.length + 1;
      const end = start + lastDefault.length;
      const next = text.charCodeAt(end + 1);
      const isTagEnd = next === GT || next === SLASH;
      if (isTagEnd && text.charCodeAt(end) === quote && startsAt(text, lastDefault, start)) {
        scope.declare(depth, '', lastDefault);
        return end + 1;
      }
    }
    const outer = scope.declarations;
    const { list, end } = readAttributes(text, at, scope, depth);
    this.#attributes = list;
    const weight = scope.declarations === outer ? ATTRIBUTE_WEIGHT : DECLARATION_WEIGHT;
    this.#countElements(Math.max(1, list.length) * weight, at);
    return end;
  }
}

function forbiddenCharacter(offset: number): DecodeError {
  return syntaxError('a character that XML does not allow', offset);
}
