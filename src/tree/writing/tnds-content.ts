/** TNDS documents of HGET, as elements. */
import { contentBytes } from '../../dm2/content.ts';
import type { Content } from '../../dm2/package.ts';
import { Readings } from '../../dm2/readings.ts';
import { decodeEmbedded } from '../../syncml/embedded-document.ts';
import type { Element } from '../../wbxml/element.ts';

/** The results of reading documents in advance. */
export const tndsReadings = new Readings(readTndsContent);

/**
 * The root element of a document. Only its bytes show if it is WBXML, which can be valid UTF-8.
 * @throws DecodeError ERR_XML_* or ERR_WBXML_*
 */
export function decodeTndsContent(content: Content): Element {
  return tndsReadings.read(content);
}

function readTndsContent(content: Content): Element {
  return decodeEmbedded(contentBytes(content));
}
