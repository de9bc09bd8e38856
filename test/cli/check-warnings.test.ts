/** `dmbridge check`: values that are allowed and that probably do not do what was meant. */
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runCheck } from '../../src/cli/check.ts';
import { canMatch, isAllowed } from '../../src/dm2/server-uri.ts';
import { folderWith } from '../support/mappings.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** The lines with warnings, without the folder. */
async function warnings(text: string, devices?: string): Promise<readonly string[]> {
  const files: Record<string, string> = { 'c.yaml': text };
  if (devices !== undefined) files['d.csv'] = devices;
  const folder = folderWith(files);
  let stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    stdout += chunk;
    return true;
  });
  expect(await runCheck(['--config', join(folder, 'c.yaml')])).toBe(0);
  const lines = stdout.split('\n').filter((line) => / warning: | more lines: /u.test(line));
  return lines.map((line) => line.replace(`${folder}/`, ''));
}

const BASE = 'accounts: { main: {} }\nroutes: [{ bridge: main }]\n';

describe('routes', () => {
  test.for([
    ['[{ bridge: main }, { bridge: main }]', [1]],
    ['[{ match: {}, bridge: main }, { match: { model: X }, bridge: main }, { bridge: main }]', [1, 2]],
    // A request without a DevId does not match these.
    ['[{ match: { devId: "*" }, bridge: main }, { bridge: main }]', []],
    ['[{ match: { percent: 100 }, bridge: main }, { bridge: main }]', []],
    ['[{ match: { percent: 99 }, bridge: main }, { match: { devId: "a*" }, bridge: main }, { bridge: main }]', []],
    ['[{ match: { model: X, percent: 100 }, bridge: main }, { bridge: main }]', []],
  ] as const)('of the routes %s those at %j are unreachable', async ([routes, unreachable]) => {
    const found = await warnings(`accounts: { main: {} }\nroutes: ${routes}\n`);
    expect(found).toEqual(
      unreachable.map((at) => `c.yaml:2: warning: routes[${at}]: unreachable: routes[0] matches every device`),
    );
  });
});

describe('rules for DM 2.0', () => {
  const passthrough = '{ passthrough: "http://legacy.example/" }';

  test('a rule for DM 2.0 behind one that passes all devices through is reachable', async () => {
    const rules = `[${passthrough}, { match: { protocol: dm20 }, bridge: main }, { bridge: main }]`;
    const found = await warnings(`accounts: { main: {} }\nroutes: ${rules}\n`);
    expect(found).toEqual(['c.yaml:2: warning: routes[2]: unreachable: routes[0] matches every device']);
  });

  test('a rule without a protocol before one for DM 2.0 takes both', async () => {
    const rules = `[{ match: { model: X }, bridge: main }, { match: { protocol: dm1, model: Y }, bridge: main }, { match: { protocol: dm20 }, bridge: main }, ${passthrough}]`;
    const found = await warnings(`accounts: { main: {} }\nroutes: ${rules}\n`);
    expect(found).toEqual([
      'c.yaml:2: warning: routes[0]: takes the DM 2.0 packages of its devices, too, before routes[2]',
    ]);
  });
});

describe('north.allowServerUris', () => {
  test.for([
    ['http://127.0.0.1:9000/', true],
    ['https://data.example/a/b', true],
    ['https://data.example/a%20b/', true],
    ['https://*.data.example/', false],
    ['https://data.example/*', false],
    ['https://data.example/[DevID]/', false],
    ['https://data.example/a%2F..%2Fb', false],
    ['https://data.example/%zz', false],
  ] as const)('some ServerURI can match %s: %s', async ([prefix, can]) => {
    expect(canMatch(prefix)).toBe(can);
    if (can) expect(isAllowed(new URL(prefix), [prefix])).toBe(true);
    const found = await warnings(`${BASE}north: { allowServerUris: ["http://a.example/", "${prefix}"] }\n`);
    const warning = 'c.yaml:3: warning: north.allowServerUris[1]: no ServerURI can match this prefix';
    expect(found).toEqual(can ? [] : [warning]);
  });
});

describe('secrets', () => {
  test('a secret with a line end is named with its line, and not shown', async () => {
    vi.stubEnv('HUSH', 'hush\n');
    const secret = '"$' + '{HUSH}"';
    const text = [
      'accounts:',
      `  main: { auth: { type: basic, user: u, password: ${secret} }, notificationSecret: ${secret} }`,
      'routes: [{ bridge: main }]',
      `south: { auth: { nonceKey: ${secret} } }`,
      `store: { url: "sqlite::memory:", key: ${secret} }`,
      `admin: { token: ${secret} }`,
    ].join('\n');
    const found = await warnings(text);
    const rule = 'the secret ends with a line end, which counts as a part of it';
    expect(found).toEqual([
      `c.yaml:2: warning: accounts.main.auth.password: ${rule}`,
      `c.yaml:2: warning: accounts.main.notificationSecret: ${rule}`,
      `c.yaml:4: warning: south.auth.nonceKey: ${rule}`,
      `c.yaml:5: warning: store.key: ${rule}`,
      `c.yaml:6: warning: admin.token: ${rule}`,
    ]);
    vi.stubEnv('HUSH', 'hush');
    expect(await warnings(text)).toEqual([]);
  });

  test('a secret of the devices file with a line end is named with its line', async () => {
    const found = await warnings(`${BASE}devices: d.csv\n`, 'devId,user,password\na,u,"hush\n"\nb,u,p\n');
    expect(found).toEqual(['d.csv:2: warning: a secret ends with a line end, which counts as a part of it']);
  });
});

describe('serverPassword in the devices file', () => {
  const rows = Array.from({ length: 7 }, (_, at) => `D${at},u,p,srv,pass\n`).join('');
  const devices = `devId,user,password,serverUser,serverPassword\n${rows}plain,u,p,,\n`;

  test('a password that is never sent as basic credentials is reported with its line', async () => {
    const advice = 'serverPassword is never sent as basic credentials without TLS: see south.auth.serverBasic';
    expect(await warnings(`${BASE}devices: d.csv\n`, devices)).toEqual([
      ...[2, 3, 4, 5, 6].map((line) => `d.csv:${line}: warning: ${advice}`),
      `d.csv: 2 more lines: ${advice}`,
    ]);
  });

  test('there is no warning where a balancer in front of the bridge has TLS', async () => {
    const south = 'south: { publicUrl: "https://dm.example/dm", trustProxy: [10.0.0.1] }';
    expect(await warnings(`${BASE}devices: d.csv\n${south}\n`, devices)).toEqual([]);
  });
});
