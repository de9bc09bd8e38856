/**
 * Damage to the messages of a session, of two kinds: to the bytes, which mostly cannot be read any more, and to the
 * elements, which mostly can and then mean something that no device should say. All is decided by a seeded generator.
 */
import { type Chance, choose, generator } from '../generator.ts';
import { type Seed, toWbxml } from './seeds.ts';

/** Replaces `cut` bytes at an offset; the text stands for bytes (Latin-1). */
export type Splice = readonly [at: number, cut: number, insert: string];

/** A seed, and what became of it: by splices, or altogether where the damage was done before it was encoded. */
export type Recipe =
  | { readonly of: number; readonly splices: readonly Splice[] }
  | { readonly of: number; readonly base64: string };

const XML_PIECES = [
  '<',
  '>',
  '&',
  ']]>',
  '<![CDATA[',
  '<?',
  '</',
  '/>',
  '<Data>',
  '&#0;',
  '&x;',
  ' xmlns=""',
  '\u0000',
];
const WBXML_PIECES = [0x00, 0x01, 0x02, 0x03, 0x04, 0x40, 0x43, 0x44, 0x45, 0x7f, 0x80, 0x83, 0xc3, 0xc4, 0xff].map(
  (byte) => String.fromCharCode(byte),
);

/** What elements may hold that a device should never write there. */
const TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  '1e9',
  '2147483648',
  '99999999999999999999',
  'NaN',
  '1222',
  '1223',
  '1226',
  '1229',
  '212',
  '407',
  '424',
  'IMEI:2',
  'IMEI:1/../IMEI:2',
  '__proto__',
  'constructor',
  '.',
  './DevInfo/DevId',
  `.${'/a'.repeat(300)}`,
  '%00%ff%',
  'syncml:auth-md5',
  'syncml:auth-MAC',
  'b64',
  'xml',
  'bin',
  'application/vnd.syncml.dmtnds+wbxml',
  '&lt;MgmtTree>',
  'é€𝄞',
  'x'.repeat(3000),
];
/** Of elements in the SyncML namespace: others would have no token where they land. */
const NAMES = ['Status', 'Results', 'Alert', 'Get', 'Atomic', 'Item', 'Data', 'Final', 'Cred', 'SyncBody', 'Fly'];

const INSIDE_TNDS = new Set(['Node', 'NodeName', 'Path', 'RTProperties', 'Format', 'Type', 'MIME', 'Value', 'VerDTD']);

/** A recipe for one of the seeds; the same number gives the same recipe for ever. */
export function recipe(seeds: readonly Seed[], number: number): Recipe {
  const chance = generator(number);
  const of = chance(seeds.length);
  const { form, body } = seedAt(seeds, of);
  if (chance(2) === 0) return { of, splices: byteWounds(chance, body, form === 'xml' ? XML_PIECES : WBXML_PIECES) };
  if (form === 'xml') return { of, splices: elementWounds(chance, body.toString('latin1')) };
  // The seed before a WBXML one is the same message as XML.
  const source = seedAt(seeds, of - 1).body;
  const xml = apply(source, elementWounds(chance, source.toString('latin1'))).toString();
  return { of, base64: Buffer.from(toWbxml(xml, chance(2) === 0)).toString('base64') };
}

/** The message that a recipe makes. */
export function prepare(seeds: readonly Seed[], made: Recipe): Seed {
  const seed = seedAt(seeds, made.of);
  return { ...seed, body: 'base64' in made ? Buffer.from(made.base64, 'base64') : apply(seed.body, made.splices) };
}

function seedAt(seeds: readonly Seed[], at: number): Seed {
  const seed = seeds[at];
  if (seed === undefined) throw new RangeError(`no seed ${at}`);
  return seed;
}

function apply(body: Buffer, splices: readonly Splice[]): Buffer {
  return splices.reduce<Buffer>(
    (bytes, [at, cut, insert]) =>
      Buffer.concat([bytes.subarray(0, at), Buffer.from(insert, 'latin1'), bytes.subarray(at + cut)]),
    body,
  );
}

function byteWounds(chance: Chance, body: Buffer, pieces: readonly string[]): readonly Splice[] {
  return Array.from({ length: 1 + chance(3) }, (): Splice => {
    const at = chance(body.length);
    const length = chance(12);
    const piece = body.subarray(at, at + length).toString('latin1');
    const wounds: readonly Splice[] = [
      [at, length, ''],
      [at, 0, piece],
      [at, 1, String.fromCharCode((body[at] ?? 0) ^ (1 << chance(8)))],
      [at, chance(3), choose(chance, pieces)],
      [at, chance(4) === 0 ? body.length : 0, choose(chance, pieces)],
    ];
    return choose(chance, wounds);
  });
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  /** The inside; equal ends for an empty element. */
  readonly from: number;
  readonly to: number;
}

/** One or two wounds that leave well-formed XML; the second is made to what the first has left. */
function elementWounds(chance: Chance, xml: string): readonly Splice[] {
  const first = elementWound(chance, xml);
  if (chance(2) === 0) return [first];
  const [at, cut, insert] = first;
  return [first, elementWound(chance, xml.slice(0, at) + insert + xml.slice(at + cut))];
}

function elementWound(chance: Chance, xml: string): Splice {
  // Never the root, which is last: without it nothing is left to read.
  const ranges = elementsOf(xml).slice(0, -1);
  const { start, end, name, from, to } = choose(chance, ranges);
  const whole = xml.slice(start, end);
  const renamed = choose(chance, NAMES);
  const isForeign = whole.includes('xmlns=') || !/^[A-Z]/u.test(name) || INSIDE_TNDS.has(name);
  const wounds: readonly Splice[] = [
    [start, end - start, ''],
    [start, 0, whole],
    [choose(chance, ranges).start, 0, whole],
    [from, to - from, from === to ? '' : Buffer.from(choose(chance, TEXTS)).toString('latin1')],
    [from, to - from, from === to ? '' : Buffer.from(choose(chance, TEXTS)).toString('latin1')],
    [start, end - start, isForeign ? '' : whole.replace(/^<\w+|\w+>$/gu, (tag) => tag.replace(name, renamed))],
  ];
  return choose(chance, wounds);
}

/** The elements of well-formed XML without prefixes, in the order of their ends. */
function elementsOf(xml: string): readonly Range[] {
  const ranges: Range[] = [];
  const open: Pick<Range, 'start' | 'name' | 'from'>[] = [];
  for (const found of xml.matchAll(/<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(\/?)(\w+)[^>]*?(\/?)>/gsu)) {
    const [tag, slash, name, empty] = found;
    if (name === undefined) continue;
    const end = found.index + tag.length;
    if (empty === '/') ranges.push({ start: found.index, end, name, from: end, to: end });
    else if (slash === '') open.push({ start: found.index, name, from: end });
    else ranges.push({ start: 0, from: end, ...open.pop(), name, to: found.index, end });
  }
  return ranges;
}
