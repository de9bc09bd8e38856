import { describe, expect, test } from 'vitest';
import { DecodeError, type DmErrorCode } from '../../src/errors.ts';
import { decodeWbxml } from '../../src/wbxml/decode.ts';
import type { Content, Element } from '../../src/wbxml/element.ts';
import type { WbxmlLimits } from '../../src/wbxml/limits.ts';
import { bytesOf } from './bytes.ts';
import { LENIENT_TABLES, TABLES } from './example-tables.ts';

const HEAD = '03 C6 45 6A 00';

function parcel(...content: readonly Content[]): Element {
  return { name: 'parcel', namespace: 'urn:parcel', content };
}

function note(...content: readonly Content[]): Element {
  return { name: 'note', namespace: 'urn:parcel', content };
}

function decode(listing: string, limits?: WbxmlLimits) {
  return decodeWbxml(bytesOf(listing), LENIENT_TABLES, limits);
}

/** The code and the offset of the error for a refused document. */
function refusal(bytes: Uint8Array, limits?: WbxmlLimits, tables = TABLES): [DmErrorCode, number | undefined] {
  try {
    decodeWbxml(bytes, tables, limits);
  } catch (error) {
    if (error instanceof DecodeError) return [error.code, error.place.offset];
    throw error;
  }
  throw new Error('it was read');
}

describe('the decoder reads a header', () => {
  test.each([
    ['version 1.0, which has no charset', '00 C6 45 00 05', { version: '1.0', publicId: 0x2345, charset: 106 }],
    ['version 1.1', '01 C6 45 6A 00 05', { version: '1.1', publicId: 0x2345, charset: 106 }],
    ['version 1.2', '02 C6 45 6A 00 05', { version: '1.2' }],
    ['version 1.3', '03 C6 45 6A 00 05', { version: '1.3' }],
    ['a later minor version', '07 C6 45 6A 00 05', { version: '1.3' }],
    [
      'the identifier as text without NUL',
      '02 00 00 6A 1E "-//EXAMPLE//DTD Parcel 1.0//EN" 05',
      { publicId: '-//EXAMPLE//DTD Parcel 1.0//EN', typeDeclared: true },
    ],
    [
      'the identifier as text with NUL, in small letters',
      '02 00 00 6A 1F "-//example//dtd parcel 1.0//en" 00 05',
      { publicId: '-//example//dtd parcel 1.0//en', typeDeclared: true },
    ],
    [
      'the identifier behind other strings',
      '02 00 02 6A 21 "a" 00 "-//EXAMPLE//DTD Parcel 1.0//EN" 00 05',
      { publicId: '-//EXAMPLE//DTD Parcel 1.0//EN', typeDeclared: true },
    ],
    ['an identifier of more bytes than it needs', '02 80 C6 45 6A 00 05', { publicId: 0x2345, typeDeclared: true }],
    ['an unknown type', '02 01 6A 00 05', { publicId: 1, typeDeclared: false }],
    ['the number of another type', '02 04 6A 00 05', { publicId: 4, typeDeclared: false }],
    ['the text of another type', '02 00 00 6A 01 "x" 05', { publicId: 'x', typeDeclared: false }],
    ['an identifier that points into an empty table', '02 00 00 6A 00 05', { publicId: 1, typeDeclared: false }],
    ['an unknown charset', '02 C6 45 00 00 05', { charset: 0 }],
    ['the charset US-ASCII', '02 C6 45 03 00 05', { charset: 3 }],
    ['the charset ISO-8859-1', '02 C6 45 04 00 05', { charset: 4 }],
  ])('the header has %s', (_, listing, header) => {
    expect(decode(listing)).toMatchObject({ root: parcel(), ...header });
  });

  test('the public identifier selects the code pages', () => {
    expect(decode('02 00 00 6A 1E "-//EXAMPLE//DTD Letter 1.0//EN" 05').root.name).toBe('letter');
  });
});

