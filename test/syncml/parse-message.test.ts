import { describe, expect, test } from 'vitest';
import type { Command, Item } from '../../src/syncml/message.ts';
import { IncompleteHeaderError, type ParsedMessage, parseMessage } from '../../src/syncml/parse.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { type Content, type Element, isElement } from '../../src/wbxml/element.ts';
import { refusalOf } from '../support/refusal.ts';

const ADDRESSES = '<Target><LocURI>https://dm.example.com</LocURI></Target><Source><LocURI>IMEI:1</LocURI></Source>';
const VERSIONS = '<VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>';
const HEADER = `<SyncHdr>${VERSIONS}<SessionID>1</SessionID><MsgID>1</MsgID>${ADDRESSES}</SyncHdr>`;

function read(text: string): ParsedMessage {
  return parseMessage(parseXml(text));
}

function readBody(body: string): ParsedMessage {
  return read(`<SyncML xmlns="SYNCML:SYNCML1.2">${HEADER}<SyncBody>${body}</SyncBody></SyncML>`);
}

function readHeader(header: string): ParsedMessage {
  return read(`<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr>${header}</SyncHdr><SyncBody><Final/></SyncBody></SyncML>`);
}

/** Parses a Replace whose only Item has that content. */
function readItem(content: string): { readonly item: Item | undefined; readonly tolerated: readonly string[] } {
  const { message, tolerated } = readBody(`<Replace><CmdID>1</CmdID><Item>${content}</Item></Replace>`);
  const [command] = message.commands;
  return { item: command?.name === 'Replace' ? command.items[0] : undefined, tolerated };
}

describe('parseMessage reads the header', () => {
  test('a header with all elements is parsed', () => {
    const { message, tolerated } = readHeader(
      `${VERSIONS}<SessionID>C395</SessionID><MsgID>7</MsgID><Target><LocURI>https://dm.example.com</LocURI></Target>` +
        '<Source><LocURI>IMEI:1</LocURI><LocName>user</LocName></Source><RespURI>https://dm.example.com/x</RespURI>' +
        '<Cred><Meta><Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">syncml:auth-md5</Type></Meta>' +
        '<Data>Zm9v</Data></Cred><Meta><MaxMsgSize xmlns="syncml:metinf">5000</MaxMsgSize>' +
        '<MaxObjSize xmlns="syncml:metinf">4294967295</MaxObjSize></Meta>',
    );
    expect(message).toEqual({
      header: {
        verDtd: '1.2',
        verProto: 'DM/1.2',
        sessionId: 'C395',
        msgId: 7,
        target: { locUri: 'https://dm.example.com' },
        source: { locUri: 'IMEI:1', locName: 'user' },
        respUri: 'https://dm.example.com/x',
        cred: { meta: { format: 'b64', type: 'syncml:auth-md5' }, data: 'Zm9v' },
        meta: { maxMsgSize: 5000, maxObjSize: 4294967295 },
      },
      commands: [],
      final: true,
    });
    expect(tolerated).toEqual([]);
  });

  test('a header in another order, with white space and an unused element, is parsed', () => {
    const { message, tolerated } = readHeader(
      `\n ${ADDRESSES}\n <NoResp/>\n <MsgID>\n 1 </MsgID><SessionID>\n 0 \n</SessionID>${VERSIONS}`,
    );
    expect(message.header).toMatchObject({ sessionId: '0', msgId: 1, verProto: 'DM/1.2' });
    expect(tolerated).toEqual(['unusedElement']);
  });

  test('a header without versions is parsed, because the session sends Status 505 or 513 for it', () => {
    const { message } = readHeader(`<SessionID>1</SessionID><MsgID>1</MsgID>${ADDRESSES}`);
    expect(message.header).toMatchObject({ verDtd: '', verProto: '' });
  });

  test.each([
    ['SessionID', `${VERSIONS}<MsgID>1</MsgID>${ADDRESSES}`, ['msgId', 'source', 'target']],
    ['SessionID with content', `${VERSIONS}<SessionID/><MsgID>1</MsgID>${ADDRESSES}`, ['msgId', 'source', 'target']],
    ['MsgID', `${VERSIONS}<SessionID>1</SessionID>${ADDRESSES}`, ['sessionId', 'source', 'target']],
    [
      'MsgID above 0',
      `${VERSIONS}<SessionID>1</SessionID><MsgID>0</MsgID>${ADDRESSES}`,
      ['sessionId', 'source', 'target'],
    ],
    [
      'numeric MsgID',
      `${VERSIONS}<SessionID>1</SessionID><MsgID>1a</MsgID>${ADDRESSES}`,
      ['sessionId', 'source', 'target'],
    ],
    [
      'Source',
      `${VERSIONS}<SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>t</LocURI></Target>`,
      ['msgId', 'sessionId', 'target'],
    ],
    [
      'Target with LocURI',
      `${VERSIONS}<SessionID>1</SessionID><MsgID>1</MsgID><Target/><Source><LocURI>s</LocURI></Source>`,
      ['msgId', 'sessionId', 'source'],
    ],
  ])('a header without %s is an error that carries the other elements', (_, header, present) => {
    const error = refusalOf(() => readHeader(header));
    expect(error).toBeInstanceOf(IncompleteHeaderError);
    expect(error.code).toBe('ERR_SYNCML_HEADER');
    const { verDtd, verProto, ...rest } = error instanceof IncompleteHeaderError ? error.partial : {};
    expect([verDtd, verProto]).toEqual(['1.2', 'DM/1.2']);
    expect(Object.keys(rest).sort()).toEqual(present);
  });

  test('the error for an incomplete header names the device and the session', () => {
    const error = refusalOf(() => readHeader(`${VERSIONS}<SessionID>1A</SessionID>${ADDRESSES}`));
    expect(error.place).toEqual({ device: 'IMEI:1', session: '1A' });
  });
});

