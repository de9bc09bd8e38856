/** Reads the conformance tables of the specifications, which are data files beside this one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compileSchema } from '../../src/json-schema.ts';

/** One row of a Static Conformance Requirements table. */
export interface Item {
  readonly id: string;
  /** M: mandatory, O: optional. */
  readonly obligation: 'M' | 'O';
  readonly function: string;
  readonly reference: string;
  /** The reason why the item is not supported, or not yet. */
  readonly note?: string;
}

export interface Table {
  readonly document: string;
  readonly source: string;
  readonly items: readonly Item[];
}

const validate = compileSchema<Table>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['document', 'source', 'items'],
  additionalProperties: false,
  properties: {
    document: { type: 'string' },
    source: { type: 'string' },
    items: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['id', 'obligation', 'function', 'reference'],
        additionalProperties: false,
        properties: {
          id: { type: 'string', pattern: '^(DM-[A-Z]|SCR-DM-|CP-)[A-Za-z0-9.-]*[A-Za-z0-9]$' },
          obligation: { enum: ['M', 'O'] },
          function: { type: 'string' },
          reference: { type: 'string' },
          note: { type: 'string' },
        },
      },
    },
  },
});

/**
 * Reads every table of a folder, in the order of file names.
 * @throws Error for a file that is no table
 */
export function loadTables(folder: string): readonly Table[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => loadTable(join(folder, name)));
}

function loadTable(path: string): Table {
  const checked = validate(parse(readFileSync(path, 'utf8')));
  if (!checked.ok) {
    throw new Error(`${path}: ${checked.problems.map((one) => `${one.pointer} ${one.message}`).join('; ')}`);
  }
  return checked.value;
}
