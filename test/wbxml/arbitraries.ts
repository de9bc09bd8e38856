/** Generators of trees of the example document type, and of damage to bytes. */
import fc from 'fast-check';
import type { Content, Element } from '../../src/wbxml/element.ts';

const TAGS = [
  ['urn:parcel', 'parcel'],
  ['urn:parcel', 'from'],
  ['urn:parcel', 'note'],
  ['urn:measure', 'weight'],
  ['urn:measure', 'note'],
] as const;
/** Names without token; the last has a letter beyond ASCII. */
const LITERALS = ['box', 'a-very-long-name.of_a-tag', 'Höhe'];

const text = fc
  .oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom(...'aß€😀\n\t\u0001') }),
    // The writer has another algorithm for short texts; these lengths are around its limit.
    fc.integer({ min: 40, max: 60 }).map((length) => 'x'.repeat(length)),
    fc.integer({ min: 40, max: 60 }).map((length) => 'ü'.repeat(length)),
    fc.integer({ min: 4000, max: 5000 }).map((length) => 'y'.repeat(length)),
  )
  .filter((string) => string !== '' && !string.includes('\0') && string.isWellFormed());

function element(literals: boolean, depth: number, around: string): fc.Arbitrary<Element> {
  const tagged = fc.constantFrom(...TAGS).map(([namespace, name]) => ({ namespace, name }));
  const literal = fc.constantFrom(...LITERALS).map((name) => ({ namespace: around, name }));
  return (literals ? fc.oneof({ arbitrary: tagged, weight: 3 }, literal) : tagged).chain(({ namespace, name }) =>
    content(literals, depth, namespace).map((parts) => ({ name, namespace, content: parts })),
  );
}

function content(literals: boolean, depth: number, namespace: string): fc.Arbitrary<Content[]> {
  const leaf = fc.oneof({ arbitrary: text, weight: 2 }, fc.uint8Array({ maxLength: 300 }));
  if (depth === 0) return fc.array(leaf, { maxLength: 2 });
  const part = fc.oneof(leaf, element(literals, depth - 1, namespace));
  return fc.array(part, { maxLength: 3 });
}

/** Trees whose elements all have tokens. */
export const tokenTree = element(false, 4, 'urn:parcel');
/** Trees that also have elements without token. */
export const literalTree = element(true, 4, 'urn:parcel');

/** One change to a document; `at` is a fraction of its length. */
export type Damage =
  | { readonly kind: 'set' | 'insert'; readonly at: number; readonly byte: number }
  | { readonly kind: 'cut' | 'remove' | 'double'; readonly at: number; readonly byte: number };

const interesting = fc.constantFrom(0, 1, 2, 3, 4, 0x43, 0x44, 0x45, 0x7f, 0x80, 0x83, 0x84, 0xc3, 0xc4, 0xff);

/** One to four changes. */
export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'insert', 'cut', 'remove', 'double'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    byte: fc.oneof(interesting, fc.integer({ min: 0, max: 255 })),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Returns a damaged copy of a document. */
export function applyDamage(document: Uint8Array, list: readonly Damage[]): Uint8Array {
  let bytes = [...document];
  for (const { kind, at, byte } of list) {
    const i = Math.floor(at * bytes.length);
    if (kind === 'set') bytes[i] = byte;
    else if (kind === 'insert') bytes.splice(i, 0, byte);
    else if (kind === 'remove') bytes.splice(i, 1 + (byte % 4));
    else if (kind === 'double') bytes = [...bytes.slice(0, i), ...bytes.slice(Math.max(0, i - byte))];
    else bytes = bytes.slice(0, i);
  }
  return Uint8Array.from(bytes);
}
