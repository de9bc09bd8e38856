/** Measures the memory of sessions that wait for their devices, on the embedded store. */
import type { Backend } from './backend.ts';
import { type Messages, retarget, simulate } from './recorded-session.ts';
import { REPRESENTATIVE_TREE, representativeScript } from './representative-session.ts';
import type { BenchRow } from './row.ts';
import { TestedProcess } from './tested-process.ts';

const AT_ONCE = 64;
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
    await openSessions(tested, recorded, 1, from);
    const before = await tested.measure({ measure: 'collect' });
    await openSessions(tested, recorded, from, to);
    const after = await tested.measure({ measure: 'collect' });
    const kilobytes = (part: 'heap' | 'rss') => (after[part] - before[part]) / (to - from) / 1024;
    const figure = `from ${from} to ${to} open sessions, embedded store`;
    return [
      { name: 'heap per open session, KB', figure, value: kilobytes('heap'), must: 4, stretch: 2.5 },
      { name: 'RSS per open session, KB', figure, value: kilobytes('rss'), must: 12, stretch: 6 },
    ];
  } finally {
    await tested.close();
  }
}

/** Sends the first message of the devices of these numbers. */
async function openSessions(tested: TestedProcess, recorded: Messages, from: number, to: number): Promise<void> {
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
