/** ServerURIs: parameters and the allow-list (DM-2.0 §6.2). */
import { expect, test } from 'vitest';
import { parseServerUri } from '../../src/dm2/server-uri.ts';
import { isAllowedServerUri, serverUriValues, toServerUri } from '../../src/translate/server-uri.ts';
import { context, knowledgeOf } from '../north/model/play.ts';

const phone = serverUriValues({ ...knowledgeOf({ values: { mcc: '260', spName: 'A & B' } }) });

test.each([
  ['https://data.example/[DevID]/x', 'https://data.example/IMEI%3A1/x'],
  ['https://data.example/[MCC]-[MNC]?sp=[SPName]', 'https://data.example/260--1?sp=A%20%26%20B'],
  ['https://data.example', 'https://data.example/'],
])('the ServerURI %s becomes %s for the device', (text, uri) => {
  expect(toServerUri(text, { ...phone, DevID: 'IMEI:1' })).toBe(uri);
});

test('a ServerURI that is not an http URI is refused', () => {
  expect(() => toServerUri('ftp://data.example/', phone)).toThrow(
    expect.objectContaining({ code: 'ERR_SERVER_URI_SYNTAX' }),
  );
});

test.each([
  ['https://data.example/dm/x', true],
  ['https://data.example/other', false],
])('with /dm of data.example in the allow-list, %s is allowed: %s', (uri, expected) => {
  const limited = { ...context, allowedServerUris: ['https://data.example/dm'] };
  expect(isAllowedServerUri(limited, parseServerUri(uri))).toBe(expected);
});
