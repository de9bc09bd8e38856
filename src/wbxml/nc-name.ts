/**
 * Checks the name of an element in the tree: a name that XML can write, without prefix.
 *
 * @see Namespaces in XML 1.0 §3 "Declaring Namespaces", NCName
 */

const START =
  'A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C-\\u200D\\u2070-\\u218F' +
  '\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const NC_NAME = new RegExp(`^[${START}][${START}\\-.0-9\\xB7\\u0300-\\u036F\\u203F-\\u2040]*$`, 'u');

/** Nearly all names are ASCII, and this expression is ten times as fast. */
const ASCII_NAME = /^[A-Za-z_][\w.-]*$/;

/** True when the text is a name without colon. */
export function isNcName(text: string): boolean {
  return ASCII_NAME.test(text) || NC_NAME.test(text);
}
