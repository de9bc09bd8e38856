/**
 * How fast the WBXML codec is against libwbxml, the C library, which does the same work in a process of its own.
 *
 * The document is the same, byte for byte, in both. Reading ends in the tree of each; writing starts from the records of
 * a message here and from its tree there, without string table on either side. Needs a C compiler and the library's
 * development files; where they are not, there are no rows.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYNCML_TABLES } from '../src/syncml/code-pages.ts';
import { decodeMessage, encodeMessage } from '../src/syncml/codec.ts';
import { decodeWbxml } from '../src/wbxml/decode.ts';
import { type BenchRow, median } from './row.ts';
import { sampleMessage } from './xml-reader.ts';

const WBXML = 'application/vnd.syncml.dm+wbxml';
const SOURCE = join(import.meta.dirname, 'libwbxml', 'libwbxml-bench.c');

/** CPU microseconds for one document. */
interface Times {
  readonly read: number;
  readonly write: number;
}

/** Measures reading and writing of one message; no rows where libwbxml cannot be built against. */
export function benchWbxml(smoke = false): readonly BenchRow[] {
  const runs = smoke ? 200 : 2000;
  const rounds = smoke ? 5 : 15;
  const parsed = decodeMessage(Buffer.from(sampleMessage()), 'application/vnd.syncml.dm+xml');
  // Values as a planner makes them, not slices of the document they were read from.
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
    ratio: theirs[part] / ours[part],
    must,
    stretch,
  });
  return [
    row("WBXML decode over libwbxml's tree", 'read', 5, 9),
    row("WBXML encode over libwbxml's encoder", 'write', 1.5, 3),
  ];
}

function microseconds(work: () => unknown, runs: number, rounds: number): number {
  const round = (): number => {
    const before = process.cpuUsage();
    for (let i = 0; i < runs; i++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / runs;
  };
  // The first rounds belong to the compiler.
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
    const times = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    return {
      read: median(times.map(([read = Number.NaN]) => read)),
      write: median(times.map((one) => one[1] ?? Number.NaN)),
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

/** What a command prints; `undefined` when it is not there or fails. */
function output(command: string, options: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, options, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

if (import.meta.main) {
  for (const row of benchWbxml()) {
    console.log(`${row.name}: ${row.ratio.toFixed(1)} (must ${row.must}, stretch ${row.stretch}) – ${row.figure}`);
  }
}
