import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import type { SyncmlMessage } from '../../src/syncml/message.ts';
import { refusalOf } from '../support/refusal.ts';
import { message } from './arbitraries.ts';

const XML = 'application/vnd.syncml.dm+xml';
const WBXML = 'application/vnd.syncml.dm+wbxml';

const MESSAGE: SyncmlMessage = {
  header: {
    verDtd: '1.2',
    verProto: 'DM/1.3',
    sessionId: '1',
    msgId: 1,
    target: { locUri: 'https://dm.example.com' },
    source: { locUri: 'IMEI:1', locName: 'Jürgen' },
  },
  commands: [],
  final: true,
};

const TEXT = new TextDecoder().decode(encodeMessage(MESSAGE, XML));
const UNDECLARED = TEXT.replace(/<\?xml[^>]*>/, '');

describe('the media type selects the codec', () => {
  test.each([
    ['application/vnd.syncml.dm+xml', XML],
    ['Application/VND.SyncML.DM+XML', XML],
    ['application/vnd.syncml.dm+wbxml', WBXML],
    ['application/vnd.syncml+xml; charset="utf-8"', XML],
    [' application/vnd.syncml+wbxml ;x=y', WBXML],
  ])('the body of type "%s" is decoded', (header, encoding) => {
    expect(decodeMessage(encodeMessage(MESSAGE, encoding), header).message).toEqual(MESSAGE);
    expect(encodeMessage(MESSAGE, header)).toEqual(encodeMessage(MESSAGE, encoding));
  });

  test.each([
    'application/xml',
    'text/xml',
    'application/vnd.syncml.dm',
    'application/vnd.syncml.dm+xml+wbxml',
    'constructor',
    '',
  ])('the body of type "%s" is refused', (header) => {
    expect(refusalOf(() => decodeMessage(encodeMessage(MESSAGE, XML), header)).code).toBe('ERR_MEDIA_TYPE');
    expect(refusalOf(() => encodeMessage(MESSAGE, header)).code).toBe('ERR_MEDIA_TYPE');
  });
});

describe('decodeMessage finds the charset', () => {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const utf16 = (text: string, bigEndian: boolean) => {
    const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
    return bigEndian ? bytes.swap16() : bytes;
  };

  test.each<[string, Uint8Array, string, readonly string[]]>([
    ['UTF-8', utf8(TEXT), XML, []],
    ['UTF-8 with a byte order mark', utf8(`\uFEFF${TEXT}`), XML, []],
    ['UTF-8, declared and quoted', utf8(TEXT), `${XML}; charset="UTF-8"`, []],
    ['UTF-8 with an unknown charset name', utf8(TEXT), `${XML};charset=utf8mb4`, []],
    ['US-ASCII', utf8(UNDECLARED), `${XML};charset=us-ascii`, []],
    ['ISO-8859-1 by parameter', Buffer.from(UNDECLARED, 'latin1'), `${XML}; Charset=ISO-8859-1`, ['charset']],
    [
      'ISO-8859-1 by declaration',
      Buffer.from(TEXT.replace('UTF-8', 'ISO-8859-1'), 'latin1'),
      'application/vnd.syncml+xml',
      ['charset'],
    ],
    [
      'UTF-8 by parameter although the declaration says otherwise',
      utf8(TEXT.replace('UTF-8', 'ISO-8859-1')),
      `${XML};charset=utf-8`,
      [],
    ],
    [
      'UTF-8 by byte order mark although the parameter says otherwise',
      utf8(`\uFEFF${TEXT}`),
      `${XML};charset=iso-8859-1`,
      [],
    ],
    ['UTF-16 in little-endian order', utf16(UNDECLARED, false), XML, ['charset']],
    ['UTF-16 in big-endian order', utf16(UNDECLARED, true), XML, ['charset']],
    ['a DOCTYPE, and reports it', utf8(`<!DOCTYPE SyncML>${UNDECLARED}`), XML, ['doctype']],
    [
      'a root without namespace, and reports it',
      utf8(UNDECLARED.replace(/ xmlns="[^"]*"/, '')),
      XML,
      ['rootNamespace'],
    ],
  ])('it decodes %s', (_, body, type, tolerated) => {
    const parsed = decodeMessage(body, type);
    expect(parsed.message).toEqual(MESSAGE);
    expect(parsed.tolerated).toEqual(tolerated);
  });

  test('it decodes a part of a larger buffer', () => {
    const inside = utf8(`xx${TEXT}yy`);
    expect(decodeMessage(inside.subarray(2, inside.length - 2), XML).message).toEqual(MESSAGE);
    const latin1 = Buffer.from(`xx${UNDECLARED}yy`, 'latin1');
    const body = latin1.subarray(2, latin1.length - 2);
    expect(decodeMessage(body, `${XML};charset=iso-8859-1`).message).toEqual(MESSAGE);
  });

  test.each<[string, Uint8Array, string, string]>([
    ['bytes that are not UTF-8', Buffer.from(UNDECLARED, 'latin1'), XML, 'ERR_XML_SYNTAX'],
    ['half a UTF-16 unit', utf16(UNDECLARED, false).subarray(0, -1), XML, 'ERR_XML_SYNTAX'],
    ['no bytes', new Uint8Array(), XML, 'ERR_XML_SYNTAX'],
    ['another document', utf8('<a/>'), XML, 'ERR_SYNCML_SHAPE'],
  ])('it refuses %s', (_, body, type, code) => {
    expect(refusalOf(() => decodeMessage(body, type)).code).toBe(code);
  });
});

test('values that are kept do not keep the other values of their XML message in memory', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const meta = { type: 'application/vnd.example.long', nextNonce: 'Zm9vYmFyZm9vYmFyZm9v' };
  const inline = { name: 'a-name-that-is-long', namespace: 'urn:a-namespace', content: ['text of some length'] };
  const body = encodeMessage(
    {
      header: { ...MESSAGE.header, respUri: 'https://dm.example.com/x', cred: { meta, data: 'Zm9vYmFyZm9vYmFyZm9v' } },
      commands: [
        { name: 'Alert', cmdId: '1', data: '1226', correlator: 'a-correlator-of-length', items: [] },
        { name: 'Add', cmdId: '2', items: [{ target: { locUri: './Vendor/Node/Value' }, meta, data: [inline] }] },
        { name: 'Add', cmdId: '3', items: [{ data: 'a value longer than a slice' }] },
        { name: 'Get', cmdId: '4', items: [{ data: 'x'.repeat(400_000) }] },
      ],
      final: true,
    },
    XML,
  );
  const kept: unknown[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 100; i++) {
    const { header, commands } = decodeMessage(body, XML).message;
    kept.push(header, commands.slice(0, 3));
  }
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  expect(kept).toHaveLength(200);
  // The messages were 40 MB.
  expect(grown).toBeLessThan(4_000_000);
});

describe('encodeMessage', () => {
  test('encodeMessage writes UTF-8', () => {
    fc.assert(
      fc.property(message, (original) => {
        const body = encodeMessage(original, XML);
        expect(new TextEncoder().encode(new TextDecoder('utf-8', { fatal: true }).decode(body))).toEqual(body);
        expect(decodeMessage(body, XML).message.header).toEqual(original.header);
      }),
      { numRuns: 200 },
    );
  });
});
