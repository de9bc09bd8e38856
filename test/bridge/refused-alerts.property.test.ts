/** Whatever a backend refuses, and wherever processes are killed: no alert is lost, and none that the backend takes is set aside. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { note, packageOne } from '../e2e/scripted-device.ts';
import { BRUCE, BridgeUnderTest, later, noCommands, notesIn, replied, settle } from './bridge-under-test.ts';

const CODES = [400, 413, 422, 403, 404, 500, 502] as const;
const FINAL: readonly number[] = [400, 413, 422];

/** One session of the device: with new alerts, and perhaps the end of the process before it or while Package#1 is on its way. */
const session = fc.record({
  added: fc.nat(2),
  fault: fc.constantFrom('none', 'none', 'none', 'killed before', 'killed during', 'lost reply', 'busy'),
});

test('alerts reach a backend that takes them although processes are killed during the search, and the others are set aside', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(fc.constantFrom(...CODES)), { minLength: 1, maxLength: 12 }),
      fc.array(session, { maxLength: 14 }),
      async (statuses, sessions) => {
        const bad = new Map<string, number>(
          statuses.flatMap((status, at) => (status === null ? [] : [[`n${at}`, status] as const])),
        );
        const bridge = await BridgeUnderTest.open();
        const taken: unknown[] = [];
        const backend = () => {
          const data = notesIn(bridge.packages().at(-1));
          const status = data.flatMap((text) => bad.get(String(text)) ?? []).at(0);
          if (status !== undefined) return replied('', status);
          taken.push(...data);
          return noCommands();
        };
        let next = 0;
        let alertCount = 0;
        const run = async (count: number, fault: string): Promise<void> => {
          const alerts = Array.from({ length: count }, (_, at) => note(at + 3, `n${alertCount + at}`));
          alertCount += count;
          if (fault === 'killed before') bridge.kill();
          bridge.script = backend;
          if (fault === 'lost reply') bridge.script = () => ({ failure: 'timeout', reason: 'slow' });
          if (fault === 'busy') bridge.script = () => replied('', 503);
          if (fault === 'killed during') bridge.script = () => later().reply;
          next += 1;
          const answer = bridge.post(packageOne(BRUCE, { sessionId: `s${next}` }, alerts));
          if (fault === 'killed during') {
            await settle();
            return bridge.kill();
          }
          await answer;
          await bridge.drained();
        };
        await run(statuses.length, 'none');
        for (const { added, fault } of sessions) await run(added, fault);
        for (let rest = 0; (await bridge.alerts('kept')).length > 0; rest += 1) {
          expect(rest).toBeLessThan(150);
          await run(0, 'none');
        }
        const good = Array.from({ length: alertCount }, (_, at) => `n${at}`).filter((name) => !bad.has(name));
        expect(taken.toSorted()).toEqual(good.toSorted());
        const dataIn = async (state: 'held' | 'refused') => (await bridge.alerts(state)).map(({ item }) => item.data);
        expect(await dataIn('refused')).toEqual([...bad.keys()].filter((name) => FINAL.includes(bad.get(name) ?? 0)));
        expect(await dataIn('held')).toEqual([...bad.keys()].filter((name) => !FINAL.includes(bad.get(name) ?? 0)));
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);
