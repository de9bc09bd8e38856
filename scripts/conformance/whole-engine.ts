/**
 * Tells the tests that drive the running bridge or a whole engine from the tests of a part.
 *
 * It reads imports: a test file drives an engine when it imports one, itself or through the helpers below test/. A codec that
 * reads MoreData does not prove the handling of large objects, and a client that speaks TLS does not prove a session.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** The modules that run a whole engine, from the project root. */
const ENGINES: ReadonlySet<string> = new Set([
  // The bridge in the process of the test, and the server around it.
  'src/bridge/bridge.ts',
  'src/cli/server/start-server.ts',
  // The session machine toward the device.
  'src/dm1/session.ts',
  // `dmbridge serve` as a process of its own, which no import shows.
  'test/e2e/bridge-process.ts',
]);

const TESTS = 'test/';
/** An import or export of values; `import type` runs nothing. */
const IMPORT = /^(?:import|export)\s+(?!type\b)[^'";]*?\bfrom\s+'(\.[^']+)'/gmu;

/**
 * Returns a function that is true for a test file that drives the running bridge or a whole engine. It remembers what it read.
 * @param root the project root; paths are relative to it, with forward slashes
 */
export function wholeEngineTests(root: string): (file: string) => boolean {
  const importsOf = new Map<string, readonly string[]>();
  const readImports = (file: string): readonly string[] => {
    const known = importsOf.get(file);
    if (known !== undefined) return known;
    const path = join(root, file);
    const text = file.startsWith(TESTS) && existsSync(path) ? readFileSync(path, 'utf8') : '';
    const imports = [...text.matchAll(IMPORT)].map(([, specifier = '']) => resolve(file, specifier));
    importsOf.set(file, imports);
    return imports;
  };
  return (file) => {
    const seen = new Set([file]);
    for (const each of seen) {
      if (ENGINES.has(each)) return true;
      for (const imported of readImports(each)) seen.add(imported);
    }
    return false;
  };
}

function resolve(from: string, specifier: string): string {
  return relative('.', join(dirname(from), specifier))
    .split(sep)
    .join('/');
}
