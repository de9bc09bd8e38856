/** Markup inside Data is the value that it would be had it come escaped. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toPlainItem } from '../../src/dm1/plain-item.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import { decodeMessage } from '../../src/syncml/codec.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { type Element, isElement } from '../../src/wbxml/element.ts';
import { parseTnds } from '../../src/xml-data/tnds.ts';
import { DM_XML } from '../e2e/scripted-device.ts';
import { bytesOf } from '../wbxml/bytes.ts';
import { meaning, readWithSaxes } from './reference-xml-readers.ts';
import { xmlElement } from './xml-arbitraries.ts';

const SYNCML = 'SYNCML:SYNCML1.2';
const HEADER =
  '<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID>' +
  '<Target><LocURI>s</LocURI></Target><Source><LocURI>d</LocURI></Source></SyncHdr>';

function message(data: string, declarations = ''): string {
  const item = `<Item><Data>${data}</Data></Item>`;
  return `<SyncML xmlns="${SYNCML}" ${declarations}>${HEADER}<SyncBody><Results><CmdID>1</CmdID><CmdRef>1</CmdRef>${item}</Results></SyncBody></SyncML>`;
}

/** The value of the only Item of a message. */
function valueIn(body: Uint8Array, contentType = DM_XML): string | undefined {
  const [results] = decodeMessage(body, contentType).message.commands;
  const [item] = results !== undefined && 'items' in results ? results.items : [];
  return item === undefined ? undefined : toPlainItem(item).data;
}

const valueInXml = (data: string, declarations?: string) => valueIn(Buffer.from(message(data, declarations)));
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

describe('markup in the Data of an XML message', () => {
  test.each([
    '<rule id="r1" action="deny">usb</rule><rule id="r2" action="allow"/>',
    '<doc id="7" checksum="A1" state="60"/>',
    '<a b="&lt;&amp;&quot;" c="x&#10;y&#9;z"/>',
    'before <b>x</b> between <c/> after',
    '\n  <a>\n    <b> x  </b>\n  </a>\n',
    '<a> &lt;b&gt; &amp;amp; ]]&gt; </a>',
    '<a xml:space="preserve" xml:lang="de"> </a>',
    '<a xmlns="urn:a"><b c="d"/><e xmlns="urn:e"><f xmlns="urn:a"/></e></a>',
    '<p:a xmlns:p="urn:p" p:b="c" d="e"><f/><p:g/></p:a>',
    '<a xmlns:p="urn:p" xmlns:q="urn:q" q:type="p:x"><b>p:y</b></a>',
    '<a xmlns:p="urn:1"><p:b><p:c xmlns:p="urn:2"/><p:d/></p:b></a>',
    '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree>',
    '<größe ß="ü€😀">\u0085</größe>',
  ])('%s is the same as in escaped form', (markup) => {
    expect(valueInXml(markup)).toBe(markup);
    expect(valueInXml(escaped(markup))).toBe(markup);
  });

  test.each([
    ['empty elements are written short', '<a></a>', '<a/>'],
    ['quotes become double', "<a b='\"' c='x'/>", '<a b="&quot;" c="x"/>'],
    ['white space inside of tags goes', '<a  b = "c"\n></a >', '<a b="c"/>'],
    ['white space in attributes is one space each', '<a b="x\n\ty"/>', '<a b="x  y"/>'],
    ['comments and processing instructions go', '<a><!-- x -->b<?y z?></a>', '<a>b</a>'],
    ['CDATA becomes text', '<a><![CDATA[<b>]]></a>', '<a>&lt;b&gt;</a>'],
    ['references become characters', '<a>&#65;&apos;</a>', "<a>A'</a>"],
    [
      'declarations come before other attributes',
      '<a b="c" xmlns:p="urn:p" p:d="e"/>',
      '<a xmlns:p="urn:p" b="c" p:d="e"/>',
    ],
    [
      'declarations that change nothing go',
      '<p:a xmlns:p="u"><p:b xmlns:p="u"/></p:a>',
      '<p:a xmlns:p="u"><p:b/></p:a>',
    ],
    ['the namespace of the message goes', `<a xmlns="${SYNCML}"><b xmlns=""/></a>`, '<a><b/></a>'],
  ])('%s', (_, markup, text) => {
    expect(valueInXml(markup)).toBe(text);
  });

  test.each([
    ['<p:a/>', 'xmlns:p="urn:p"', '<p:a xmlns:p="urn:p"/>'],
    ['<a><p:b/><p:c/></a>', 'xmlns:p="urn:p"', '<a xmlns:p="urn:p"><p:b/><p:c/></a>'],
    ['<a p:b="c"/>', 'xmlns:p="urn:p" xmlns:q="urn:q"', '<a xmlns:p="urn:p" p:b="c"/>'],
    ['<a/><p:b/>x<p:c/>', 'xmlns:p="urn:p"', '<a/><p:b xmlns:p="urn:p"/>x<p:c xmlns:p="urn:p"/>'],
    [
      '<a xsi:type="xs:int">5</a>',
      'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema"',
      '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema" xsi:type="xs:int">5</a>',
    ],
    ['<a><b>xs:int</b></a>', 'xmlns:xs="urn:xs"', '<a xmlns:xs="urn:xs"><b>xs:int</b></a>'],
    ['<a xmlns:p="urn:own"><p:b/></a>', 'xmlns:p="urn:p"', '<a xmlns:p="urn:own"><p:b/></a>'],
    ['<a/>', 'xmlns:p="urn:p"', '<a/>'],
  ])('%s declares what it takes from %s', (markup, declarations, text) => {
    expect(valueInXml(markup, declarations)).toBe(text);
  });

  test('a message whose own elements have a prefix gives the same values', () => {
    const xml = message('<a b="c"><p:d/></a>', 'xmlns:p="urn:p"');
    const prefixed = xml
      .replace(`xmlns="${SYNCML}"`, `xmlns:s="${SYNCML}"`)
      .replaceAll(/<(\/?)(Sync|Ver|Sess|Msg|Target|LocURI|Source|Results|Cmd|Item|Data)/gu, '<$1s:$2');
    expect(valueIn(Buffer.from(prefixed))).toBe('<a xmlns:p="urn:p" b="c"><p:d/></a>');
  });

  test('any markup means alone what it means in the message', () => {
    const text = fc.constantFrom('', ' ', 'x &amp; y', 'q:z');
    fc.assert(
      fc.property(fc.tuple(text, xmlElement, text, xmlElement, text), (parts) => {
        const data = parts.join('');
        const outer = 'xmlns:q="urn:q" xmlns:p="urn:outer"';
        const inMessage = dataIn(readWithSaxes(message(data, outer)));
        const alone = readWithSaxes(`<Data>${valueInXml(data, outer)}</Data>`);
        expect(meaning({ ...alone, namespace: '' }, '')).toEqual(meaning({ ...inMessage, namespace: '' }, SYNCML));
      }),
      { numRuns: 1000 },
    );
  });

  test('many prefixes and many elements take linear time', () => {
    const declarations = Array.from({ length: 60 }, (_, at) => `xmlns:p${at}="urn:${at}"`).join(' ');
    const nested = (inside: string) => `${`<a ${declarations}>`.repeat(40)}${inside}${'</a>'.repeat(40)}`;
    const data = nested('<p1:b p2:c="p3:d"/>'.repeat(20_000));
    expect(valueInXml(data, declarations)?.length).toBeGreaterThan(300_000);
    expect(valueInXml('<p1:b p2:c="p3:d"/>'.repeat(20_000), declarations)?.length).toBeGreaterThan(1_000_000);
  });
});

