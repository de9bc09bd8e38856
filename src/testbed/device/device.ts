/**
 * One simulated legacy device: what it remembers between sessions. `session.ts` plays a session with it.
 */
import type { Account } from './credentials.ts';
import type { ExecHandler, PendingAlert } from './exec.ts';
import type { WireMessage } from './message.ts';
import { DEFAULT_PROFILE, type DeviceProfile } from './profile.ts';
import type { Post } from './transport.ts';
import type { DeviceTree } from './tree.ts';
import { AGREEABLE_USER, type UserScript } from './user.ts';

/** What makes a device; absent parts have the usual value. */
export interface DeviceSetup {
  readonly devId: string;
  /** The DM account: address and ServerID of the server, and whose rights it has in the tree. */
  readonly server: { readonly url: string; readonly id: string };
  readonly account: Account;
  /** What the server presents to the device. */
  readonly serverAccount?: Account | undefined;
  readonly tree: DeviceTree;
  readonly profile?: Partial<DeviceProfile> | undefined;
  readonly handlers?: Readonly<Record<string, ExecHandler>> | undefined;
  readonly user?: UserScript | undefined;
  /** Base64; provisioned, or left from an earlier session. */
  readonly clientNonce?: string | undefined;
  readonly serverNonce?: string | undefined;
}

/** What the device needs of the world. */
export interface DeviceWorld {
  readonly post: Post;
  randomBytes(count: number): Uint8Array;
  /** Resolves after some milliseconds; only retries wait. */
  wait?(ms: number): Promise<void>;
  onEvent?(event: DeviceEvent): void;
}

export type DeviceEvent =
  | {
      readonly type: 'sent';
      readonly devId: string;
      readonly url: string;
      readonly message: WireMessage;
      readonly text: string;
    }
  | { readonly type: 'received'; readonly devId: string; readonly message: WireMessage; readonly text: string }
  | { readonly type: 'fault'; readonly devId: string; readonly text: string }
  | { readonly type: 'ended'; readonly devId: string; readonly outcome: SessionOutcome };

/** How a session ended. */
export interface SessionOutcome {
  /**
   * `done`: by the empty package. `aborted`: Alert 1223. `unauthorised`: refused for good. `crashed`: the device died of a
   * command. `failed`: no usable answer.
   */
  readonly end: 'done' | 'aborted' | 'unauthorised' | 'crashed' | 'failed';
  readonly reason?: string | undefined;
  readonly messages: number;
  /** What the server did wrong in this session. */
  readonly faults: readonly string[];
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
  /** Counts sessions; its hexadecimal form is the SessionID. */
  sessions = 0;
  /** Every fault of the server, over all sessions. */
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

  /** Remembers a Generic Alert until the server acknowledges it; returns its number. */
  raise(alert: PendingAlert): number {
    const id = this.nextAlert;
    this.nextAlert += 1;
    this.alerts.push({ id, alert });
    return id;
  }

  pendingAlerts(): readonly { readonly id: number; readonly alert: PendingAlert }[] {
    return this.alerts;
  }

  /** The server answered the alert; whatever it said, it is not told again. */
  settle(id: number): void {
    this.alerts = this.alerts.filter((entry) => entry.id !== id);
  }
}
