/** Measures the bytes that a device takes in the SQLite file one hour after its session. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Backend } from './backend.ts';
import { type Messages, replay, retarget, simulate } from './recorded-session.ts';
import { REPRESENTATIVE_TREE, representativeScript } from './representative-session.ts';
import type { BenchRow } from './row.ts';
import { TestedProcess } from './tested-process.ts';

const SESSION_ID = 'A000';
const HOUR_MS = 3_600_000;

/** @param devices the number of devices that have a session, one after the other */
export async function benchDisk(backend: Backend, devices: number): Promise<readonly BenchRow[]> {
  backend.play(representativeScript(backend));
  const folder = mkdtempSync(join(tmpdir(), 'dmbridge-bench-'));
  const file = join(folder, 'disk.db');
  try {
    const tested = await TestedProcess.start({ mode: 'sqlite', backendUrl: backend.url, devices, file });
    const session = { device: 0, encoding: 'xml', sessionId: SESSION_ID, tree: REPRESENTATIVE_TREE } as const;
    const recorded = await simulate(tested, session);
    const before = bytesIn(file);
    for (let device = 1; device < devices; device += 1) await replay(tested, targeted(recorded, device), 'xml');
    const atOnce = bytesIn(file);
    await tested.measure({ measure: 'later', ms: HOUR_MS });
    const later = bytesIn(file);
    await tested.close();
    const each = (bytes: number) => (bytes / devices / 1024).toFixed(2);
    return [
      {
        name: 'SQLite bytes per device one hour after its session, KB',
        figure: `${each(before)} KB before, ${each(atOnce)} KB at once after the sessions of ${devices} devices`,
        value: later / devices / 1024,
        must: 3,
        stretch: 2,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function targeted(recorded: Messages, device: number): Messages {
  return retarget(recorded, { device: 0, sessionId: SESSION_ID }, { device, sessionId: SESSION_ID });
}

/** The size of the main file when everything is in it. */
function bytesIn(file: string): number {
  using db = new DatabaseSync(file);
  const pragma = (name: string) => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  return pragma('page_count') * pragma('page_size');
}
