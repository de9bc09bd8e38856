/** The warning about suites for old devices, at the start of the listeners. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startServer } from '../../src/cli/server/start-server.ts';
import { parseConfig } from '../../src/config/load.ts';
import { oldSuites } from '../../src/http/tls-options.ts';
import type { Journal } from '../../src/log-events.ts';
import { SERVER_CERT, SERVER_KEY } from '../support/certificates.ts';
import { NO_LONG_BODIES, NO_OTHER_DOORS, NO_PACKAGE0, NO_REFUSED_ALERTS } from '../support/device-host.ts';

const BRIDGE = {
  handleDeviceMessage: () => Promise.reject(new Error('no device in this test')),
  ...NO_LONG_BODIES,
  ...NO_OTHER_DOORS,
  ...NO_REFUSED_ALERTS,
  ...NO_PACKAGE0,
  pendingNotifications: async () => 0,
  subscriptions: async () => 0,
  ddf: async () => undefined,
  check: async () => {},
  reload: async () => ({ mappings: 0, deviceRows: undefined, areRoutesUsed: true }),
  close: async () => {},
};
const PREPARED = { compose: async () => BRIDGE, close: async () => {} };

test.each([
  ['TLSv1.1', 1],
  ['TLSv1.2', 0],
] as const)('a start with minVersion %s logs the suites for old devices %i times', async (minVersion, times) => {
  const folder = mkdtempSync(join(tmpdir(), 'dmbridge-test-'));
  writeFileSync(join(folder, 'key.pem'), SERVER_KEY);
  writeFileSync(join(folder, 'cert.pem'), SERVER_CERT);
  const logged: unknown[] = [];
  const journal: Journal = { log: (event, facts) => void logged.push({ event, ...facts }), trace: () => {} };
  const any = '{ listen: "127.0.0.1:0" }';
  const tls = `tls: { key: key.pem, cert: cert.pem, minVersion: ${minVersion} }`;
  const south = `{ listen: "127.0.0.1:0", ${tls} }`;
  const text = `accounts: { main: {} }\nroutes: [{ bridge: main }]\nsouth: ${south}\nnorth: ${any}\nadmin: ${any}\n`;
  const server = await startServer(parseConfig(text, join(folder, 'c.yaml'), {}), journal, async () => PREPARED);
  await server.stop();
  rmSync(folder, { recursive: true });
  const suites = oldSuites({ key: undefined, cert: undefined, ca: undefined, minVersion: 'TLSv1.1' });
  const warning = { event: 'tls.old_suites', listener: 'south', minVersion: 'TLSv1.1', suites };
  expect(logged).toEqual(times === 0 ? [] : [warning]);
});
