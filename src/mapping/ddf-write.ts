/**
 * Writes the DDF of a bridged MO, to which the list of MOs in Package#1 links (DM-2.0 §6.3.2, §6.4).
 *
 * The document describes the MO as the backend sees it: with the names and the MOID of DM 2.0, without hidden nodes.
 */

import { ROOT } from '../mo/loc-uri.ts';
import type { Mutable } from '../mutable.ts';
import type { DdfDocument, DdfNode } from '../xml-data/ddf-document.ts';
import { formatDdfDocument } from '../xml-data/ddf-writer.ts';
import { writeProperties } from './ddf-properties.ts';
import { isHidden, type MoMapping, type NodeDescription } from './mapping.ts';
import { parentOfRoots } from './mo-place.ts';

/** Writes the document. Where the MO has one usual LocURI, the root node has its Path. */
export function writeDdf(mapping: MoMapping): string {
  const root: Mutable<DdfNode> = toNode(mapping, mapping.description, []);
  const [place, ...otherPlaces] = mapping.places;
  const parent = place === undefined || otherPlaces.length > 0 ? undefined : parentOfRoots(place);
  if (parent !== undefined && parent !== ROOT) root.path = parent;
  const document: Mutable<Omit<DdfDocument, 'ignored'>> = { verDtd: '1.2', nodes: [root] };
  if (mapping.man !== undefined) document.man = mapping.man;
  if (mapping.mod !== undefined) document.mod = mapping.mod;
  return formatDdfDocument(document);
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