describe('the decoder reads a body', () => {
  test.each<[string, string, Element]>([
    ['an element without content', `${HEAD} 05`, parcel()],
    ['an element with empty content', `${HEAD} 45 01`, parcel()],
    ['an empty string', `${HEAD} 45 03 00 01`, parcel()],
    ['an inline string', `${HEAD} 45 03 "abc" 00 01`, parcel('abc')],
    ['a string of the table', `03 C6 45 6A 04 "abc" 00 45 83 00 01`, parcel('abc')],
    ['a string of the table from its middle', `03 C6 45 6A 04 "abc" 00 45 83 01 01`, parcel('bc')],
    ['a string that ends with the table', `03 C6 45 6A 03 "abc" 45 83 01 01`, parcel('bc')],
    ['the empty end of a string of the table', `03 C6 45 6A 04 "abc" 00 45 83 03 01`, parcel()],
    ['an entity between strings', `${HEAD} 45 03 "a" 00 02 81 20 03 "b" 00 01`, parcel('a', '\u00a0', 'b')],
    ['an entity beyond the basic plane', `${HEAD} 45 02 87 EC 00 01`, parcel('\u{1f600}')],
    ['UTF-8', `${HEAD} 45 03 C3 BC E2 82 AC 00 01`, parcel('ü€')],
    ['ISO-8859-1', '03 C6 45 04 00 45 03 FC 00 01', parcel('ü')],
    ['UTF-8 although US-ASCII is announced', '03 C6 45 03 00 45 03 C3 BC 00 01', parcel('ü')],
    ['opaque data', `${HEAD} 45 C3 03 00 01 FF 01`, parcel(Uint8Array.of(0, 1, 255))],
    ['no opaque data', `${HEAD} 45 C3 00 01`, parcel(Uint8Array.of())],
    ['opaque data between strings', `${HEAD} 45 03 "a" 00 C3 01 00 03 "b" 00 01`, parcel('a', Uint8Array.of(0), 'b')],
    ['elements in elements', `${HEAD} 45 06 47 09 01 01`, parcel(named('from'), named('to', note()))],
    ['text beside elements', `${HEAD} 45 03 "a" 00 06 03 "b" 00 01`, parcel('a', named('from'), 'b')],
    [
      'a switch to a page, and back before the next tag',
      `${HEAD} 45 49 00 01 45 03 "5" 00 01 06 01 00 00 09 01`,
      parcel(
        note({ ...named('weight', '5'), namespace: 'urn:measure' }, { ...note(), namespace: 'urn:measure' }),
        note(),
      ),
    ],
    ['switches that change nothing', `03 C6 45 6A 00 00 00 00 00 45 00 00 00 00 09 00 00 01`, parcel(note())],
    ['a switch within text', `${HEAD} 45 03 "a" 00 00 00 03 "b" 00 01`, parcel('a', 'b')],
    ['a literal tag', `03 C6 45 6A 04 "box" 00 45 04 00 01`, parcel(named('box'))],
    ['a literal tag with content', `03 C6 45 6A 04 "box" 00 45 44 00 03 "b" 00 01 01`, parcel(named('box', 'b'))],
    [
      'a literal tag with attributes',
      `03 C6 45 6A 04 "box" 00 45 84 00 05 01 C4 01 05 03 "x" 00 01 09 01 01`,
      parcel(named('box'), named('ox', note())),
    ],
    [
      'a literal in the namespace around it',
      `03 C6 45 6A 04 "box" 00 45 49 00 01 45 04 00 01 01 01`,
      parcel(note({ ...named('weight', { ...named('box'), namespace: 'urn:measure' }), namespace: 'urn:measure' })),
    ],
    ['a literal root', `03 C6 45 6A 04 "box" 00 44 00 03 "a" 00 01`, named('box', 'a')],
    ['attributes without content', `${HEAD} 85 05 86 03 "v" 00 01`, parcel()],
    [
      'attributes of every kind before content',
      `${HEAD} C5 04 00 03 "v" 00 05 C3 02 01 01 83 7F 02 20 00 07 C6 85 01 03 "t" 00 01`,
      parcel('t'),
    ],
    ['processing instructions', `03 C6 45 6A 00 43 05 01 45 43 06 03 "v" 00 01 09 01 43 05 01`, parcel(note())],
  ])('the body has %s', (_, listing, root) => {
    expect(decode(listing).root).toStrictEqual(root);
  });

  test('opaque data are views of the document', () => {
    const bytes = bytesOf(`${HEAD} 45 C3 02 07 08 01`);
    const [opaque] = decodeWbxml(bytes, TABLES).root.content;
    if (!(opaque instanceof Uint8Array)) throw new Error('no opaque data');
    expect([opaque.buffer, opaque.byteOffset, opaque.length]).toEqual([bytes.buffer, 8, 2]);
  });

  test('the document is a part of a larger buffer', () => {
    const around = bytesOf(`FF FF ${HEAD} 45 03 "abc" 00 C3 01 07 01 FF`);
    const { root } = decodeWbxml(around.subarray(2, -1), TABLES);
    expect(root).toEqual(parcel('abc', Uint8Array.of(7)));
  });
});

