import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandServerUri, isAllowed, parseServerUri } from '../../src/dm2/server-uri.ts';

const VALUES = {
  DevID: 'IMEI:493005100592800',
  MCC: '260',
  MNC: '01',
  SPName: 'Zażółć & co/?#',
  CMCC: '',
  CMNC: undefined,
};

describe('expandServerUri', () => {
  test.each([
    ['https://repository.example/[DevID]', 'https://repository.example/IMEI%3A493005100592800'],
    ['https://prov.dmserver.com/Settings/[MCC]/[MNC]/MMS', 'https://prov.dmserver.com/Settings/260/01/MMS'],
    ['https://r.example/?a=[MCC]&b=[MCC]', 'https://r.example/?a=260&b=260'],
    ['https://r.example/[CMCC]/[CMNC]', 'https://r.example/-1/-1'],
    ['https://r.example/[Vendor]/[constructor]', 'https://r.example/-1/-1'],
    ['https://r.example/[devid]', 'https://r.example/-1'],
    ['https://r.example/?n=[SPName]', 'https://r.example/?n=Za%C5%BC%C3%B3%C5%82%C4%87%20%26%20co%2F%3F%23'],
    ['https://[::1]:8443/[MCC]', 'https://[::1]:8443/260'],
    ['https://r.example/[]/[a1]/[a-b]', 'https://r.example/[]/[a1]/[a-b]'],
    ['https://r.example/%5BDevID%5D', 'https://r.example/%5BDevID%5D'],
    ['https://r.example/plain', 'https://r.example/plain'],
  ])('expandServerUri expands %s', (text, expanded) => {
    expect(expandServerUri(text, VALUES)).toBe(expanded);
  });

  test('expandServerUri keeps the structure of the URI, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (DevID) => {
        const url = new URL(expandServerUri('https://r.example/a/[DevID]/b?c=[DevID]&d=1', { DevID }));
        fc.pre(DevID !== '.' && DevID !== '..');
        expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'a', DevID, 'b']);
        expect([...url.searchParams]).toEqual([
          ['c', DevID],
          ['d', '1'],
        ]);
      }),
    );
  });

  test('expandServerUri does not expand a value', () => {
    expect(expandServerUri('https://r.example/[DevID]', { DevID: '[MCC]', MCC: '260' })).toBe(
      'https://r.example/%5BMCC%5D',
    );
  });
});

describe('parseServerUri', () => {
  test.each([
    ['http://r.example', 'http://r.example/'],
    ['HTTPS://R.Example:443/a/../b?c=d', 'https://r.example/b?c=d'],
    ['http://[::1]:80/', 'http://[::1]/'],
  ])('parseServerUri reads %s', (text, href) => {
    expect(parseServerUri(text)).toBe(href);
  });

  test.each([
    '',
    '/relative',
    '//r.example/',
    'r.example',
    'ftp://r.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http:r.example',
    'http://',
    'http://user@r.example/',
    'http://user:secret@r.example/',
    'http://:secret@r.example/',
    'http://r.example:99999/',
    'http://r.example/a b',
    'http:\\\\r.example\\',
    'http://r.example/\r\nX: y',
    ' http://r.example/',
  ])('parseServerUri refuses "%s"', (text) => {
    expect(() => parseServerUri(text)).toThrowError(expect.objectContaining({ code: 'ERR_SERVER_URI_SYNTAX' }));
  });

  test('parseServerUri quotes no secret in its error', () => {
    expect(() => parseServerUri('http://user:secret@r.example/')).not.toThrowError(/secret/);
  });
});

describe('isAllowed', () => {
  test.each<[string, string, boolean]>([
    ['http://r.example/any/thing?x=1', 'http://r.example', true],
    ['http://r.example', 'http://r.example/', true],
    ['http://R.EXAMPLE:80/a', 'http://r.example', true],
    ['https://r.example/', 'https://r.example:443', true],
    ['https://r.example/', 'http://r.example', false],
    ['http://r.example:8080/', 'http://r.example', false],
    ['http://r.example.evil.example/', 'http://r.example', false],
    ['http://sub.r.example/', 'http://r.example', false],
    ['http://r.example/data', 'http://r.example/data', true],
    ['http://r.example/data/x', 'http://r.example/data', true],
    ['http://r.example/data/x', 'http://r.example/data/', true],
    ['http://r.example/data', 'http://r.example/data/', true],
    ['http://r.example/data?x', 'http://r.example/data?y', true],
    ['http://r.example/database', 'http://r.example/data', false],
    ['http://r.example/', 'http://r.example/data', false],
    ['http://r.example/Data', 'http://r.example/data', false],
    ['http://r.example/data/../secret', 'http://r.example/data', false],
    ['http://r.example/x/../data/y', 'http://r.example/data', true],
    ['http://r.example/data/%2e%2e/secret', 'http://r.example/data', false],
    ['http://r.example/data/..%2Fsecret', 'http://r.example/data', false],
    ['http://r.example/data/%2e%2e%2fsecret', 'http://r.example/data', false],
    ['http://r.example/data/..%5Csecret', 'http://r.example/data', false],
    ['http://r.example/data/%252e%252e/secret', 'http://r.example/data', false],
    ['http://r.example/data/%25252E%25252e/secret', 'http://r.example/data', false],
    ['http://r.example/data/..%252fsecret', 'http://r.example/data', false],
    ['http://r.example/data/..;/secret', 'http://r.example/data', false],
    ['http://r.example/data/..;a=b/secret', 'http://r.example/data', false],
    ['http://r.example/data/%2e%2e%3b/secret', 'http://r.example/data', false],
    ['http://r.example/data/%2525252525252e', 'http://r.example/data', false],
    ['http://r.example/data/100%2525;x', 'http://r.example/data', true],
    ['http://r.example/data/a%2526b', 'http://r.example/data', true],
    ['http://r.example/data/..x/...', 'http://r.example/data', true],
    ['http://r.example/d%61ta/x', 'http://r.example/data', true],
    ['http://r.example/data%2Fx/y', 'http://r.example/data/x', false],
    ['http://r.example/data/%ff', 'http://r.example/data', false],
    ['http://user@r.example/data', 'http://r.example/data', false],
    ['http://:p@r.example/data', 'http://r.example/data', false],
    ['file:///data', 'file:///', false],
    ['ftp://r.example/', 'ftp://r.example/', false],
    ['http://[::1]/a', 'http://[::1]', true],
    ['http://r.example/', 'no URL', false],
  ])('isAllowed says of %s below %s: %s', (url, allowed, expected) => {
    expect(isAllowed(new URL(url), [allowed])).toBe(expected);
  });

  test('isAllowed needs one of the allowed URLs to match', () => {
    const url = new URL('http://b.example/');
    expect(isAllowed(url, ['http://a.example', 'http://b.example'])).toBe(true);
    expect(isAllowed(url, [])).toBe(false);
  });
});
