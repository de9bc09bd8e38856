/**
 * Measures all figures in one run. Prints them as a table and writes them to bench/results.json.
 *
 *     npm run bench               # all rounds, some minutes
 *     npm run bench -- --smoke    # a few rounds, to see that the bench works; writes nothing
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { benchHostile } from './hostile.ts';
import { benchInventory } from './inventory.ts';
import type { BenchRow } from './row.ts';
import { benchSessions } from './sessions.ts';
import { benchStore } from './store.ts';
import { benchWbxml } from './wbxml.ts';
import { benchXmlReader } from './xml-reader.ts';

const smoke = process.argv.includes('--smoke');
const rows: readonly BenchRow[] = [
  ...(await benchXmlReader()),
  ...benchWbxml(smoke),
  ...benchHostile(),
  ...(await benchSessions(smoke)),
  ...(await benchInventory(smoke)),
];
const store = await benchStore();

for (const row of rows) {
  const comparison = row.lessIsMore === true ? '≤' : '≥';
  const ratio = row.ratio.toFixed(2).padStart(7);
  const required = `must ${comparison} ${String(row.must).padEnd(4)}`;
  console.log(`${row.name.padEnd(52)} ${ratio}  ${required} ${verdictOf(row).padEnd(8)} ${row.figure}`);
}
for (const { name, microseconds } of store) console.log(`${name.padEnd(52)} ${microseconds.toFixed(1).padStart(7)} µs`);

if (!smoke) {
  const results = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? '', rows, store };
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
}
process.exit(0);

function verdictOf(row: BenchRow): string {
  if (meets(row, row.stretch)) return 'stretch';
  return meets(row, row.must) ? 'met' : 'NOT MET';
}

function meets(row: BenchRow, wanted: number): boolean {
  return row.lessIsMore === true ? row.ratio <= wanted : row.ratio >= wanted;
}
