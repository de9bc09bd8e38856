/** Writes that become TNDS documents (TNDS 1.2, Add). */
import { expect, test } from 'vitest';
import { nameOf, parseLocUri } from '../../../src/mo/loc-uri.ts';
import type { Write } from '../../../src/tree/write-plan.ts';
import { toCommand } from '../../../src/tree/write-plan.ts';
import { withDocuments } from '../../../src/tree/writing/documents.ts';

const node = (text: string, more: Partial<Write> = {}): Write => {
  const locUri = parseLocUri(text);
  const name = nameOf(locUri);
  return { name: 'Add', locUri, node: { name: `2.0 ${name}`, format: 'node', children: [] }, ...more };
};
const leaf = (locUri: string, name: Write['name'] = 'Add'): Write => {
  return { name, locUri: parseLocUri(locUri), node: { name: '2.0 leaf', format: 'chr', value: locUri } };
};

test('each new sub-tree becomes one document with the names of the device; all other writes stay', () => {
  const deletion: Write = { name: 'Delete', locUri: parseLocUri('./M/old') };
  const writes = [
    deletion,
    node('./M/a', { newInstance: true }),
    leaf('./M/a/x'),
    node('./M/a/b'),
    leaf('./M/a/b/y'),
    leaf('./M/c/z', 'Replace'),
    leaf('./M/c/new'),
    node('./M/ab'),
  ];
  const documents = withDocuments(writes);
  expect(documents.map(({ name, locUri, asDocument }) => [name, locUri, asDocument === true])).toEqual([
    ['Delete', './M/old', false],
    ['Add', './M/a', true],
    ['Replace', './M/c/z', false],
    ['Add', './M/c/new', false],
    ['Add', './M/ab', true],
  ]);
  expect(documents[1]).toMatchObject({
    newInstance: true,
    node: {
      name: 'a',
      children: [
        { name: 'x', format: 'chr', value: './M/a/x' },
        { name: 'b', format: 'node', children: [{ name: 'y', value: './M/a/b/y' }] },
      ],
    },
  });
  expect(documents[4]).not.toHaveProperty('newInstance');
});

test('a document with a new instance below a new node adds a new instance', () => {
  const [document] = withDocuments([node('./M'), node('./M/a', { newInstance: true })]);
  expect(document).toMatchObject({ locUri: './M', newInstance: true, node: { children: [{ name: 'a' }] } });
});

test('writes without a new sub-tree stay as they are', () => {
  const writes = [leaf('./M/a', 'Replace'), leaf('./M/b')];
  expect(withDocuments(writes)).toEqual(writes);
});

test('a document is added to the parent of its root, with the type of TNDS', () => {
  const [document] = withDocuments([node('./M/a'), leaf('./M/a/x')]);
  expect(document === undefined ? undefined : toCommand(document)).toEqual({
    name: 'Add',
    items: [
      {
        target: './M',
        meta: { format: 'xml', type: 'application/vnd.syncml.dmtnds+xml' },
        data: expect.stringContaining('<NodeName>a</NodeName>'),
      },
    ],
  });
});
