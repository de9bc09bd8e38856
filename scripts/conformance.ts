/**
 * `npm run conformance`: which items of the specifications' conformance tables the tests prove.
 *
 * Runs the core tests once (or reads `--report FILE`, a JSON report of an earlier run), prints a summary and writes
 * docs/conformance.md. Exit code 1, and no page, when a test that carries an item's identifier failed, when a title names
 * an item that no table has, or when no test ran.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Evaluation, evaluate, type TestResult } from './conformance/evaluate.ts';
import { renderPage, renderSummary } from './conformance/render.ts';
import { readReport } from './conformance/report.ts';
import { loadTables } from './conformance/tables.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { report: { type: 'string' } } });

const tests = values.report === undefined ? runTests() : readReport(values.report, root);
const evaluation = evaluate(loadTables(join(root, 'scripts', 'conformance')), tests);
console.log(renderSummary(evaluation));
const complaints = complain(evaluation, tests);
for (const complaint of complaints) console.error(complaint);
// A page of a moment in which things are broken is of no use to anybody.
if (complaints.length === 0) writeFileSync(join(root, 'docs', 'conformance.md'), renderPage(evaluation));
process.exitCode = complaints.length > 0 ? 1 : 0;

function runTests(): readonly TestResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'dmbridge-conformance-'));
  const file = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  try {
    const args = [vitest, 'run', '--project', 'core', '--reporter=json', `--outputFile=${file}`];
    spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    return readReport(file, root);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function complain({ broken, unknown }: Evaluation, all: readonly TestResult[]): readonly string[] {
  return [
    ...broken.map(({ file, title }) => `broken: ${file}: ${title}`),
    ...unknown.map((id) => `unknown: a test carries ${id}, which no table has`),
    ...(all.length === 0 ? ['no test ran'] : []),
  ];
}
