/** The limits of a document, beside its length. */
export interface WbxmlLimits {
  /** The greatest number of elements inside each other, the root included; 64 if absent. */
  readonly maxDepth?: number;
  /**
   * The greatest number of elements, attributes, and further pieces of text and opaque data together; 100 000 if absent. The first
   * string in an element does not count.
   */
  readonly maxElements?: number;
  /** The greatest length in bytes of all text that references take from the string table; 1 MiB if absent. */
  readonly maxTableText?: number;
}
