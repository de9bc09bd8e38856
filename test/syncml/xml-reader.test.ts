import { describe, expect, test } from 'vitest';
import type { DecodeError } from '../../src/errors.ts';
import type { XmlOptions } from '../../src/syncml/xml-options.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import type { Content, Element } from '../../src/wbxml/element.ts';
import { refusalOf } from '../support/refusal.ts';
import { canonical } from './reference-xml-readers.ts';

function el(name: string, content: readonly Content[] = [], namespace = ''): Element {
  return { name, namespace, content };
}

const READS: readonly (readonly [string, string, Element])[] = [
  ['an empty element', '<a/>', el('a')],
  ['white space in tags', '<a\n >x</a\t>', el('a', ['x'])],
  ['an empty element with white space', '<a />', el('a')],
  ['a known name', '<Data>x</Data>', el('Data', ['x'])],
  ['a known name with white space in its end tag', '<Data>x</Data >', el('Data', ['x'])],
  ['a name that starts like a known one', '<DataX><Data/></DataX>', el('DataX', [el('Data')])],
  ['an element inside one of the same name', '<Data><Data>x</Data></Data>', el('Data', [el('Data', ['x'])])],
  ['mixed content in order', '<a>1<b/>2<c>3</c>4</a>', el('a', ['1', el('b'), '2', el('c', ['3']), '4'])],
  ['white space between elements', '<a>\n <b/>\n</a>', el('a', ['\n ', el('b'), '\n'])],
  ['the five predefined entities', '<a>&amp;&lt;&gt;&quot;&apos;</a>', el('a', ['&<>"\''])],
  ['text around entities', '<a>x &amp; y &lt; z</a>', el('a', ['x & y < z'])],
  ['decimal and hexadecimal references', '<a>&#65;&#x42;&#x1F600;&#xd;</a>', el('a', ['AB\u{1F600}\r'])],
  ['an escaped reference once only', '<a>&amp;lt;</a>', el('a', ['&lt;'])],
  ['CDATA as it stands', '<a><![CDATA[<b>&amp;]]]]></a>', el('a', ['<b>&amp;]]'])],
  ['CDATA beside text', '<a>1<![CDATA[2]]>3</a>', el('a', ['123'])],
  ['empty CDATA', '<Data><![CDATA[]]></Data>', el('Data')],
  ['"]]" and ">" apart', '<a>]] > ]]&gt; ></a>', el('a', [']] > ]]> >'])],
  ['comments anywhere', '<!-- 1 --><a>x<!--2 - 3-->y</a><!---->', el('a', ['xy'])],
  ['processing instructions anywhere', '<?p?><a>x<?q r?s ?>y</a><?xml-s t?>', el('a', ['xy'])],
  ['an XML declaration', '<?xml version="1.0" encoding="UTF-8" standalone=\'yes\' ?>\n<a/>', el('a')],
  ['a byte order mark', '\uFEFF<?xml version="1.0"?><a/>', el('a')],
  ['line ends as LF', '<a>1\r\n2\r3\n4</a>', el('a', ['1\n2\n3\n4'])],
  ['line ends in CDATA as LF', '<a><![CDATA[1\r\n2\r]]></a>', el('a', ['1\n2\n'])],
  ['a default namespace', '<a xmlns="u"><b/></a>', el('a', [el('b', [], 'u')], 'u')],
  ['a default namespace in apostrophes', "<a xmlns='u'/>", el('a', [], 'u')],
  [
    'a default namespace that ends with its element',
    '<Meta xmlns="u"><Type xmlns="v">t</Type><Format>f</Format><Size xmlns="v"/><Mark/></Meta>',
    el('Meta', [el('Type', ['t'], 'v'), el('Format', ['f'], 'u'), el('Size', [], 'v'), el('Mark', [], 'u')], 'u'),
  ],
  ['a default namespace taken back', '<a xmlns="u"><b xmlns=""/><c/></a>', el('a', [el('b'), el('c', [], 'u')], 'u')],
  ['prefixes', '<p:a xmlns:p="u"><p:b/><c/></p:a>', el('a', [el('b', [], 'u'), el('c')], 'u')],
  ['a prefix with a known local name', '<p:Data xmlns:p="u">x</p:Data>', el('Data', ['x'], 'u')],
  [
    'a prefix declared anew inside',
    '<p:a xmlns:p="u"><p:b xmlns:p="v"><p:c/></p:b><p:d/></p:a>',
    el('a', [el('b', [el('c', [], 'v')], 'v'), el('d', [], 'u')], 'u'),
  ],
  ['a namespace with references', '<a xmlns="u&amp;v&#x20;"/>', el('a', [], 'u&v ')],
  ['attributes, which it drops', '<a b="1" c=\'"\' xml:space="preserve" d = "&lt;>"/>', el('a')],
  ['attributes of one local name in two namespaces', '<a xmlns:p="u" b="1" p:b="2"/>', el('a')],
  ['names beyond ASCII', '<é><名前 ü="1"/></é>', el('é', [el('名前')])],
  ['characters outside the BMP', '<a>\u{1F600}</a>', el('a', ['\u{1F600}'])],
];

