/**
 * Reads JSON text of the DM 2.0 side within limits and against a schema.
 *
 * The depth is limited because later steps walk the value recursively. Duplicate keys are legal JSON; the last one counts.
 */
import { DecodeError, type DmErrorCode } from '../errors.ts';
import type { Validated } from '../json-schema.ts';
import type { Content } from './package.ts';

/** Levels; no MO definition has so many. */
const MAX_DEPTH = 128;

/**
 * Reads JSON that `validate` must accept.
 * @throws DecodeError with `code` in every case
 */
export function readJson<T>(
  content: Content | string,
  validate: (value: unknown) => Validated<T>,
  code: DmErrorCode,
): T {
  const value = parse(textOf(content, code), code);
  if (isDeeperThan(value, MAX_DEPTH)) throw new DecodeError(code, `JSON nested deeper than ${MAX_DEPTH} levels`);
  const result = validate(value);
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

/** Walks no deeper than `limit`, so that no value can exhaust the stack. */
function isDeeperThan(value: unknown, limit: number): boolean {
  if (!isContainer(value)) return false;
  return limit === 0 || Object.values(value).some((inner) => isDeeperThan(inner, limit - 1));
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
