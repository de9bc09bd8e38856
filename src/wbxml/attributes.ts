/**
 * Steps over attributes, which the documents of this codec do not need: one phone family declares its namespace so,
 * with a literal that points into an empty string table.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.8.3 "Attribute code space"
 */
import { type ByteReader, syntaxError } from './reader.ts';
import * as Token from './tokens.ts';

/** Steps over a list of attributes, or the inside of a processing instruction, with its END. */
export function skipAttributes(reader: ByteReader): void {
  for (;;) {
    const { at } = reader;
    const token = reader.byte();
    switch (token) {
      case Token.END:
        return;
      case Token.SWITCH_PAGE:
        // Pages of attributes are counted apart from those of tags.
        reader.byte();
        break;
      case Token.STR_I:
        reader.skipString();
        break;
      case Token.OPAQUE:
        reader.skipOpaque();
        break;
      case Token.ENTITY:
      case Token.LITERAL:
      case Token.STR_T:
        reader.integer();
        break;
      default:
        if ((token & Token.TAG_BITS) < Token.FIRST_TAG) throw syntaxError(`token ${token} among attributes`, at);
    }
  }
}
