/**
 * Writes a mapping as a mapping file, without the keys whose values are the defaults. The inverse of `toMapping` for
 * mappings that are made of a DDF, which have no rewriting rules.
 */
import type { Mutable } from '../mutable.ts';
import type { MoMapping, NodeDescription } from './mapping.ts';
import type { MappingFile, NodeFile } from './mapping-file.ts';
import { formatMoPlace } from './mo-place.ts';

/** The file with the MOIDs, the usual LocURIs and the description. */
export function toMappingFile(mapping: MoMapping): MappingFile {
  const { moid, name, aliases, dm1Moids, find, places, newInstance, description, man, mod, minimumAccess } = mapping;
  const file: Mutable<MappingFile> = { moid, name, find };
  const isOwnMoid = dm1Moids.length === 1 && dm1Moids[0] === moid;
  if (aliases.length > 0) file.aliases = aliases;
  if (!isOwnMoid && find !== 'virtual') file.dm1Moids = dm1Moids;
  if (places.length > 0) file.roots = places.map(formatMoPlace);
  if (newInstance !== undefined) file.newInstance = newInstance;
  file.description = toNodeFile(description, 'node');
  if (man !== undefined) file.man = man;
  if (mod !== undefined) file.mod = mod;
  if (minimumAccess) file.minimumAccess = true;
  return file;
}

function toNodeFile(node: NodeDescription, formatOfChildless: 'node' | 'chr'): NodeFile {
  const { name: _, format, access, occurrence, scope, children, ...others } = node;
  const file: Mutable<NodeFile> = {};
  const isReadOnly = access.length === 1 && access[0] === 'Get';
  if (format !== (children.length > 0 ? 'node' : formatOfChildless)) file.format = format;
  if (!isReadOnly) file.access = access;
  if (occurrence !== 'One') file.occurrence = occurrence;
  if (scope !== 'dynamic') file.scope = scope;
  Object.assign(file, others);
  if (children.length > 0) {
    const nodes = children.map((child) => [child.name || '<x>', toNodeFile(child, 'chr')] as const);
    file.nodes = Object.fromEntries(nodes);
  }
  return file;
}
