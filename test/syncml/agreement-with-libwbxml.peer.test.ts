/** The codec and libwbxml agree: each reads what the other writes. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SYNCML_1_1, SYNCML_1_2, SYNCML_TABLES } from '../../src/syncml/code-pages.ts';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import { decodeEmbedded, TNDS_WBXML_TYPE, TNDS_XML_TYPE } from '../../src/syncml/embedded-document.ts';
import { formatMessage } from '../../src/syncml/serialize.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { decodeWbxml } from '../../src/wbxml/decode.ts';
import { type Content, type Element, isElement } from '../../src/wbxml/element.ts';
import { encodeWbxml } from '../../src/wbxml/encode.ts';
import { toElement } from '../support/syncml/message-tree.ts';
import { wbxmlToXml, xmlToWbxml } from '../wbxml/libwbxml.ts';
import { message } from './arbitraries.ts';
import { canonical } from './reference-xml-readers.ts';
import { ADD_TNDS, PACKAGE_1, PACKAGE_2 } from './wbxml-examples.ts';

const WBXML = 'application/vnd.syncml.dm+wbxml';
const XML = 'application/vnd.syncml.dm+xml';
const FOLDER = new URL('../transcripts/', import.meta.url);

/** All messages of devices and to devices in the transcripts. */
const transcripts = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.md'))
  .map((name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    return { name, documents: [...text.matchAll(/^<SyncML[\s\S]*?^<\/SyncML>/gmu)].map(([document]) => document) };
  })
  .filter(({ documents }) => documents.length > 0);

/** Makes trees comparable: opaque text becomes text, and white space between elements is left out. */
function comparable(element: Element): Element {
  const content = element.content.map((part): Content => {
    if (isElement(part)) return comparable(part);
    return typeof part === 'string' ? part : Buffer.from(part).toString('utf8');
  });
  const { name, namespace, content: joined } = canonical({ ...element, content });
  const kept = joined.some(isElement)
    ? joined.filter((part) => typeof part !== 'string' || part.trim() !== '')
    : joined.map((part) => (part === TNDS_WBXML_TYPE && name === 'Type' ? TNDS_XML_TYPE : part));
  return { name, namespace, content: kept };
}

describe('the transcripts', () => {
  test('the transcripts have messages', () => {
    expect(transcripts.flatMap(({ documents }) => documents).length).toBeGreaterThan(30);
  });

  test.each(transcripts)('$name: the codec reads what libwbxml writes', ({ documents }) => {
    for (const document of documents) {
      const expected = comparable(parseXml(document));
      for (const [version, stringTable] of FORMS) {
        const read = decodeWbxml(xmlToWbxml(document, version, stringTable), SYNCML_TABLES);
        expect(read.version).toBe(version);
        expect(comparable(read.root)).toEqual(expected);
      }
    }
  });

  test.each(transcripts)('$name: libwbxml reads what the codec writes', ({ documents }) => {
    for (const document of documents) {
      const root = parseXml(document);
      const type = root.namespace === 'SYNCML:SYNCML1.1' ? SYNCML_1_1 : SYNCML_1_2;
      expect(comparable(parseXml(wbxmlToXml(encodeWbxml(root, { type }))))).toEqual(comparable(root));
      const parsed = decodeMessage(Buffer.from(document), XML).message;
      const xml = wbxmlToXml(encodeMessage(parsed, WBXML));
      expect(comparable(parseXml(xml))).toEqual(comparable(toElement(parsed)));
    }
  });
});

const FORMS = [
  ['1.1', true],
  ['1.2', false],
  ['1.3', true],
] as const;

describe('the examples', () => {
  // libwbxml cannot read elements of TNDS in Data, because it has no page 2 in SyncML.
  test.each([PACKAGE_1, PACKAGE_2])('$name: libwbxml reads the same tree', ({ bytes }) => {
    expect(comparable(parseXml(wbxmlToXml(bytes)))).toEqual(comparable(decodeWbxml(bytes, SYNCML_TABLES).root));
  });

  test('libwbxml reads an embedded document as elements of Type XML', () => {
    const [command] = decodeMessage(Buffer.from(wbxmlToXml(ADD_TNDS.bytes)), XML).message.commands;
    const { data, meta } = command?.name === 'Add' ? (command.items[0] ?? {}) : {};
    const [opaque] = ADD_TNDS.message.commands.flatMap((one) => (one.name === 'Add' ? one.items : []));
    if (!(opaque?.data instanceof Uint8Array) || !Array.isArray(data)) throw new Error('no document');
    expect(meta?.type).toBe(TNDS_XML_TYPE);
    expect(data).toEqual([decodeEmbedded(opaque.data)]);
  });

  test('the codec reads the document that libwbxml makes of TNDS elements', () => {
    const xml = wbxmlToXml(ADD_TNDS.bytes);
    const [command] = decodeMessage(xmlToWbxml(xml), WBXML).message.commands;
    const [item] = command?.name === 'Add' ? command.items : [];
    if (!(item?.data instanceof Uint8Array)) throw new Error('no document');
    const [given] = ADD_TNDS.message.commands.flatMap((one) => (one.name === 'Add' ? one.items : []));
    if (!(given?.data instanceof Uint8Array)) throw new Error('no document');
    expect(item.meta?.type).toBe(TNDS_WBXML_TYPE);
    expect(decodeEmbedded(item.data)).toEqual(decodeEmbedded(given.data));
  });
});

/**
 * True for a tree that libwbxml can convert. It has no tokens for markup in Data and for some tags, drops white space, does
 * not escape the end of a CDATA section, and changes line ends.
 */
function isConvertible(element: Element): boolean {
  const children = element.content.filter(isElement);
  const text = element.content.filter((part) => typeof part === 'string').join('');
  if (element.name === 'X' || (element.name === 'Data' && children.length > 0)) return false;
  if (element.name === 'Correlator' && element.namespace === 'SYNCML:SYNCML1.1') return false;
  return !/[\r\n]|\]\]>/u.test(text) && (text === '' || text.trim() !== '') && children.every(isConvertible);
}

describe('generated messages', () => {
  test('libwbxml reads a generated message that the codec writes', () => {
    fc.assert(
      fc.property(message, (original) => {
        const tree = toElement(original);
        fc.pre(isConvertible(tree));
        expect(comparable(parseXml(wbxmlToXml(encodeMessage(original, WBXML))))).toEqual(comparable(tree));
      }),
      { numRuns: 1000 },
    );
  });

  test('the codec reads a generated message that libwbxml writes', () => {
    fc.assert(
      fc.property(message, fc.constantFrom(...FORMS), (original, [version, stringTable]) => {
        const tree = toElement(original);
        fc.pre(isConvertible(tree));
        const { root } = decodeWbxml(xmlToWbxml(formatMessage(original), version, stringTable), SYNCML_TABLES);
        expect(comparable(root)).toEqual(comparable(tree));
      }),
      { numRuns: 1000 },
    );
  });
});
