/**
 * The cache validator of an MO instance (DM-2.0 §11.1), made from its content alone.
 *
 * The same content gives the same CV on every bridge, after any restart, however it was read: names, formats, values and
 * children count; their order, ACL, title and MIME type (which not every way of reading tells) do not.
 */
import { hash } from 'node:crypto';
import type { MoNode } from '../mo/node.ts';

/** Long enough that two states of one instance never share one by chance; 16 characters in a ClientURI. */
const CV_BYTES = 12;

/** The CV of the instance whose root node this is: base64url, safe in a ClientURI's query as it is. */
export function cacheValidator(root: MoNode): string {
  return hash('sha256', canonicalText(root), 'buffer').subarray(0, CV_BYTES).toString('base64url');
}

/** JSON arrays are unambiguous: no name or value can pass for structure, and an absent value is not an empty one. */
function canonicalText(node: MoNode): string {
  if (node.children === undefined) return JSON.stringify([node.name, node.format, canonicalValue(node) ?? null]);
  // Each text starts with the node's name, so this sorts by name, and namesakes by content.
  const children = node.children.map(canonicalText).sort();
  return `[${JSON.stringify(node.name)},${JSON.stringify(node.format)},[${children.join(',')}]]`;
}

/** Line breaks inside base64 belong to the way it was sent, not to the content. */
function canonicalValue({ format, value }: MoNode): string | undefined {
  return format === 'b64' || format === 'bin' ? value?.replaceAll(/\s/g, '') : value;
}
