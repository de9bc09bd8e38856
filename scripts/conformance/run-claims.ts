/** Runs the tests that claim items, in a copy of the project, and ends the run as soon as its outcome is known. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { createInterface } from 'node:readline';
import type { ReportedTest } from './claim-reporter.ts';
import { titlePattern } from './claims.ts';
import { identifiersIn, proves, type TestResult } from './evaluate.ts';

export interface ClaimRun {
  /** The folder of the copy, with its own `node_modules`. */
  readonly root: string;
  readonly items: readonly string[];
  /** The test files that claim the items. */
  readonly files: readonly string[];
  readonly isWhole: (file: string) => boolean;
  /** True when further results do not matter. */
  readonly isDecided: (results: readonly TestResult[]) => boolean;
  /** Milliseconds after which the tests hang; absent: only their own limits end them. */
  readonly limit?: number;
}

/** The outcomes of the tests that prove one of the items; undefined when the tests hang. */
export async function runClaims(run: ClaimRun): Promise<readonly TestResult[] | undefined> {
  const { root, items, files, isWhole, isDecided, limit } = run;
  // What a test leaves behind when it is killed goes away with the copy.
  const TMPDIR = join(root, 'tmp');
  mkdirSync(TMPDIR, { recursive: true });
  const args = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'core', ...files];
  args.push('--testNamePattern', titlePattern(items), `--reporter=${REPORTER}`);
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, TMPDIR },
    stdio: ['ignore', 'pipe', 'ignore'],
    // A group of its own: the bridges that tests have started end with it.
    detached: true,
  });
  const results: TestResult[] = [];
  const state = { isDecided: false, hangs: false };
  const stop = (): void => {
    if (child.pid !== undefined && child.exitCode === null) endGroup(child.pid);
  };
  const onLimit = (): void => {
    state.hangs = true;
    stop();
  };
  const timer = limit === undefined ? undefined : setTimeout(onLimit, limit);
  const closed = once(child, 'close');
  process.once('exit', stop);
  for await (const line of createInterface(child.stdout)) {
    const result = line.startsWith('{') ? toResult(JSON.parse(line), root) : undefined;
    if (result === undefined || !isClaim(result, items) || !proves(result, isWhole)) continue;
    results.push(result);
    if (state.isDecided || !isDecided(results)) continue;
    state.isDecided = true;
    stop();
  }
  await closed;
  clearTimeout(timer);
  process.off('exit', stop);
  return state.hangs ? undefined : results;
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}

const REPORTER = join(import.meta.dirname, 'claim-reporter.ts');

function toResult({ file, title, state }: ReportedTest, root: string): TestResult {
  return {
    file: relative(root, file).split(sep).join('/'),
    title,
    passed: state === 'passed',
  };
}

function isClaim({ title }: TestResult, items: readonly string[]): boolean {
  return identifiersIn(title).some((id) => items.includes(id));
}
