/**
 * Compares the message reader with two known XML readers, as ratios of medians; the readers take turns in one process.
 *
 * saxes builds the same tree from its events; fast-xml-parser keeps the order of elements, as a message needs. Neither is
 * configured to do more than the message reader.
 */
import { XMLParser } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { parseXml } from '../src/syncml/xml-reader.ts';
import type { Content, Element } from '../src/wbxml/element.ts';
import { type BenchRow, cpuMicroseconds, median, printRows } from './row.ts';

const ROUNDS = 15;
const RUNS = 300;

/** A Package#3 of about 6.6 KB: credentials, Statuses, and Results of an inventory. */
export function sampleMessage(): string {
  const statuses = range(8).map(
    (i) =>
      `<Status><CmdID>${i + 2}</CmdID><MsgRef>1</MsgRef><CmdRef>${i + 1}</CmdRef><Cmd>Get</Cmd>` +
      `<TargetRef>./Vendor/Node${i}/Value</TargetRef><Data>200</Data></Status>`,
  );
  const items = range(22).map(
    (i) =>
      `<Item><Source><LocURI>./Vendor/Node${i}/Value</LocURI></Source>` +
      '<Meta><Format xmlns="syncml:metinf">chr</Format><Type xmlns="syncml:metinf">text/plain</Type></Meta>' +
      `<Data>value number ${i} &amp; some words that a node may hold</Data></Item>`,
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD>' +
    '<VerProto>DM/1.2</VerProto><SessionID>1A</SessionID><MsgID>2</MsgID><Target><LocURI>https://dm.example.com/dm' +
    '</LocURI></Target><Source><LocURI>IMEI:493005100592800</LocURI><LocName>device</LocName></Source><Cred><Meta>' +
    '<Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">syncml:auth-md5</Type></Meta>' +
    '<Data>Zz6EivR3yeaaENcRN6lpAQ==</Data></Cred><Meta><MaxMsgSize xmlns="syncml:metinf">65536</MaxMsgSize></Meta>' +
    `</SyncHdr><SyncBody>${statuses.join('')}<Results><CmdID>10</CmdID><MsgRef>1</MsgRef><CmdRef>9</CmdRef>` +
    `${items.join('')}</Results><Final/></SyncBody></SyncML>`
  );
}

/**
 * Measures the reader of messages against saxes with namespaces and fast-xml-parser with `preserveOrder`.
 * @param smoke a few rounds only
 */
export async function benchXmlReader(smoke = false): Promise<BenchRow[]> {
  const bytes = new TextEncoder().encode(sampleMessage());
  // Each run has its own string, as each message has, which is decoded outside the measured time.
  const texts = range(RUNS).map(() => new TextDecoder().decode(bytes));
  const fastXmlParser = new XMLParser({ preserveOrder: true, ignoreAttributes: false });
  const readers = [parseXml, readWithSaxes, (text: string) => fastXmlParser.parse(text)];
  const times: number[][] = readers.map(() => []);
  for (let round = 0; round < (smoke ? 3 : ROUNDS); round++) {
    for (const [i, read] of readers.entries()) times[i]?.push(microseconds((text) => read(text), texts));
    await Promise.resolve();
  }
  const [own = Number.NaN, saxes = Number.NaN, fxp = Number.NaN] = times.map(median);
  const figure = (other: number) => `${own.toFixed(1)} against ${other.toFixed(1)} µs CPU for ${bytes.length} bytes`;
  const row = (name: string, other: number, must: number, stretch: number): BenchRow => {
    return { name, figure: figure(other), value: other / own, must, stretch, moreIsBetter: true };
  };
  return [row('XML reader over saxes (xmlns)', saxes, 4, 6), row('XML reader over fast-xml-parser', fxp, 10, 15)];
}

/** An element that is still open. */
interface OpenElement extends Element {
  readonly content: Content[];
}

function readWithSaxes(text: string): Element | undefined {
  const parser = new SaxesParser({ xmlns: true });
  const open: OpenElement[] = [{ name: '', namespace: '', content: [] }];
  const addText = (piece: string) => open.at(-1)?.content.push(piece);
  parser.on('opentag', ({ local, uri }) => {
    const element: OpenElement = { name: local, namespace: uri, content: [] };
    open.at(-1)?.content.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.write(text).close();
  return open[0];
}

/** CPU microseconds per text. */
function microseconds(read: (text: string) => unknown, texts: readonly string[]): number {
  return cpuMicroseconds(() => texts.forEach(read)) / texts.length;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

if (import.meta.main) printRows(await benchXmlReader());
