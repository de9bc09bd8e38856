import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromPlainItem, mergeMeta, toPlainItem } from '../../src/dm1/plain-item.ts';
import { encodeMessage } from '../../src/syncml/codec.ts';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import type { Meta, SyncmlMessage } from '../../src/syncml/message.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('toPlainItem', () => {
  test('keeps "no Data" and "empty Data" apart', () => {
    expect(toPlainItem({ source: { locUri: './a' } })).toEqual({ source: './a' });
    expect(toPlainItem({ target: { locUri: './a' }, data: '' })).toEqual({ target: './a', data: '' });
  });

  test('puts Meta of the command under that of the Item, child by child', () => {
    const item = toPlainItem({ data: '1', meta: { format: 'int' } }, { format: 'chr', type: 'text/plain' });
    expect(item.meta).toEqual({ format: 'int', type: 'text/plain' });
    expect(mergeMeta(undefined, undefined)).toBeUndefined();
  });

  test('reads a TNDS document in WBXML as XML text, and names that form in Meta', () => {
    const tree = {
      name: 'MgmtTree',
      namespace: 'syncml:dmddf1.2',
      content: [{ name: 'VerDTD', namespace: 'syncml:dmddf1.2', content: ['1.2'] }],
    };
    const meta = { format: 'b64', type: 'application/vnd.syncml.dmtnds+wbxml' };
    const read = {
      data: '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree>',
      meta: { format: 'xml', type: 'application/vnd.syncml.dmtnds+xml' },
    };
    expect(toPlainItem({ data: encodeEmbedded(tree), meta })).toEqual(read);
    expect(toPlainItem({ data: Buffer.from(encodeEmbedded(tree)).toString('base64'), meta })).toEqual(read);
    expect(toPlainItem({ data: read.data, meta })).toEqual({ data: read.data, meta });
    expect(toPlainItem({ data: 'abcd', meta })).toEqual({ data: 'abcd', meta });
  });

  test('writes markup inside Data as text', () => {
    const markup = {
      name: 'MgmtTree',
      namespace: '',
      content: [{ name: 'VerDTD', namespace: '', content: ['1.2 & more'] }],
    };
    expect(toPlainItem({ data: [markup] }).data).toBe('<MgmtTree><VerDTD>1.2 &amp; more</VerDTD></MgmtTree>');
  });

  test.each<[string, Meta | undefined, Uint8Array, string, string | undefined]>([
    ['text', undefined, utf8('größe'), 'größe', undefined],
    ['text of Format xml', { format: 'xml' }, utf8('<a/>'), '<a/>', 'xml'],
    ['bytes that are no UTF-8', undefined, Uint8Array.of(0xff, 0xfe), '//4=', 'b64'],
    ['text with control characters', { format: 'chr' }, Uint8Array.of(0x41, 1), 'A\x01', 'chr'],
    ['bytes with control characters', undefined, Uint8Array.of(0x41, 1), 'QQE=', 'b64'],
    ['bytes with a NUL inside', { format: 'chr' }, utf8('A\0B'), 'QQBC', 'b64'],
    ['text with a NUL at its end', { format: 'chr' }, utf8('größe\0'), 'größe', 'chr'],
    ['text with two NULs at its end', { format: 'chr' }, utf8('A\0\0'), 'QQAA', 'b64'],
    ['a NUL alone', undefined, utf8('\0'), '', undefined],
    ['a list of children with a NUL at its end', { format: 'node' }, utf8('a/b\0'), 'a/b', 'node'],
    ['a list of children with a NUL inside', { format: 'Node' }, utf8('a/b\0c'), 'a/b\0c', 'Node'],
    ['bin with a NUL at its end', { format: 'bin' }, utf8('abc\0'), 'YWJjAA==', 'bin'],
    ['b64 as text with a NUL at its end', { format: 'b64' }, utf8('YWJj\0'), 'YWJj', 'b64'],
    [
      'b64 unpacked that looks like base64 with a blank and a NUL',
      { format: 'b64' },
      utf8('YW Jj\0'),
      'WVcgSmoA',
      'b64',
    ],
    ['b64 unpacked with a NUL at its end', { format: 'b64' }, utf8('hello\0'), 'aGVsbG8A', 'b64'],
    [
      'TNDS with NULs at the end of its values',
      { format: 'xml', type: 'application/vnd.syncml.dmtnds+xml' },
      utf8('<a><b>1\0</b></a>\0'),
      '<a><b>1</b></a>',
      'xml',
    ],
    [
      'TNDS in WBXML that is XML text with NULs at the end of its values',
      { type: 'application/vnd.syncml.dmtnds+wbxml' },
      utf8('<a><b>1\0</b></a>\0'),
      '<a><b>1</b></a>',
      'xml',
    ],
    ['WBXML that happens to be text', { type: 'application/vnd.syncml.dmtnds+wbxml' }, utf8('abc'), 'YWJj', 'b64'],
    ['bin', { format: 'bin' }, utf8('abc'), 'YWJj', 'bin'],
    ['b64 as text', { format: 'b64' }, utf8('YWJj'), 'YWJj', 'b64'],
    ['b64 unpacked', { format: 'B64' }, utf8('a b!'), 'YSBiIQ==', 'B64'],
  ])('reads opaque %s', (_, meta, bytes, data, format) => {
    const item = toPlainItem(meta === undefined ? { data: bytes } : { data: bytes, meta });
    expect([item.data, item.meta?.format]).toEqual([data, format]);
  });

  test('loses no byte but a NUL at the end: Data is the text, or its base64 when Format says so', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const { data = '', meta } = toPlainItem({ data: bytes });
        const isText = meta?.format !== 'b64';
        const kept = isText && bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
        expect(Buffer.from(data, isText ? 'utf8' : 'base64')).toEqual(Buffer.from(kept));
      }),
    );
  });
});

