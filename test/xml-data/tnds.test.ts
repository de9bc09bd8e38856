import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../src/errors.ts';
import { parseLocUri } from '../../src/mo/loc-uri.ts';
import type { MoNode } from '../../src/mo/node.ts';
import type { Content, Element } from '../../src/wbxml/element.ts';
import { formatTnds, parseTnds, readTnds } from '../../src/xml-data/tnds.ts';
import { moTree } from '../support/mo-trees.ts';

const ACCOUNT: MoNode = {
  name: 'Acct1',
  format: 'node',
  type: 'com.example/1.0/Mail',
  children: [
    { name: 'Host', format: 'chr', value: 'imap.example', acl: 'Get=*' },
    { name: 'Port', format: 'int', value: '993' },
  ],
};

const HOST =
  '<RTProperties><ACL>Get=*</ACL><Format><chr/></Format><Type><MIME>text/plain</MIME></Type></RTProperties><Value>imap.example</Value>';
const PORT =
  '<Value>993</Value><RTProperties><Type><MIME>text/plain</MIME></Type><Format><int/></Format></RTProperties>';
const TOP = '<RTProperties><Format><node/></Format><Type><DDFName>com.example/1.0/Mail</DDFName></Type></RTProperties>';
const tree = (...nodes: readonly string[]) =>
  `<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD>${nodes.join('')}</MgmtTree>`;

describe('parseTnds reads all forms of a document', () => {
  test.each([
    [
      'with nested Nodes',
      tree(
        `<Node><NodeName>Acct1</NodeName>${TOP}<Node><NodeName>Host</NodeName>${HOST}</Node><Node><NodeName>Port</NodeName>${PORT}</Node></Node>`,
      ),
    ],
    [
      'with flat Nodes',
      tree(
        `<Node><NodeName>Acct1</NodeName>${TOP}</Node>`,
        `<Node><NodeName>Host</NodeName><Path>Acct1</Path>${HOST}</Node>`,
        `<Node><NodeName>Port</NodeName><Path>Acct1</Path>${PORT}</Node>`,
      ),
    ],
    [
      'with nested and flat Nodes',
      tree(
        `<Node><NodeName>Acct1</NodeName>${TOP}<Node><NodeName>Host</NodeName>${HOST}</Node></Node>`,
        `<Node><NodeName>Port</NodeName><Path>Acct1</Path>${PORT}</Node>`,
      ),
    ],
    [
      'with flat Nodes, children first, and absolute Paths',
      tree(
        `<Node><NodeName>Host</NodeName><Path>./Mail/Acct1</Path>${HOST}</Node>`,
        `<Node><NodeName>Port</NodeName><Path>./Mail/Acct1</Path>${PORT}</Node>`,
        `<Node><NodeName>Acct1</NodeName><Path>./Mail</Path>${TOP}</Node>`,
      ),
    ],
    [
      'with an XML declaration and white space around it',
      `\n <?xml version="1.0"?>\n${tree(`<Node><NodeName> Acct1 </NodeName>${TOP}<Node><NodeName>Host</NodeName>${HOST}</Node><Node><NodeName>Port</NodeName>${PORT}</Node></Node>`)}\n`,
    ],
  ])('it reads a document %s', (_, text) => {
    expect(parseTnds(text, parseLocUri('./Mail/Acct1'))).toEqual({
      locUri: './Mail/Acct1',
      root: ACCOUNT,
      named: true,
    });
  });
});

describe('parseTnds finds the LocURI of the top Node', () => {
  const document = (name: string) =>
    tree(`<Node>${name}<RTProperties><Format><node/></Format><Type><DDFName/></Type></RTProperties></Node>`);

  test.each([
    [
      'is the target when it has the name of the target',
      document('<NodeName>Acct1</NodeName>'),
      './Mail/Acct1',
      './Mail/Acct1',
      true,
    ],
    [
      'is a child of the target when it has another name',
      document('<NodeName>E-Mail</NodeName>'),
      './OperatorX',
      './OperatorX/E-Mail',
      true,
    ],
    ['is the target when its name is empty', document('<NodeName/>'), './Mail/Acct1?list=TNDS', './Mail/Acct1', false],
    ['is the target when it has no name, as in the Inbox', document(''), './Inbox', './Inbox', false],
  ])('the top Node %s', (_, text, target, locUri, named) => {
    const found = parseTnds(text, parseLocUri(target));
    expect(found).toMatchObject({ locUri, named });
    expect(found.root).toEqual({ name: locUri.split('/').at(-1), format: 'node', children: [] });
  });

  test('several top Nodes are the children of the target', () => {
    const text = tree(`<Node><NodeName>Host</NodeName>${HOST}</Node>`, `<Node><NodeName>Port</NodeName>${PORT}</Node>`);
    const { type: _, ...untyped } = ACCOUNT;
    expect(parseTnds(text, parseLocUri('./Mail/Acct1'))).toEqual({
      locUri: './Mail/Acct1',
      root: untyped,
      named: true,
      implied: ['./Mail/Acct1'],
    });
  });

  test('nodes that only Paths name are implied, the others are not', () => {
    const text = tree(
      '<Node><NodeName>a</NodeName><Path>./Mail/Acct1/x/y</Path></Node>',
      '<Node><NodeName>y</NodeName><Path>./Mail/Acct1/x</Path></Node>',
      '<Node><NodeName>b</NodeName><Path>./Mail/Acct1</Path></Node>',
    );
    const { implied } = parseTnds(text, parseLocUri('./Mail/Acct1'));
    expect(implied).toEqual(['./Mail/Acct1', './Mail/Acct1/x']);
  });
});

