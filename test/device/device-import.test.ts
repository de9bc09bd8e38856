import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../src/device/csv.ts';
import { parseDevId } from '../../src/device/dev-id.ts';
import { applyRow, type DeviceRow, parseDevicesCsv } from '../../src/device/device-import.ts';
import type { DeviceRecord } from '../../src/device/record.ts';
import { credentialForms } from '../../src/dm1/digest.ts';

describe('CSV text', () => {
  const cells = (text: string) => parseCsv(text).records.map((record) => record.cells);

  test.for([
    [
      'LF and CRLF',
      'a,b\nc,d\r\ne,f',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    ['a last line end', 'a,b\r\n', [['a', 'b']]],
    [
      'empty cells',
      ',\n,,',
      [
        ['', ''],
        ['', '', ''],
      ],
    ],
    [
      'quotes, commas, doubled quotes, line breaks',
      '"a,1","b""c","d\r\ne"\nf,"",g',
      [
        ['a,1', 'b"c', 'd\r\ne'],
        ['f', '', 'g'],
      ],
    ],
    ['blank lines', '\n\na\n\r\nb\n', [['a'], ['b']]],
    ['a byte order mark', '\uFEFF"a",b', [['a', 'b']]],
    ['white space in cells', ' a , b', [[' a ', ' b']]],
    ['nothing', '', []],
  ] as const)('a CSV text is read: %s', ([, text, expected]) => {
    expect(cells(text)).toEqual(expected);
    expect(parseCsv(text).problems).toEqual([]);
  });

  test('a CSV record has the number of its line, also after line breaks in quotes', () => {
    expect(parseCsv('a\n"b\n\nc"\n\nd').records.map(({ line }) => line)).toEqual([1, 2, 6]);
  });

  test('a fault in CSV spoils its own record only', () => {
    const { records, problems } = parseCsv('a\nb"c\nd\n"e"f\ng\n"h\n');
    expect(records.map((record) => record.cells)).toEqual([['a'], ['d'], ['g']]);
    expect(problems.map(({ line }) => line)).toEqual([2, 4, 6]);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('a quote inside'),
      expect.stringContaining('after a closing quote'),
      expect.stringContaining('not closed'),
    ]);
  });

  test('CSV text written by the rules is read back', () => {
    const row = fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ä') }), { minLength: 2 });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const text = rows.map((r) => r.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n');
        expect(cells(text)).toEqual(rows);
      }),
    );
  });

  test('a quoted cell of a megabyte is read without a stack overflow', () => {
    const large = 'x""'.repeat(500_000);
    expect(cells(`"${large}",b`)[0]?.[0]).toHaveLength(1_000_000);
  });
});

describe('devices file', () => {
  test('a row of the devices file is read with all its columns', () => {
    const text = [
      'devId,user,password,clientNonce,serverUser,serverPassword,serverNonce,notiSecret,auth,model,mcc,mnc',
      'IMEI:1,u1,"p,1",Tm9uY2U=,srv, sp ,c3J2,base64:AAEC,md5  basic,M1,262,01',
    ].join('\n');
    expect(parseDevicesCsv(text)).toEqual({
      problems: [],
      rows: [
        {
          line: 2,
          devId: 'IMEI:1',
          user: 'u1',
          password: 'p,1',
          clientNonce: 'Tm9uY2U=',
          server: { user: 'srv', password: ' sp ' },
          serverNonce: 'c3J2',
          notificationSecret: 'base64:AAEC',
          accept: ['md5', 'basic'],
          values: { model: 'M1', mcc: '262', mnc: '01' },
        },
      ],
    });
  });

  test('a devices file has its columns in any order, an empty user is the devId, and empty cells count as absent', () => {
    const { rows, problems } = parseDevicesCsv(' model ,password,user, devId,clientNonce\n,pw,, IMEI:1 ,\n');
    expect(problems).toEqual([]);
    expect(rows).toEqual([{ line: 2, devId: 'IMEI:1', user: 'IMEI:1', password: 'pw', values: {} }]);
  });

  test.for([
    ['', 1, 'no header row'],
    ['devId,user\nIMEI:1,u', 1, 'column "password" is missing in the header row'],
    ['devId,user,password,devId\n', 1, 'column "devId" is in the header row more than once'],
    ['devId,user,password\nIMEI:1,u', 2, '2 cells, but the header row has 3'],
    ['devId,user,password\nIMEI:1,u,p,x', 2, '4 cells, but the header row has 3'],
    ['devId,user,password\n,u,p', 2, 'devId is empty'],
    ['devId,user,password\nIMEI:1,u,', 2, 'password is empty'],
    ['devId,user,password\nIMEI:1,u,p\n\nimei:1,u,p', 4, 'devId "imei:1" is also in line 2'],
    ['devId,user,password,clientNonce\nIMEI:1,u,p,?', 2, 'clientNonce is not base64'],
    ['devId,user,password,serverNonce\nIMEI:1,u,p,A', 2, 'serverNonce is not base64'],
    ['devId,user,password,notiSecret\nIMEI:1,u,p,base64:?', 2, 'notiSecret is not base64 after "base64:"'],
    ['devId,user,password,serverPassword\nIMEI:1,u,p,s', 2, 'serverUser and serverPassword must be given together'],
    [
      'devId,user,password,serverUser,serverPassword\nIMEI:1,u,p,s,',
      2,
      'serverUser and serverPassword must be given together',
    ],
    [
      'devId,user,password,auth\nIMEI:1,u,p,md5 kerberos',
      2,
      'auth: "kerberos" is not one of md5, basic, sha256, hmac-md5, hmac-sha256, http-basic, http-digest, tls',
    ],
  ] as const)('the devices file %j has a problem in line %i: %s', ([text, line, message]) => {
    expect(parseDevicesCsv(text).problems).toEqual([{ line, message }]);
  });

  test('every problem of a devices file is reported by line, and rows without one are read', () => {
    const { rows, problems } = parseDevicesCsv('devId,user,password,clientNonce\n,u,,?\nIMEI:1,u,p,\n"x\nIMEI:2,u\n');
    expect(problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '2 devId is empty',
      '2 password is empty',
      '2 clientNonce is not base64',
      expect.stringMatching(/^4 a quote is not closed/),
      '5 2 cells, but the header row has 4',
    ]);
    expect(rows.map(({ devId }) => devId)).toEqual(['IMEI:1']);
  });

  test('a problem of a devices file shows no secret', () => {
    const { problems } = parseDevicesCsv(
      'devId,user,password,serverPassword,notiSecret\n,u,hush1,hush2,base64:hush3?\na,b,hush4\n"a"hush5,,,\n',
    );
    expect(problems.length).toBeGreaterThan(3);
    expect(JSON.stringify(problems)).not.toContain('hush');
  });
});

