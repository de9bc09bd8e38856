/** ACLs of a legacy server ↔ the DAC MO, without a device (DM-2.0 §10, §12.3, §13.2). */
import { describe, expect, test } from 'vitest';
import { loadMappings } from '../../src/mapping/load.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { translateDocument } from '../../src/offline/document.ts';
import { parseMessage } from '../../src/syncml/parse.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';

const { mappings, status: statusTable } = loadMappings();
const context = { index: new MoIndex(mappings), statusTable, repository: 'http://repo.example/r' };
const translate = (text: string) => translateDocument(new TextEncoder().encode(text), context);

const DAC = 'urn:oma:mo:oma-dm-dacmo:1.0//urn:oma:mo:oma-fumo:1.0/FUMO';
const escaped = (text: string) => text.replaceAll('&', '&amp;');
const replaceAcl = (locUri: string, acl: string) =>
  `<Replace><CmdID>1</CmdID><Item><Target><LocURI>${locUri}?prop=ACL</LocURI></Target><Data>${escaped(acl)}</Data></Item></Replace>`;
const get = (target: string) => `<Get><CmdID>1</CmdID><Item><Target><LocURI>${target}</LocURI></Target></Item></Get>`;

/** The address of the HGET, and the document. */
function stored(commands: string) {
  const { output, warnings } = translate(commands);
  const { CMD = [], resources = [] } = output as {
    readonly CMD?: readonly (readonly string[])[];
    readonly resources?: readonly { readonly content: { readonly text: string } }[];
  };
  return { clientUri: CMD[0]?.[2], data: JSON.parse(resources[0]?.content.text ?? 'null'), warnings };
}

/** Targets and Data of the commands for a Package#2. */
function sent(CMD: readonly (readonly string[])[], data?: unknown) {
  const content = { text: JSON.stringify(data) };
  const resources = data === undefined ? [] : [{ url: 'http://r/1', contentType: 'application/dmmo+json', content }];
  const { output, warnings } = translate(JSON.stringify({ CMD, resources }));
  const { message } = parseMessage(parseXml(String(output)));
  const commands = message.commands.map((command) => {
    const [item] = 'items' in command ? command.items : [];
    const { target, data: text } = item ?? {};
    return [command.name, target?.locUri, ...(typeof text === 'string' ? [text] : [])].join(' ');
  });
  return { commands, warnings: warnings.map(({ code, at }) => `${code} ${at}`) };
}

