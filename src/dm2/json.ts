/**
 * Reads JSON text of the DM 2.0 side within limits and against a schema.
 *
 * The depth is limited because later steps walk the value recursively. It is counted in the text, before a value is built.
 * Duplicate keys are legal JSON; the last one counts.
 */
import { DecodeError, type DmErrorCode } from '../errors.ts';
import type { Validated } from '../json-schema.ts';
import type { Content } from './package.ts';

/** The rules for one kind of documents. */
export interface JsonRules<T> {
  readonly validate: (value: unknown) => Validated<T>;
  /** Levels of arrays and objects. */
  readonly maxDepth: number;
  /** Of every error. */
  readonly code: DmErrorCode;
}

/**
 * Reads JSON that keeps to the rules.
 * @throws DecodeError with the code of the rules in every case
 */
export function readJson<T>(content: Content | string, { validate, maxDepth, code }: JsonRules<T>): T {
  const text = textOf(content, code);
  if (isDeeperThan(text, maxDepth)) throw new DecodeError(code, `JSON nested deeper than ${maxDepth} levels`);
  const result = validate(parse(text, code));
  if (result.ok) return result.value;
  const [problem] = result.problems;
  throw new DecodeError(code, `not valid by its schema: "${problem?.pointer ?? ''}" ${problem?.message ?? ''}`);
}

function textOf(content: Content | string, code: DmErrorCode): string {
  if (typeof content === 'string') return withoutBom(content);
  if ('text' in content) return withoutBom(content.text);
  throw new DecodeError(code, 'JSON that is not UTF-8');
}

/** A byte order mark is no JSON, but a reader may ignore it (RFC 8259 §8.1). */
function withoutBom(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function parse(text: string, code: DmErrorCode): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the text, which may contain node values.
    throw new DecodeError(code, 'not JSON', { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}` differ in this bit only. */
const BRACE_BIT = 0x20;
const OPENING = 0x5b;
const CLOSING = 0x5d;

/** True when arrays and objects of a JSON text are nested deeper than `limit`. */
function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    const bracket = code & ~BRACE_BIT;
    if (bracket === OPENING) depth += 1;
    else if (bracket === CLOSING) depth -= 1;
    if (depth > limit) return true;
  }
  return false;
}

/** The position of the quote that ends the string at `start`; that of the end of the text when none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

/** True when an odd number of backslashes precedes the position. */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
  return (at - start) % 2 === 1;
}
