/** Results of `?list=`: the same tree for every kind of list (DM-TND structure queries; DM-TNDS). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlainItem } from '../../src/dm1/plain-item.ts';
import { toPlainItem } from '../../src/dm1/plain-item.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { MoNode } from '../../src/mo/node.ts';
import { encodeEmbedded } from '../../src/syncml/embedded-document.ts';
import { parseXml } from '../../src/syncml/xml-reader.ts';
import { readAclListing, readListing as readListingInParts } from '../../src/tree/listing.ts';
import { formatTnds } from '../../src/xml-data/tnds.ts';
import { atOnce } from '../support/at-once.ts';
import { moTree } from '../support/mo-trees.ts';

const readListing = atOnce(readListingInParts);

const XML = 'application/vnd.syncml.dmtnds+xml';
const WBXML = 'application/vnd.syncml.dmtnds+wbxml';
const ACCT = parseLocUri('./Mail/Acct1');

const TREE: MoNode = {
  name: 'Acct1',
  format: 'node',
  type: 'com.example/1.0/Mail',
  children: [
    { name: 'Host', format: 'chr', value: 'imap.example' },
    { name: 'Port', format: 'int', value: '993' },
    { name: 'Ext', format: 'node', children: [] },
  ],
};

const TOP = '<RTProperties><Format><node/></Format><Type><DDFName>com.example/1.0/Mail</DDFName></Type></RTProperties>';
const HOST = '<RTProperties><ACL>Get=*</ACL><Title>H</Title><Type><MIME>text/plain</MIME></Type></RTProperties>';
const PORT = '<RTProperties><Format><int/></Format></RTProperties><Value>993</Value>';
const EXT = '<RTProperties><Type><DDFName/></Type></RTProperties>';
const node = (name: string, inner: string, path?: string) =>
  `<Node><NodeName>${name}</NodeName>${path === undefined ? '' : `<Path>${path}</Path>`}${inner}</Node>`;
const document = (...nodes: readonly string[]) =>
  `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${nodes.join('')}</MgmtTree>`;

const HOST_LEAF = `${HOST}<Value>imap.example</Value>`;
const NESTED = document(node('Acct1', TOP + node('Host', HOST_LEAF) + node('Port', PORT) + node('Ext', EXT)));
const item = (data: string | undefined, type: string | undefined = XML, format = 'xml'): PlainItem => ({
  source: ACCT,
  meta: { format, ...(type === '' ? {} : { type }) },
  ...(data === undefined ? {} : { data }),
});
/** As the engine hands it on: a document in WBXML, which an XML message carries as base64. */
const wbxml = (data: string, format = 'b64') =>
  toPlainItem({ source: { locUri: ACCT }, meta: { type: WBXML, format }, data });
const base64 = (text: string) => Buffer.from(encodeEmbedded(parseXml(text))).toString('base64');