describe('a command for an ACL', () => {
  test('becomes HGET of the entry of the node, with the bits of each authority', () => {
    const { clientUri, data, warnings } = stored(replaceAcl('./FUMO', 'Get=*&Add=a&Delete=a&Replace=a+b&Exec=c'));
    expect(clientUri).toBe(`${DAC}/1`);
    const permission = (MAID: string, AR: number) => ({ MAID, AR });
    expect(data).toEqual([
      {
        ClientURI: `${DAC}/1`,
        MOData: {
          1: {
            Permissions: {
              1: permission('*', 1),
              a: permission('serverid:a', 11),
              b: permission('serverid:b', 9),
              c: permission('serverid:c', 5),
            },
          },
        },
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test('becomes an entry with Path for a node below the root', () => {
    const { clientUri, data } = stored(replaceAcl('./FUMO/Download/PkgURL', 'Replace=a&Delete=a'));
    expect(clientUri).toBe(`${DAC}/Download.PkgURL`);
    expect(data).toMatchObject([
      { MOData: { 'Download.PkgURL': { Path: '/Download/PkgURL', Permissions: { a: { AR: 2 } } } } },
    ]);
  });

  test('becomes an entry without permissions for an empty ACL', () => {
    expect(stored(replaceAcl('./FUMO', '')).data).toMatchObject([{ MOData: { 1: { Permissions: {} } } }]);
  });

  test.each([
    ['a right that AR cannot express', replaceAcl('./FUMO', 'Add=a'), 'LOSS', './FUMO?prop=ACL'],
    ['a malformed ACL', replaceAcl('./FUMO', 'Get'), 'INVALID', './FUMO?prop=ACL'],
    ['a LocURI without an MO', replaceAcl('./Vendor', 'Get=*'), 'NO_MAPPING', './Vendor'],
    [
      'a listing of a part, which becomes one of the whole instance',
      get('./FUMO/State?list=TNDS+ACL'),
      'LOSS',
      './FUMO/State?list=TNDS+ACL',
    ],
  ])('causes a warning: %s', (_, commands, code, at) => {
    expect(translate(commands).warnings).toEqual([{ code, at, message: expect.any(String) }]);
  });

  test.each([
    ['./FUMO?prop=ACL', `${DAC}/1`],
    ['./FUMO/State?prop=acl', `${DAC}/State`],
    ['./FUMO?list=TNDS+ACL', DAC],
  ])('that reads it becomes GET in the DAC MO: %s', (target, clientUri) => {
    expect(translate(get(target))).toMatchObject({ output: { CMD: [['GET', clientUri]] }, warnings: [] });
  });
});

describe('a command for the DAC MO', () => {
  const permissions = (...list: readonly (readonly [string, number])[]) => ({
    Permissions: Object.fromEntries(list.map(([MAID, AR], at) => [`p${at}`, { MAID, AR }])),
  });
  const LOSS = (place: string) => `LOSS ${place}?prop=ACL`;

  test.each<[string, string, unknown, string]>([
    ['an entry', `${DAC}/1`, { 1: permissions(['*', 1], ['serverid:a', 11]) }, './FUMO'],
    ['an instance', DAC, { FUMO: { x: permissions(['*', 1], ['serverid:a', 11]) } }, './FUMO'],
    [
      'a MOID',
      'urn:oma:mo:oma-dm-dacmo:1.0//urn:oma:mo:oma-fumo:1.0',
      { any: { FUMO: { x: permissions(['*', 1], ['serverid:a', 11]) } } },
      './FUMO',
    ],
    [
      'the whole MO',
      'urn:oma:mo:oma-dm-dacmo:1.0//',
      { DacMO: { 'urn:oma:mo:oma-fumo:1.0': { FUMO: { x: permissions(['*', 1], ['serverid:a', 11]) } } } },
      './FUMO',
    ],
    [
      'a node below the root',
      DAC,
      { FUMO: { x: { Path: '/Ext', ...permissions(['*', 1], ['serverid:a', 11]) } } },
      './FUMO/Ext',
    ],
  ])('with HGET of %s becomes Replace of the ACL', (_, clientUri, data, place) => {
    const expected = {
      commands: [`Replace ${place}?prop=ACL Add=a&Delete=a&Get=*&Replace=a`],
      warnings: [LOSS(place)],
    };
    expect(sent([['HGET', 'http://r/1', clientUri]], [{ ClientURI: clientUri, MOData: data }])).toEqual(expected);
    expect(sent([['HGET', 'http://r/1']], [{ ClientURI: clientUri, MOData: data }])).toEqual(expected);
  });

  test.each<[string, readonly [string, number], readonly string[]]>([
    [
      'Write without Delegate, on an interior node',
      ['serverid:a', 2],
      ['NO_COUNTERPART ./FUMO?prop=ACL', LOSS('./FUMO')],
    ],
    ['an application', ['appid:x', 1], ['NO_COUNTERPART ./FUMO?prop=ACL', LOSS('./FUMO')]],
  ])('causes a warning: %s', (_, permission, warnings) => {
    const data = [{ ClientURI: `${DAC}/1`, MOData: { 1: permissions(permission) } }];
    expect(sent([['HGET', 'http://r/1']], data)).toEqual({ commands: ['Replace ./FUMO?prop=ACL '], warnings });
  });

  test.each<[string, readonly string[], unknown, readonly string[]]>([
    [
      'a single right',
      ['HGET', 'http://r/1', `${DAC}/1/Permissions/1/AR`],
      { AR: 3 },
      [`INCOMPLETE ${DAC}/1/Permissions/1/AR`],
    ],
    [
      'a malformed document',
      ['HGET', 'http://r/1', DAC],
      { FUMO: { x: { Nope: 1 } } },
      [`INVALID HGET http://r/1 ${DAC}`],
    ],
    [
      'an MO without a mapping',
      ['HGET', 'http://r/1', 'urn:oma:mo:oma-dm-dacmo:1.0//urn:x:mo:q:1.0/Q'],
      { Q: { x: permissions(['*', 1]) } },
      ['NO_MAPPING urn:oma:mo:oma-dm-dacmo:1.0//urn:x:mo:q:1.0/Q'],
    ],
  ])('is not translated: %s', (_, command, data, warnings) => {
    expect(sent([command], [{ ClientURI: command[2], MOData: data }])).toEqual({ commands: [], warnings });
  });

  test.each<[string, string, readonly string[], readonly string[]]>([
    ['an entry', `${DAC}/Download.PkgURL`, ['Get ./FUMO/Download/PkgURL?prop=ACL'], []],
    ['a node whose name has a dot', `${DAC}/a%252Eb`, ['Get ./FUMO/a.b?prop=ACL'], []],
    ['a value in an entry', `${DAC}/1/Permissions/1/AR`, ['Get ./FUMO?prop=ACL'], []],
    ['an instance', `${DAC}/`, ['Get ./FUMO?list=TNDS+ACL'], []],
    ['any entry of an instance', `${DAC}/*/Permissions`, ['Get ./FUMO?list=TNDS+ACL'], []],
    ['the whole MO', 'urn:oma:mo:oma-dm-dacmo:1.0//', [], ['INCOMPLETE urn:oma:mo:oma-dm-dacmo:1.0//']],
  ])('with GET of %s becomes Get of ACLs', (_, clientUri, commands, warnings) => {
    expect(sent([['GET', clientUri]])).toEqual({ commands, warnings });
  });

  test('with DELETE is not translated', () => {
    expect(sent([['DELETE', `${DAC}/1`]])).toEqual({ commands: [], warnings: [`NO_COUNTERPART ${DAC}/1`] });
  });

  test('for an ACL that AR can express is translated back to the same ACL', () => {
    for (const acl of ['Get=*', 'Add=a&Delete=a&Get=a&Replace=a', 'Exec=*&Get=a+b', 'Replace=a', '']) {
      const there = translate(replaceAcl('./FUMO', acl)).output as {
        CMD: readonly string[][];
        resources: readonly { content: { text: string } }[];
      };
      const { output } = translate(JSON.stringify(there));
      expect(String(output)).toContain(acl === '' ? '<Data/>' : `<Data>${escaped(acl)}</Data>`);
    }
  });
});
