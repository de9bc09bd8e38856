/** The warnings of `dmbridge check` about the devices file. */
import type { Config } from '../config/config.ts';
import type { DeviceRow } from '../device/device-import.ts';
import { checkDevicesFile } from './server/devices-file.ts';
import { devicesFileRules } from './server/load-inputs.ts';

export interface DevicesReport {
  readonly count: number;
  readonly warnings: readonly string[];
}

/** Bounds the lines that one warning names. */
const MAX_LINES = 5;

/**
 * Checks the configured devices file.
 * @throws ConfigError ERR_CONFIG_INVALID with file and line of every problem
 */
export async function checkDevices(config: Config): Promise<DevicesReport> {
  const { devices: file } = config;
  if (file === undefined) return { count: 0, warnings: [] };
  let count = 0;
  const withLineEnd = new Lines();
  const unprotected = new Lines();
  await checkDevicesFile(file, devicesFileRules(config), (row) => {
    count += 1;
    if (secretsOf(row).some((secret) => /[\r\n]$/.test(secret))) withLineEnd.add(row.line);
    if (row.server !== undefined) unprotected.add(row.line);
  });
  const warnings: string[] = [];
  withLineEnd.describe(file, 'a secret ends with a line end, which counts as a part of it', warnings);
  if (!canSendServerPassword(config)) {
    const advice = 'serverPassword is never sent as basic credentials without TLS: see south.auth.serverBasic';
    unprotected.describe(file, advice, warnings);
  }
  return { count, warnings };
}

function secretsOf({ password, server, notificationSecret = '' }: DeviceRow): readonly string[] {
  return [password, server?.password ?? '', notificationSecret];
}

/** True when TLS protects the connections of devices, at the bridge or at a balancer, or the operator needs no TLS. */
function canSendServerPassword({ south }: Config): boolean {
  const isBehindTls = south.trustProxy.length > 0 && south.publicUrl?.startsWith('https:') === true;
  return south.auth.serverBasic || south.tls !== undefined || isBehindTls;
}

/** The lines that a warning concerns. */
class Lines {
  readonly #first: number[] = [];
  #count = 0;

  add(line: number): void {
    this.#count += 1;
    if (this.#first.length < MAX_LINES) this.#first.push(line);
  }

  describe(file: string, message: string, warnings: string[]): void {
    for (const line of this.#first) warnings.push(`${file}:${line}: warning: ${message}`);
    const more = this.#count - this.#first.length;
    if (more > 0) warnings.push(`${file}: ${more} more lines: ${message}`);
  }
}
