/** Imports the devices file into the store: the whole file, or nothing when a row is wrong. */
import { readFileSync } from 'node:fs';
import type { Store } from '../../bridge/ports.ts';
import { applyRow, type DeviceRow, parseDevicesCsv } from '../../device/device-import.ts';
import { ConfigError } from '../../errors.ts';

/** Rows that are written at once; the embedded store joins them in one transaction. */
const ROWS_PER_BATCH = 64;

/**
 * Reads and checks the devices file.
 * @throws ConfigError ERR_CONFIG_INVALID with file and line of every problem
 */
export function readDevicesFile(file: string): readonly DeviceRow[] {
  const { rows, problems } = parseDevicesCsv(readText(file));
  if (problems.length > 0) throw invalid(problems.map(({ line, message }) => `${file}:${line}: ${message}`));
  return rows;
}

/** Inserts or updates every row. Changed credentials replace the stored ones; a nonce is used only when none is stored. */
export async function importDevices(store: Store, rows: readonly DeviceRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_BATCH) {
    const batch = rows.slice(start, start + ROWS_PER_BATCH);
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
