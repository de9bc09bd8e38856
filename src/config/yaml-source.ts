/**
 * The text of a configuration file: its values with variables expanded, and the line of each.
 *
 * Expansion works on the parsed values, so the content of a variable can never become YAML syntax.
 */
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { expandVariables, type Variables } from './variables.ts';

/** Keys and indices from the root to a value. */
export type KeyPath = readonly (string | number)[];

/** `routes[1].bridge`; `(file)` for the whole file. */
export function formatKeyPath(path: KeyPath): string {
  if (path.length === 0) return '(file)';
  const steps = path.map((step) => (/^\d+$/.test(String(step)) ? `[${step}]` : `.${step}`));
  return steps.join('').replace(/^\./, '');
}

/** The values below `value` at these keys, of which `*` is every key or index, with the path of each. */
export function keyPathsOf(
  value: unknown,
  at: KeyPath,
  path: KeyPath = [],
): readonly { readonly path: KeyPath; readonly value: unknown }[] {
  const [step, ...rest] = at;
  if (step === undefined) return value === undefined ? [] : [{ path, value }];
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value).filter(([key]) => step === '*' || key === step);
  return entries.flatMap(([key, child]) =>
    keyPathsOf(child, rest, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** A fault in the file. Without `line`, the path gives the line. */
export interface SourceProblem {
  readonly path: KeyPath;
  readonly message: string;
  readonly line?: number;
}

export interface YamlSource {
  /** The content of the file as plain values. */
  readonly value: unknown;
  /** Syntax errors, duplicate keys, variables without a value. */
  readonly problems: readonly SourceProblem[];
  /** True when a variable in that value has none, so that its text is unusable. */
  isUnset(path: KeyPath): boolean;
  /** The line of the value, or of its nearest ancestor in the file; 1 when there is none. */
  lineOf(path: KeyPath): number;
  /** True when the text of that value came from a variable. */
  isExpanded(path: KeyPath): boolean;
}

/** Parses YAML 1.2 and expands the variables in its values. */
export function readYaml(text: string, variables: Variables): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  const problems: SourceProblem[] = document.errors.map((error) => ({
    path: error.code === 'DUPLICATE_KEY' ? [wordAt(text, error.pos[0])] : [],
    message: error.message,
    line: lines.linePos(error.pos[0]).line,
  }));
  const expanded = new Set<string>();
  const unset = new Set<string>();
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const path = pathOf(ancestors, key);
      const { text: value, faults } = expandVariables(node.value, variables);
      problems.push(...faults.map((message) => ({ path, message, line: lineAt(lines, node) })));
      node.value = value;
      if (faults.length > 0) unset.add(path.join('\0'));
      expanded.add(path.join('\0'));
    },
  });
  return {
    value: document.toJS(),
    problems,
    lineOf: (path) => findLine(document, lines, path),
    isUnset: (path) => unset.has(path.join('\0')),
    isExpanded: (path) => expanded.has(path.join('\0')),
  };
}

/** The keys and indices from the root to the node `key` of the last ancestor. */
function pathOf(ancestors: readonly unknown[], key: unknown): KeyPath {
  const path: (string | number)[] = [];
  ancestors.forEach((ancestor, depth) => {
    const child = ancestors[depth + 1];
    if (isSeq(ancestor)) path.push(child === undefined ? Number(key) : ancestor.items.indexOf(child));
    else if (isPairLike(ancestor)) path.push(String(isScalar(ancestor.key) ? ancestor.key.value : ancestor.key));
  });
  return path;
}

function isPairLike(value: unknown): value is { readonly key: unknown } {
  return (
    typeof value === 'object' && value !== null && 'key' in value && !isScalar(value) && !isMap(value) && !isSeq(value)
  );
}

function findLine(document: Document, lines: LineCounter, path: KeyPath): number {
  let node: unknown = document.contents;
  let line = 1;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(step));
      if (pair === undefined) return line;
      line = lineAt(lines, pair.key) ?? line;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      line = lineAt(lines, node) ?? line;
    } else {
      return line;
    }
  }
  return line;
}

function lineAt(lines: LineCounter, node: unknown): number {
  const range = isNode(node) ? node.range : undefined;
  return range ? lines.linePos(range[0]).line : 1;
}

/** The key that begins at `offset`. */
function wordAt(text: string, offset: number): string {
  return /^[^\s:,}\]]*/.exec(text.slice(offset))?.[0] ?? '';
}
