/**
 * The neutral tree of XML and WBXML: what a reader of either yields and a writer of either takes.
 *
 * Attributes are not kept: SyncML DM has none but namespace declarations (RepPro), and those become `namespace`.
 */

/** An element; `namespace` is '' where none was declared. */
export interface Element {
  readonly name: string;
  readonly namespace: string;
  /** In document order. Neighbouring pieces of text may stand as several strings. */
  readonly content: readonly Content[];
}

/** Text, opaque bytes (WBXML OPAQUE only) or a child element. */
export type Content = string | Uint8Array | Element;

export function isElement(content: Content): content is Element {
  return typeof content === 'object' && !(content instanceof Uint8Array);
}
