/** Pages for the user of a device, as the HTTP client fetches them: redirects and cookies come back as they are. */
import { expect, test } from 'vitest';
import type { OutgoingRequest } from '../../src/bridge/ports.ts';
import { clientFor, startServer } from './client-scene.ts';

function pageAt(url: string, method: 'GET' | 'POST' = 'GET'): OutgoingRequest {
  const request = { method, url, headers: { accept: 'text/html' }, account: 'main', purpose: 'page' } as const;
  return method === 'POST' ? { ...request, body: { text: 'a=1' } } : request;
}

test('a redirect is not followed, and its cookies are told apart', async () => {
  const { origin, seen } = await startServer((response) => {
    response.setHeader('Set-Cookie', ['a=1; Expires=Tue, 01 Dec 2026 00:00:00 GMT', 'b=2']);
    response.writeHead(302, { Location: '/next' }).end();
  });
  const reply = await clientFor(origin).send(pageAt(`${origin}/page`));
  expect(reply).toMatchObject({
    status: 302,
    headers: { location: '/next', 'set-cookie': 'a=1; Expires=Tue, 01 Dec 2026 00:00:00 GMT\nb=2' },
  });
  expect(seen).toHaveLength(1);
});

test('the answer to a form is read', async () => {
  const { origin } = await startServer((response, { body }) => response.end(`<p>${body}`));
  expect(await clientFor(origin).send(pageAt(`${origin}/a`, 'POST'))).toMatchObject({ body: { text: '<p>a=1' } });
});

test.each([
  [262_144, { status: 200 }],
  [262_145, { failure: 'tooLarge' }],
])('a page of %s bytes', async (length, expected) => {
  const { origin } = await startServer((response) => response.end('x'.repeat(length)));
  const client = clientFor(origin, {}, { maxReplyBytes: 1_000_000 });
  expect(await client.send(pageAt(`${origin}/page`))).toMatchObject(expected);
});

test('a page outside of the allow-list is not asked for', async () => {
  const { origin, seen } = await startServer((response) => response.end('x'));
  const client = clientFor(origin, {}, { allowServerUris: ['http://other.example/'] });
  expect(await client.send(pageAt(`${origin}/page`))).toMatchObject({ failure: 'forbidden' });
  expect(seen).toEqual([]);
});
