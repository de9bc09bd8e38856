/**
 * The tree that the readers of XML and WBXML return and their writers take.
 *
 * It has no attributes: SyncML DM uses only namespace declarations, and those become `namespace`.
 *
 * @see DMREPPRO "XML usage"
 */

/** An element. */
export interface Element {
  /** The local name, without prefix. */
  readonly name: string;
  /** '' when no namespace is declared. */
  readonly namespace: string;
  /** In document order. One text may be several neighbouring strings. */
  readonly content: readonly Content[];
}

/** Text, opaque bytes (WBXML OPAQUE only) or a child element. */
export type Content = string | Uint8Array | Element;

/** True for a child element, false for text and bytes. */
export function isElement(content: Content): content is Element {
  return typeof content === 'object' && !(content instanceof Uint8Array);
}

/** The strings of an element, joined. Its child elements and its bytes are left out. */
export function stringContent({ content }: Element): string {
  let text = '';
  for (const part of content) if (typeof part === 'string') text += part;
  return text;
}
