/**
 * XML documents that people write and drop into folders: bytes → text → the neutral tree.
 *
 * They differ from messages in two ways. Editors save them in UTF-16 or with a byte order mark; and vendors' DDFs carry
 * an internal DTD subset that holds nothing but a processing instruction. Such a subset declares nothing, so it is
 * blanked out, offsets kept; one that declares anything reaches the strict reader as it is and is refused there.
 *
 * @see XML 1.0 (Fifth Edition) §2.8, Appendix F (detection of encodings)
 */
import { DecodeError } from '../errors.ts';
import { decodeEmbedded } from '../syncml/embedded-document.ts';
import { parseXml } from '../syncml/xml-reader.ts';
import { writeXml } from '../syncml/xml-writer.ts';
import type { Element } from '../wbxml/element.ts';

/** A DDF of one MO with thousands of policies has some hundred thousand elements. */
const LIMITS = { maxDepth: 128, maxElements: 1_000_000 };

/** The text of a file: by its byte order mark, else by its XML declaration, else UTF-8. */
export function decodeXmlBytes(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DecodeError('ERR_XML_SYNTAX', `the text is not ${encoding}`, { cause });
  }
}

/**
 * The text of a document that may come as WBXML, too (`application/vnd.syncml.dmddf+wbxml`, `…dmtnds+wbxml`).
 * @throws DecodeError when the bytes are neither
 */
export function decodeTreeBytes(bytes: Uint8Array): string {
  return isWbxml(bytes) ? writeXml(decodeEmbedded(bytes)) : decodeXmlBytes(bytes);
}

/** It begins with its version, then a public identifier; no text does, in whatever encoding. */
export function isWbxml([first = 0, second]: Uint8Array): boolean {
  return first <= 3 && second !== undefined && second !== 0x3c;
}

/** Reads a whole document, with the limits of data instead of those of messages. */
export function parseDataXml(text: string): Element {
  return parseXml(withoutIdleSubset(text), LIMITS);
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return 'utf-16be';
  const start = new TextDecoder('windows-1252').decode(bytes.subarray(0, 100));
  return /^<\?xml[^>]*encoding\s*=\s*["'](?:iso-8859-1|windows-1252)["']/i.test(start) ? 'windows-1252' : 'utf-8';
}

/** Comments, processing instructions and white space, and no declaration. */
const IDLE = /^(?:\s|<\?[^>]*\?>|<!--(?:[^-]|-[^-])*-->)*$/;

function withoutIdleSubset(text: string): string {
  const doctype = text.indexOf('<!DOCTYPE');
  const open = doctype < 0 ? -1 : text.indexOf('[', doctype);
  const close = open < 0 ? -1 : text.indexOf(']', open);
  // Both must stand before the root element, the first tag whose name is no declaration.
  if (close < 0 || /<[^!?]/.test(text.slice(0, close).replaceAll(/<!--[\s\S]*?-->/g, ''))) return text;
  if (!IDLE.test(text.slice(open + 1, close))) return text;
  return text.slice(0, open) + ' '.repeat(close + 1 - open) + text.slice(close + 1);
}
