/**
 * WBXML documents inside opaque Data: TNDS of Type `application/vnd.syncml.dmtnds+wbxml`.
 *
 * Such a document stands for itself: it has its own header and string table and starts at code page 0, whatever was in
 * force around it. Type always tells which bytes are in Data, so whoever turns one form into the other changes both.
 *
 * @see OMA-TS-DM_TNDS "MIME type"; WAP-192-WBXML §5.8.4.6 "Opaque data"
 */
import { DecodeError } from '../errors.ts';
import { decodeWbxml } from '../wbxml/decode.ts';
import type { Element } from '../wbxml/element.ts';
import { encodeWbxml } from '../wbxml/encode.ts';
import { DM_DDF_1_2, SYNCML_TABLES } from './code-pages.ts';
import { parseXml } from './xml-reader.ts';

/** TNDS as XML text. */
export const TNDS_XML_TYPE = 'application/vnd.syncml.dmtnds+xml';
/** TNDS as a WBXML document. */
export const TNDS_WBXML_TYPE = 'application/vnd.syncml.dmtnds+wbxml';

/**
 * Reads a document out of opaque Data; XML text is read as well, because a converter in wide use calls it `+wbxml` when
 * the message around it is. Strings and opaque data in the tree share memory with `bytes`.
 * @throws DecodeError whose offset counts from the start of the embedded document
 */
export function decodeEmbedded(bytes: Uint8Array): Element {
  const [first = 0] = bytes;
  return first > LAST_VERSION_BYTE ? parseXml(decodeUtf8(bytes)) : decodeWbxml(bytes, SYNCML_TABLES).root;
}

/** WBXML 1.x begins with the minor version; no text begins with such a byte. */
const LAST_VERSION_BYTE = 0x0f;

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch (cause) {
    throw new DecodeError('ERR_XML_SYNTAX', 'an embedded document that is neither WBXML nor UTF-8 text', { cause });
  }
}

/** Writes a DDF or TNDS document for opaque Data; every element must have a token, as all of TNDS have. */
export function encodeEmbedded(root: Element): Uint8Array {
  return encodeWbxml(root, { type: DM_DDF_1_2 });
}
