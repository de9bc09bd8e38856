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

/** In characters of base64url: 12 bytes, so that two states of one instance do not get the same CV by chance. */
const CV_LENGTH = 16;

/** The CV of the instance with this root node, in base64url, which needs no escapes in the query of a ClientURI. */
export function* cacheValidator(root: MoNode): LongWork<string> {
  return hash('sha256', yield* canonicalText(root, new NodeCount()), 'base64url').slice(0, CV_LENGTH);
}

/** JSON arrays are unambiguous: no name or value can look like structure, and an absent value differs from an empty one. */
function* canonicalText(node: MoNode, count: NodeCount): LongWork<string> {
  if (node.children === undefined) return leafText(node);
  const children: string[] = [];
  for (const child of node.children) {
    if (count.endsPart()) yield;
    children.push(child.children === undefined ? leafText(child) : yield* canonicalText(child, count));
  }
  // Each text starts with the node's name, so this sorts by name, and nodes of one name by content.
  if (children.length > 1) children.sort();
  return `[${JSON.stringify(node.name)},${JSON.stringify(node.format)},[${children.join(',')}]]`;
}

function leafText(node: MoNode): string {
  return JSON.stringify([node.name, node.format, canonicalValue(node) ?? null]);
}

/** Line breaks in base64 depend on how the value was sent, and are no content. */
function canonicalValue({ format, value }: MoNode): string | undefined {
  if (value === undefined || !isBinaryFormat(format)) return value;
  return isBase64(value) ? withoutWhiteSpace(value) : value;
}
