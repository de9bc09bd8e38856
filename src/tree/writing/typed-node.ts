/** Content with formats of its own, such as TNDS, checked against the device's node and the MO's definition (DM-2.0 §6.3.1). */
import { DecodeError } from '../../errors.ts';
import type { LongWork, NodeCount } from '../../long-work.ts';
import { isLexical } from '../../mo/lexical-form.ts';
import { childrenByName, isBinaryFormat, isInterior, type MoNode, type NodeFormat } from '../../mo/node.ts';
import type { NodePath } from '../../mo/node-path.ts';
import type { Mutable } from '../../mutable.ts';
import type { Describe } from '../../translate/mo-data.ts';

/** The node that content with formats of its own is for. */
export interface TypedDestination {
  readonly name: string;
  readonly describe: Describe;
  readonly existing: MoNode | undefined;
  readonly count: NodeCount;
}

/**
 * The node in the format in which it is written: that of the device's node, else that of the definition, else its own.
 * @throws DecodeError ERR_MO_DATA_SHAPE for a node or value that this format does not allow
 */
export function* typedNode(node: MoNode, destination: TypedDestination): LongWork<MoNode> {
  const { name, describe, existing } = destination;
  const described = describe([]);
  const expected = [existing?.format, described?.format].filter((format) => format !== undefined);
  if (expected.some((format) => (format === 'node') !== isInterior(node))) {
    throw formatError(name, expected[0] ?? 'node');
  }
  if (isInterior(node)) return yield* typedInterior(node, destination);
  const format = expected[0] ?? node.format;
  if (expected.length > 0 && !expected.some((each) => isCompatible(node.format, each))) {
    throw formatError(name, format);
  }
  const leaf: Mutable<MoNode> = { name, format };
  const type = node.type ?? existing?.type ?? described?.type;
  if (type !== undefined) leaf.type = type;
  // A document may omit a value: the present one stays.
  const value = node.value ?? existing?.value;
  if (format === 'null' || value === undefined) return leaf;
  // Where the device has a value, a definition with Format null says nothing about it.
  const isAllowed = [format, ...expected].every((each) => each === 'null' || isLexical(value, each));
  if (!isAllowed) throw formatError(name, format);
  leaf.value = value;
  return leaf;
}

function* typedInterior(node: MoNode, { name, describe, existing, count }: TypedDestination): LongWork<MoNode> {
  const before = childrenByName(existing);
  const children: MoNode[] = [];
  for (const child of node.children ?? []) {
    if (count.endsPart()) yield;
    const destination = {
      name: child.name,
      describe: (path: NodePath) => describe([child.name, ...path]),
      existing: before.get(child.name),
      count,
    };
    children.push(yield* typedNode(child, destination));
  }
  const interior: Mutable<MoNode> = { name, format: 'node', children };
  const type = existing?.type ?? node.type;
  if (type !== undefined) interior.type = type;
  return interior;
}

/** True for two binary formats, and for `chr`, which a document without formats has for every text. */
function isCompatible(own: NodeFormat, other: NodeFormat): boolean {
  if (own === other || (isBinaryFormat(own) && isBinaryFormat(other))) return true;
  return own === 'chr' && !isBinaryFormat(other) && other !== 'null';
}

/** Never quotes the value: it may be a secret. */
function formatError(name: string, format: NodeFormat): DecodeError {
  return new DecodeError('ERR_MO_DATA_SHAPE', `not a value of format ${format}: ${name}`, { place: { node: name } });
}
