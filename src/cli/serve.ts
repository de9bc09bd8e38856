/** `dmbridge serve`: the bridge in production, until SIGTERM or SIGINT. */

import { ConfigError } from '../errors.ts';
import { createJournal } from '../log.ts';
import type { Journal } from '../log-events.ts';
import { EXIT, parseConfigArguments, print, readConfig } from './command-line.ts';
import { composeBridge } from './server/compose-bridge.ts';
import { type RunningServer, startServer } from './server/start-server.ts';

/** Starts, says on stdout that it is ready, stops on a signal. */
export async function runServe(args: readonly string[]): Promise<number> {
  const { config: file } = parseConfigArguments(args);
  const config = readConfig(file);
  const journal = createJournal({ level: config.log.level });
  const stopped = untilSignal();
  let running: RunningServer | undefined;
  // Before the start it would end the process.
  process.on('SIGHUP', () => running !== undefined && reload(file, running, journal));
  const server = await startServer(config, journal, composeBridge);
  running = server;
  print(`dmbridge ready south=${server.south} north=${server.north} admin=${server.admin}`);
  journal.log('bridge.ready', { south: server.south, north: server.north, admin: server.admin });
  journal.log('bridge.stopping', { signal: await stopped });
  await server.stop();
  return EXIT.done;
}

/** What is wrong with the new files is told, and changes nothing. */
function reload(file: string, server: RunningServer, journal: Journal): void {
  try {
    server.reload(readConfig(file));
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : ['the certificates cannot be used'];
    journal.log('config.reload_failed', { problems });
  }
}

/** Resolves with the first signal. Later ones change nothing: a terminal sends each twice, to us and to our launcher. */
function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });
}
