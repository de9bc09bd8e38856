/** Brings the devices file into the registry: the whole file, or nothing when any row is wrong. */
import { readFileSync } from 'node:fs';
import type { Store } from '../../bridge/ports.ts';
import { applyRow, type DeviceRow, parseDevicesCsv } from '../../device/device-import.ts';
import { ConfigError } from '../../errors.ts';

/** As many rows as share a transaction of the embedded store. */
const BATCH = 64;

/**
 * Reads and checks the devices file.
 * @throws ConfigError ERR_CONFIG_INVALID with every problem, each with file and line
 */
export function readDevicesFile(file: string): readonly DeviceRow[] {
  const { rows, problems } = parseDevicesCsv(readText(file));
  if (problems.length > 0) throw invalid(problems.map(({ line, message }) => `${file}:${line}: ${message}`));
  return rows;
}

/** Upserts every row: credentials replaced when changed, nonces taken only when none is stored. */
export async function importDevices(store: Store, rows: readonly DeviceRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += BATCH) {
    const batch = rows.slice(start, start + BATCH);
    await Promise.all(batch.map((row) => store.upsert(row.devId, (current) => applyRow(current, row))));
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : 'unknown reason';
    throw invalid([`${file}:1: cannot be read (${reason})`]);
  }
}

function invalid(problems: readonly string[]): ConfigError {
  return new ConfigError('ERR_CONFIG_INVALID', problems.join('\n'), { problems });
}
