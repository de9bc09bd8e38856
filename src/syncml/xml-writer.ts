/**
 * Writes elements as XML text.
 *
 * An element whose namespace differs from that of its parent gets a default declaration, the form that every device
 * reads. XML has no form for opaque bytes; they are written as base64.
 *
 * @see Namespaces in XML 1.0 §6.2 (defaulting), DMREPPRO (binary data in XML)
 */
import { type Element, isElement } from '../wbxml/element.ts';
import { escapeText } from './xml-text.ts';

/** Returns the text of an element; `inheritedNamespace` is the default namespace of its parent. */
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

/** Returns the base64 text of some bytes (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function escapeAttribute(text: string): string {
  const escaped = escapeText(text).replaceAll('"', '&quot;');
  return escaped.replace(/[\t\n]/g, (space) => `&#${space.charCodeAt(0)};`);
}
