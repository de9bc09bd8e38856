/** Bodies of 1 MB that are slow to read on purpose: the CPU time until each is refused or read, in milliseconds. */
import { decodeMessage } from '../src/syncml/codec.ts';
import { type BenchRow, cpuMicroseconds, median } from './row.ts';

const SIZE = 1 << 20;
const ROUNDS = 7;

/** The beginning of a message in the plain form. */
const PLAIN_XML =
  '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>u</LocURI></Target>' +
  '<Source><LocURI>u</LocURI></Source></SyncHdr><SyncBody><Alert>';
const PLAIN_XML_END = '</Alert></SyncBody></SyncML>';

const XML_BODIES: Readonly<Record<string, string>> = {
  'only "<"': '<'.repeat(SIZE),
  'deep nesting': '<a>'.repeat(SIZE / 3),
  'very many elements': `<r>${'<a/>'.repeat(SIZE / 4)}</r>`,
  'one endless attribute': `<a b="${'x'.repeat(SIZE)}`,
  'very many attributes': `<a ${Array.from({ length: SIZE / 12 }, (_, at) => `a${at}="1"`).join(' ')}/>`,
  'an attribute in each element': `<r>${'<a b="1"/>'.repeat(SIZE / 10)}</r>`,
  'an attribute with a prefix in each element': `<r xmlns:p="u">${'<a p:b="1"/>'.repeat(SIZE / 12)}</r>`,
  'a declaration in each element': `<r>${'<a xmlns:p="u"/>'.repeat(SIZE / 16)}</r>`,
  'another default namespace in each element': `<r>${numbered((at) => `<a xmlns="u${at}"/>`)}</r>`,
  'a prefix in each element': `<p:r xmlns:p="u">${'<p:a>x</p:a>'.repeat(SIZE / 12)}</p:r>`,
  'processing instructions before the root': `${'<?a?>'.repeat(SIZE / 5)}<a/>`,
  'a NUL at the end of each text': `<r>${'\0<a/>'.repeat(SIZE / 5)}</r>`,
  'line ends, and a fault behind them': `<r>${'\r'.repeat(SIZE)}<`,
  'line ends in an attribute': `<a b="${'\n'.repeat(SIZE)}"/>`,
  'commands without content': `${PLAIN_XML}</Alert>${'<Get/>'.repeat(SIZE / 6)}</SyncBody></SyncML>`,
  'unclosed comment': `<a><!--${'-'.repeat(SIZE)}`,
  'unclosed CDATA': `<a><![CDATA[${']'.repeat(SIZE)}`,
  'references only': `<a>${'&amp;'.repeat(SIZE / 5)}</a>`,
  'white space only': ' '.repeat(SIZE),
  // The plain reader comes to the end, and then the other one begins.
  'a plain message with a comment at its end': `${PLAIN_XML}${'<Item><Data>a</Data></Item>'.repeat(SIZE / 27)}${PLAIN_XML_END}<!---->`,
  'one plain value of references without end': `${PLAIN_XML}<Item><Data>${'&amp;'.repeat(SIZE / 5)}</Data>`,
  'one plain value without end': `${PLAIN_XML}<Item><Data>${'a'.repeat(SIZE)}`,
  'a plain message of references without end': `${PLAIN_XML}${'<Item><Data>&amp;&lt;&#65;</Data></Item>'.repeat(SIZE / 40)}`,
};

/** A WBXML header: version 1.2, SyncML 1.2, UTF-8. */
const HEADER = [0x02, 0xa4, 0x01, 0x6a];
const NO_TABLE = [...HEADER, 0x00];
/** The token of the element SyncML with content. */
const ROOT = 0x6d;
const SIX_LETTERS = [...Buffer.from('wanted'), 0x00];
const LITERALS = [...HEADER, SIX_LETTERS.length, ...SIX_LETTERS, ROOT];
/** {@link SIZE} as a multi-byte integer. */
const LENGTH_OF_TABLE = [0xc0, 0x80, 0x00];

/** The beginning of a message in the plain form: SyncHdr with SessionID, MsgID, Target and Source; SyncBody; Alert. */
const TEXT_AND_END = [0x03, 0x31, 0x00, 0x01];
const PLAIN_WBXML = [
  ...[...NO_TABLE, ROOT, 0x6c, 0x65, ...TEXT_AND_END, 0x5b, ...TEXT_AND_END, 0x6e, 0x57, ...TEXT_AND_END, 0x01],
  ...[0x67, 0x57, ...TEXT_AND_END, 0x01, 0x01, 0x6b, 0x46],
];

