/**
 * `npm run conformance`: finds the items of the specifications' conformance tables that the tests prove.
 *
 * Runs the core tests, or reads `--report FILE`, the JSON report of an earlier run. Prints a summary and writes
 * docs/conformance.md. The exit code is 1, and no page is written, when a test with the identifier of an item failed, when a
 * title has an identifier that no table has, or when no test ran.
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
import { wholeEngineTests } from './conformance/whole-engine.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { report: { type: 'string' } } });

const tests = values.report === undefined ? runTests() : readReport(values.report, root);
const evaluation = evaluate(loadTables(join(root, 'scripts', 'conformance')), tests, wholeEngineTests(root));
console.log(renderSummary(evaluation));
const problems = findProblems(evaluation, tests);
for (const problem of problems) console.error(problem);
if (problems.length === 0) writeFileSync(join(root, 'docs', 'conformance.md'), renderPage(evaluation));
process.exitCode = problems.length > 0 ? 1 : 0;

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

function findProblems({ broken, unknown }: Evaluation, all: readonly TestResult[]): readonly string[] {
  if (all.length === 0) return ['no test ran'];
  return [
    ...broken.map(({ file, title }) => `broken: ${file}: ${title}`),
    ...unknown.map((id) => `unknown: the title of a test has ${id}, which is in no table`),
  ];
}
