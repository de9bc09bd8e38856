/** `dmbridge serve`: the bridge in production, until SIGTERM or SIGINT. */
import { createJournal } from '../log.ts';
import { EXIT, parseConfigArguments, print, readConfig } from './command.ts';
import { composeBridge } from './compose.ts';
import { startServer } from './server.ts';

/** Starts, says on stdout that it is ready, stops on a signal. */
export async function runServe(args: readonly string[]): Promise<number> {
  const config = readConfig(parseConfigArguments(args).config);
  const journal = createJournal({ level: config.log.level });
  const stopped = untilSignal();
  const server = await startServer(config, journal, composeBridge);
  print(`dmbridge ready south=${server.south} north=${server.north} admin=${server.admin}`);
  journal.log('info', 'ready', { south: server.south, north: server.north, admin: server.admin });
  journal.log('info', 'stopping', { signal: await stopped });
  await server.stop();
  return EXIT.done;
}

/** Resolves with the first signal. Later ones change nothing: a terminal sends each twice, to us and to our launcher. */
function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });
}
