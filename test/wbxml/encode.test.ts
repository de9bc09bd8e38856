import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MappingError } from '../../src/errors.ts';
import { decodeWbxml } from '../../src/wbxml/decode.ts';
import type { Element } from '../../src/wbxml/element.ts';
import { type EncodeOptions, encodeWbxml, hasTokens } from '../../src/wbxml/encode.ts';
import { WBXML_VERSIONS } from '../../src/wbxml/tokens.ts';
import { literalTree, tokenTree } from './arbitraries.ts';
import { bytesOf, hexOf } from './bytes.ts';
import { LETTER, PARCEL, TABLES } from './example-tables.ts';

const parcel = (...content: Element['content']): Element => ({ name: 'parcel', namespace: 'urn:parcel', content });
const note = (...content: Element['content']): Element => ({ name: 'note', namespace: 'urn:parcel', content });
const weight = (...content: Element['content']): Element => ({ name: 'weight', namespace: 'urn:measure', content });

function expectBytes(root: Element, options: Omit<EncodeOptions, 'type'>, listing: string): void {
  expect(hexOf(encodeWbxml(root, { type: PARCEL, ...options }))).toBe(hexOf(bytesOf(listing)));
}

describe('the encoder writes a header', () => {
  test.each<[string, Omit<EncodeOptions, 'type'>, string]>([
    ['version 1.2 by default', {}, '02 C6 45 6A 00 05'],
    ['version 1.0 without charset', { version: '1.0' }, '00 C6 45 00 05'],
    ['version 1.1', { version: '1.1' }, '01 C6 45 6A 00 05'],
    ['version 1.3', { version: '1.3' }, '03 C6 45 6A 00 05'],
    [
      'the identifier as text on request',
      { textPublicId: true },
      '02 00 00 6A 1F "-//EXAMPLE//DTD Parcel 1.0//EN" 00 05',
    ],
  ])('the header has %s', (_, options, listing) => {
    expectBytes(parcel(), options, listing);
  });

  test('the header has the identifier as text when the type has no number', () => {
    const bytes = encodeWbxml({ name: 'letter', namespace: 'urn:letter', content: [] }, { type: LETTER });
    expect(hexOf(bytes)).toBe(hexOf(bytesOf('02 00 00 6A 1F "-//EXAMPLE//DTD Letter 1.0//EN" 00 05')));
  });
});

describe('the encoder writes a body', () => {
  const long = 'z'.repeat(300);

  test.each<[string, Element, string]>([
    ['an empty element without END', parcel(note()), '45 09 01'],
    ['an element with empty text as an empty element', parcel(''), '05'],
    ['text as an inline string', parcel('abc'), '45 03 "abc" 00 01'],
    ['text beyond ASCII as UTF-8', parcel('aü€😀'), '45 03 "aü€😀" 00 01'],
    ['text with NUL as opaque data', parcel('a\0b'), '45 C3 03 "a" 00 "b" 01'],
    ['long text as an inline string', parcel(long), `45 03 "${long}" 00 01`],
    ['long text with NUL as opaque data', parcel(`${long}\0`), `45 C3 82 2D "${long}" 00 01`],
    ['bytes as opaque data', parcel(Uint8Array.of(0, 255)), '45 C3 02 00 FF 01'],
    ['no bytes as empty opaque data', parcel(Uint8Array.of()), '45 C3 00 01'],
    ['several pieces in order', parcel('a', note('b'), 'c'), '45 03 "a" 00 49 03 "b" 00 01 03 "c" 00 01'],
    [
      'page switches only before a tag of another page',
      parcel(note(weight('5'), weight('6')), weight(), note(), note()),
      '45 49 00 01 45 03 "5" 00 01 45 03 "6" 00 01 01 05 00 00 09 09 01',
    ],
    ['a lone surrogate as U+FFFD', parcel('a\ud800'), '45 03 "a" EF BF BD 00 01'],
  ])('it writes %s', (_, root, listing) => {
    expectBytes(root, {}, `02 C6 45 6A 00 ${listing}`);
  });

  test('it writes each literal name once, before the identifier', () => {
    const box = (...content: Element['content']): Element => ({ name: 'box', namespace: 'urn:parcel', content });
    const root = parcel(box(), { ...box(), name: 'Höhe' }, box('x'));
    expectBytes(root, { literals: true }, '02 C6 45 6A 0A "box" 00 "Höhe" 00 45 04 00 04 04 44 00 03 "x" 00 01 01');
    expectBytes(
      parcel(box()),
      { literals: true, textPublicId: true },
      '02 00 04 6A 23 "box" 00 "-//EXAMPLE//DTD Parcel 1.0//EN" 00 45 04 00 01',
    );
  });

  test.each<[string, Element, boolean]>([
    ['a name without token', parcel({ ...note(), name: 'box' }), false],
    ['a namespace without page', parcel({ ...note(), namespace: 'urn:x' }), false],
    ['a literal of another namespace than the one around it', parcel({ ...note(), namespace: 'urn:x' }), true],
  ])('it refuses %s', (_, root, literals) => {
    expect(() => encodeWbxml(root, { type: PARCEL, literals })).toThrow(MappingError);
    expect(hasTokens(root, PARCEL)).toBe(false);
  });
});

const options = fc.record({
  type: fc.constant(PARCEL),
  version: fc.constantFrom(...WBXML_VERSIONS),
  textPublicId: fc.boolean(),
  literals: fc.constant(true),
});

describe('the decoder reads back what the encoder writes', () => {
  test.each([
    ['elements with tokens', tokenTree],
    ['elements without tokens', literalTree],
  ])('a tree of %s comes back', (_, tree) => {
    fc.assert(
      fc.property(tree, options, (root, how) => {
        const bytes = encodeWbxml(root, how);
        const { version, publicId, root: read } = decodeWbxml(bytes, TABLES);
        expect(read).toStrictEqual(root);
        expect(version).toBe(how.version);
        expect(publicId).toBe(how.textPublicId ? PARCEL.formalPublicId : 0x2345);
        expect(hexOf(encodeWbxml(read, how))).toBe(hexOf(bytes));
      }),
      { numRuns: 500 },
    );
  });

  test.each([0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000])('opaque data of %d bytes come back', (length) => {
    const root = parcel(new Uint8Array(length).fill(7));
    const bytes = encodeWbxml(root, { type: PARCEL });
    const [opaque] = decodeWbxml(bytes, TABLES).root.content;
    expect(opaque instanceof Uint8Array && opaque.length === length && opaque.every((byte) => byte === 7)).toBe(true);
  });
});
