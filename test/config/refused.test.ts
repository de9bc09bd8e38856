import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/errors.ts';
import { CLIENT_CERT, CLIENT_KEY, TEST_CA } from '../support/certificates.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-config-'));
  writeFileSync(join(folder, 'ca.pem'), TEST_CA);
  writeFileSync(join(folder, 'client.pem'), CLIENT_CERT);
  writeFileSync(join(folder, 'client.key'), CLIENT_KEY);
  writeFileSync(join(folder, 'not.pem'), 'hello');
  writeFileSync(join(folder, 'devices.csv'), 'devId,user,password\n');
  mkdirSync(join(folder, 'extra'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const MINIMAL = 'accounts: { main: {} }\nroutes: [{ bridge: main }]\n';

function parse(text: string, env: Record<string, string> = {}) {
  return parseConfig(text, join(folder, 'c.yaml'), env);
}

/** What is wrong, without the file's name. */
function problemsOf(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(text, join(folder, 'c.yaml'), env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((each) => each.replace(join(folder, 'c.yaml:'), ''));
    throw error;
  }
  return [];
}

describe('a configuration with only what is required', () => {
  it('has the defaults of the contract', () => {
    expect(parse(MINIMAL)).toEqual({
      file: join(folder, 'c.yaml'),
      south: {
        listen: { host: '127.0.0.1', port: 8080 },
        path: '/dm',
        publicUrl: undefined,
        serverId: 'legacy-dm',
        auth: {
          accept: ['md5', 'basic'],
          required: true,
          nonceKey: undefined,
          sha256Type: 'syncml:auth-SHA256',
          certificate: { from: 'subjectCN', pattern: '{devId}' },
        },
        tls: undefined,
        trustProxy: [],
        maxBodyBytes: 1_048_576,
        maxObjectBytes: 16_777_216,
        answerWithin: 20_000,
        sessionTimeout: 900_000,
      },
      north: {
        listen: { host: '127.0.0.1', port: 8081 },
        publicUrl: undefined,
        allowServerUris: ['http://127.0.0.1:9000/'],
      },
      accounts: {
        main: {
          name: 'main',
          url: 'http://127.0.0.1:9000/dmserver/dm20',
          serverId: 'DMS1',
          moids: ['*'],
          auth: { type: 'none' },
          tls: undefined,
          timeout: 30_000,
          statusForm: 'object',
          alwaysSendMos: false,
          notificationSecret: undefined,
          notificationData: undefined,
          requireDigest: true,
        },
      },
      routes: [{ match: {}, bridge: 'main' }],
      devices: undefined,
      store: { url: `sqlite:${join(folder, 'data/dmbridge.db')}`, key: undefined },
      cache: { maxBytes: 268_435_456 },
      mappings: [],
      admin: { listen: { host: '127.0.0.1', port: 9080 }, token: undefined },
      log: { level: 'info' },
    });
  });

  it('is frozen to its leaves', () => {
    const config = parse(MINIMAL);
    expect([config, config.south.auth, config.accounts.main, config.routes].every(Object.isFrozen)).toBe(true);
  });
});

describe('values', () => {
  const main = (text: string) => parse(`accounts: { main: { ${text} } }\nroutes: [{ bridge: main }]`).accounts.main;

  it.each([
    ['south: { listen: "[::1]:0" }', (c: ReturnType<typeof parse>) => c.south.listen, { host: '::1', port: 0 }],
    ['south: { path: /a/b/ }', (c) => c.south.path, '/a/b'],
    ['south: { path: / }', (c) => c.south.path, ''],
    ['south: { publicUrl: "https://dm.example/x/" }', (c) => c.south.publicUrl, 'https://dm.example/x'],
    [
      'south: { answerWithin: 500ms, sessionTimeout: 1.5h }',
      (c) => [c.south.answerWithin, c.south.sessionTimeout],
      [500, 5_400_000],
    ],
    [
      'south: { auth: { accept: [basic], required: false } }',
      (c) => [c.south.auth.accept, c.south.auth.required],
      [['basic'], false],
    ],
    ['north: { allowServerUris: ["http://10.0.0.1/data"] }', (c) => c.north.allowServerUris, ['http://10.0.0.1/data']],
    ['north: { listen: "127.9.9.9:1" }', (c) => c.north.listen.host, '127.9.9.9'],
    ['admin: { listen: "0.0.0.0:9", token: x }', (c) => c.admin.token, 'x'],
    ['store: { url: "sqlite::memory:", key: k }', (c) => c.store, { url: 'sqlite::memory:', key: 'k' }],
    ['cache: { maxBytes: 1000000 }', (c) => c.cache, { maxBytes: 1_000_000 }],
    ['cache: { maxBytes: 0 }', (c) => c.cache.maxBytes, 0],
    ['cache: {}', (c) => c.cache.maxBytes, 268_435_456],
    ['log: { level: debug }', (c) => c.log.level, 'debug'],
  ] satisfies readonly [string, (config: ReturnType<typeof parse>) => unknown, unknown][])(
    '%s',
    (text, pick, expected) => {
      expect(pick(parse(MINIMAL + text))).toEqual(expected);
    },
  );

  it('takes files relative to the configuration file', () => {
    const config = parse(`${MINIMAL}devices: devices.csv\nmappings: [extra]\nstore: sqlite:x/y.db`);
    expect([config.devices, config.mappings, config.store.url]).toEqual([
      join(folder, 'devices.csv'),
      [join(folder, 'extra')],
      `sqlite:${join(folder, 'x/y.db')}`,
    ]);
  });

  it('reads every key of an account', () => {
    const text =
      'url: "https://b.example/dm", auth: { type: digest, user: u, password: p }, tls: { ca: ca.pem, cert: client.pem, key: client.key, minVersion: TLSv1.3 }, ' +
      'timeout: 5s, statusForm: number, alwaysSendMos: true, notificationSecret: "base64:AAE=", requireDigest: false';
    expect(main(text)).toMatchObject({
      url: 'https://b.example/dm',
      auth: { type: 'digest', user: 'u', password: 'p' },
      tls: { ca: TEST_CA, cert: CLIENT_CERT, key: CLIENT_KEY, minVersion: 'TLSv1.3' },
      timeout: 5_000,
      statusForm: 'number',
      alwaysSendMos: true,
      notificationSecret: 'base64:AAE=',
      requireDigest: false,
    });
  });

  it('lets the default mappings folder be absent, even when it is written down', () => {
    expect(parse(`${MINIMAL}mappings: [./mappings]`).mappings).toEqual([]);
  });
});

describe('variables', () => {
  it('stand anywhere in a value and may be numbers where numbers are wanted', () => {
    const text = `${MINIMAL}south: { serverId: "a-\${ID}-$\${ID}", maxBodyBytes: "\${MAX}" }\nadmin: { token: "\${MAX}" }`;
    const config = parse(text, { ID: 'x', MAX: '4096' });
    expect([config.south.serverId, config.south.maxBodyBytes, config.admin.token]).toEqual([
      'a-x-$' + '{ID}',
      4096,
      '4096',
    ]);
  });

  it('cannot become YAML', () => {
    expect(parse(`${MINIMAL}admin:\n  token: \${T}`, { T: 'a: [b' }).admin.token).toBe('a: [b');
  });

  it('are refused with line and key when unset, and only for that', () => {
    expect(problemsOf(`${MINIMAL}north:\n  publicUrl: "\${GONE}"\n  listen: "\${GONE}"`)).toEqual([
      '4: north.publicUrl: environment variable GONE is not set',
      '5: north.listen: environment variable GONE is not set',
    ]);
  });

  it('are refused when they are no names', () => {
    expect(problemsOf(`${MINIMAL}admin: { token: "\${A-B}" }`)[0]).toMatch(/^3: admin\.token: not a variable/);
  });
});

describe('what is refused', () => {
  it.each([
    ['', '1: accounts: is required'],
    ['accounts: {}\nroutes: []', '1: accounts: must name at least one account'],
    ['accounts: { main: {} }\nroutes: []', '2: routes: must hold at least one route'],
    ['just text', '1: (file): the file must be object'],
    [`${MINIMAL}colour: red`, '3: colour: unknown key'],
    [`${MINIMAL}south:\n  auth: { x: 1 }`, '4: south.auth.x: unknown key'],
    [`${MINIMAL}south: { maxBodyBytes: many }`, '3: south.maxBodyBytes: must be integer'],
    [`${MINIMAL}south: { maxBodyBytes: 0 }`, '3: south.maxBodyBytes: must be >= 1'],
    [`${MINIMAL}south: { auth: { accept: [md4] } }`, /^3: south\.auth\.accept\[0\]: must be one of md5, basic/],
    [`${MINIMAL}south: { listen: localhost }`, /^3: south\.listen: must be an address and a port/],
    [`${MINIMAL}south: { listen: "1.2.3.4:70000" }`, /^3: south\.listen: must be an address and a port/],
    [`${MINIMAL}south: { path: dm }`, '3: south.path: must be a path such as /dm'],
    [`${MINIMAL}south: { answerWithin: 20 }`, '3: south.answerWithin: must be string'],
    [`${MINIMAL}south: { answerWithin: soon }`, /^3: south\.answerWithin: must be a duration/],
    [`${MINIMAL}south: { sessionTimeout: 30d }`, '3: south.sessionTimeout: must be a duration between 1ms and 24d'],
    [`${MINIMAL}south: { publicUrl: "ftp://x" }`, '3: south.publicUrl: must be an http or https URL'],
    [`${MINIMAL}south: { publicUrl: "http://u:p@x/" }`, '3: south.publicUrl: must not hold credentials'],
    [`${MINIMAL}south: { publicUrl: "http://x/?q" }`, '3: south.publicUrl: must not have a query'],
    [
      `${MINIMAL}north: { listen: "0.0.0.0:1" }`,
      '3: north.listen: must be a loopback address while north.auth.type is none',
    ],
    [
      `${MINIMAL}admin: { listen: "0.0.0.0:1" }`,
      '3: admin.listen: must be a loopback address while admin.token is absent',
    ],
    [`${MINIMAL}devices: gone.csv`, /^3: devices: cannot read .*gone\.csv \(ENOENT\)$/],
    [`${MINIMAL}mappings: [extra, gone]`, /^3: mappings\[1\]: cannot read .*gone \(ENOENT\)$/],
    [`${MINIMAL}store: file.db`, '3: store: must be sqlite:FILE or redis://HOST:PORT/DB'],
    [`${MINIMAL}store: { url: "sqlite:" }`, /^3: store\.url: must be/],
    [`${MINIMAL}cache: { maxBytes: -1 }`, '3: cache.maxBytes: must be >= 0'],
    [`${MINIMAL}cache: { maxBytes: 256 MiB }`, '3: cache.maxBytes: must be integer'],
    [`${MINIMAL}log: { level: loud }`, '3: log.level: must be one of debug, info, warn, error, silent'],
    [`${MINIMAL}log: {}\nlog: {}`, '4: log: Map keys must be unique'],
    [`${MINIMAL}log: [`, /^[34]: \(file\): Flow sequence/],
  ] satisfies readonly [string, string | RegExp][])('%s', (text, expected) => {
    expect(problemsOf(text)[0]).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  it.each([
    ['url: nowhere', 'url: must be an http or https URL'],
    ['auth: { type: basic }', 'auth.user: is required by auth.type basic'],
    ['auth: { type: digest, user: u }', 'auth.password: is required by auth.type digest'],
    ['auth: { type: basic, user: "a:b", password: p }', 'auth.user: must not hold a colon with auth.type basic'],
    ['tls: { cert: ca.pem }', 'tls.key: is required by cert'],
    ['tls: { ca: not.pem }', `tls.ca: not a PEM file: FOLDER/not.pem`],
    ['notificationSecret: "base64:?"', 'notificationSecret: must be text, or base64: and valid base64'],
    ['statusForm: text', 'statusForm: must be one of object, number'],
  ])('of an account: %s', (text, expected) => {
    const found = problemsOf(`accounts:\n  main: { ${text} }\nroutes: [{ bridge: main }]`)[0];
    expect(found?.replace(folder, 'FOLDER')).toBe(`2: accounts.main.${expected}`);
  });

  it.each([
    ['{ bridge: other }', 'routes[0].bridge: there is no account "other"'],
    ['{ bridge: toString }', 'routes[0].bridge: there is no account "toString"'],
    ['{ match: {} }', 'routes[0]: must have exactly one of bridge, passthrough, refuse'],
    ['{ bridge: main, refuse: true }', 'routes[0]: must have exactly one of bridge, passthrough, refuse'],
    ['{ match: { percent: 101 }, bridge: main }', 'routes[0].match.percent: must be <= 100'],
    ['{ match: { imei: "1" }, bridge: main }', 'routes[0].match.imei: unknown key'],
  ])('of a route: %s', (text, expected) => {
    expect(problemsOf(`accounts: { main: {} }\nroutes:\n  - ${text}`)).toContain(`3: ${expected}`);
  });

  it('is told all at once, in the order of lines', () => {
    const text = `south:
  listen: nonsense
  colour: red
accounts:
  main:
    url: nowhere
    auth: { type: basic, user: u, password: "\${GONE}" }
routes:
  - { bridge: other }
log: { level: loud }
`;
    expect(problemsOf(text)).toEqual([
      '2: south.listen: must be an address and a port such as 127.0.0.1:8080 or [::1]:8080',
      '3: south.colour: unknown key',
      '6: accounts.main.url: must be an http or https URL',
      '7: accounts.main.auth.password: environment variable GONE is not set',
      '9: routes[0].bridge: there is no account "other"',
      '10: log.level: must be one of debug, info, warn, error, silent',
    ]);
  });

  it('is an unreadable file', () => {
    expect(() => loadConfig(join(folder, 'gone.yaml'), {})).toThrow(/gone\.yaml:1: \(file\): cannot read .*ENOENT/);
  });
});

describe('the way devices come in', () => {
  const TLS = 'tls: { key: client.key, cert: client.pem, clientCa: ca.pem }';

  it('has certificates from files, and the rule that ties them to devices', () => {
    const text = `south:
  ${TLS.replace('}', ', minVersion: TLSv1.1 }')}
  trustProxy: [10.0.0.1, "2001:db8::/32"]
  auth: { accept: [tls, hmac-sha256, http-digest, sha256], certificate: { from: sanUri, pattern: "urn:{devId}" } }
`;
    expect(parse(MINIMAL + text).south).toMatchObject({
      tls: { key: CLIENT_KEY, cert: CLIENT_CERT, ca: TEST_CA, minVersion: 'TLSv1.1' },
      trustProxy: ['10.0.0.1', '2001:db8::/32'],
      auth: {
        accept: ['tls', 'hmac-sha256', 'http-digest', 'sha256'],
        certificate: { from: 'sanUri', pattern: 'urn:{devId}' },
      },
    });
  });

  it('speaks TLS 1.2 and newer unless told otherwise', () => {
    expect(parse(`${MINIMAL}south: { ${TLS} }`).south.tls?.minVersion).toBe('TLSv1.2');
  });

  it.each([
    [
      'tls: { key: client.key, cert: ca.pem }',
      /^3: south\.tls\.cert: key, cert and clientCa cannot be used together \(ERR_OSSL/,
    ],
    ['tls: { key: gone.pem, cert: client.pem }', /^3: south\.tls\.key: cannot read .*ENOENT/],
    ['tls: { key: client.key, cert: client.pem, clientCa: not.pem }', /^3: south\.tls\.clientCa: not a PEM file/],
    ['auth: { accept: [md5, tls] }', /^3: south\.auth\.accept\[1\]: tls requires south\.tls\.clientCa/],
    [
      'tls: { key: client.key, cert: client.pem }, auth: { accept: [tls] }',
      /^3: south\.auth\.accept\[0\]: tls requires/,
    ],
    [
      'auth: { certificate: { from: subjectCN, pattern: "(" } }',
      /^3: south\.auth\.certificate\.pattern: must be text with/,
    ],
    ['auth: { certificate: { from: subjectCN, pattern: "{devId}{devId}" } }', /pattern: must have \{devId\} once$/],
    ['trustProxy: [10.0.0.1, balancer]', /^3: south\.trustProxy\[1\]: must be an IP address, or a network/],
    ['trustProxy: [10.0.0.0/33]', /^3: south\.trustProxy\[0\]: must be an IP address, or a network/],
    ['trustProxy: ["::/x"]', /^3: south\.trustProxy\[0\]: must be an IP address, or a network/],
  ] as const)('is refused with file, line and key: %s', (text, expected) => {
    expect(problemsOf(`${MINIMAL}south: { ${text} }`)).toEqual([expect.stringMatching(expected)]);
  });
});

describe('what is not built yet', () => {
  it.each([
    ['north: { tls: { key: ca.pem, cert: ca.pem } }', 'north.tls: is not built yet'],
    ['north: { auth: { type: mtls } }', 'north.auth.type: mtls is not built yet'],
    ['store: redis://127.0.0.1:6379/0', 'store: is not built yet'],
    ['store: { url: "redis://127.0.0.1:6379/0" }', 'store.url: is not built yet'],
  ])('%s', (text, expected) => {
    expect(problemsOf(MINIMAL + text)).toEqual([`3: ${expected}`]);
  });

  it.each([
    ['{ dialect: dm20-draft }', '{ bridge: main }', '1: accounts.main.dialect: dm20-draft is not built yet'],
    ['{ tls: { psk: { identity: i, key: k } } }', '{ bridge: main }', '1: accounts.main.tls.psk: is not built yet'],
    ['{}', '{ passthrough: "http://legacy.example/dm" }', '2: routes[0].passthrough: is not built yet'],
    ['{}', '{ refuse: true }', '2: routes[0].refuse: is not built yet'],
  ])('account %s, route %s', (account, route, expected) => {
    expect(problemsOf(`accounts: { main: ${account} }\nroutes: [${route}]`)).toEqual([expected]);
  });

  it('does not stop what only repeats a default', () => {
    const text = 'south: { trustProxy: [] }\nnorth: { auth: { type: none } }';
    expect(problemsOf(`accounts: { main: { dialect: dm20 } }\nroutes: [{ bridge: main }]\n${text}`)).toEqual([]);
  });
});
