/**
 * The stored form of a list of commands: large results as texts, and a long list as blocks. A session is stored before each upload
 * of a package.
 */
import { StoredList } from '../dm1/stored-list.ts';
import { storedLog } from '../workflow/replay-log.ts';
import type { CommandRun, NorthSession, RunningSession } from './north-session.ts';

const blocks = new StoredList<CommandRun>(storedRun);

/** The session as it is stored. */
export function packRuns(north: NorthSession): NorthSession {
  if (north.phase !== 'executing' && north.phase !== 'starting') return north;
  const runBlocks = north.phase === 'executing' ? blocks.pack(north.runs) : undefined;
  return north.phase !== 'executing' || runBlocks === undefined
    ? withStoredLogs(north)
    : { ...north, runs: [], runBlocks };
}

function withStoredLogs<S extends RunningSession>(north: S): S {
  const runs = north.runs.map(storedRun);
  return runs.every((run, at) => run === north.runs[at]) ? north : { ...north, runs };
}

function storedRun(run: CommandRun): CommandRun {
  const replayLog = storedLog(run.replayLog);
  return replayLog === run.replayLog ? run : { ...run, replayLog };
}

/** The session as `packRuns` got it, but for large results, which stay texts until they are used. */
export function unpackRuns(north: NorthSession): NorthSession {
  if (north.phase !== 'executing' || north.runBlocks === undefined) return north;
  const { runBlocks, ...session } = north;
  return { ...session, runs: blocks.unpack(runBlocks) };
}
