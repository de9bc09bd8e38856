/** Measures what very many sessions that wait for their devices cost on the embedded store: memory, and CPU time per message. */
import type { Backend } from './backend.ts';
import { type Messages, retarget, simulate } from './recorded-session.ts';
import { REPRESENTATIVE_TREE, representativeScript } from './representative-session.ts';
import type { BenchRow } from './row.ts';
import { TestedProcess } from './tested-process.ts';

const AT_ONCE = 64;
/** The number of messages whose CPU time is measured. */
const MEASURED = 2_000;
const SESSION_ID = 'A000';

/** @param counts of open sessions: the growth from the first to the second is measured */
export async function benchMemory(
  backend: Backend,
  [from, to]: readonly [number, number],
): Promise<readonly BenchRow[]> {
  backend.play(representativeScript(backend));
  const tested = await TestedProcess.start({ mode: 'sqlite', backendUrl: backend.url, devices: to + 1 });
  try {
    const recorded = await simulate(tested, {
      device: 0,
      encoding: 'xml',
      sessionId: SESSION_ID,
      tree: REPRESENTATIVE_TREE,
    });
    const fewer = await openSessions(tested, recorded, 1, from);
    const before = await tested.measure({ measure: 'collect' });
    const more = await openSessions(tested, recorded, from, to);
    const after = await tested.measure({ measure: 'collect' });
    const kilobytes = (part: 'heap' | 'rss') => (after[part] - before[part]) / (to - from) / 1024;
    const figure = `from ${from} to ${to} open sessions, embedded store`;
    return [
      { name: 'heap per open session, KB', figure, value: kilobytes('heap'), must: 4, stretch: 2.5 },
      { name: 'RSS per open session, KB', figure, value: kilobytes('rss'), must: 12, stretch: 6 },
      {
        name: `CPU per message at ${to} open sessions over that at ${from}`,
        figure: `${more.toFixed(0)} µs over ${fewer.toFixed(0)} µs, first message of a session`,
        value: more / fewer,
        must: 1.3,
        stretch: 1.1,
      },
    ];
  } finally {
    await tested.close();
  }
}

/** Sends the first message of the devices of these numbers; returns the CPU time of each of the last ones in microseconds. */
async function openSessions(tested: TestedProcess, recorded: Messages, from: number, to: number): Promise<number> {
  const measured = Math.min(MEASURED, Math.floor((to - from) / 2));
  await sendFirst(tested, recorded, from, to - measured);
  const { cpu } = await tested.during(() => sendFirst(tested, recorded, to - measured, to));
  return cpu / measured;
}

async function sendFirst(tested: TestedProcess, recorded: Messages, from: number, to: number): Promise<void> {
  const first = recorded.slice(0, 1);
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < to) {
      const device = next;
      next += 1;
      const [message] = retarget(first, { device: 0, sessionId: SESSION_ID }, { device, sessionId: SESSION_ID });
      if (message !== undefined) await tested.post(message, 'xml');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
