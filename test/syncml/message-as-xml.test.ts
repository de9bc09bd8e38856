import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command, SyncmlMessage } from '../../src/syncml/message.ts';
import { parseMessage } from '../../src/syncml/parse.ts';
import { formatMessage } from '../../src/syncml/serialize.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { writeXml } from '../../src/syncml/xml-writer.ts';
import { toElement } from '../support/syncml/message-tree.ts';
import { message } from './arbitraries.ts';
import { canonical, canonicalContent, readWithSaxes } from './reference-xml-readers.ts';

const HEADER = {
  verDtd: '1.2',
  verProto: 'DM/1.2',
  sessionId: '1A',
  msgId: 2,
  target: { locUri: 'IMEI:1' },
  source: { locUri: 'https://dm.example.com/dm' },
};

/** Returns the content of SyncBody in a message with these commands. */
function body(...commands: readonly Command[]): string {
  const text = formatMessage({ header: HEADER, commands, final: false });
  return /<SyncBody>(.*)<\/SyncBody>/s.exec(text)?.[1] ?? '';
}

describe('formatMessage', () => {
  test('formatMessage writes a header in the order of the DTD', () => {
    const text = formatMessage({
      header: {
        ...HEADER,
        source: { locUri: 'https://dm.example.com/dm', locName: 'server' },
        respUri: 'https://dm.example.com/dm/a&b',
        cred: { meta: { format: 'b64', type: 'syncml:auth-md5' }, data: 'Zm9v' },
        meta: { maxMsgSize: 16384, maxObjSize: 65536 },
      },
      commands: [],
      final: true,
    });
    expect(text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD>' +
        '<VerProto>DM/1.2</VerProto><SessionID>1A</SessionID><MsgID>2</MsgID><Target><LocURI>IMEI:1</LocURI></Target>' +
        '<Source><LocURI>https://dm.example.com/dm</LocURI><LocName>server</LocName></Source>' +
        '<RespURI>https://dm.example.com/dm/a&amp;b</RespURI><Cred><Meta><Format xmlns="syncml:metinf">b64</Format>' +
        '<Type xmlns="syncml:metinf">syncml:auth-md5</Type></Meta><Data>Zm9v</Data></Cred>' +
        '<Meta><MaxMsgSize xmlns="syncml:metinf">16384</MaxMsgSize><MaxObjSize xmlns="syncml:metinf">65536</MaxObjSize>' +
        '</Meta></SyncHdr><SyncBody><Final/></SyncBody></SyncML>',
    );
  });

  test.each([
    ['1.1', 'SYNCML:SYNCML1.1'],
    ['1.2', 'SYNCML:SYNCML1.2'],
  ])('formatMessage writes VerDTD %s in namespace %s', (verDtd, namespace) => {
    const text = formatMessage({ header: { ...HEADER, verDtd }, commands: [], final: false });
    expect(text).toContain(`<SyncML xmlns="${namespace}"><SyncHdr><VerDTD>${verDtd}</VerDTD>`);
  });

  test.each<[string, Command, string]>([
    [
      'Status',
      {
        name: 'Status',
        cmdId: '1',
        msgRef: 2,
        cmdRef: '0',
        cmd: 'SyncHdr',
        targetRefs: ['t'],
        sourceRefs: ['s', 'r'],
        chal: { meta: { type: 'syncml:auth-md5', format: 'b64', nextNonce: 'Zm9v' } },
        data: 407,
        items: [{ data: '1.1' }],
      },
      '<Status><CmdID>1</CmdID><MsgRef>2</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><TargetRef>t</TargetRef>' +
        '<SourceRef>s</SourceRef><SourceRef>r</SourceRef><Chal><Meta><Format xmlns="syncml:metinf">b64</Format>' +
        '<Type xmlns="syncml:metinf">syncml:auth-md5</Type><NextNonce xmlns="syncml:metinf">Zm9v</NextNonce></Meta>' +
        '</Chal><Data>407</Data><Item><Data>1.1</Data></Item></Status>',
    ],
    [
      'Results',
      {
        name: 'Results',
        cmdId: '2',
        msgRef: 1,
        cmdRef: '3',
        meta: { size: 9 },
        targetRef: 't',
        sourceRef: 's',
        items: [{ source: { locUri: './a' }, data: 'v', moreData: true }],
      },
      '<Results><CmdID>2</CmdID><MsgRef>1</MsgRef><CmdRef>3</CmdRef><Meta><Size xmlns="syncml:metinf">9</Size></Meta>' +
        '<TargetRef>t</TargetRef><SourceRef>s</SourceRef><Item><Source><LocURI>./a</LocURI></Source><Data>v</Data>' +
        '<MoreData/></Item></Results>',
    ],
    [
      'Alert',
      { name: 'Alert', cmdId: '3', data: '1226', correlator: 'c', items: [{ meta: { type: 't', mark: 'minor' } }] },
      '<Alert><CmdID>3</CmdID><Data>1226</Data><Correlator>c</Correlator><Item><Meta>' +
        '<Type xmlns="syncml:metinf">t</Type><Mark xmlns="syncml:metinf">minor</Mark></Meta></Item></Alert>',
    ],
    [
      'Exec',
      { name: 'Exec', cmdId: '4', meta: { format: 'chr' }, correlator: 'c', items: [{ target: { locUri: './x' } }] },
      '<Exec><CmdID>4</CmdID><Meta><Format xmlns="syncml:metinf">chr</Format></Meta><Correlator>c</Correlator>' +
        '<Item><Target><LocURI>./x</LocURI></Target></Item></Exec>',
    ],
    [
      'Sequence with its members in order',
      {
        name: 'Sequence',
        cmdId: '5',
        members: [
          { name: 'Delete', cmdId: '6', items: [{ target: { locUri: './x' } }] },
          {
            name: 'Copy',
            cmdId: '7',
            items: [{ target: { locUri: './a' }, source: { locUri: './b' }, meta: { format: 'int' }, data: '' }],
          },
        ],
      },
      '<Sequence><CmdID>5</CmdID><Delete><CmdID>6</CmdID><Item><Target><LocURI>./x</LocURI></Target></Item></Delete>' +
        '<Copy><CmdID>7</CmdID><Item><Target><LocURI>./a</LocURI></Target><Source><LocURI>./b</LocURI></Source>' +
        '<Meta><Format xmlns="syncml:metinf">int</Format></Meta><Data/></Item></Copy></Sequence>',
    ],
    [
      'escaped characters',
      { name: 'Add', cmdId: '1', items: [{ target: { locUri: './a?b&c' }, data: '<x a="1">&amp;]]>\r\n</x>' }] },
      '<Add><CmdID>1</CmdID><Item><Target><LocURI>./a?b&amp;c</LocURI></Target>' +
        '<Data>&lt;x a="1"&gt;&amp;amp;]]&gt;&#13;\n&lt;/x&gt;</Data></Item></Add>',
    ],
    [
      'markup in Data with its namespaces',
      {
        name: 'Replace',
        cmdId: '1',
        items: [
          {
            data: [
              {
                name: 'MgmtTree',
                namespace: 'syncml:dmddf1.2',
                content: [{ name: 'VerDTD', namespace: 'syncml:dmddf1.2', content: ['1.2'] }],
              },
            ],
          },
        ],
      },
      '<Replace><CmdID>1</CmdID><Item><Data><MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree></Data>' +
        '</Item></Replace>',
    ],
    [
      'bytes as base64 with Format b64',
      { name: 'Replace', cmdId: '1', items: [{ meta: { format: 'bin' }, data: Uint8Array.of(0, 255, 254) }] },
      '<Replace><CmdID>1</CmdID><Item><Meta><Format xmlns="syncml:metinf">b64</Format></Meta><Data>AP/+</Data></Item>' +
        '</Replace>',
    ],
    [
      'bytes of an Item without Meta as base64 with Format b64',
      { name: 'Replace', cmdId: '1', meta: { format: 'bin' }, items: [{ data: Uint8Array.of(0) }] },
      '<Replace><CmdID>1</CmdID><Meta><Format xmlns="syncml:metinf">bin</Format></Meta><Item><Meta>' +
        '<Format xmlns="syncml:metinf">b64</Format></Meta><Data>AA==</Data></Item></Replace>',
    ],
    [
      'no Data for a status code that is not a number',
      {
        name: 'Status',
        cmdId: '',
        msgRef: 1,
        cmdRef: '',
        cmd: '',
        targetRefs: [],
        sourceRefs: [],
        data: Number.NaN,
        items: [],
      },
      '<Status><MsgRef>1</MsgRef></Status>',
    ],
    ['an unknown command', { name: 'Unknown', cmdId: '1', element: 'Put' }, '<Put><CmdID>1</CmdID></Put>'],
  ])('formatMessage writes %s', (_, command, expected) => {
    expect(body(command)).toBe(expected);
  });

  test('formatMessage replaces the characters that XML cannot hold', () => {
    const text = formatMessage({
      header: HEADER,
      commands: [{ name: 'Add', cmdId: '1', items: [{ data: 'a\u0000b\uD800c\uFFFFd' }] }],
      final: true,
    });
    const [add] = parseMessage(parseXml(text)).message.commands;
    expect(add).toMatchObject({ items: [{ data: 'a\uFFFDb\uFFFDc\uFFFDd' }] });
  });

  test('a message in XML is parsed back as it was', () => {
    fc.assert(
      fc.property(message, (original) => {
        const back = parseMessage(parseXml(formatMessage(original))).message;
        expect(normalise(back)).toEqual(normalise(original));
      }),
      { numRuns: 600 },
    );
  });

  test('formatMessage writes the tree of toElement', () => {
    fc.assert(
      fc.property(message, (original) => {
        const text = formatMessage(original);
        const tree = toElement(original);
        expect(canonical(parseXml(text))).toEqual(canonical(tree));
        expect(canonical(parseXml(writeXml(tree)))).toEqual(canonical(tree));
        expect(normalise(parseMessage(parseXml(text)).message)).toEqual(normalise(parseMessage(tree).message));
      }),
      { numRuns: 600 },
    );
  });

  test('saxes reads the same tree from a formatted message', () => {
    fc.assert(
      fc.property(message, (original) => {
        const text = formatMessage(original);
        expect(canonical(readWithSaxes(text))).toEqual(canonical(parseXml(text)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('toElement', () => {
  test('toElement keeps bytes and their Format unchanged', () => {
    const data = Uint8Array.of(1, 2, 3);
    const message: SyncmlMessage = {
      header: HEADER,
      commands: [{ name: 'Add', cmdId: '1', items: [{ meta: { format: 'bin' }, data }] }],
      final: true,
    };
    expect(parseMessage(toElement(message)).message).toEqual(message);
  });
});

/** Joins neighbouring texts in Data, which are one text after parsing. */
function normalise(message: SyncmlMessage): unknown {
  return JSON.parse(JSON.stringify(message), (key, value) =>
    key === 'data' && Array.isArray(value) ? canonicalContent(value) : value,
  );
}
