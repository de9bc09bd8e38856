/**
 * Large texts of a session (objects under way, documents being written) as rows of their own, so that a message rewrites
 * a few hundred bytes and not megabytes.
 *
 * A text is named by its hash and never changes. Texts that were read or written lately stay in memory, bounded by bytes.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Characters above which a text leaves the session value. */
const LARGE = 8 * 1024;
/** Characters of texts that stay in memory. */
const REMEMBERED = 64 * 1024 * 1024;
const MARK = '\u0000large:';
const MARK_AS_JSON = '\\u0000large:';

export interface PackedSession {
  readonly json: string;
  /** By name; every one that the JSON refers to. */
  readonly texts: ReadonlyMap<string, string>;
}

export class LargeTexts {
  readonly #names = new Map<string, string>();
  readonly #texts = new LRUCache<string, string>({
    maxSize: REMEMBERED,
    sizeCalculation: (text) => Math.max(1, text.length),
    dispose: (text) => this.#names.delete(text),
  });

  /**
   * The session's JSON with large texts taken out.
   * @param hadTexts true when the session had some when it was stored last: then its whole JSON is not made first
   */
  pack(session: object, hadTexts = false): PackedSession {
    const texts = new Map<string, string>();
    const whole = hadTexts ? undefined : JSON.stringify(session);
    const isShort = whole !== undefined && whole.length <= LARGE && !whole.includes(MARK_AS_JSON);
    if (isShort) return { json: whole, texts };
    const packed = withoutLarge(session, (text) => {
      const name = this.#nameOf(text);
      texts.set(name, text);
      return MARK + name;
    });
    return { json: texts.size === 0 && whole !== undefined ? whole : JSON.stringify(packed), texts };
  }

  /** The session again; `read` fetches a text that is not in memory. */
  unpack<T>(json: string, read: (name: string) => string): T {
    if (!json.includes(MARK_AS_JSON)) return JSON.parse(json);
    const session: T = JSON.parse(json);
    putBack(session, (value) => {
      const name = value.slice(MARK.length);
      return this.#texts.get(name) ?? this.#remember(name, read(name));
    });
    return session;
  }

  /** Forgets a text that no session refers to any more. */
  drop(name: string): void {
    this.#texts.delete(name);
  }

  /** The name of a text; hashing megabytes with every message would cost more than writing them. */
  #nameOf(text: string): string {
    return this.#names.get(text) ?? this.#nameNew(text);
  }

  #nameNew(text: string): string {
    const name = hash('sha256', text, 'base64url');
    this.#remember(name, text);
    return name;
  }

  #remember(name: string, text: string): string {
    this.#texts.set(name, text);
    if (this.#texts.has(name)) this.#names.set(text, name);
    return text;
  }
}

/**
 * The value with a reference for each large text. Only what contains one is copied: a replacer of JSON.stringify would be called for
 * each value.
 */
function withoutLarge(value: unknown, referenceTo: (text: string) => string): unknown {
  if (typeof value === 'string') return isLarge(value) ? referenceTo(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return listWithoutLarge(value, referenceTo);
  let copy = value;
  for (const key in value) {
    const member: unknown = Reflect.get(value, key);
    const packed = withoutLarge(member, referenceTo);
    if (packed === member) continue;
    if (copy === value) copy = { ...value };
    Reflect.defineProperty(copy, key, { value: packed, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

function listWithoutLarge(list: readonly unknown[], referenceTo: (text: string) => string): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (const [at, member] of list.entries()) {
    const packed = withoutLarge(member, referenceTo);
    if (packed === member) continue;
    copy ??= [...list];
    copy[at] = packed;
  }
  return copy ?? list;
}

/** Puts the texts back into a value that was just parsed; a reviver would cost more than twice as much. */
function putBack(value: unknown, textOf: (reference: string) => string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const key in value) {
    const inner: unknown = Reflect.get(value, key);
    if (typeof inner === 'object') putBack(inner, textOf);
    else if (typeof inner === 'string' && inner.startsWith(MARK)) Reflect.set(value, key, textOf(inner));
  }
}

/** A text that only looks like a reference must not become one. */
function isLarge(value: unknown): value is string {
  return typeof value === 'string' && (value.length > LARGE || value.startsWith(MARK));
}
