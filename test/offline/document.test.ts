/** `dmbridge translate`: documents of each kind in the other protocol, with warnings. */
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { type DocumentKind, guessKind, translateDocument } from '../../src/offline/document.ts';
import { DM_DDF_1_2 } from '../../src/syncml/code-pages.ts';
import { encodeMessage } from '../../src/syncml/codec.ts';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import { parseMessage } from '../../src/syncml/parse.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { encodeWbxml } from '../../src/wbxml/encode.ts';
import { parseDataXml } from '../../src/xml-data/data-xml.ts';
import { ddfFixture } from '../support/ddf.ts';

const { mappings, status: statusTable } = loadMappings();
const context = { index: new MoIndex(mappings), statusTable, repository: 'http://repo.example/r' };
const bytes = (text: string) => new TextEncoder().encode(text);
const translate = (text: string, kind?: DocumentKind) => translateDocument(bytes(text), context, kind);
const translateBody = (...commands: readonly string[]) =>
  translate(`<SyncBody>${commands.join('')}<Final/></SyncBody>`);

const META = (format: string, type = '') =>
  `<Meta><Format xmlns="syncml:metinf">${format}</Format>${type === '' ? '' : `<Type xmlns="syncml:metinf">${type}</Type>`}</Meta>`;
const item = (target: string, rest = '') => `<Item><Target><LocURI>${target}</LocURI></Target>${rest}</Item>`;
const command = (name: string, ...items: readonly string[]) => `<${name}><CmdID>1</CmdID>${items.join('')}</${name}>`;
const FUMO = 'urn:oma:mo:oma-fumo:1.0/FUMO';
const SCOMO = 'urn:oma:mo:oma-scomo:1.0/SCM';

