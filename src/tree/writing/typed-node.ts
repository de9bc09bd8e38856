/**
 * Nodes that bring a format of their own, held against what the place has and what the MO's definition says (DM-2.0 §6.3.1).
 */
import { DecodeError } from '../../errors.ts';
import { isInterior, type MoNode, type NodeFormat } from '../../mo/node.ts';
import { type Describe, isLexical } from '../../translate/mo-data.ts';

/**
 * The node in the format that it is to be written in: what the device has, else the definition's, else its own.
 * @throws DecodeError ERR_MO_DATA_SHAPE for a node or value against that
 */
export function typedNode(node: MoNode, name: string, describe: Describe, existing: MoNode | undefined): MoNode {
  const described = describe([]);
  const known = [existing?.format, described?.format].filter((format) => format !== undefined);
  if (known.some((format) => (format === 'node') !== isInterior(node))) throw against(name, known[0] ?? 'node');
  if (isInterior(node)) {
    const type = existing?.type ?? node.type;
    const children = (node.children ?? []).map((child) => {
      const before = existing?.children?.find((each) => each.name === child.name);
      return typedNode(child, child.name, (path) => describe([child.name, ...path]), before);
    });
    return { name, format: 'node', ...(type === undefined ? {} : { type }), children };
  }
  const format = known[0] ?? node.format;
  if (known.length > 0 && !known.some((each) => isKin(node.format, each))) throw against(name, format);
  const type = node.type ?? existing?.type ?? described?.type;
  const leaf: MoNode = { name, format, ...(type === undefined ? {} : { type }) };
  // A document may leave a value open: what is there stays.
  const value = node.value ?? existing?.value;
  if (format === 'null' || value === undefined) return leaf;
  if (![format, ...known].every((each) => isLexical(value, each))) throw against(name, format);
  return { ...leaf, value };
}

/** Both are bytes; and a document that tells no format has read as `chr`, which any text may be. */
function isKin(own: NodeFormat, other: NodeFormat): boolean {
  const isBinary = (format: NodeFormat) => format === 'b64' || format === 'bin';
  if (own === other || (isBinary(own) && isBinary(other))) return true;
  return own === 'chr' && !isBinary(other) && other !== 'null';
}

/** Never quotes the value: it may be a secret. */
function against(name: string, format: NodeFormat): DecodeError {
  return new DecodeError('ERR_MO_DATA_SHAPE', `not a value of format ${format}: ${name}`, { place: { node: name } });
}
