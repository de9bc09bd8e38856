/**
 * Writes DDF documents as XML text, in the order and namespace of the DTD of DDF 1.2; the inverse of `ddf-document.ts`.
 *
 * The text has no DOCTYPE: many readers refuse one, few need one, and the namespace gives the same information.
 *
 * @see OMA-TS-DM_TND 1.2 "Device Description Framework"; DM-2.0 §6.4
 */
import { DDF_NAMESPACE } from '../syncml/namespaces.ts';
import { writeXml } from '../syncml/xml-writer.ts';
import type { Element } from '../wbxml/element.ts';
import type { DdfProperties } from './ddf-document.ts';
import { ddfElement, ddfTextElement } from './ddf-elements.ts';

/** A node to write. The nodes below it may be made only when they are written. */
export interface DdfSource {
  readonly name?: string;
  readonly path?: string;
  readonly properties: DdfProperties;
  readonly value?: string;
  readonly nodes: Iterable<DdfSource>;
}

/** A document to write. */
export interface DdfHead {
  readonly verDtd: string;
  readonly man?: string;
  readonly mod?: string;
  readonly nodes: Iterable<DdfSource>;
}

/** The text of a document, in parts of about one node each: a vendor's document has up to tens of thousands of nodes. */
export function* ddfDocumentParts({ verDtd, man, mod, nodes }: DdfHead): Generator<string, void> {
  const head = [ddfTextElement('VerDTD', verDtd)];
  addText(head, 'Man', man);
  addText(head, 'Mod', mod);
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<MgmtTree xmlns="${DDF_NAMESPACE}">${textOf(head)}`;
  for (const node of nodes) yield* nodeParts(node);
  yield '</MgmtTree>\n';
}

function* nodeParts({ name = '', path, properties, value, nodes }: DdfSource): Generator<string, void> {
  const head = [ddfTextElement('NodeName', name)];
  addText(head, 'Path', path);
  head.push(toProperties(properties));
  yield `<Node>${textOf(head)}`;
  for (const node of nodes) yield* nodeParts(node);
  const end: Element[] = [];
  addText(end, 'Value', value);
  yield `${textOf(end)}</Node>`;
}

/** The text of elements inside the document, whose namespace they inherit. */
function textOf(elements: readonly Element[]): string {
  return elements.map((element) => writeXml(element, DDF_NAMESPACE)).join('');
}

function toProperties(properties: DdfProperties): Element {
  const accessTypes = properties.accessTypes.map((type) => ddfElement(type));
  const content = [ddfElement('AccessType', accessTypes)];
  addText(content, 'DefaultValue', properties.defaultValue);
  addText(content, 'Description', properties.description);
  addWord(content, 'DFFormat', properties.format);
  const { occurrence } = properties;
  if (occurrence !== undefined) {
    content.push(ddfElement('Occurrence', [ddfTextElement(occurrence.name, occurrence.count ?? '')]));
  }
  addWord(content, 'Scope', properties.scope);
  addText(content, 'DFTitle', properties.title);
  content.push(toType(properties));
  addWord(content, 'CaseSense', properties.caseSense);
  return ddfElement('DFProperties', content);
}

/** The DFType: MIME types for a leaf; for an interior node the MOID of the MO that starts there, or an empty DDFName. */
function toType({ format, mimeTypes, ddfName }: DdfProperties): Element {
  if (format === 'node' || ddfName !== undefined) {
    return ddfElement('DFType', [ddfTextElement('DDFName', ddfName ?? '')]);
  }
  const types = mimeTypes.length === 0 ? [''] : mimeTypes;
  return ddfElement(
    'DFType',
    types.map((type) => ddfTextElement('MIME', type)),
  );
}

/** Adds an element with an empty element inside, such as `<DFFormat><chr/></DFFormat>`, unless `word` is undefined. */
function addWord(content: Element[], name: string, word: string | undefined): void {
  if (word !== undefined) content.push(ddfElement(name, [ddfElement(word)]));
}

/** Adds an element with text, unless `text` is undefined. */
function addText(content: Element[], name: string, text: string | undefined): void {
  if (text !== undefined) content.push(ddfTextElement(name, text));
}