const REFUSES: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['white space only', ' \n'],
  ['text only', 'hello'],
  ['a comment only', '<!-- a -->'],
  ['an unclosed element', '<a>'],
  ['an unclosed known element', '<Data>text'],
  ['an unclosed outer element', '<a><b></b>'],
  ['mismatched tags', '<a></b>'],
  ['mismatched known tags', '<Data>x</Item>'],
  ['crossed tags', '<a><b></a></b>'],
  ['an end tag that goes on', '<a></ab>'],
  ['a known end tag that goes on', '<Data></DataX>'],
  ['an end tag with an attribute', '<a></a b="1">'],
  ['an end tag too many', '<a/></a>'],
  ['a second root', '<a/><b/>'],
  ['text after the root', '<a/>x'],
  ['CDATA after the root', '<a/><![CDATA[x]]>'],
  ['text before the root', 'x<a/>'],
  ['CDATA before the root', '<![CDATA[x]]><a/>'],
  ['an entity that is not declared', '<a>&nbsp;</a>'],
  ['an entity of the object prototype', '<a>&constructor;</a>'],
  ['a bare ampersand', '<a>a & b</a>'],
  ['an ampersand at the end', '<a>&</a>'],
  ['a reference without semicolon', '<a>&amp</a>'],
  ['a reference with its semicolon in other text', '<a>&amp<b/>;</a>'],
  ['an empty reference', '<a>&;</a>'],
  ['a character reference without digits', '<a>&#;</a>'],
  ['a hexadecimal reference without digits', '<a>&#x;</a>'],
  ['a reference with capital X', '<a>&#X41;</a>'],
  ['a reference to a forbidden character', '<a>&#0;</a>'],
  ['a reference to a surrogate', '<a>&#xD800;</a>'],
  ['a reference to a non-character', '<a>&#xFFFE;</a>'],
  ['a reference beyond Unicode', '<a>&#x110000;</a>'],
  ['an endless reference', `<a>&#${'9'.repeat(400)};</a>`],
  ['a control character', '<a>\u0001</a>'],
  ['a NUL in a comment', '<a><!--\u0000--></a>'],
  ['a non-character', '<a>\uFFFF</a>'],
  ['a lone surrogate', '<a>\uD800</a>'],
  ['"]]>" in text', '<a>]]></a>'],
  ['"]]>" in later text', '<a><![CDATA[x]]>y<b/>z]]></a>'],
  ['"<" in text', '<a> < </a>'],
  ['an empty tag', '<></>'],
  ['an unclosed CDATA section', '<a><![CDATA[x</a>'],
  ['an unclosed comment', '<a><!-- x</a>'],
  ['"--" in a comment', '<a><!-- x -- y --></a>'],
  ['a comment that ends with "--->"', '<a><!-- x ---></a>'],
  ['an unclosed processing instruction', '<a><?p </a>'],
  ['a processing instruction without target', '<a><? p?></a>'],
  ['a processing instruction named xml', '<a><?XML x?></a>'],
  ['an XML declaration inside', '<a><?xml version="1.0"?></a>'],
  ['an XML declaration after white space', ' <?xml version="1.0"?><a/>'],
  ['an XML declaration without version', '<?xml encoding="UTF-8"?><a/>'],
  ['an XML declaration in the wrong order', '<?xml encoding="UTF-8" version="1.0"?><a/>'],
  ['an XML declaration of version 2', '<?xml version="2.0"?><a/>'],
  ['another declaration', '<a><!ELEMENT b></a>'],
  ['a DOCTYPE with an internal subset', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
  ['a DOCTYPE with an empty internal subset', '<!DOCTYPE a []><a/>'],
  ['a DOCTYPE with DTD and internal subset', '<!DOCTYPE a SYSTEM "u" [<!ENTITY % b SYSTEM "c">]><a/>'],
  ['a DOCTYPE without name', '<!DOCTYPE><a/>'],
  ['a DOCTYPE glued to its name', '<!DOCTYPEa><a/>'],
  ['a DOCTYPE with one keyword too many', '<!DOCTYPE a b><a/>'],
  ['a DOCTYPE with an unquoted DTD', '<!DOCTYPE a SYSTEM u><a/>'],
  ['an unclosed DOCTYPE', '<!DOCTYPE a <a/>'],
  ['a second DOCTYPE', '<!DOCTYPE a><!DOCTYPE a><a/>'],
  ['a DOCTYPE after the root', '<a/><!DOCTYPE a>'],
  ['a DOCTYPE within the root', '<a><!DOCTYPE a></a>'],
  ['an attribute twice', '<a b="1" b="2"/>'],
  ['a declaration twice', '<a xmlns="u" xmlns="u"/>'],
  ['an attribute twice under two prefixes', '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>'],
  ['an attribute without value', '<a b/>'],
  ['an attribute without quotes', '<a b=1/>'],
  ['an unclosed attribute', '<a b="1/>'],
  ['attributes without space between', '<a b="1"c="2"/>'],
  ['"<" in an attribute', '<a b="<"/>'],
  ['a bare ampersand in an attribute', '<a b="&"/>'],
  ['an unknown entity in an attribute', '<a b="&x;"/>'],
  ['a name that starts with a digit', '<1/>'],
  ['an attribute name that starts with a digit', '<a 1="1"/>'],
  ['a name with a foreign character', '<a×/>'],
  ['white space before a name', '< a/>'],
  ['a slash in the middle', '<a / >x</a>'],
  ['an undeclared prefix', '<p:a/>'],
  ['an undeclared prefix of an attribute', '<a p:b="1"/>'],
  ['a prefix out of scope', '<a><b xmlns:p="u"/><p:c/></a>'],
  ['a prefix of an empty element out of scope', '<a><p:b xmlns:p="u"/><p:c/></a>'],
  ['a prefix undeclared', '<a xmlns:p="u"><b xmlns:p=""/></a>'],
  ['the prefix xmlns declared', '<a xmlns:xmlns="u"/>'],
  ['the prefix xmlns on an element', '<xmlns:a/>'],
  ['the prefix xml for another namespace', '<a xmlns:xml="u"/>'],
  ['the xml namespace under another prefix', '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>'],
  ['the xml namespace as default', '<a xmlns="http://www.w3.org/XML/1998/namespace"/>'],
  ['the xmlns namespace', '<a xmlns="http://www.w3.org/2000/xmlns/"/>'],
  ['two colons', '<p:q:a xmlns:p="u"/>'],
  ['a colon at the end', '<p: xmlns:p="u"/>'],
  ['a colon at the start', '<:a/>'],
  ['a prefixed element closed by another prefix', '<p:a xmlns:p="u" xmlns:q="u"></q:a>'],
];

