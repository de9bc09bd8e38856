import { expect, test } from 'vitest';
import {
  distinctPlaces,
  formatMoPlace,
  hasRootAt,
  PlaceMap,
  parentOfRoots,
  parseMoPlace,
} from '../../src/mapping/mo-place.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';

test.each([
  ['./DevInfo', 'root', '.'],
  ['./Vendor/Radio', 'root', './Vendor'],
  ['./NAP/*', 'parent', './NAP'],
  ['./*', 'parent', '.'],
])('%s is a place of the kind %s, with roots below %s', (text, kind, parent) => {
  const place = parseMoPlace(text);
  expect(place.kind).toBe(kind);
  expect(parentOfRoots(place)).toBe(parent);
  expect(formatMoPlace(place)).toBe(text);
});

test.each([
  ['./A/B', './A/B', './A/B'],
  ['./A/B', './A/B/C', './A/B'],
  ['./A/B', './A', undefined],
  ['./A/B', './A/BC', undefined],
  ['./A/*', './A/B', './A/B'],
  ['./A/*', './A/B/C', './A/B'],
  ['./A/*', './A', undefined],
  ['./A/*', './AB/C', undefined],
])('with an MO at %s the node %s lies in the instance at %s', (text, node, root) => {
  const place = parseMoPlace(text);
  const places = new PlaceMap<string>();
  places.add(place, 'an MO');
  expect(places.rootAbove(parseLocUri(node))).toEqual(root === undefined ? undefined : { root, value: 'an MO' });
  expect(hasRootAt([place], parseLocUri(node))).toBe(root === node);
});

test('distinct places are told apart by what a file writes', () => {
  const places = ['./A', './A/*', './A'].map(parseMoPlace);
  expect(distinctPlaces(places).map(formatMoPlace)).toEqual(['./A', './A/*']);
});