function named(name: string, ...content: readonly Content[]): Element {
  return { name, namespace: 'urn:parcel', content };
}

describe('the decoder refuses a document with the offset of the fault', () => {
  test.each<[string, string, number]>([
    ['no bytes', '', 0],
    ['version 2.0', '10 C6 45 6A 00 05', 0],
    ['XML text', '"<SyncML>"', 0],
    ['the identifier of another type', '02 04 6A 00 05', 1],
    ['the identifier of an unknown type', '02 01 6A 00 05', 1],
    ['an identifier beyond the table', '02 00 05 6A 02 "ab" 05', 1],
    ['an identifier beyond an empty table', '02 00 01 6A 00 05', 1],
    ['an unsupported charset', '02 C6 45 05 00 05', 3],
    ['the charset UTF-16', '02 C6 45 87 77 00 05', 3],
    ['an end in the header', '02 C6', 2],
    ['an end before the string table', '02 C6 45 6A', 4],
    ['a string table longer than the document', '02 C6 45 6A 7F "ab"', 4],
    ['a string table of 4 GB', '02 C6 45 6A 8F FF FF FF 7F 05', 4],
    ['an integer of six bytes', '02 C6 45 6A 80 80 80 80 80 00 05', 4],
    ['an integer of 33 bits', '02 C6 45 6A 90 80 80 80 00 05', 4],
    ['no body', HEAD, 5],
    ['a body that starts with END', `${HEAD} 01`, 5],
    ['a body that starts with text', `${HEAD} 03 "a" 00`, 5],
    ['a body that starts with opaque data', `${HEAD} C3 00`, 5],
    ['an unknown tag', `${HEAD} 45 0A 01`, 6],
    ['a reserved tag', `${HEAD} 45 48 01 01`, 6],
    ['a tag of another page', `${HEAD} 45 00 01 07 01`, 8],
    ['an unknown page', `${HEAD} 45 00 02 05 01`, 7],
    ['page 255', `${HEAD} 00 FF 05`, 6],
    ['an extension with string', `${HEAD} 45 40 00 01`, 6],
    ['an extension with integer', `${HEAD} 45 82 00 01`, 6],
    ['an extension alone', `${HEAD} 45 C0 01`, 6],
    ['an extension among attributes', `${HEAD} 85 05 80 00 01`, 7],
    ['a literal with content among attributes', `${HEAD} 85 44 00 01`, 6],
    ['attributes without end', `${HEAD} 85 05 05`, 8],
    ['an attribute string without end', `${HEAD} 85 05 03 "a"`, 8],
    ['an element without end', `${HEAD} 45 09`, 7],
    ['a string without end', `${HEAD} 45 03 "abc"`, 7],
    ['a string reference cut short', `${HEAD} 45 83 80`, 8],
    ['a string reference beyond the table', '03 C6 45 6A 02 "a" 00 45 83 02 01', 9],
    ['a string reference into an empty table', `${HEAD} 45 83 00 01`, 7],
    ['a literal beyond the table', `${HEAD} 45 04 05 01`, 7],
    ['a literal that is not a name', '03 C6 45 6A 05 "a><b" 00 45 04 00 01', 12],
    ['a literal with a prefix', '03 C6 45 6A 04 "a:b" 00 45 04 00 01', 11],
    ['a literal without name', '03 C6 45 6A 01 00 45 04 00 01', 8],
    ['opaque data longer than the document', `${HEAD} 45 C3 05 01 02`, 7],
    ['opaque data of 4 GB', `${HEAD} 45 C3 8F FF FF FF 7F`, 7],
    ['opaque data without length', `${HEAD} 45 C3`, 7],
    ['a string that is not UTF-8', `${HEAD} 45 03 "a" FF 00 01`, 7],
    ['a surrogate in UTF-8', `${HEAD} 45 03 ED A0 80 00 01`, 7],
    ['the entity 0', `${HEAD} 45 02 00 01`, 7],
    ['a surrogate as entity', `${HEAD} 45 02 83 B0 00 01`, 7],
    ['an entity beyond Unicode', `${HEAD} 45 02 C4 80 00 01`, 7],
    ['a second root', `${HEAD} 05 05`, 6],
    ['one END too many', `${HEAD} 45 01 01`, 7],
    ['text after the root', `${HEAD} 05 03 "a" 00`, 6],
    ['a NUL after the root', `${HEAD} 05 00`, 6],
  ])('the document has %s', (_, listing, offset) => {
    expect(refusal(bytesOf(listing))).toEqual(['ERR_WBXML_SYNTAX', offset]);
  });

  test('the document ends too early, after any byte', () => {
    const whole = bytesOf(
      '03 00 05 6A 23 "note" 00 "-//EXAMPLE//DTD Parcel 1.0//EN" C5 04 00 03 "v" 00 01 03 "abc" 00 83 01 02 81 20 ' +
        'C3 02 00 01 44 00 00 01 45 03 "5" 00 01 01 01',
    );
    expect(decodeWbxml(whole, TABLES).root.content).toHaveLength(5);
    for (let length = 0; length < whole.length; length++) {
      const [code, offset = -1] = refusal(whole.subarray(0, length));
      expect(code).toBe('ERR_WBXML_SYNTAX');
      expect(offset).toBeLessThanOrEqual(length);
    }
  });
});

