/** ACLs of a script ↔ the DAC MO, without a device (DM-2.0 §10, §12.3, §13.2). */
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
const replaceAcl = (place: string, acl: string) =>
  `<Replace><CmdID>1</CmdID><Item><Target><LocURI>${place}?prop=ACL</LocURI></Target><Data>${escaped(acl)}</Data></Item></Replace>`;
const get = (target: string) => `<Get><CmdID>1</CmdID><Item><Target><LocURI>${target}</LocURI></Target></Item></Get>`;

/** The address of the HGET, and the document. */
function stored(script: string) {
  const { output, warnings } = translate(script);
  const { CMD = [], resources = [] } = output as {
    readonly CMD?: readonly (readonly string[])[];
    readonly resources?: readonly { readonly content: { readonly text: string } }[];
  };
  return { clientUri: CMD[0]?.[2], data: JSON.parse(resources[0]?.content.text ?? 'null'), warnings };
}

/** Targets and Data of the commands that a Package#2 becomes. */
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

describe('an ACL of a script', () => {
  test('is the entry of its node, each holder with the bits it has', () => {
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

  test('of a node inside names its path', () => {
    const { clientUri, data } = stored(replaceAcl('./FUMO/Download/PkgURL', 'Replace=a&Delete=a'));
    expect(clientUri).toBe(`${DAC}/Download.PkgURL`);
    expect(data).toMatchObject([
      { MOData: { 'Download.PkgURL': { Path: '/Download/PkgURL', Permissions: { a: { AR: 2 } } } } },
    ]);
  });

  test('that says nothing is an entry without permissions', () => {
    expect(stored(replaceAcl('./FUMO', '')).data).toMatchObject([{ MOData: { 1: { Permissions: {} } } }]);
  });

  test.each([
    ['what no access right says', replaceAcl('./FUMO', 'Add=a'), 'LOSS', './FUMO?prop=ACL'],
    ['what is no ACL', replaceAcl('./FUMO', 'Get'), 'INVALID', './FUMO?prop=ACL'],
    ['a place without MO', replaceAcl('./Vendor', 'Get=*'), 'NO_MAPPING', './Vendor'],
    [
      'the rights of a part, which are told for the whole',
      get('./FUMO/State?list=TNDS+ACL'),
      'LOSS',
      './FUMO/State?list=TNDS+ACL',
    ],
  ])('warns of %s', (_, script, code, at) => {
    expect(translate(script).warnings).toEqual([{ code, at, message: expect.any(String) }]);
  });

  test.each([
    ['./FUMO?prop=ACL', `${DAC}/1`],
    ['./FUMO/State?prop=acl', `${DAC}/State`],
    ['./FUMO?list=TNDS+ACL', DAC],
  ])('is read from the DAC MO: %s', (target, clientUri) => {
    expect(translate(get(target))).toMatchObject({ output: { CMD: [['GET', clientUri]] }, warnings: [] });
  });
});

describe('commands for the DAC MO', () => {
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
      'all of it',
      'urn:oma:mo:oma-dm-dacmo:1.0//',
      { DacMO: { 'urn:oma:mo:oma-fumo:1.0': { FUMO: { x: permissions(['*', 1], ['serverid:a', 11]) } } } },
      './FUMO',
    ],
    [
      'a node inside',
      DAC,
      { FUMO: { x: { Path: '/Ext', ...permissions(['*', 1], ['serverid:a', 11]) } } },
      './FUMO/Ext',
    ],
  ])('HGET of %s is Replace of the ACL', (_, clientUri, data, place) => {
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
  ])('warns of %s', (_, permission, warnings) => {
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
      'a document that is none',
      ['HGET', 'http://r/1', DAC],
      { FUMO: { x: { Nope: 1 } } },
      [`INVALID HGET http://r/1 ${DAC}`],
    ],
    [
      'an MO that nobody knows',
      ['HGET', 'http://r/1', 'urn:oma:mo:oma-dm-dacmo:1.0//urn:x:mo:q:1.0/Q'],
      { Q: { x: permissions(['*', 1]) } },
      ['NO_MAPPING urn:oma:mo:oma-dm-dacmo:1.0//urn:x:mo:q:1.0/Q'],
    ],
  ])('cannot be followed: %s', (_, command, data, warnings) => {
    expect(sent([command], [{ ClientURI: command[2], MOData: data }])).toEqual({ commands: [], warnings });
  });

  test.each<[string, string, readonly string[], readonly string[]]>([
    ['an entry', `${DAC}/Download.PkgURL`, ['Get ./FUMO/Download/PkgURL?prop=ACL'], []],
    ['a node whose name holds a dot', `${DAC}/a%252Eb`, ['Get ./FUMO/a.b?prop=ACL'], []],
    ['a value in an entry', `${DAC}/1/Permissions/1/AR`, ['Get ./FUMO?prop=ACL'], []],
    ['an instance', `${DAC}/`, ['Get ./FUMO?list=TNDS+ACL'], []],
    ['any entry of an instance', `${DAC}/*/Permissions`, ['Get ./FUMO?list=TNDS+ACL'], []],
    ['all of it', 'urn:oma:mo:oma-dm-dacmo:1.0//', [], ['INCOMPLETE urn:oma:mo:oma-dm-dacmo:1.0//']],
  ])('GET of %s', (_, clientUri, commands, warnings) => {
    expect(sent([['GET', clientUri]])).toEqual({ commands, warnings });
  });

  test('that a device has no part in', () => {
    expect(sent([['DELETE', `${DAC}/1`]])).toEqual({ commands: [], warnings: [`NO_COUNTERPART ${DAC}/1`] });
  });

  test('an ACL that access rights can say goes there and comes back', () => {
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