describe('parseMessage checks the document', () => {
  const BODY = '<SyncBody><Final/></SyncBody>';

  test.each(['', 'SYNCML:SYNCML1.0', 'syncml:syncml1.2', 'SYNCML:SYNCML1.3'])(
    'a root in namespace "%s" is accepted and reported',
    (uri) => {
      const { message, tolerated } = read(`<SyncML xmlns="${uri}">${HEADER}${BODY}</SyncML>`);
      expect(message.final).toBe(true);
      expect(tolerated).toEqual(['rootNamespace']);
    },
  );

  test.each(['SYNCML:SYNCML1.1', 'SYNCML:SYNCML1.2'])('a root in namespace "%s" is not reported', (uri) => {
    expect(read(`<SyncML xmlns="${uri}">${HEADER}${BODY}</SyncML>`).tolerated).toEqual([]);
  });

  test('a message whose elements have a prefix is parsed', () => {
    const prefixed = HEADER.replaceAll(/<(\/?)/g, '<$1s:');
    const { message } = read(`<s:SyncML xmlns:s="SYNCML:SYNCML1.2">${prefixed}<s:SyncBody/></s:SyncML>`);
    expect(message).toMatchObject({ header: { source: { locUri: 'IMEI:1' } }, commands: [], final: false });
  });

  test.each([
    ['another root', `<MgmtTree>${HEADER}${BODY}</MgmtTree>`],
    ['another namespace', `<SyncML xmlns="urn:x">${HEADER}${BODY}</SyncML>`],
    ['no SyncHdr', `<SyncML>${BODY}</SyncML>`],
    ['no SyncBody', `<SyncML>${HEADER}</SyncML>`],
  ])('a document with %s is refused', (_, text) => {
    expect(refusalOf(() => read(text)).code).toBe('ERR_SYNCML_SHAPE');
  });
});

