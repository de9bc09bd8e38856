import { describe, expect, test } from 'vitest';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import { decodeTreeBytes, decodeXmlBytes, isWbxml, parseDataXml } from '../../src/xml-data/data-xml.ts';
import { refusalOf } from '../support/refusal.ts';

const TREE = { name: 'MgmtTree', namespace: 'syncml:dmddf1.2', content: [] };

describe('parseDataXml reads a DOCTYPE with an internal subset', () => {
  test.each([
    ['nothing', ''],
    ['white space', ' \n\t'],
    ['a comment', '<!-- a - comment -->'],
    ['a processing instruction', '<?oma-dm-ddf-ver supported-versions="1.2"?>'],
    ['a processing instruction with question marks', '<?p a ? b ??>'],
  ])('a subset of %s is accepted', (_, subset) => {
    expect(parseDataXml(`<!DOCTYPE MgmtTree [${subset}]><MgmtTree/>`).name).toBe('MgmtTree');
  });

  test.each([
    ['an entity', '<!ENTITY a "b">'],
    ['an element', '<!ELEMENT a ANY>'],
    ['a parameter entity', '%a;'],
    ['an entity after a processing instruction', '<?p?><!ENTITY a "b">'],
  ])('a subset that declares %s is refused', (_, subset) => {
    expect(refusalOf(() => parseDataXml(`<!DOCTYPE MgmtTree [${subset}]><MgmtTree/>`)).code).toBe('ERR_XML_SYNTAX');
  });

  test('brackets in the text of an element are not a subset', () => {
    expect(parseDataXml('<a>&lt;!DOCTYPE [ ]</a>').content.join('')).toBe('<!DOCTYPE [ ]');
    expect(parseDataXml('<a><![CDATA[<!DOCTYPE [ ]]]></a>').content).toEqual(['<!DOCTYPE [ ]']);
  });
});

describe('decodeXmlBytes finds the encoding', () => {
  test.each([
    ['UTF-8', Buffer.from('<a>é</a>')],
    ['UTF-8 with a byte order mark', Buffer.from('\uFEFF<a>é</a>')],
    ['UTF-16 in little-endian order', Buffer.from('\uFEFF<a>é</a>', 'utf16le')],
    ['UTF-16 in big-endian order', Buffer.from('\uFEFF<a>é</a>', 'utf16le').swap16()],
    ['UTF-16 without a byte order mark', Buffer.from('<a>é</a>', 'utf16le')],
  ])('a file in %s is decoded', (_, bytes) => {
    expect(decodeXmlBytes(bytes)).toBe('<a>é</a>');
  });

  test('a file in ISO-8859-1 is decoded by its XML declaration', () => {
    const text = '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>';
    expect(decodeXmlBytes(Buffer.from(text, 'latin1'))).toBe(text);
  });

  test('a file that is not in its encoding is refused', () => {
    expect(refusalOf(() => decodeXmlBytes(Buffer.from('<a>é</a>', 'latin1'))).code).toBe('ERR_XML_SYNTAX');
  });
});

test('decodeTreeBytes returns the XML text of a WBXML document', () => {
  const bytes = encodeEmbedded(TREE);
  expect(isWbxml(bytes)).toBe(true);
  expect(decodeTreeBytes(bytes)).toBe('<MgmtTree xmlns="syncml:dmddf1.2"/>');
});
