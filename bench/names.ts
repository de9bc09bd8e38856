/**
 * Compares the answers to wrong credentials of known and unknown names, which must take the same time.
 *
 * The names are distinct, because the third wrong attempt for one device is delayed. The known devices have had a session.
 */
import type { Backend } from './backend.ts';
import { devIdAt } from './measurement.ts';
import { type Messages, replay, retarget, simulate } from './recorded-session.ts';
import { REPRESENTATIVE_TREE, representativeScript } from './representative-session.ts';
import { type BenchRow, median } from './row.ts';
import { type Encoding, TestedProcess } from './tested-process.ts';

const SESSION_ID = 'A000';
/** DevIds from here on are not registered. */
const FIRST_UNKNOWN = 1_000_000;
const RIGHT = 'QnJ1Y2UyOk9oQmVoYXZl';
const WRONG = 'QnJ1Y2UyOk9oQmVoYXZ1';

/** @param names the number of known names, and of unknown ones */
export async function benchNames(backend: Backend, names: number): Promise<readonly BenchRow[]> {
  backend.play(representativeScript(backend));
  const tested = await TestedProcess.start({ mode: 'sqlite', backendUrl: backend.url, devices: names });
  try {
    const encoding: Encoding = 'xml';
    const session = { device: 0, encoding, sessionId: SESSION_ID, tree: REPRESENTATIVE_TREE };
    const recorded = await simulate(tested, session);
    const target = (messages: Messages, device: number) =>
      retarget(messages, { device: 0, sessionId: SESSION_ID }, { device, sessionId: SESSION_ID });
    for (let device = 1; device < names; device += 1) await replay(tested, target(recorded, device), encoding);
    const attempt = recorded
      .slice(0, 1)
      .map((message) => Buffer.from(message.toString('latin1').replace(RIGHT, WRONG), 'latin1'));
    const time = async (device: number): Promise<number> => {
      const [message] = retarget(attempt, { device: 0, sessionId: SESSION_ID }, { device, sessionId: 'B000' });
      if (message === undefined) throw new TypeError(`no message of ${devIdAt(device)}`);
      const begin = performance.now();
      await tested.post(message, encoding);
      return performance.now() - begin;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let at = 0; at < names; at += 1) {
      known.push(await time(at));
      unknown.push(await time(FIRST_UNKNOWN + at));
    }
    const [one, other] = [median(known), median(unknown)];
    return [
      {
        name: 'answers to known over unknown names, medians',
        figure: `${(one * 1000).toFixed(0)} against ${(other * 1000).toFixed(0)} µs of wall time, alone, embedded store`,
        value: Math.max(one / other, other / one),
        must: 1.05,
      },
    ];
  } finally {
    await tested.close();
  }
}
