/**
 * Writes DDF documents as XML text, in the order and namespace of the DTD of DDF 1.2; the inverse of `ddf-document.ts`.
 *
 * The text has no DOCTYPE: many readers refuse one, few need one, and the namespace gives the same information.
 *
 * @see OMA-TS-DM_TND 1.2 "Device Description Framework"; DM-2.0 §6.4
 */
import { writeXml } from '../syncml/xml-writer.ts';
import type { Element } from '../wbxml/element.ts';
import type { DdfDocument, DdfNode, DdfProperties } from './ddf-document.ts';
import { ddfElement, ddfTextElement } from './ddf-elements.ts';

/** Returns the text of a document. `ignored` has no counterpart in the text. */
export function formatDdfDocument({ verDtd, man, mod, nodes }: Omit<DdfDocument, 'ignored'>): string {
  const content = [ddfTextElement('VerDTD', verDtd)];
  addText(content, 'Man', man);
  addText(content, 'Mod', mod);
  for (const node of nodes) content.push(toElement(node));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(ddfElement('MgmtTree', content))}\n`;
}

function toElement({ name = '', path, properties, value, nodes }: DdfNode): Element {
  const content = [ddfTextElement('NodeName', name)];
  addText(content, 'Path', path);
  content.push(toProperties(properties));
  for (const node of nodes) content.push(toElement(node));
  addText(content, 'Value', value);
  return ddfElement('Node', content);
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
