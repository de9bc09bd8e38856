/**
 * JSON Schema validation; the only file that imports ajv.
 *
 * The schemas printed in DM 2.0 are draft-04, which plain ajv refuses; those of the configuration and of mapping files
 * are 2020-12.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import AjvDraft04 from 'ajv-draft-04';

/** One value that a schema does not accept. */
export interface SchemaProblem {
  /** JSON Pointer to the value, '' for the whole. */
  readonly pointer: string;
  /** The fault in words, without the value. */
  readonly message: string;
}

/** The result of a validation: the typed value, or its problems; for a draft-04 schema the first one. */
export type Validated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly SchemaProblem[] };

/** For messages of other parties, of which the first problem is told: one with many must not cost more than a sound one. */
const draft04 = new AjvDraft04.default({ allErrors: false, strict: true });
/** For files of the operator, who wants to see all problems at once. */
const draft2020 = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });

/** Compiles a schema; `$schema` selects the draft. The caller gives the type of the values that the schema accepts. */
export function compileSchema<T>(schema: Readonly<Record<string, unknown>>): (value: unknown) => Validated<T> {
  const isDraft04 = String(schema.$schema ?? '').includes('draft-04');
  const validate: ValidateFunction<T> = isDraft04 ? draft04.compile<T>(schema) : draft2020.compile<T>(schema);
  return (value) => {
    if (validate(value)) return { ok: true, value };
    return { ok: false, problems: (validate.errors ?? []).map(toProblem) };
  };
}

function toProblem(error: ErrorObject): SchemaProblem {
  if (error.keyword === 'additionalProperties' || error.keyword === 'unevaluatedProperties') {
    const key = String(error.params.additionalProperty ?? error.params.unevaluatedProperty);
    return { pointer: `${error.instancePath}/${escapePointer(key)}`, message: 'unknown key' };
  }
  if (error.keyword === 'required') {
    return {
      pointer: `${error.instancePath}/${escapePointer(String(error.params.missingProperty))}`,
      message: 'is required',
    };
  }
  if (error.keyword === 'enum') {
    return { pointer: error.instancePath, message: `must be one of ${error.params.allowedValues.join(', ')}` };
  }
  return { pointer: error.instancePath, message: error.message ?? error.keyword };
}

/** Escapes a key for a JSON Pointer (RFC 6901 §3). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
