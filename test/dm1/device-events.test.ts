/** Events of a device, from the wire through the whole engine, in both encodings (DM-1.3 §6.3, §6.7, §6.8, §8). */
import { describe, expect, test } from 'vitest';
import type { DeviceAlert } from '../../src/dm1/session-model.ts';
import type { Mutable } from '../../src/mutable.ts';
import { decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import type { Command, Item, ItemData, Meta } from '../../src/syncml/message.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { alert, devInfo, deviceMessage, LockStep, leaf, numbered } from './lock-step.ts';

const XML = 'application/vnd.syncml.dm+xml';
const WBXML = 'application/vnd.syncml.dm+wbxml';

const DOCUMENT =
  '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>Calendar</NodeName>' +
  '<RTProperties><Format><node/></Format><Type><DDFName>urn:x:calendar</DDFName></Type></RTProperties>' +
  '<Node><NodeName>Name</NodeName><Value>Müller &amp; Söhne &lt;x&gt;</Value></Node></Node></MgmtTree>';
const TREE = parseXml(DOCUMENT);
const TNDS_XML = 'application/vnd.syncml.dmtnds+xml';
const TNDS_WBXML = 'application/vnd.syncml.dmtnds+wbxml';

/** Says it as these bytes. */
function say(device: LockStep, type: string, commands: readonly Command[], final = true): void {
  const body = encodeMessage(deviceMessage(device.msgId, numbered(commands), final), type);
  device.says(decodeMessage(body, type).message.commands, { final, raw: true });
}

const eventsOf = (device: LockStep): readonly DeviceAlert[] =>
  device.effects.flatMap((effect) => (effect.type === 'alertReceived' ? [effect.alert] : []));

const statusesOf = (device: LockStep): readonly string[] =>
  device
    .answers()
    .commands.flatMap((each) => (each.name === 'Status' ? [[each.cmd, each.data, ...each.sourceRefs].join(' ')] : []))
    .slice(1);

/** Package#1 with these Alerts. */
function packageOne(type: string, ...alerts: readonly Command[]): LockStep {
  const device = new LockStep();
  say(device, type, [alert('1201'), devInfo(), ...alerts]);
  return device;
}

describe.each([XML, WBXML])('tree changes as %s (DM-1.3 §6.8)', (type) => {
  test('the Alert 1227 is reported without Items', () => {
    const device = packageOne(type, alert('1227'));
    expect(eventsOf(device)).toEqual([{ code: 1227, items: [] }]);
    expect(statusesOf(device)).toEqual(['Alert 200', 'Replace 200', 'Alert 200']);
  });

  test('the Alert 1228 is reported with the nodes that it names by Data or by address', () => {
    const device = packageOne(
      type,
      alert('1228', [
        { data: './DevDetail/FwV' },
        leaf('./Calendar', 'x'),
        { target: { locUri: './Contacts/1' } },
        { data: '' },
      ]),
      alert('1228', [{ data: './Other' }]),
    );
    expect(eventsOf(device)).toEqual([
      {
        code: 1228,
        items: [
          { data: './DevDetail/FwV' },
          { source: './Calendar', data: 'x' },
          { target: './Contacts/1' },
          { data: '' },
        ],
      },
      { code: 1228, items: [{ data: './Other' }] },
    ]);
    expect(statusesOf(device)).toEqual(['Alert 200', 'Replace 200', 'Alert 200', 'Alert 200']);
  });
});

describe('a requested MO, Alert 1229 (DM-1.3 §6.3)', () => {
  const read = { data: DOCUMENT, format: 'xml', type: TNDS_XML };
  test.each<[string, string, ItemData, Meta, Partial<typeof read>]>([
    ['escaped text', XML, DOCUMENT, { format: 'xml', type: TNDS_XML }, read],
    ['elements inside Data', XML, [TREE], { format: 'xml', type: TNDS_XML }, read],
    ['elements inside Data, Meta left out', XML, [TREE], {}, { data: DOCUMENT }],
    ['WBXML as base64', XML, base64(encodeEmbedded(TREE)), { format: 'b64', type: TNDS_WBXML }, read],
    ['text', WBXML, DOCUMENT, { format: 'xml', type: TNDS_XML }, read],
    ['opaque text', WBXML, new TextEncoder().encode(DOCUMENT), { format: 'xml', type: TNDS_XML }, read],
    ['elements of the DDF code page', WBXML, [TREE], {}, { data: DOCUMENT }],
    ['an opaque WBXML document', WBXML, encodeEmbedded(TREE), { format: 'b64', type: TNDS_WBXML }, read],
    ['an opaque WBXML document of Format bin', WBXML, encodeEmbedded(TREE), { format: 'bin', type: TNDS_WBXML }, read],
  ])('as %s in %s becomes the document as XML text', (_, type, data, meta, expected) => {
    const item: Mutable<Item> = { source: { locUri: './Calendar' }, data };
    if (Object.keys(meta).length > 0) item.meta = meta;
    const device = packageOne(type, alert('1229', [item]));
    const [event] = eventsOf(device);
    expect(event).toMatchObject({ code: 1229, items: [{ source: './Calendar' }] });
    const { data: text, meta: { format, type: kind } = {} } = event?.items[0] ?? {};
    expect({ data: text, format, type: kind }).toEqual(expected);
    expect(statusesOf(device).at(-1)).toBe('Alert 200');
  });

  test.each<[string, string, string | Uint8Array, Meta]>([
    ['text', XML, DOCUMENT, { format: 'xml', type: TNDS_XML }],
    ['base64 of WBXML', XML, base64(encodeEmbedded(TREE)), { format: 'b64', type: TNDS_WBXML }],
    ['text', WBXML, DOCUMENT, { format: 'xml', type: TNDS_XML }],
    ['opaque text', WBXML, new TextEncoder().encode(DOCUMENT), { format: 'xml', type: TNDS_XML }],
    ['an opaque WBXML document', WBXML, encodeEmbedded(TREE), { format: 'b64', type: TNDS_WBXML }],
  ])('in chunks of %s in %s takes effect when it is whole (DM-PRO-LO-S-001-M)', (_, type, whole, meta) => {
    const size = typeof whole === 'string' ? Buffer.byteLength(whole) : whole.length;
    // Of any length: a cut may go through a character of opaque text, and through the base64 of three bytes.
    const pieces = cut(whole, 50);
    const device = new LockStep();
    for (const [at, data] of pieces.entries()) {
      const isLast = at === pieces.length - 1;
      const item: Mutable<Item> = { source: { locUri: './Calendar' }, meta: at === 0 ? { ...meta, size } : meta, data };
      if (!isLast) item.moreData = true;
      expect(eventsOf(device)).toEqual([]);
      say(device, type, [...(at === 0 ? [alert('1201'), devInfo()] : []), alert('1229', [item], 'c')], isLast);
      expect(statusesOf(device).at(-1)).toBe(isLast ? 'Alert 200' : 'Alert 213');
    }
    expect(eventsOf(device)).toEqual([
      {
        code: 1229,
        correlator: 'c',
        items: [{ source: './Calendar', meta: { format: 'xml', type: TNDS_XML }, data: DOCUMENT }],
      },
    ]);
  });
});

describe.each([XML, WBXML])('events with several Items as %s (DM-1.3 §6.7, DM-PRO-GAlert-S-001-M)', (type) => {
  const FORMATS = ['b64', 'bin', 'bool', 'chr', 'int', 'node', 'null', 'xml', 'date', 'time', 'float', 'Chr', 'x-own'];
  test.each(FORMATS)('of Format %s, with and without Source, are reported as they are', (format) => {
    const data = format === 'b64' || format === 'bin' ? 'AAEC' : '1';
    const meta = { format, type: 'urn:x:event' };
    const items: readonly Item[] = [leaf('./a', data, meta), { meta, data }, { target: { locUri: './b' }, meta, data }];
    const device = packageOne(type, alert('1226', items, 'corr'), alert('1224', items));
    expect(eventsOf(device)).toEqual([
      {
        code: 1226,
        correlator: 'corr',
        items: [
          { source: './a', meta, data },
          { meta, data },
          { target: './b', meta, data },
        ],
      },
      {
        code: 1224,
        items: [
          { source: './a', meta, data },
          { meta, data },
          { target: './b', meta, data },
        ],
      },
    ]);
    expect(statusesOf(device).slice(2)).toEqual(['Alert 200', 'Alert 200']);
  });

  test('get one Status per Item of a Generic Alert, with SourceRef', () => {
    const meta = { format: 'chr', type: 'urn:x:event' };
    const items = [
      leaf('./a', '1', meta),
      leaf('./b', '1', { format: 'chr' }),
      leaf('./c', undefined, { ...meta, format: 'null' }),
    ];
    const device = packageOne(type, alert('1226', items), alert('1224', items));
    expect(eventsOf(device).map(({ code, items: taken }) => [code, taken.map(({ source }) => source)])).toEqual([
      [1226, ['./a', './c']],
      [1224, ['./a', './b', './c']],
    ]);
    expect(statusesOf(device).slice(2)).toEqual(['Alert 200 ./a', 'Alert 412 ./b', 'Alert 200 ./c', 'Alert 200']);
  });

  test('are reported with their level of importance (Mark) and a Type of any form', () => {
    const meta = { format: 'chr', type: 'Reversed-Domain-Name: org.example.event', mark: 'critical' };
    const device = packageOne(type, alert('1226', [leaf('./a', '1', meta)]));
    expect(eventsOf(device)).toEqual([{ code: 1226, items: [{ source: './a', meta, data: '1' }] }]);
  });
});

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function cut<T extends string | Uint8Array>(whole: T, length: number): readonly (string | Uint8Array)[] {
  const count = Math.ceil(whole.length / length);
  return Array.from({ length: count }, (_, at) => whole.slice(at * length, (at + 1) * length));
}
