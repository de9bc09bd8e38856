/** The `${…}` in the values of a configuration: environment variables and the content of files. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where the values come from. */
export interface Variables {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A relative path of a file counts from here. */
  readonly folder: string;
}

export interface ExpandedText {
  /** A `${…}` with a fault is empty here. */
  readonly text: string;
  readonly faults: readonly string[];
}

/** A secret is short; a longer file was named by mistake. */
const MOST_BYTES = 64 * 1024;

/** `$${`; or `${FILE:`, a path that may hold variables, and a brace; or `${`, a name, and perhaps a brace. */
const EXPRESSION = /\$\$\{|\$\{FILE:(?<path>(?:\$\{[^}]*\}|[^}])*)\}|\$\{(?<name>[^}]*)\}?/g;
const VARIABLE = /\$\{([^}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const MALFORMED = 'not a variable: write "$" and the name in braces, or "$$" before a literal brace';

/**
 * Expands `${NAME}` to the environment variable, `${FILE:path}` to the content of the file without one line break at its
 * end, and `$${` to a literal `${`. What was put in is not expanded again; a path may hold `${NAME}`.
 */
export function expandVariables(text: string, variables: Variables): ExpandedText {
  const faults: string[] = [];
  const fault = (message: string): string => {
    faults.push(message);
    return '';
  };
  const variable = (name: string): string => {
    if (!NAME.test(name)) return fault(MALFORMED);
    return variables.env[name] ?? fault(`environment variable ${name} is not set`);
  };
  const content = (path: string): string => {
    const before = faults.length;
    const expanded = path.replaceAll(VARIABLE, (_, name: string) => variable(name));
    if (faults.length > before) return '';
    const read = readSecret(resolve(variables.folder, expanded));
    return read.ok ? read.text : fault(read.message);
  };
  const expanded = text.replaceAll(EXPRESSION, (whole: string, path: string | undefined, name: string | undefined) => {
    if (path !== undefined) return content(path);
    if (name === undefined) return '${';
    return whole.endsWith('}') ? variable(name) : fault(MALFORMED);
  });
  return { text: expanded, faults };
}

type Secret = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/** Reads a file of at most 64 KiB of UTF-8. The message names the path and never the content. */
function readSecret(path: string): Secret {
  const bytes = readSmallFile(path);
  if (bytes === undefined) return { ok: false, message: `cannot read the file ${path}` };
  if (bytes.length > MOST_BYTES) return { ok: false, message: `the file ${path} has more than ${MOST_BYTES} bytes` };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { ok: true, text: text.replace(/\r?\n$/, '') };
  } catch {
    return { ok: false, message: `the file ${path} is not UTF-8` };
  }
}

/** The bytes of a file, or the first that are too many; undefined for what is no file or cannot be read. */
function readSmallFile(path: string): Uint8Array | undefined {
  try {
    const facts = statSync(path);
    if (!facts.isFile()) return undefined;
    return facts.size > MOST_BYTES ? new Uint8Array(MOST_BYTES + 1) : readFileSync(path);
  } catch {
    return undefined;
  }
}
