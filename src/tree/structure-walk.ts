/**
 * The structure of a device that tells only a part of its tree at once: the children of each node that is told in part are
 * listed one by one, so that no node is missing (DM-TND §9.1).
 */
import type { CommandOutcome } from '../dm1/server-command.ts';
import { ProtocolError } from '../errors.ts';
import { childOf, type LocUri, ROOT } from '../mo/loc-uri.ts';
import type { MoNode } from '../mo/node.ts';
import { ANYWHERE } from '../mo/tree-change.ts';
import { isExecuted, STATUS } from '../syncml/status-codes.ts';
import { all } from '../workflow/combinators.ts';
import { emit, readOnDevice, requestFacts, type Workflow } from '../workflow/workflow.ts';
import type { ListAttribute } from './listing.ts';
import { isPartial } from './status-groups.ts';
import { getCommand, isPartialRead, listingOf, type NodeRead, nodeReadOf } from './tree-reader.ts';

/** The greatest depth at which children are listed one by one; a node below it must be listed whole. */
const MAX_DEPTH = 16;

type StructureAttribute = Exclude<ListAttribute, 'TNDS'>;

/**
 * The node at `locUri`, which the device has told only in part, with the whole structure below it.
 * @throws ProtocolError ERR_TREE_INCOMPLETE when the device does not tell the rest
 */
export function* listInParts(locUri: LocUri, attribute: StructureAttribute, depth = 0): Workflow<MoNode> {
  const node = yield* walk(locUri, attribute, depth);
  if (node === undefined) throw incomplete(locUri);
  return node;
}

/** The node with the structure below it; undefined for a node that does not exist or may not be read. */
function* walk(locUri: LocUri, attribute: StructureAttribute, depth: number): Workflow<MoNode | undefined> {
  const [plain] = yield* readOnDevice([getCommand(locUri)], ANYWHERE);
  const read = nodeReadOf(locUri, plain);
  if ('children' in read && depth === MAX_DEPTH) throw incomplete(locUri);
  if (!('children' in read)) {
    if (read.state === 'failed') throw incomplete(locUri);
    return read.state === 'present' ? read.node : undefined;
  }
  const type = read.node.type ?? (locUri === ROOT ? '' : yield* readType(locUri));
  const children = yield* all(read.children.map((name) => listOrWalk(childOf(locUri, name), attribute, depth + 1)));
  return { ...read.node, type, children: children.filter((child) => child !== undefined) };
}

/** The Type of an interior node, which a leaf has not; '' when the device does not tell it. That it refuses the property is a fact. */
function* readType(locUri: LocUri): Workflow<string> {
  if (requestFacts().facts.typeProperty === false) return '';
  const [outcome] = yield* readOnDevice([getCommand(`${locUri}?prop=Type`)], ANYWHERE);
  const isRefused = outcome?.status === STATUS.optionalFeatureNotSupported;
  if (isRefused) emit({ type: 'fact', facts: { typeProperty: false } });
  return typeOf(outcome) ?? '';
}

/** @throws ProtocolError ERR_TREE_INCOMPLETE when the device has told only a part of the node */
export function checkWhole(locUri: LocUri, read: NodeRead | undefined): void {
  if (isPartialRead(read)) throw incomplete(locUri);
}

function* listOrWalk(locUri: LocUri, attribute: StructureAttribute, depth: number): Workflow<MoNode | undefined> {
  const [outcome] = yield* readOnDevice([getCommand(`${locUri}?list=${attribute}`)], ANYWHERE);
  const listing = yield* listingOf(locUri, outcome, attribute);
  if (listing.kind === 'tree') return listing.tree;
  return yield* listing.kind === 'partial' ? listInParts(locUri, attribute, depth) : walk(locUri, attribute, depth);
}

/** The value of the Type property; undefined when the device does not tell it. */
export function typeOf(outcome: CommandOutcome | undefined): string | undefined {
  if (outcome === undefined || !isExecuted(outcome.status) || isPartial(outcome.status)) return undefined;
  return (outcome.results[0]?.data ?? '').trim();
}

function incomplete(locUri: LocUri): ProtocolError {
  return new ProtocolError('ERR_TREE_INCOMPLETE', `the device tells only a part of ${locUri}`, {
    place: { node: locUri },
  });
}