describe('the commands of a legacy server', () => {
  test.each<[string, string, readonly (readonly string[])[]]>([
    ['Get of a leaf', command('Get', item('./FUMO/State')), [['GET', `${FUMO}/State`]]],
    [
      'Get of a renamed leaf',
      command('Get', item('./DevInfo/DevId')),
      [['GET', 'urn:oma:mo:oma-dm-devinfo:1.2/DevInfo/DevID']],
    ],
    ['Get of the names in a node', command('Get', item('SCM/Inventory')), [['GET', `${SCOMO}/Inventory?lv=1`]]],
    ['Get of a sub-tree', command('Get', item('./SCM?list=StructData')), [['GET', `${SCOMO}/`]]],
    [
      'Get of several Items',
      command('Get', item('./FUMO/State'), item('./SCM?list=TNDS')),
      [
        ['GET', `${FUMO}/State`],
        ['GET', `${SCOMO}/`],
      ],
    ],
    [
      'Delete',
      command('Delete', item('./SCM/Inventory/Delivered/P 1')),
      [['DELETE', `${SCOMO}/Inventory/Delivered/P%201`]],
    ],
    ['Exec', command('Exec', item('./FUMO/Update')), [['EXEC', `${FUMO}/Update`]]],
    [
      'Sequence',
      `<Sequence><CmdID>1</CmdID>${command('Get', item('./FUMO/State'))}${command('Exec', item('./FUMO/Update'))}</Sequence>`,
      [
        ['GET', `${FUMO}/State`],
        ['EXEC', `${FUMO}/Update`],
      ],
    ],
  ])('are translated without a warning: %s', (_what, body, expected) => {
    expect(translateBody(body)).toEqual({ from: 'syncml', to: 'package2', output: { CMD: expected }, warnings: [] });
  });

  test.each([
    ['chr', META('chr'), 'http://x/a', { contentType: 'text/plain', content: { text: 'http://x/a' } }],
    ['omitted', '', '', { contentType: 'text/plain', content: { text: '' } }],
    ['b64', META('b64', 'image/png'), 'AQID', { contentType: 'image/png', content: { base64: 'AQID' } }],
  ])('with Replace of a leaf become HGET of a resource, format %s', (_what, meta, data, resource) => {
    expect(
      translateBody(command('Replace', item('./FUMO/Download/PkgURL', `${meta}<Data>${data}</Data>`))).output,
    ).toEqual({
      CMD: [['HGET', 'http://repo.example/r/1', `${FUMO}/Download/PkgURL`]],
      resources: [{ url: 'http://repo.example/r/1', ...resource }],
    });
  });

  test('with Adds of a node and of nodes below it become HGET of one document', () => {
    const { output, warnings } = translateBody(
      command('Add', item('./SCM/Download/P1', META('node'))),
      command('Add', item('./SCM/Download/P1/PkgURL', `${META('chr')}<Data>u</Data>`)),
      command('Add', item('./SCM/Download/P1/Status', `${META('int')}<Data>7</Data>`)),
      command('Add', item('./SCM/Download/P2', META('node'))),
    );
    const text = (name: string, data: unknown) =>
      JSON.stringify([{ ClientURI: `${SCOMO}/Download/${name}`, MOData: { [name]: data } }]);
    expect(warnings).toEqual([]);
    expect(output).toMatchObject({
      CMD: [
        ['HGET', 'http://repo.example/r/1', `${SCOMO}/Download/P1`],
        ['HGET', 'http://repo.example/r/2', `${SCOMO}/Download/P2`],
      ],
      resources: [
        { contentType: 'application/dmmo+json', content: { text: text('P1', { PkgURL: 'u', Status: 7 }) } },
        { content: { text: text('P2', {}) } },
      ],
    });
  });

  test('with Add of an MO instance become HGET without a ClientURI', () => {
    const { output } = translateBody(command('Add', item('./FwUpdate/F1', META('node'))));
    expect(output).toMatchObject({
      CMD: [['HGET', 'http://repo.example/r/1']],
      resources: [{ content: { text: '[{"ClientURI":"urn:oma:mo:oma-fumo:1.0/F1/","MOData":{"F1":{}}}]' } }],
    });
  });

  test('with Add of TNDS to the Inbox become HGET of an MO by its MOID', () => {
    const tnds =
      '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><RTProperties><Format><node/></Format><Type><DDFName>urn:oma:mo:oma-fumo:1.0</DDFName></Type></RTProperties><Node><NodeName>PkgName</NodeName><RTProperties><Format><chr/></Format><Type><MIME>text/plain</MIME></Type></RTProperties><Value>n</Value></Node></Node></MgmtTree>';
    const { output } = translateBody(
      command('Add', item('./Inbox', `${META('xml', 'application/vnd.syncml.dmtnds+xml')}<Data>${tnds}</Data>`)),
    );
    expect(output).toMatchObject({
      CMD: [['HGET', 'http://repo.example/r/1']],
      resources: [
        { content: { text: '[{"ClientURI":"urn:oma:mo:oma-fumo:1.0//","MOData":{"FUMO":{"PkgName":"n"}}}]' } },
      ],
    });
  });

  test('with Copy become GET, and then HGET of its data', () => {
    const { output, warnings } = translateBody(
      command(
        'Copy',
        `<Item><Source><LocURI>./FUMO/PkgName</LocURI></Source><Target><LocURI>./FUMO/PkgVersion</LocURI></Target></Item>`,
      ),
    );
    expect(output).toMatchObject({
      CMD: [
        ['GET', `${FUMO}/PkgName`],
        ['HGET', 'http://repo.example/r/1', `${FUMO}/PkgVersion`],
      ],
    });
    expect(warnings).toEqual([{ code: 'INCOMPLETE', at: './FUMO/PkgName', message: expect.any(String) }]);
  });

  test.each([
    ['1100', '', '<p>Hi &amp; bye</p></body>'],
    ['1101', '', 'value="yes">Yes</button><button name="answer" value="no">'],
    ['1102', 'MAXLEN=5&amp;IT=N&amp;DR=a"b', '<input name="answer" type="number" maxlength="5" value="a&quot;b">'],
    ['1103', 'DR=2', '<input type="radio" name="answer" value="2" checked>B</label>'],
    ['1104', 'DR=1-2', '<input type="checkbox" name="answer" value="1" checked>A</label>'],
  ])('with the user interaction alert %s become SHOW of a page', (code, options, part) => {
    const texts = [options, 'Hi &amp; bye', 'A', 'B'].map((text) => `<Item><Data>${text}</Data></Item>`);
    const { output } = translateBody(`<Alert><CmdID>1</CmdID><Data>${code}</Data>${texts.join('')}</Alert>`);
    expect(output).toMatchObject({
      CMD: [['SHOW', 'http://repo.example/r/1']],
      resources: [{ contentType: 'text/html', content: { text: expect.stringContaining(part) } }],
    });
  });

  test.each([
    ['Atomic', `<Atomic><CmdID>1</CmdID>${command('Exec', item('./FUMO/Update'))}</Atomic>`, 'LOSS', 'Atomic', 1],
    ['a LocURI without a mapping', command('Get', item('./Vendor/X')), 'NO_MAPPING', './Vendor/X', 0],
    ['a write to such a LocURI', command('Replace', item('./Vendor/X')), 'NO_MAPPING', './Vendor/X', 0],
    ['a property', command('Get', item('./FUMO?prop=Title')), 'NO_COUNTERPART', './FUMO?prop=Title', 0],
    ['a write of a property', command('Replace', item('./FUMO?prop=Name')), 'NO_COUNTERPART', './FUMO?prop=Name', 0],
    ['the structure alone', command('Get', item('./SCM?list=Struct')), 'LOSS', './SCM?list=Struct', 1],
    ['Data of Exec', command('Exec', item('./FUMO/Update', '<Data>x</Data>')), 'LOSS', './FUMO/Update', 1],
    [
      'an alert without text',
      '<Alert><CmdID>1</CmdID><Data>1100</Data><Item><Data>MINDT=5</Data></Item></Alert>',
      'INVALID',
      'Alert 1100',
      0,
    ],
    ['an alert of the session', '<Alert><CmdID>1</CmdID><Data>1222</Data></Alert>', 'NO_COUNTERPART', 'Alert 1222', 0],
    ['a command that DM does not use', '<Put><CmdID>1</CmdID></Put>', 'NO_COUNTERPART', 'Put', 0],
    [
      'a document that cannot be read',
      command('Add', item('./FUMO', `${META('xml', 'application/vnd.syncml.dmtnds+xml')}<Data>&lt;a</Data>`)),
      'INVALID',
      './FUMO',
      0,
    ],
  ])('cause a warning: %s', (_what, body, code, at, count) => {
    const { output, warnings } = translateBody(body);
    expect(warnings).toEqual([{ code, at, message: expect.any(String) }]);
    expect(output).toMatchObject({ CMD: { length: count } });
  });
});

