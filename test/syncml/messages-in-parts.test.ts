/** Long messages are read in parts, and their trees do not grow with them. `two-readings.ts` compares the results. */
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { decodeMessage, decodeMessageInParts, encodeMessage } from '../../src/syncml/codec.ts';
import { parseMessageInParts } from '../../src/syncml/parse.ts';
import { parseXmlInParts } from '../../src/syncml/xml-reader.ts';
import { type GrowingTree, type InParts, inOneGo } from '../../src/wbxml/growing-tree.ts';

const XML = 'application/vnd.syncml.dm+xml';
const WBXML = 'application/vnd.syncml.dm+wbxml';
const HEADER =
  '<SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>u' +
  '</LocURI></Target><Source><LocURI>IMEI:1</LocURI></Source></SyncHdr>';
/** No reader of the plain form reads a Get. */
const GET = '<Get><CmdID>1</CmdID><Item><Target><LocURI>./DevInfo/Lang</LocURI></Target></Item></Get>';

function inBody(commands: string): string {
  return `<SyncML xmlns="SYNCML:SYNCML1.2">${HEADER}<SyncBody>${commands}</SyncBody></SyncML>`;
}

/** The number of pauses, and the message. */
function decode(body: Uint8Array, type: string) {
  let pauses = 0;
  for (const parts = decodeMessageInParts(body, type); ; pauses += 1) {
    const next = parts.next();
    if (next.done === true) return { pauses, message: next.value.message };
  }
}

function* watched<T>(tree: InParts<T>, watch: (tree: GrowingTree) => void): InParts<T> {
  for (let next = tree.next(); ; next = tree.next()) {
    if (next.done === true) return next.value;
    yield next.value;
    watch(next.value);
  }
}

describe('a message in parts', () => {
  const text = inBody(GET.repeat(10_000));

  test('a message of 1 MB in XML is decoded with a pause after at most 33 000 characters', () => {
    const { pauses, message } = decode(Buffer.from(text), XML);
    expect(message.commands).toHaveLength(10_000);
    expect(pauses).toBeGreaterThanOrEqual(Math.floor(text.length / 33_000));
  });

  test('a long message in WBXML is decoded with a pause after at most 33 000 bytes', () => {
    const body = encodeMessage(decodeMessage(Buffer.from(text), XML).message, WBXML);
    const { pauses, message } = decode(body, WBXML);
    expect(message.commands).toHaveLength(10_000);
    expect(pauses).toBeGreaterThanOrEqual(Math.floor(body.length / 33_000));
  });

  test('a short message is decoded without a pause', () => {
    expect(decode(Buffer.from(inBody(GET)), XML).pauses).toBe(0);
  });

  test('the elements of the commands that were parsed leave the tree', () => {
    const sizes: number[] = [];
    const tree = watched(parseXmlInParts(text, 5_000), (each) => {
      const body = each.openElement(2);
      if (body?.name === 'SyncBody') sizes.push(body.content.length);
    });
    expect(inOneGo(parseMessageInParts(tree, (root) => ({ root }))).message.commands).toHaveLength(10_000);
    expect(sizes.length).toBeGreaterThan(150);
    expect(Math.max(...sizes)).toBe(1);
  });

  test('only the first SyncBody has the commands', () => {
    const root = `<SyncML xmlns="SYNCML:SYNCML1.2">${HEADER}<SyncBody/><SyncBody>${GET.repeat(10_000)}</SyncBody></SyncML>`;
    expect(decode(Buffer.from(root), XML).message.commands).toEqual([]);
  });

  test('a SyncBody before SyncHdr has the commands', () => {
    const root = `<SyncML xmlns="SYNCML:SYNCML1.2"><SyncBody>${GET.repeat(10_000)}<Final/></SyncBody>${HEADER}</SyncML>`;
    const { message } = decode(Buffer.from(root), XML);
    expect(message.commands).toHaveLength(10_000);
    expect(message.final).toBe(true);
  });

  test('the deviations of the header come before those of the commands that were parsed first', () => {
    const commands = `<Get><Item/></Get>${GET.repeat(10_000)}`;
    const header = HEADER.replace('</SyncHdr>', '<NoResp/></SyncHdr>');
    const root = `<SyncML xmlns="SYNCML:SYNCML1.2"><SyncBody>${commands}</SyncBody>${header}</SyncML>`;
    expect(decodeMessage(Buffer.from(root), XML).tolerated).toEqual(['unusedElement', 'cmdIdMissing']);
  });

  test('a fault at the end of a long message refuses all of it', () => {
    expect(() => decode(Buffer.from(`${text}x`), XML)).toThrow(DecodeError);
  });

  test('a fault in the first command of a long message refuses all of it, after the faults of the document and of the header', () => {
    const wbxml = encodeMessage(decodeMessage(Buffer.from(text), XML).message, WBXML);
    // The CmdID of the first Get becomes opaque bytes that are not UTF-8.
    const at = Buffer.from(wbxml).indexOf(Buffer.from([0x53, 0x4b, 0x03, 0x31, 0x00]));
    const opaque = [0x53, 0x4b, 0xc3, 0x01, 0xff];
    const damaged = (body: Uint8Array) =>
      Buffer.concat([body.subarray(0, at), Buffer.from(opaque), body.subarray(at + 5)]);
    expect(() => decode(damaged(wbxml), WBXML)).toThrow('opaque bytes that are not UTF-8');
    expect(() => decode(damaged(wbxml).subarray(0, -3), WBXML)).toThrow('the document ends too early');
    const noSession = Buffer.from(damaged(wbxml));
    noSession[noSession.indexOf(Buffer.from([0x65, 0x03, 0x31])) + 2] = 0x20;
    expect(() => decode(noSession, WBXML)).toThrow('SyncHdr without SessionID');
  });

  test.each([
    ['commands one after the other', '<Get/>'.repeat(20_001)],
    ['commands of a Sequence, which counts, too', `<Sequence>${'<Get/>'.repeat(20_000)}</Sequence>`],
    ['commands of containers within each other', '<Sequence><Atomic><Get/></Atomic></Sequence>'.repeat(6_667)],
  ])('a message with more than 20 000 commands is refused: %s', (_, commands) => {
    expect(() => decodeMessage(Buffer.from(inBody(commands)), XML)).toThrow('more than 20000 commands');
  });

  test('a message with 20 000 commands is read', () => {
    expect(decodeMessage(Buffer.from(inBody('<Get/>'.repeat(20_000))), XML).message.commands).toHaveLength(20_000);
  });
});
