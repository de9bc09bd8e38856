/** `dmbridge demo --once`, with bridge, backend and devices in this process. */
import { beforeEach, expect, test, vi } from 'vitest';
import { runDemo } from '../../src/cli/demo.ts';

/** The time for the sessions ends when a test says so, however slow the machine is. */
const limit = vi.hoisted(() => Promise.withResolvers<void>());
vi.mock('node:timers/promises', () => ({ setTimeout: () => limit.promise }));

const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
const printed = () => out.mock.calls.map(([text]) => String(text)).join('');
beforeEach(() => {
  out.mockClear();
});

test('the demonstration ends well, with every command in it', async () => {
  const code = await runDemo(['--once']);
  const table = printed().slice(printed().lastIndexOf('\ndevice'));
  expect(table).not.toMatch(/failed|fault|waiting/u);
  expect(code).toBe(0);
  for (const command of ['GET', 'HGET', 'HPUT', 'HPOST', 'DELETE', 'EXEC', 'SHOW', 'CONT', 'END']) {
    expect(printed(), command).toMatch(new RegExp(`^ +${command}( |$)`, 'mu'));
  }
  expect(printed()).toMatch(/Package#0 NOTIFICATION-ID 4097 → 202/u);
  expect(printed()).toMatch(/notification of DM 1\.2 for session [0-9A-F]+\n.*Alert 1200/u);
  expect(printed()).toMatch(/MOS with \d+ MOs · Alert ServerInitiatedMgmt \{"NOTIFICATION-ID":4097\}/u);
});

test('an unknown option is refused', async () => {
  await expect(runDemo(['--twice'])).rejects.toThrow("Unknown option '--twice'");
});

test('a demonstration that is not finished in time fails', async () => {
  limit.resolve();
  expect(await runDemo(['--once'])).toBe(1);
  expect(printed()).toContain('not finished in time');
});
