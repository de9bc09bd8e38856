/** The plain readers return what the readers by way of a tree return, or decline. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage } from '../../src/syncml/codec.ts';
import type { Command, Item, SyncmlMessage } from '../../src/syncml/message.ts';
import { formatMessage } from '../../src/syncml/serialize.ts';
import { encodeWbxmlMessage } from '../../src/syncml/serialize-wbxml.ts';
import { plainWbxml, plainXml } from '../support/syncml/two-readings.ts';
import { bytesOf } from '../wbxml/bytes.ts';
import { message } from './arbitraries.ts';

const HEADER =
  '<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>u' +
  '</LocURI></Target><Source><LocURI>IMEI:1</LocURI></Source></SyncHdr>';
const ALERT = '<Alert><CmdID>1</CmdID><Data>1201</Data></Alert>';

function inBody(commands: string): string {
  return `<SyncML xmlns="SYNCML:SYNCML1.2">${HEADER}<SyncBody>${commands}<Final/></SyncBody></SyncML>`;
}

function inItem(children: string): string {
  return inBody(`<Results><CmdID>1</CmdID><CmdRef>2</CmdRef><Item>${children}</Item></Results>`);
}

function inHeader(children: string): string {
  return inBody('').replace('</SyncHdr>', `${children}</SyncHdr>`);
}

function inMeta(children: string): string {
  return inItem(`<Meta>${children}</Meta>`);
}

/** The commands that the plain readers read, and Data without markup; some Data are bytes. */
const plainMessage = fc.tuple(message, fc.boolean()).map(([{ header, commands, final }, areBytes]): SyncmlMessage => {
  return { header, commands: commands.filter(isPlain).map((command) => withPlainData(command, areBytes)), final };
});

function isPlain({ name }: Command): boolean {
  return name === 'Status' || name === 'Results' || name === 'Alert' || name === 'Replace';
}

function withPlainData(command: Command, areBytes: boolean): Command {
  if (!('items' in command)) return command;
  return { ...command, items: command.items.map((item) => plainItem(item, areBytes)) };
}

function plainItem({ data, ...rest }: Item, areBytes: boolean): Item {
  if (data === undefined) return rest;
  const text = typeof data === 'string' ? data : 'a long value in place of markup';
  return { ...rest, data: areBytes ? new Uint8Array(Buffer.from(text)) : text };
}

/** A change of a document: at a part of its length, some characters are replaced by a fragment. */
interface Change<T> {
  readonly part: number;
  readonly removed: number;
  readonly fragment: T;
}

function changes<T>(fragments: readonly T[], offsets: fc.Arbitrary<number>): fc.Arbitrary<readonly Change<T>[]> {
  const change = fc.record({
    part: offsets,
    removed: fc.constantFrom(0, 0, 0, 1, 5),
    fragment: fc.constantFrom(...fragments),
  });
  return fc.array(change, { minLength: 1, maxLength: 3 });
}

const part = fc.double({ min: 0, max: 1, noNaN: true });

const XML_FRAGMENTS = [
  '',
  ' ',
  '\n',
  '\r\n',
  '\0',
  '\u0001',
  '>',
  ']]>',
  '&amp;',
  '&#65;',
  '&#0;',
  '&x;',
  '&',
  'é',
  '名',
  '😀',
  '\ufffe',
  '\ud800',
  '<!-- c -->',
  '<?pi x?>',
  '<![CDATA[<x>]]>',
  '<b/>',
  '<b>',
  '</b>',
  '<p:b xmlns:p="u"/>',
  '<Data/>',
  '<Data>x</Data>',
  '<Meta/>',
  '<LocURI>again</LocURI>',
  '<CmdID/>',
  '<Item/>',
  '<Size>x</Size>',
  '<Final/>',
  ' xmlns="syncml:metinf"',
  " xmlns='syncml:metinf'",
  ' xmlns=""',
  ' xmlns="SYNCML:SYNCML1.2"',
  ' a="b"',
  '/',
  'p:',
];

/** The places right before and right after a tag, and at the end of a name, where a change is most likely to be well-formed. */
function changedXml(text: string, list: readonly Change<string>[]): string {
  let changed = text;
  for (const { part: where, removed, fragment } of list) {
    const places = [...changed.matchAll(/[<>]|(?<=<\/?\w+)\b|\/>/gu)].map(({ index }, at) => index + (at % 2));
    const at = places[Math.floor(where * (places.length - 1))] ?? 0;
    changed = changed.slice(0, at) + fragment + changed.slice(at + removed);
  }
  return changed;
}

