import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLIENT_CERT, CLIENT_KEY, TEST_CA } from '../support/certificates.ts';
import { folder, MINIMAL, parse } from './config-folder.ts';

describe('a minimal configuration', () => {
  test('a minimal configuration gets every documented default', () => {
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
          binding: 'token',
          serverBasic: false,
          certificate: { from: 'subjectCN', pattern: '{devId}' },
        },
        tls: undefined,
        trustProxy: [],
        maxBodyBytes: 1_048_576,
        maxObjectBytes: 16_777_216,
        maxBufferedBytes: 67_108_864,
        headerTimeout: 20_000,
        bodyTimeout: 30_000,
        answerWithin: 20_000,
        sessionTimeout: 900_000,
      },
      north: {
        listen: { host: '127.0.0.1', port: 8081 },
        tls: undefined,
        auth: { type: 'none' },
        notificationMaxAge: 600_000,
        publicUrl: undefined,
        allowServerUris: ['http://127.0.0.1:9000/'],
        maxCommands: 5_000,
        maxPackageBytes: 8_388_608,
        encodeDevIds: false,
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
          maxConnections: 128,
          statusForm: 'object',
          dialect: 'dm20',
          alwaysSendMos: false,
          reasons: false,
          notificationSecret: undefined,
          notificationData: undefined,
          requireDigest: true,
        },
      },
      notifications: expect.objectContaining({ format: 'auto' }),
      routes: [{ name: 'rule-1', match: {}, bridge: 'main' }],
      devices: undefined,
      store: { url: `sqlite:${join(folder, 'data/dmbridge.db')}`, key: undefined },
      cache: { maxBytes: 268_435_456 },
      outbox: { maxPerDevice: 10_000 },
      subscriptions: { recheck: 86_400_000 },
      mappings: [],
      admin: { listen: { host: '127.0.0.1', port: 9080 }, token: undefined },
      log: { level: 'info' },
    });
  });

  test('a configuration is frozen down to its leaves', () => {
    const config = parse(MINIMAL);
    expect([config, config.south.auth, config.accounts.main, config.routes].every(Object.isFrozen)).toBe(true);
  });
});

describe('values of a configuration', () => {
  const main = (text: string) => parse(`accounts: { main: { ${text} } }\nroutes: [{ bridge: main }]`).accounts.main;

  test.each([
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
    ['north: { maxCommands: 7, maxPackageBytes: 9 }', (c) => [c.north.maxCommands, c.north.maxPackageBytes], [7, 9]],
    ['north: { listen: "127.9.9.9:1" }', (c) => c.north.listen.host, '127.9.9.9'],
    ['admin: { listen: "0.0.0.0:9", token: x }', (c) => c.admin.token, 'x'],
    ['store: { url: "sqlite::memory:", key: k }', (c) => c.store, { url: 'sqlite::memory:', key: 'k' }],
    ['cache: { maxBytes: 1000000 }', (c) => c.cache, { maxBytes: 1_000_000 }],
    ['cache: { maxBytes: 0 }', (c) => c.cache.maxBytes, 0],
    ['cache: {}', (c) => c.cache.maxBytes, 268_435_456],
    ['outbox: { maxPerDevice: 5 }', (c) => c.outbox, { maxPerDevice: 5 }],
    ['subscriptions: { recheck: 0 }', (c) => c.subscriptions, { recheck: 0 }],
    ['subscriptions: { recheck: "0" }', (c) => c.subscriptions, { recheck: 0 }],
    ['subscriptions: { recheck: 2h }', (c) => c.subscriptions, { recheck: 7_200_000 }],
    ['outbox: {}', (c) => c.outbox, { maxPerDevice: 10_000 }],
    ['log: { level: debug }', (c) => c.log.level, 'debug'],
  ] satisfies readonly [string, (config: ReturnType<typeof parse>) => unknown, unknown][])(
    'a value is read: %s',
    (text, pick, expected) => {
      expect(pick(parse(MINIMAL + text))).toEqual(expected);
    },
  );

  test('relative paths count from the folder of the configuration file', () => {
    const config = parse(`${MINIMAL}devices: devices.csv\nmappings: [extra]\nstore: sqlite:x/y.db`);
    expect([config.devices, config.mappings, config.store.url]).toEqual([
      join(folder, 'devices.csv'),
      [join(folder, 'extra')],
      `sqlite:${join(folder, 'x/y.db')}`,
    ]);
  });

  test('every key of an account is read', () => {
    const text =
      'url: "https://b.example/dm", auth: { type: digest, user: u, password: p }, tls: { ca: ca.pem, cert: client.pem, key: client.key, minVersion: TLSv1.3 }, ' +
      'timeout: 5s, maxConnections: 16, statusForm: number, alwaysSendMos: true, reasons: true, notificationSecret: "base64:AAE=", requireDigest: false';
    expect(main(text)).toMatchObject({
      url: 'https://b.example/dm',
      auth: { type: 'digest', user: 'u', password: 'p' },
      tls: { ca: TEST_CA, cert: CLIENT_CERT, key: CLIENT_KEY, minVersion: 'TLSv1.3' },
      timeout: 5_000,
      maxConnections: 16,
      statusForm: 'number',
      alwaysSendMos: true,
      reasons: true,
      notificationSecret: 'base64:AAE=',
      requireDigest: false,
    });
  });

  test.each([
    ['0123456789abcdef', Buffer.from('0123456789abcdef')],
    ['"hex:00112233445566778899AAbbccddeeff"', Buffer.from('00112233445566778899aabbccddeeff', 'hex')],
    ['"base64:MDEyMzQ1Njc4OWFiY2RlZg=="', Buffer.from('0123456789abcdef')],
  ])('a pre-shared key is read: %s', (text, key) => {
    const account = main(`url: "https://b.example/dm", tls: { psk: { identity: bridge-1, key: ${text} } }`);
    expect(account?.tls?.psk).toEqual({ identity: 'bridge-1', key: key.toString('hex') });
  });

  test('the default mappings folder may be absent, even where the file names it', () => {
    expect(parse(`${MINIMAL}mappings: [./mappings]`).mappings).toEqual([]);
  });
});
