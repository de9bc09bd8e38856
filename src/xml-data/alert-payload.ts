/**
 * Converts the XML data of a Generic Alert into a JSON object, whose members are the child elements.
 *
 * The data is a fragment: one or more elements, with comments and white space around them. A schema says which texts are
 * numbers or booleans, and which elements are lists even when there is only one. Without a schema each text is a string.
 *
 * @see OMA-TS-DM_Protocol 2.0 §13.1
 */
import { DecodeError } from '../errors.ts';
import { toJsonNumber } from '../json-text.ts';
import { parseXml } from '../syncml/xml-reader.ts';
import { type Element, isElement, stringContent } from '../wbxml/element.ts';

/** The JSON types of the elements, as `json` under `alertTypes` of a mapping file has them. */
export type FragmentSchema =
  | { readonly type: 'string' | 'integer' | 'number' | 'boolean' }
  | { readonly type: 'array'; readonly items: FragmentSchema }
  | { readonly type: 'object'; readonly properties: Readonly<Record<string, FragmentSchema>> };

/** The schema of an element that the schema of the fragment does not name. */
const TEXT: FragmentSchema = { type: 'string' };

/** Returns the object; `undefined` when the text is not an XML fragment of elements only. */
export function parseFragment(text: string, schema: FragmentSchema): Readonly<Record<string, unknown>> | undefined {
  const root = readFragment(text);
  if (root === undefined || !root.content.some(isElement) || stringContent(root).trim() !== '') return undefined;
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
  const members: [string, unknown][] = [];
  for (const [name, elements] of groups) {
    const memberSchema = Object.hasOwn(properties, name) ? (properties[name] ?? TEXT) : TEXT;
    members.push([name, toMember(elements, memberSchema)]);
  }
  // Object.fromEntries also takes the name "__proto__", which an assignment does not.
  return Object.fromEntries(members);
}

/** The value of all child elements of one name: a list when the schema says so or when there are several. */
function toMember(elements: readonly Element[], schema: FragmentSchema): unknown {
  const itemSchema = schema.type === 'array' ? schema.items : schema;
  const values = elements.map((element) => toValue(element, itemSchema));
  return schema.type === 'array' || values.length > 1 ? values : values[0];
}

function toValue(element: Element, schema: FragmentSchema): unknown {
  if (schema.type === 'object' || element.content.some(isElement)) return toObject(element, schema);
  const text = stringContent(element);
  const trimmed = text.trim();
  switch (schema.type) {
    case 'integer':
      return /^[+-]?\d+$/.test(trimmed) ? (toJsonNumber(trimmed) ?? text) : text;
    case 'number':
      return toJsonNumber(trimmed) ?? text;
    case 'boolean':
      return /^(true|false)$/i.test(trimmed) ? trimmed.toLowerCase() === 'true' : text;
    default:
      return text;
  }
}
