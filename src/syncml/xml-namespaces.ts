/**
 * The namespace declarations in force at a place in a document.
 *
 * One map and a list of what to restore: looking up, declaring and leaving cost the same however many declarations are
 * open, so a document of nothing but declarations is read in linear time.
 *
 * @see Namespaces in XML 1.0 §3 (declarations, reserved prefixes), §5 (unprefixed names take the default)
 */

const XML_URI = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_URI = 'http://www.w3.org/2000/xmlns/';

interface Shadowed {
  readonly depth: number;
  readonly prefix: string;
  readonly uri: string | undefined;
}

export class NamespaceScope {
  /** The default namespace; '' where none is declared. */
  current = '';
  /** The default declared last, in force or not: the next declaration mostly repeats it. */
  lastDefault = '';
  /** Depth of the innermost element with declarations, 0 where there is none. */
  depth = 0;
  readonly #prefixes = new Map<string, string>([['xml', XML_URI]]);
  readonly #shadowed: Shadowed[] = [];

  /** Declares a prefix ('' for the default) at the element of this depth; answers why that is not allowed, if so. */
  declare(depth: number, prefix: string, uri: string): string | undefined {
    if (prefix === 'xmlns') return 'the prefix xmlns cannot be declared';
    if ((prefix === 'xml') !== (uri === XML_URI)) return 'the prefix xml and its namespace belong together';
    if (uri === XMLNS_URI) return 'the namespace of xmlns cannot be declared';
    if (prefix !== '' && uri === '') return 'a prefix cannot be undeclared';
    if (prefix === '') {
      this.#shadowed.push({ depth, prefix, uri: this.current });
      this.current = uri;
      this.lastDefault = uri;
    } else {
      this.#shadowed.push({ depth, prefix, uri: this.#prefixes.get(prefix) });
      this.#prefixes.set(prefix, uri);
    }
    this.depth = depth;
    return undefined;
  }

  /** The namespace of a declared prefix. */
  resolve(prefix: string): string | undefined {
    return this.#prefixes.get(prefix);
  }

  /** Ends the element of that depth, and with it its declarations. */
  leave(depth: number): void {
    let last = this.#shadowed.at(-1);
    while (last !== undefined && last.depth === depth) {
      this.#restore(last);
      this.#shadowed.pop();
      last = this.#shadowed.at(-1);
    }
    this.depth = last?.depth ?? 0;
  }

  #restore({ prefix, uri }: Shadowed): void {
    if (prefix === '') this.current = uri ?? '';
    else if (uri === undefined) this.#prefixes.delete(prefix);
    else this.#prefixes.set(prefix, uri);
  }
}
