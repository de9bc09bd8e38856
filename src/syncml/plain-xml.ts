/**
 * Reads XML of the plain form: names without prefix, one form of the namespace declarations, no white space in tags, no comment, no
 * CDATA section, and no CR in a value.
 *
 * @see `plain-message.ts` for the form; `xml-reader.ts` for everything else
 */
import type { ParsedMessage } from './parse.ts';
import { decline, MAX_PLAIN_ELEMENTS, type PlainReader, readPlainMessage, unlessDeclined } from './plain-message.ts';
import { decodeReferences, GT, LT, SLASH, skipSpace } from './xml-cursor.ts';
import { isNameCharacter, knownName, nextHash, startsAt } from './xml-names.ts';
import { skipProlog } from './xml-prolog.ts';
import { detach, isXmlText } from './xml-text.ts';

/** Returns the message in an XML document; undefined when the document does not have the plain form. */
export function readPlainXml(text: string): ParsedMessage | undefined {
  return unlessDeclined(() => {
    const reader = new PlainXmlReader(text);
    const parsed = readPlainMessage(reader);
    if (!reader.isAtEnd()) decline();
    return parsed;
  });
}

const SPACE = 0x20;

/** The start tag of SyncML in the two namespaces that are no deviation. */
const ROOT = /<SyncML xmlns=(?:"SYNCML:SYNCML1\.[12]"|'SYNCML:SYNCML1\.[12]')>/y;

/** The greatest length of what comes before the root, in characters; a long prolog is not read twice. */
const MAX_PROLOG = 1_024;

/** The declarations of the namespace of MetInf, with the space before them. */
const METINF_DECLARATIONS = [' xmlns="syncml:metinf"', " xmlns='syncml:metinf'"] as const;

/** The greatest length of all texts with references together, in characters; for the same reason as `MAX_PLAIN_ELEMENTS`. */
const MAX_RESOLVED = 65_536;

class PlainXmlReader implements PlainReader {
  isMetInf = false;
  readonly #text: string;
  #at: number;
  /** True when the start tag that was read last was an empty-element tag. */
  #isEmpty = false;
  /** True when the Meta that was read last declares the namespace of MetInf for its children. */
  #isMetaDeclared = false;
  /** True when values may have references, or CR, which is a part of a line end (XML 1.0 §2.11). */
  readonly #hasSpecial: boolean;
  #elementsLeft = MAX_PLAIN_ELEMENTS;
  #resolvedLeft = MAX_RESOLVED;

  /** Reads everything up to the start tag of the root. */
  constructor(text: string) {
    // One search of the whole text costs less than a look at each character of a value.
    if (!isXmlText(text) || text.includes(']]>')) decline();
    this.#hasSpecial = text.includes('&') || text.includes('\r');
    const root = text.indexOf('<SyncML ');
    if (root < 0 || root > MAX_PROLOG) decline();
    ROOT.lastIndex = skipProlog(text, decline);
    if (!ROOT.test(text)) decline();
    this.#text = text;
    this.#at = ROOT.lastIndex;
  }

  /** True when nothing but white space follows. */
  isAtEnd(): boolean {
    return skipSpace(this.#text, this.#at) === this.#text.length;
  }

  next(parent: string): string | undefined {
    if (this.#isEmpty) {
      this.#isEmpty = false;
      return undefined;
    }
    const text = this.#text;
    const lt = text.charCodeAt(this.#at) === LT ? this.#at : skipSpace(text, this.#at);
    const start = lt + 1;
    let code = text.charCodeAt(start);
    if (text.charCodeAt(lt) !== LT) decline();
    if (code === SLASH) {
      this.#readEndTag(lt, parent);
      return undefined;
    }
    let end = start;
    let hash = 0;
    while (isNameCharacter(code)) {
      hash = nextHash(hash, code);
      code = text.charCodeAt(++end);
    }
    const name = knownName(text, start, end, hash);
    if (name === undefined || --this.#elementsLeft < 0) decline();
    const isDeclared = code === SPACE;
    if (isDeclared) {
      if (name !== 'Meta' && parent !== 'Meta') decline();
      end = declarationEnd(text, end);
      code = text.charCodeAt(end);
    }
    if (name === 'Meta') this.#isMetaDeclared = isDeclared;
    this.isMetInf = isDeclared || this.#isMetaDeclared;
    this.#isEmpty = code === SLASH;
    if (this.#isEmpty) code = text.charCodeAt(++end);
    if (code !== GT) decline();
    this.#at = end + 1;
    return name;
  }

  text(name: string): string {
    if (this.#isEmpty) {
      this.#isEmpty = false;
      return '';
    }
    const start = this.#at;
    const lt = this.#text.indexOf('<', start);
    this.#readEndTag(lt, name);
    const raw = this.#text.slice(start, lt);
    return this.#hasSpecial ? this.#resolve(raw) : raw;
  }

  data(): string {
    return detach(this.text('Data'));
  }

  /** Returns a text with its references resolved. */
  #resolve(raw: string): string {
    if (raw.includes('\r')) decline();
    if (!raw.includes('&')) return raw;
    this.#resolvedLeft -= raw.length;
    if (this.#resolvedLeft < 0) decline();
    return decodeReferences(raw, 0);
  }

  /** Reads the end tag at `lt`. */
  #readEndTag(lt: number, name: string): void {
    const text = this.#text;
    const end = lt + 2 + name.length;
    if (text.charCodeAt(lt) !== LT || text.charCodeAt(lt + 1) !== SLASH) decline();
    if (text.charCodeAt(end) !== GT || !startsAt(text, name, lt + 2)) decline();
    this.#at = end + 1;
  }
}

/** Returns the offset after the declaration of the namespace of MetInf at `at`. */
function declarationEnd(text: string, at: number): number {
  for (const declaration of METINF_DECLARATIONS) if (startsAt(text, declaration, at)) return at + declaration.length;
  return decline();
}
