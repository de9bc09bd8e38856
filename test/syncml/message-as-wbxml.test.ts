import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { SYNCML_1_1, SYNCML_1_2, SYNCML_TABLES } from '../../src/syncml/code-pages.ts';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import { decodeEmbedded, encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import type { SyncmlMessage } from '../../src/syncml/message.ts';
import { isSyncmlNamespace } from '../../src/syncml/namespaces.ts';
import { IncompleteHeaderError } from '../../src/syncml/parse.ts';
import type { MessageEncoding } from '../../src/syncml/serialize-wbxml.ts';
import { writeMarkup, writeXml } from '../../src/syncml/xml-writer.ts';
import { decodeWbxml } from '../../src/wbxml/decode.ts';
import { type Content, type Element, isElement } from '../../src/wbxml/element.ts';
import { encodeWbxml, hasTokens } from '../../src/wbxml/encode.ts';
import { WBXML_VERSIONS } from '../../src/wbxml/tokens.ts';
import { keptMemory } from '../support/kept-memory.ts';
import { toElement } from '../support/syncml/message-tree.ts';
import { bytesOf, hexOf } from '../wbxml/bytes.ts';
import { message } from './arbitraries.ts';
import { canonical, canonicalContent } from './reference-xml-readers.ts';
import { ADD_TNDS, INLINE_TNDS, PACKAGE_1, PACKAGE_2, TNDS_DOCUMENT, TNDS_TREE } from './wbxml-examples.ts';

const WBXML = 'application/vnd.syncml.dm+wbxml';
const XML = 'application/vnd.syncml.dm+xml';
const EXAMPLES = [PACKAGE_1, PACKAGE_2, ADD_TNDS, INLINE_TNDS];
const SHORT = `6D 6C 71 03 "1.2" 00 01 72 03 "DM/1.2" 00 01 65 03 "1" 00 01 5B 03 "1" 00 01 6E 57 03 "T" 00 01 01
  67 57 03 "S" 00 01 01`;

describe('the printed examples', () => {
  test.each(EXAMPLES)('$name is decoded into the message', ({ bytes, message: expected }) => {
    expect(decodeMessage(bytes, WBXML)).toMatchObject({ message: expected, tolerated: [] });
  });

  test.each([PACKAGE_1, ADD_TNDS])('$name is encoded into the bytes', ({ bytes, message: given }) => {
    expect(hexOf(encodeMessage(given, WBXML))).toBe(hexOf(bytes));
  });

  test('the tree of the DM 1.1 example is encoded into the bytes', () => {
    const { root } = decodeWbxml(PACKAGE_2.bytes, SYNCML_TABLES);
    expect(root.namespace).toBe('SYNCML:SYNCML1.1');
    expect(hexOf(encodeWbxml(root, { type: SYNCML_1_1 }))).toBe(hexOf(PACKAGE_2.bytes));
    // The record does not keep the order of Format and Type, so only the length can be compared.
    expect(encodeMessage(PACKAGE_2.message, WBXML)).toHaveLength(PACKAGE_2.bytes.length);
  });

  test('an embedded document is decoded into the tree and encoded into the bytes', () => {
    expect(decodeEmbedded(TNDS_DOCUMENT)).toEqual(TNDS_TREE);
    expect(hexOf(encodeEmbedded(TNDS_TREE))).toBe(hexOf(TNDS_DOCUMENT));
  });

  test('an embedded document of an unknown type is decoded by its code pages', () => {
    expect(decodeEmbedded(bytesOf('02 01 6A 00 00 02 60 77 03 "1.2" 00 01 01'))).toEqual({
      ...TNDS_TREE,
      content: TNDS_TREE.content.slice(0, 1),
    });
  });
});

describe('an embedded document that is XML text', () => {
  const xml = new TextEncoder().encode(`\ufeff\n${writeXml(TNDS_TREE)}\n`);

  test('XML text in place of an embedded WBXML document is decoded', () => {
    expect(decodeEmbedded(xml)).toEqual(TNDS_TREE);
  });

  test.each([
    ['not well-formed', xml.subarray(0, -4), 'ERR_XML_SYNTAX'],
    ['not UTF-8', Uint8Array.of(0x3c, 0xff), 'ERR_XML_SYNTAX'],
    ['empty', new Uint8Array(), 'ERR_WBXML_SYNTAX'],
  ])('XML text in place of an embedded document is refused when it is %s', (_, bytes, code) => {
    expect(() => decodeEmbedded(bytes)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the code pages', () => {
  test.each([
    ['SyncML 1.1', SYNCML_1_1],
    ['SyncML 1.2', SYNCML_1_2],
  ])('every tag of %s has a token of its own', (_, type) => {
    const pages = type.pages.map(({ namespace, names }) => names.flatMap((name) => (name ? { name, namespace } : [])));
    expect(pages.map((page) => page.length)).toEqual([55, 18, 56]);
    const content = pages.flat().map((tag) => ({ ...tag, content: ['x'] }));
    const root = { name: 'SyncML', namespace: type.pages[0]?.namespace ?? '', content };
    expect(decodeWbxml(encodeWbxml(root, { type }), SYNCML_TABLES).root).toEqual(root);
  });

  test.each([
    [0, 0x05, 'Add'],
    [0, 0x17, 'LocURI'],
    [0, 0x2d, 'SyncML'],
    [0, 0x2f, 'TargetRef'],
    [0, 0x30, undefined],
    [0, 0x31, 'VerDTD'],
    [0, 0x34, 'MoreData'],
    [0, 0x3c, 'Correlator'],
    [1, 0x05, 'Anchor'],
    [1, 0x10, 'NextNonce'],
    [1, 0x16, 'FieldLevel'],
    [2, 0x05, 'AccessType'],
    [2, 0x20, 'MgmtTree'],
    [2, 0x24, 'Node'],
    [2, 0x25, 'node'],
    [2, 0x3c, 'ZeroOrOne'],
  ])('page %d maps token %d to %s', (page, token, name) => {
    expect(SYNCML_1_2.pages[page]?.names[token]).toBe(name);
  });
});

describe('a device sends a WBXML header', () => {
  const body = `${SHORT} 01 6B 12 01 01`;

  test.each<[string, string, MessageEncoding, readonly string[]]>([
    ['version 1.1', '01 A4 01 6A 00', { wbxmlVersion: '1.1', textPublicId: false }, []],
    ['version 1.0 without charset', '00 A4 01 00', { wbxmlVersion: '1.0', textPublicId: false }, []],
    ['version 1.3', '03 A4 01 6A 00', { wbxmlVersion: '1.3', textPublicId: false }, []],
    [
      'the identifier as text without NUL',
      '02 00 00 6A 1D "-//SYNCML//DTD SyncML 1.2//EN"',
      { wbxmlVersion: '1.2', textPublicId: true },
      [],
    ],
    [
      'the identifier as text with NUL',
      '02 00 00 6A 1E "-//SYNCML//DTD SyncML 1.2//EN" 00',
      { wbxmlVersion: '1.2', textPublicId: true },
      [],
    ],
    ['the identifier of an unknown type', '02 01 6A 00', { wbxmlVersion: '1.2', textPublicId: false }, ['publicId']],
    ['the identifier of SyncML 1.0', '02 9F 51 6A 00', { wbxmlVersion: '1.2', textPublicId: false }, ['rootNamespace']],
    ['an unknown charset', '02 A4 01 00 00', { wbxmlVersion: '1.2', textPublicId: false }, []],
    ['the charset ISO-8859-1', '02 A4 01 04 00', { wbxmlVersion: '1.2', textPublicId: false }, ['charset']],
  ])('a message with %s is decoded', (_, head, encoding, tolerated) => {
    const parsed = decodeMessage(bytesOf(`${head} ${body}`), WBXML);
    expect(parsed).toMatchObject({ message: { header: { sessionId: '1' }, final: true }, encoding });
    expect(parsed.tolerated).toEqual(tolerated);
  });

  test('a message whose root has its namespace as an attribute is decoded', () => {
    const attributed = `02 A4 01 6A 00 ED 04 00 03 "SYNCML:SYNCML1.2" 00 01 ${body.replace('6D ', '')}`;
    expect(decodeMessage(bytesOf(attributed), WBXML).message.final).toBe(true);
  });

  test('the error for an incomplete header carries the encoding for the response', () => {
    const lacking = bytesOf(`01 A4 01 6A 00 6D 6C 65 03 "1" 00 01 01 6B 12 01 01`);
    let caught: unknown;
    try {
      decodeMessage(lacking, WBXML);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(IncompleteHeaderError);
    expect(caught).toMatchObject({ encoding: { wbxmlVersion: '1.1' }, partial: { sessionId: '1' } });
  });
});

describe('a device sends text in WBXML', () => {
  const inHeader = (verDtd: string, table = '00') =>
    decodeMessage(bytesOf(`02 A4 01 6A ${table} ${SHORT.replace('03 "1.2" 00', verDtd)} 01 6B 12 01 01`), WBXML).message
      .header;

  test.each([
    ['opaque data', 'C3 03 "1.2"', '00'],
    ['a string of the table', '83 02', '06 "x" 00 "1.2" 00'],
    ['the end of a string of the table', '83 03', '07 "DM/1.2" 00'],
    ['an ENTITY between strings', '03 "1" 00 02 2E 03 "2" 00', '00'],
    ['two strings with redundant page switches between them', '03 "1." 00 00 01 00 00 03 "2" 00', '00'],
    ['a string with white space around it', '03 " 1.2 " 00', '00'],
  ])('VerDTD as %s is decoded', (_, text, table) => {
    expect(inHeader(text, table).verDtd).toBe('1.2');
  });

  test('a MetInf element around the children of Meta is accepted and reported', () => {
    const bytes = bytesOf(`02 A4 01 6A 00 ${SHORT} 5A 00 01 4E 4C 03 "5000" 00 01 01 01 01 00 00 6B 12 01 01`);
    const { message: read, tolerated } = decodeMessage(bytes, WBXML);
    expect([read.header.meta, tolerated]).toEqual([{ maxMsgSize: 5000 }, ['metInfWrapper']]);
  });

  test('decoded bytes as nonce and as credentials become base64 text', () => {
    const cred = '4E 5A 00 01 47 03 "b64" 00 01 50 C3 03 01 02 FF 01 01 00 00 4F C3 02 61 62 01 01';
    const { header } = decodeMessage(bytesOf(`02 A4 01 6A 00 ${SHORT} ${cred} 01 6B 12 01 01`), WBXML).message;
    expect(header.cred).toEqual({ meta: { format: 'b64', nextNonce: 'AQL/' }, data: 'YWI=' });
  });

  test('a literal tag is decoded as an unknown command', () => {
    const bytes = bytesOf(`02 A4 01 6A 05 "Ping" 00 ${SHORT} 01 6B 44 00 4B 03 "7" 00 01 01 12 01 01`);
    expect(decodeMessage(bytes, WBXML).message.commands).toEqual([{ name: 'Unknown', cmdId: '7', element: 'Ping' }]);
  });
});

describe('encodeMessage in WBXML', () => {
  const add = (item: object): SyncmlMessage => ({
    header: PACKAGE_1.message.header,
    commands: [{ name: 'Add', cmdId: '1', items: [{ target: { locUri: './X' }, ...item }] }],
    final: true,
  });
  const TNDS_XML = { type: 'application/vnd.syncml.dmtnds+xml', format: 'xml' };

  test.each<[string, object, string]>([
    ['text as an inline string', { data: 'abc' }, '4F 03 "abc" 00 01'],
    ['empty text as an empty element', { data: '' }, '0F'],
    ['bytes as opaque data', { data: Uint8Array.of(0, 1) }, '4F C3 02 00 01 01'],
    ['TNDS text of Type XML as opaque data', { meta: TNDS_XML, data: '<MgmtTree/>' }, '4F C3 0B "<MgmtTree/>" 01'],
    [
      'TNDS elements of Type XML as opaque text',
      { meta: TNDS_XML, data: [{ ...TNDS_TREE, content: [] }] },
      '4F C3 23 "<MgmtTree xmlns=" 22 "syncml:dmddf1.2" 22 "/>" 01',
    ],
    [
      'TNDS elements of Type WBXML as an opaque document',
      { meta: { type: 'application/vnd.syncml.dmtnds+wbxml' }, data: [{ ...TNDS_TREE, content: [] }] },
      '4F C3 23 02 00 00 6A 1B "-//OMA//DTD-DM-DDF 1.2//EN" 00 00 02 20 01',
    ],
    ['TNDS elements without Type as tags of their page', { data: [{ ...TNDS_TREE, content: [] }] }, '4F 00 02 20 01'],
    [
      'elements without token as text',
      { data: [{ name: 'b', namespace: '', content: ['x'] }] },
      '4F 03 "<b>x</b>" 00 01',
    ],
  ])('encodeMessage writes %s', (_, item, listing) => {
    expect(hexOf(encodeMessage(add(item), WBXML))).toContain(hexOf(bytesOf(listing)));
  });

  test('an Item with bytes keeps its Format in WBXML and gets Format b64 in XML', () => {
    const given = add({ meta: { format: 'bin' }, data: Uint8Array.of(1, 2) });
    const [wbxml] = decodeMessage(encodeMessage(given, WBXML), WBXML).message.commands;
    const [xml] = decodeMessage(encodeMessage(given, XML), XML).message.commands;
    expect(wbxml).toEqual(given.commands[0]);
    expect(xml).toMatchObject({ items: [{ meta: { format: 'b64' }, data: 'AQI=' }] });
  });

  test.each(WBXML_VERSIONS)('a response to WBXML %s has the same version', (wbxmlVersion) => {
    const bytes = encodeMessage(PACKAGE_1.message, WBXML, { wbxmlVersion, textPublicId: false });
    expect(bytes[0]).toBe(WBXML_VERSIONS.indexOf(wbxmlVersion));
    expect(decodeMessage(bytes, WBXML).encoding?.wbxmlVersion).toBe(wbxmlVersion);
  });

  test('encodeMessage names DM 1.1 and 1.2 by different numbers, or by text for a device that uses text', () => {
    const head = (given: SyncmlMessage, textPublicId: boolean) =>
      hexOf(encodeMessage(given, WBXML, { wbxmlVersion: '1.2', textPublicId }));
    expect(head(PACKAGE_1.message, false)).toMatch(/^02 A4 01 6A 00 6D/);
    expect(head(PACKAGE_2.message, false)).toMatch(/^02 9F 53 6A 00 6D/);
    const text = hexOf(bytesOf('02 00 00 6A 1E "-//SYNCML//DTD SyncML 1.2//EN" 00 6D'));
    expect(head(PACKAGE_1.message, true).startsWith(text)).toBe(true);
  });
});

/** Makes messages comparable: elements without token become text, neighbouring texts are joined. */
function normalise(given: SyncmlMessage): unknown {
  return JSON.parse(
    JSON.stringify(given, (key, value: unknown) => {
      if (key !== 'data' || !Array.isArray(value)) return value;
      const markup: readonly Content[] = value;
      const type = given.header.verDtd === '1.1' ? SYNCML_1_1 : SYNCML_1_2;
      const encodable = markup.every((part) => !isElement(part) || hasTokens(part, type));
      return encodable ? canonicalContent(markup) : writeMarkup(markup, isSyncmlNamespace);
    }),
  );
}

const encoding = fc.record({ wbxmlVersion: fc.constantFrom(...WBXML_VERSIONS), textPublicId: fc.boolean() });

describe('generated messages in WBXML', () => {
  test('a message is decoded as it was encoded', () => {
    fc.assert(
      fc.property(message, encoding, (original, how) => {
        const bytes = encodeMessage(original, WBXML, how);
        const back = decodeMessage(bytes, WBXML);
        expect(normalise(back.message)).toEqual(normalise(original));
        expect(back.encoding).toEqual(how);
      }),
      { numRuns: 600 },
    );
  });

  test('a message is the same after XML and after WBXML', () => {
    fc.assert(
      fc.property(message, (original) => {
        const xml = decodeMessage(encodeMessage(original, XML), XML).message;
        const wbxml = decodeMessage(encodeMessage(original, WBXML), WBXML).message;
        expect(normalise(wbxml)).toEqual(normalise(xml));
      }),
      { numRuns: 600 },
    );
  });

  test('a message is encoded as the tree of toElement', () => {
    fc.assert(
      fc.property(message, (original) => {
        const tree = toElement(original);
        fc.pre(everyNamespaceHasPage(tree));
        const { root } = decodeWbxml(encodeMessage(original, WBXML), SYNCML_TABLES);
        expect(canonical(root)).toEqual(canonical(tree));
      }),
      { numRuns: 300 },
    );
  });
});

function everyNamespaceHasPage({ namespace, content }: Element): boolean {
  const known = ['SYNCML:SYNCML1.1', 'SYNCML:SYNCML1.2', 'syncml:metinf', 'syncml:dmddf1.2'].includes(namespace);
  return known && content.every((part) => typeof part === 'string' || !isElement(part) || hasNoMarkup(part));
}

/** True when no Data has child elements. */
function hasNoMarkup(element: Element): boolean {
  const children = element.content.filter(isElement);
  return (element.name !== 'Data' || children.length === 0) && children.every(hasNoMarkup);
}

test('values that are kept do not keep the other values of their WBXML message in memory', async () => {
  const bytes = Buffer.concat([
    bytesOf(`02 A4 01 6A 15 "AVeryLongCommandName" 00 ${SHORT} 01 6B 44 00 01
      45 54 4F C3 03 00 01 02 01 01 01 45 54 4F 44 00 03 "a text that is long" 00 01 01 01 01
      45 54 4F 03 "a value longer than a slice" 00 01 01 01 53 54 4F C3 9A 80 00`),
    new Uint8Array(26 * 128 * 128),
    bytesOf('01 01 01 01 01'),
  ]);
  // The messages are 20 MB, and as much again as text.
  const limit = 4_000_000;
  const grown = await keptMemory(
    () =>
      Array.from({ length: 50 }, () => {
        const { header, commands } = decodeMessage(new Uint8Array(bytes), WBXML).message;
        expect(commands).toHaveLength(5);
        return [header, commands.slice(0, 4)];
      }),
    limit,
  );
  expect(grown).toBeLessThan(limit);
});

describe('the error for a refused WBXML message has the offset', () => {
  test.each([
    ['an unknown token', '02 A4 01 6A 00 6D 70 01 01', 'ERR_WBXML_SYNTAX', 6],
    ['XML text', '"<?xml version=\'1.0\'?>"', 'ERR_WBXML_SYNTAX', 0],
    ['deep nesting', `02 A4 01 6A 00 6D 6B ${'48 '.repeat(70)}`, 'ERR_WBXML_LIMIT', 69],
  ])('the message has %s', (_, listing, code, offset) => {
    let caught: unknown;
    try {
      decodeMessage(bytesOf(listing), WBXML);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(DecodeError);
    expect(caught).toMatchObject({ code, place: { offset } });
  });
});
