/** The versions and suites that the south listener offers. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { type Listener, openListener } from '../../src/http/listener.ts';
import { listenerTlsOptions, oldSuites, type TlsSettings } from '../../src/http/tls-options.ts';
import { SERVER_CERT, SERVER_KEY, TEST_CA } from '../support/certificates.ts';

const listeners: Listener[] = [];
const sockets: TLSSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

const PLAIN: TlsSettings = { key: SERVER_KEY, cert: SERVER_CERT, ca: undefined, minVersion: 'TLSv1.2' };
/** The suites of the server's ECDSA certificate. */
const CBC_SHA1 = ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA'];
const CBC_SHA256 = 'ECDHE-ECDSA-AES128-SHA256';

async function start(tls: Partial<TlsSettings> = {}): Promise<number> {
  const options = { host: '127.0.0.1', port: 0, tls: { ...PLAIN, ...tls } };
  const listener = await openListener(options, (_request, response) => response.end());
  listeners.push(listener);
  return Number(new URL(listener.url).port);
}

/** The version and the suite that a client gets; undefined when the handshake fails. */
async function dial(port: number, options: ConnectionOptions): Promise<readonly [string | null, string] | undefined> {
  const socket = connect({ host: '127.0.0.1', port, ca: TEST_CA, ...options });
  sockets.push(socket);
  try {
    await once(socket, 'secureConnect');
    return [socket.getProtocol(), socket.getCipher().name];
  } catch {
    return undefined;
  }
}

const onlySuite = (name: string, version: 'TLSv1.1' | 'TLSv1.2' = 'TLSv1.2'): ConnectionOptions => ({
  minVersion: version,
  maxVersion: version,
  ciphers: `${name}:@SECLEVEL=0`,
});

describe('with the default minVersion', () => {
  test.each(CBC_SHA1)('%s is not on offer', async (suite) => {
    expect(await dial(await start(), onlySuite(suite))).toBeUndefined();
  });

  test('other suites of TLS 1.2 are on offer', async () => {
    expect(await dial(await start(), onlySuite(CBC_SHA256))).toEqual(['TLSv1.2', CBC_SHA256]);
  });

  test('nothing old comes along that a warning would have to name', () => {
    expect(oldSuites(PLAIN)).toEqual([]);
    expect(oldSuites({ ...PLAIN, minVersion: 'TLSv1.3' })).toEqual([]);
  });
});

describe('with a lower minVersion', () => {
  test.each(CBC_SHA1)('%s is on offer in the old version', async (suite) => {
    expect(await dial(await start({ minVersion: 'TLSv1.1' }), onlySuite(suite, 'TLSv1.1'))).toEqual(['TLSv1.1', suite]);
  });

  test('the warning names the suites and the security level', () => {
    expect(oldSuites({ ...PLAIN, minVersion: 'TLSv1' })).toEqual([
      'ECDHE-ECDSA-AES128-SHA',
      'ECDHE-RSA-AES128-SHA',
      'ECDHE-ECDSA-AES256-SHA',
      'ECDHE-RSA-AES256-SHA',
      'DHE-RSA-AES128-SHA',
      'DHE-RSA-AES256-SHA',
      'AES128-SHA',
      'AES256-SHA',
      '@SECLEVEL=0',
    ]);
    expect(oldSuites({ ...PLAIN, minVersion: 'TLSv1', ciphers: 'HIGH' })).toEqual([]);
  });
});

describe('TLS 1.3', () => {
  test.each([
    ['by default', {}],
    ['with a lower minVersion', { minVersion: 'TLSv1' }],
    ['with a cipher list without its suites', { ciphers: CBC_SHA256 }],
    ['with a cipher list that names one of its suites', { ciphers: `TLS_AES_128_GCM_SHA256:${CBC_SHA256}` }],
  ] satisfies readonly [string, Partial<TlsSettings>][])('is on offer %s', async (_name, tls) => {
    expect((await dial(await start(tls), { minVersion: 'TLSv1.3' }))?.[0]).toBe('TLSv1.3');
  });
});

describe('a configured cipher list', () => {
  test('replaces the suites of the default version', async () => {
    const port = await start({ ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0' });
    expect(await dial(port, onlySuite('ECDHE-ECDSA-AES128-SHA'))).toEqual(['TLSv1.2', 'ECDHE-ECDSA-AES128-SHA']);
    expect(await dial(port, onlySuite(CBC_SHA256))).toBeUndefined();
  });

  test('replaces the suites of a lower version', async () => {
    const port = await start({ minVersion: 'TLSv1.1', ciphers: 'ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0' });
    expect(await dial(port, onlySuite('ECDHE-ECDSA-AES128-SHA', 'TLSv1.1'))).toBeUndefined();
    expect(await dial(port, onlySuite('ECDHE-ECDSA-AES256-SHA', 'TLSv1.1'))).toBeDefined();
  });
});

describe('renegotiation', () => {
  /** The error of a renegotiation that a client asks for; null when it works. */
  async function renegotiate(port: number): Promise<Error | null> {
    const socket = connect({ host: '127.0.0.1', port, ca: TEST_CA, maxVersion: 'TLSv1.2' });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return await new Promise((resolve) => {
      socket.on('error', resolve);
      socket.on('close', () => resolve(new Error('closed')));
      socket.renegotiate({}, resolve);
    });
  }

  test('is refused', async () => {
    expect(await renegotiate(await start())).toBeInstanceOf(Error);
  });

  test('works with a server that allows it, so that the test above proves something', async () => {
    const { secureOptions: _, ...open } = listenerTlsOptions(PLAIN);
    const server = createServer(open);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await renegotiate(port)).toBeNull();
    server.closeAllConnections();
    server.close();
  });
});
