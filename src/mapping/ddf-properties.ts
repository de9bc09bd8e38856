/**
 * Converts the DFProperties of a DDF node to the properties of a node description and back, with the defaults of DDF.
 *
 * @see OMA-TS-DM_TND 1.2 "DFProperties"; DM-2.0 §6.3.1, §6.4
 */

import { isMoid, type Moid, readMoid } from '../mo/moid.ts';
import { type NodeFormat, parseNodeFormat } from '../mo/node.ts';
import type { Mutable } from '../mutable.ts';
import type { DdfNode, DdfProperties } from '../xml-data/ddf-document.ts';
import { ACCESS_TYPES, type NodeDescription, OCCURRENCES, type Occurrence } from './mapping.ts';

type Properties = Omit<NodeDescription, 'name' | 'children'>;
type Warn = (message: string) => void;

/** The MIME type that a leaf has when the DDF gives none. */
const TEXT = 'text/plain';

/** Reads the properties of a node; a word that DDF does not know is reported to `warn` and counts as absent. */
export function readProperties({ properties, value, nodes }: DdfNode, warn: Warn): Properties {
  const { accessTypes, description, title } = properties;
  const format = readFormat(properties.format, nodes.length > 0, warn);
  const read: Mutable<Properties> = {
    format,
    access: ACCESS_TYPES.filter((type) => accessTypes.some((word) => isSameWord(word, type))),
    ...readOccurrence(properties.occurrence, warn),
    scope: readScope(properties.scope, warn),
    ...readType(properties, format),
  };
  const defaultValue = properties.defaultValue ?? value;
  const caseSense = readCaseSense(properties.caseSense, warn);
  if (title !== undefined) read.title = title;
  if (description !== undefined) read.about = description;
  if (defaultValue !== undefined && format !== 'node') read.defaultValue = defaultValue;
  if (caseSense !== undefined) read.caseSense = caseSense;
  return read;
}

/** Writes a description's properties as DDF has them; `moid` is the MOID of the MO whose root is the node. */
export function writeProperties(node: NodeDescription, moid: Moid | undefined): DdfProperties {
  const { format, access, occurrence, max, scope, title, about, defaultValue, caseSense } = node;
  const properties: Mutable<DdfProperties> = {
    accessTypes: access,
    format,
    occurrence: max === undefined ? { name: occurrence } : { name: occurrence, count: String(max) },
    scope: scope === 'permanent' ? 'Permanent' : 'Dynamic',
    mimeTypes: mimeTypesOf(node),
  };
  if (defaultValue !== undefined) properties.defaultValue = defaultValue;
  if (about !== undefined) properties.description = about;
  if (title !== undefined) properties.title = title;
  if (format === 'node') properties.ddfName = moid ?? node.moid ?? '';
  if (caseSense !== undefined) properties.caseSense = caseSense;
  return properties;
}

function mimeTypesOf({ format, type, otherTypes = [] }: NodeDescription): readonly string[] {
  const mimeType = type ?? (NOT_TEXT.includes(format) ? undefined : TEXT);
  return format === 'node' || mimeType === undefined ? [] : [mimeType, ...otherTypes];
}

/** Formats whose values are not plain text. */
const NOT_TEXT: readonly NodeFormat[] = ['b64', 'bin', 'node', 'null', 'xml'];

function readFormat(word: string | undefined, hasChildren: boolean, warn: Warn): NodeFormat {
  const format = word === undefined ? undefined : parseNodeFormat(word);
  if (format !== undefined && (format === 'node' || !hasChildren)) return format;
  if (format !== undefined) {
    warn(`format ${format} although it has child nodes; taken as node`);
    return 'node';
  }
  const assumed = hasChildren ? 'node' : 'chr';
  warn(`${word === undefined ? 'no DFFormat' : `"${word}" is no format`}; taken as ${assumed}`);
  return assumed;
}

function readOccurrence(
  read: DdfProperties['occurrence'],
  warn: Warn,
): { readonly occurrence: Occurrence; readonly max?: number } {
  if (read === undefined) return { occurrence: 'One' };
  const occurrence = OCCURRENCES.find((name) => isSameWord(name, read.name));
  if (occurrence === undefined) {
    warn(`"${read.name}" is no Occurrence; taken as One`);
    return { occurrence: 'One' };
  }
  if (!occurrence.endsWith('N')) return { occurrence };
  const max = /^\d{1,5}$/.test(read.count ?? '') ? Number(read.count) : 0;
  if (max >= 2 && max <= 65_536) return { occurrence, max };
  warn(`${occurrence} without a number from 2 to 65536; any number is allowed`);
  return { occurrence };
}

function readScope(word: string | undefined, warn: Warn): 'permanent' | 'dynamic' {
  const scope = (['permanent', 'dynamic'] as const).find((each) => isSameWord(each, word ?? 'dynamic'));
  if (scope === undefined) warn(`"${word}" is no Scope; taken as Dynamic`);
  return scope ?? 'dynamic';
}

function readCaseSense(word: string | undefined, warn: Warn): 'CS' | 'CIS' | undefined {
  const sense = (['CS', 'CIS'] as const).find((each) => isSameWord(each, word ?? ''));
  if (word !== undefined && sense === undefined) warn(`"${word}" is no CaseSense`);
  return sense;
}

/** Reads the MIME types of a leaf or the MOID of an interior node, which some vendors write into MIME. */
function readType(
  { mimeTypes, ddfName }: DdfProperties,
  format: NodeFormat,
): Pick<Properties, 'type' | 'otherTypes' | 'moid'> {
  if (format === 'node') {
    const named = ddfName === undefined || /\s/.test(ddfName) ? undefined : readMoid(ddfName);
    const moid = named ?? mimeTypes.find(isMoid);
    return moid === undefined ? {} : { moid };
  }
  const [type, ...otherTypes] = mimeTypes;
  if (type === undefined) return {};
  return otherTypes.length > 0 ? { type, otherTypes } : { type };
}

function isSameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
