/** A reload: what a running bridge takes of a changed configuration, and that a faulty file changes nothing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareBridge } from '../../src/cli/server/prepare-bridge.ts';
import { type RunningServer, startServer } from '../../src/cli/server/start-server.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError, MappingError } from '../../src/errors.ts';
import { createJournal } from '../../src/log.ts';
import { DM_XML, packageOne, readAnswer } from '../e2e/scripted-device.ts';
import { TEST_CA } from '../support/certificates.ts';
import { ddfFixture } from '../support/ddf.ts';
import { folderWith } from '../support/mappings.ts';

const ROWS = 'devId,user,password\nIMEI:1,bruce,OhBehave\n';
const NEW_ROW = 'IMEI:2,austin,Groovy\n';
const AUSTIN = { devId: 'IMEI:2', user: 'austin', password: 'Groovy' };

let folder = '';
let server: RunningServer;
let logged: string[] = [];
beforeEach(async () => {
  folder = folderWith({ 'devices.csv': ROWS, 'next.csv': ROWS + NEW_ROW });
  mkdirSync(join(folder, 'own', 'ddf'), { recursive: true });
  logged = [];
  const journal = createJournal({ level: 'debug', write: (line) => logged.push(line) });
  server = await startServer(configure({}), journal, prepareBridge);
});
afterEach(() => server.stop());

/** The configuration with other lines in place of some. */
function configure(changes: Readonly<Record<string, string>>) {
  const lines = {
    accounts: '{ main: { url: "http://127.0.0.1:9/dm20" } }',
    routes: '[{ bridge: main }]',
    south: '{ listen: "127.0.0.1:0", auth: { accept: [basic] } }',
    north: '{ listen: "127.0.0.1:0" }',
    admin: '{ listen: "127.0.0.1:0" }',
    store: '"sqlite::memory:"',
    devices: 'devices.csv',
    mappings: '[./own]',
    ...changes,
  };
  const text = Object.entries(lines).map(([key, value]) => `${key}: ${value}\n`);
  writeFileSync(join(folder, 'c.yaml'), text.join(''));
  return loadConfig(join(folder, 'c.yaml'), {});
}

/** The status for SyncHdr of a first message. */
async function login(account: typeof AUSTIN, sessionId = '1'): Promise<string | undefined> {
  const response = await fetch(server.south, {
    method: 'POST',
    headers: { 'content-type': DM_XML },
    body: packageOne(account, { sessionId }),
  });
  return readAnswer(await response.text()).statuses[0]?.split(' ')[2];
}

const statusOf = async (url: string, token?: string) =>
  (await fetch(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })).status;

test('a reload without changes says so', async () => {
  expect(await server.reload(configure({}))).toEqual({
    certificates: 'unchanged',
    devices: 'unchanged',
    routes: 'unchanged',
    mappings: expect.any(Number),
    logLevel: 'info',
    adminAccess: 'unchanged',
    restartNeeded: [],
  });
});

test('a device of a changed devices file can log in after a reload, not before', async () => {
  expect(await login(AUSTIN)).toBe('401');
  writeFileSync(join(folder, 'devices.csv'), ROWS + NEW_ROW);
  expect(await server.reload(configure({}))).toMatchObject({ devices: 'changed', deviceRows: 2, restartNeeded: [] });
  expect(['200', '212']).toContain(await login(AUSTIN));
});

test('the devices file may be another one after a reload', async () => {
  expect(await server.reload(configure({ devices: 'next.csv' }))).toMatchObject({ devices: 'changed', deviceRows: 2 });
  expect(['200', '212']).toContain(await login(AUSTIN));
});

test('a device that is taken out of the devices file stays, and is counted; with another password it is locked out', async () => {
  await server.reload(configure({ devices: 'next.csv' }));
  writeFileSync(join(folder, 'next.csv'), ROWS);
  logged.length = 0;
  await server.reload(configure({ devices: 'next.csv' }));
  expect(logged.join('')).toMatch(/"rows":1,"others":1,"event":"devices\.imported"/u);
  expect(['200', '212']).toContain(await login(AUSTIN));
  writeFileSync(join(folder, 'next.csv'), `${ROWS}IMEI:2,austin,another one\n`);
  await server.reload(configure({ devices: 'next.csv' }));
  expect(logged.join('')).toMatch(/"rows":2,"others":0,"event":"devices\.imported"/u);
  expect(await login(AUSTIN, '2')).toBe('401');
});

