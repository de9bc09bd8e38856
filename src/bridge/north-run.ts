/** Ties a session's northbound half to the account and the mappings that it works with. */
import type { Dm1Version } from '../dm1/session-model.ts';
import type { TranslationContext } from '../translate/context.ts';
import type { DeviceCell } from './device-cell.ts';
import { hasCacheEntry } from './mo-cache.ts';
import type { NorthRun } from './north-runner.ts';
import type { BridgeOptions } from './options.ts';
import type { DmSession } from './session.ts';

/** What the crossing needs to know for an account; undefined when the configuration has it no more. */
export function contextOf(options: BridgeOptions, accountId: string): TranslationContext | undefined {
  const account = options.accounts[accountId];
  if (account === undefined) return undefined;
  const { index, statusTable, allowedServerUris, northPublicUrl } = options;
  const accounts = Object.values(options.accounts);
  return {
    index,
    statusTable,
    account,
    accounts,
    dm1ServerId: options.south.serverId,
    allowedServerUris,
    northPublicUrl,
  };
}

/** Which northbound session runs, and for whom. */
export interface Runnable {
  readonly northId: string;
  readonly account: string;
  readonly version: Dm1Version;
  /** For logs and traces. */
  readonly name: string;
}

/** The northbound half of a device session. */
export function runnable({ id, account, south, north }: DmSession): Runnable {
  return { northId: north.id, account, version: south.version, name: id };
}

export function northRunOf(
  options: BridgeOptions,
  cell: DeviceCell,
  { northId, account, version, name }: Runnable,
): NorthRun {
  return {
    options,
    cell,
    id: northId,
    account,
    sessionName: name,
    environment: () => {
      const context = contextOf(options, account);
      if (context === undefined) throw new TypeError(`no account "${account}" for session ${name}`);
      const at = options.clock.now();
      const outbox = cell.outboxFor(northId);
      return { context, version, at, outbox, hasCacheEntry: (ask) => hasCacheEntry(cell, ask, at) };
    },
  };
}
