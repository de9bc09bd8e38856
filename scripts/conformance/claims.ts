/** Finds the test files that claim an item, without running them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { identifiersIn } from './evaluate.ts';

/** A file below `test/`, from the project root, with forward slashes. */
interface TestText {
  readonly path: string;
  readonly text: string;
}

/**
 * Returns a function that lists the test files with an identifier, sorted. An identifier in any other file below `test/`, such as a
 * transcript, is claimed by the test files beside it, which make titles of it.
 * @param root the project root
 */
export function claimingFiles(root: string): (id: string) => readonly string[] {
  const texts = readTexts(root);
  const claims = new Map<string, Set<string>>();
  for (const { path, text } of texts) {
    const files = testFilesFor(path, texts);
    for (const id of identifiersIn(text)) claims.set(id, (claims.get(id) ?? new Set()).union(new Set(files)));
  }
  return (id) => [...(claims.get(id) ?? [])].sort();
}

/** A regular expression for titles with one of these identifiers, and not with a longer one that begins like it. */
export function titlePattern(ids: readonly string[]): string {
  return `(?:${ids.map((id) => id.replaceAll('.', '\\.')).join('|')})(?![\\w-]|\\.\\w)`;
}

function readTexts(root: string): readonly TestText[] {
  return readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|md)$/u.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: path.slice(join(root, '/').length).split(sep).join('/'),
      text: readFileSync(path, 'utf8'),
    }));
}

function testFilesFor(path: string, texts: readonly TestText[]): readonly string[] {
  if (isTestFile(path)) return [path];
  return texts.map((each) => each.path).filter((other) => dirname(other) === dirname(path) && isTestFile(other));
}

function isTestFile(path: string): boolean {
  return path.endsWith('.test.ts') && !path.endsWith('.peer.test.ts');
}
