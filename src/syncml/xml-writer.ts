/**
 * Elements to XML text.
 *
 * Namespaces are written as default declarations where they change from the parent's, the form that every device
 * reads. Opaque bytes have no form of their own in XML and are written as base64.
 *
 * @see Namespaces in XML 1.0 §6.2 (defaulting), DMREPPRO (binary data in XML)
 */
import { type Element, isElement } from '../wbxml/element.ts';
import { escapeText } from './xml-text.ts';

/** Writes an element; `inheritedNamespace` is the default namespace in force around it. */
export function writeXml(element: Element, inheritedNamespace = ''): string {
  const { name, namespace, content } = element;
  const declaration = namespace === inheritedNamespace ? '' : ` xmlns="${escapeAttribute(namespace)}"`;
  if (content.length === 0) return `<${name}${declaration}/>`;
  let inside = '';
  for (const part of content) {
    if (typeof part === 'string') inside += escapeText(part);
    else inside += isElement(part) ? writeXml(part, namespace) : toBase64(part);
  }
  return `<${name}${declaration}>${inside}</${name}>`;
}

/** The base64 text of some bytes (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function escapeAttribute(text: string): string {
  const escaped = escapeText(text).replaceAll('"', '&quot;');
  return escaped.replace(/[\t\n]/g, (space) => `&#${space.charCodeAt(0)};`);
}
