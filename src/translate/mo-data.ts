/**
 * MO data as JSON ↔ canonical MO trees (the value side of `application/dmmo+json`).
 *
 * The type of a JSON value follows the description of the node, else the format that the device gives it. Writing back
 * follows what the node has on the device, and refuses a value that its format cannot hold.
 *
 * @see OMA-TS-DM_Protocol 2.0 §7.2.1.4, §6.3.1
 */
import { DecodeError } from '../errors.ts';
import { digitsOf, integerDigits, toJsonNumber } from '../json-text.ts';
import type { NodeDescription } from '../mapping/mapping.ts';
import type { MoNode, NodeFormat } from '../mo/node.ts';

/** What the MO definition says of a node; the path counts from the node that is converted. */
export type Describe = (path: readonly string[]) => NodeDescription | undefined;

/** The JSON value of a node: an object for interior nodes, else the value by its format. */
export function toMoData(node: MoNode, describe: Describe): unknown {
  return toJson(node, describe, []);
}

function toJson(node: MoNode, describe: Describe, path: readonly string[]): unknown {
  if (node.format === 'node') {
    return Object.fromEntries(
      (node.children ?? []).map((child) => [child.name, toJson(child, describe, [...path, child.name])]),
    );
  }
  if (node.format === 'null' || node.value === undefined) return null;
  return toJsonValue(node.value, shownFormat(node.format, describe(path)));
}

/** The format under which the backend sees a leaf; a description that leaves no room for a value says nothing of one. */
function shownFormat(own: NodeFormat, described: NodeDescription | undefined): NodeFormat {
  const isSilent = described === undefined || described.format === 'node' || described.format === 'null';
  return isSilent ? own : described.format;
}

/**
 * The tree of a JSON value. Formats: what the node has on the device, else the description, else by JSON type.
 * @throws DecodeError ERR_MO_DATA_SHAPE for a value against its format; the command then fails with 415
 */
export function fromMoData(json: unknown, name: string, describe: Describe, existing?: MoNode): MoNode {
  return fromJson(json, name, describe, existing, [name]);
}

function fromJson(
  json: unknown,
  name: string,
  describe: Describe,
  existing: MoNode | undefined,
  at: readonly string[],
): MoNode {
  const described = describe([]);
  const expected = existing?.format ?? described?.format;
  if (isObject(json)) {
    if (expected !== undefined && expected !== 'node') throw against(at, expected);
    const children = Object.entries(json).map(([childName, value]) => {
      const child = existing?.children?.find((each) => each.name === childName);
      return fromJson(value, childName, (path) => describe([childName, ...path]), child, [...at, childName]);
    });
    return { name, format: 'node', ...(existing?.type === undefined ? {} : { type: existing.type }), children };
  }
  if (expected === 'node') throw against(at, 'node');
  const format = expected ?? formatOfJson(json, at);
  const type = existing === undefined ? described?.type : existing.type;
  const leaf: MoNode = { name, format, ...(type === undefined ? {} : { type }) };
  if (format === 'null') {
    if (json !== null && json !== '') throw against(at, 'null');
    return leaf;
  }
  // A node that has no value reads as null, and may be written back so.
  if (json === null) {
    if (existing === undefined || existing.value !== undefined) throw against(at, format);
    return leaf;
  }
  const shown = shownFormat(format, described);
  const value = toText(json, [shown, format], at);
  if (!isLexical(value, format) || !isLexical(value, shown)) throw against(at, format);
  return { ...leaf, value: format === 'int' || format === 'float' || format === 'bool' ? value.trim() : value };
}

/** JSON of a leaf's text; text that its format does not allow stays text. */
function toJsonValue(value: string, format: NodeFormat): unknown {
  const trimmed = value.trim();
  if (format === 'bool') return isLexical(value, 'bool') ? trimmed.toLowerCase() === 'true' : value;
  if (format === 'int' || format === 'float') {
    return isLexical(value, format) ? (toJsonNumber(trimmed) ?? value) : value;
  }
  return value;
}

/** Text of a JSON value that fits one of `formats`: the one under which the backend saw the node, or the node's own. */
function toText(json: unknown, formats: readonly NodeFormat[], at: readonly string[]): string {
  const digits = digitsOf(json);
  if (typeof json === 'boolean' && formats.includes('bool')) return String(json);
  if (digits !== undefined && formats.includes('int')) return integerDigits(digits) ?? digits;
  if (digits !== undefined && formats.includes('float')) return digits;
  if (typeof json !== 'string') throw against(at, formats[0] ?? 'chr');
  return formats.includes('bool') && isLexical(json, 'bool') ? json.trim().toLowerCase() : json;
}

/** RepPro and MetInf: the lexical forms of values; formats that are not named here take any text. */
export function isLexical(value: string, format: NodeFormat): boolean {
  if (format === 'int') return /^\s*[+-]?\d+\s*$/.test(value);
  if (format === 'float') return /^\s*([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|-?INF|NaN)\s*$/.test(value);
  if (format === 'bool') return /^\s*(true|false)\s*$/i.test(value);
  if (format === 'b64' || format === 'bin') return /^[A-Za-z0-9+/\s]*(=\s*){0,2}$/.test(value);
  return true;
}

function formatOfJson(json: unknown, at: readonly string[]): NodeFormat {
  if (json === null) return 'null';
  if (typeof json === 'string') return 'chr';
  if (typeof json === 'boolean') return 'bool';
  const digits = digitsOf(json);
  // `1.0` and `1e3` stay as they are written, which is no text of an int.
  if (digits !== undefined) return isLexical(digits, 'int') ? 'int' : 'float';
  throw new DecodeError('ERR_MO_DATA_SHAPE', 'a list is no MO data', { place: { node: at.join('/') } });
}

/** True for an object, false for a number that is held as one. */
export function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && digitsOf(json) === undefined;
}

/** Never quotes the value: it may be a secret. */
function against(at: readonly string[], format: NodeFormat): DecodeError {
  return new DecodeError('ERR_MO_DATA_SHAPE', `not a value of format ${format}: ${at.join('/')}`, {
    place: { node: at.join('/') },
  });
}
