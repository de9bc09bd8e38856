/** Limits of a document, and the report of what was accepted. */
export interface XmlOptions {
  /** The greatest number of elements inside each other, the root included; 64 if absent. */
  readonly maxDepth?: number;
  /**
   * The greatest number of elements and attributes together; 100 000 if absent. Attributes count twice, and those beside declared
   * prefixes fourfold.
   */
  readonly maxElements?: number;
  /** A NUL at the end of a text, directly before a tag, is dropped: some devices count the end of their C strings. */
  readonly trailingNul?: boolean;
  /** Called for a dropped NUL, and when the document has a DOCTYPE that names a DTD, which DM documents should not have. */
  readonly onTolerated?: (tolerance: 'doctype' | 'trailing NUL') => void;
}
