/**
 * The files and folders that a configuration names.
 *
 * All of them are opened once when the bridge starts, so that a wrong path stops the start and not a session.
 */
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsSettings } from './config.ts';
import type { Section } from './section.ts';

/** Reports a path that is not a readable file. */
export function checkFile(path: string, section: Section): void {
  reportFailure(path, section, () => {
    accessSync(path, constants.R_OK);
    if (!statSync(path).isFile()) section.report(`not a file: ${path}`);
  });
}

/** True when the folder can be listed. */
export function isReadableFolder(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Reports a path that is not a readable folder. */
export function checkFolder(path: string, section: Section): void {
  reportFailure(path, section, () => readdirSync(path));
}

/** The text of a PEM file; undefined, and the reason reported, when it cannot be read. */
export function readPem(path: string, section: Section): string | undefined {
  let text: string | undefined;
  reportFailure(path, section, () => {
    text = readFileSync(path, 'utf8');
    if (!text.includes('-----BEGIN ')) section.report(`not a PEM file: ${path}`);
  });
  return text;
}

/** Reports a key, certificate and authority that cannot serve a listener together. */
export function checkKeyPair({ key, cert, ca }: TlsSettings, section: Section): void {
  if (key === undefined || cert === undefined) return;
  const options: SecureContextOptions = { key, cert };
  if (ca !== undefined) options.ca = ca;
  try {
    createSecureContext(options);
  } catch (error) {
    section.report(`key, cert and clientCa cannot be used together (${reasonOf(error)})`);
  }
}

/** Reports a cipher list in which OpenSSL finds no suite. */
export function checkCiphers(ciphers: string, section: Section): void {
  try {
    createSecureContext({ ciphers });
  } catch (error) {
    section.report(`not a cipher list of OpenSSL (${reasonOf(error)})`);
  }
}

function reportFailure(path: string, section: Section, open: () => void): void {
  try {
    open();
  } catch (error) {
    section.report(`cannot read ${path} (${reasonOf(error)})`);
  }
}

/** The system's error code, such as `ENOENT`. */
export function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