function refusal(text: string, options?: XmlOptions): DecodeError {
  return refusalOf(() => parseXml(text, options));
}

describe('parseXml', () => {
  test.each(READS)('parseXml reads %s', (_, text, expected) => {
    expect(canonical(parseXml(text))).toEqual(expected);
  });

  test.each(REFUSES)('parseXml refuses %s', (_, text) => {
    const { code, place } = refusal(text);
    expect(code).toBe('ERR_XML_SYNTAX');
    expect(place.offset).toBeGreaterThanOrEqual(0);
    expect(place.offset).toBeLessThanOrEqual(text.length);
  });

  test.each([
    '<!DOCTYPE SyncML>',
    '<!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML 1.1//EN" "http://www.syncml.org/docs/x_v11_20020215.dtd">',
    "<!DOCTYPE SyncML SYSTEM 'u>[' >",
    '<!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML 1.1//EN">',
  ])('parseXml accepts and reports %s', (doctype) => {
    const tolerated: string[] = [];
    const root = parseXml(`${doctype}<SyncML/>`, { onTolerated: (what) => tolerated.push(what) });
    expect(root).toEqual(el('SyncML'));
    expect(tolerated).toEqual(['doctype']);
  });

  test.each([
    ['a NUL at the end of a text', '<a>x\0</a>', el('a', ['x'])],
    ['a NUL at the end of a known element', '<Data>x\0</Data>', el('Data', ['x'])],
    ['a NUL alone', '<Data>\0</Data>', el('Data')],
    ['a NUL behind a reference', '<a>x&amp;\0</a>', el('a', ['x&'])],
    ['NULs in several elements', '<a><b>1\0</b>\0<Data>2\0</Data></a>', el('a', [el('b', ['1']), el('Data', ['2'])])],
    ['a NUL beside CRLF', '<a>\r\n<b>1\r\n\0</b></a>', el('a', ['\n', el('b', ['1\n'])])],
    ['a NUL between CDATA and an end tag', '<a><![CDATA[x]]>\0</a>', el('a', ['x'])],
  ])('parseXml drops and reports %s where trailing NULs are allowed, and only there', (_, text, expected) => {
    const tolerated: string[] = [];
    const root = parseXml(text, { trailingNul: true, onTolerated: (what) => tolerated.push(what) });
    expect(canonical(root)).toEqual(expected);
    expect(tolerated).toEqual(['trailing NUL']);
    expect(refusal(text)).toMatchObject({ code: 'ERR_XML_SYNTAX', place: { offset: text.indexOf('\0') } });
  });

  test.each([
    ['inside a text', '<a>x\0y</a>', 4],
    ['at the start of a text', '<a>\0x</a>', 3],
    ['before another NUL', '<a>x\0\0</a>', 4],
    ['before white space', '<a>x\0 </a>', 4],
    ['before CDATA', '<a>x\0<![CDATA[y]]></a>', 4],
    ['before a comment', '<a>x\0<!-- y --></a>', 4],
    ['before a processing instruction', '<a>x\0<?p?></a>', 4],
    ['before a reference', '<a>x\0&lt;</a>', 4],
    ['in CDATA', '<a><![CDATA[x\0<b>y]]></a>', 13],
    ['at the end of CDATA', '<a><![CDATA[x\0]]></a>', 13],
    ['in a comment', '<a><!--\0<b>--></a>', 7],
    ['in a processing instruction', '<a><?p \0<b>?></a>', 7],
    ['in an attribute', '<a b="\0"/>', 6],
    ['before the root', '\0<a/>', 0],
    ['after the root', '<a/>\0', 4],
    ['beside one at the end of a text', '<a><b>x\0</b>y\0z</a>', 13],
    ['beside one in a comment', '<a><b>x\0</b><!--\0<b>--></a>', 7],
  ])('parseXml refuses a NUL %s where trailing NULs are allowed', (_, text, offset) => {
    const error = refusal(text, { trailingNul: true });
    expect(error.code).toBe('ERR_XML_SYNTAX');
    expect(error.place.offset).toBe(offset);
  });

  test('parseXml refuses other control characters where trailing NULs are allowed', () => {
    expect(refusal('<a>x\0</a>'.replace('x', '\u0001'), { trailingNul: true }).place.offset).toBe(3);
  });

  test('parseXml does not report a document without DOCTYPE', () => {
    const tolerated: string[] = [];
    parseXml('<?xml version="1.0"?><!-- <!DOCTYPE a> --><a/>', { onTolerated: (what) => tolerated.push(what) });
    expect(tolerated).toEqual([]);
  });

  test.each([
    ['the wrong end tag', '<a>\n</b>', 6],
    ['the wrong end tag after CRLF', '<a>\r\n\r</b>', 8],
    ['the ampersand', '<a>12&x;</a>', 5],
    ['the forbidden character', '<a>12\u0001</a>', 5],
    ['the surrogate', '<a>123\uDC00</a>', 6],
    ['the second root', '<a/> <b/>', 5],
    ['the "]]>"', '<a>1]]>2</a>', 4],
  ])('the error has the offset of %s', (_, text, offset) => {
    expect(refusal(text).place.offset).toBe(offset);
  });

  test('parseXml reads 64 attributes of one element and refuses 65', () => {
    const many = (count: number) => `<a ${Array.from({ length: count }, (_, i) => `a${i}=""`).join(' ')}/>`;
    expect(parseXml(many(64)).name).toBe('a');
    expect(refusal(many(65)).code).toBe('ERR_XML_LIMIT');
  });

  test('a long name is cut short in the error message', () => {
    expect(refusal(`<${'a'.repeat(1000)}>`).message.length).toBeLessThan(80);
  });

  test('parseXml reads 64 elements inside each other and refuses 65', () => {
    const nested = (depth: number) => `${'<a>'.repeat(depth - 1)}<Data/>${'</a>'.repeat(depth - 1)}`;
    expect(parseXml(nested(64)).name).toBe('a');
    expect(refusal(nested(65)).code).toBe('ERR_XML_LIMIT');
    expect(parseXml(nested(65), { maxDepth: 65 }).name).toBe('a');
  });

  test('parseXml reads 100 000 elements and refuses one more', () => {
    const many = (count: number) => `<a>${'<b/>'.repeat(count - 1)}</a>`;
    expect(parseXml(many(100_000)).content).toHaveLength(99_999);
    expect(refusal(many(100_001)).code).toBe('ERR_XML_LIMIT');
    expect(refusal(many(3), { maxElements: 2 }).code).toBe('ERR_XML_LIMIT');
  });

  test('parseXml counts attributes like two elements, and repeated declarations of the default namespace not at all', () => {
    const text = '<a b="1"><c d="2" e="3"/></a>';
    expect(parseXml(text, { maxElements: 8 }).name).toBe('a');
    expect(refusal(text, { maxElements: 7 }).code).toBe('ERR_XML_LIMIT');
    const many = `<a xmlns="u">${'<b xmlns="u"/>'.repeat(3)}</a>`;
    // The first declaration counts like an attribute.
    expect(parseXml(many, { maxElements: 6 }).content).toHaveLength(3);
    expect(refusal(many, { maxElements: 5 }).code).toBe('ERR_XML_LIMIT');
  });

  test('parseXml counts attributes beside declared prefixes like four elements', () => {
    const text = '<a xmlns:p="u" b="1"/>';
    expect(parseXml(text, { maxElements: 9 }).name).toBe('a');
    expect(refusal(text, { maxElements: 8 }).code).toBe('ERR_XML_LIMIT');
  });
});
