/** `dmbridge device` and `dmbridge backend`: arguments, exit codes and what they print. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/cli/commands.ts';
import { toCampaign } from '../../src/testbed/backend/campaign.ts';
import { startBackend } from '../../src/testbed/backend/server.ts';
import { expandFleet, loadFleet } from '../../src/testbed/device/fleet.ts';
import { ConditionVariable } from '../support/condition-variable.ts';

const FLEET = fileURLToPath(new URL('../../examples/campaign/fleet.yaml', import.meta.url));
const CAMPAIGN = fileURLToPath(new URL('../../examples/campaign/demo.yaml', import.meta.url));

/** Keeps all output to itself. */
function capture() {
  const printed = new ConditionVariable();
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => {
    printed.notifyAll();
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const outText = () => out.mock.calls.map(([text]) => String(text)).join('');
  return {
    out: outText,
    untilPrinted: (pattern: RegExp) => printed.waitUntil(() => pattern.test(outText())),
    err: () => err.mock.calls.map(([text]) => String(text)).join(''),
  };
}

function file(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'testbed-')), name);
  writeFileSync(path, text);
  return path;
}

afterEach(() => vi.restoreAllMocks());

describe('arguments', () => {
  test.each([
    ['device without --server', () => runCommand(['device', '--config', FLEET]), '--server and --config are required'],
    ['an unknown option', () => runCommand(['device', '--nonsense']), "Unknown option '--nonsense'"],
    [
      'a count of 0',
      () => runCommand(['device', '--server', 'http://x', '--config', FLEET, '--count', '0']),
      '--count 0 is not a positive number',
    ],
    [
      'a fleet that is not there',
      () => runCommand(['device', '--server', 'http://x', '--config', '/none.yaml']),
      '/none.yaml: ENOENT',
    ],
    [
      'a fleet of unknown models',
      () =>
        runCommand([
          'device',
          '--server',
          'http://x',
          '--config',
          file('f.yaml', 'serverId: a\nmodels: {}\ndevices: [{model: m, devId: d, user: u, password: p}]'),
        ]),
      'unknown model m',
    ],
    ['backend without --campaign', () => runCommand(['backend']), '--campaign is required'],
    [
      'an address without port',
      () => runCommand(['backend', '--campaign', CAMPAIGN, '--listen', 'localhost']),
      '--listen localhost is not host:port',
    ],
    [
      'a campaign that is none',
      () => runCommand(['backend', '--campaign', file('c.yaml', 'rules: 5')]),
      '/rules must be array',
    ],
  ])('a wrong argument ends with 2: %s', async (_name, run, message) => {
    const output = capture();
    expect(await run()).toBe(2);
    expect(output.err()).toContain(message);
  });

  test.each([
    ['device', 'Usage: dmbridge device'],
    ['backend', 'Usage: dmbridge backend'],
  ])('dmbridge %s --help prints its usage', async (command, text) => {
    const output = capture();
    expect(await runCommand([command, '--help'])).toBe(0);
    expect(output.out()).toContain(text);
  });
});

describe('runs', () => {
  test('devices end with 1 when their server does not answer as it must', async () => {
    const backend = await startBackend({ campaign: toCampaign({ rules: [] }), host: '127.0.0.1', port: 0 });
    const output = capture();
    expect(await runCommand(['device', '--server', `${backend.url}/dm`, '--config', FLEET, '--count', '3'])).toBe(1);
    await backend.close();
    expect(output.out()).toContain('3 sessions, 0 good, 3 bad');
  });

  test('a backend ends when the campaign is over for its devices', async () => {
    const output = capture();
    const campaign = file('c.yaml', 'rules: [{ match: {}, sessions: [{ steps: [] }] }]');
    const running = runCommand(['backend', '--campaign', campaign, '--listen', '127.0.0.1:0', '--count', '1']);
    await output.untilPrinted(/backend ready \S+\n/u);
    const url = /backend ready (\S+)/u.exec(output.out())?.[1] ?? '';
    await fetch(`${url}/dmserver/dm20`, {
      method: 'POST',
      headers: {
        'content-type': 'application/vnd.oma.dm.initiation+json',
        accept: 'application/vnd.oma.dm.request+json',
        'omadm-devid': 'IMEI:1',
      },
      body: '{"Alert":[{"AlertType":"urn:oma:at:dm:2.0:ClientInitiatedMgmt"}]}',
    });
    expect(await running).toBe(0);
    expect(output.out()).toContain('IMEI:1: done');
  });

  test('a fleet repeats its models, each device with a number of its own', () => {
    const devices = expandFleet(loadFleet(FLEET), 7);
    expect(devices.map(({ devId }) => devId).slice(4)).toEqual([
      'MEID:A1000000000105',
      'IMEI:493005100000201',
      'IMEI:493005100000202',
    ]);
    expect(new Set(devices.map(({ user }) => user)).size).toBe(7);
  });
});
