/** `dmbridge serve`: the bridge in production, until SIGTERM or SIGINT. */
import { ConfigError, MappingError } from '../errors.ts';
import { createJournal, type LeveledJournal } from '../log.ts';
import { EXIT, parseConfigArguments, print, readConfig, untilSignal } from './command-line.ts';
import { prepareBridge } from './server/prepare-bridge.ts';
import { type RunningServer, startServer } from './server/start-server.ts';

/** Starts the bridge, prints its addresses, stops at a signal. SIGHUP reloads what can be changed without a restart. */
export async function runServe(args: readonly string[]): Promise<number> {
  const { config: file } = parseConfigArguments(args);
  const config = readConfig(file);
  const journal = createJournal({ level: config.log.level });
  const stopped = untilSignal();
  const started = startServer(config, journal, prepareBridge);
  reloadAtSignal(file, started, journal);
  // An import may be long; what it has stored stays, and the next start goes on.
  const early = await Promise.race([started.then(() => undefined), stopped]);
  if (early !== undefined) return EXIT.done;
  const server = await started;
  const { south, north, admin } = server;
  print(`dmbridge ready south=${south} north=${north} admin=${admin}`);
  journal.log('bridge.ready', { south, north, admin });
  journal.log('bridge.stopping', { signal: await stopped });
  await server.stop();
  return EXIT.done;
}

/** A signal during the start, or during another reload, waits for its end. */
function reloadAtSignal(file: string, started: Promise<RunningServer>, journal: LeveledJournal): void {
  let reloads: Promise<void> = started.then(
    () => undefined,
    () => undefined,
  );
  process.on('SIGHUP', () => {
    reloads = reloads.then(async () => reload(file, await started, journal));
  });
}

/** Reloads the configuration; files with problems are logged and change nothing. */
async function reload(file: string, server: RunningServer, journal: LeveledJournal): Promise<void> {
  try {
    const config = readConfig(file);
    const facts = await server.reload(config);
    // The operator who sent the signal waits for this line, whatever the level before and after is.
    if (config.log.level !== 'silent') journal.setLevel('info');
    journal.log('config.reloaded', facts);
    journal.setLevel(config.log.level);
  } catch (error) {
    journal.log('config.reload_failed', { problems: problemsOf(error) });
  }
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  if (error instanceof MappingError) return error.message.split('\n');
  return [error instanceof Error ? error.message : String(error)];
}
