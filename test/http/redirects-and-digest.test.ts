/** Redirects of packages, and Digest credentials over several requests. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { clientFor, fetchOf, type Handler, packageTo, startServer } from './client-scene.ts';

describe('a redirected package', () => {
  test.each([307, 308])('%i within the origin of SrvURI is followed once, with the body', async (status) => {
    const { origin, seen } = await startServer((response, { url }) => {
      if (url === '/dm') response.writeHead(status, { Location: '/moved?x=1' }).end();
      else response.end('{}');
    });
    const client = clientFor(origin, { auth: { type: 'basic', user: 'u', password: 'p' } }, { allowServerUris: [] });
    expect(await client.send(packageTo(`${origin}/dm`))).toMatchObject({ status: 200, body: { text: '{}' } });
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/dm', '{"ä":1}'],
      ['POST', '/moved?x=1', '{"ä":1}'],
    ]);
    expect(seen[1]?.headers).toEqual(seen[0]?.headers);
  });

  test('a second redirect is not followed', async () => {
    const { origin, seen } = await startServer((response, _seen, count) =>
      response.writeHead(307, { Location: `/${count}` }).end(),
    );
    expect(await clientFor(origin).send(packageTo(`${origin}/dm`))).toMatchObject({ status: 307 });
    expect(seen).toHaveLength(2);
  });

  test.each([301, 302, 303])('%i is not followed', async (status) => {
    const { origin, seen } = await startServer((response) => response.writeHead(status, { Location: '/x' }).end());
    expect(await clientFor(origin).send(packageTo(`${origin}/dm`))).toMatchObject({ status });
    expect(seen).toHaveLength(1);
  });

  test('a redirect to another origin is not followed, even when the allow-list has it', async () => {
    const target = await startServer((response) => response.end());
    const { origin } = await startServer((response) =>
      response.writeHead(307, { Location: `${target.origin}/dm` }).end(),
    );
    const client = clientFor(origin, {}, { allowServerUris: [`${origin}/`, `${target.origin}/`] });
    expect(await client.send(packageTo(`${origin}/dm`))).toMatchObject({
      status: 307,
      headers: { location: `${target.origin}/dm` },
    });
    expect(target.seen).toEqual([]);
  });

  test('a package for another origin than SrvURI is not followed within that origin', async () => {
    const { origin, seen } = await startServer((response) => response.writeHead(307, { Location: '/x' }).end());
    const client = clientFor('http://127.0.0.1:1', {}, { allowServerUris: [`${origin}/`] });
    expect(await client.send(packageTo(`${origin}/continued`))).toMatchObject({ status: 307 });
    expect(seen).toHaveLength(1);
  });

  test.each([undefined, 'http://[bad'])('a redirect to %s keeps its status', async (location) => {
    const { origin } = await startServer((response) =>
      response.writeHead(307, location === undefined ? {} : { Location: location }).end(),
    );
    expect(await clientFor(origin).send(packageTo(`${origin}/dm`))).toMatchObject({ status: 307 });
  });
});

test('a resource whose redirect leaves the allow-list is refused with the origin of the target', async () => {
  const { origin } = await startServer((response) =>
    response.writeHead(302, { Location: 'http://elsewhere.example/secret?token=1' }).end(),
  );
  expect(await clientFor(origin).send(fetchOf(`${origin}/x`))).toEqual({
    failure: 'forbidden',
    reason: 'the redirect leads outside the allow-list: http://elsewhere.example',
  });
});

describe('Digest credentials', () => {
  const DIGEST = { auth: { type: 'digest', user: 'u', password: 'p' } } as const;

  /** A server that accepts each nonce as often as `uses` says, and each `nc` once. */
  function digestServer(uses: number, nextNonce: (count: number) => string | undefined) {
    const counts = new Map<string, number>();
    const accepted: string[] = [];
    let challenges = 0;
    const handler: Handler = (response, { headers, method, url }, count) => {
      const fields = fieldsOf(headers.authorization ?? '');
      const nonce = fields.nonce ?? '';
      const used = counts.get(nonce);
      const expected = responseTo(fields, method, url);
      const isNext = used !== undefined && used < uses && Number.parseInt(fields.nc ?? '', 16) === used + 1;
      if (!isNext || fields.response !== expected) {
        challenges += 1;
        counts.set(`challenge-${challenges}`, 0);
        const header = `Digest realm="r", nonce="challenge-${challenges}", qop="auth", algorithm=SHA-256, stale=true`;
        response.writeHead(401, { 'WWW-Authenticate': header }).end();
        return;
      }
      counts.set(nonce, used + 1);
      accepted.push(`${nonce}:${fields.nc}`);
      const next = nextNonce(count);
      if (next !== undefined && !counts.has(next)) counts.set(next, 0);
      const info =
        next === undefined ? {} : { 'Authentication-Info': `qop=auth, nextnonce="${next}", nc=${fields.nc}` };
      response.writeHead(200, info).end();
    };
    return { handler, accepted, challenges: () => challenges };
  }

  async function sendInTurn(handler: Handler, times: number) {
    const { origin, seen } = await startServer(handler);
    const client = clientFor(origin, DIGEST);
    for (let count = 0; count < times; count += 1) {
      expect(await client.send(packageTo(`${origin}/dm`))).toMatchObject({ status: 200 });
    }
    return seen;
  }

  test.each([
    [1, 3, 200],
    [2, 3, 401],
  ])('after %s stale nonces the request has been sent %s times, with %s', async (stale, times, status) => {
    let challenges = 0;
    const { origin, seen } = await startServer((response, { headers }) => {
      if (headers.authorization !== undefined && challenges > stale) {
        response.writeHead(200).end();
        return;
      }
      challenges += 1;
      const isStale = challenges > 1 ? ', stale=true' : '';
      response.writeHead(401, { 'WWW-Authenticate': `Digest realm="r", nonce="n${challenges}"${isStale}` }).end();
    });
    expect(await clientFor(origin, DIGEST).send(packageTo(`${origin}/dm`))).toMatchObject({ status });
    expect(seen).toHaveLength(times);
  });

  test('wrong credentials are not tried a third time', async () => {
    const { origin, seen } = await startServer((response) =>
      response.writeHead(401, { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' }).end(),
    );
    expect(await clientFor(origin, DIGEST).send(packageTo(`${origin}/dm`))).toMatchObject({ status: 401 });
    expect(seen).toHaveLength(2);
  });

  test('nextnonce gives each package one POST when a nonce may be used once (RFC 7616 §3.5)', async () => {
    const server = digestServer(1, (count) => `next-${count}`);
    const seen = await sendInTurn(server.handler, 4);
    expect(seen).toHaveLength(1 + 4);
    expect(server.accepted).toEqual(['challenge-1:00000001', 'next-2:00000001', 'next-3:00000001', 'next-4:00000001']);
  });

  test('without nextnonce the count of the nonce goes on', async () => {
    const server = digestServer(99, () => undefined);
    await sendInTurn(server.handler, 3);
    expect(server.accepted).toEqual(['challenge-1:00000001', 'challenge-1:00000002', 'challenge-1:00000003']);
  });

  test('a nextnonce that is the nonce in use does not start the count anew', async () => {
    const server = digestServer(99, () => 'same');
    await sendInTurn(server.handler, 4);
    expect(server.accepted).toEqual(['challenge-1:00000001', 'same:00000001', 'same:00000002', 'same:00000003']);
    expect(server.challenges()).toBe(1);
  });

  test('a nonce that the server no longer accepts is replaced by a new challenge', async () => {
    const server = digestServer(2, () => undefined);
    const seen = await sendInTurn(server.handler, 3);
    expect(server.accepted).toEqual(['challenge-1:00000001', 'challenge-1:00000002', 'challenge-2:00000001']);
    expect(seen).toHaveLength(1 + 2 + 2);
  });

  test.each([
    ['the nonce of the challenge', () => undefined],
    ['further nonces', (count: number) => `next-${count}`],
  ])('the key of -sess is made once, and serves %s (RFC 7616 §3.4.2)', async (_, nextNonce) => {
    let key: string | undefined;
    const seen = await sendInTurn((response, { headers, method, url }, count) => {
      const { nonce, nc, cnonce, response: given } = fieldsOf(headers.authorization ?? '');
      if (nonce === undefined) {
        const challenge = 'Digest realm="r", nonce="first", qop="auth", algorithm=SHA-256-sess';
        response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
        return;
      }
      key ??= sha256(`${sha256('u:r:p')}:first:${cnonce}`);
      const right = sha256(`${key}:${nonce}:${nc}:${cnonce}:auth:${sha256(`${method}:${url}`)}`);
      const next = nextNonce(count);
      const info = next === undefined ? {} : { 'Authentication-Info': `nextnonce="${next}"` };
      response.writeHead(given === right ? 200 : 403, info).end();
    }, 3);
    expect(seen).toHaveLength(1 + 3);
  });

  test('requests at the same time each use a nonce of their own', async () => {
    const server = digestServer(1, (count) => `next-${count}`);
    const { origin, seen } = await startServer(server.handler);
    const client = clientFor(origin, DIGEST);
    const both = () => Promise.all([1, 2].map(() => client.send(packageTo(`${origin}/dm`))));
    for (const replies of [await both(), await both()]) {
      for (const reply of replies) expect(reply).toMatchObject({ status: 200 });
    }
    const afterFirst = seen.length;
    for (const reply of await both()) expect(reply).toMatchObject({ status: 200 });
    expect(seen.length - afterFirst).toBe(2);
  });
});

function fieldsOf(header: string): Partial<Record<string, string>> {
  return Object.fromEntries([...header.matchAll(/(\w+)=(?:"([^"]*)"|(\w+))/g)].map(([, name, a, b]) => [name, a ?? b]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** RFC 7616 §3.4.1, for the user and the realm of these tests. */
function responseTo({ nonce, nc, cnonce }: Partial<Record<string, string>>, method: string, url: string): string {
  return sha256(`${sha256('u:r:p')}:${nonce}:${nc}:${cnonce}:auth:${sha256(`${method}:${url}`)}`);
}
