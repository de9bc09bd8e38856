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
import { type LongWork, NodeCount } from '../long-work.ts';
import { describeChild, describeNode, type MoMapping, type NodeDescription } from '../mapping/mapping.ts';
import { isLexical } from '../mo/lexical-form.ts';
import { childrenByName, type MoNode, type NodeFormat } from '../mo/node.ts';
import type { NodePath } from '../mo/node-path.ts';
import type { Mutable } from '../mutable.ts';
import { isXmlText } from '../syncml/xml-text.ts';

/** The description of a node in the MO's definition; the path counts from the node that is converted. */
export type Describe = (path: NodePath) => NodeDescription | undefined;

/** The descriptions of the node at `path` below the MO root and of the nodes below it. */
export function descriptionsAt(mapping: MoMapping, path: NodePath): Describe {
  return (below) => describeNode(mapping, [...path, ...below]);
}

/** The JSON value of a node: an object for interior nodes, else the value by its format. */
export function* toMoData(node: MoNode, describe: Describe): LongWork<unknown> {
  const described = describe([]);
  return node.format === 'node' ? yield* toJsonObject(node, described, new NodeCount()) : toJsonLeaf(node, described);
}

function* toJsonObject(
  { children = [] }: MoNode,
  described: NodeDescription | undefined,
  count: NodeCount,
): LongWork<Readonly<Record<string, unknown>>> {
  const members: Record<string, unknown> = {};
  for (const child of children) {
    if (count.endsPart()) yield;
    const own = described === undefined ? undefined : describeChild(described, child.name);
    addMember(
      members,
      child.name,
      child.format === 'node' ? yield* toJsonObject(child, own, count) : toJsonLeaf(child, own),
    );
  }
  return members;
}

function toJsonLeaf({ format, value }: MoNode, described: NodeDescription | undefined): unknown {
  return format === 'null' || value === undefined ? null : toJsonValue(value, shownFormat(format, described));
}

/** `__proto__` is a legal node name, and assigning it would set the prototype. */
function addMember(members: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') members[name] = value;
  else Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
}

/** The format under which the backend sees a leaf: that of the description, unless it allows no value. */
function shownFormat(own: NodeFormat, described: NodeDescription | undefined): NodeFormat {
  const hasNoValue = described === undefined || described.format === 'node' || described.format === 'null';
  return hasNoValue ? own : described.format;
}

/**
 * The tree of a JSON value. A node has the format that it has on the device, else that of the description, else one that
 * follows from the JSON type.
 * @throws DecodeError ERR_MO_DATA_SHAPE for a value against its format; the command then fails with 415
 */
export function* fromMoData(json: unknown, name: string, describe: Describe, existing?: MoNode): LongWork<MoNode> {
  return yield* fromJson(json, { name, describe, existing, path: [name], count: new NodeCount() });
}

/** The node that a JSON value is for. */
interface Destination {
  readonly name: string;
  readonly describe: Describe;
  readonly existing: MoNode | undefined;
  /** Names from the top of the document, for error messages. */
  readonly path: NodePath;
  readonly count: NodeCount;
}

function* fromJson(json: unknown, destination: Destination): LongWork<MoNode> {
  const { name, describe, existing, path } = destination;
  const described = describe([]);
  const expected = existing?.format ?? described?.format;
  if (isObject(json)) {
    if (expected !== undefined && expected !== 'node') throw formatError(path, expected);
    return yield* interiorFromJson(json, destination);
  }
  if (expected === 'node') throw formatError(path, 'node');
  if (expected === undefined && typeof json === 'string' && !isXmlText(json)) {
    return { name, format: 'bin', value: bytesOfText(json, path) };
  }
  const format = expected ?? formatOfJson(json, path);
  const leaf: Mutable<MoNode> = { name, format };
  const type = existing === undefined ? described?.type : existing.type;
  if (type !== undefined) leaf.type = type;
  if (format === 'null') {
    if (json !== null && json !== '') throw formatError(path, 'null');
    return leaf;
  }
  // A node without value reads as null, and null leaves it without value.
  if (json === null) {
    if (existing === undefined || existing.value !== undefined) throw formatError(path, format);
    return leaf;
  }
  const shown = shownFormat(format, described);
  const value = toText(json, { shown, own: format }, path);
  if (!isLexical(value, format) || !isLexical(value, shown)) throw formatError(path, format);
  leaf.value = format === 'int' || format === 'float' || format === 'bool' ? value.trim() : value;
  return leaf;
}

