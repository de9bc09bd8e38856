/** CSV text, whole and in pieces (RFC 4180). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CsvReader } from '../../src/device/csv.ts';

function parseCsv(text: string) {
  const found = new CsvReader().read(text, true);
  return {
    records: found.filter((each) => 'cells' in each),
    problems: found.filter((each) => 'message' in each),
  };
}

describe('CSV text', () => {
  const cells = (text: string) => parseCsv(text).records.map((record) => record.cells);

  /** Reads the text in pieces that end at every line feed. */
  const parseInPieces = (text: string) => {
    const reader = new CsvReader();
    const pieces = text.split(/(?<=\n)/u);
    return pieces.flatMap((piece, at) => reader.read(piece, at === pieces.length - 1));
  };

  test.for([
    [
      'LF and CRLF',
      'a,b\nc,d\r\ne,f',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    ['a last line end', 'a,b\r\n', [['a', 'b']]],
    [
      'empty cells',
      ',\n,,',
      [
        ['', ''],
        ['', '', ''],
      ],
    ],
    [
      'quotes, commas, doubled quotes, line breaks',
      '"a,1","b""c","d\r\ne"\nf,"",g',
      [
        ['a,1', 'b"c', 'd\r\ne'],
        ['f', '', 'g'],
      ],
    ],
    ['blank lines', '\n\na\n\r\nb\n', [['a'], ['b']]],
    ['white space in cells', ' a , b', [[' a ', ' b']]],
    ['nothing', '', []],
  ] as const)('a CSV text is read: %s', ([, text, expected]) => {
    expect(cells(text)).toEqual(expected);
    expect(parseCsv(text).problems).toEqual([]);
  });

  test('a CSV record has the number of its line, also after line breaks in quotes', () => {
    expect(parseCsv('a\n"b\n\nc"\n\nd').records.map(({ line }) => line)).toEqual([1, 2, 6]);
  });

  test('a fault in CSV spoils its own record only', () => {
    const { records, problems } = parseCsv('a\nb"c\nd\n"e"f\ng\n"h\n');
    expect(records.map((record) => record.cells)).toEqual([['a'], ['d'], ['g']]);
    expect(problems.map(({ line }) => line)).toEqual([2, 4, 6]);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('a quote inside'),
      expect.stringContaining('after a closing quote'),
      expect.stringContaining('not closed'),
    ]);
  });

  test('CSV text written by the rules is read back', () => {
    const row = fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ä') }), { minLength: 2 });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const text = rows.map((r) => r.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')).join('\r\n');
        expect(cells(text)).toEqual(rows);
        expect(parseInPieces(text)).toEqual(parseCsv(text).records);
      }),
    );
  });

  test('a quoted cell of a megabyte is read without a stack overflow', () => {
    const large = 'x""'.repeat(500_000);
    expect(cells(`"${large}",b`)[0]?.[0]).toHaveLength(1_000_000);
  });

  test('pieces of CSV text of any length give what the whole text gives', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', '="'), maxLength: 40 });
    fc.assert(
      fc.property(text, (given) => {
        const { records, problems } = parseCsv(given);
        const found = parseInPieces(given);
        expect(found.filter((each) => 'cells' in each)).toEqual(records);
        expect(found.filter((each) => 'message' in each)).toEqual(problems);
      }),
    );
  });

  test('a quote without its end keeps a bounded text in memory', () => {
    const reader = new CsvReader();
    const line = `${'x'.repeat(1023)}\n`.repeat(1024);
    const found = [...reader.read('a\n"b\n', false)];
    for (let megabyte = 0; megabyte < 6; megabyte += 1) found.push(...reader.read(line, false));
    expect(found.slice(0, 2)).toEqual([
      { line: 1, cells: ['a'] },
      { line: 2, message: 'a quote is not closed, or text follows it' },
    ]);
  });

  test('a formula of a spreadsheet is named', () => {
    expect(parseCsv('="493005",user\n').problems).toEqual([
      { line: 1, message: 'a cell is a formula of a spreadsheet (="…"): format the column as text' },
    ]);
  });
});
