/**
 * DFProperties of one DDF node ↔ the properties of a node description, with the defaults that DDF gives.
 *
 * @see OMA-TS-DM_TND 1.2 "DFProperties"; DM-2.0 §6.3.1, §6.4
 */
import { type NodeFormat, parseNodeFormat } from '../mo/node.ts';
import type { DdfNode, DdfProperties } from '../xml-data/ddf-document.ts';
import { ACCESS_TYPES, type NodeDescription, OCCURRENCES, type Occurrence } from './mapping.ts';
import { isMoid } from './moid.ts';

type Properties = Omit<NodeDescription, 'name' | 'children'>;
type Warn = (message: string) => void;

/** Of MIME types this is the one that needs no saying. */
const TEXT = 'text/plain';

/** Words that are none of DDF's are told to `warn`, and count as absent. */
export function readProperties({ properties, value, nodes }: DdfNode, warn: Warn): Properties {
  const { accessTypes, description, title } = properties;
  const format = readFormat(properties.format, nodes.length > 0, warn);
  const defaultValue = properties.defaultValue ?? value;
  const caseSense = readCaseSense(properties.caseSense, warn);
  return {
    format,
    access: ACCESS_TYPES.filter((type) => accessTypes.some((word) => isSameWord(word, type))),
    ...readOccurrence(properties.occurrence, warn),
    scope: readScope(properties.scope, warn),
    ...readType(properties, format),
    ...(title !== undefined && { title }),
    ...(description !== undefined && { about: description }),
    ...(defaultValue !== undefined && format !== 'node' && { defaultValue }),
    ...(caseSense !== undefined && { caseSense }),
  };
}

/** What a description says, as DDF has it; `moid` is the MO that roots at the node. */
export function writeProperties(node: NodeDescription, moid: string | undefined): DdfProperties {
  const { format, access, occurrence, max, scope, type, otherTypes = [], title, about, defaultValue, caseSense } = node;
  const mimeType = type ?? (TYPED_BY_FORMAT.includes(format) ? undefined : TEXT);
  return {
    accessTypes: access,
    ...(defaultValue !== undefined && { defaultValue }),
    ...(about !== undefined && { description: about }),
    format,
    occurrence: { name: occurrence, ...(max !== undefined && { count: String(max) }) },
    scope: scope === 'permanent' ? 'Permanent' : 'Dynamic',
    ...(title !== undefined && { title }),
    mimeTypes: format === 'node' || mimeType === undefined ? [] : [mimeType, ...otherTypes],
    ...(format === 'node' && { ddfName: moid ?? node.moid ?? '' }),
    ...(caseSense !== undefined && { caseSense }),
  };
}

/** Formats whose values are no plain text. */
const TYPED_BY_FORMAT: readonly NodeFormat[] = ['b64', 'bin', 'node', 'null', 'xml'];

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

/** Vendors write the MOID of an interior node into MIME, too. */
function readType(
  { mimeTypes, ddfName }: DdfProperties,
  format: NodeFormat,
): Pick<Properties, 'type' | 'otherTypes' | 'moid'> {
  if (format === 'node') {
    const named = ddfName === undefined || /\s/.test(ddfName) ? '' : ddfName;
    const moid = named || mimeTypes.find(isMoid);
    return moid === undefined ? {} : { moid };
  }
  const [type, ...otherTypes] = mimeTypes;
  if (otherTypes.length > 0) return { ...(type !== undefined && { type }), otherTypes };
  return type === undefined || type === TEXT ? {} : { type };
}

function isSameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