describe('markup in the Data of a WBXML message', () => {
  const HEAD = '02 A4 01 6A';
  const BODY =
    '6D 6C 71 03 "1.2" 00 01 72 03 "DM/1.2" 00 01 65 03 "1" 00 01 5B 03 "1" 00 01 6E 57 03 "s" 00 01 01 67 57 03 "d" 00 01 01 01 6B';

  test('a literal keeps its attributes and its namespace', () => {
    // <rule id="r1" xmlns="urn:r">usb<part/></rule>
    const table = '"rule" 00 "id" 00 "xmlns" 00 "part" 00';
    const data = '4F C4 00 04 05 03 "r" 00 03 "1" 00 04 08 03 "urn:r" 00 01 03 "usb" 00 04 0E 01 01';
    const bytes = bytesOf(`${HEAD} 13 ${table} ${BODY} 62 4B 03 "1" 00 01 4C 03 "1" 00 01 54 ${data} 01 01 12 01 01`);
    expect(valueIn(bytes, 'application/vnd.syncml.dm+wbxml')).toBe('<rule xmlns="urn:r" id="r1">usb<part/></rule>');
  });
});

test('markup of a WBXML message keeps characters that XML cannot hold', () => {
  expect(toPlainItem({ data: ['a\x01<', { name: 'b', namespace: '', content: ['c\x02&'] }] }).data).toBe(
    'a\x01&lt;<b>c\x02&amp;</b>',
  );
});

describe('markup in the Value of TNDS', () => {
  test('the value is the markup, without the namespace of the document', () => {
    const value = 'a &amp; <rule p:id="1">b &lt; c</rule><r2/>';
    const document = `<MgmtTree xmlns="syncml:dmddf1.2" xmlns:p="urn:p"><VerDTD>1.2</VerDTD><Node><NodeName>X</NodeName><RTProperties><Format><xml/></Format></RTProperties><Value>${value}</Value></Node></MgmtTree>`;
    const { root } = parseTnds(document, parseLocUri('./X'));
    expect(root.value).toBe('a &amp; <rule xmlns:p="urn:p" p:id="1">b &lt; c</rule><r2/>');
  });
});

/** The Data element of a message. */
function dataIn(element: Element): Element {
  const found = find(element, 'Data');
  if (found === undefined) throw new Error('no Data');
  return found;
}

function find(element: Element, name: string): Element | undefined {
  if (element.name === name && element.namespace === SYNCML) return element;
  for (const part of element.content) {
    const found = typeof part !== 'string' && isElement(part) ? find(part, name) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

test('the reader keeps attributes, and no start tag where there is nothing to keep', () => {
  expect(parseXml('<a xmlns="u"><b c="d"/></a>')).toEqual({
    name: 'a',
    namespace: 'u',
    content: [
      {
        name: 'b',
        namespace: 'u',
        content: [],
        startTag: {
          prefix: '',
          attributes: [{ prefix: '', name: 'c', namespace: '', value: 'd' }],
          declarations: undefined,
        },
      },
    ],
  });
});
