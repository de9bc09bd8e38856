/** Generators of well-formed XML documents and of damage to them. */
import fc from 'fast-check';

const name = fc.constantFrom(
  'Data',
  'Item',
  'Target',
  'LocURI',
  'Meta',
  'Type',
  'a',
  'é',
  'Vendor-Ext.1',
  '_x',
  'DataX',
);
const space = fc.constantFrom('', '', '', ' ', '\n', '\r\n', '\t ', '\r');
const uri = fc.constantFrom('syncml:metinf', 'SYNCML:SYNCML1.2', 'u', 'urn:a&amp;b', '');
const text = fc.oneof(
  fc.constantFrom(
    'x',
    ' ',
    'chr',
    './DevInfo/DevId',
    '&amp;',
    '&lt;b&gt;',
    '&#65;',
    '&#x1F600;',
    '\r\n',
    '\r',
    ']]',
    '>',
    'ß',
    '😀',
  ),
  fc.string({ unit: fc.constantFrom(...'abc ]>"\'\n;#') }).filter((piece) => !piece.includes(']]>')),
);
const attribute = fc
  .tuple(fc.constantFrom('a', 'b', 'xml:space', 'c-d'), fc.constantFrom('1', '&lt;', '>', ' \n', "'"), space)
  .map(([key, value, gap]) => `${key}${gap}=${gap}"${value}"`);
const misc = fc.constantFrom('<!---->', '<!-- a - b -->', '<?pi?>', '<?pi x?y ?>');
const cdata = fc.constantFrom('<![CDATA[]]>', '<![CDATA[<a>&b;]]]>', '<![CDATA[\r\n]]>');

interface Parts {
  readonly name: string;
  readonly prefix: string;
  readonly declared: string | undefined;
  readonly attributes: readonly string[];
  readonly gap: string;
  readonly content: readonly string[];
}

const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .record({
      name,
      prefix: fc.constantFrom('', '', '', 'p'),
      declared: fc.option(uri, { nil: undefined }),
      attributes: fc.uniqueArray(attribute, { maxLength: 2, selector: (written) => written.split(/[\s=]/)[0] ?? '' }),
      gap: space,
      content: fc.array(fc.oneof({ maxDepth: 4 }, { arbitrary: text, weight: 3 }, misc, cdata, tie('element')), {
        maxLength: 4,
      }),
    })
    .map(formatParts),
}));

function formatParts({ name, prefix, declared, attributes, gap, content }: Parts): string {
  const qName = prefix === '' ? name : `${prefix}:${name}`;
  const declarations = [
    ...(prefix === '' ? [] : ['xmlns:p="urn:p"']),
    ...(declared === undefined ? [] : [`xmlns="${declared}"`]),
  ];
  const tag = [qName, ...declarations, ...attributes].join(' ') + gap;
  // Neighbouring pieces of text must not join to "]]>", which is allowed only at the end of a CDATA section.
  const inside = content
    .join('')
    .replaceAll(']]>', ']] >')
    .replaceAll(/(<!\[CDATA\[[^\]]*\]*)\]\] >/g, '$1]]>');
  return inside === '' ? `<${tag}/>` : `<${tag}>${inside}</${qName}${gap}>`;
}

/** A well-formed document without DOCTYPE. */
/** A well-formed element. */
export const xmlElement = element;

export const xmlDocument: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\r\n'),
    misc,
    element,
    misc,
    space,
  )
  .map(([declaration, before, root, after, gap]) => `${declaration}${before}${gap}${root}${gap}${after}`);

const damage = fc.constantFrom(
  '<',
  '>',
  '&',
  ';',
  '/',
  '"',
  "'",
  '=',
  ' ',
  '-',
  '!',
  '?',
  '[',
  ']',
  ']]>',
  '--',
  'xmlns',
  ':',
  'p:',
  '&#',
  '&amp;',
  '<![CDATA[',
  '<!--',
  '-->',
  '<?',
  '?>',
  '</',
  '/>',
  '\u0001',
  '\uFFFE',
  'é',
  '×',
  '\uD800',
  '<a>',
  '</a>',
  'xml',
  '0',
);

/** One cut and one insertion; `at` is a fraction of the length. */
export interface Damage {
  readonly at: number;
  readonly cut: number;
  readonly insert: string;
}

export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat({ max: 3 }),
    insert: fc.oneof(damage, fc.constant('')),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Returns a damaged copy of a document. */
export function applyDamage(document: string, list: readonly Damage[]): string {
  let damaged = document;
  for (const { at, cut, insert } of list) {
    const offset = Math.floor(at * damaged.length);
    damaged = damaged.slice(0, offset) + insert + damaged.slice(offset + cut);
  }
  return damaged;
}
