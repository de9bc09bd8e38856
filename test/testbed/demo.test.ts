import { afterEach, expect, test, vi } from 'vitest';
import { runDemo } from '../../src/cli/demo.ts';

afterEach(() => vi.restoreAllMocks());

test('the demonstration ends well, with every command in it', { timeout: 30_000 }, async () => {
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const code = await runDemo(['--once']);
  const text = out.mock.calls.map(([line]) => String(line)).join('');
  const table = text.slice(text.lastIndexOf('\ndevice'));
  expect(table).not.toMatch(/failed|fault|waiting/u);
  expect(code).toBe(0);
  for (const command of ['GET', 'HGET', 'HPUT', 'HPOST', 'DELETE', 'EXEC', 'SHOW', 'CONT', 'END']) {
    expect(text, command).toMatch(new RegExp(`^ +${command}( |$)`, 'mu'));
  }
});

test('an unknown option is refused', async () => {
  await expect(runDemo(['--twice'])).rejects.toThrow("Unknown option '--twice'");
});
