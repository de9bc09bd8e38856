import { describe, expect, it } from 'vitest';
import { DecodeError } from '../src/errors.ts';
import { createJournal, redactFacts } from '../src/log.ts';

describe('the journal', () => {
  it('writes one JSON line per event', () => {
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

  it('keeps below its level quiet', () => {
    const lines: string[] = [];
    const journal = createJournal({ level: 'warn', write: (line) => lines.push(line) });
    journal.log('session.timed_out', {});
    journal.log('session.without_route', {});
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['session.without_route']);
  });

  it('hands the conversation to its reader, and writes none of it', () => {
    const lines: string[] = [];
    const seen: string[] = [];
    const journal = createJournal({
      level: 'debug',
      write: (line) => lines.push(line),
      onTrace: ({ summary }) => seen.push(summary),
    });
    journal.trace({ at: 0, device: 'd', session: 's', direction: 'device→bridge', summary: 'POST /dm', body: 'x' });
    expect([seen, lines]).toEqual([['POST /dm'], []]);
  });
});

describe('redaction', () => {
  it.each([
    ['password', { password: 'p' }],
    ['a nonce', { clientNonce: 'p' }],
    ['credentials', { credentials: { user: 'p' } }],
    ['an authorization header', { headers: { Authorization: 'p' } }],
    ['a nested secret', { a: { b: [{ notificationSecret: 'p' }] } }],
    ['a RespURI token', { token: 'p' }],
    ['a MAC', { 'x-syncml-hmac': 'p' }],
    ['a node value', { item: { data: 'p' } }],
    ['bytes', { frame: new Uint8Array([112]) }],
    ['what is nested too deep', { a: { b: { c: { d: { e: { f: 'p' } } } } } }],
  ])('hides %s', (_, facts) => {
    expect(JSON.stringify(redactFacts(facts))).not.toMatch(/"p"|:112/);
  });

  it('leaves plain facts alone', () => {
    const facts = { device: 'IMEI:1', msgId: 2, ok: true, codes: [200, 404], place: { node: './DevInfo' } };
    expect(redactFacts(facts)).toEqual(facts);
  });

  it('takes credentials out of URLs', () => {
    expect(redactFacts({ url: 'http://u:p@host/x' })).toEqual({ url: 'http://[redacted]@host/x' });
  });

  it('tells code and place of an error, and the stack of a bug', () => {
    const error = new DecodeError('ERR_XML_SYNTAX', 'not XML', { place: { offset: 7 } });
    expect(redactFacts({ error })).toEqual({ error: { code: 'ERR_XML_SYNTAX', message: 'not XML', offset: 7 } });
    expect(redactFacts({ error: new TypeError('bug') })).toMatchObject({
      error: { name: 'TypeError', stack: expect.any(String) },
    });
  });

  it('cuts long text', () => {
    expect(redactFacts({ reason: 'x'.repeat(9999) }).reason).toHaveLength(501);
  });
});