describe('parseMessage reads commands', () => {
  test.each<[string, string, Command, readonly string[]]>([
    [
      'Status in the order of the DTD',
      '<Status><CmdID>1</CmdID><MsgRef>2</MsgRef><CmdRef>3</CmdRef><Cmd>Get</Cmd><TargetRef>a</TargetRef>' +
        '<TargetRef>b</TargetRef><SourceRef>c</SourceRef><Chal><Meta><NextNonce xmlns="syncml:metinf">Zm9v</NextNonce>' +
        '</Meta></Chal><Data>200</Data><Item><Data>x</Data></Item></Status>',
      {
        name: 'Status',
        cmdId: '1',
        msgRef: 2,
        cmdRef: '3',
        cmd: 'Get',
        targetRefs: ['a', 'b'],
        sourceRefs: ['c'],
        chal: { meta: { nextNonce: 'Zm9v' } },
        data: 200,
        items: [{ data: 'x' }],
      },
      [],
    ],
    [
      'Status for SyncHdr without CmdRef, Data before TargetRef, CmdID after Cmd',
      '<Status><MsgRef>1</MsgRef><Cmd>SyncHdr</Cmd><CmdID>1</CmdID><Data>212</Data><TargetRef>t</TargetRef></Status>',
      {
        name: 'Status',
        cmdId: '1',
        msgRef: 1,
        cmdRef: '0',
        cmd: 'SyncHdr',
        targetRefs: ['t'],
        sourceRefs: [],
        data: 212,
        items: [],
      },
      ['cmdRefMissing'],
    ],
    [
      'Status of another command without CmdRef, MsgRef, CmdID and Data',
      '<Status><Cmd>Get</Cmd></Status>',
      {
        name: 'Status',
        cmdId: '',
        msgRef: 1,
        cmdRef: '',
        cmd: 'Get',
        targetRefs: [],
        sourceRefs: [],
        data: Number.NaN,
        items: [],
      },
      ['cmdIdMissing', 'cmdRefMissing', 'badNumber', 'msgRefMissing'],
    ],
    [
      'Status with a MsgRef that is not a number, which refers to no message',
      '<Status><CmdID>1</CmdID><MsgRef>x</MsgRef><CmdRef>0</CmdRef><Data>0</Data></Status>',
      {
        name: 'Status',
        cmdId: '1',
        msgRef: 0,
        cmdRef: '0',
        cmd: 'SyncHdr',
        targetRefs: [],
        sourceRefs: [],
        data: 0,
        items: [],
      },
      ['badNumber'],
    ],
    [
      'Results, MsgRef left out as 1',
      '<Results><CmdID>1</CmdID><CmdRef>3</CmdRef><Meta><Size xmlns="syncml:metinf">2</Size></Meta><TargetRef>t' +
        '</TargetRef><SourceRef>s</SourceRef><Item><Source><LocURI>./a</LocURI></Source><Data>v</Data></Item></Results>',
      {
        name: 'Results',
        cmdId: '1',
        msgRef: 1,
        cmdRef: '3',
        meta: { size: 2 },
        targetRef: 't',
        sourceRef: 's',
        items: [{ source: { locUri: './a' }, data: 'v' }],
      },
      [],
    ],
    [
      'Alert with Correlator before Data',
      '<Alert><CmdID>1</CmdID><Correlator>abc</Correlator><Data> 1226 </Data><Item/></Alert>',
      { name: 'Alert', cmdId: '1', data: '1226', correlator: 'abc', items: [{}] },
      [],
    ],
    [
      'Alert 222, which stays 222',
      '<Alert><CmdID>1</CmdID><Data>222</Data></Alert>',
      { name: 'Alert', cmdId: '1', data: '222', items: [] },
      [],
    ],
    ['Alert without Data', '<Alert><CmdID>1</CmdID></Alert>', { name: 'Alert', cmdId: '1', data: '', items: [] }, []],
    [
      'Exec',
      '<Exec><CmdID>1</CmdID><Correlator>c</Correlator><Item><Target><LocURI>./x</LocURI></Target></Item></Exec>',
      { name: 'Exec', cmdId: '1', correlator: 'c', items: [{ target: { locUri: './x' } }] },
      [],
    ],
    [
      'Replace with Meta on the command and an element that DM does not use',
      '<Replace><CmdID>1</CmdID><NoResp/><Meta><Format xmlns="syncml:metinf">chr</Format></Meta><Item/></Replace>',
      { name: 'Replace', cmdId: '1', meta: { format: 'chr' }, items: [{}] },
      ['unusedElement'],
    ],
    [
      'containers inside each other',
      '<Sequence><CmdID>1</CmdID><NoResp/><Atomic><CmdID>2</CmdID><Meta/><Get><CmdID>3</CmdID></Get><Foo/></Atomic>' +
        '<Delete><CmdID>4</CmdID></Delete></Sequence>',
      {
        name: 'Sequence',
        cmdId: '1',
        members: [
          {
            name: 'Atomic',
            cmdId: '2',
            meta: {},
            members: [
              { name: 'Get', cmdId: '3', items: [] },
              { name: 'Unknown', cmdId: '', element: 'Foo' },
            ],
          },
          { name: 'Delete', cmdId: '4', items: [] },
        ],
      },
      ['unusedElement', 'cmdIdMissing'],
    ],
    [
      'a command that DM does not use',
      '<Put><CmdID>9</CmdID><Item/></Put>',
      { name: 'Unknown', cmdId: '9', element: 'Put' },
      [],
    ],
  ])('it reads %s', (_, text, command, tolerated) => {
    const parsed = readBody(text);
    expect(parsed.message.commands).toEqual([command]);
    expect(parsed.tolerated).toEqual(tolerated);
  });

  test('the commands keep their order, and Final may be anywhere between them', () => {
    const { message } = readBody('<Final/><Get><CmdID>2</CmdID></Get><Alert><CmdID>1</CmdID></Alert>');
    expect(message.commands.map(({ cmdId }) => cmdId)).toEqual(['2', '1']);
    expect(message.final).toBe(true);
    expect(readBody('').message.final).toBe(false);
  });
});

