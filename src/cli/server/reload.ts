/** Applies a changed configuration to a running bridge, as far as that is possible without a restart. */
import type { Config } from '../../config/config.ts';
import { isSame, needsRestart } from '../../config/config-changes.ts';
import type { Listener } from '../../http/listener.ts';
import type { LogFacts } from '../../log-events.ts';
import type { Mutable } from '../../mutable.ts';
import type { ComposedBridge } from './composed-bridge.ts';

/** The parts of a running bridge that a reload changes. */
interface ReloadTargets {
  readonly bridge: Pick<ComposedBridge, 'reload'>;
  readonly south: Pick<Listener, 'setTls'>;
  readonly north: Pick<Listener, 'setTls'>;
  setAdminToken(token: string | undefined): void;
}

export class Reloader {
  readonly #started: Config;
  readonly #targets: ReloadTargets;
  /** The configuration of the last reload. */
  #current: Config;
  /** The routes that the bridge uses. */
  #routes: Config['routes'];

  constructor(started: Config, targets: ReloadTargets) {
    this.#started = started;
    this.#current = started;
    this.#routes = started.routes;
    this.#targets = targets;
  }

  /** The bridge comes first: only its files can still be faulty, and then nothing is changed. */
  async reload(next: Config): Promise<LogFacts['config.reloaded']> {
    const before = this.#current;
    const { mappings, deviceRows, areRoutesUsed } = await this.#targets.bridge.reload(next);
    for (const side of ['south', 'north'] as const) {
      const { tls } = next[side];
      if (this.#started[side].tls !== undefined && tls !== undefined) this.#targets[side].setTls(tls);
    }
    this.#targets.setAdminToken(next.admin.token);
    this.#current = next;
    const changed = (one: unknown, other: unknown) => (isSame(one, other) ? 'unchanged' : 'changed');
    const restartNeeded = [...needsRestart(this.#started, next)];
    if (!areRoutesUsed) restartNeeded.push('routes');
    const facts: Mutable<LogFacts['config.reloaded']> = {
      certificates: changed(this.#certificatesOf(before), this.#certificatesOf(next)),
      routes: areRoutesUsed ? changed(this.#routes, next.routes) : 'unchanged',
      mappings,
      logLevel: next.log.level,
      adminAccess: changed(before.admin.token, next.admin.token),
      restartNeeded,
    };
    if (areRoutesUsed) this.#routes = next.routes;
    if (next.devices !== undefined) facts.devices = deviceRows === undefined ? 'unchanged' : 'changed';
    if (deviceRows !== undefined) facts.deviceRows = deviceRows;
    return facts;
  }

  /** The TLS settings of the listeners and of the accounts, as far as the running bridge has these. */
  #certificatesOf({ south, north, accounts }: Config): unknown {
    const started = this.#started;
    const forDevices = started.south.tls === undefined ? undefined : south.tls;
    const forBackends = started.north.tls === undefined ? undefined : north.tls;
    return [forDevices, forBackends, Object.keys(started.accounts).map((name) => accounts[name]?.tls)];
  }
}
