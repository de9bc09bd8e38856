/**
 * Measures whole sessions through a running bridge: CPU time of its process per device message, divided by the koa floor of
 * the same round. With a baseline, the code of another commit takes its turns in the same rounds.
 */
import { Backend } from './backend.ts';
import { devIdAt, type Measurement, type Mode } from './measurement.ts';
import { type Messages, replay, retarget, simulate } from './recorded-session.ts';
import { MESSAGES_PER_SESSION, REPRESENTATIVE_TREE, representativeScript } from './representative-session.ts';
import { type BenchRow, median } from './row.ts';
import { type Encoding, TestedProcess, THIS_TREE } from './tested-process.ts';

/** Sessions of one device that are prepared; then they come again. */
const SESSION_IDS = 8;
/** In so many sessions the bridge learns what it can about a device. */
const LEARNING_SESSIONS = 2;
const RECORDED_ID = 'F000';
const ENCODINGS = ['xml', 'wbxml'] as const;
/** The young generation holds all that the sessions of a round allocate, so that nothing of it is collected. */
const GARBAGE_FLAGS = ['--min-semi-space-size=256', '--max-semi-space-size=256'];
const GARBAGE_SESSIONS = 64;

export interface Amount {
  /** Sessions of each process before the first measured one, half of them in each encoding. */
  readonly warmUp: number;
  readonly rounds: number;
  /** Sessions of each process and encoding in a round. */
  readonly sessions: number;
  /** The devices of each process and encoding; all of them have sessions at once. */
  readonly devices: number;
}

/** The folder of another commit, and its name. */
export interface Baseline {
  readonly tree: string;
  readonly name: string;
}

/** One process with the messages that it gets, and the CPU microseconds per message by encoding and round. */
interface Series {
  readonly mode: Mode;
  readonly code: string;
  readonly tested: TestedProcess;
  /** Its own, because the devices of all processes have the same names. */
  readonly backend: Backend;
  readonly prepared: Readonly<Record<Encoding, readonly (readonly Messages[])[]>>;
  readonly costs: Readonly<Record<Encoding, number[]>>;
  /** The number of sessions that each device has had. */
  turn: number;
}

export async function benchSessions(amount: Amount, baseline?: Baseline): Promise<readonly BenchRow[]> {
  const codes = [{ tree: THIS_TREE, name: 'this' }, ...(baseline === undefined ? [] : [baseline])];
  const all: Series[] = [];
  try {
    for (const code of codes) {
      all.push(
        ...(await Promise.all((['memory', 'sqlite'] as const).map((mode) => openSeries(mode, code, amount.devices)))),
      );
    }
    const messages = all[0]?.prepared;
    if (messages === undefined) throw new TypeError('no process was started');
    for (const mode of ['koa-floor', 'bare-floor'] as const) {
      const backend = await Backend.open();
      const tested = await TestedProcess.start({ mode, backendUrl: backend.url, devices: 0 });
      all.push({ mode, code: 'this', tested, backend, prepared: messages, costs: { xml: [], wbxml: [] }, turn: 0 });
    }
    // During the first sessions the code is still compiled, which would count as work of the bridge.
    await Promise.all(all.map((series) => warmUp(series, amount.warmUp)));
    for (let round = 0; round < amount.rounds; round += 1) await runRound(all, amount.sessions);
    const loop = await watchLoop(all, amount.sessions);
    return [
      ...sessionRows(all),
      ...comparisonRows(all, baseline),
      loop,
      ...(await garbageRows(Math.min(amount.warmUp, amount.devices * 16), amount.devices)),
    ];
  } finally {
    await closeAll(all);
  }
}

async function closeAll(all: readonly Series[]): Promise<void> {
  for (const { tested, backend } of all) {
    await tested.close();
    backend.close();
  }
}

/** Nothing is measured meanwhile, so all processes may warm up at once. */
async function warmUp(series: Series, sessions: number): Promise<void> {
  for (const encoding of ENCODINGS) await runSessions(series, encoding, sessions / 2);
}

/** Each process takes its turn, so that a change of the machine's speed concerns all of them. */
async function runRound(all: readonly Series[], sessions: number): Promise<void> {
  for (const encoding of ENCODINGS) {
    for (const series of all) {
      const { cpu } = await series.tested.during(() => runSessions(series, encoding, sessions));
      series.costs[encoding].push(cpu / (sessions * MESSAGES_PER_SESSION));
    }
  }
}

/** Starts a bridge, which learns about each device, and prepares the messages of later sessions. */
async function openSeries(
  mode: 'memory' | 'sqlite',
  { tree, name }: Baseline,
  devices: number,
  flags: readonly string[] = [],
): Promise<Series> {
  const backend = await Backend.open();
  backend.play(representativeScript(backend));
  const options = { mode, backendUrl: backend.url, devices: devices * ENCODINGS.length };
  const tested = await TestedProcess.start(options, tree, flags);
  const xml = await prepare(tested, 'xml', 0, devices);
  const wbxml = await prepare(tested, 'wbxml', devices, devices);
  return { mode, code: name, tested, backend, prepared: { xml, wbxml }, costs: { xml: [], wbxml: [] }, turn: 0 };
}

