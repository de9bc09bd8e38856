/**
 * Reads JSON text of the DM 2.0 side within limits and against a schema.
 *
 * The depth is limited because later steps walk the value recursively. It is counted in the text, before a value is built.
 * Numbers keep their digits, and an object that has a name twice is an error (`json-text.ts`).
 */
import { DecodeError, type DmErrorCode } from '../errors.ts';
import type { Validated } from '../json-schema.ts';
import { JsonDepthError, JsonNameError, parseJson } from '../json-text.ts';
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
  const result = validate(parse(textOf(content, code), maxDepth, code));
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

function parse(text: string, maxDepth: number, code: DmErrorCode): unknown {
  try {
    return parseJson(text, maxDepth);
  } catch (cause) {
    // The parser's own message quotes the text, which may contain node values.
    const isOurs = cause instanceof JsonDepthError || cause instanceof JsonNameError;
    throw new DecodeError(code, isOurs ? cause.message : 'not JSON', { cause });
  }
}