describe('parseMessage reads an Item', () => {
  test.each<[string, string, Item, readonly string[]]>([
    ['no Data', '', {}, []],
    ['empty Data', '<Data/>', { data: '' }, []],
    ['Data with white space, which stays', '<Data> a\n</Data>', { data: ' a\n' }, []],
    ['CDATA like escaped text', '<Data>1<![CDATA[<a/>]]>&amp;</Data>', { data: '1<a/>&' }, []],
    ['MoreData', '<Data>x</Data><MoreData/>', { data: 'x', moreData: true }, []],
    [
      'markup in Data',
      '<Data>\n <MgmtTree xmlns="syncml:dmddf1.2">\n<VerDTD>1.2</VerDTD></MgmtTree>\n</Data>',
      {
        data: [
          '\n ',
          {
            name: 'MgmtTree',
            namespace: 'syncml:dmddf1.2',
            content: ['\n', { name: 'VerDTD', namespace: 'syncml:dmddf1.2', content: ['1.2'] }],
          },
          '\n',
        ],
      },
      [],
    ],
    [
      'text beside markup in Data',
      '<Data>x<b/>y<c/></Data>',
      {
        data: [
          'x',
          { name: 'b', namespace: 'SYNCML:SYNCML1.2', content: [] },
          'y',
          { name: 'c', namespace: 'SYNCML:SYNCML1.2', content: [] },
        ],
      },
      [],
    ],
    ['Target without LocURI', '<Target> ./a/b </Target>', { target: { locUri: './a/b' } }, ['locUriMissing']],
    ['Source that is empty', '<Source><LocURI/></Source>', { source: { locUri: '' } }, []],
    [
      'LocName before LocURI and unknown elements',
      '<Target><LocName>n</LocName><LocURI>./a</LocURI><X/></Target><SourceParent/>',
      { target: { locUri: './a', locName: 'n' } },
      ['unusedElement'],
    ],
    [
      'Meta in full',
      '<Meta xmlns="syncml:metinf"><Format> Chr </Format><Type>text/plain</Type><Mark>minor</Mark><Size>12</Size></Meta>',
      { meta: { format: 'Chr', type: 'text/plain', mark: 'minor', size: 12 } },
      [],
    ],
    ['Meta without namespace', '<Meta><Format>int</Format></Meta>', { meta: { format: 'int' } }, ['metInfNamespace']],
    [
      'Meta wrapped in MetInf',
      '<Meta><MetInf xmlns="syncml:metinf"><Format>int</Format><Size>1</Size></MetInf></Meta>',
      { meta: { format: 'int', size: 1 } },
      ['metInfWrapper'],
    ],
    [
      'Meta with an element that DM does not use',
      '<Meta xmlns="syncml:metinf"><EMI>x</EMI><Type>t</Type></Meta>',
      { meta: { type: 't' } },
      ['unusedElement'],
    ],
    ['a Size that is not a number', '<Meta xmlns="syncml:metinf"><Size>-1</Size></Meta>', { meta: {} }, ['badNumber']],
    [
      'a Size above the largest exact number',
      `<Meta xmlns="syncml:metinf"><Size>${'9'.repeat(17)}</Size></Meta>`,
      { meta: {} },
      ['badNumber'],
    ],
  ])('the Item has %s', (_, content, expected, tolerated) => {
    const read = readItem(content);
    expect(read.item).toEqual(expected);
    expect(read.tolerated).toEqual(tolerated);
  });
});

