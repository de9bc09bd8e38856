/**
 * Reads XML documents from files: bytes → text → tree.
 *
 * Files differ from messages in two ways. Editors save them in UTF-16 or with a byte order mark. And the DDFs of some
 * vendors have an internal DTD subset with a processing instruction only. Such a subset declares nothing, so it is
 * replaced by spaces, which keeps all offsets. The strict reader refuses a subset that declares anything.
 *
 * @see XML 1.0 (Fifth Edition) §2.8, Appendix F (detection of encodings)
 */
import { DecodeError } from '../errors.ts';
import { decodeEmbedded } from '../syncml/embedded-document.ts';
import { parseXml } from '../syncml/xml-reader.ts';
import { writeXml } from '../syncml/xml-writer.ts';
import type { Element } from '../wbxml/element.ts';

/** A DDF of an MO with thousands of policies has several hundred thousand elements. */
const LIMITS = { maxDepth: 128, maxElements: 1_000_000 };

/**
 * Decodes the text of a file. The byte order mark decides the encoding, else the XML declaration, else it is UTF-8.
 * @throws DecodeError ERR_XML_SYNTAX when the bytes are not in that encoding
 */
export function decodeXmlBytes(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DecodeError('ERR_XML_SYNTAX', `the text is not ${encoding}`, { cause });
  }
}

/**
 * Decodes the XML text of a DDF or TNDS document, which may also be WBXML (`application/vnd.syncml.dmddf+wbxml`,
 * `application/vnd.syncml.dmtnds+wbxml`).
 * @throws DecodeError ERR_XML_SYNTAX or ERR_WBXML_* when the bytes are neither
 */
export function decodeTreeBytes(bytes: Uint8Array): string {
  return isWbxml(bytes) ? writeXml(decodeEmbedded(bytes)) : decodeXmlBytes(bytes);
}

/** True for WBXML. It begins with its version and a public identifier; text in any encoding begins otherwise. */
export function isWbxml([first = 0, second]: Uint8Array): boolean {
  return first <= 3 && second !== undefined && second !== 0x3c;
}

/**
 * Parses a whole document with the limits for files, which are higher than those for messages.
 * @throws DecodeError ERR_XML_SYNTAX or ERR_XML_LIMIT
 */
export function parseDataXml(text: string): Element {
  return parseXml(blankEmptySubset(text), LIMITS);
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf-16be';
  const start = new TextDecoder('windows-1252').decode(bytes.subarray(0, 100));
  return /^<\?xml[^>]*encoding\s*=\s*["'](?:iso-8859-1|windows-1252)["']/i.test(start) ? 'windows-1252' : 'utf-8';
}

/** Comments, processing instructions and white space: an internal subset that declares nothing. */
const EMPTY_SUBSET = /^(?:\s|<\?[^>]*\?>|<!--(?:[^-]|-[^-])*-->)*$/;

/** Replaces an internal subset that declares nothing by spaces. */
function blankEmptySubset(text: string): string {
  const doctype = text.indexOf('<!DOCTYPE');
  const open = doctype < 0 ? -1 : text.indexOf('[', doctype);
  const close = open < 0 ? -1 : text.indexOf(']', open);
  // Both brackets must come before the root element, which is the first tag that is not a declaration.
  if (close < 0 || /<[^!?]/.test(text.slice(0, close).replaceAll(/<!--[\s\S]*?-->/g, ''))) return text;
  if (!EMPTY_SUBSET.test(text.slice(open + 1, close))) return text;
  return text.slice(0, open) + ' '.repeat(close + 1 - open) + text.slice(close + 1);
}
