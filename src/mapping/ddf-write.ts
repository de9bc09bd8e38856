/**
 * The DDF of a bridged MO, for a backend that asks what MOS links to (DM-2.0 §6.3.2, §6.4).
 *
 * It describes what the backend sees: names and MOID of DM 2.0, no nodes that are hidden from it.
 */

import type { DdfNode } from '../xml-data/ddf-document.ts';
import { formatDdfDocument } from '../xml-data/ddf-writer.ts';
import { writeProperties } from './ddf-properties.ts';
import { isHidden, type MoMapping, type NodeDescription } from './mapping.ts';

/** The document; where the MO has one usual place, its root says which. */
export function writeDdf(mapping: MoMapping): string {
  const [root, ...otherRoots] = mapping.roots;
  const path = root === undefined || otherRoots.length > 0 ? undefined : root.slice(0, root.lastIndexOf('/'));
  const node = toNode(mapping, mapping.description, []);
  return formatDdfDocument({
    verDtd: '1.2',
    ...(mapping.man !== undefined && { man: mapping.man }),
    ...(mapping.mod !== undefined && { mod: mapping.mod }),
    nodes: [{ ...node, ...(path !== undefined && path !== '.' && { path }) }],
  });
}

function toNode(mapping: MoMapping, node: NodeDescription, path: readonly string[]): DdfNode {
  const children = node.children
    .map((child) => ({ child, at: [...path, child.name] }))
    .filter(({ at }) => !isHidden(mapping, at));
  return {
    name: node.name,
    properties: writeProperties(node, path.length === 0 ? mapping.moid : undefined),
    nodes: children.map(({ child, at }) => toNode(mapping, child, at)),
  };
}
