/** The resource of HGET: replies that have it, and its bytes as the value of a leaf (DM-2.0 §5.3.1). */
import { describe, expect, test } from 'vitest';
import { contentFromBytes } from '../../src/dm2/content.ts';
import type { RepositoryReply } from '../../src/dm2/repository.ts';
import type { MoMapping, NodeDescription } from '../../src/mapping/mapping.ts';
import { MoIndex } from '../../src/mapping/mo-index.ts';
import { parseMoid } from '../../src/mo/moid.ts';
import { interior, leaf, modelDevice, nodeAt } from '../north/model/device.ts';
import { context, DATA, document, knowledgeOf, playOne } from '../north/model/play.ts';
import { onPhone, VENDOR } from '../north/model/simulated-device.ts';
import { miidTable } from '../support/miid-table.ts';

const PRODUCT = `${VENDOR.replaceAll('/', '%2F')}/Product`;
const URL = `${DATA}/doc?secret=1`;

function storing(reply: RepositoryReply, leafName = 'Name') {
  const played = onPhone([['HGET', URL, `${PRODUCT}/${leafName}`]], { repository: () => reply });
  const failures = played.effects.flatMap((effect) =>
    effect.type === 'log' && effect.event === 'command.failed' ? [effect.facts] : [],
  );
  const written = played.trips.flat().flatMap(({ name, items }) => (name === 'Get' ? [] : items));
  return { ...played, value: nodeAt(played.device.tree, `./Vendor/Product/${leafName}`), written, failures };
}

const replied = (status: number, text = 'part', contentType = 'text/plain'): RepositoryReply => ({
  status,
  headers: { 'content-type': contentType },
  body: { text },
});

const served = (bytes: Uint8Array, contentType: string): RepositoryReply => ({
  status: 200,
  headers: { 'content-type': contentType },
  body: contentFromBytes(bytes),
});

describe('a reply with the resource', () => {
  test.each([200, 203])('has the status %i', (status) => {
    const { statuses, value } = storing(replied(status, 'new'));
    expect([statuses, value?.value]).toEqual([['200'], 'new']);
  });
});

describe('a reply without the resource', () => {
  test.each<[string, RepositoryReply, string]>([
    ['201', replied(201), 'the repository answered 201'],
    ['202', replied(202), 'the repository answered 202'],
    ['204', replied(204, ''), 'the repository answered 204'],
    ['206 to a request without Range', replied(206), 'the repository answered 206'],
    ['207', replied(207), 'the repository answered 207'],
    ['226', replied(226), 'the repository answered 226'],
    ['304', replied(304), 'the repository answered 304'],
    ['403', replied(403), 'the repository answered 403'],
    ['an empty body', replied(200, ''), 'the resource is empty'],
    ['a time-out', { failure: 'timeout', reason: 'no whole answer in time' }, 'timeout: no whole answer in time'],
    [
      'a refused connection',
      { failure: 'unreachable', reason: 'the connection failed (ECONNREFUSED)' },
      'unreachable: the connection failed (ECONNREFUSED)',
    ],
    [
      'an unknown coding',
      { failure: 'coding', reason: 'unknown content coding "zstd"', answered: 200 },
      'coding: unknown content coding "zstd"',
    ],
  ])('is 419 with a reason in the log, and the device keeps its value: %s', (_name, reply, reason) => {
    const { statuses, trips, failures } = storing(reply);
    expect([statuses, trips]).toEqual([['419'], []]);
    expect(failures).toEqual([{ command: 'HGET', index: 0, status: 419, reason, origin: 'https://backend.example' }]);
  });

  test('is 506 for a resource over the limit', () => {
    const reply = { failure: 'tooLarge', reason: 'the response has more than 9 bytes', answered: 200 } as const;
    const { statuses, trips, failures } = storing(reply);
    expect([statuses, trips]).toEqual([['506'], []]);
    expect(failures).toMatchObject([{ status: 506, reason: 'tooLarge: the response has more than 9 bytes' }]);
  });
});

