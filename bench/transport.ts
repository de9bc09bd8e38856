/**
 * Measures HTTP alone: the listener for devices and the client of backends with nothing between them, in CPU time per message.
 * Both floors, and with a baseline the code of another commit, take their turns in the same rounds.
 */
import type { Backend } from './backend.ts';
import type { Mode } from './measurement.ts';
import { type BenchRow, median } from './row.ts';
import type { Baseline } from './sessions.ts';
import { TestedProcess, THIS_TREE } from './tested-process.ts';

const AT_ONCE = 64;
/** About as many bytes as a message has. */
const MESSAGE = Buffer.alloc(1_500, 'x');

export interface TransportAmount {
  /** Messages of each process before the first measured one. */
  readonly warmUp: number;
  readonly rounds: number;
  /** Messages of each process in a round. */
  readonly messages: number;
}

interface Series {
  readonly name: string;
  readonly tested: TestedProcess;
  /** Microseconds per message, by round. */
  readonly costs: number[];
}

export async function benchTransport(
  backend: Backend,
  { warmUp, rounds, messages }: TransportAmount,
  baseline?: Baseline,
): Promise<readonly BenchRow[]> {
  const all: Series[] = [];
  const open = async (mode: Mode, name: string, tree = THIS_TREE): Promise<Series> => {
    const series = {
      name,
      tested: await TestedProcess.start({ mode, backendUrl: backend.url, devices: 0 }, tree),
      costs: [],
    };
    all.push(series);
    return series;
  };
  try {
    const own = await open('transport', 'this code');
    const others = [await open('koa-floor', 'the koa floor'), await open('bare-floor', 'the bare floor')];
    if (baseline !== undefined) others.push(await open('transport', baseline.name, baseline.tree));
    // Nothing is measured meanwhile.
    await Promise.all(all.map(({ tested }) => sendMessages(tested, warmUp)));
    for (let round = 0; round < rounds; round += 1) {
      for (const { tested, costs } of all) {
        const { cpu } = await tested.during(() => sendMessages(tested, messages));
        costs.push(cpu / messages);
      }
    }
    return others.map((other) => rowOf(own, other));
  } finally {
    for (const { tested } of all) await tested.close();
  }
}

async function sendMessages(tested: TestedProcess, count: number): Promise<void> {
  const perSender = Math.ceil(count / AT_ONCE);
  const sender = async () => {
    for (let at = 0; at < perSender; at += 1) await tested.post(MESSAGE, 'xml');
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
}

/** The median of the ratios of the rounds. */
function rowOf(own: Series, other: Series): BenchRow {
  const ratios = own.costs.map((cost, round) => cost / (other.costs[round] ?? Number.NaN));
  return {
    name: `HTTP of a message alone, over ${other.name}`,
    figure: `${median(own.costs).toFixed(0)} against ${median(other.costs).toFixed(0)} µs CPU per message`,
    value: median(ratios),
  };
}
