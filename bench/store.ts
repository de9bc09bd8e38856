/**
 * What a commit costs, and a load: one device alone, and 64 sessions at once sharing the wait for the disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../src/bridge/ports.ts';
import { MemoryStore } from '../src/store/memory-store.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { deviceRecord, dmSession, storedAnswer } from '../test/store/values.ts';

export interface StoreBenchRow {
  readonly name: string;
  /** Median over the rounds, wall time. */
  readonly microseconds: number;
}

const DEVICES = 64;
const ROUNDS = 31;
const STEPS_PER_ROUND = 64;
/** About what a session with a few commands in it amounts to. */
const BODY = 'x'.repeat(2_000);

/** Rows of µs per step; a step is what one message of a session costs the store. */
export async function benchStore(): Promise<readonly StoreBenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'dmbridge-bench-'));
  const sqlite = openSqliteStore({ file: join(folder, 'bench.db') });
  try {
    return [...(await benchAdapter('sqlite', sqlite)), ...(await benchAdapter('memory', new MemoryStore()))];
  } finally {
    await sqlite.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchAdapter(name: string, store: Store): Promise<readonly StoreBenchRow[]> {
  const names = Array.from({ length: DEVICES }, (_, index) => `IMEI:${index}`);
  await Promise.all(names.map((devId) => store.upsert(devId, () => deviceRecord(devId))));
  const [first = ''] = names;
  const step = async (devId: string) => {
    const state = await store.load(devId);
    const change = { session: dmSession(devId, { lastMessageAt: Date.now() }), answer: storedAnswer({ body: BODY }) };
    await store.commit(devId, state?.version ?? 0, change);
  };
  for (const devId of names) await step(devId);
  return [
    { name: `${name}: load`, microseconds: await median(() => serially(() => store.load(first))) },
    { name: `${name}: load and commit, one alone`, microseconds: await median(() => serially(() => step(first))) },
    { name: `${name}: load and commit, 64 at once`, microseconds: await median(() => Promise.all(names.map(step))) },
  ];
}

async function serially(step: () => Promise<unknown>): Promise<void> {
  for (let count = 0; count < STEPS_PER_ROUND; count += 1) await step();
}

/** µs per step; a round takes STEPS_PER_ROUND of them. */
async function median(round: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < ROUNDS; count += 1) {
    const start = process.hrtime.bigint();
    await round();
    times.push(Number(process.hrtime.bigint() - start) / 1000 / STEPS_PER_ROUND);
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

if (import.meta.main) {
  for (const { name, microseconds } of await benchStore())
    console.log(`${name.padEnd(36)} ${microseconds.toFixed(1)} µs`);
}
