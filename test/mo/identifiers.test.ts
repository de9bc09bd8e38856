/** MOIDs and MIIDs: reading, comparison, names (DM-2.0 §6.1.1). */
import { expect, test } from 'vitest';
import { parseMiid } from '../../src/mo/miid.ts';
import { isMoid, moidKey, moidName, parseMoid, readMoid, versionFreeKey } from '../../src/mo/moid.ts';

test.each([
  [' urn:oma:mo:oma-dcmo:1.0\n', 'urn:oma:mo:oma-dcmo:1.0'],
  ['com.example/1.2/Product', 'com.example/1.2/Product'],
])('the MOID %j is read without the white space around it', (text, moid) => {
  expect([readMoid(text), parseMoid(text)]).toEqual([moid, moid]);
});

test('white space is no MOID, and the empty text is no MIID', () => {
  expect(readMoid(' \n')).toBeUndefined();
  expect(() => parseMoid('')).toThrow(expect.objectContaining({ code: 'ERR_CLIENT_URI_SYNTAX' }));
  expect(() => parseMiid('')).toThrow(expect.objectContaining({ code: 'ERR_CLIENT_URI_SYNTAX' }));
  expect(parseMiid(' ')).toBe(' ');
});

test.each([
  ['urn:oma:mo:oma-dcmo:1.0', 'oma:mo:oma-dcmo:1.0', 'oma:mo:oma-dcmo', 'oma-dcmo'],
  ['URN:oma:mo:oma-dcmo:1.0', 'oma:mo:oma-dcmo:1.0', 'oma:mo:oma-dcmo', 'oma-dcmo'],
  ['oma%3Amo%3Aoma-dcmo%3A1.0', 'oma:mo:oma-dcmo:1.0', 'oma:mo:oma-dcmo', 'oma-dcmo'],
  ['com.example/1.2/Product', 'com.example/1.2/Product', 'com.example/Product', 'Product'],
  ['com.urn:example', 'com.urn:example', 'com.urn:example', 'example'],
  ['%zz', '%zz', '%zz', '%zz'],
])('%s is compared as %s, without version as %s, and called %s', (moid, key, versionFree, name) => {
  expect([moidKey(moid), versionFreeKey(moid), moidName(moid)]).toEqual([key, versionFree, name]);
});

test.each([
  ['urn:x', true],
  ['oma:mo:oma-fumo:1.0', true],
  ['com.example/1.2/Product', true],
  ['text/plain', false],
  ['application/vnd.x', false],
  ['', false],
])('the Type %j is a MOID: %s', (type, expected) => {
  expect(isMoid(type)).toBe(expected);
});