test('routes and mappings of a reload count at once', async () => {
  const ddf = `${server.north}/ddf/com.example/1.0/Radio.ddf`;
  expect(await statusOf(ddf)).toBe(404);
  writeFileSync(join(folder, 'own', 'ddf', 'radio.ddf'), ddfFixture('radio.ddf'));
  const before = await server.reload(configure({}));
  const facts = await server.reload(configure({ routes: '[{ match: { devId: "none" }, bridge: main }]' }));
  expect(facts).toMatchObject({ routes: 'changed', mappings: before.mappings, restartNeeded: [] });
  expect(await statusOf(ddf)).toBe(200);
  logged.length = 0;
  await login({ devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' });
  expect(logged.join('')).toContain('session.without_route');
});

test('routes to an account that is new need a restart; until then the old ones are used', async () => {
  const accounts = '{ main: { url: "http://127.0.0.1:9/dm20" }, second: {} }';
  const next = configure({ accounts, routes: '[{ bridge: second }]' });
  expect(await server.reload(next)).toMatchObject({ routes: 'unchanged' });
  expect((await server.reload(next)).restartNeeded).toEqual(expect.arrayContaining(['accounts.second', 'routes']));
  logged.length = 0;
  await login({ devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' });
  expect(logged.join('')).not.toContain('session.without_route');
  expect(await server.reload(configure({}))).toMatchObject({ routes: 'unchanged', restartNeeded: [] });
});

test('a new account, which needs a restart, is no change of certificates', async () => {
  const accounts = '{ main: { url: "http://127.0.0.1:9/dm20" }, next: { url: "http://127.0.0.1:9/next" } }';
  const facts = await server.reload(configure({ accounts }));
  expect(facts).toMatchObject({ certificates: 'unchanged', restartNeeded: ['accounts.next'] });
});

test('the admin token of a reload counts at once', async () => {
  const api = `${server.admin}/api/v1/devices`;
  expect(await statusOf(api)).not.toBe(401);
  const admin = '{ listen: "127.0.0.1:0", token: one-token }';
  expect(await server.reload(configure({ admin }))).toMatchObject({ adminAccess: 'changed', restartNeeded: [] });
  expect([await statusOf(api), await statusOf(api, 'one-token')]).toEqual([
    401,
    expect.not.toSatisfy((code) => code === 401),
  ]);
});

test('certificates of an account need no restart', async () => {
  writeFileSync(join(folder, 'ca.pem'), TEST_CA);
  const accounts = '{ main: { url: "http://127.0.0.1:9/dm20", tls: { ca: ca.pem } } }';
  expect(await server.reload(configure({ accounts }))).toMatchObject({ certificates: 'changed', restartNeeded: [] });
  expect(await server.reload(configure({ accounts }))).toMatchObject({ certificates: 'unchanged', restartNeeded: [] });
});

test('every other changed key needs a restart, as long as it differs from the start', async () => {
  const changes = {
    accounts: '{ main: { url: "http://127.0.0.1:9/other", timeout: 9s }, second: {} }',
    south: '{ listen: "127.0.0.1:0", path: /other, auth: { accept: [md5] } }',
    north: '{ listen: "127.0.0.1:0", allowServerUris: ["http://a.example/"] }',
    store: '"sqlite:other.db"',
  };
  const keys = [
    'south.path',
    'south.auth.accept',
    'north.allowServerUris',
    'accounts.main.url',
    'accounts.main.timeout',
    'accounts.second',
    'store.url',
  ];
  expect([...(await server.reload(configure(changes))).restartNeeded].sort()).toEqual(keys.toSorted());
  expect([...(await server.reload(configure(changes))).restartNeeded].sort()).toEqual(keys.toSorted());
  expect((await server.reload(configure({}))).restartNeeded).toEqual([]);
  expect(new URL(server.south).pathname).toBe('/dm');
});

test.for([
  ['a wrong row of the devices file', 'devices.csv', `${ROWS}${NEW_ROW}IMEI:3,u\n`, ConfigError],
  ['a wrong DDF', join('own', 'ddf', 'radio.ddf'), '<MgmtTree/>', MappingError],
] as const)('%s changes nothing', async ([_what, name, content, kind]) => {
  writeFileSync(join(folder, name), content);
  const next = configure({
    routes: '[{ match: { devId: "none" }, bridge: main }]',
    admin: '{ listen: "127.0.0.1:0", token: t }',
  });
  await expect(server.reload(next)).rejects.toThrow(kind);
  expect(await statusOf(`${server.admin}/api/v1/devices`)).not.toBe(401);
  expect(await login(AUSTIN)).toBe('401');
  logged.length = 0;
  await login({ devId: 'IMEI:1', user: 'bruce', password: 'OhBehave' });
  expect(logged.join('')).not.toContain('session.without_route');
});
