/** Two known XML readers that return our trees, to compare our reader with them. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { SaxesParser } from 'saxes';
import { type Content, type Element, isElement } from '../../src/wbxml/element.ts';

interface Building extends Element {
  readonly content: Content[];
}

/** Reads a document with saxes and namespaces; throws at the first fault. */
export function readWithSaxes(text: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const open: Building[] = [{ name: '', namespace: '', content: [] }];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ local, uri, prefix, attributes }) => {
    const list = Object.values(attributes)
      .filter((each) => each.prefix !== 'xmlns' && each.name !== 'xmlns')
      .map((each) => ({ prefix: each.prefix, name: each.local, namespace: each.uri, value: each.value }));
    const startTag = { prefix, attributes: list, declarations: undefined };
    const element: Building = { name: local, namespace: uri, content: [], startTag };
    open.at(-1)?.content.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  parser.on('text', (piece) => open.length > 1 && open.at(-1)?.content.push(piece));
  parser.on('cdata', (piece) => open.at(-1)?.content.push(piece));
  parser.write(text).close();
  const root = open[0]?.content[0];
  if (root === undefined || !isElement(root)) throw new Error('no root element');
  return root;
}

/** Reads a document with fast-xml-parser, without namespaces; throws when its validator refuses the document. */
export function readWithFastXmlParser(text: string): Element {
  const result = XMLValidator.validate(text);
  if (result !== true) throw new Error(result.err.msg);
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseTagValue: false,
    trimValues: false,
    removeNSPrefix: true,
    // Its limit on references would refuse documents that our reader accepts.
    processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 10_000_000 },
    htmlEntities: true,
  });
  const [root] = parser.parse(text).map(fromOrdered).filter(isElement);
  if (root === undefined) throw new Error('no root element');
  return root;
}

function fromOrdered(node: Readonly<Record<string, unknown>>): Content {
  const entry = Object.entries(node).find(([key]) => key !== ':@');
  if (entry === undefined) return '';
  const [name, value] = entry;
  return Array.isArray(value) ? { name, namespace: '', content: value.map(fromOrdered) } : String(value);
}

/**
 * What an element means: names with their namespaces, attributes in any order, and content. Elements without prefix that
 * have the namespace `ignored` count as elements without namespace.
 */
export function meaning({ name, namespace, content, startTag }: Element, ignored: string): unknown {
  const { prefix = '', attributes = [] } = startTag ?? {};
  const isIgnored = namespace === '' || (namespace === ignored && prefix === '');
  return {
    name: isIgnored ? name : `${namespace} ${name}`,
    attributes: attributes.map((each) => [each.namespace, each.name, each.value].join(' ')).sort(),
    content: joined(content).map((part) => (isElement(part) ? meaning(part, ignored) : part)),
  };
}

/** Makes trees comparable: neighbouring texts are joined, empty texts and attributes are left out. */
export function canonical(element: Element, keepNamespaces = true): Element {
  const content = canonicalContent(element.content, keepNamespaces);
  return { name: element.name, namespace: keepNamespaces ? element.namespace : '', content };
}

/** The same of the content of an element. */
export function canonicalContent(parts: readonly Content[], keepNamespaces = true): readonly Content[] {
  return joined(parts).map((part) =>
    typeof part !== 'string' && isElement(part) ? canonical(part, keepNamespaces) : part,
  );
}

/** The parts with neighbouring texts joined, and without empty texts. */
function joined(parts: readonly Content[]): readonly Content[] {
  const content: Content[] = [];
  for (const part of parts) {
    const last = content.at(-1);
    if (typeof part !== 'string') content.push(part);
    else if (typeof last === 'string') content[content.length - 1] = last + part;
    else if (part !== '') content.push(part);
  }
  return content;
}
