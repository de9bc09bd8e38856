/** `dmbridge health`: whether the bridge of a configuration is ready, for the probes of containers and services. */
import { request } from 'undici';
import { urlHost } from '../config/value-parsers.ts';
import { HTTP } from '../http-status.ts';
import { EXIT, parseConfigArguments, print, printError, readConfig } from './command-line.ts';

/** Probes give up after a few seconds; a bridge that is ready answers at once. */
const DEADLINE_MS = 2000;

/** Asks `/readyz` of the admin listener in the configuration, and prints what it says. */
export async function runHealth(args: readonly string[]): Promise<number> {
  const { host, port } = readConfig(parseConfigArguments(args).config).admin.listen;
  const url = `http://${urlHost(host)}:${port}/readyz`;
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    const { statusCode, body } = await request(url, { signal });
    const text = await body.text();
    if (statusCode === HTTP.ok) {
      print(text);
      return EXIT.done;
    }
    printError(`dmbridge: ${url} answers ${statusCode}: ${text}`);
  } catch (error) {
    const reason = signal.aborted ? `no answer within ${DEADLINE_MS / 1000} s` : reasonOf(error);
    printError(`dmbridge: ${url} cannot be asked (${reason})`);
  }
  return EXIT.failed;
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
