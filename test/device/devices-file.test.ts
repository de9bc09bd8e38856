/** The devices file: its encoding, its columns, its rows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DeviceRow, DevicesReader } from '../../src/device/device-import.ts';

function read(content: string | Uint8Array, encodeDevIds = false, pieceLength = 1_000_000) {
  const reader = new DevicesReader({ encodeDevIds });
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const rows: DeviceRow[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength)
    rows.push(...reader.read(bytes.subarray(at, at + pieceLength)));
  rows.push(...reader.end());
  return { rows, problems: reader.problems };
}

const messages = (content: string | Uint8Array) =>
  read(content).problems.map(({ line, message }) => `${line}: ${message}`);
const HEAD = 'devId,user,password';

describe('rows', () => {
  test('a row of the devices file is read with all its columns', () => {
    const text = [
      'devId,user,password,clientNonce,serverUser,serverPassword,serverNonce,notiSecret,auth,model,mcc,mnc,x-Site,tags',
      'IMEI:1,u1,"p,1",Tm9uY2U=,srv, sp ,c3J2,base64:AAEC,md5  basic,M1,262,01,Köln,a b',
    ].join('\n');
    expect(read(text)).toEqual({
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
          values: { model: 'M1', mcc: '262', mnc: '01', site: 'Köln', tags: 'a b' },
        },
      ],
    });
  });

  test('columns come in any order and case, an empty user is the devId, and empty cells count as absent', () => {
    const { rows, problems } = read(' MODEL ,Password,USER, devid,clientnonce,\n,pw,, IMEI:1 ,,\n');
    expect(problems).toEqual([]);
    expect(rows).toEqual([{ line: 2, devId: 'IMEI:1', user: 'IMEI:1', password: 'pw', values: {} }]);
  });

  test('secret columns in another case are secrets', () => {
    const { rows } = read(`${HEAD},serveruser,SERVERPASSWORD,notisecret\nDEV-0,user,secret,srv,ONE,TWO\n`);
    expect(rows).toMatchObject([{ server: { user: 'srv', password: 'ONE' }, notificationSecret: 'TWO', values: {} }]);
  });

  test('the values of every column whose function is not built are kept', () => {
    const columns = 'binding,firmware,cmcc,cmnc,spName,dmVersion,pushHost,pushUrl,msisdn,push,tags'.split(',');
    const cells = 'address,F1,1,2,Op,1.2,10.0.0.1:2948,http://h/p,+491234,wap http,blue a.b-c_1'.split(',');
    const { rows, problems } = read(`${HEAD},${columns.join(',')}\nD,u,p,${cells.join(',')}\n`);
    expect(problems).toEqual([]);
    expect(rows[0]?.values).toEqual(Object.fromEntries(columns.map((name, at) => [name, cells[at]])));
  });

  test.for([
    [HEAD, '', 1, 'no header row'],
    [`${HEAD}\nIMEI:1,u`, undefined, 2, '2 cells, but the header row has 3'],
    [`${HEAD}\nIMEI:1,u,p,x`, undefined, 2, '4 cells, but the header row has 3'],
    [`${HEAD}\n,u,p`, undefined, 2, 'devId is empty'],
    [`${HEAD}\nIMEI:1,u,`, undefined, 2, 'password is empty'],
    [`${HEAD}\nIMEI:1,u,p\n\nimei:1,u,p`, undefined, 4, 'devId "imei:1" is also in line 2'],
    [`${HEAD},\nIMEI:1,u,p,x`, undefined, 2, 'a cell below a column without a name'],
    [`${HEAD},clientNonce\nIMEI:1,u,p,?`, undefined, 2, 'clientNonce is not base64'],
    [`${HEAD},serverNonce\nIMEI:1,u,p,A`, undefined, 2, 'serverNonce is not base64'],
    [`${HEAD},notiSecret\nIMEI:1,u,p,base64:?`, undefined, 2, 'notiSecret is not base64 after "base64:"'],
    [`${HEAD},serverPassword\nIMEI:1,u,p,s`, undefined, 2, 'serverUser and serverPassword must be given together'],
    [
      `${HEAD},serverUser,serverPassword\nIMEI:1,u,p,s,`,
      undefined,
      2,
      'serverUser and serverPassword must be given together',
    ],
    [`${HEAD},binding\nIMEI:1,u,p,none`, undefined, 2, 'binding: "none" is not token or address'],
    [`${HEAD},dmVersion\nIMEI:1,u,p,2.0`, undefined, 2, 'dmVersion: "2.0" is not one of 1.1, 1.2, 1.3'],
    [`${HEAD},msisdn\nIMEI:1,u,p,0049 1`, undefined, 2, 'msisdn: "0049 1" is not a number with + and digits'],
    [`${HEAD},pushHost\nIMEI:1,u,p,a:65536`, undefined, 2, 'pushHost: "a:65536" is not HOST or HOST:PORT'],
    [`${HEAD},pushHost\nIMEI:1,u,p,a:0`, undefined, 2, 'pushHost: "a:0" is not HOST or HOST:PORT'],
    [`${HEAD},pushHost\nIMEI:1,u,p,[1.2.3.4]:1`, undefined, 2, 'pushHost: "[1.2.3.4]:1" is not HOST or HOST:PORT'],
    [`${HEAD},pushHost\nIMEI:1,u,p,a b`, undefined, 2, 'pushHost: "a b" is not HOST or HOST:PORT'],
    [`${HEAD},pushUrl\nIMEI:1,u,p,ftp://x`, undefined, 2, 'pushUrl: "ftp://x" is not an http or https URL'],
    [`${HEAD},tags\nIMEI:1,u,p,Blue`, undefined, 2, 'tags: "Blue" is not 1 to 40 of a-z, 0-9, ".", "_" and "-"'],
    [
      `${HEAD},tags\nIMEI:1,u,p,${Array.from({ length: 21 }, (_, at) => `t${at}`).join(' ')}`,
      undefined,
      2,
      'tags: 21 tags, but a device has at most 20',
    ],
    [
      `${HEAD},auth\nIMEI:1,u,p,md5 kerberos`,
      undefined,
      2,
      'auth: "kerberos" is not one of md5, basic, sha256, hmac-md5, hmac-sha256, http-basic, http-digest, tls',
    ],
  ] as const)('the devices file %j has the problem: %s%i: %s', ([text, other, line, message]) => {
    expect(read(other ?? text).problems).toEqual([{ line, message }]);
  });

  test.for([
    '493005100592800.0',
    '493005100592800,0',
    '4.93E+14',
    '4.93005E+14',
    '4,93E+14',
    '5E+14',
    '="493005100592800"',
  ])('the DevID %j was changed by a spreadsheet', (devId) => {
    const cell = `"${devId.replaceAll('"', '""')}"`;
    expect(messages(`${HEAD}\n${cell},u,p\n`)).toEqual([
      `2: devId "${devId}" was changed by a spreadsheet: format the column as text and enter the DevID again`,
    ]);
  });

  test.for(['5E14', '1E10', 'A1000000000105', '493005100592800', '10.0.0.1', '#DEV-1', '=x'])(
    'the DevID %j is none that a spreadsheet has changed',
    (devId) => {
      expect(messages(`${HEAD}\n"${devId}",u,p\n`)).toEqual([]);
    },
  );

  test('a DevID that the header cannot carry is refused with its line unless it may be encoded', () => {
    const text = `${HEAD}\nIMEI:1,u,p\n設備-1,u,p\n`;
    expect(messages(text)).toEqual([
      '3: devId "設備-1" has characters that the header OMADM-DevID cannot carry: see north.encodeDevIds',
    ]);
    expect(read(text, true).rows.map(({ devId }) => devId)).toEqual(['IMEI:1', '設備-1']);
    expect(read(`${HEAD}\n${'ä'.repeat(256)},u,p\n`, true).problems).toEqual([
      { line: 2, message: 'devId has more than 255 characters' },
    ]);
  });

  test('the column push names ways of delivery of the configuration, when they are known', () => {
    const text = `${HEAD},push\nIMEI:1,u,p,http  wap\nIMEI:2,u,p,wap sms\n`;
    const reader = new DevicesReader({ encodeDevIds: false, deliveries: ['wap', 'http'] });
    expect([...reader.read(Buffer.from(text)), ...reader.end()].map(({ devId }) => devId)).toEqual(['IMEI:1']);
    expect(reader.problems).toEqual([{ line: 3, message: 'push: notifications.deliver has no way of delivery "sms"' }]);
    expect(messages(text)).toEqual([]);
  });

  test('every problem of a devices file is reported by line, and rows without one are read', () => {
    const { rows, problems } = read(`${HEAD},clientNonce\n,u,,?\nIMEI:1,u,p,\n"x\nIMEI:2,u\n`);
    expect(problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '2 devId is empty',
      '2 password is empty',
      '2 clientNonce is not base64',
      expect.stringMatching(/^4 a quote is not closed/),
      '5 2 cells, but the header row has 4',
    ]);
    expect(rows.map(({ devId }) => devId)).toEqual(['IMEI:1']);
  });

  test('a file with more than a hundred problems reports the first hundred and the number of the others', () => {
    const { problems } = read(`${HEAD}\n${',u,p\n'.repeat(150)}`);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)?.message).toBe('50 more problems');
  });

  test('a problem of a devices file shows no secret', () => {
    const { problems } = read(
      `${HEAD},serverPassword,notiSecret\n,u,hush1,hush2,base64:hush3?\na,b,hush4\n"a"hush5,,,\n`,
    );
    expect(problems.length).toBeGreaterThan(3);
    expect(JSON.stringify([problems, read('DEV-1,user,hush\n').problems])).not.toContain('hush');
  });
});

describe('the header row', () => {
  test.for([
    ['devId,user\nIMEI:1,u', 'column "password" is missing in the header row'],
    [`${HEAD},devId\n`, 'column "devId" is in the header row more than once'],
    [`${HEAD},DEVID\n`, 'column "devId" is in the header row more than once'],
    [`${HEAD},x-a,X-A\n`, 'column "X-A" is in the header row more than once'],
    [`${HEAD},x-password\n`, 'column "x-password" would have the name of the column "password"'],
    [`${HEAD},x-MODEL\n`, 'column "x-MODEL" would have the name of the column "model"'],
    [
      `${HEAD},manufactuer\n`,
      'there is no column "manufactuer": the nearest name is "manufacturer"; a column of your own begins with "x-"',
    ],
    [
      'devId,user,pasword\n',
      'there is no column "pasword": the nearest name is "password"; a column of your own begins with "x-"',
    ],
    ['devId;user;password\nIMEI:1;u;p\n', 'no header row with commas: save the file with commas between the columns'],
    [
      'DEV-1,user,secret\n',
      'no header row: the first row must have the names of the columns, devId, user, password and others',
    ],
  ] as const)('the header row of %j has a problem: %s', ([text, message]) => {
    expect(messages(text)).toEqual([`1: ${message}`]);
  });
});

describe('the encoding', () => {
  const GOOD = `${HEAD}\nDEV-0,user,Größe\nDEV-1,user,p\n`;
  const SAVE = 'save the file as CSV UTF-8';

  test.for([
    ['UTF-8', Buffer.from(GOOD), []],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${GOOD}`), []],
    ['UTF-8 with CRLF', Buffer.from(GOOD.replaceAll('\n', '\r\n')), []],
    ['a replacement character that is written as such', Buffer.from(GOOD.replace('ö', '\uFFFD')), []],
    ['the code page of the system', Buffer.from(GOOD, 'latin1'), [`2: not UTF-8: ${SAVE}`]],
    [
      'a code page further down',
      Buffer.concat([Buffer.from(GOOD), Buffer.from('DEV-2,u,\xe4\n', 'latin1')]),
      [`4: not UTF-8: ${SAVE}`],
    ],
    [
      'a character that is cut off',
      Buffer.from(GOOD).subarray(0, Buffer.from(GOOD).indexOf('ö') + 1),
      [`2: not UTF-8: ${SAVE}`],
    ],
    [
      'half a surrogate pair',
      Buffer.concat([Buffer.from(`${HEAD}\nD,u,`), Buffer.of(0xed, 0xa0, 0x80, 0x0a)]),
      [`2: not UTF-8: ${SAVE}`],
    ],
    ['UTF-16 with its mark', Buffer.from(`\uFEFF${GOOD}`, 'utf16le'), [`1: the file is UTF-16: ${SAVE}`]],
    ['UTF-16 without a mark', Buffer.from(GOOD, 'utf16le'), [`1: the file is UTF-16: ${SAVE}`]],
    [
      'UTF-16 of the other byte order',
      Buffer.from(`\uFEFF${GOOD}`, 'utf16le').swap16(),
      [`1: the file is UTF-16: ${SAVE}`],
    ],
    [
      'UTF-16 of the other byte order without a mark',
      Buffer.from(GOOD, 'utf16le').swap16(),
      [`1: the file is UTF-16: ${SAVE}`],
    ],
    ['lines that end in CR', Buffer.from(GOOD.replaceAll('\n', '\r')), [`1: the lines end in CR alone: ${SAVE}`]],
  ] as const)('a devices file in %s', ([_what, bytes, expected]) => {
    expect(messages(bytes)).toEqual(expected);
    expect(read(bytes, false, 777).problems).toEqual(read(bytes).problems);
  });

  test('a line without end keeps a bounded text in memory', () => {
    const bytes = Buffer.from(`${HEAD}\n${'x'.repeat(9 * 1024 * 1024)}`);
    expect(read(bytes, false, 1024 * 1024).problems).toEqual([{ line: 2, message: 'a line has more than 8 MiB' }]);
  });

  test('a devices file that arrives in pieces of any length is read like a whole one', () => {
    const rows = fc.array(fc.tuple(fc.uuid(), fc.string({ unit: 'binary' })), { maxLength: 8 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 40 }), (pairs, length) => {
        const lines = pairs.map(([devId, secret]) => `${devId},,"${secret.replaceAll('"', '""')}x"\r\n`);
        const whole = read(`${HEAD}\r\n${lines.join('')}`);
        expect(whole.problems).toEqual([]);
        expect(whole.rows.map(({ password }) => password)).toEqual(
          pairs.map(([, secret]) => `${secret.toWellFormed()}x`),
        );
        expect(read(`${HEAD}\r\n${lines.join('')}`, false, length)).toEqual(whole);
      }),
    );
  });
});
