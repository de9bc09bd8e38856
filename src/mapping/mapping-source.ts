/**
 * A mapping as its file would have it, what the defaults say left out; the inverse of `toMapping`, for mappings that
 * come from a DDF and so have no rules of rewriting.
 */
import type { MoMapping, NodeDescription } from './mapping.ts';
import type { MappingFile, NodeFile } from './mapping-file.ts';

/** Writes MOID, places and description. */
export function toMappingFile(mapping: MoMapping): MappingFile {
  const { moid, name, aliases, dm1Moids, find, roots, newInstance, description, man, mod, minimumAccess } = mapping;
  const isOwnMoid = dm1Moids.length === 1 && dm1Moids[0] === moid;
  return {
    moid,
    name,
    ...(aliases.length > 0 && { aliases }),
    ...(!isOwnMoid && find !== 'virtual' && { dm1Moids }),
    find,
    ...(roots.length > 0 && { roots }),
    ...(newInstance !== undefined && { newInstance }),
    description: toNodeFile(description, 'node'),
    ...(man !== undefined && { man }),
    ...(mod !== undefined && { mod }),
    ...(minimumAccess && { minimumAccess }),
  };
}

function toNodeFile(node: NodeDescription, formatOfChildless: 'node' | 'chr'): NodeFile {
  const { name: _, format, access, occurrence, scope, children, ...others } = node;
  const implied = children.length > 0 ? 'node' : formatOfChildless;
  const isReadOnly = access.length === 1 && access[0] === 'Get';
  const nodes = children.map((child) => [child.name || '<x>', toNodeFile(child, 'chr')] as const);
  return {
    ...(format !== implied && { format }),
    ...(!isReadOnly && { access }),
    ...(occurrence !== 'One' && { occurrence }),
    ...(scope !== 'dynamic' && { scope }),
    ...others,
    ...(nodes.length > 0 && { nodes: Object.fromEntries(nodes) }),
  };
}
