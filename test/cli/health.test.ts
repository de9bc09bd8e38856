/** `dmbridge health` as a probe runs it: a process of its own that asks a server. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { folderWith } from '../support/mappings.ts';
import { type Outcome, run } from './run-command.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** The port of a server on loopback. */
async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Runs `dmbridge health` for a configuration whose admin listener has this address. */
async function health(listen: string): Promise<Outcome> {
  const text = `accounts: { main: {} }\nroutes: [{ bridge: main }]\nadmin: { listen: "${listen}", token: t }\n`;
  return run(folderWith({ 'dmbridge.yaml': text }), 'health');
}

describe('dmbridge health', () => {
  test.each(['127.0.0.1', '0.0.0.0'])('a bridge on %s that is ready: 0', async (host) => {
    const asked: (string | undefined)[] = [];
    const port = await serve(({ method, url }, response) => {
      asked.push(`${method} ${url}`);
      response.end('{"status":"ready"}');
    });
    expect(await health(`${host}:${port}`)).toEqual({ stdout: '{"status":"ready"}\n', stderr: '', code: 0 });
    expect(asked).toEqual(['GET /readyz']);
  });

  test('a bridge that is not ready: 1, and what is missing', async () => {
    const port = await serve((_, response) =>
      response.writeHead(503).end('{"status":"not ready","missing":["store"]}'),
    );
    expect(await health(`127.0.0.1:${port}`)).toEqual({
      stdout: '',
      stderr: `dmbridge: http://127.0.0.1:${port}/readyz answers 503: {"status":"not ready","missing":["store"]}\n`,
      code: 1,
    });
  });

  test('no bridge: 1', async () => {
    const port = await serve(() => {});
    servers[0]?.close();
    const stderr = `dmbridge: http://127.0.0.1:${port}/readyz cannot be asked (ECONNREFUSED)\n`;
    expect(await health(`127.0.0.1:${port}`)).toEqual({ stdout: '', stderr, code: 1 });
  });

  test.each([
    ['at all', () => {}],
    ['to the end', (_, response) => void response.writeHead(200).write('{"status"')],
  ] satisfies readonly [string, RequestListener][])(
    'a bridge that does not answer %s: 1 after two seconds',
    async (_, listener) => {
      const port = await serve(listener);
      const stderr = `dmbridge: http://127.0.0.1:${port}/readyz cannot be asked (no answer within 2 s)\n`;
      expect(await health(`127.0.0.1:${port}`)).toEqual({ stdout: '', stderr, code: 1 });
    },
  );

  test('a configuration that cannot be used: 2', async () => {
    expect(await health('nowhere')).toMatchObject({ code: 2, stderr: expect.stringContaining('admin.listen') });
  });
});
