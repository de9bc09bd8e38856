/** A tree while its document is read. Long documents are read in parts, so that other work can run between them. */
import type { Content, Element } from './element.ts';

/** An element whose end tag was not read yet. */
export interface OpenElement extends Element {
  readonly content: Content[];
}

export interface GrowingTree {
  /** The element at this depth whose end was not read yet; the root is at depth 1. */
  openElement(depth: number): OpenElement | undefined;
}

/** Reads a document; yields after each part of it, and returns the result of the whole. */
export type InParts<T> = Generator<GrowingTree, T, void>;

/** Returns the result of work that is done in parts. */
export function inOneGo<T>(parts: Generator<unknown, T, void>): T {
  for (;;) {
    const next = parts.next();
    if (next.done === true) return next.value;
  }
}
