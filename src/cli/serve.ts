/** `dmbridge serve`: the bridge in production, until SIGTERM or SIGINT. */
import { ConfigError } from '../errors.ts';
import { createJournal } from '../log.ts';
import type { Journal } from '../log-events.ts';
import { EXIT, parseConfigArguments, print, readConfig, untilSignal } from './command-line.ts';
import { composeBridge } from './server/compose-bridge.ts';
import { type RunningServer, startServer } from './server/start-server.ts';

/** Starts the bridge, prints its addresses, stops at a signal. SIGHUP reloads the certificates. */
export async function runServe(args: readonly string[]): Promise<number> {
  const { config: file } = parseConfigArguments(args);
  const config = readConfig(file);
  const journal = createJournal({ level: config.log.level });
  const stopped = untilSignal();
  let running: RunningServer | undefined;
  // Without a handler, a SIGHUP during the start would end the process.
  process.on('SIGHUP', () => running !== undefined && reload(file, running, journal));
  const server = await startServer(config, journal, composeBridge);
  running = server;
  const { south, north, admin } = server;
  print(`dmbridge ready south=${south} north=${north} admin=${admin}`);
  journal.log('bridge.ready', { south, north, admin });
  journal.log('bridge.stopping', { signal: await stopped });
  await server.stop();
  return EXIT.done;
}

/** Reloads the configuration; files with problems are logged and change nothing. */
function reload(file: string, server: RunningServer, journal: Journal): void {
  try {
    server.reload(readConfig(file));
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : ['the certificates cannot be used'];
    journal.log('config.reload_failed', { problems });
  }
}
