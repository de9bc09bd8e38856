import { describe, expect, test } from 'vitest';
import { DecodeError } from '../src/errors.ts';
import { createJournal, redactFacts } from '../src/log.ts';

describe('journal', () => {
  test('an event is written as one JSON line', () => {
    const lines: string[] = [];
    createJournal({ level: 'info', write: (line) => lines.push(line) }).log('session.timed_out', {
      device: 'IMEI:1',
    });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.any(String),
      event: 'session.timed_out',
      device: 'IMEI:1',
    });
  });

  test('an event below the level of the journal is not written', () => {
    const lines: string[] = [];
    const journal = createJournal({ level: 'warn', write: (line) => lines.push(line) });
    journal.log('session.timed_out', {});
    journal.log('session.without_route', {});
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['session.without_route']);
  });

  test('the conversation goes to its reader and is not written', () => {
    const lines: string[] = [];
    const seen: string[] = [];
    const journal = createJournal({
      level: 'debug',
      write: (line) => lines.push(line),
      onTrace: ({ summary }) => seen.push(summary),
    });
    journal.trace?.({ at: 0, device: 'd', session: 's', direction: 'device→bridge', summary: 'POST /dm', body: 'x' });
    expect([seen, lines]).toEqual([['POST /dm'], []]);
  });
});

describe('redaction of facts', () => {
  test.each([
    ['password', { password: 'p' }],
    ['a nonce', { clientNonce: 'p' }],
    ['credentials', { credentials: { user: 'p' } }],
    ['an authorization header', { headers: { Authorization: 'p' } }],
    ['a nested secret', { a: { b: [{ notificationSecret: 'p' }] } }],
    ['a RespURI token', { token: 'p' }],
    ['a MAC', { 'x-syncml-hmac': 'p' }],
    ['a node value', { item: { data: 'p' } }],
    ['bytes', { frame: new Uint8Array([112]) }],
    ['a record that is nested too deep', { a: { b: { c: { d: { e: { f: 'p' } } } } } }],
  ])('a fact is redacted: %s', (_, facts) => {
    expect(JSON.stringify(redactFacts(facts))).not.toMatch(/"p"|:112/);
  });

  test('plain facts are written without change', () => {
    const facts = { device: 'IMEI:1', msgId: 2, ok: true, codes: [200, 404], place: { node: './DevInfo' } };
    expect(redactFacts(facts)).toEqual(facts);
  });

  test('credentials inside a URL are redacted', () => {
    expect(redactFacts({ url: 'http://u:p@host/x' })).toEqual({ url: 'http://[redacted]@host/x' });
  });

  test('an error is written with code and place, a bug with its stack', () => {
    const error = new DecodeError('ERR_XML_SYNTAX', 'not XML', { place: { offset: 7 } });
    expect(redactFacts({ error })).toEqual({ error: { code: 'ERR_XML_SYNTAX', message: 'not XML', offset: 7 } });
    expect(redactFacts({ error: new TypeError('bug') })).toMatchObject({
      error: { name: 'TypeError', stack: expect.any(String) },
    });
  });

  test('a long text is cut', () => {
    expect(redactFacts({ reason: 'x'.repeat(9999) }).reason).toHaveLength(501);
  });
});
