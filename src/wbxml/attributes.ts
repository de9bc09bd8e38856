/**
 * Skips attributes. The documents of this codec give them no meaning, but one family of phones declares the namespace of
 * the root element with an attribute, whose name is a literal that points into an empty string table.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.8.3 "Attribute code space"
 */
import { type ByteReader, syntaxError } from './reader.ts';
import * as Token from './tokens.ts';

/** Skips a list of attributes or the content of a processing instruction, and the END after it. */
export function skipAttributes(reader: ByteReader): void {
  for (;;) {
    const start = reader.offset;
    const token = reader.readByte();
    switch (token) {
      case Token.END:
        return;
      case Token.SWITCH_PAGE:
        // This switches the page of attributes, which is independent of the page of tags.
        reader.readByte();
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
        reader.readInteger();
        break;
      default:
        if ((token & Token.TAG_BITS) < Token.FIRST_TAG) throw syntaxError(`token ${token} among attributes`, start);
    }
  }
}