describe('parseMessage reads opaque bytes', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  /** Returns a copy of the tree in which all elements of that name have the given content. */
  function withContent(element: Element, name: string, content: readonly Content[]): Element {
    if (element.name === name) return { ...element, content };
    return {
      ...element,
      content: element.content.map((part) => (isElement(part) ? withContent(part, name, content) : part)),
    };
  }

  const tree = parseXml(
    `<SyncML xmlns="SYNCML:SYNCML1.2">${HEADER}<SyncBody><Status><CmdID>1</CmdID><MsgRef>1</MsgRef><CmdRef>0</CmdRef>` +
      '<Cmd>SyncHdr</Cmd><Chal><Meta xmlns="syncml:metinf"><NextNonce/><Format>b64</Format></Meta></Chal><Data>200</Data><Item><Target>' +
      '<LocURI>x</LocURI></Target></Item></Status><Add><CmdID>2</CmdID><Item><Data/></Item></Add></SyncBody></SyncML>',
  );

  function dataOf(content: readonly Content[]): unknown {
    const replaced = { ...tree, content: tree.content.map((part) => part) };
    const body = replaced.content.at(-1);
    const add = body !== undefined && isElement(body) ? body.content.at(-1) : undefined;
    if (add === undefined || !isElement(add) || body === undefined || !isElement(body)) throw new Error('no Add');
    const root = {
      ...tree,
      content: [tree.content[0] ?? '', { ...body, content: [withContent(add, 'Data', content)] }],
    };
    const [command] = parseMessage(root).message.commands;
    return command?.name === 'Add' ? command.items[0]?.data : undefined;
  }

  test('opaque bytes in Data are copied as bytes', () => {
    const opaque = Uint8Array.of(0, 255);
    const data = dataOf([opaque]);
    expect(data).toEqual(Uint8Array.of(0, 255));
    opaque[0] = 7;
    expect(data).toEqual(Uint8Array.of(0, 255));
  });

  test('several opaque pieces in Data are joined as bytes', () => {
    expect(dataOf([Uint8Array.of(0, 255), Uint8Array.of(7)])).toEqual(Uint8Array.of(0, 255, 7));
  });

  test('opaque bytes beside text are text if they are UTF-8, else bytes', () => {
    expect(dataOf(['a', bytes('ü'), 'b'])).toBe('aüb');
    expect(dataOf(['a', Uint8Array.of(255)])).toEqual(Uint8Array.of(97, 255));
  });

  test('opaque bytes in LocURI are text', () => {
    const { commands } = parseMessage(withContent(tree, 'LocURI', [bytes('./ü')])).message;
    expect(commands).toHaveLength(2);
    expect(parseMessage(withContent(tree, 'LocURI', [bytes('./ü')])).message.header.target.locUri).toBe('./ü');
  });

  test('a NUL at the end of opaque bytes in LocURI is dropped, and one inside is refused', () => {
    const { header } = parseMessage(withContent(tree, 'LocURI', [bytes('./ü\0')])).message;
    expect(header.target.locUri).toBe('./ü');
    const error = refusalOf(() => parseMessage(withContent(tree, 'LocURI', [bytes('./a\0b')])));
    expect(error.code).toBe('ERR_SYNCML_SHAPE');
  });

  test('a NUL at the end of opaque bytes beside text in Data is dropped', () => {
    expect(dataOf(['a', bytes('b\0')])).toBe('ab');
  });

  test('opaque bytes in LocURI that are not UTF-8 are refused', () => {
    const error = refusalOf(() => parseMessage(withContent(tree, 'LocURI', [Uint8Array.of(0xff)])));
    expect(error.code).toBe('ERR_SYNCML_SHAPE');
  });

  test.each([
    ['base64 text', bytes('Zm9vYg=='), 'Zm9vYg=='],
    ['base64 text with a NUL at its end', bytes('Zm9vYg==\0'), 'Zm9vYg=='],
    ['the decoded nonce', Uint8Array.of(1, 2, 255), 'AQL/'],
    ['the decoded nonce with a NUL at its end', Uint8Array.of(1, 2, 0), 'AQIA'],
    ['text that is not base64', bytes('abc'), 'YWJj'],
  ])('a nonce of opaque bytes that are %s is base64 text', (_, opaque, nonce) => {
    const [status] = parseMessage(withContent(tree, 'NextNonce', [opaque])).message.commands;
    expect(status).toMatchObject({ chal: { meta: { nextNonce: nonce } } });
  });

  test('a nonce of opaque bytes is encoded when Format is not b64', () => {
    const plain = withContent(withContent(tree, 'Format', ['bin']), 'NextNonce', [bytes('Zm9vYg==')]);
    const [status] = parseMessage(plain).message.commands;
    expect(status).toMatchObject({ chal: { meta: { nextNonce: 'Wm05dllnPT0=' } } });
  });
});
