/** The names in a client's certificate. */
import { describe, expect, test } from 'vitest';
import { parseAltNames } from '../../src/http/client-certificate.ts';

describe('subjectAltName as Node writes it', () => {
  test.for([
    ['', []],
    ['DNS:a.example', [['DNS', 'a.example']]],
    [
      'DNS:a, URI:urn:IMEI:1, IP Address:127.0.0.1',
      [
        ['DNS', 'a'],
        ['URI', 'urn:IMEI:1'],
        ['IP Address', '127.0.0.1'],
      ],
    ],
    [
      'URI:"urn:x, DNS:evil", DNS:a',
      [
        ['URI', 'urn:x, DNS:evil'],
        ['DNS', 'a'],
      ],
    ],
    ['DNS:"a\\"b, URI:urn:y"', [['DNS', 'a"b, URI:urn:y']]],
  ] as const)('names are read from "%s"', ([text, names]) => {
    expect(parseAltNames(text).map(({ type, value }) => [type, value])).toEqual(names);
  });
});
