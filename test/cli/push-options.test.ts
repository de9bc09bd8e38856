/** `dmbridge device --push` waits for notifications until a signal. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { runCommand } from '../../src/cli/commands.ts';
import { ConditionVariable } from '../support/condition-variable.ts';

const FLEET = fileURLToPath(new URL('../../examples/campaign/fleet.yaml', import.meta.url));

afterEach(() => vi.restoreAllMocks());

test('a device with --push takes datagrams until a signal, and reports one that is no notification', async () => {
  const printed = new ConditionVariable();
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => {
    printed.notifyAll();
    return true;
  });
  const text = () => out.mock.calls.map(([line]) => String(line)).join('');
  const probe = createSocket('udp4').bind(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  const command = ['device', '--server', 'http://127.0.0.1:9/dm', '--config', FLEET, '--count', '1'];
  const running = runCommand([...command, '--push', String(port)]);
  await printed.waitUntil(() => text().includes('session failed'));
  const sender = createSocket('udp4');
  sender.send(Buffer.from('x'), port, '127.0.0.1');
  await printed.waitUntil(() => text().includes('push: no WSP Push'));
  sender.close();
  process.emit('SIGTERM');
  expect(await running).toBe(1);
});
