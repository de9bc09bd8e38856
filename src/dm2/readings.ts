/**
 * Contents that were read ahead of their use.
 *
 * Reading a long document keeps the process from its other work, so that the edge may read it in another thread. The result
 * is kept beside the content and found by its identity. It is what reading the content gives: another process, which gets
 * the content from a store, reads it again.
 */
import { DecodeError, type DmErrorCode } from '../errors.ts';
import type { Content } from './package.ts';

/** The value of a content, or the reason why it cannot be read. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: DmErrorCode; readonly message: string };

/** The readings of one kind of documents. They live as long as their contents. */
export class Readings<T> {
  readonly #read: (content: Content) => T;
  readonly #kept = new WeakMap<Content, Reading<T>>();

  /** @param read throws a DecodeError for a content that it cannot read */
  constructor(read: (content: Content) => T) {
    this.#read = read;
  }

  /** @throws DecodeError when the content cannot be read */
  read(content: Content): T {
    const reading = this.#kept.get(content);
    if (reading === undefined) return this.#read(content);
    if (reading.ok) return reading.value;
    throw new DecodeError(reading.code, reading.message);
  }

  /** Reads without throwing a DecodeError. */
  attempt(content: Content): Reading<T> {
    try {
      return { ok: true, value: this.#read(content) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return { ok: false, code: error.code, message: error.message };
    }
  }

  /** Keeps the reading that another thread made of this content. */
  keep(content: Content, reading: Reading<T>): void {
    this.#kept.set(content, reading);
  }
}
