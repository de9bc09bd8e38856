/**
 * XML text to elements: strict, namespace-aware, one pass, no entity expansion.
 *
 * Written for messages of some kilobytes that arrive by the thousand: tags are read by character code, names and
 * namespaces come from shared strings, text is sliced between two `<`. What a document may not hold is found by
 * searches over the whole text, which cost less than looking at each character again. Strings in the result may be
 * slices of the message; who keeps one calls `detach`.
 *
 * @see XML 1.0 (Fifth Edition), Namespaces in XML 1.0
 */
import { DecodeError } from '../errors.ts';
import { type Content, type Element, isElement } from '../wbxml/element.ts';
import { takeAttributes } from './xml-attributes.ts';
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
import { checkEpilog, skipProlog } from './xml-prolog.ts';
import { forbiddenAt, normaliseLineEnds, originalOffset } from './xml-text.ts';

/** How large a document may be in ways that its length does not tell. */
export interface XmlLimits {
  /** Elements within each other, the root counted; 64 if absent. */
  readonly maxDepth?: number;
  /** Elements altogether; 100 000 if absent. */
  readonly maxElements?: number;
}

/** `onTolerated` hears of what was skipped although DM documents should not have it: a DOCTYPE that names a DTD. */
export interface XmlOptions extends XmlLimits {
  readonly onTolerated?: (what: 'doctype') => void;
}

/** Reads a whole document; `Element.name` is the local name, attributes are checked and dropped. */
export function parseXml(text: string, options: XmlOptions = {}): Element {
  // §2.11: every line end is one LF. Done first, so that nothing after has to think of CR.
  const normalised = normaliseLineEnds(text);
  try {
    return new XmlReader(normalised, options).read();
  } catch (error) {
    if (normalised === text || !(error instanceof DecodeError)) throw error;
    const offset = originalOffset(text, error.place.offset ?? 0);
    throw new DecodeError(error.code, error.message, { cause: error, place: { offset } });
  }
}

interface OpenElement extends Element {
  readonly content: Content[];
}

/** The content of every empty element. */
const NOTHING: readonly Content[] = [];
const DECLARATION = ' xmlns=';

class XmlReader {
  readonly #text: string;
  readonly #options: XmlOptions;
  readonly #maxDepth: number;
  #elementsLeft: number;
  readonly #scope = new NamespaceScope();
  #content: Content[] = [];
  /** The elements around the place being read, outermost first; the document itself stands at 0. */
  readonly #open: OpenElement[] = [{ name: '', namespace: '', content: this.#content }];
  /** Their names as written, which end tags must repeat. */
  readonly #written: string[] = [''];
  #depth = 0;
  /** Offsets of the next `&` and `]]>` at or after the text last read; the length where there is none. */
  #nextReference = -1;
  #nextSectionEnd = -1;

  constructor(text: string, options: XmlOptions) {
    this.#text = text;
    this.#options = options;
    this.#maxDepth = options.maxDepth ?? 64;
    this.#elementsLeft = options.maxElements ?? 100_000;
  }

  read(): Element {
    const text = this.#text;
    const forbidden = forbiddenAt(text);
    if (forbidden >= 0) throw syntaxError('a character that XML does not allow', forbidden);
    let at = this.#startTag(skipProlog(text, () => this.#options.onTolerated?.('doctype')));
    const root = this.#open[0]?.content[0];
    if (root === undefined || !isElement(root)) throw syntaxError('no root element', at);
    while (this.#depth > 0) {
      const lt = text.charCodeAt(at) === LT ? at : text.indexOf('<', at);
      if (lt < 0) throw syntaxError(`${quoted(this.#written[this.#depth] ?? '')} is not closed`, text.length);
      if (lt > at) this.#content.push(this.#textBetween(at, lt));
      at = this.#markup(lt);
    }
    checkEpilog(text, at);
    return root;
  }

