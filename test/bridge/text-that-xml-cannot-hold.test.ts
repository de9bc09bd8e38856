/** Values and names that XML 1.0 cannot hold are never changed: they arrive whole, or the status says that they do not. */
import { describe, expect, test } from 'vitest';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import type { Content, Element } from '../../src/wbxml/element.ts';
import { DATA, moData, play, THING, thing } from './value-scene.ts';

const FORBIDDEN = ['a\x01b', 'a\0b', '\x1f', 'a\ufffeb', 'a\uffff'];
const LONE = '\\ud800';
const json = (path: string, text: string) =>
  `[{"ClientURI":"${THING}/${path}","MOData":{"${path.split('/').at(-1)}":${text}}}]`;
const element = (name: string, ...content: readonly Content[]): Element => ({
  name,
  namespace: 'syncml:dmddf1.2',
  content,
});

/** A TNDS document in WBXML, which can hold any characters. */
function tnds(name: string, value: string) {
  const node = element('Node', element('NodeName', name), element('Value', value));
  const document = element('MgmtTree', element('VerDTD', '1.2'), node);
  return { base64: Buffer.from(encodeEmbedded(document)).toString('base64') };
}

describe('a device that speaks XML', () => {
  test.each(['chr', 'xml'])('a leaf of Format %s refuses such text with 415 and stays as it is', async (format) => {
    for (const text of FORBIDDEN) {
      const { statuses, device } = await play({
        commands: [
          ['HGET', `${DATA}leaf`, `${THING}/Name`],
          ['HGET', `${DATA}data`],
          ['HGET', `${DATA}set`],
        ],
        resources: {
          leaf: { contentType: 'text/plain', body: text },
          data: { body: json('Name', JSON.stringify(text)) },
          set: { body: json('Set', JSON.stringify({ Good: 'new', Bad: text })) },
        },
        device: {
          nodes: thing({
            Name: { format, value: 'old' },
            Set: { format: 'node' },
            'Set/Good': { format: 'chr', value: 'old' },
            'Set/Bad': { format, value: 'old' },
          }),
        },
      });
      expect(statuses).toEqual([415, 415, 415]);
      expect(device.written).toEqual([]);
    }
  });

  test('a new leaf gets such text as base64 with Format b64', async () => {
    const { statuses, device } = await play({
      commands: [
        ['HGET', `${DATA}bytes`, `${THING}/Bytes`],
        ['HGET', `${DATA}data`],
      ],
      resources: {
        bytes: { contentType: 'application/octet-stream', body: '\0\x01PK' },
        data: { body: json('New', '"a\\u0001b"') },
      },
      device: { nodes: thing({}) },
    });
    expect(statuses).toEqual([200, 200]);
    expect(device.nodes.get('./Ex/one/Bytes')).toMatchObject({ format: 'b64', value: 'AAFQSw==' });
    expect(device.nodes.get('./Ex/one/New')).toMatchObject({ format: 'b64', value: 'YQFi' });
  });

  test('a binary leaf gets the bytes of such text', async () => {
    const { statuses, device } = await play({
      commands: [['HGET', `${DATA}bytes`, `${THING}/Blob`]],
      resources: { bytes: { contentType: 'application/octet-stream', body: '\0\x01PK' } },
      device: { nodes: thing({ Blob: { format: 'b64', value: '' } }) },
    });
    expect(statuses).toEqual([200]);
    expect(device.nodes.get('./Ex/one/Blob')?.value).toBe('AAFQSw==');
  });
});

describe('a device that speaks WBXML', () => {
  test('a leaf of text gets such text whole, as opaque data', async () => {
    for (const text of FORBIDDEN) {
      const { statuses, device } = await play({
        commands: [
          ['HGET', `${DATA}leaf`, `${THING}/Name`],
          ['HGET', `${DATA}data`],
        ],
        resources: {
          leaf: { contentType: 'text/plain', body: text },
          data: { body: json('Other', JSON.stringify(text)) },
        },
        device: {
          encoding: 'wbxml',
          nodes: thing({ Name: { format: 'chr', value: 'old' }, Other: { format: 'chr', value: 'old' } }),
        },
      });
      expect(statuses).toEqual([200, 200]);
      const bytes = new Uint8Array(Buffer.from(text));
      expect(device.written.map(({ meta, data }) => [meta?.format, data])).toEqual([
        ['chr', bytes],
        ['chr', bytes],
      ]);
    }
  });

  test('a new leaf gets such text as opaque bytes', async () => {
    const { statuses, device } = await play({
      commands: [['HGET', `${DATA}bytes`, `${THING}/Bytes`]],
      resources: { bytes: { contentType: 'application/octet-stream', body: '\0\x01PK' } },
      device: { encoding: 'wbxml', nodes: thing({}) },
    });
    expect(statuses).toEqual([200]);
    expect(device.written[0]).toMatchObject({ meta: { format: 'bin' }, data: Uint8Array.of(0, 1, 80, 75) });
  });

  test('text of the device with such characters reaches the backend whole', async () => {
    const { parts, uploads } = await play({
      commands: [
        ['GET', `${THING}/Name`],
        ['GET', `${THING}/`],
        ['HPUT', `${DATA}x`, `${THING}/Name`],
      ],
      device: {
        encoding: 'wbxml',
        nodes: thing({
          Name: { format: 'chr', value: 'a\x01b' },
          Opaque: { format: 'chr', value: Buffer.from('c\x02d') },
        }),
      },
    });
    expect(parts[0]?.text).toBe('a\x01b');
    expect(moData(parts[1])).toEqual({ Name: 'a\x01b', Opaque: 'c\x02d' });
    expect(uploads[0]?.text).toBe('a\x01b');
  });
});