describe('Package#2', () => {
  const back = (CMD: readonly (readonly string[])[], resources: readonly unknown[] = []) => {
    const { output, warnings } = translate(JSON.stringify({ CMD, resources }));
    const { message } = parseMessage(parseXml(String(output)));
    return { commands: message.commands.map(({ cmdId: _, ...each }) => each), warnings };
  };

  test.each<[string, readonly string[], string, string]>([
    ['GET of a leaf', ['GET', `${FUMO}/State`], 'Get', './FUMO/State'],
    ['GET of a sub-tree', ['GET', 'oma:mo:oma-scomo:1.0//Inventory'], 'Get', './SCM/Inventory?list=StructData'],
    ['GET of a relocated leaf', ['GET', 'urn:oma:mo:oma-dm-devinfo:1.2//FwV'], 'Get', './DevDetail/FwV'],
    ['DELETE', ['DELETE', `${SCOMO}/Download/P1`], 'Delete', './SCM/Download/P1'],
    ['DELETE of an instance', ['DELETE', 'urn:oma:mo:oma-fumo:1.0/F7/'], 'Delete', './FwUpdate/F7'],
    ['EXEC', ['EXEC', `${FUMO}/Update`], 'Exec', './FUMO/Update'],
  ])('is translated without a warning: %s', (_what, wire, name, target) => {
    const { commands, warnings } = back([wire]);
    expect(warnings).toEqual([]);
    expect(commands).toMatchObject([{ name, items: [{ target: { locUri: target } }] }]);
  });

  test.each<[string, readonly string[], string, number]>([
    ['a wildcard', ['GET', `${SCOMO}/Download/*/PkgURL`], 'LOSS', 1],
    ['an upload', ['HPUT', 'http://r/', `${FUMO}/State`], 'NO_COUNTERPART', 1],
    ['a document that the package does not have', ['HGET', 'http://r/1', `${FUMO}/Update/PkgData`], 'INCOMPLETE', 1],
    ['a deletion by wildcard', ['DELETE', `${SCOMO}/Download/*`], 'INCOMPLETE', 0],
    ['SHOW', ['SHOW', 'http://r/page'], 'INCOMPLETE', 0],
    ['a command that the device does not get', ['SUB', 'http://r/', `${FUMO}/State`], 'NO_COUNTERPART', 0],
    ['an unknown MOID', ['GET', 'urn:x:mo:none:1.0//A'], 'NO_MAPPING', 0],
    ['an unknown command', ['FLY', 'x'], 'INVALID', 0],
    ['a malformed address', ['GET', 'nothing'], 'INVALID', 0],
  ])('causes a warning: %s', (_what, wire, code, count) => {
    const { commands, warnings } = back([wire]);
    expect(warnings).toEqual([{ code, at: expect.any(String), message: expect.any(String) }]);
    expect(commands).toHaveLength(count);
  });

  test('with HGET of bytes has the format of the node', () => {
    const resource = { url: 'http://r/1', contentType: 'application/octet-stream', content: { base64: '/wA=' } };
    expect(back([['HGET', 'http://r/1', `${FUMO}/Update/PkgData`]], [resource]).commands).toMatchObject([
      { name: 'Replace', items: [{ meta: { format: 'b64', type: 'application/octet-stream' }, data: '/wA=' }] },
    ]);
  });

  test('of translated commands is translated back to the same commands', () => {
    const body = [
      command('Get', item('./FUMO/State')),
      command('Replace', item('./FUMO/Download/PkgURL', `${META('chr', 'text/plain')}<Data>http://x/a?b&amp;c</Data>`)),
      command('Add', item('./SCM/Download/P1', META('node'))),
      command('Add', item('./SCM/Download/P1/PkgURL', `${META('chr', 'text/plain')}<Data>u</Data>`)),
      command('Delete', item('./SCM/Inventory/Delivered/A')),
    ].join('');
    const there = translateBody(body);
    const { output } = translate(JSON.stringify(there.output));
    const read = (text: string) => parseMessage(parseXml(text)).message.commands.map(({ cmdId: _, ...each }) => each);
    const original = `<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>d</LocURI></Target><Source><LocURI>s</LocURI></Source></SyncHdr><SyncBody>${body}</SyncBody></SyncML>`;
    expect(read(String(output))).toEqual(read(original));
  });

  test.each([
    ['no CMD', '{"Status": []}'],
    ['malformed resources', '{"CMD": [], "resources": [{"url": "x"}]}'],
  ])('is refused with %s', (_what, text) => {
    expect(() => translate(text)).toThrow(expect.objectContaining({ code: 'ERR_PACKAGE_SHAPE' }));
  });
});

