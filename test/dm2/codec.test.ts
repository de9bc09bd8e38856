import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPackage1, formatPackage3, parsePackage2 } from '../../src/dm2/codec.ts';
import type { Dm2Alert, Package1, Package3 } from '../../src/dm2/package.ts';
import { DecodeError } from '../../src/errors.ts';
import { validatePackage1, validatePackage3 } from '../support/dm2/validators.ts';
import * as printed from './spec-examples.ts';

describe('parsePackage2', () => {
  test('parsePackage2 reads the example of §7.2.1.2', () => {
    expect(parsePackage2(printed.PACKAGE2)).toEqual({
      CMD: [
        [
          'HPOST',
          'https://DMcontent.DMserver.operator.com/[DevID]',
          'urn:oma:mo:oma-dm-devinfo:1.0//',
          'urn:oma:mo:oma-sessioninfomo:1.0//',
        ],
        ['HGET', 'https://DMcontent.DMserver.operator.com/new_mo'],
        ['GET', 'urn:oma:mo:oma-sessioninfomo:1.0//CBT'],
      ],
    });
  });

  test.each([
    ['no command', '{"CMD": []}', []],
    ['an empty command', '{"CMD": [[], ["END"]]}', [[], ['END']]],
    ['undefined properties', '{"x": {"y": 1}, "CMD": [["END"]]}', [['END']]],
    ['a byte order mark', '\uFEFF{"CMD": [["END"]]}', [['END']]],
  ])('parsePackage2 accepts %s', (_, text, CMD) => {
    expect(parsePackage2(text)).toEqual({ CMD });
    expect(parsePackage2({ text })).toEqual({ CMD });
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '{"CMD": [["END"]]'],
    ['an array', '[["END"]]'],
    ['null', 'null'],
    ['no CMD', '{"cmd": []}'],
    ['a name twice', '{"CMD": [["GET"]], "CMD": [["END"]]}'],
    ['an undefined name twice', '{"CMD": [["END"]], "x": [{"y": 1, "\\u0079": 1}]}'],
    ['CMD that is no array', '{"CMD": {"0": ["END"]}}'],
    ['a command that is no array', '{"CMD": ["END"]}'],
    ['a parameter that is no string', '{"CMD": [["GET", 1]]}'],
    ['a parameter that is null', '{"CMD": [["GET", null]]}'],
    ['JSON without a bottom', `{"CMD": [], "x": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ])('parsePackage2 refuses %s', (_, text) => {
    expect(() => parsePackage2(text)).toThrowError(expect.objectContaining({ code: 'ERR_PACKAGE_SHAPE' }));
  });

  test.each([
    ['64 levels', 62, true],
    ['65 levels', 63, false],
  ])('parsePackage2 counts %s of arrays and objects', (_, more, isRead) => {
    const read = () => parsePackage2(`{"CMD": [], "x": [${'{"y":'.repeat(more)}1${'}'.repeat(more)}]}`);
    if (isRead) expect(read()).toEqual({ CMD: [] });
    else expect(read).toThrowError('JSON nested deeper than 64 levels');
  });

  test('parsePackage2 does not count brackets in strings, whatever is escaped', () => {
    const unit = fc.constantFrom('[', '{', '"', '\\', 'a', '\\"');
    fc.assert(
      fc.property(fc.string({ unit, minLength: 100, maxLength: 400 }), (text) => {
        const CMD = [
          ['GET', text],
          ['GET', `${text}\\`],
        ];
        expect(parsePackage2(JSON.stringify({ CMD }))).toEqual({ CMD });
      }),
    );
  });

  test('parsePackage2 refuses the deepest text before a value is built', () => {
    expect(() => parsePackage2('['.repeat(6_000_000))).toThrowError('JSON nested deeper than 64 levels');
  });

  test('parsePackage2 refuses bytes that are not UTF-8', () => {
    expect(() => parsePackage2({ base64: '/w==' })).toThrowError(DecodeError);
  });

  test('parsePackage2 throws nothing but a DecodeError, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => `{"CMD": [${json}]}`),
    );
    fc.assert(
      fc.property(text, (input) => {
        try {
          expect(parsePackage2(input).CMD.every((command) => Array.isArray(command))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

describe('formatPackage1', () => {
  test('formatPackage1 writes the example of §7.2.1.1, with the members in the same order', () => {
    const value: Package1 = JSON.parse(printed.PACKAGE1);
    expect(formatPackage1(value)).toBe(JSON.stringify(value));
  });

  test('formatPackage1 writes no MOS when the package has none', () => {
    expect(formatPackage1({ Alert: [{ AlertType: 'urn:a' }] })).toBe('{"Alert":[{"AlertType":"urn:a"}]}');
  });

  test('formatPackage1 writes the empty list of an MO without instances', () => {
    expect(formatPackage1({ MOS: [{ MOID: 'm', MIID: [] }], Alert: [] })).toBe(
      '{"MOS":[{"MOID":"m","MIID":[]}],"Alert":[]}',
    );
  });
});

describe('formatPackage3', () => {
  const uris: Package3 = { Status: [{ sc: 200, URI: ['m/a/', 'm/b/'] }, { sc: 404 }] };
  test('formatPackage3 writes the example of §7.2.1.3', () => {
    const value: Package3 = JSON.parse(printed.PACKAGE3);
    expect(formatPackage3(value, 'object')).toBe(JSON.stringify(value));
  });

  test.each([
    ['no command, object form', { Status: [] }, 'object', '{"Status":[]}'],
    ['no command, number form', { Status: [] }, 'number', '{"Status":[]}'],
    ['URIs in the object form', uris, 'object', '{"Status":[{"sc":200,"URI":["m/a/","m/b/"]},{"sc":404}]}'],
    ['URIs behind their number, as in Appendix I.2', uris, 'number', '{"Status":[200,"m/a/","m/b/",404]}'],
    ['nothing for an empty list of alerts', { Status: [{ sc: 200 }], Alert: [] }, 'object', '{"Status":[{"sc":200}]}'],
    [
      'alerts in the number form',
      { Status: [{ sc: 202 }], Alert: [{ AlertType: 'urn:a' }] },
      'number',
      '{"Status":[202],"Alert":[{"AlertType":"urn:a"}]}',
    ],
  ] as const)('formatPackage3 writes %s', (_, value, form, text) => {
    expect(formatPackage3(value, form)).toBe(text);
  });
});

describe('a written package', () => {
  const data = fc.option(
    fc.record({ DataType: fc.string(), Data: fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })) }),
    { nil: {} },
  );
  const optional = fc.record(
    { SourceURI: fc.string(), TargetURI: fc.string(), Mark: fc.constant('warning') },
    { requiredKeys: [] },
  );
  const alert: fc.Arbitrary<Dm2Alert> = fc
    .tuple(fc.string(), optional, data)
    .map(([AlertType, fields, more]) => ({ AlertType, ...fields, ...more }));
  const mo = fc.record(
    { DDF: fc.webUrl(), MOID: fc.string(), MIID: fc.array(fc.string()) },
    { requiredKeys: ['MOID', 'MIID'] },
  );

  test('a written Package#1 is valid by the corrected schema and has the same content', () => {
    fc.assert(
      fc.property(fc.record({ MOS: fc.array(mo), Alert: fc.array(alert) }, { requiredKeys: ['Alert'] }), (value) => {
        const read: unknown = JSON.parse(formatPackage1(value));
        expect(validatePackage1(read)).toEqual({ ok: true, value: read });
        expect(read).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('a written Package#3 is valid by the corrected schema and has the same content', () => {
    const status = fc.record(
      { sc: fc.integer({ min: 200, max: 1999 }), URI: fc.array(fc.string()) },
      { requiredKeys: ['sc'] },
    );
    fc.assert(
      fc.property(fc.record({ Status: fc.array(status), Alert: fc.array(alert, { minLength: 1 }) }), (value) => {
        const read: unknown = JSON.parse(formatPackage3(value, 'object'));
        expect(validatePackage3(read)).toEqual({ ok: true, value: read });
        expect(read).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
