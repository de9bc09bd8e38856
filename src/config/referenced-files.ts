/**
 * The files that a configuration names, looked at once at start, so that a wrong path stops the start and not a session.
 */

import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

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

/** Says why key, certificate and authority cannot serve a listener together. */
export function checkKeyPair(
  {
    key,
    cert,
    ca,
  }: { readonly key?: string | undefined; readonly cert?: string | undefined; readonly ca?: string | undefined },
  report: (message: string) => void,
): void {
  if (key === undefined || cert === undefined) return;
  try {
    createSecureContext({ key, cert, ...(ca === undefined ? {} : { ca }) });
  } catch (error) {
    report(
      `key, cert and clientCa cannot be used together (${error instanceof Error && 'code' in error ? error.code : 'unknown reason'})`,
    );
  }
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
