/**
 * All figures in one run, as ratios: printed as a table and written to bench/results.json.
 *
 *     npm run bench               # everything, some minutes
 *     npm run bench -- --smoke    # a few rounds, to see that it runs; writes nothing
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
  const verdict = meets(row, row.stretch) ? 'stretch' : meets(row, row.must) ? 'met' : 'NOT MET';
  console.log(
    `${row.name.padEnd(52)} ${row.ratio.toFixed(2).padStart(7)}  must ${comparison} ${String(row.must).padEnd(4)} ${verdict.padEnd(8)} ${row.figure}`,
  );
}
for (const { name, microseconds } of store) console.log(`${name.padEnd(52)} ${microseconds.toFixed(1).padStart(7)} µs`);

if (!smoke) {
  const results = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? '', rows, store };
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
}
process.exit(0);

function meets(row: BenchRow, wanted: number): boolean {
  return row.lessIsMore === true ? row.ratio <= wanted : row.ratio >= wanted;
}
