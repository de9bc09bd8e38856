import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { folder, MINIMAL, problemsOf } from './config-folder.ts';

const PSK_KEY = 'must be text, hex: and pairs of hexadecimal digits, or base64: and valid base64';

describe('refused configurations', () => {
  test.each([
    ['', '1: accounts: is required'],
    ['accounts: {}\nroutes: []', '1: accounts: must name at least one account'],
    ['accounts: { main: {} }\nroutes: []', '2: routes: must hold at least one rule'],
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
  ] satisfies readonly [string, string | RegExp][])('a configuration is refused: %s', (text, expected) => {
    expect(problemsOf(text)[0]).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });

  test.each([
    ['url: nowhere', 'url: must be an http or https URL'],
    ['auth: { type: basic }', 'auth.user: is required by auth.type basic'],
    ['auth: { type: digest, user: u }', 'auth.password: is required by auth.type digest'],
    ['auth: { type: basic, user: "a:b", password: p }', 'auth.user: must not hold a colon with auth.type basic'],
    ['tls: { cert: ca.pem }', 'tls.key: is required by cert'],
    ['tls: { ca: not.pem }', `tls.ca: not a PEM file: FOLDER/not.pem`],
    [
      'url: "https://b", tls: { psk: { identity: "", key: 0123456789abcdef } }',
      'tls.psk.identity: must NOT have fewer than 1 characters',
    ],
    [
      `url: "https://b", tls: { psk: { identity: ${'é'.repeat(65)}, key: 0123456789abcdef } }`,
      'tls.psk.identity: must be 1 to 128 bytes of UTF-8',
    ],
    ['url: "https://b", tls: { psk: { identity: i, key: 0123456789abcde } }', 'tls.psk.key: must be at least 16 bytes'],
    [
      'url: "https://b", tls: { psk: { identity: i, key: "hex:00112233445566778899aabbccddee" } }',
      'tls.psk.key: must be at least 16 bytes',
    ],
    ['url: "https://b", tls: { psk: { identity: i, key: "base64:AAE=" } }', 'tls.psk.key: must be at least 16 bytes'],
    ['url: "https://b", tls: { psk: { identity: i, key: "hex:0" } }', `tls.psk.key: ${PSK_KEY}`],
    ['url: "https://b", tls: { psk: { identity: i, key: "base64:?" } }', `tls.psk.key: ${PSK_KEY}`],
    ['tls: { psk: { identity: i, key: 0123456789abcdef } }', 'tls.psk: needs a url that begins with https:'],
    [
      'url: "https://b", tls: { ca: ca.pem, psk: { identity: i, key: 0123456789abcdef } }',
      'tls.psk: cannot be used together with ca',
    ],
    ['notificationSecret: "base64:?"', 'notificationSecret: must be text, or base64: and valid base64'],
    ['statusForm: text', 'statusForm: must be one of object, number'],
  ])('an account is refused: %s', (text, expected) => {
    const found = problemsOf(`accounts:\n  main: { ${text} }\nroutes: [{ bridge: main }]`)[0];
    expect(found?.replace(folder, 'FOLDER')).toBe(`2: accounts.main.${expected}`);
  });

  test.each([
    ['{ bridge: other }', 'routes[0].bridge: there is no account "other"'],
    ['{ bridge: toString }', 'routes[0].bridge: there is no account "toString"'],
    ['{ match: {} }', 'routes[0]: must have exactly one of bridge, passthrough, refuse'],
    ['{ bridge: main, refuse: true }', 'routes[0]: must have exactly one of bridge, passthrough, refuse'],
    ['{ match: { percent: 101 }, bridge: main }', 'routes[0].match.percent: must be <= 100'],
    ['{ match: { imei: "1" }, bridge: main }', 'routes[0].match.imei: unknown key'],
    ['{ match: { percent: 0.00001 }, bridge: main }', 'routes[0].match.percent: must have at most 4 decimals'],
    ['{ match: { version: "1.4" }, bridge: main }', 'routes[0].match.version: must be one of 1.1, 1.2, 1.3'],
    ['{ match: { protocol: dm3 }, bridge: main }', 'routes[0].match.protocol: must be one of dm1, dm20'],
    [
      '{ match: { network: [10.0.0.0/8, 10.0.0.0/40] }, bridge: main }',
      'routes[0].match.network[1]: must be an IP address, or a network such as 10.0.0.0/8',
    ],
    ['{ passthrough: "ftp://a/" }', 'routes[0].passthrough: must be an http or https URL'],
    ['{ passthrough: "http://a/?b" }', 'routes[0].passthrough: must not have a query'],
    ['{ passthrough: { url: "http://u:p@a/" } }', 'routes[0].passthrough.url: must not hold credentials'],
    ['{ passthrough: { url: "http://a/", timeout: 5 } }', 'routes[0].passthrough.timeout: must be string'],
    ['{ passthrough: "http://localhost:8080/dm" }', 'routes[0].passthrough: leads back to this bridge'],
    ['{ passthrough: "http://127.7.7.7:8081/" }', 'routes[0].passthrough: leads back to this bridge'],
    ['{ passthrough: "http://[::1]:9080/" }', 'routes[0].passthrough: leads back to this bridge'],
    ['{ refuse: { status: 200 } }', 'routes[0].refuse.status: must be >= 400'],
    ['{ name: Canary, bridge: main }', 'routes[0].name: must match pattern "^[a-z0-9-]{1,40}$"'],
  ])('a route is refused: %s', (text, expected) => {
    expect(problemsOf(`accounts: { main: {} }\nroutes:\n  - ${text}`)).toContain(`3: ${expected}`);
  });

  test('two rules of one name are refused, also when one has it by default', () => {
    const found = problemsOf(
      'accounts: { main: {} }\nroutes:\n  - { name: rule-2, bridge: main }\n  - { match: {}, bridge: main }\n',
    );
    expect(found).toEqual(['4: routes[1].name: "rule-2" is the name of rule 1, too']);
  });

  test('all problems are reported at once, in the order of lines', () => {
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

  test('a configuration file that does not exist is reported with its name', () => {
    expect(() => loadConfig(join(folder, 'gone.yaml'), {})).toThrow(/gone\.yaml:1: \(file\): cannot read .*ENOENT/);
  });
});

describe('settings that are not built yet', () => {
  test.each([
    ['store: redis://127.0.0.1:6379/0', 'store: is not built yet'],
    ['store: { url: "redis://127.0.0.1:6379/0" }', 'store.url: is not built yet'],
  ])('a setting is refused: %s', (text, expected) => {
    expect(problemsOf(MINIMAL + text)).toEqual([`3: ${expected}`]);
  });

  test.each([
    [
      '{}',
      '{ passthrough: { url: "http://legacy.example/dm", respUri: rewrite } }',
      '2: routes[0].passthrough.respUri: rewrite is not built yet',
    ],
    [
      '{}',
      '{ passthrough: { url: "http://legacy.example/dm", shadow: main } }',
      '2: routes[0].passthrough.shadow: main is not built yet',
    ],
  ])('account %s with route %s is refused', (account, route, expected) => {
    expect(problemsOf(`accounts: { main: ${account} }\nroutes: [${route}]`)).toEqual([expected]);
  });

  test('a setting that repeats the default is accepted', () => {
    const text = 'south: { trustProxy: [] }\nnorth: { auth: { type: none } }';
    expect(problemsOf(`accounts: { main: { dialect: dm20 } }\nroutes: [{ bridge: main }]\n${text}`)).toEqual([]);
  });
});