  /** Whatever starts with the `<` at `lt` inside the root; answers the offset after it. */
  #markup(lt: number): number {
    const text = this.#text;
    switch (text.charCodeAt(lt + 1)) {
      case SLASH:
        return this.#endTag(lt + 2);
      case QUESTION:
        return skipInstruction(text, lt);
      case BANG:
        if (text.startsWith('<!--', lt)) return skipComment(text, lt);
        if (text.startsWith('<![CDATA[', lt)) return this.#section(lt);
        throw syntaxError('"<!" that starts neither comment nor CDATA', lt);
      default:
        return this.#startTag(lt);
    }
  }

  #section(lt: number): number {
    const start = lt + 9;
    const end = this.#text.indexOf(']]>', start);
    if (end < 0) throw syntaxError('CDATA section without end', lt);
    if (end > start) this.#content.push(this.#text.slice(start, end));
    return end + 3;
  }

  #textBetween(from: number, to: number): string {
    const text = this.#text;
    if (this.#nextSectionEnd < from) this.#nextSectionEnd = findOrEnd(text, ']]>', from);
    if (this.#nextSectionEnd < to) throw syntaxError('"]]>" in text', this.#nextSectionEnd);
    if (this.#nextReference < from) this.#nextReference = findOrEnd(text, '&', from);
    const raw = text.slice(from, to);
    return this.#nextReference < to ? decodeReferences(raw, from) : raw;
  }

  /** Reads the start tag at `lt`, and the whole element when it holds nothing but text. */
  #startTag(lt: number): number {
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
    if (known === undefined) return this.#otherStartTag(lt);
    const depth = this.#enter(lt);
    const gt = code === GT ? end : this.#attributes(end, depth);
    const namespace = this.#scope.current;
    const at = gt + 1;
    if (text.charCodeAt(gt) === SLASH)
      return this.#emptyElement({ name: known, namespace, content: NOTHING }, at, depth);
    const next = text.charCodeAt(at) === LT ? at : text.indexOf('<', at);
    const after = next + 2 + known.length;
    if (text.charCodeAt(next + 1) === SLASH && text.charCodeAt(after) === GT && startsAt(text, known, next + 2)) {
      const content = next > at ? [this.#textBetween(at, next)] : [];
      this.#content.push({ name: known, namespace, content });
      if (this.#scope.depth === depth) this.#scope.leave(depth);
      return after + 1;
    }
    this.#push({ name: known, namespace, content: [] }, known);
    return at;
  }

  /** A start tag whose name has a prefix or is none of ours. */
  #otherStartTag(lt: number): number {
    const text = this.#text;
    const end = nameEnd(text, lt + 1);
    const { prefix, local } = qName(text, lt + 1, end);
    const depth = this.#enter(lt);
    const gt = this.#attributes(end, depth);
    const namespace = prefix === '' ? this.#scope.current : this.#scope.resolve(prefix);
    if (namespace === undefined) throw syntaxError('a prefix that is not declared', lt + 1);
    const name = prefix === '' ? local : sharedName(local);
    if (text.charCodeAt(gt) === SLASH) return this.#emptyElement({ name, namespace, content: NOTHING }, gt + 1, depth);
    this.#push({ name, namespace, content: [] }, text.slice(lt + 1, end));
    return gt + 1;
  }

  /** Counts one more element; answers its depth. */
  #enter(lt: number): number {
    const depth = this.#depth + 1;
    if (depth > this.#maxDepth) throw limitError(`more than ${this.#maxDepth} elements within each other`, lt);
    if (--this.#elementsLeft < 0) throw limitError('more elements than allowed', lt);
    return depth;
  }

  #push(element: OpenElement, written: string): void {
    this.#content.push(element);
    this.#written[++this.#depth] = written;
    this.#open[this.#depth] = element;
    this.#content = element.content;
  }

  #emptyElement(element: Element, gt: number, depth: number): number {
    if (this.#text.charCodeAt(gt) !== GT) throw syntaxError('"/" in a start tag', gt - 1);
    this.#content.push(element);
    if (this.#scope.depth === depth) this.#scope.leave(depth);
    return gt + 1;
  }

  #endTag(at: number): number {
    const text = this.#text;
    const written = this.#written[this.#depth] ?? '';
    const end = at + written.length;
    const gt = text.charCodeAt(end) === GT ? end : skipSpace(text, end);
    if (text.charCodeAt(gt) !== GT || !startsAt(text, written, at))
      throw syntaxError(`not the end tag of ${quoted(written)}`, at);
    if (this.#scope.depth === this.#depth) this.#scope.leave(this.#depth);
    this.#depth--;
    this.#content = this.#open[this.#depth]?.content ?? [];
    return gt + 1;
  }

  /** Reads what follows the name in a start tag; answers where its `>` or `/>` stands. */
  #attributes(at: number, depth: number): number {
    const text = this.#text;
    const scope = this.#scope;
    if (text.charCodeAt(at) === GT || text.charCodeAt(at) === SLASH) return at;
    const quote = text.charCodeAt(at + DECLARATION.length);
    // Nearly every tag with attributes repeats one declaration, `xmlns="syncml:metinf"`.
    if (isQuote(quote) && startsAt(text, DECLARATION, at)) {
      const start = at + DECLARATION.length + 1;
      const end = start + scope.lastDefault.length;
      const next = text.charCodeAt(end + 1);
      if (
        (next === GT || next === SLASH) &&
        text.charCodeAt(end) === quote &&
        startsAt(text, scope.lastDefault, start)
      ) {
        scope.declare(depth, '', scope.lastDefault);
        return end + 1;
      }
    }
    return takeAttributes(text, at, scope, depth);
  }
}
