/**
 * DDF documents as XML text, in the order and namespace of the DTD of DDF 1.2; the inverse of `ddf-document.ts`.
 *
 * Without DOCTYPE: readers that refuse one are more common than readers that need it, and the namespace says the same.
 *
 * @see OMA-TS-DM_TND 1.2 "Device Description Framework"; DM-2.0 §6.4
 */
import { writeXml } from '../syncml/xml-writer.ts';
import type { Element } from '../wbxml/element.ts';
import type { DdfDocument, DdfNode, DdfProperties } from './ddf-document.ts';

const NAMESPACE = 'syncml:dmddf1.2';

/** Writes a document; `ignored` says nothing here. */
export function formatDdfDocument({ verDtd, man, mod, nodes }: Omit<DdfDocument, 'ignored'>): string {
  const root = element(
    'MgmtTree',
    element('VerDTD', verDtd),
    ...optional('Man', man),
    ...optional('Mod', mod),
    ...nodes.map(toElement),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(root)}\n`;
}

function toElement({ name = '', path, properties, value, nodes }: DdfNode): Element {
  return element(
    'Node',
    element('NodeName', name),
    ...optional('Path', path),
    toProperties(properties),
    ...nodes.map(toElement),
    ...optional('Value', value),
  );
}

function toProperties(properties: DdfProperties): Element {
  const { accessTypes, defaultValue, description, format, occurrence, scope, title, caseSense } = properties;
  return element(
    'DFProperties',
    element('AccessType', ...accessTypes.map((type) => element(type))),
    ...optional('DefaultValue', defaultValue),
    ...optional('Description', description),
    ...word('DFFormat', format),
    ...(occurrence === undefined
      ? []
      : [
          element(
            'Occurrence',
            element(occurrence.name, ...(occurrence.count === undefined ? [] : [occurrence.count])),
          ),
        ]),
    ...word('Scope', scope),
    ...optional('DFTitle', title),
    toType(properties),
    ...word('CaseSense', caseSense),
  );
}

/** Leaf nodes have MIME types, interior nodes the MOID that roots there, or none. */
function toType({ format, mimeTypes, ddfName }: DdfProperties): Element {
  if (format === 'node' || ddfName !== undefined) return element('DFType', element('DDFName', ddfName ?? ''));
  const types = mimeTypes.length === 0 ? [''] : mimeTypes;
  return element('DFType', ...types.map((type) => element('MIME', type)));
}

function word(name: string, value: string | undefined): readonly Element[] {
  return value === undefined ? [] : [element(name, element(value))];
}

function optional(name: string, text: string | undefined): readonly Element[] {
  return text === undefined ? [] : [element(name, text)];
}

function element(name: string, ...content: readonly (string | Element)[]): Element {
  return { name, namespace: NAMESPACE, content: content.filter((part) => part !== '') };
}
