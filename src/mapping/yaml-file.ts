/**
 * One YAML file, read against its schema. Every problem is found at once and has the line and the key that it is about.
 */
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { SchemaProblem, Validated } from '../json-schema.ts';
import { type CurrentFile, pointerOnDisk } from './deprecated-keys.ts';

/** One thing that is wrong with a file. */
export interface MappingProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Path of the key, such as `newInstance.parent`; '' for the whole file. */
  readonly key: string;
  readonly message: string;
}

/** An old spelling in a file; the next version refuses it. */
export interface MappingWarning {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The old spelling, such as `minima` or `find: made`. */
  readonly old: string;
  /** The current spelling; undefined for a key that has no effect any more. */
  readonly replacement: string | undefined;
}

/** The rules for one kind of file. */
export interface FileKind<T> {
  readonly validate: (value: unknown) => Validated<T>;
  /** Finds what is wrong with a file although its schema let it through. */
  readonly findFaults: (value: T) => readonly SchemaProblem[];
  /** Rewrites old spellings before the schema sees them. */
  readonly toCurrent: (value: unknown) => CurrentFile;
}

/** A file without problems. */
export interface YamlFile<T> {
  readonly file: string;
  readonly value: T;
  readonly warnings: readonly MappingWarning[];
  /** Finds the line and the key of a problem that shows only beside other files. */
  locate(problem: SchemaProblem): MappingProblem;
}

/** Reads the text of `file`; returns its problems where it has any. */
export function readYamlFile<T>(
  file: string,
  text: string,
  kind: FileKind<T>,
): YamlFile<T> | { readonly problems: readonly MappingProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => ({
      file,
      line: lines.linePos(pos[0]).line,
      key: '',
      message,
    }));
    return { problems };
  }
  const { value, deprecated } = kind.toCurrent(document.toJS());
  const locate = ({ pointer, message }: SchemaProblem): MappingProblem => {
    const steps = stepsOf(pointerOnDisk(pointer, deprecated));
    return { file, line: lineOf(document, lines, steps), key: steps.join('.'), message };
  };
  const validated = kind.validate(value);
  const faults = validated.ok ? kind.findFaults(validated.value) : validated.problems;
  if (!validated.ok || faults.length > 0) return { problems: faults.map(locate) };
  const warnings = deprecated.map(({ pointer, old, replacement }) => ({
    file,
    line: lineOf(document, lines, stepsOf(pointer)),
    old,
    replacement,
  }));
  return { file, value: validated.value, warnings, locate };
}

/** The reference tokens of a JSON Pointer (RFC 6901 §4). */
function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The line of the deepest node on the way that the file has. */
function lineOf(document: Document, lines: LineCounter, steps: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of steps) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (isNode(pair?.key)) offset = pair.key.range?.[0] ?? offset;
      next = pair?.value;
    } else if (isSeq(node)) {
      next = node.items[Number(step)];
      if (isNode(next)) offset = next.range?.[0] ?? offset;
    }
    node = next;
  }
  return lines.linePos(offset).line || 1;
}