describe('a TNDS document', () => {
  test.each<[string, PlainItem]>([
    ['nested', item(NESTED)],
    ['with declaration', item(`<?xml version="1.0"?>\n${NESTED}\n`)],
    ['with the Type in capitals', item(NESTED, XML.toUpperCase())],
    ['without Type', item(NESTED, '')],
    ['of another Type', item(NESTED, 'text/xml')],
    ['of XML with the Type of WBXML', item(NESTED, WBXML)],
    ['of WBXML in base64', wbxml(base64(NESTED))],
    ['of WBXML in folded base64', wbxml(base64(NESTED).replace(/.{60}/gu, '$&\r\n'), 'bin')],
    [
      'flat',
      item(
        document(
          node('Acct1', TOP),
          node('Host', HOST_LEAF, 'Acct1'),
          node('Port', PORT, 'Acct1'),
          node('Ext', EXT, 'Acct1'),
        ),
      ),
    ],
    [
      'mixed',
      item(
        document(node('Acct1', TOP + node('Host', HOST_LEAF)), node('Port', PORT, 'Acct1'), node('Ext', EXT, 'Acct1')),
      ),
    ],
    [
      'flat, with absolute paths',
      item(
        document(
          node('Acct1', TOP, './Mail'),
          node('Host', HOST_LEAF, './Mail/Acct1'),
          node('Port', PORT, './Mail/Acct1'),
          node('Ext', EXT, './Mail/Acct1'),
        ),
      ),
    ],
    [
      'flat, with absolute paths without dot',
      item(
        document(
          node('Acct1', TOP),
          node('Host', HOST_LEAF, 'Mail/Acct1'),
          node('Port', PORT, 'Mail/Acct1'),
          node('Ext', EXT, 'Mail/Acct1'),
        ),
      ),
    ],
    [
      'flat, the children beside their parent',
      item(document(node('Acct1', TOP), node('Host', HOST_LEAF), node('Port', PORT), node('Ext', EXT))),
    ],
    ['whose root has no name', item(NESTED.replace('Acct1', ''))],
  ])('%s is read as the tree, without ACLs and titles', (_, result) => {
    expect(readListing(ACCT, [result], 'TNDS')).toEqual({ kind: 'tree', tree: TREE });
  });

  test('whose root has another name is that of a child', () => {
    const { type: _, ...untyped } = TREE;
    const text = document(node('Acct1', TOP));
    expect(readListing(parseLocUri('./Mail'), [item(text)], 'TNDS')).toEqual({
      kind: 'tree',
      tree: { name: 'Mail', format: 'node', children: [{ ...untyped, type: TREE.type, children: [] }] },
    });
  });

  test('may have a leaf only', () => {
    expect(readListing(parseLocUri('./Mail/Acct1/Port'), [item(document(node('Port', PORT)))], 'TNDS')).toEqual({
      kind: 'tree',
      tree: { name: 'Port', format: 'int', value: '993' },
    });
  });

  test.each<[string, PlainItem, string]>([
    ['broken text', item('<MgmtTree><Node>'), 'ERR_XML_SYNTAX'],
    ['another document', item('<DevInf/>'), 'ERR_TNDS_SHAPE'],
    ['no node', item(document()), 'ERR_TNDS_SHAPE'],
    ['no Data', item(undefined), 'ERR_XML_SYNTAX'],
    ['a broken WBXML document', wbxml(base64(NESTED).slice(0, 40)), 'ERR_XML_SYNTAX'],
    ['base64 of nothing', wbxml(''), 'ERR_XML_SYNTAX'],
  ])('is malformed: %s', (_, result, code) => {
    expect(readListing(ACCT, [result], 'TNDS')).toEqual({ kind: 'malformed', code });
  });

  test.each<[string, readonly PlainItem[]]>([
    ['no Results', []],
    ['the names of the children', [{ source: ACCT, meta: { format: 'node' }, data: 'Host/Port' }]],
    ['a value', [{ source: ACCT, data: 'imap.example' }]],
    ['a leaf without value', [{ source: ACCT, meta: { format: 'null' } }]],
  ])('is absent when the device has ignored the query: %s', (_, results) => {
    expect(readListing(ACCT, results, 'TNDS')).toEqual({ kind: 'none' });
  });
});

/** What StructData says of a tree. */
function itemsOf(tree: MoNode, source: string): readonly PlainItem[] {
  const { format, type, value, children = [] } = tree;
  const meta = { format, ...(type === undefined ? {} : { type }) };
  return [
    { source, meta, ...(value === undefined ? {} : { data: value }) },
    ...children.flatMap((child) => itemsOf(child, `${source}/${child.name}`)),
  ];
}

describe('the tree of an instance', () => {
  test('is the same from StructData, from TNDS and from TNDS in WBXML', () => {
    fc.assert(
      fc.property(moTree(), (tree) => {
        const place = parseLocUri(`./Top/${tree.name}`);
        const text = formatTnds(tree);
        const expected = { kind: 'tree', tree };
        expect(readListing(place, [item(text)], 'TNDS')).toEqual(expected);
        expect(readListing(place, [wbxml(base64(text))], 'TNDS')).toEqual(expected);
        expect(readListing(place, itemsOf(tree, place), 'StructData')).toEqual(expected);
      }),
    );
  });
});

describe('a listing with ACLs', () => {
  const PLAIN = '<RTProperties><ACL/><Type><MIME>text/plain</MIME></Type></RTProperties>';

  test.each<[string, string, readonly string[] | undefined]>([
    ['all nodes', NESTED, undefined],
    ['one child without Path', document(node('Host', HOST_LEAF)), ['./Mail/Acct1']],
    ['one child with an absolute Path', document(node('Host', HOST_LEAF, './Mail/Acct1')), ['./Mail/Acct1']],
    ['several children', document(node('Host', HOST_LEAF), node('Port', PORT)), ['./Mail/Acct1']],
    [
      'a node far below',
      document(node('a', PLAIN, './Mail/Acct1/Ext/b')),
      ['./Mail/Acct1', './Mail/Acct1/Ext', './Mail/Acct1/Ext/b'],
    ],
  ])('names the nodes that the document does not list, as XML and as WBXML: it lists %s', (_, text, implied) => {
    for (const result of [item(text), wbxml(base64(text))]) {
      const listing = readAclListing(ACCT, [result]);
      expect(listing.kind).toBe('tree');
      expect(listing.kind === 'tree' ? listing.implied : 'none').toEqual(implied);
    }
  });

  test('tells an empty ACL from none', () => {
    const listing = readAclListing(ACCT, [item(document(node('Acct1', TOP + node('a', PLAIN) + node('Port', PORT))))]);
    const acls = listing.kind === 'tree' ? listing.tree.children?.map(({ acl }) => acl) : [];
    expect(acls).toEqual(['', undefined]);
  });
});
