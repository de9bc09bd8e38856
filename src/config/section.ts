/**
 * One part of the configuration file while the configuration is built from it.
 *
 * A section knows its key path, so that its users report a fault without repeating where they are. Nothing stops at the
 * first fault: a value that cannot be read is reported and replaced by a fallback, and the loader throws at the end.
 */
import { resolve } from 'node:path';
import type { Reading } from './value-parsers.ts';
import type { KeyPath, SourceProblem } from './yaml-source.ts';

export class Section {
  readonly #path: KeyPath;
  readonly #folder: string;
  readonly #problems: SourceProblem[];

  /**
   * @param folder the folder of the configuration file; relative paths count from there
   * @param problems receives every fault
   */
  constructor(folder: string, problems: SourceProblem[], path: KeyPath = []) {
    this.#folder = folder;
    this.#problems = problems;
    this.#path = path;
  }

  /** The section or value below this one. */
  at(...keys: readonly (string | number)[]): Section {
    return new Section(this.#folder, this.#problems, [...this.#path, ...keys]);
  }

  /** Reports a fault of this value; the built configuration is then unusable. */
  report(message: string): void {
    this.#problems.push({ path: this.#path, message });
  }

  /** Reads a notation; reports a text that does not follow it and returns `fallback`. */
  read<T>(parse: (text: string) => Reading<T>, text: string, fallback: T): T {
    const reading = parse(text);
    if (reading.ok) return reading.value;
    this.report(reading.message);
    return fallback;
  }

  /** The absolute path of a file that the configuration names. */
  resolve(file: string): string {
    return resolve(this.#folder, file);
  }
}
