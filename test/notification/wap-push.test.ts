/** WAP Push: the WSP PDU, and its short messages. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPush, type ShortMessage, toShortMessages } from '../../src/notification/wap-push.ts';
import { hex } from './hex.ts';

test.each([
  ['1.2', '2A 06 03 C4 AF 87 01 02'],
  ['1.3', '2A 06 03 D8 AF 87 01 02'],
] as const)('the push of a notification of DM %s has content type and application', (format, bytes) => {
  expect(formatPush(format, 0x12a, hex('01 02'))).toEqual(Buffer.from(hex(bytes)));
});

test('a PDU of 133 bytes is one short message with the ports', () => {
  const pdu = new Uint8Array(133);
  expect(toShortMessages(pdu, 9)).toEqual([{ header: Buffer.from(hex('06 05 04 0B 84 23 F0')), data: pdu }]);
});

test('a PDU of 134 bytes is two short messages of one reference', () => {
  const pdu = Uint8Array.from({ length: 134 }, (_, at) => at);
  expect(toShortMessages(pdu, 0x109)).toEqual([
    { header: Buffer.from(hex('0B 05 04 0B 84 23 F0 00 03 09 02 01')), data: pdu.subarray(0, 128) },
    { header: Buffer.from(hex('0B 05 04 0B 84 23 F0 00 03 09 02 02')), data: pdu.subarray(128) },
  ]);
});

test('a phone joins the short messages in any order to the PDU, and none is longer than 140 bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 5_000 }), fc.nat(255), (pdu, reference) => {
      const parts = toShortMessages(pdu, reference);
      for (const { header, data } of parts) expect(header.length + data.length).toBeLessThanOrEqual(140);
      expect(joined(parts.toReversed(), reference)).toEqual(Buffer.from(pdu));
    }),
  );
});

/** Joins the parts as a phone does: by the numbers in their headers. */
function joined(parts: readonly ShortMessage[], reference: number): Buffer {
  const [first] = parts;
  if (first?.header.length === 7) return Buffer.from(first.data);
  const sorted = parts.toSorted((one, other) => (one.header[11] ?? 0) - (other.header[11] ?? 0));
  sorted.forEach(({ header }, at) => {
    expect([...header.subarray(7)]).toEqual([0x00, 0x03, reference, sorted.length, at + 1]);
  });
  return Buffer.concat(sorted.map(({ data }) => data));
}
