/**
 * Decodes and encodes a WBXML document inside opaque Data: TNDS of Type `application/vnd.syncml.dmtnds+wbxml`.
 *
 * Such a document is complete: it has its own header and string table and starts at code page 0, whatever page the
 * message is on. Type names the form of the bytes in Data, so a conversion into another form changes Type, too.
 *
 * @see OMA-TS-DM_TNDS "MIME type"; WAP-192-WBXML §5.8.4.6 "Opaque data"
 */
import { DecodeError } from '../errors.ts';
import { decodeWbxml } from '../wbxml/decode.ts';
import type { Element } from '../wbxml/element.ts';
import { encodeWbxml } from '../wbxml/encode.ts';
import { DM_DDF_1_2, SYNCML_TABLES } from './code-pages.ts';
import { parseXml } from './xml-reader.ts';

/** The media type of TNDS as XML text. */
export const TNDS_XML_TYPE = 'application/vnd.syncml.dmtnds+xml';
/** The media type of TNDS as a WBXML document. */
export const TNDS_WBXML_TYPE = 'application/vnd.syncml.dmtnds+wbxml';

/**
 * Decodes the document in opaque Data. XML text is accepted, too: a widespread converter calls XML text `+wbxml` when
 * the message around it is WBXML. A NUL at the end of a value is dropped. Strings and opaque data in the tree share memory with `bytes`.
 * @throws DecodeError ERR_WBXML_* or ERR_XML_*; the offset counts from the start of the embedded document
 */
export function decodeEmbedded(bytes: Uint8Array): Element {
  const [first = 0] = bytes;
  return first > LAST_VERSION_BYTE
    ? parseXml(decodeUtf8(bytes), { trailingNul: true })
    : decodeWbxml(bytes, SYNCML_TABLES).root;
}

/** WBXML 1.x begins with its minor version, which is at most this byte. No text begins with such a byte. */
const LAST_VERSION_BYTE = 0x0f;

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch (cause) {
    throw new DecodeError('ERR_XML_SYNTAX', 'an embedded document that is neither WBXML nor UTF-8 text', { cause });
  }
}

/**
 * Encodes a DDF or TNDS document for opaque Data.
 * @throws MappingError ERR_NO_MAPPING for an element without token; all elements of TNDS have one
 */
export function encodeEmbedded(root: Element): Uint8Array {
  return encodeWbxml(root, { type: DM_DDF_1_2 });
}