describe('parseTnds reads the properties of a node', () => {
  const leaf = (inner: string) =>
    parseTnds(tree(`<Node><NodeName>l</NodeName>${inner}</Node>`), parseLocUri('./l')).root;

  test.each<[string, string, MoNode]>([
    [
      'a leaf without format as chr',
      '<RTProperties><Type><MIME>text/x</MIME></Type></RTProperties><Value>v</Value>',
      { name: 'l', format: 'chr', type: 'text/x', value: 'v' },
    ],
    ['a leaf without properties', '<Value>v</Value>', { name: 'l', format: 'chr', value: 'v' }],
    ['an empty value', '<Value/>', { name: 'l', format: 'chr', value: '' }],
    ['a leaf without value', '<RTProperties><Format><int/></Format></RTProperties>', { name: 'l', format: 'int' }],
    [
      'a format that is a word, in any case',
      '<RTProperties><Format>Int</Format></RTProperties><Value>1</Value>',
      { name: 'l', format: 'int', value: '1' },
    ],
    ['a value of escaped text', '<Value>&lt;a&gt; &amp;</Value>', { name: 'l', format: 'chr', value: '<a> &' }],
    [
      'a value in CDATA',
      '<RTProperties><Format><xml/></Format></RTProperties><Value><![CDATA[<a/>]]></Value>',
      { name: 'l', format: 'xml', value: '<a/>' },
    ],
    [
      'a value of markup',
      '<RTProperties><Format><xml/></Format></RTProperties><Value><a><b>x &amp; y</b></a></Value>',
      { name: 'l', format: 'xml', value: '<a><b>x &amp; y</b></a>' },
    ],
    ['an ACL', '<RTProperties><ACL> Get=* </ACL></RTProperties>', { name: 'l', format: 'chr', acl: 'Get=*' }],
    ['an empty ACL', '<RTProperties><ACL/></RTProperties>', { name: 'l', format: 'chr', acl: '' }],
    [
      'a title',
      '<RTProperties><Title>T</Title><Format><chr/></Format></RTProperties>',
      { name: 'l', format: 'chr', title: 'T' },
    ],
  ])('it reads %s', (_, inner, node) => {
    expect(leaf(inner)).toEqual(node);
  });

  test('readTnds reads opaque bytes as base64 or as text, by the format', () => {
    const element = (name: string, ...content: readonly Content[]): Element => ({
      name,
      namespace: 'syncml:dmddf1.2',
      content,
    });
    const node = (format: string) =>
      element(
        'MgmtTree',
        element(
          'Node',
          element('NodeName', 'k'),
          element('RTProperties', element('Format', element(format))),
          element('Value', new Uint8Array([104, 105])),
        ),
      );
    expect(readTnds(node('bin'), parseLocUri('./k')).root).toEqual({ name: 'k', format: 'bin', value: 'aGk=' });
    expect(readTnds(node('chr'), parseLocUri('./k')).root).toEqual({ name: 'k', format: 'chr', value: 'hi' });
  });
});

describe('parseTnds refuses a document', () => {
  test.each([
    ['another document', '<DevInf/>'],
    ['an empty tree', tree()],
    ['one node twice', tree('<Node><NodeName>A</NodeName></Node>', '<Node><NodeName>A</NodeName></Node>')],
    [
      'one child twice',
      tree(
        '<Node><NodeName>A</NodeName><Node><NodeName>B</NodeName></Node></Node>',
        '<Node><NodeName>B</NodeName><Path>A</Path></Node>',
      ),
    ],
    [
      'one child twice, in its parent and beside it',
      tree(
        '<Node><NodeName>A</NodeName><Node><NodeName>B</NodeName></Node></Node>',
        '<Node><NodeName>B</NodeName></Node>',
      ),
    ],
    ['a child without name', tree('<Node><NodeName>A</NodeName><Node><NodeName/></Node></Node>')],
    ['a slash in a name', tree('<Node><NodeName>A/B</NodeName></Node>')],
    [
      'an unknown format',
      tree('<Node><NodeName>A</NodeName><RTProperties><Format><text/></Format></RTProperties></Node>'),
    ],
    ['a Path of too many names', tree(`<Node><NodeName>A</NodeName><Path>${'x/'.repeat(5000)}x</Path></Node>`)],
  ])('it refuses %s', (_, text) => {
    expect(() => parseTnds(text, parseLocUri('./A'))).toThrow(expect.objectContaining({ code: 'ERR_TNDS_SHAPE' }));
  });

  test('parseTnds refuses text that is not XML', () => {
    expect(() => parseTnds('MgmtTree', parseLocUri('./A'))).toThrow(DecodeError);
  });
});

test('parseTnds reads back what formatTnds writes', () => {
  fc.assert(
    fc.property(moTree(), (root) => {
      const target = parseLocUri(`./Top/${root.name}`);
      expect(parseTnds(formatTnds(root), target)).toEqual({ locUri: target, root, named: true });
    }),
    { numRuns: 300 },
  );
});

test('formatTnds writes the elements in the order of the DTD', () => {
  const { children: _, ...alone } = ACCOUNT;
  const node: MoNode = {
    ...alone,
    acl: 'Get=*',
    title: 'Mail',
    children: [{ name: 'Port', format: 'int', value: '993' }],
  };
  expect(formatTnds(node)).toBe(
    '<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>Acct1</NodeName><RTProperties><ACL>Get=*</ACL>' +
      '<Format><node/></Format><Title>Mail</Title><Type><DDFName>com.example/1.0/Mail</DDFName></Type></RTProperties>' +
      '<Node><NodeName>Port</NodeName><RTProperties><Format><int/></Format><Type><MIME>text/plain</MIME></Type></RTProperties>' +
      '<Value>993</Value></Node></Node></MgmtTree>',
  );
});
