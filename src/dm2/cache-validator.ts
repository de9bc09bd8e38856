/**
 * The cache validator of an MO instance (DM-2.0 §11.1), made from its content alone.
 *
 * The same content gives the same CV on every bridge and after any restart. Names, formats, values and children count.
 * The order of children, ACL, title and MIME type do not, because not every way of reading a device returns them.
 */
import { hash } from 'node:crypto';
import { type LongWork, NodeCount } from '../long-work.ts';
import { isBase64, withoutWhiteSpace } from '../mo/base64.ts';
import { isBinaryFormat, type MoNode } from '../mo/node.ts';

/** Long enough that two states of one instance do not get the same CV by chance; 16 characters in a ClientURI. */
const CV_BYTES = 12;

/** The CV of the instance with this root node, in base64url, which needs no escapes in the query of a ClientURI. */
export function* cacheValidator(root: MoNode): LongWork<string> {
  return hash('sha256', yield* canonicalText(root, new NodeCount()), 'buffer')
    .subarray(0, CV_BYTES)
    .toString('base64url');
}

/** JSON arrays are unambiguous: no name or value can look like structure, and an absent value differs from an empty one. */
function* canonicalText(node: MoNode, count: NodeCount): LongWork<string> {
  if (node.children === undefined) return JSON.stringify([node.name, node.format, canonicalValue(node) ?? null]);
  const children: string[] = [];
  for (const child of node.children) {
    if (count.endsPart()) yield;
    children.push(yield* canonicalText(child, count));
  }
  // Each text starts with the node's name, so this sorts by name, and nodes of one name by content.
  children.sort();
  return `[${JSON.stringify(node.name)},${JSON.stringify(node.format)},[${children.join(',')}]]`;
}

/** Line breaks in base64 depend on how the value was sent, and are no content. */
function canonicalValue({ format, value }: MoNode): string | undefined {
  if (value === undefined || !isBinaryFormat(format)) return value;
  return isBase64(value) ? withoutWhiteSpace(value) : value;
}
