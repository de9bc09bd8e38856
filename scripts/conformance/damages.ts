/**
 * The damages of the program that show if the claims of docs/conformance.md are true: data in `damages/`, one or more for each
 * mandatory item that is proven. A damage takes the function of its items away, so a test that claims them must fail.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compileSchema } from '../../src/json-schema.ts';

/** One deliberate fault. */
export interface Damage {
  /** Each of these items must have a claiming test that fails. */
  readonly items: readonly string[];
  /** The fault as a sentence. */
  readonly fault: string;
  /** From the project root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

const text = { type: 'string', minLength: 1 };
const validate = compileSchema<readonly Damage[]>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['items', 'fault', 'file', 'find', 'replace'],
    additionalProperties: false,
    properties: {
      items: { type: 'array', items: text, minItems: 1, uniqueItems: true },
      fault: text,
      file: text,
      find: text,
      replace: { type: 'string' },
    },
  },
});

/**
 * Reads every list of a folder, in the order of file names.
 * @throws Error for a file that is no list of damages
 */
export function loadDamages(folder: string): readonly Damage[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => loadList(join(folder, name)));
}

function loadList(path: string): readonly Damage[] {
  const checked = validate(parse(readFileSync(path, 'utf8')));
  if (!checked.ok) {
    throw new Error(`${path}: ${checked.problems.map((one) => `${one.pointer} ${one.message}`).join('; ')}`);
  }
  return checked.value;
}

/** The damaged text of a file; undefined when the text to replace does not occur exactly once. */
export function applyDamage({ find, replace }: Damage, source: string): string | undefined {
  const at = source.indexOf(find);
  if (at === -1 || source.includes(find, at + 1)) return undefined;
  return source.slice(0, at) + replace + source.slice(at + find.length);
}

/** `count` damages in an order that only `seed` decides, such as the hash of a commit. */
export function sampleDamages(damages: readonly Damage[], count: number, seed: string): readonly Damage[] {
  const keyOf = (damage: Damage): string =>
    hash('sha256', `${seed}\n${damage.file}\n${damage.find}\n${damage.replace}`);
  return damages
    .map((damage) => ({ damage, key: keyOf(damage) }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .slice(0, count)
    .map(({ damage }) => damage);
}