describe('the decoder limits a document', () => {
  const repeat = (head: string, piece: string, times: number, tail = '') => {
    const [start, middle, end] = [bytesOf(head), bytesOf(piece), bytesOf(tail)];
    const bytes = new Uint8Array(start.length + middle.length * times + end.length);
    bytes.set(start);
    for (let i = 0; i < times; i++) bytes.set(middle, start.length + i * middle.length);
    bytes.set(end, start.length + middle.length * times);
    return bytes;
  };

  test('it reads 64 elements inside each other and refuses 65', () => {
    expect(decodeWbxml(repeat(HEAD, '49', 64, '01 '.repeat(64)), TABLES).root.name).toBe('note');
    expect(decodeWbxml(repeat(HEAD, '49', 63, `09 ${'01 '.repeat(63)}`), TABLES).root.name).toBe('note');
    expect(refusal(repeat(HEAD, '49', 65, '01 '.repeat(65)))).toEqual(['ERR_WBXML_LIMIT', 5 + 64]);
    expect(refusal(repeat(HEAD, '49', 64, `09 ${'01 '.repeat(64)}`))).toEqual(['ERR_WBXML_LIMIT', 5 + 64]);
    expect(refusal(bytesOf(`${HEAD} 45 49 09 01 01`), { maxDepth: 2 })).toEqual(['ERR_WBXML_LIMIT', 7]);
  });

  test('it reads 100 000 elements and refuses one more', () => {
    const full = repeat(`${HEAD} 45`, '09', 99_999, '01');
    expect(decodeWbxml(full, TABLES).root.content).toHaveLength(99_999);
    expect(refusal(repeat(`${HEAD} 45`, '09', 100_000, '01'))).toEqual(['ERR_WBXML_LIMIT', 6 + 99_999]);
    expect(refusal(bytesOf(`${HEAD} 45 09 09 01`), { maxElements: 2 })).toEqual(['ERR_WBXML_LIMIT', 7]);
  });

  test('it counts opaque pieces like elements', () => {
    expect(refusal(bytesOf(`${HEAD} 45 C3 00 C3 00 01`), { maxElements: 2 })).toEqual(['ERR_WBXML_LIMIT', 8]);
  });

  test.each([
    ['strings', '03 "a" 00'],
    ['empty strings', '03 00'],
    ['references to the table', '83 00'],
    ['character entities', '02 41'],
  ])('it counts %s beside the first string of an element like elements', (_, piece) => {
    const head = '03 C6 45 6A 02 "v" 00';
    const text = (pieces: number) => bytesOf(`${head} 45 49 03 "b" 00 ${`${piece} `.repeat(pieces)} 01 01`);
    expect(decodeWbxml(text(2), TABLES, { maxElements: 4 }).root.content).toHaveLength(1);
    expect(refusal(text(3), { maxElements: 4 })).toEqual(['ERR_WBXML_LIMIT', expect.any(Number)]);
  });

  test('it counts attributes that have names like elements', () => {
    const literals = '03 C6 45 6A 04 "a" 00 "b" 00 45';
    const two = bytesOf(`${literals} 84 00 04 02 03 "v" 00 01 84 00 04 02 01 01`);
    expect(refusal(two, { maxElements: 4 })).toEqual(['ERR_WBXML_LIMIT', expect.any(Number)]);
    const one = bytesOf(`${literals} 84 00 04 02 03 "v" 00 01 01`);
    expect(decodeWbxml(one, TABLES, { maxElements: 3 }).root.content).toHaveLength(1);
    expect(refusal(one, { maxElements: 2 })).toEqual(['ERR_WBXML_LIMIT', expect.any(Number)]);
  });

  test('it limits all text out of the string table together', () => {
    const table = `03 C6 45 6A 04 "abc" 00 45 83 00 83 00`;
    expect(decodeWbxml(bytesOf(`${table} 01`), TABLES, { maxTableText: 6 }).root.content).toEqual(['abc', 'abc']);
    expect(refusal(bytesOf(`${table} 83 02 01`), { maxTableText: 6 })).toEqual(['ERR_WBXML_LIMIT', 15]);
  });

  test('it refuses a string table of a megabyte at the second reference to the whole table', () => {
    const table = `03 C6 45 6A ${'BD 84 40'} ${`"${'a'.repeat(64)}" `.repeat(15_625)} 45`;
    const secondIndex = bytesOf(table).length + bytesOf('83 00 83').length;
    expect(refusal(repeat(table, '83 00', 30_000, '01'))).toEqual(['ERR_WBXML_LIMIT', secondIndex]);
  });

  test.each<[string, string, string]>([
    ['page switches', '45', '00 00'],
    ['entities', '45', '02 41'],
    ['empty strings', '45', '03 00'],
    ['short strings', '45', '03 41 00'],
    ['opaque bytes', '45', 'C3 01 41'],
    ['attributes', '85', '05'],
    ['attribute strings', '85', '03 00'],
    ['processing instructions', '45', '43 01'],
    ['elements', '45', '49 01'],
    ['elements that open', '45', '49'],
  ])('it refuses eight megabytes of %s in linear time', (_, before, piece) => {
    const times = Math.floor(8_388_608 / bytesOf(piece).length);
    // In quadratic time this many bytes take longer than the limit for a test that hangs.
    expect(refusal(repeat(`${HEAD} ${before}`, piece, times))[0]).toMatch(/^ERR_WBXML_/);
  });
});