describe('the charset of text', () => {
  test.each([
    ['Name', 'text/plain; charset=utf-16le', Buffer.from('grün', 'utf16le'), 'grün'],
    ['Note', 'text/xml; charset=iso-8859-1', Buffer.from('<a>grün</a>', 'latin1'), '<a>grün</a>'],
    ['Note', 'application/xml; charset="Windows-1252"', Buffer.from([0x3c, 0x61, 0x2f, 0x3e, 0x80]), '<a/>€'],
    ['Count', 'text/plain; charset=utf-16be', Buffer.from('12', 'utf16le').swap16(), '12'],
    ['Name', 'text/plain', Buffer.from('\uFEFFgrün'), 'grün'],
    ['New', 'text/plain; charset=iso-8859-1', Buffer.from('grün', 'latin1'), 'grün'],
  ])('is decoded for %s from %s', (name, contentType, bytes, expected) => {
    const { statuses, written } = storing(served(bytes, contentType), name);
    expect(statuses).toEqual(['200']);
    expect(written).toMatchObject([{ data: expected, meta: { type: contentType.split(';')[0] } }]);
  });

  test.each(['Name', 'New'])('is unknown, or not that of the bytes: 415 for %s', (name) => {
    for (const [contentType, reason] of [
      ['text/plain; charset=koi8-r', 'unknown charset "koi8-r"'],
      ['text/plain', 'bytes that are not utf-8'],
    ] as const) {
      const { statuses, written, failures } = storing(served(Buffer.from([0xd8, 0xff]), contentType), name);
      expect(statuses).toEqual(['415']);
      expect(written).toEqual([]);
      expect(failures).toMatchObject([{ status: 415, reason }]);
    }
  });

  test('is ignored for a binary leaf, which gets the bytes', () => {
    const { statuses, value } = storing(served(Buffer.from([0xd8, 0xff]), 'text/plain; charset=koi8-r'), 'Image');
    expect([statuses, value?.value]).toEqual([['200'], '2P8=']);
  });

  test('is absent for bytes that are not text: 415 for a text leaf, base64 for a new one', () => {
    const bytes = served(Buffer.from([0xd8, 0xff]), 'application/octet-stream');
    expect(storing(bytes).statuses).toEqual(['415']);
    expect(storing(bytes, 'New').written).toMatchObject([{ data: '2P8=', meta: { format: 'b64' } }]);
  });

  test('is UTF-8 for MO data, with or without a byte order mark', () => {
    const json = JSON.stringify([{ ClientURI: `${PRODUCT}/Name`, MOData: { Name: 'grün' } }]);
    const store = (bytes: Buffer) => {
      const played = onPhone([['HGET', URL]], { repository: () => served(bytes, 'application/dmmo+json') });
      return [played.statuses[0]?.slice(0, 3), nodeAt(played.device.tree, './Vendor/Product/Name')?.value];
    };
    expect(store(Buffer.from(`\uFEFF${json}`))).toEqual(['200', 'grün']);
    expect(store(Buffer.from(json, 'latin1'))).toEqual(['415', 'x']);
    expect(store(Buffer.from(json, 'utf16le'))).toEqual(['415', 'x']);
  });
});

describe('a page for people instead of the resource', () => {
  const MOID = parseMoid('urn:example:mo:gate:1.0');
  const access = ['Add', 'Delete', 'Get', 'Replace'] as const;
  const described = (name: string, more: Partial<NodeDescription> = {}): NodeDescription => {
    return { name, format: 'chr', access, occurrence: 'ZeroOrOne', scope: 'dynamic', children: [], ...more };
  };
  const GATE: MoMapping = {
    ...new MoIndex([]).fallbackMapping(MOID),
    name: 'gate',
    description: described('gate', {
      format: 'node',
      children: [
        described('Text', { type: 'text/plain' }),
        described('Page', { type: 'text/html' }),
        described('Either', { type: 'text/plain', otherTypes: ['Text/HTML; charset=utf-8'] }),
        described('Open'),
      ],
    }),
  };

  function storeIn(path: string) {
    const gate = { Text: leaf('old'), Page: leaf('old'), Either: leaf('old'), Open: leaf('old') };
    const device = modelDevice(interior({ north: interior(gate, MOID) }));
    const scene = {
      device,
      context: { ...context, index: new MoIndex([...context.index.all(), GATE]) },
      knowledge: knowledgeOf({ miids: miidTable({ [MOID]: { north: './north' } }), facts: { list: 'StructData' } }),
      repository: () => document('<p>Log in</p>', 'text/html; charset=utf-8'),
    };
    return { ...playOne(scene, [['HGET', URL, `${MOID}/north/${path}`]]), device };
  }

  test.each([
    ['Text', '415'],
    ['Page', '200'],
    ['Either', '200'],
    ['Open', '200'],
  ])('is refused by the media types of the leaf: %s ends with %s', (name, status) => {
    const { statuses, device, effects } = storeIn(name);
    expect(statuses).toEqual([status]);
    const isStored = nodeAt(device.tree, `./north/${name}`)?.value === '<p>Log in</p>';
    expect(isStored).toBe(status === '200');
    const reasons = effects.flatMap((effect) =>
      effect.type === 'log' && effect.event === 'command.failed' ? [effect.facts.reason] : [],
    );
    expect(reasons).toEqual(status === '200' ? [] : ['the repository answered text/html for a leaf of text/plain']);
  });

  test('is checked with each leaf of a wildcard', () => {
    const { statuses, device } = storeIn('*');
    expect(statuses).toEqual(['415']);
    expect(device.log.filter((each) => !each.startsWith('Get'))).toEqual([]);
  });
});