describe('import of a row', () => {
  const ROW: DeviceRow = {
    line: 2,
    devId: parseDevId('IMEI:1'),
    user: 'u',
    password: 'secret-pw',
    values: { model: 'M1' },
  };

  test('the row of a new device becomes its record, without the password', () => {
    const record = applyRow(undefined, {
      ...ROW,
      clientNonce: 'Tm9uY2U=',
      serverNonce: 'c3J2',
      server: { user: 's', password: 'p' },
      notificationSecret: 'n',
      accept: ['basic'],
    });
    expect(record).toEqual({
      devId: parseDevId('IMEI:1'),
      credentials: { ...credentialForms('u', 'secret-pw'), accept: ['basic'] },
      clientNonce: 'Tm9uY2U=',
      serverNonce: 'c3J2',
      server: { user: 's', password: 'p' },
      notificationSecret: 'n',
      values: { model: 'M1' },
      facts: {},
      miids: {},
      pendingExecs: [],
      accountValues: {},
      nextSeq: 1,
    } satisfies DeviceRecord);
    expect(JSON.stringify(record)).not.toContain('secret-pw');
  });

  const used: DeviceRecord = {
    ...applyRow(undefined, { ...ROW, server: { user: 's', password: 'p' }, notificationSecret: 'n', accept: ['md5'] }),
    clientNonce: 'bGVhcm50',
    usedNonce: 'dXNlZA==',
    serverNonce: 'Z2l2ZW4=',
    values: { model: 'M1', manufacturer: 'Acme' },
    facts: { list: 'none' },
    nextSeq: 42,
  };

  test('the same row imported again leaves the very same record', () => {
    expect(applyRow(used, ROW)).toBe(used);
    expect(applyRow(used, { ...ROW, clientNonce: 'Tm9uY2U=', serverNonce: 'c3J2' })).toBe(used);
  });

  test('an imported row with another password replaces the credentials and nothing else', () => {
    const record = applyRow(used, { ...ROW, password: 'new' });
    expect(record).toEqual({ ...used, credentials: { ...credentialForms('u', 'new'), accept: ['md5'] } });
  });

  test('a nonce of the devices file counts only when none is stored', () => {
    const { clientNonce: _c, serverNonce: _s, ...fresh } = used;
    const row = { ...ROW, clientNonce: 'Tm9uY2U=', serverNonce: 'c3J2' };
    expect(applyRow(fresh, row)).toMatchObject({ clientNonce: 'Tm9uY2U=', serverNonce: 'c3J2' });
    expect(applyRow(used, row)).toMatchObject({ clientNonce: 'bGVhcm50', serverNonce: 'Z2l2ZW4=' });
  });

  test('an imported row replaces the values that it has; other values and the spelling of the devId stay', () => {
    const row = {
      ...ROW,
      devId: parseDevId('imei:1'),
      server: { user: 's2', password: 'p2' },
      values: { model: 'M2' },
    };
    expect(applyRow(used, row)).toEqual({
      ...used,
      server: { user: 's2', password: 'p2' },
      values: { model: 'M2', manufacturer: 'Acme' },
    });
  });
});
