/** The code of another commit, in a folder of its own. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { THIS_TREE } from './tested-process.ts';

/** The files of the bench that run in the process under test; they are taken from here. */
const TESTED_FILES = ['under-test.ts', 'floors.ts', 'measurement.ts'];

export interface CheckedOut extends AsyncDisposable {
  readonly path: string;
}

/**
 * Checks a commit out.
 * @throws Error when git does not know it
 */
export async function checkOut(commit: string): Promise<CheckedOut> {
  const path = mkdtempSync(join(tmpdir(), 'dmbridge-baseline-'));
  const archive = execFileSync('git', ['archive', commit], { cwd: THIS_TREE, maxBuffer: 1 << 30 });
  execFileSync('tar', ['-x', '-C', path], { input: archive });
  symlinkSync(join(THIS_TREE, 'node_modules'), join(path, 'node_modules'));
  for (const file of TESTED_FILES) cpSync(join(THIS_TREE, 'bench', file), join(path, 'bench', file));
  return {
    path,
    [Symbol.asyncDispose]: async () => rmSync(path, { recursive: true, force: true }),
  };
}
