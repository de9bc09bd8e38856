/**
 * Makes elements of the namespace that DDF and TNDS documents share.
 *
 * @see OMA-TS-DM_TND 1.2 "Device Description Framework"; OMA-TS-DM_TNDS 1.2
 */
import { DDF_NAMESPACE } from '../syncml/namespaces.ts';
import type { Element } from '../wbxml/element.ts';

/** Makes an element with child elements; without children an empty element such as `<chr/>`. */
export function ddfElement(name: string, children: readonly Element[] = []): Element {
  return { name, namespace: DDF_NAMESPACE, content: children };
}

/** Makes an element with text; an empty text makes an empty element. */
export function ddfTextElement(name: string, text: string): Element {
  return { name, namespace: DDF_NAMESPACE, content: text === '' ? [] : [text] };
}