describe('a message of a device', () => {
  const ALERT = (code: number, rest = '') => `<Alert><CmdID>1</CmdID><Data>${code}</Data>${rest}</Alert>`;
  const GENERIC = ALERT(
    1226,
    `<Item><Source><LocURI>./FUMO/Update</LocURI></Source>${META('int', 'org.example.done')}<Data>200</Data></Item>`,
  );
  const alert = { AlertType: 'org.example.done', SourceURI: `${FUMO}/Update`, DataType: 'int', Data: { DM1x: 200 } };

  test('that starts a session becomes Package#1', () => {
    expect(translateBody(ALERT(1201), GENERIC)).toEqual({
      from: 'syncml',
      to: 'package1',
      output: { Alert: [{ AlertType: 'urn:oma:at:dm:2.0:ClientInitiatedMgmt' }, alert] },
      warnings: [],
    });
  });

  test.each([
    ['./DevInfo/Lang', 'urn:oma:mo:oma-dm-devinfo:1.2/DevInfo/Lang'],
    ['./DevDetail/FwV', 'urn:oma:mo:oma-dm-devinfo:1.2/DevInfo/FwV'],
    ['./DevDetail/LrgObj', 'urn:oma:mo:oma-dm-devdetail:1.0/DevDetail/LrgObj'],
    ['./DCMO/camera/Enabled', 'urn:oma:mo:oma-dcmo:1.0/camera/Enabled'],
  ])('with an alert from %s becomes an alert with the SourceURI %s', (source, sourceUri) => {
    const item = `<Item><Source><LocURI>${source}</LocURI></Source>${META('int', 'org.example.done')}<Data>1</Data></Item>`;
    const { output } = translateBody(ALERT(1226, item));
    expect(output).toMatchObject({ Alert: [{ SourceURI: sourceUri }] });
  });

  test('with statuses becomes Package#3', () => {
    const status = (cmdRef: number, cmd: string, data: number) =>
      `<Status><CmdID>${cmdRef}</CmdID><MsgRef>1</MsgRef><CmdRef>${cmdRef}</CmdRef><Cmd>${cmd}</Cmd><Data>${data}</Data></Status>`;
    const { to, output, warnings } = translateBody(
      status(0, 'SyncHdr', 212),
      status(1, 'Get', 200),
      status(2, 'Delete', 425),
      status(3, 'Sequence', 200),
      GENERIC,
    );
    expect({ to, output }).toEqual({
      to: 'package3',
      output: { Status: [{ sc: 200 }, { sc: 403 }], Alert: [alert] },
    });
    expect(warnings).toMatchObject([{ code: 'NO_COUNTERPART', at: 'Sequence' }]);
  });
});

