/** The documents of TNDS that HGET fetches, as elements. */
import { contentBytes } from '../../dm2/content.ts';
import type { Content } from '../../dm2/package.ts';
import { Readings } from '../../dm2/readings.ts';
import { decodeEmbedded } from '../../syncml/embedded-document.ts';
import type { Element } from '../../wbxml/element.ts';

/** Documents that were read ahead. */
export const tndsReadings = new Readings(readTndsContent);

/**
 * The root element of a document. The bytes tell whether it is WBXML, which may well be valid UTF-8.
 * @throws DecodeError ERR_XML_* or ERR_WBXML_*
 */
export function decodeTndsContent(content: Content): Element {
  return tndsReadings.read(content);
}

function readTndsContent(content: Content): Element {
  return decodeEmbedded(contentBytes(content));
}
