/** `dmbridge` as a process: exit codes, and what goes to stdout and stderr. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, run } from './run-command.ts';

const PORTS = 'south: { listen: "127.0.0.1:0" }\nnorth: { listen: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }\n';
const GOOD = `accounts: { main: {} }\nroutes: [{ bridge: main }]\n${PORTS}devices: devices.csv\n`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmbridge-main-'));
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  write('good.yaml', GOOD);
  write('bad.yaml', 'accounts: { main: { url: x } }\nroutes: [{ bridge: other }]\n');
  write('devices.csv', 'devId,user,password\nIMEI:1,u,p\nIMEI:2,u,p\n');
  write('wrong.csv', 'devId,user,password\nIMEI:1,u\n,u,p\n');
  write('wrong.yaml', GOOD.replace('devices.csv', 'wrong.csv'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('dmbridge', () => {
  test.each([
    ['--version', /^\d+\.\d+\.\d+\n$/],
    ['--help', /serve .*\n.*demo/],
  ])('dmbridge %s prints its text and ends with 0', async (option, expected) => {
    expect(await run(folder, option)).toEqual({ stdout: expect.stringMatching(expected), stderr: '', code: 0 });
  });

  test.each([
    [[], /Usage: dmbridge COMMAND/],
    [['fly'], /there is no command "fly"/],
    [['trace', 'x'], /^dmbridge: trace is not built yet\n$/],
    [['check', '--colour'], /Unknown option '--colour'/],
    [['check', 'x'], /expected no arguments beside --config FILE/],
    [['import'], /expected FILE beside --config FILE/],
    [['check'], /dmbridge\.yaml:1: \(file\): cannot read the configuration file \(ENOENT\)/],
  ] satisfies readonly [string[], RegExp][])('dmbridge with the arguments %j ends with 2', async (args, expected) => {
    expect(await run(folder, ...args)).toEqual({ stdout: '', stderr: expect.stringMatching(expected), code: 2 });
  });
});

describe('dmbridge check', () => {
  test('check prints what it found', async () => {
    expect(await run(folder, 'check', '--config', 'good.yaml')).toEqual({
      stdout: expect.stringMatching(/^good\.yaml: good \(accounts: 1, mappings: \d+, devices: 2\)\n\n/),
      stderr: '',
      code: 0,
    });
  });

  test.each(['check', 'serve'])('%s reports every problem with file, line and key', async (command) => {
    expect(await run(folder, command, '--config', 'bad.yaml')).toEqual({
      stdout: '',
      stderr:
        'bad.yaml:1: accounts.main.url: must be an http or https URL\nbad.yaml:2: routes[0].bridge: there is no account "other"\n',
      code: 2,
    });
  });

  test('check reads the devices file', async () => {
    const { stderr, code } = await run(folder, 'check', '--config', 'wrong.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/wrong\.csv:2: .*\n.*wrong\.csv:3: .*devId/);
  });
});

describe('dmbridge import', () => {
  test('import brings a file into the registry', async () => {
    expect(await run(folder, 'import', 'devices.csv', '--config', 'good.yaml')).toMatchObject({
      stdout: 'devices.csv: 2 devices imported\n',
      code: 0,
    });
  });

  test('import refuses a file with wrong rows as a whole', async () => {
    const { stderr, code } = await run(folder, 'import', 'wrong.csv', '--config', 'good.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/wrong\.csv:2: .*\n.*wrong\.csv:3: /);
  });
});

describe('dmbridge serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'serve prints one line when it is ready, and ends with 0 at %s',
    async (signal) => {
      const child = launch(folder, 'serve', '--config', 'good.yaml');
      const end = new Promise<number | null>((resolve) => child.on('close', resolve));
      const stderr = text(child.stderr);
      let stdout = '';
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk: Buffer) => {
          stdout += chunk.toString();
          if (stdout.includes('\n')) resolve();
        });
        child.on('close', () => resolve());
      });
      const [, south, , admin] =
        /^dmbridge ready south=(http:\/\/127\.0\.0\.1:\d+\/dm) north=(http:\/\/127\.0\.0\.1:\d+) admin=(http:\/\/127\.0\.0\.1:\d+)\n$/.exec(
          stdout,
        ) ?? [];
      expect(south, stdout).toBeDefined();
      expect((await fetch(`${admin}/readyz`)).status).toBe(200);
      child.kill(signal);
      expect(await end).toBe(0);
      const events = (await stderr)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event);
      expect(events).toEqual(expect.arrayContaining(['bridge.ready', 'bridge.stopping']));
      expect(stdout.trim().split('\n')).toHaveLength(1);
    },
  );
});