describe.each(['xml', 'wbxml'] as const)('any device, here one that speaks %s', (encoding) => {
  test('half of a surrogate pair is 415', async () => {
    const { statuses, device } = await play({
      commands: [
        ['HGET', `${DATA}a`],
        ['HGET', `${DATA}b`],
      ],
      resources: { a: { body: json('Name', `"x${LONE}"`) }, b: { body: json('New', `"${LONE}"`) } },
      device: { encoding, nodes: thing({ Name: { format: 'chr', value: 'old' } }) },
    });
    expect(statuses).toEqual([415, 415]);
    expect(device.written).toEqual([]);
  });

  test.each(['k\\u0001', 'k\\u0000', LONE, '\\ufffe'])(
    'the name %s in MO data is 415, and nothing is written',
    async (name) => {
      const { statuses, device } = await play({
        commands: [
          ['HGET', `${DATA}a`],
          ['HGET', `${DATA}b`, `${THING}/Set`],
          ['HGET', `${DATA}c`],
          ['HGET', `${DATA}d`],
        ],
        resources: {
          a: { body: json('Set', `{"ok":"1","${name}":"one","k":{"${name}":"two"}}`) },
          b: { body: `[{"ClientURI":"${THING}/Set","MOData":{"${name}":{"ok":"1"}}}]` },
          c: { body: json('Set', `{"${name}":{}}`) },
          d: { body: `[{"ClientURI":"${THING}/Set","MOData":{"Set":{"x":{"y":{"${name}":null}}}}}]` },
        },
        device: { encoding, nodes: thing({ Set: { format: 'node' } }) },
      });
      expect(statuses).toEqual([415, 415, 415, 415]);
      expect([...device.nodes.keys()].filter((place) => place.startsWith('./Ex/one/Set/'))).toEqual([]);
    },
  );

  test('such a name in a TNDS document is 415, such a value is whole or 415', async () => {
    const { statuses, device } = await play({
      commands: [
        ['HGET', `${DATA}name`, `${THING}/Name`],
        ['HGET', `${DATA}value`, `${THING}/Name`],
      ],
      resources: {
        name: { contentType: 'application/vnd.syncml.dmtnds+wbxml', body: tnds('Na\x01me', 'x') },
        value: { contentType: 'application/vnd.syncml.dmtnds+wbxml', body: tnds('Name', 'x\x01y') },
      },
      device: { encoding, nodes: thing({ Name: { format: 'chr', value: 'old' } }) },
    });
    expect(statuses).toEqual([415, encoding === 'xml' ? 415 : 200]);
    expect(device.nodes.get('./Ex/one/Name')?.value).toEqual(
      encoding === 'xml' ? 'old' : new Uint8Array(Buffer.from('x\x01y')),
    );
  });

  test('an address with such a name is 404 for every command, and the device is not asked', async () => {
    const places = [
      'urn:example:mo:thing:1.0/one/a%01b',
      'urn:example:mo:thing:1.0/o%00ne/',
      'com.example/1.0/X%1f/i/n',
    ];
    const addresses = [...places, `${THING}/%EF%BF%BE`, `${THING}/(x)?nv=(x)/Na%02me:1`, `${THING}/*/b%01`];
    for (const address of addresses) {
      const { statuses, device } = await play({
        commands: [
          ['GET', address],
          ['DELETE', address],
          ['EXEC', address],
          ['HGET', `${DATA}a`, address],
          ['HPUT', `${DATA}b`, address],
        ],
        resources: { a: { contentType: 'text/plain', body: 'x' } },
        device: { encoding, nodes: thing({ 'a\uFFFDb': { format: 'chr', value: 'mine' } }) },
      });
      expect([address, statuses]).toEqual([address, [404, 404, 404, 404, 404]]);
      expect(device.asked).toEqual([]);
    }
  });
});
