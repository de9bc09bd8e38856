/**
 * The tree that the readers of XML and WBXML return and their writers take.
 *
 * The elements of SyncML have no attributes but namespace declarations, which become `namespace`. Markup inside Data may
 * have prefixes and attributes. They are part of the value, and `startTag` keeps them.
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
  /** Absent for a tag that has neither prefix nor attributes, with no prefix declared around it. */
  readonly startTag?: StartTag;
}

/** The parts of a start tag that name and namespace do not tell. */
export interface StartTag {
  /** '' when the name has none. */
  readonly prefix: string;
  /** As written, the declarations of prefixes among them; without the declaration of the default namespace. */
  readonly attributes: readonly Attribute[];
  /** The innermost declaration of a prefix that is in force in this element. */
  readonly declarations: Declaration | undefined;
}

export interface Attribute {
  /** '' when the name has none; `xmlns` in the declaration of a prefix. */
  readonly prefix: string;
  /** The local name; the prefix in the declaration of one. */
  readonly name: string;
  /** That of the prefix; '' without prefix. */
  readonly namespace: string;
  readonly value: string;
}

/** The declaration of a prefix, as a list from the innermost to the outermost. */
export interface Declaration {
  readonly prefix: string;
  readonly uri: string;
  readonly outer: Declaration | undefined;
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