/** By device and session. */
async function prepare(
  tested: TestedProcess,
  encoding: Encoding,
  firstDevice: number,
  devices: number,
): Promise<readonly (readonly Messages[])[]> {
  const session = (sessionId: string) => ({ device: firstDevice, encoding, sessionId, tree: REPRESENTATIVE_TREE });
  const recorded: Messages[] = [];
  for (let at = 0; at <= LEARNING_SESSIONS; at += 1) {
    recorded.push(await simulate(tested, session(at === LEARNING_SESSIONS ? RECORDED_ID : `E00${at}`)));
  }
  const last = recorded.at(-1) ?? [];
  if (last.length !== MESSAGES_PER_SESSION) throw new Error(`the session has ${last.length} messages`);
  for (let device = firstDevice + 1; device < firstDevice + devices; device += 1) {
    for (const [at, messages] of recorded.slice(0, -1).entries()) {
      const sessionId = `E00${at}`;
      const own = retarget(messages, { device: firstDevice, sessionId }, { device, sessionId });
      await replay(tested, own, encoding);
    }
  }
  const from = { device: firstDevice, sessionId: RECORDED_ID };
  return Array.from({ length: devices }, (_device, at) =>
    Array.from({ length: SESSION_IDS }, (_session, turn) =>
      retarget(last, from, { device: firstDevice + at, sessionId: `A00${turn}` }),
    ),
  );
}

async function runSessions(series: Series, encoding: Encoding, sessions: number): Promise<void> {
  const { tested, prepared, turn } = series;
  const perDevice = Math.ceil(sessions / prepared[encoding].length);
  series.turn += perDevice;
  await Promise.all(
    prepared[encoding].map(async (ofDevice) => {
      for (let at = 0; at < perDevice; at += 1) {
        await replay(tested, ofDevice[(turn + at) % SESSION_IDS] ?? [], encoding);
      }
    }),
  );
}

function find(all: readonly Series[], mode: Mode, code = 'this'): Series {
  const series = all.find((one) => one.mode === mode && one.code === code);
  if (series === undefined) throw new TypeError(`no process for ${mode} of ${code}`);
  return series;
}

function sessionRows(all: readonly Series[]): readonly BenchRow[] {
  const [memory, sqlite] = [find(all, 'memory'), find(all, 'sqlite')];
  const [koa, bare] = [find(all, 'koa-floor'), find(all, 'bare-floor')];
  return ENCODINGS.flatMap((encoding): readonly BenchRow[] => {
    const [must, stretch] = encoding === 'xml' ? [2.5, 1.8] : [2.1, 1.5];
    const name = `${encoding.toUpperCase()} session`;
    return [
      {
        name: `${name}, no durable store, over the koa floor`,
        figure: `${micro(memory, encoding)} µs CPU per message; koa floor ${micro(koa, encoding)}`,
        value: ratio(memory, koa, encoding),
        must,
        stretch,
      },
      {
        name: `${name}, no durable store, over the bare floor`,
        figure: `bare floor ${micro(bare, encoding)} µs`,
        value: ratio(memory, bare, encoding),
      },
      {
        name: `${name}, SQLite over no durable store, ${memory.prepared[encoding].length} at once`,
        figure: `${micro(sqlite, encoding)} µs CPU per message`,
        value: ratio(sqlite, memory, encoding),
        must: 1.3,
        stretch: 1.15,
      },
    ];
  });
}

function comparisonRows(all: readonly Series[], baseline: Baseline | undefined): readonly BenchRow[] {
  if (baseline === undefined) return [];
  return (['memory', 'sqlite'] as const).flatMap((mode) =>
    ENCODINGS.map((encoding): BenchRow => {
      const [now, then] = [find(all, mode), find(all, mode, baseline.name)];
      return {
        name: `${encoding.toUpperCase()} session, ${mode}, over ${baseline.name}`,
        figure: `${micro(now, encoding)} against ${micro(then, encoding)} µs CPU per message`,
        value: ratio(now, then, encoding),
      };
    }),
  );
}

/** The median of the ratios of the rounds. */
function ratio(one: Series, other: Series, encoding: Encoding): number {
  return median(one.costs[encoding].map((cost, round) => cost / (other.costs[encoding][round] ?? Number.NaN)));
}

function micro({ costs }: Series, encoding: Encoding): string {
  return median(costs[encoding]).toFixed(0);
}

async function watchLoop(all: readonly Series[], sessions: number): Promise<BenchRow> {
  const series = find(all, 'sqlite');
  const measured = await series.tested.during(() => runSessions(series, 'xml', sessions), true);
  return loopRow(`event loop blocked in sessions, SQLite, ${series.prepared.xml.length} at once, ms CPU`, measured);
}

export function loopRow(name: string, { longestTurn, delayP99, delayMax }: Measurement): BenchRow {
  const figure = `delay of the event loop: p99 ${delayP99.toFixed(1)} ms, max ${delayMax.toFixed(1)} ms`;
  return { name, figure, value: longestTurn, must: 50, stretch: 20 };
}

async function garbageRows(warmUp: number, devices: number): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  const series = await openSeries('memory', { tree: THIS_TREE, name: 'this' }, devices, GARBAGE_FLAGS);
  for (const encoding of ENCODINGS) {
    // Code that is not compiled allocates more.
    await runSessions(series, encoding, warmUp);
    const before = await series.tested.measure({ measure: 'collect' });
    const after = await series.tested.during(() => runSessions(series, encoding, GARBAGE_SESSIONS));
    const perMessage = (after.heap - before.heap) / (GARBAGE_SESSIONS * MESSAGES_PER_SESSION);
    rows.push({
      name: `${encoding.toUpperCase()} session, garbage per message, KB`,
      figure: `with ${devIdAt(0)} and ${devices - 1} more devices`,
      value: perMessage / 1024,
      must: 110,
      stretch: 80,
    });
  }
  await closeAll([series]);
  return rows;
}