/** Returns text that XML cannot hold as the base64 of its UTF-8; UTF-8 has no lone surrogates. */
function bytesOfText(text: string, path: NodePath): string {
  if (!text.isWellFormed()) throw formatError(path, 'chr');
  return Buffer.from(text).toString('base64');
}

function* interiorFromJson(
  json: Readonly<Record<string, unknown>>,
  { name, describe, existing, path, count }: Destination,
): LongWork<MoNode> {
  const before = childrenByName(existing);
  const children: MoNode[] = [];
  for (const [childName, value] of Object.entries(json)) {
    if (count.endsPart()) yield;
    if (!isXmlText(childName)) {
      throw new DecodeError('ERR_MO_DATA_SHAPE', `a name that XML cannot hold below ${path.join('/')}`);
    }
    const child = {
      name: childName,
      describe: (below: NodePath) => describe([childName, ...below]),
      existing: before.get(childName),
      path: [...path, childName],
      count,
    };
    children.push(yield* fromJson(value, child));
  }
  const node: Mutable<MoNode> = { name, format: 'node', children };
  if (existing?.type !== undefined) node.type = existing.type;
  return node;
}

/** The JSON value of a leaf's text; text that its format does not allow stays text. */
function toJsonValue(value: string, format: NodeFormat): unknown {
  const trimmed = value.trim();
  if (format === 'bool') return isLexical(value, 'bool') ? trimmed.toLowerCase() === 'true' : value;
  if (format === 'int' || format === 'float') {
    return isLexical(value, format) ? (toJsonNumber(trimmed) ?? value) : value;
  }
  return value;
}

/** The format under which the backend saw a node, and the node's own. */
interface Formats {
  readonly shown: NodeFormat;
  readonly own: NodeFormat;
}

/**
 * The text of a JSON value for a leaf. A leaf of text takes numbers, with their digits, and truth values: devices that tell no
 * formats seem to have text everywhere.
 */
function toText(json: unknown, { shown, own }: Formats, path: NodePath): string {
  if (typeof json === 'string') {
    const isBool = shown === 'bool' || own === 'bool';
    return isBool && isLexical(json, 'bool') ? json.trim().toLowerCase() : json;
  }
  const digits = digitsOf(json);
  if (digits !== undefined) {
    if (shown === 'int' || own === 'int') return integerDigits(digits) ?? digits;
    if (shown === 'float' || own === 'float' || TEXT_FORMATS.has(own)) return digits;
  }
  if (typeof json === 'boolean' && (shown === 'bool' || own === 'bool' || own === 'chr')) return String(json);
  throw formatError(path, shown);
}

const TEXT_FORMATS: ReadonlySet<NodeFormat> = new Set(['chr', 'date', 'time']);

function formatOfJson(json: unknown, path: NodePath): NodeFormat {
  if (json === null) return 'null';
  if (typeof json === 'string') return 'chr';
  if (typeof json === 'boolean') return 'bool';
  const digits = digitsOf(json);
  // `1.0` and `1e3` keep their spelling, which is not that of an int.
  if (digits !== undefined) return isLexical(digits, 'int') ? 'int' : 'float';
  throw new DecodeError('ERR_MO_DATA_SHAPE', 'a list is no MO data', { place: { node: path.join('/') } });
}

/** True for a JSON object; false for a number that is represented as an object. */
export function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && digitsOf(json) === undefined;
}

/** Never quotes the value: it may be a secret. */
function formatError(path: NodePath, format: NodeFormat): DecodeError {
  return new DecodeError('ERR_MO_DATA_SHAPE', `not a value of format ${format}: ${path.join('/')}`, {
    place: { node: path.join('/') },
  });
}
