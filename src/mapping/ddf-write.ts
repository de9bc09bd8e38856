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
import { type MoPlace, parentOfRoots } from './mo-place.ts';

/**
 * Writes the document. Where the MO has one usual LocURI, the root node has its Path. An MO with definitions for single places has
 * a Node for each of them, and one without Path when instances may be elsewhere.
 */
export function writeDdf(mapping: MoMapping): string {
  const known = documents.get(mapping);
  if (known !== undefined) return known;
  const document = documentOf(mapping);
  documents.set(mapping, document);
  return document;
}

/** The documents that were asked for, one for each mapping. Those of vendors have up to tens of thousands of nodes. */
const documents = new WeakMap<MoMapping, string>();

function documentOf(mapping: MoMapping): string {
  const { places, definitions = [], description } = mapping;
  const nodes = definitions.map((each) => toRoot(mapping, each.description, each.place));
  const isDescribed = definitions.length === 0 || description.children.length > 0;
  if (isDescribed) nodes.unshift(toRoot(mapping, description, places.length === 1 ? places[0] : undefined));
  const document: Mutable<Omit<DdfDocument, 'ignored'>> = { verDtd: '1.2', nodes };
  if (mapping.man !== undefined) document.man = mapping.man;
  if (mapping.mod !== undefined) document.mod = mapping.mod;
  return formatDdfDocument(document);
}

function toRoot(mapping: MoMapping, description: NodeDescription, place: MoPlace | undefined): DdfNode {
  const root: Mutable<DdfNode> = toNode(mapping, description, []);
  const parent = place === undefined ? undefined : parentOfRoots(place);
  if (parent !== undefined && parent !== ROOT) root.path = parent;
  return root;
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
