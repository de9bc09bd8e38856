/**
 * The XML data of a Generic Alert → a JSON object, child elements becoming properties.
 *
 * The data is a fragment: one or more elements with comments and white space around them. A schema says which texts are
 * numbers or booleans and which elements are lists although there is only one; without it everything is a string.
 *
 * @see OMA-TS-DM_Protocol 2.0 §13.1
 */
import { DecodeError } from '../errors.ts';
import { parseXml } from '../syncml/xml-reader.ts';
import { type Element, isElement } from '../wbxml/element.ts';

/** What the elements become; the shape of `json` in a mapping's alertTypes. */
export type FragmentSchema =
  | { readonly type: 'string' | 'integer' | 'number' | 'boolean' }
  | { readonly type: 'array'; readonly items: FragmentSchema }
  | { readonly type: 'object'; readonly properties: Readonly<Record<string, FragmentSchema>> };

/** The object, or undefined when the text is no XML fragment that holds elements only. */
export function parseFragment(text: string, schema: FragmentSchema): Readonly<Record<string, unknown>> | undefined {
  const root = readFragment(text);
  if (root === undefined || !root.content.some(isElement) || textOf(root).trim() !== '') return undefined;
  return toObject(root, schema);
}

function readFragment(text: string): Element | undefined {
  try {
    return parseXml(`<fragment>${text}</fragment>`);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function toObject(element: Element, schema: FragmentSchema): Readonly<Record<string, unknown>> {
  const properties = schema.type === 'object' ? schema.properties : {};
  const groups = Map.groupBy(element.content.filter(isElement), ({ name }) => name);
  const members = [...groups].map(([name, elements]) => {
    const own: FragmentSchema = Object.hasOwn(properties, name) ? (properties[name] ?? TEXT) : TEXT;
    const items = own.type === 'array' ? own.items : own;
    const values = elements.map((each) => toValue(each, items));
    return [name, own.type === 'array' || values.length > 1 ? values : values[0]] as const;
  });
  return Object.fromEntries(members);
}

function toValue(element: Element, schema: FragmentSchema): unknown {
  if (schema.type === 'object' || element.content.some(isElement)) return toObject(element, schema);
  const text = textOf(element);
  const trimmed = text.trim();
  if (schema.type === 'integer' && /^[+-]?\d+$/.test(trimmed) && Number.isSafeInteger(Number(trimmed)))
    return Number(trimmed);
  if (schema.type === 'number' && trimmed !== '' && Number.isFinite(Number(trimmed))) return Number(trimmed);
  if (schema.type === 'boolean' && /^(true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true';
  return text;
}

function textOf(element: Element): string {
  return element.content.filter((part) => typeof part === 'string').join('');
}

const TEXT: FragmentSchema = { type: 'string' };
