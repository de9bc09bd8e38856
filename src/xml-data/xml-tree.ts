/**
 * Checks that XML can hold the texts of a tree. JSON and WBXML have control characters and lone surrogates that it cannot.
 *
 * @see XML 1.0 (Fifth Edition) §2.2 Char
 */
import type { MoNode } from '../mo/node.ts';
import { isXmlText } from '../syncml/xml-text.ts';
import { type Element, isElement } from '../wbxml/element.ts';

/** True when XML can hold all names, types and values of a node and of the nodes below it. */
export function isXmlTree({ name, type = '', value = '', children = [] }: MoNode): boolean {
  return [name, type, value].every(isXmlText) && children.every(isXmlTree);
}

/** True when XML can hold all names of a node and of the nodes below it. */
export function hasXmlNames({ name, children = [] }: MoNode): boolean {
  return isXmlText(name) && children.every(hasXmlNames);
}

/** True when a node, or one below it, has a value although it should have none. */
export function hasOwnValue({ ownValue, children = [] }: MoNode): boolean {
  return ownValue !== undefined || children.some(hasOwnValue);
}

/** True when XML can hold all texts of an element and of the elements inside it. */
export function isXmlElement({ content }: Element): boolean {
  return content.every((part) => {
    if (typeof part === 'string') return isXmlText(part);
    return !isElement(part) || isXmlElement(part);
  });
}
