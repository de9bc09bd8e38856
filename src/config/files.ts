/**
 * The files that a configuration names, looked at once at start, so that a wrong path stops the start and not a session.
 */

import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';

/** True when the file can be read; else says why not. */
export function checkFile(file: string, report: (message: string) => void): boolean {
  return attempt(file, report, () => {
    accessSync(file, constants.R_OK);
    if (!statSync(file).isFile()) report(`not a file: ${file}`);
  });
}

/** True when the folder can be listed; else says why not. */
export function checkFolder(folder: string, report: (message: string) => void): boolean {
  return attempt(folder, report, () => readdirSync(folder));
}

/** The text of a PEM file; undefined, and the reason reported, when there is none. */
export function readPem(file: string, report: (message: string) => void): string | undefined {
  let text: string | undefined;
  attempt(file, report, () => {
    text = readFileSync(file, 'utf8');
    if (!text.includes('-----BEGIN ')) report(`not a PEM file: ${file}`);
  });
  return text;
}

function attempt(path: string, report: (message: string) => void, look: () => void): boolean {
  try {
    look();
    return true;
  } catch (error) {
    report(`cannot read ${path} (${error instanceof Error && 'code' in error ? error.code : 'unknown reason'})`);
    return false;
  }
}