describe('TNDS and MO data', () => {
  const DATA = [
    {
      ClientURI: 'urn:oma:mo:oma-fumo:1.0/FUMO/',
      MOData: { FUMO: { PkgName: 'n', Download: { PkgURL: 'u' }, State: 10 } },
    },
  ];

  test('are translated to each other', () => {
    const { to, output, warnings } = translate(JSON.stringify(DATA));
    expect({ to, warnings }).toEqual({ to: 'tnds', warnings: [] });
    expect(output).toContain('<DDFName>urn:oma:mo:oma-fumo:1.0</DDFName>');
    expect(translate(String(output))).toEqual({ from: 'tnds', to: 'dmmo+json', output: DATA, warnings: [] });
  });

  test('are translated to each other for an MO without mapping, by its MOID', () => {
    const data = [{ ClientURI: 'urn:wfa:mo:hs2:1.0/Sub/', MOData: { Sub: { i001: { HomeSP: { FQDN: 'h' } } } } }];
    const { output, warnings } = translate(JSON.stringify(data));
    expect(warnings).toEqual([]);
    expect(translate(String(output))).toEqual({ from: 'tnds', to: 'dmmo+json', output: data, warnings: [] });
    const inside = [{ ClientURI: 'urn:wfa:mo:hs2:1.0/Sub/i001/', MOData: { i001: {} } }];
    expect(translate(JSON.stringify(inside)).warnings).toMatchObject([{ code: 'NO_MAPPING' }]);
  });

  test('in WBXML are told apart from a DDF in WBXML', () => {
    const wbxml = encodeEmbedded(parseDataXml(ddfFixture('radio.ddf')));
    const { from, to, output } = translateDocument(wbxml, context);
    const { warnings, ...asText } = translate(ddfFixture('radio.ddf'));
    expect({ from, to, output, warned: warnings.length }).toEqual({ ...asText, warned: 1 });
  });

  test.each([
    ['with a public identifier as text', true],
    ['with one as number', false],
  ])('are translated from a WBXML document %s', (_what, textPublicId) => {
    const document = encodeWbxml(parseXml(String(translate(JSON.stringify(DATA)).output)), {
      type: DM_DDF_1_2,
      textPublicId,
    });
    expect(translateDocument(document, context)).toEqual({ from: 'tnds', to: 'dmmo+json', output: DATA, warnings: [] });
    expect(translateDocument(document, context, 'tnds').output).toEqual(DATA);
    expect(() => translateDocument(document.subarray(0, 60), context)).toThrow(DecodeError);
  });

  test('are translated from WBXML inside a message to a document for HGET', () => {
    const tree = encodeEmbedded(parseXml(String(translate(JSON.stringify(DATA)).output)));
    const meta = { type: 'application/vnd.syncml.dmtnds+wbxml', format: 'bin' } as const;
    const header = { verDtd: '1.2', verProto: 'DM/1.2', sessionId: '1', msgId: 1 };
    const message = {
      header: { ...header, target: { locUri: 'd' }, source: { locUri: 's' } },
      commands: [{ name: 'Add' as const, cmdId: '1', items: [{ target: { locUri: '.' }, meta, data: tree }] }],
      final: true,
    };
    for (const type of ['application/vnd.syncml.dm+wbxml', 'application/vnd.syncml.dm+xml'] as const) {
      expect(translateDocument(encodeMessage(message, type), context)).toMatchObject({
        output: {
          CMD: [['HGET', 'http://repo.example/r/1']],
          resources: [{ content: { text: JSON.stringify(DATA) } }],
        },
        warnings: [],
      });
    }
  });

  test('of the DAC MO have no counterpart on a device', () => {
    const ClientURI = 'urn:oma:mo:oma-dm-dacmo:1.0//urn:oma:mo:oma-fumo:1.0/FUMO';
    const { output, warnings } = translate(JSON.stringify([{ ClientURI, MOData: { FUMO: {} } }]));
    expect({ output, warnings }).toMatchObject({ output: '', warnings: [{ code: 'NO_COUNTERPART', at: ClientURI }] });
  });

  test('of DevInfo have the names of their protocol; relocated nodes cause a warning', () => {
    const data = [
      { ClientURI: 'urn:oma:mo:oma-dm-devinfo:1.2/DevInfo/', MOData: { DevInfo: { DevID: 'd', FwV: '1' } } },
    ];
    const { output, warnings } = translate(JSON.stringify(data));
    expect(output).toContain('<NodeName>DevId</NodeName>');
    expect(output).not.toContain('FwV');
    expect(warnings).toMatchObject([{ code: 'LOSS', at: './DevDetail/FwV' }]);
    expect(translate(String(output)).output).toEqual([
      { ClientURI: 'urn:oma:mo:oma-dm-devinfo:1.2/DevInfo/', MOData: { DevInfo: { DevID: 'd' } } },
    ]);
  });

  test.each([
    ['a tree without a mapping', '<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Q</NodeName></Node></MgmtTree>', []],
    ['a node of an MO without a mapping', '[{"ClientURI":"urn:x:mo:q:1.0//a/","MOData":{"a":{}}}]', ''],
  ])('cause a warning: %s', (_what, text, output) => {
    expect(translate(text)).toMatchObject({ output, warnings: [{ code: 'NO_MAPPING' }] });
  });
});

