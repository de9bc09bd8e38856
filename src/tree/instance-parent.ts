/** The nodes above MO roots: they show that the device supports an MO, and new instances are added below them. */
import type { MoMapping } from '../mapping/mapping.ts';
import { newInstanceParents } from '../mapping/placed-definition.ts';
import type { LocUri } from '../mo/loc-uri.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { requestDiscovered, type Workflow } from '../workflow/workflow.ts';
import { readNode, type TreeRead } from './tree-reader.ts';

/** The nodes whose existence shows that the device supports the MO: parents of new instances, or an optional fixed root. */
export function evidenceNodesOf(mapping: MoMapping): readonly LocUri[] {
  const known = evidenceNodes.get(mapping);
  if (known !== undefined) return known;
  const found = findEvidenceNodes(mapping);
  evidenceNodes.set(mapping, found);
  return found;
}

/** Mappings never change, and each search for MO roots asks for those of all mappings. */
const evidenceNodes = new WeakMap<MoMapping, readonly LocUri[]>();

function findEvidenceNodes(mapping: MoMapping): readonly LocUri[] {
  const parents = newInstanceParents(mapping);
  if (parents.length > 0) return parents;
  const { find, places, description } = mapping;
  const isOptional = find === 'fixed' && description.occurrence === 'ZeroOrOne';
  return isOptional ? places.slice(0, 1).map(({ locUri }) => locUri) : [];
}

/** The result of a look for the parent of new instances. */
export type InstanceParent =
  | { readonly state: 'present'; readonly names: readonly string[] }
  | Exclude<TreeRead, { readonly state: 'present' }>;

/** The node below which new instances are added, with the names that are taken. */
export function* readInstanceParent(parent: LocUri): Workflow<InstanceParent> {
  const { places = {}, absent = [], unconfirmed = [] } = (yield* requestDiscovered()) ?? {};
  const names = places[parent];
  if (names !== undefined && !unconfirmed.includes(parent)) return { state: 'present', names };
  if (absent.includes(parent)) return { state: 'absent' };
  const read = yield* readNode(parent);
  if ('children' in read) return { state: 'present', names: read.children };
  return read.state === 'present' ? { state: 'failed', status: STATUS.commandFailed } : read;
}