const WBXML_BODIES: Readonly<Record<string, Uint8Array>> = {
  'deep nesting': filled(NO_TABLE, [ROOT]),
  'very many elements': filled([...NO_TABLE, ROOT], [0x05]),
  'only a string table': filled([...HEADER, ...LENGTH_OF_TABLE], [0x61]),
  'a table of one string, referred to many times': joined(
    filled([...HEADER, 0xa0, 0x80, 0x00], [0x61], SIZE / 2),
    filled([ROOT], [0x83, 0x00], SIZE / 2),
  ),
  'a table of one string, referred to at many offsets': joined(
    filled([...HEADER, 0xa0, 0x80, 0x00], [0x61], SIZE / 2),
    filled([ROOT], [0x83, 0x9f, 0xff, 0x7f], SIZE / 2),
  ),
  'opaque data longer than the body': filled([...NO_TABLE, ROOT, 0xc3, 0x8f, 0xff, 0xff, 0xff, 0x7f], [0x61]),
  'very many opaque data': filled([...NO_TABLE, ROOT], [0xc3, 0x00]),
  'very many strings that are not ASCII': filled([...NO_TABLE, ROOT], [0x03, 0xc3, 0xa9, 0x00]),
  'one endless length': filled([...NO_TABLE, ROOT, 0xc3], [0xff]),
  'one endless string': filled([...NO_TABLE, ROOT, 0x03], [0x61]),
  'very many strings': filled([...NO_TABLE, ROOT], [0x03, 0x61, 0x00]),
  'switches only': filled([...NO_TABLE, ROOT], [0x00, 0x01, 0x00, 0x00]),
  'a switch before each element': filled([...NO_TABLE, ROOT], [0x00, 0x01, 0x05, 0x00, 0x00, 0x05]),
  'literals only': filled(LITERALS, [0x04, 0x00]),
  'literals with attributes': filled(LITERALS, [0x84, 0x00, 0x04, 0x00, 0x03, 0x61, 0x00, 0x01]),
  'opaque attributes': filled([...LITERALS, 0x84, 0x00, 0x04, 0x00], [0xc3, 0x01, 0x61]),
  'a plain message without end': filled(PLAIN_WBXML, [0x54, 0x4f, 0x03, 0x61, 0x00, 0x01, 0x01]),
  'plain opaque data without end': filled(PLAIN_WBXML, [0x54, 0x4f, 0xc3, 0x01, 0x61, 0x01, 0x01]),
  'entities only': filled([...NO_TABLE, ROOT], [0x02, 0x26]),
};

/** @param smoke each body once, to see that the bench works */
export function benchHostile(smoke: boolean): readonly BenchRow[] {
  const rounds = smoke ? 1 : ROUNDS;
  const xml = Object.entries(XML_BODIES).map(([name, body]) => [name, Buffer.from(body)] as const);
  return [
    { name: 'hostile 1 MB XML body, worst of all, in ms', ...worstOf(xml, 'application/vnd.syncml.dm+xml', rounds) },
    {
      name: 'hostile 1 MB WBXML body, worst of all, in ms',
      ...worstOf(Object.entries(WBXML_BODIES), 'application/vnd.syncml.dm+wbxml', rounds),
    },
  ];
}

function worstOf(
  bodies: readonly (readonly [string, Uint8Array])[],
  type: string,
  rounds: number,
): Omit<BenchRow, 'name'> {
  const times = bodies.map(([what, body]) => ({
    name: what,
    ms: median(Array.from({ length: rounds }, () => cpuMicroseconds(() => readOrRefuse(body, type)) / 1000)),
  }));
  const worst = times.reduce((one, other) => (other.ms > one.ms ? other : one));
  return { figure: worst.name, value: worst.ms, must: 40, stretch: 20 };
}

function readOrRefuse(body: Uint8Array, type: string): void {
  try {
    decodeMessage(body, type);
  } catch {
    // Most of the bodies are refused, and the time until then counts.
  }
}

/** `start`, followed by `size` bytes of the repeated `pattern`. */
function filled(start: readonly number[], pattern: readonly number[], size = SIZE): Uint8Array {
  const body = Buffer.alloc(start.length + size, Buffer.from(pattern));
  return Buffer.concat([Buffer.from(start), body.subarray(0, size)]);
}

/** As many pieces as {@link SIZE} characters have, each with its number. */
function numbered(piece: (at: number) => string): string {
  let text = '';
  for (let at = 0; text.length < SIZE; at += 1) text += piece(at);
  return text;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
