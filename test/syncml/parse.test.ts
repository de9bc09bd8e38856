import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import type { Command, Item } from '../../src/syncml/message.ts';
import { IncompleteHeaderError, type ParsedMessage, parseMessage } from '../../src/syncml/parse.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { type Content, type Element, isElement } from '../../src/wbxml/element.ts';

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

/** The one Item of a Replace with that content. */
function readItem(content: string): { readonly item: Item | undefined; readonly tolerated: readonly string[] } {
  const { message, tolerated } = readBody(`<Replace><CmdID>1</CmdID><Item>${content}</Item></Replace>`);
  const [command] = message.commands;
  return { item: command?.name === 'Replace' ? command.items[0] : undefined, tolerated };
}

function refusal(read: () => unknown): DecodeError {
  try {
    read();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error('was read');
}

describe('the header', () => {
  test('is read with everything in it', () => {
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

  test('is read in any order, pretty-printed, with elements that DM does not use', () => {
    const { message, tolerated } = readHeader(
      `\n ${ADDRESSES}\n <NoResp/>\n <MsgID>\n 1 </MsgID><SessionID>\n 0 \n</SessionID>${VERSIONS}`,
    );
    expect(message.header).toMatchObject({ sessionId: '0', msgId: 1, verProto: 'DM/1.2' });
    expect(tolerated).toEqual(['unusedElement']);
  });

  test('without versions is left to the session, which answers 505 or 513', () => {
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
  ])('without %s is an error that carries the rest', (_, header, present) => {
    const error = refusal(() => readHeader(header));
    expect(error).toBeInstanceOf(IncompleteHeaderError);
    expect(error.code).toBe('ERR_SYNCML_HEADER');
    const { verDtd, verProto, ...rest } = error instanceof IncompleteHeaderError ? error.partial : {};
    expect([verDtd, verProto]).toEqual(['1.2', 'DM/1.2']);
    expect(Object.keys(rest).sort()).toEqual(present);
  });

  test('tells in its error where it happened, as far as it knows', () => {
    const error = refusal(() => readHeader(`${VERSIONS}<SessionID>1A</SessionID>${ADDRESSES}`));
    expect(error.place).toEqual({ device: 'IMEI:1', session: '1A' });
  });
});

describe('the document', () => {
  const BODY = '<SyncBody><Final/></SyncBody>';

  test.each(['', 'SYNCML:SYNCML1.0', 'syncml:syncml1.2', 'SYNCML:SYNCML1.3'])('is taken in namespace "%s"', (uri) => {
    const { message, tolerated } = read(`<SyncML xmlns="${uri}">${HEADER}${BODY}</SyncML>`);
    expect(message.final).toBe(true);
    expect(tolerated).toEqual(['rootNamespace']);
  });

  test.each(['SYNCML:SYNCML1.1', 'SYNCML:SYNCML1.2'])('is not reported in namespace "%s"', (uri) => {
    expect(read(`<SyncML xmlns="${uri}">${HEADER}${BODY}</SyncML>`).tolerated).toEqual([]);
  });

  test('is taken with a prefix', () => {
    const prefixed = HEADER.replaceAll(/<(\/?)/g, '<$1s:');
    const { message } = read(`<s:SyncML xmlns:s="SYNCML:SYNCML1.2">${prefixed}<s:SyncBody/></s:SyncML>`);
    expect(message).toMatchObject({ header: { source: { locUri: 'IMEI:1' } }, commands: [], final: false });
  });

  test.each([
    ['another root', `<MgmtTree>${HEADER}${BODY}</MgmtTree>`],
    ['another namespace', `<SyncML xmlns="urn:x">${HEADER}${BODY}</SyncML>`],
    ['no SyncHdr', `<SyncML>${BODY}</SyncML>`],
    ['no SyncBody', `<SyncML>${HEADER}</SyncML>`],
  ])('is refused with %s', (_, text) => {
    expect(refusal(() => read(text)).code).toBe('ERR_SYNCML_SHAPE');
  });
});

describe('commands', () => {
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
      'Status with a MsgRef that is no number, for no message',
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
      'containers within each other',
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
  ])('reads %s', (_, text, command, tolerated) => {
    const parsed = readBody(text);
    expect(parsed.message.commands).toEqual([command]);
    expect(parsed.tolerated).toEqual(tolerated);
  });

  test('keep their order, and Final counts wherever it stands', () => {
    const { message } = readBody('<Final/><Get><CmdID>2</CmdID></Get><Alert><CmdID>1</CmdID></Alert>');
    expect(message.commands.map(({ cmdId }) => cmdId)).toEqual(['2', '1']);
    expect(message.final).toBe(true);
    expect(readBody('').message.final).toBe(false);
  });
});

describe('Item', () => {
  test.each<[string, string, Item, readonly string[]]>([
    ['no Data', '', {}, []],
    ['empty Data', '<Data/>', { data: '' }, []],
    ['Data as it stands', '<Data> a\n</Data>', { data: ' a\n' }, []],
    ['CDATA like escaped text', '<Data>1<![CDATA[<a/>]]>&amp;</Data>', { data: '1<a/>&' }, []],
    ['MoreData', '<Data>x</Data><MoreData/>', { data: 'x', moreData: true }, []],
    [
      'markup in Data',
      '<Data>\n <MgmtTree xmlns="syncml:dmddf1.2">\n<VerDTD>1.2</VerDTD></MgmtTree>\n</Data>',
      {
        data: [
          {
            name: 'MgmtTree',
            namespace: 'syncml:dmddf1.2',
            content: ['\n', { name: 'VerDTD', namespace: 'syncml:dmddf1.2', content: ['1.2'] }],
          },
        ],
      },
      [],
    ],
    [
      'text beside markup in Data',
      '<Data>x<b/>y<c/></Data>',
      {
        data: [
          { name: 'b', namespace: 'SYNCML:SYNCML1.2', content: [] },
          { name: 'c', namespace: 'SYNCML:SYNCML1.2', content: [] },
        ],
      },
      ['textBesideElements'],
    ],
    ['Target without LocURI', '<Target> ./a/b </Target>', { target: { locUri: './a/b' } }, ['locUriMissing']],
    ['Source that is empty', '<Source><LocURI/></Source>', { source: { locUri: '' } }, []],
    [
      'LocName before LocURI and something unknown',
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
    ['Size that is no number', '<Meta xmlns="syncml:metinf"><Size>-1</Size></Meta>', { meta: {} }, ['badNumber']],
    [
      'Size beyond what a number holds',
      `<Meta xmlns="syncml:metinf"><Size>${'9'.repeat(17)}</Size></Meta>`,
      { meta: {} },
      ['badNumber'],
    ],
  ])('is read with %s', (_, content, expected, tolerated) => {
    const read = readItem(content);
    expect(read.item).toEqual(expected);
    expect(read.tolerated).toEqual(tolerated);
  });
});

describe('opaque bytes, as WBXML has them', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  /** The message tree with the content of the first element of that name replaced. */
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

  test('stay bytes when they are all of Data, in a copy', () => {
    const opaque = Uint8Array.of(0, 255);
    const data = dataOf([opaque]);
    expect(data).toEqual(Uint8Array.of(0, 255));
    opaque[0] = 7;
    expect(data).toEqual(Uint8Array.of(0, 255));
  });

  test('stay bytes in several pieces', () => {
    expect(dataOf([Uint8Array.of(0, 255), Uint8Array.of(7)])).toEqual(Uint8Array.of(0, 255, 7));
  });

  test('are text beside text, and bytes where that is impossible', () => {
    expect(dataOf(['a', bytes('ü'), 'b'])).toBe('aüb');
    expect(dataOf(['a', Uint8Array.of(255)])).toEqual(Uint8Array.of(97, 255));
  });

  test('are text where only text can be', () => {
    const { commands } = parseMessage(withContent(tree, 'LocURI', [bytes('./ü')])).message;
    expect(commands).toHaveLength(2);
    expect(parseMessage(withContent(tree, 'LocURI', [bytes('./ü')])).message.header.target.locUri).toBe('./ü');
  });

  test('are refused there when they are not UTF-8', () => {
    const error = refusal(() => parseMessage(withContent(tree, 'LocURI', [Uint8Array.of(0xff)])));
    expect(error.code).toBe('ERR_SYNCML_SHAPE');
  });

  test.each([
    ['base64 text', bytes('Zm9vYg=='), 'Zm9vYg=='],
    ['the nonce itself', Uint8Array.of(1, 2, 255), 'AQL/'],
    ['text that is not base64', bytes('abc'), 'YWJj'],
  ])('are a nonce when they are %s', (_, opaque, nonce) => {
    const [status] = parseMessage(withContent(tree, 'NextNonce', [opaque])).message.commands;
    expect(status).toMatchObject({ chal: { meta: { nextNonce: nonce } } });
  });

  test('are the nonce itself where Format does not say base64', () => {
    const plain = withContent(withContent(tree, 'Format', ['bin']), 'NextNonce', [bytes('Zm9vYg==')]);
    const [status] = parseMessage(plain).message.commands;
    expect(status).toMatchObject({ chal: { meta: { nextNonce: 'Wm05dllnPT0=' } } });
  });
});
