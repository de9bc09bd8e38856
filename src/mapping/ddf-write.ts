/**
 * Writes the DDF of a bridged MO, to which the list of MOs in Package#1 links (DM-2.0 §6.3.2, §6.4).
 *
 * The document describes the MO as the backend sees it: with the names and the MOID of DM 2.0, without hidden nodes.
 */

import { ROOT } from '../mo/loc-uri.ts';
import type { Mutable } from '../mutable.ts';
import { type DdfHead, type DdfSource, ddfDocumentParts } from '../xml-data/ddf-writer.ts';
import { writeProperties } from './ddf-properties.ts';
import { isHidden, type MoMapping, type NodeDescription } from './mapping.ts';
import { type MoPlace, parentOfRoots } from './mo-place.ts';

/**
 * The text of the document, in parts that are made one by one. Where the MO has one usual LocURI, the root node has its Path. An MO
 * with definitions for single places has a Node for each of them, and one without Path when instances may be elsewhere.
 */
export function ddfParts(mapping: MoMapping): Iterable<string> {
  const document: Mutable<DdfHead> = { verDtd: '1.2', nodes: lazily(() => rootsOf(mapping)) };
  if (mapping.man !== undefined) document.man = mapping.man;
  if (mapping.mod !== undefined) document.mod = mapping.mod;
  return ddfDocumentParts(document);
}

function* rootsOf(mapping: MoMapping): Generator<DdfSource, void> {
  const { places, definitions = [], description } = mapping;
  const isDescribed = definitions.length === 0 || description.children.length > 0;
  if (isDescribed) yield toRoot(mapping, description, places.length === 1 ? places[0] : undefined);
  for (const each of definitions) yield toRoot(mapping, each.description, each.place);
}

function toRoot(mapping: MoMapping, description: NodeDescription, place: MoPlace | undefined): DdfSource {
  const root: Mutable<DdfSource> = toNode(mapping, description, []);
  const parent = place === undefined ? undefined : parentOfRoots(place);
  if (parent !== undefined && parent !== ROOT) root.path = parent;
  return root;
}

function toNode(mapping: MoMapping, node: NodeDescription, path: readonly string[]): DdfSource {
  return {
    name: node.name,
    properties: writeProperties(node, path.length === 0 ? mapping.moid : undefined),
    nodes: lazily(() => childrenOf(mapping, node, path)),
  };
}

function* childrenOf(mapping: MoMapping, node: NodeDescription, path: readonly string[]): Generator<DdfSource, void> {
  for (const child of node.children) {
    const at = [...path, child.name];
    if (!isHidden(mapping, at)) yield toNode(mapping, child, at);
  }
}

/** Nodes that are made when they are written. */
function lazily(make: () => Iterator<DdfSource>): Iterable<DdfSource> {
  return { [Symbol.iterator]: make };
}
