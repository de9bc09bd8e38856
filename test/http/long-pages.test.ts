/** Long and hostile pages: another thread reads them, and no page takes a time that grows with the square of its length. */
import { expect, test } from 'vitest';
import { LARGE_PAGE_BYTES } from '../../src/http/large-documents.ts';
import { pageOfContent } from '../../src/interaction/page-content.ts';
import { readPage } from '../../src/interaction/read-page.ts';
import { clientFor, startServer } from './client-scene.ts';

const URL_OF_PAGE = 'http://r.example/page';

test.each([
  ['a long page', 'x'.repeat(LARGE_PAGE_BYTES), true],
  ['a short page', 'x', false],
])('the worker has read %s only when it is long', async (_, text, isKept) => {
  const contentType = 'text/html';
  const { origin } = await startServer((response) => {
    response.writeHead(200, { 'Content-Type': contentType }).end(`<form action=/a><p>${text}<input name=n>`);
  });
  const url = `${origin}/dir/page`;
  const reply = await clientFor(origin).send({ method: 'GET', url, headers: {}, account: 'main', purpose: 'page' });
  const content = 'body' in reply ? reply.body : { text: '' };
  const [once, again] = [pageOfContent(content, { contentType, url }), pageOfContent(content, { contentType, url })];
  expect(once === again).toBe(isKept);
  expect(once).toEqual(pageOfContent({ ...content }, { contentType, url }));
  expect(once).toMatchObject({ form: { action: `${origin}/a` } });
});

test.each([
  ['formatting elements that each paragraph repeats', (at: number) => `<font x=${at}><p>`, 10_000],
  ['formatting elements that are never closed', (at: number) => `<b a${at}>`, 20_000],
  ['links in bold text', () => '<a><b>', 40_000],
  ['nested blocks', () => '<div>', 50_000],
  ['elements', () => '<i></i>', 30_000],
  ['nested tables', () => '<table><p>', 20_000],
])('a page of very many %s does not fit', (_, piece, count) => {
  const html = Array.from({ length: count }, (__, at) => piece(at)).join('');
  expect(readPage(html.slice(0, 262_144), URL_OF_PAGE)).toEqual({ problem: expect.stringContaining('too many') });
});

test('a page whose elements have very many attributes does not fit', () => {
  const html = `<p ${Array.from({ length: 20_000 }, (_, at) => `a${at}`).join(' ')}>`;
  expect(readPage(html, URL_OF_PAGE)).toEqual({ problem: expect.stringContaining('too many') });
});

test('a page of many elements one after the other fits', () => {
  expect(readPage('<p>x</p>'.repeat(15_000), URL_OF_PAGE)).toMatchObject({ alerts: [{ code: 1100 }] });
});
