/** The header of a message of which only the beginning has arrived. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeHeader, decodeMessage, encodeMessage } from '../../src/syncml/codec.ts';
import { message } from './arbitraries.ts';

const XML = 'application/vnd.syncml.dm+xml';
const WBXML = 'application/vnd.syncml.dm+wbxml';

describe.each([XML, WBXML])('%s', (type) => {
  test('a beginning has the header of the whole message, or none', () => {
    fc.assert(
      fc.property(message, fc.nat(), (given, cut) => {
        const bytes = encodeMessage(given, type);
        const whole = decodeMessage(bytes, type).message.header;
        const found = decodeHeader(bytes.subarray(0, cut % (bytes.length + 1)), type);
        if (found !== undefined) expect(found.message).toEqual({ ...found.message, header: whole, commands: [] });
        expect(decodeHeader(bytes, type)?.message.header).toEqual(whole);
      }),
    );
  });

  test('whatever follows the header may be broken', () => {
    fc.assert(
      fc.property(message, fc.uint8Array({ maxLength: 50 }), (given, noise) => {
        const bytes = encodeMessage(given, type);
        const { header } = decodeMessage(bytes, type).message;
        let end = 0;
        while (decodeHeader(bytes.subarray(0, end), type) === undefined) end += 1;
        // The first token in the body shows that the tag of the body is whole.
        const broken = Buffer.concat([bytes.subarray(0, end + 1), noise]);
        expect(decodeHeader(broken, type)?.message.header).toEqual(header);
      }),
      { numRuns: 30 },
    );
  });

  test('random bytes have no header, or one, and throw nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeHeader(bytes, type);
      }),
    );
  });
});

const HEADER =
  '<x:VerDTD>1.2</x:VerDTD><x:VerProto>DM/1.2</x:VerProto><x:SessionID>1</x:SessionID><x:MsgID>1</x:MsgID>' +
  '<x:Target><x:LocURI>T</x:LocURI></x:Target><x:Source><x:LocURI>gerät</x:LocURI></x:Source>';

test.for([
  ['with prefixes', Buffer.from(`<x:SyncML xmlns:x="SYNCML:SYNCML1.2"><x:SyncHdr>${HEADER}</x:SyncHdr><x:Sync`)],
  [
    'in UTF-16',
    Buffer.from(`\uFEFF<x:SyncML xmlns:x="SYNCML:SYNCML1.2"><x:SyncHdr>${HEADER}</x:SyncHdr><x:SyncBody>ä`, 'utf16le'),
  ],
  [
    'with a character that is cut off',
    Buffer.from(`<x:SyncML xmlns:x="SYNCML:SYNCML1.2"><x:SyncHdr>${HEADER}</x:SyncHdr><x:SyncBody>ä`).subarray(0, -1),
  ],
] as const)('an XML header is found %s', ([_what, bytes]) => {
  expect(decodeHeader(bytes, XML)?.message.header.source.locUri).toBe('gerät');
});

test('another media type has no header', () => {
  expect(decodeHeader(Buffer.from('<SyncML/>'), 'text/xml')).toBeUndefined();
});