describe('fromPlainItem', () => {
  const image = fromPlainItem({ target: './I', meta: { format: 'bin', type: 'image/png' }, data: 'AAEC/w==' });
  const message = (): SyncmlMessage => ({
    header: {
      verDtd: '1.2',
      verProto: 'DM/1.2',
      sessionId: '1',
      msgId: 1,
      target: { locUri: 'd' },
      source: { locUri: 's' },
    },
    commands: [{ name: 'Add', cmdId: '1', items: [image] }],
    final: true,
  });

  test('keeps bytes: opaque in WBXML, base64 with Format b64 in XML', () => {
    expect(image.data).toEqual(new Uint8Array([0, 1, 2, 255]));
    const wbxml = encodeMessage(message(), 'application/vnd.syncml.dm+wbxml');
    expect(Buffer.from(wbxml).includes(Buffer.from([0xc3, 4, 0, 1, 2, 255]))).toBe(true);
    expect(Buffer.from(wbxml).includes('bin')).toBe(true);
    const xml = Buffer.from(encodeMessage(message(), 'application/vnd.syncml.dm+xml')).toString();
    expect(xml).toContain('<Format xmlns="syncml:metinf">b64</Format>');
    expect(xml).toContain('<Data>AAEC/w==</Data>');
    expect(fromPlainItem({ meta: { format: 'bin' }, data: 'no base64!' }).data).toBe('no base64!');
  });

  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

  test('is reversed by toPlainItem', () => {
    const meta = fc.record({ format: fc.constantFrom('chr', 'b64'), type: fc.string() }, { requiredKeys: [] });
    const item = fc.record({
      target: optional(fc.string()),
      source: optional(fc.string()),
      data: optional(fc.string()),
      meta: optional(meta),
    });
    fc.assert(
      fc.property(item, (each) => {
        const plain = Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined));
        expect(toPlainItem(fromPlainItem(plain))).toEqual(plain);
      }),
    );
  });
});
