import { expect, test } from 'vitest';
import { moidRecognizer, withoutUrn } from '../../src/dm2/moid.ts';

const moids = moidRecognizer([
  'urn:oma:mo:oma-dcmo:1.0',
  'oma:mo:oma-scomo:1.0',
  'com.example',
  'com.example/1.2/Product',
  'com.example/1.2/Product/Deep',
]);

test.each<[string, string | undefined]>([
  ['urn:oma:mo:oma-dcmo:1.0/left/', 'urn:oma:mo:oma-dcmo:1.0'],
  ['oma:mo:oma-dcmo:1.0//', 'oma:mo:oma-dcmo:1.0'],
  ['URN:oma:mo:oma-scomo:1.0//', 'URN:oma:mo:oma-scomo:1.0'],
  ['urn%3Aoma%3Amo%3Aoma-dcmo%3A1.0//', 'urn%3Aoma%3Amo%3Aoma-dcmo%3A1.0'],
  ['com.example/1.2/Product/left', 'com.example/1.2/Product'],
  ['com.example/1.2/Product/Deep/left', 'com.example/1.2/Product/Deep'],
  ['com.example%2F1.2%2fProduct/Deep', 'com.example%2F1.2%2fProduct'],
  ['com.example/1.2%2FProduct//', 'com.example/1.2%2FProduct'],
  ['com.example/1.3/Product//', 'com.example'],
  ['com.example/1.2/Product', 'com.example'],
  ['com.example', undefined],
  ['org.example/1.2/Product//', undefined],
  ['%zz//', undefined],
  ['', undefined],
])('the MOID of "%s" is %s', (text, moid) => {
  expect(moids.longestMoid(text)).toBe(moid);
});

test('withoutUrn', () => {
  expect(withoutUrn('urn:oma:mo:oma-dcmo:1.0')).toBe('oma:mo:oma-dcmo:1.0');
  expect(withoutUrn('com.urn:example')).toBe('com.urn:example');
});
