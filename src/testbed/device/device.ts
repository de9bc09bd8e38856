/** One simulated legacy device with its memory between sessions. `session.ts` runs a session with it. */
import type { Account } from './credentials.ts';
import type { ExecHandler, PendingAlert } from './exec-handler.ts';
import { DEFAULT_PROFILE, type DeviceProfile } from './profile.ts';
import type { DeviceTree } from './tree.ts';
import { AGREEABLE_USER, type UserScript } from './user.ts';

/** The properties of a new device; absent ones have their usual value. */
export interface DeviceSetup {
  readonly devId: string;
  /** The DM account: address and ServerID of the server. The ServerID decides about its rights in the tree. */
  readonly server: { readonly url: string; readonly id: string };
  readonly account: Account;
  /** The credentials that the server must present. */
  readonly serverAccount?: Account | undefined;
  readonly tree: DeviceTree;
  readonly profile?: Partial<DeviceProfile> | undefined;
  readonly handlers?: Readonly<Record<string, ExecHandler>> | undefined;
  readonly user?: UserScript | undefined;
  /** The first nonces, in base64. */
  readonly clientNonce?: string | undefined;
  readonly serverNonce?: string | undefined;
}

export class SimulatedDevice {
  readonly devId: string;
  readonly server: DeviceSetup['server'];
  readonly account: Account;
  readonly serverAccount: Account | undefined;
  readonly tree: DeviceTree;
  readonly profile: DeviceProfile;
  readonly handlers: Readonly<Record<string, ExecHandler>>;
  readonly user: UserScript;
  clientNonce: string;
  serverNonce: string;
  /** The number of sessions so far; its hexadecimal form is the SessionID. */
  sessions = 0;
  /** The faults of the server in all sessions. */
  readonly faults: string[] = [];
  /** Generic Alerts that the server has not acknowledged, oldest first. */
  private alerts: { readonly id: number; readonly alert: PendingAlert }[] = [];
  private nextAlert = 1;

  constructor(setup: DeviceSetup) {
    this.devId = setup.devId;
    this.server = setup.server;
    this.account = setup.account;
    this.serverAccount = setup.serverAccount;
    this.tree = setup.tree;
    this.profile = { ...DEFAULT_PROFILE, ...setup.profile };
    this.handlers = setup.handlers ?? {};
    this.user = setup.user ?? AGREEABLE_USER;
    this.clientNonce = setup.clientNonce ?? '';
    this.serverNonce = setup.serverNonce ?? '';
  }

  /** Stores a Generic Alert until the server acknowledges it; returns its number. */
  raise(alert: PendingAlert): number {
    const id = this.nextAlert;
    this.nextAlert += 1;
    this.alerts.push({ id, alert });
    return id;
  }

  pendingAlerts(): readonly { readonly id: number; readonly alert: PendingAlert }[] {
    return this.alerts;
  }

  /** Removes an alert that the server answered, whatever its status is. */
  settle(id: number): void {
    this.alerts = this.alerts.filter((entry) => entry.id !== id);
  }
}