const XML = 'application/vnd.syncml.dm+xml';

describe('the plain reader of XML', () => {
  test('the plain reader of XML reads each plain message as the tree says', () => {
    fc.assert(
      fc.property(plainMessage, fc.boolean(), fc.constantFrom('', '\n', '\r\n  '), (sent, hasApostrophes, gap) => {
        const text = formatMessage(sent).replaceAll('><', `>${gap}<`);
        expect(plainXml(hasApostrophes ? withApostrophes(text) : text)).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  test('the plain reader of XML reads no message otherwise than the tree', () => {
    fc.assert(
      fc.property(message, (sent) => {
        plainXml(formatMessage(sent));
      }),
      { numRuns: 1000 },
    );
  });

  test('the plain reader of XML reads no changed message otherwise than the tree', () => {
    fc.assert(
      fc.property(plainMessage, changes(XML_FRAGMENTS, part), (sent, list) => {
        plainXml(changedXml(formatMessage(sent), list));
      }),
      { numRuns: 10_000 },
    );
  });

  test.each([
    ['no XML declaration', inBody(ALERT)],
    ['an XML declaration', `<?xml version="1.0"?>\n${inBody(ALERT)}\r\n`],
    ['a comment before the root', `<!-- c -->${inBody(ALERT)}`],
    ['the namespace of 1.1 in apostrophes', inBody(ALERT).replace('"SYNCML:SYNCML1.2"', "'SYNCML:SYNCML1.1'")],
    ['white space between elements', inBody(`\r\n\t ${ALERT}`)],
    ['white space around a text', inBody('<Alert><CmdID> 1\n</CmdID><Data>\t1201 </Data></Alert>')],
    ['Data with white space', inItem('<Data> a\n</Data>')],
    ['references', inItem('<Data>&lt;a&gt; &#x41;&#10;&amp;amp;</Data>')],
    ['letters beyond ASCII', inItem('<Data>ß名，😀</Data>')],
    ['`>` in a text', inItem('<Data>a > b ]> ]]</Data>')],
    ['empty elements of both forms', inItem('<Target><LocURI/></Target><Meta></Meta><Data></Data><MoreData/>')],
    ['addresses without LocURI', inItem('<Target/><Source><LocName>n</LocName></Source>')],
    ['an element twice', inItem('<Data>a</Data><Data>b</Data><Meta/><Meta><Size>1</Size></Meta>')],
    ['a CmdID twice', inBody('<Alert><CmdID>1</CmdID><CmdID>2</CmdID></Alert>')],
    ['a command without CmdID', inBody('<Replace><Meta/></Replace>')],
    ['a Status without references', inBody('<Status><CmdID>1</CmdID><Cmd>SyncHdr</Cmd><Data>x</Data></Status>')],
    ['Results without MsgRef', inBody('<Results><CmdID>1</CmdID><TargetRef>./a</TargetRef></Results>')],
    ['Meta that declares MetInf', inItem('<Meta xmlns="syncml:metinf"><Type>t</Type></Meta>')],
    ['children that declare MetInf', inMeta('<Type xmlns=\'syncml:metinf\'>t</Type><Mark xmlns="syncml:metinf"/>')],
    ['MetInf that one child does not declare', inMeta('<Type xmlns="syncml:metinf">t</Type><Mark>m</Mark>')],
    [
      'a Meta without declaration after one with it',
      inItem('<Meta xmlns="syncml:metinf"/><Meta><Size>1</Size></Meta>'),
    ],
    ['Size that is not a number', inMeta('<Size>many</Size>')],
    ['a Chal', inBody('<Status><CmdID>1</CmdID><Chal><Meta><NextNonce>Zg==</NextNonce></Meta></Chal></Status>')],
    ['a Cred and a RespURI', inHeader('<Cred><Meta/><Data>Zg==</Data></Cred><RespURI>u</RespURI>')],
    ['MsgID twice, the second one not a number', inHeader('<MsgID>x</MsgID>')],
    ['SessionID twice, the second one empty', inHeader('<SessionID/>')],
  ])('the plain reader of XML reads %s', (_, text) => {
    expect(plainXml(text)).toBeDefined();
  });

  test.each([
    ['a DOCTYPE', `<!DOCTYPE SyncML SYSTEM "a">${inBody(ALERT)}`],
    ['a long prolog', `<!-- ${'c'.repeat(1_024)} -->${inBody(ALERT)}`],
    ['no root namespace', inBody(ALERT).replace(/ xmlns="[^"]*"/u, '')],
    ['a root of another namespace', inBody(ALERT).replace('1.2"', '1.0"')],
    ['a root with a second attribute', inBody(ALERT).replace('1.2"', '1.2" a="b"')],
    ['an element of another namespace', inItem('<Data xmlns="u">a</Data>')],
    ['MetInf declared outside Meta', inItem('<Data xmlns="syncml:metinf">a</Data>')],
    ['MetInf declared for the whole Item', inBody('<Alert><Item xmlns="syncml:metinf"/></Alert>')],
    ['a declaration twice', inMeta('<Type xmlns="syncml:metinf" xmlns="syncml:metinf">t</Type>')],
    ['a prefix', inItem('<p:Data xmlns:p="SYNCML:SYNCML1.2">a</p:Data>')],
    ['white space in a start tag', inItem('<Data >a</Data>')],
    ['white space in an end tag', inItem('<Data>a</Data >')],
    ['a name that continues', inItem('<DataX>a</DataX>')],
    ['an end tag of another name', inItem('<Data>a</Datb>')],
    ['an end tag that continues', inItem('<Data>a</DataX>')],
    ['text in place of an element', inItem('a')],
    ['a comment', inItem('<!-- c --><Data>a</Data>')],
    ['a comment in a text', inItem('<Data>a<!-- c --></Data>')],
    ['a CDATA section', inItem('<Data><![CDATA[a]]></Data>')],
    ['markup', inItem('<Data><MgmtTree/></Data>')],
    ['an unknown entity', inItem('<Data>&nbsp;</Data>')],
    ['a reference without end', inItem('<Data>&amp</Data>')],
    ['a reference to NUL', inItem('<Data>&#0;</Data>')],
    ['the end of a CDATA section in a text', inItem('<Data>]]></Data>')],
    ['CR in a text', inItem('<Data>a\r\nb</Data>')],
    ['NUL at the end of a text', inItem('<Data>a\0</Data>')],
    ['a control character', inItem('<Data>\u0001</Data>')],
    ['U+FFFE', inItem('<Data>\ufffe</Data>')],
    ['a surrogate without its other half', inItem('<Data>\ud800</Data>')],
    ['a URI that is not inside LocURI', inItem('<Source>./a</Source>')],
    ['a TargetRef with LocURI', inBody('<Results><TargetRef><LocURI>a</LocURI></TargetRef></Results>')],
    ['a wrapper in Meta', inMeta('<MetInf><Size>1</Size></MetInf>')],
    ['a Chal with two Metas', inBody('<Status><Chal><Meta/><Meta/></Chal></Status>')],
    ['an element that DM does not use', inBody('<Alert><CmdID>1</CmdID><NoResp/></Alert>')],
    ['a Sequence', inBody('<Sequence><CmdID>1</CmdID></Sequence>')],
    ['an unknown command', inBody('<Search/>')],
    ['a second SyncBody', inBody('').replace('</SyncML>', '<SyncBody/></SyncML>')],
    ['a body before the header', '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncBody/></SyncML>'],
    ['a header without SessionID', inBody('').replace('<SessionID>1</SessionID>', '')],
    ['a header without a MsgID of 1 or more', inBody('').replace('<MsgID>1<', '<MsgID>0<')],
    ['a second root', `${inBody('')}<a/>`],
    ['a comment after the root', `${inBody('')}<!-- c -->`],
    ['no end', inBody('').slice(0, -1)],
    ['a message without content', '<SyncML xmlns="SYNCML:SYNCML1.2"/>'],
    ['nothing', ''],
  ])('the plain reader of XML declines %s', (_, text) => {
    expect(plainXml(text)).toBeUndefined();
  });

  test('the plain reader of XML leaves very many elements to the tree', () => {
    // The root, header and its children, body, Alert and Final have 13 elements.
    const items = (count: number) => inBody(`<Alert>${'<Item/>'.repeat(count)}</Alert>`);
    expect(plainXml(items(9_987))).toBeDefined();
    expect(plainXml(items(9_988))).toBeUndefined();
    // The first declaration of a namespace counts like two elements.
    const [alert] = decodeMessage(Buffer.from(items(99_985)), XML).message.commands;
    expect(alert).toMatchObject({ items: { length: 99_985 } });
    expect(() => decodeMessage(Buffer.from(items(99_986)), XML)).toThrow('more elements');
  });

  test('the plain reader of XML leaves very long texts with references to the tree', () => {
    const data = (length: number) => `<Data>${'&lt;'.repeat(length / 4)}</Data>`;
    expect(plainXml(inItem(data(65_536)))).toBeDefined();
    expect(plainXml(inItem(data(65_540)))).toBeUndefined();
    expect(plainXml(inItem(data(32_768) + data(32_772)))).toBeUndefined();
    expect(plainXml(inItem(`<Data>${'a'.repeat(500_000)}</Data>${data(40)}`))).toBeDefined();
  });
});

function withApostrophes(text: string): string {
  return text.replaceAll(/ xmlns="([\w:.]+)"/gu, " xmlns='$1'");
}

const WBXML_HEADER = '02 A4 01 6A 00';
const WBXML_SYNC_HDR = `6C 71 03 "1.2" 00 01 72 03 "DM/1.2" 00 01 65 03 "1" 00 01 5B 03 "1" 00 01 6E 57 03 "T" 00 01 01
  67 57 03 "S" 00 01 01 01`;

/** A message with one Alert that has one Item. */
function wbxmlItem(children: string): Uint8Array {
  return bytesOf(`${WBXML_HEADER} 6D ${WBXML_SYNC_HDR} 6B 46 4B 03 "1" 00 01 54 ${children} 01 01 12 01 01`);
}

const WBXML_FRAGMENTS = [
  '',
  '00 00',
  '00 01',
  '00 02',
  '01',
  '03 "a" 00',
  '03 00',
  '02 26',
  '04 00',
  '43 05 01',
  '83 00',
  'C3 02 41 00',
  'C3 00',
  '4F 03 "x" 00 01',
  '4F C3 01 41 01',
  '0F',
  '5A',
  '87 05 01',
  '7F',
  '05',
].map(bytesOf);

function changedBytes(document: Uint8Array, list: readonly Change<Uint8Array>[]): Uint8Array {
  let changed = document;
  for (const { part: where, removed, fragment } of list) {
    const at = Math.floor(where * changed.length);
    changed = Buffer.concat([changed.subarray(0, at), fragment, changed.subarray(at + removed)]);
  }
  return new Uint8Array(changed);
}

const encoding = fc.record({
  wbxmlVersion: fc.constantFrom('1.0', '1.1', '1.2', '1.3'),
  textPublicId: fc.boolean(),
});

describe('the plain reader of WBXML', () => {
  test('the plain reader of WBXML reads each plain message as the tree says', () => {
    fc.assert(
      fc.property(plainMessage, encoding, (sent, form) => {
        // Text that XML cannot hold is written in another form.
        expect(plainWbxml(encodeWbxmlMessage(sent, form))).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  test('the plain reader of WBXML reads no message otherwise than the tree', () => {
    fc.assert(
      fc.property(message, encoding, (sent, form) => {
        plainWbxml(encodeWbxmlMessage(sent, form));
      }),
      { numRuns: 1000 },
    );
  });

  test('the plain reader of WBXML reads no changed message otherwise than the tree', () => {
    fc.assert(
      fc.property(plainMessage, changes(WBXML_FRAGMENTS, part), (sent, list) => {
        plainWbxml(changedBytes(encodeWbxmlMessage(sent), list));
      }),
      { numRuns: 10_000 },
    );
  });

  test.each([
    ['inline strings', wbxmlItem('4F 03 "a" 00 01')],
    ['an empty inline string', wbxmlItem('4F 03 00 01')],
    ['elements without content', wbxmlItem('0F 34')],
    ['elements with an END only', wbxmlItem('4F 01')],
    ['opaque Data', wbxmlItem('4F C3 03 41 00 FF 01')],
    ['Meta on the page of MetInf', wbxmlItem('5A 00 01 53 03 "t" 00 01 00 00 01')],
    ['Format on the page of DDF', wbxmlItem('5A 00 02 5C 03 "chr" 00 01 00 00 01')],
    ['Meta whose end is on the page of MetInf', wbxmlItem('5A 00 01 53 03 "t" 00 01 01 00 00 0F')],
    ['an element twice', wbxmlItem('4F 03 "a" 00 01 4F 03 "b" 00 01')],
    ['letters beyond ASCII', wbxmlItem('4F 03 C3 9F 00 01')],
  ])('the plain reader of WBXML reads %s', (_, bytes) => {
    expect(plainWbxml(bytes)).toBeDefined();
  });

  test.each([
    ['an unknown document type', bytesOf(`02 01 6A 00 6D ${WBXML_SYNC_HDR} 6B 12 01 01`)],
    ['SyncML 1.0', bytesOf(`02 9F 51 6A 00 6D ${WBXML_SYNC_HDR} 6B 12 01 01`)],
    ['ISO-8859-1', bytesOf(`02 A4 01 04 00 6D ${WBXML_SYNC_HDR} 6B 12 01 01`)],
    ['a root with attributes', bytesOf(`${WBXML_HEADER} ED 05 01 ${WBXML_SYNC_HDR} 6B 12 01 01`)],
    ['a root without content', bytesOf(`${WBXML_HEADER} 2D`)],
    ['another root', bytesOf(`${WBXML_HEADER} 6C 6C 01 6B 01 01`)],
    ['text in place of an element', wbxmlItem('03 "a" 00')],
    ['two strings', wbxmlItem('4F 03 "a" 00 03 "b" 00 01')],
    ['a string beside opaque Data', wbxmlItem('4F 03 "a" 00 C3 01 41 01')],
    ['two pieces of opaque Data', wbxmlItem('4F C3 01 41 C3 01 41 01')],
    ['opaque data in another element', wbxmlItem('67 57 C3 01 41 01 01')],
    ['an entity', wbxmlItem('4F 02 26 01')],
    ['a reference to the string table', wbxmlItem('4F 83 00 01')],
    ['a literal', wbxmlItem('04 00')],
    ['attributes', wbxmlItem('CF 05 01 03 "a" 00 01')],
    ['a processing instruction', wbxmlItem('43 05 01')],
    ['an unknown page', wbxmlItem('00 03 4F 01')],
    ['a page switch in a text', wbxmlItem('4F 03 "a" 00 00 00 01')],
    ['markup', wbxmlItem('4F 14 01')],
    ['a string without end', wbxmlItem('4F 03 "a"').subarray(0, -7)],
    ['a string that is not UTF-8', wbxmlItem('4F 03 FF 00 01')],
    ['opaque Data longer than the body', wbxmlItem('4F C3 7F 41 01')],
    ['content after the root', Buffer.concat([wbxmlItem('0F'), Buffer.of(1)])],
    ['no end', wbxmlItem('0F').subarray(0, -1)],
    ['nothing', new Uint8Array()],
  ])('the plain reader of WBXML declines %s', (_, bytes) => {
    expect(plainWbxml(bytes)).toBeUndefined();
  });

  test('the plain reader of WBXML leaves very many elements to the tree', () => {
    // The root, header and its children, body, Alert, CmdID, two Items and Final have 16 elements.
    const items = (count: number) => wbxmlItem(`01 ${'14 '.repeat(count)} 54`);
    expect(plainWbxml(items(9_984))).toBeDefined();
    expect(plainWbxml(items(9_985))).toBeUndefined();
    const pieces = (count: number) => wbxmlItem('4F C3 00 01 '.repeat(count));
    expect(plainWbxml(pieces(4_992))).toBeDefined();
    expect(plainWbxml(pieces(4_993))).toBeUndefined();
  });
});

const TRANSCRIPTS = new URL('../transcripts/', import.meta.url);

/** The messages of the devices in a transcript, without their placeholders. */
function messagesOf(file: string): readonly string[] {
  const text = readFileSync(new URL(file, TRANSCRIPTS), 'utf8');
  return [...text.matchAll(/^### device → bridge[^#]*?```\w*\n[^<`]*(<[^`]*)```/gmsu)].map(([, body = '']) =>
    body.replaceAll(/\{\{[^}]*\}\}/gu, 'x'),
  );
}

describe('the messages of the transcripts', () => {
  const messages = readdirSync(TRANSCRIPTS)
    .filter((file) => file.endsWith('.md'))
    .flatMap(messagesOf);

  test('most messages of the transcripts have the plain form, and none is read otherwise than by way of a tree', () => {
    const plain = messages.filter((text) => plainXml(text.trim()) !== undefined);
    expect(messages.length).toBeGreaterThan(40);
    expect(plain.length / messages.length).toBeGreaterThan(0.8);
  });
});
