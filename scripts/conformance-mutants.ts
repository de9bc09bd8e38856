/**
 * `npm run conformance:mutants`: damages a copy of the program on purpose, one damage after the other, and runs the tests that claim
 * the damaged items. A damage that no claiming test notices shows a claim that is not true.
 *
 * `--sample N --seed TEXT` takes N damages of the list, which the text decides; `--item ID` those of one item; `--root FOLDER` those of
 * another project. The exit code is 0 when every damage is noticed, 1 when one is not, and 2 when the list itself is wrong.
 */
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { claimingFiles } from './conformance/claims.ts';
import { applyDamage, type Damage, loadDamages, sampleDamages } from './conformance/damages.ts';
import { identifiersIn, type TestResult } from './conformance/evaluate.ts';
import { runClaims } from './conformance/run-claims.ts';
import { wholeEngineTests } from './conformance/whole-engine.ts';

/** A damaged program may hang. Its tests take seconds; this leaves room for a machine that is a hundred times slower. */
const HANGS_MS = 1_200_000;
/** The folders that the tests need nothing of. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', 'coverage', 'dist']);

type Verdict = 'killed' | 'survived' | 'broken list';

const options = {
  root: { type: 'string', default: join(import.meta.dirname, '..') },
  sample: { type: 'string' },
  seed: { type: 'string', default: '' },
  item: { type: 'string' },
} as const;
const { values } = parseArgs({ options });
const { root } = values;
const filesOf = claimingFiles(root);
const isWhole = wholeEngineTests(root);
const damages = chooseDamages(loadDamages(join(root, 'scripts', 'conformance', 'damages')));
// The system's folder for temporary files may be a link, and the test runner reports real paths.
const copy = realpathSync(mkdtempSync(join(tmpdir(), 'dmbridge-mutants-')));
process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2));
copyProject();
const verdicts: Verdict[] = [];
const isSound = await passesUndamaged();
for (const damage of damages) verdicts.push(isSound ? await tryDamage(damage) : 'broken list');
console.log(`${count('killed')} killed, ${count('survived')} survived, ${count('broken list')} broken list`);
process.exitCode = exitCode();

function count(wanted: Verdict): number {
  return verdicts.filter((verdict) => verdict === wanted).length;
}

function exitCode(): number {
  if (damages.length === 0 || count('broken list') > 0) return 2;
  return count('survived') > 0 ? 1 : 0;
}

function chooseDamages(all: readonly Damage[]): readonly Damage[] {
  const { item, sample, seed } = values;
  if (item !== undefined) return all.filter(({ items }) => items.includes(item));
  return sample === undefined ? all : sampleDamages(all, Number(sample), seed);
}

/** The copy has the installed packages of the project, and everything else for itself. */
function copyProject(): void {
  cpSync(root, copy, { recursive: true, filter: (source) => source === root || !LEFT_OUT.has(basename(source)) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
}

/** True when the tests that claim the items pass as long as nothing is damaged. */
async function passesUndamaged(): Promise<boolean> {
  const items = [...new Set(damages.flatMap((damage) => damage.items))];
  const results = await runClaims({ ...runOf(items), isDecided: () => false });
  for (const { file, title, passed } of results ?? []) if (!passed) console.log(`fails undamaged: ${file}: ${title}`);
  return results?.every(({ passed }) => passed) ?? false;
}

function runOf(items: readonly string[]) {
  const files = [...new Set(items.flatMap(filesOf))].filter(isWhole).sort();
  return { root: copy, items, files, isWhole };
}

async function tryDamage(damage: Damage): Promise<Verdict> {
  const { items, fault, file } = damage;
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  const damaged = applyDamage(damage, source);
  if (damaged === undefined) return report('broken list', damage, `the text to replace is not exactly once in ${file}`);
  writeFileSync(path, damaged);
  try {
    const isDecided = (some: readonly TestResult[]): boolean => missedItems(items, some).length === 0;
    const results = await runClaims({ ...runOf(items), isDecided, limit: HANGS_MS });
    if (results === undefined) return report('broken list', damage, `${fault}: the tests hang`);
    const unclaimed = items.filter((id) => !results.some((test) => identifiersIn(test.title).includes(id)));
    const missed = missedItems(items, results);
    if (missed.length === 0) return report('killed', damage, fault);
    if (unclaimed.length > 0) return report('broken list', damage, `${fault}: no test of ${unclaimed.join(', ')} ran`);
    return report('survived', damage, `${fault}: ${missed.join(', ')}`);
  } finally {
    writeFileSync(path, source);
  }
}

/** The items of which no test has failed. */
function missedItems(items: readonly string[], results: readonly TestResult[]): readonly string[] {
  const noticed = new Set(results.filter(({ passed }) => !passed).flatMap(({ title }) => identifiersIn(title)));
  return items.filter((id) => !noticed.has(id));
}

function report(verdict: Verdict, { items }: Damage, what: string): Verdict {
  console.log(`${verdict}: ${items.join(' ')}: ${what}`);
  return verdict;
}
