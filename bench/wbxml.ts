/**
 * Compares the WBXML codec with libwbxml, a C library that does the same work in a process of its own.
 *
 * Both read the same bytes and build a tree. The codec writes the records of a message, libwbxml writes its tree; neither
 * writes a string table. The bench needs a C compiler and the library's development files; without them it has no rows.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYNCML_TABLES } from '../src/syncml/code-pages.ts';
import { decodeMessage, encodeMessage } from '../src/syncml/codec.ts';
import { decodeWbxml } from '../src/wbxml/decode.ts';
import { type BenchRow, cpuMicroseconds, median, printRows } from './row.ts';
import { sampleMessage } from './xml-reader.ts';

const WBXML = 'application/vnd.syncml.dm+wbxml';
const SOURCE = join(import.meta.dirname, 'libwbxml', 'libwbxml-bench.c');

/** CPU microseconds for one document. */
interface Times {
  readonly read: number;
  readonly write: number;
}

/**
 * Measures reading and writing of one message; no rows when the program for libwbxml cannot be built.
 * @param smoke a few rounds only
 */
export function benchWbxml(smoke = false): readonly BenchRow[] {
  const runs = smoke ? 200 : 2000;
  const rounds = smoke ? 5 : 15;
  const parsed = decodeMessage(Buffer.from(sampleMessage()), 'application/vnd.syncml.dm+xml');
  // The clone has values of its own, as a message of the bridge has, not slices of a document.
  const message = structuredClone(parsed.message);
  const document = encodeMessage(message, WBXML);
  const theirs = measureLibwbxml(document, runs, rounds);
  if (theirs === undefined) return [];
  const ours: Times = {
    read: microseconds(() => decodeWbxml(document, SYNCML_TABLES), runs, rounds),
    write: microseconds(() => encodeMessage(message, WBXML), runs, rounds),
  };
  const row = (name: string, part: keyof Times, must: number, stretch: number): BenchRow => ({
    name,
    figure: `${ours[part].toFixed(1)} against ${theirs[part].toFixed(1)} µs CPU for ${document.length} bytes`,
    value: theirs[part] / ours[part],
    must,
    stretch,
    moreIsBetter: true,
  });
  return [
    row("WBXML decode over libwbxml's tree", 'read', 5, 9),
    row("WBXML encode over libwbxml's encoder", 'write', 1.5, 3),
  ];
}

/** The median CPU microseconds per run. */
function microseconds(work: () => unknown, runs: number, rounds: number): number {
  const runAll = (): void => {
    for (let i = 0; i < runs; i++) work();
  };
  const round = (): number => cpuMicroseconds(runAll) / runs;
  // During the first rounds the code is still compiled.
  for (let i = 0; i < 3; i++) round();
  return median(Array.from({ length: rounds }, round));
}

function measureLibwbxml(document: Uint8Array, runs: number, rounds: number): Times | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'dmbridge-libwbxml-'));
  try {
    const program = join(folder, 'libwbxml-bench');
    if (!build(program)) return undefined;
    const file = join(folder, 'document.wbxml');
    writeFileSync(file, document);
    const stdout = output(program, [file, String(runs), String(rounds)]);
    if (stdout === undefined) return undefined;
    const lines = stdout.trim().split('\n');
    const times = lines.map((line) => line.split(' ').map(Number));
    return {
      read: median(times.map(([read = Number.NaN]) => read)),
      write: median(times.map(([, write = Number.NaN]) => write)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function build(program: string): boolean {
  const flags = output('pkg-config', ['--cflags', '--libs', 'libwbxml2']);
  if (flags === undefined) return false;
  const options = flags.split(/\s+/u).filter((flag) => flag !== '');
  return output('cc', ['-O2', '-o', program, SOURCE, ...options]) !== undefined;
}

/** The output of a command; undefined when the command does not exist or fails. */
function output(command: string, options: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, options, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

if (import.meta.main) printRows(benchWbxml());
