/**
 * The source files as text, for tests of the architecture: imports, and code without comments and strings.
 *
 * Comments and the content of strings are blanked, so that prose about `fetch` does not count as its use; offsets and line
 * numbers stay.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

export interface Import {
  readonly specifier: string;
  /** True for `import type` and `export type`, which have no effect at run time but count for the table. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to src/, with forward slashes: `dm1/session.ts`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and string contents replaced by spaces. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** Reads every TypeScript file below `root`, in the order of paths. */
export function readSourceFiles(root: string): readonly SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => toSourceFile(name.split(sep).join('/'), readFileSync(join(root, name), 'utf8')));
}

export function toSourceFile(path: string, text: string): SourceFile {
  return { path, text, code: blank(text), imports: findImports(text) };
}

/** Returns `dm1/x.ts` for `./x.ts` in `dm1/session.ts`; undefined for packages and Node modules. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return relative('.', join(dirname(from), specifier))
    .split(sep)
    .join('/');
}

/** Returns the package of a specifier: `ajv` for `ajv/dist/2020.js`; `@koa/router` and `node:fs` stay as they are. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Returns one cycle of imports as a list of paths, or undefined. */
export function findCycle(files: readonly SourceFile[]): readonly string[] | undefined {
  const edges = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const done = new Set<string>();
  for (const { path } of files) {
    const cycle = walk(path, [], edges, done);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function targetsOf(file: SourceFile): readonly string[] {
  return file.imports.flatMap(({ specifier }) => resolveImport(file.path, specifier) ?? []);
}

function walk(
  path: string,
  trail: readonly string[],
  edges: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): readonly string[] | undefined {
  if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
  if (done.has(path)) return undefined;
  for (const next of edges.get(path) ?? []) {
    const cycle = walk(next, [...trail, path], edges, done);
    if (cycle !== undefined) return cycle;
  }
  done.add(path);
  return undefined;
}

const FROM = /^(?:import|export)\s+(type\s+)?(?:[\w$*,{}\s]*?)\bfrom\s+'([^']+)'/gmu;
const BARE = /^import\s+'([^']+)'/gmu;
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/gu;

function findImports(text: string): readonly Import[] {
  return [
    ...[...text.matchAll(FROM)].map(([, type, specifier]) => ({
      specifier: specifier ?? '',
      typeOnly: type !== undefined,
    })),
    ...[...text.matchAll(BARE)].map(([, specifier]) => ({ specifier: specifier ?? '', typeOnly: false })),
    ...[...text.matchAll(DYNAMIC)].map(([, specifier]) => ({ specifier: specifier ?? '', typeOnly: false })),
  ];
}

/** Comments and strings. Templates stay, because they have code. */
const PROSE = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/gu;

function blank(text: string): string {
  return text.replace(PROSE, (prose) => prose.replace(/[^\n]/gu, ' '));
}
