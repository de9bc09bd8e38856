/**
 * TNDS20, the JSON form of MO data in the early draft of DM 2.0: `{"TNDS20":[{"MOID":…,"Path":…,"Name":"value","Interior":{…}}]}`.
 *
 * All values are strings. `MOID` and `Path` are no names of nodes directly below the top of a member.
 *
 * @see the early draft, Appendix C.1
 */
import { DecodeError } from '../../errors.ts';
import { JsonNumber, parseJson } from '../../json-text.ts';
import type { MoNode } from '../../mo/node.ts';
import type { Content, MoDataMember } from '../package.ts';
import { withoutUrn } from './answer.ts';

/** As deep as MO data of DM 2.0 may be. */
const MAX_DEPTH = 128;

/** The content of one node: its MOID and its path, and what is below it. */
export interface Tnds20Member {
  readonly moid: string;
  /** From the MOID on: `/` for the root of the only instance, `/1/Name` for a node of the instance `1`. */
  readonly path: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * Reads TNDS20 as the members of MO data. Numbers and booleans are read as their text.
 * @throws DecodeError ERR_MO_DATA_SHAPE
 */
export function parseTnds20(content: Content): readonly MoDataMember[] {
  if (!('text' in content)) throw malformed('it is not UTF-8');
  const list = membersIn(parse(content.text));
  return list.map(toMoData);
}

/** The document with these members. A node with a reserved name is left out. */
export function tnds20Document(members: readonly Tnds20Member[]): { readonly TNDS20: readonly object[] } {
  return {
    TNDS20: members.map(({ moid, path, content }) => {
      const nodes = Object.entries(content).filter(([name]) => name !== 'MOID' && name !== 'Path');
      return Object.fromEntries([['MOID', withoutUrn(moid)], ['Path', path], ...nodes]);
    }),
  };
}

/** The value of a node in TNDS20: text, or an object with the children. */
export function toTnds20Value(node: MoNode): unknown {
  return node.children === undefined ? (node.value ?? '') : toTnds20Children(node.children);
}

/** The children of a node by name; an own property also for names such as `__proto__`. */
export function toTnds20Children(children: readonly MoNode[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(children.map((child) => [child.name, toTnds20Value(child)]));
}

function parse(text: string): unknown {
  try {
    return parseJson(text, MAX_DEPTH);
  } catch {
    throw malformed('it is not JSON');
  }
}

function membersIn(document: unknown): readonly unknown[] {
  const list = isObject(document) ? document.TNDS20 : undefined;
  if (!Array.isArray(list)) throw malformed('it has no list TNDS20');
  return list;
}

/** Without Path, or with `/`, the address is that of the only instance. */
function toMoData(member: unknown): MoDataMember {
  if (!isObject(member)) throw malformed('a member is no object');
  const { MOID, Path = '/', ...content } = member;
  if (typeof MOID !== 'string' || MOID === '') throw malformed('a member has no MOID');
  if (typeof Path !== 'string' || !Path.startsWith('/')) throw malformed('a Path does not begin with "/"');
  const name = Path.split('/').findLast((part) => part !== '') ?? nameOf(MOID);
  return { ClientURI: `${MOID}${Path === '/' ? '//' : Path}`, MOData: { [name]: toText(content) } };
}

/** A name for a new instance: the last part of the MOID before its version. */
function nameOf(moid: string): string {
  return /([^:/]+)(?:[:/][\d.]+)?$/.exec(moid)?.[1] ?? moid;
}

function toText(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof JsonNumber) return value.toString();
  if (!isObject(value)) throw malformed('a value is a list or null');
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, toText(child)]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

function malformed(problem: string): DecodeError {
  return new DecodeError('ERR_MO_DATA_SHAPE', `no TNDS20: ${problem}`);
}
