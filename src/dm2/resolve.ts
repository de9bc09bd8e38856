/**
 * Resolves a ClientURI on the instances of its MO (DM-2.0 §6.1.2): first the instances, then the nodes in them.
 *
 * Works on whole trees: the caller has found the instances of the MOID and read their nodes. Without a wildcard the result
 * is one node or none. Below a wildcard each match is resolved by itself: one without the next name is dropped, but an
 * x-name that fits two nodes makes the whole address ambiguous, because §6.1.2 demands an error there.
 */
import { assertNever } from '../errors.ts';
import type { Miid } from '../mo/miid.ts';
import { descend, isInterior, type MoNode } from '../mo/node.ts';
import type { ClientUri, NodeValueCondition } from './client-uri.ts';

/** One instance of the MO. Without a tree it counts as an instance, but no node is found in it. */
export interface MoInstanceTree {
  readonly miid: Miid;
  readonly tree: MoNode | undefined;
}

/** A node that a ClientURI addresses. */
export interface ResolvedNode {
  readonly miid: Miid;
  /** Names from below the instance's root node; empty for the root. */
  readonly path: readonly string[];
  readonly node: MoNode;
}

/**
 * The result of resolving:
 * - `nodes`: at least one node;
 * - `empty`: no node, and a wildcard met an interior node without children (204 for GET, else 404);
 * - `notFound`: no node, or an ambiguous address (404).
 */
export type Resolution =
  | { readonly kind: 'nodes'; readonly nodes: readonly ResolvedNode[] }
  | { readonly kind: 'empty' }
  | { readonly kind: 'notFound' };

/** Resolves on all instances of the MOID. Matches have the order of the instances and of the children. */
export function resolveOnTrees(uri: ClientUri, instances: readonly MoInstanceTree[]): Resolution {
  let matches = findInstances(uri, instances);
  let metEmpty = false;
  for (const segment of uri.path) {
    switch (segment.kind) {
      case 'name':
        matches = matches.flatMap((match) => childrenWhere(match, ({ name }) => name === segment.name));
        break;
      case 'x': {
        const found = matches.map((match) =>
          childrenWhere(match, (node) => satisfies(node, segment.name, uri.conditions)),
        );
        if (found.some((nodes) => nodes.length > 1)) return { kind: 'notFound' };
        matches = found.flat();
        break;
      }
      case 'all':
        metEmpty ||= matches.some(({ node }) => isInterior(node) && node.children?.length === 0);
        matches = matches.flatMap((match) => childrenWhere(match, () => true));
        break;
      default:
        assertNever(segment);
    }
  }
  if (matches.length > 0) return { kind: 'nodes', nodes: matches };
  return { kind: metEmpty ? 'empty' : 'notFound' };
}

/** The node with `level` sublevels of children (DM-2.0 §6.1.1.3, `lv`); interior nodes of the last level become empty. */
export function truncate(node: MoNode, level: number | undefined): MoNode {
  if (level === undefined || node.children === undefined) return node;
  return { ...node, children: level === 0 ? [] : node.children.map((child) => truncate(child, level - 1)) };
}

/** Step 1: the roots of the instances that mo-inst selects; none where the specification demands an error. */
function findInstances(uri: ClientUri, instances: readonly MoInstanceTree[]): readonly ResolvedNode[] {
  const { instance } = uri;
  switch (instance.kind) {
    case 'all':
      return instances.flatMap(rootOf);
    case 'only':
      return theOnly(instances);
    case 'miid':
      return theOnly(instances.filter(({ miid }) => miid === instance.miid));
    case 'x':
      return theOnly(
        instances.filter(({ tree }) => tree !== undefined && satisfies(tree, instance.name, uri.conditions)),
      );
    default:
      return assertNever(instance);
  }
}

function theOnly(instances: readonly MoInstanceTree[]): readonly ResolvedNode[] {
  return instances.length === 1 ? instances.flatMap(rootOf) : [];
}

function rootOf({ miid, tree }: MoInstanceTree): readonly ResolvedNode[] {
  return tree === undefined ? [] : [{ miid, path: [], node: tree }];
}

function childrenWhere(parent: ResolvedNode, wanted: (node: MoNode) => boolean): readonly ResolvedNode[] {
  return (parent.node.children ?? [])
    .filter(wanted)
    .map((node) => ({ miid: parent.miid, path: [...parent.path, node.name], node }));
}

/** True when the node meets all `nv` fields of this x-name (DM-2.0 §6.1.1.3). */
function satisfies(node: MoNode, x: string, conditions: readonly NodeValueCondition[]): boolean {
  return conditions.every((condition) => condition.x !== x || descend(node, condition.path)?.value === condition.value);
}
