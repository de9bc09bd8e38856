/**
 * The namespace declarations that are in force while a document is read.
 *
 * One map holds the current declarations, and a list holds the earlier ones that they hide. So every operation takes
 * constant time per declaration, and a document with very many declarations is read in linear time.
 *
 * @see Namespaces in XML 1.0 §3 (declarations, reserved prefixes), §5 (unprefixed names take the default)
 */
import type { Declaration } from '../wbxml/element.ts';

export const XML_URI = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_URI = 'http://www.w3.org/2000/xmlns/';

/** The earlier namespace of a prefix, which a declaration at an element of this depth hides. */
interface Hidden {
  readonly depth: number;
  readonly prefix: string;
  readonly uri: string | undefined;
  /** The list of declarations before this one. */
  readonly declarations: Declaration | undefined;
}

/** The declarations in force at the current element. */
export class NamespaceScope {
  /** The default namespace; '' when none is declared. */
  defaultNamespace = '';
  /** The default namespace that was declared last, even when it is out of scope: most declarations repeat it. */
  lastDefault = '';
  /** The depth of the innermost element with declarations; 0 when there is none. */
  depth = 0;
  /** The declarations of prefixes that are in force; a prefix that is declared twice is in the list twice. */
  declarations: Declaration | undefined;
  readonly #prefixes = new Map<string, string>([['xml', XML_URI]]);
  readonly #hidden: Hidden[] = [];

  /**
   * Declares the namespace of a prefix ('' for the default) for the element of this depth.
   * @returns the reason why the declaration is not allowed; `undefined` when it is
   */
  declare(depth: number, prefix: string, uri: string): string | undefined {
    if (prefix === 'xmlns') return 'the prefix xmlns cannot be declared';
    if ((prefix === 'xml') !== (uri === XML_URI)) return 'the prefix xml and its namespace belong together';
    if (uri === XMLNS_URI) return 'the namespace of xmlns cannot be declared';
    if (prefix !== '' && uri === '') return 'a prefix cannot be undeclared';
    if (prefix === '') {
      this.#hidden.push({ depth, prefix, uri: this.defaultNamespace, declarations: this.declarations });
      this.defaultNamespace = uri;
      this.lastDefault = uri;
    } else {
      this.#hidden.push({ depth, prefix, uri: this.#prefixes.get(prefix), declarations: this.declarations });
      this.#prefixes.set(prefix, uri);
      this.declarations = { prefix, uri, outer: this.declarations };
    }
    this.depth = depth;
    return undefined;
  }

  /** The namespace of a prefix; `undefined` when the prefix is not declared. */
  resolve(prefix: string): string | undefined {
    return this.#prefixes.get(prefix);
  }

  /** Ends the declarations of the element of this depth. */
  leave(depth: number): void {
    let last = this.#hidden.at(-1);
    while (last !== undefined && last.depth === depth) {
      this.#restore(last);
      this.#hidden.pop();
      last = this.#hidden.at(-1);
    }
    this.depth = last?.depth ?? 0;
  }

  #restore({ prefix, uri, declarations }: Hidden): void {
    this.declarations = declarations;
    if (prefix === '') this.defaultNamespace = uri ?? '';
    else if (uri === undefined) this.#prefixes.delete(prefix);
    else this.#prefixes.set(prefix, uri);
  }
}