describe('an ACL', () => {
  test('is translated to access rights, with warnings for rights that AR cannot express', () => {
    expect(translate('Add=a&Get=*&Replace=a\n')).toEqual({
      from: 'acl',
      to: 'access-rights',
      output: { Permissions: { 1: { MAID: '*', AR: 1 }, 2: { MAID: 'serverid:a', AR: 9 } } },
      warnings: [{ code: 'LOSS', at: 'a', message: expect.stringContaining('Add') }],
    });
  });
});

describe('a DDF', () => {
  test('is translated to mapping files, with warnings for ignored elements', () => {
    const { to, output, warnings } = translate(ddfFixture('policy.xml'));
    expect(to).toBe('mapping');
    expect(output).toMatchObject([{ moid: 'com.acme/1.1/Lock', find: 'type' }]);
    expect(warnings.map(({ code, at }) => [code, at])).toEqual([
      ['NO_COUNTERPART', 'Lock'],
      ['NO_COUNTERPART', 'Lock/<x>/MinLength'],
      ['NO_COUNTERPART', '.'],
      ['LOSS', 'com.acme/1.1/Lock'],
    ]);
  });
});

describe('the kind of a document', () => {
  test.each<[string, string, DocumentKind]>([
    ['a message', '<?xml version="1.0"?><SyncML xmlns="SYNCML:SYNCML1.2"/>', 'syncml'],
    ['a single command', '<Get><CmdID>1</CmdID></Get>', 'syncml'],
    ['a message with TNDS in it', '<SyncML><Data><MgmtTree></MgmtTree></Data></SyncML>', 'syncml'],
    ['TNDS', '\uFEFF<MgmtTree xmlns="syncml:dmddf1.2"/>', 'tnds'],
    ['DDF', ddfFixture('device.ddf'), 'ddf'],
    ['MO data', ' [{}]', 'dmmo+json'],
    ['Package#2', '{"CMD":[]}', 'package2'],
    ['an ACL', 'Get=*', 'acl'],
  ])('is recognised for %s', (_what, text, kind) => expect(guessKind(bytes(text))).toBe(kind));

  test('is recognised for UTF-16 without byte order mark, which begins with a zero like WBXML 1.0', () => {
    const text = Buffer.from('<?xml version="1.0" encoding="UTF-16"?><MgmtTree></MgmtTree>', 'utf16le').swap16();
    expect(guessKind(text)).toBe('tnds');
  });

  test('is not recognised for other text', () => {
    expect(() => guessKind(bytes('hello'))).toThrow(DecodeError);
  });

  test('is recognised for a message in WBXML', () => {
    const header = { verDtd: '1.2', verProto: 'DM/1.2', sessionId: '1', msgId: 1 };
    const message = {
      header: { ...header, target: { locUri: 'd' }, source: { locUri: 's' } },
      commands: [{ name: 'Exec' as const, cmdId: '1', items: [{ target: { locUri: './FUMO/Update' } }] }],
      final: true,
    };
    const document = encodeMessage(message, 'application/vnd.syncml.dm+wbxml');
    expect(translateDocument(document, context)).toMatchObject({
      from: 'wbxml',
      output: { CMD: [['EXEC', `${FUMO}/Update`]] },
    });
  });
});

test('text that XML cannot hold is left out with a warning', () => {
  const uri = 'urn:oma:mo:oma-fumo:1.0/F/PkgName';
  const resources = [{ url: 'http://r/1', contentType: 'text/plain', content: { text: 'a\x01b' } }];
  const messages = translate(JSON.stringify({ CMD: [['HGET', 'http://r/1', uri]], resources }));
  expect(messages.output).not.toContain('Replace');
  expect(messages.warnings).toMatchObject([{ code: 'INVALID' }]);
  const documents = translate(JSON.stringify([{ ClientURI: uri, MOData: { PkgName: 'a\x01b' } }]));
  expect(documents.output).not.toContain('\uFFFD');
  expect(documents.warnings).toMatchObject([{ code: 'INVALID' }]);
});
