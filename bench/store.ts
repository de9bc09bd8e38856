/** Measures a load and a commit: for one device alone, and for 64 sessions at once, which share the wait for the disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../src/bridge/ports.ts';
import { type DevId, parseDevId } from '../src/device/dev-id.ts';
import { MemoryStore } from '../src/store/memory-store.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { deviceRecord, dmSession, storedAnswer } from '../test/store/values.ts';
import { type BenchRow, median } from './row.ts';

const DEVICES = 64;
const STEPS_PER_ROUND = 64;
/** The size of a stored answer with a few commands. */
const BODY = 'x'.repeat(2_000);

/**
 * One row per adapter and kind of step, in microseconds of wall time. A step is the load and commit of one message.
 * @param smoke a few rounds only
 */
export async function benchStore(smoke: boolean): Promise<readonly BenchRow[]> {
  const rounds = smoke ? 3 : 31;
  const folder = mkdtempSync(join(tmpdir(), 'dmbridge-bench-'));
  const sqlite = openSqliteStore({ file: join(folder, 'bench.db') });
  try {
    return [
      ...(await benchAdapter('sqlite', sqlite, rounds)),
      ...(await benchAdapter('memory', new MemoryStore(), rounds)),
    ];
  } finally {
    await sqlite.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchAdapter(name: string, store: Store, rounds: number): Promise<readonly BenchRow[]> {
  const names = Array.from({ length: DEVICES }, (_, index) => parseDevId(`IMEI:${index}`));
  await Promise.all(names.map((devId) => store.upsert(devId, () => deviceRecord(devId))));
  const [first = parseDevId('')] = names;
  const step = async (devId: DevId) => {
    const loaded = await store.load(devId);
    const change = { session: dmSession(devId, { lastMessageAt: Date.now() }), answer: storedAnswer({ body: BODY }) };
    await store.commit(devId, loaded?.state.version ?? 0, change);
  };
  for (const devId of names) await step(devId);
  const row = async (what: string, work: () => Promise<unknown>): Promise<BenchRow> => {
    const value = await perStep(work, rounds);
    return { name: `${name}: ${what}, µs`, figure: 'wall time', value };
  };
  return [
    await row('load', () => serially(() => store.load(first))),
    await row('load and commit, one alone', () => serially(() => step(first))),
    await row('load and commit, 64 at once', () => Promise.all(names.map(step))),
  ];
}

async function serially(step: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < STEPS_PER_ROUND; count += 1) await step();
}

/** The median of the microseconds per step; each round takes STEPS_PER_ROUND steps. */
async function perStep(round: () => Promise<unknown>, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < rounds; count += 1) {
    const start = process.hrtime.bigint();
    await round();
    times.push(Number(process.hrtime.bigint() - start) / 1000 / STEPS_PER_ROUND);
  }
  return median(times);
}
