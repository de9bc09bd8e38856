/**
 * The stored form of a list of commands: large results as texts, and a long list as blocks of JSON text.
 *
 * A session is stored before each upload of a package. A store writes a long text once, so that a commit costs the blocks
 * that have changed and not the whole list.
 */
import { storedLog } from '../workflow/replay-log.ts';
import type { CommandRun, NorthSession, RunningSession } from './north-session.ts';

/** Commands of a block. Its text is long enough for a row of its own in a store. */
const BLOCK_SIZE = 128;

/** The text of each block, by its first command, with the commands that it was made of. */
const texts = new WeakMap<CommandRun, { readonly runs: readonly CommandRun[]; readonly text: string }>();

/** The session as it is stored. */
export function packRuns(north: NorthSession): NorthSession {
  if (north.phase !== 'executing' && north.phase !== 'starting') return north;
  if (north.phase === 'starting' || north.runs.length <= BLOCK_SIZE) return withStoredLogs(north);
  const runBlocks: string[] = [];
  for (let start = 0; start < north.runs.length; start += BLOCK_SIZE) {
    runBlocks.push(textOf(north.runs.slice(start, start + BLOCK_SIZE)));
  }
  return { ...north, runs: [], runBlocks };
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
  return { ...session, runs: runBlocks.flatMap(readBlock) };
}

/** A command that has not changed is the same value, so that the text of an unchanged block is the one of the last commit. */
function textOf(runs: readonly CommandRun[]): string {
  const [first] = runs;
  const known = first === undefined ? undefined : texts.get(first);
  if (known !== undefined && isSameList(known.runs, runs)) return known.text;
  const text = JSON.stringify(runs.map(storedRun));
  if (first !== undefined) texts.set(first, { runs, text });
  return text;
}

function isSameList(one: readonly CommandRun[], other: readonly CommandRun[]): boolean {
  return one.length === other.length && one.every((run, at) => run === other[at]);
}

function readBlock(text: string): readonly CommandRun[] {
  const runs: readonly CommandRun[] = JSON.parse(text);
  const [first] = runs;
  if (first !== undefined) texts.set(first, { runs, text });
  return runs;
}
