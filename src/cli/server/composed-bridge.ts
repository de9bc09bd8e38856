/** The parts of a bridge that are put together, as the start and the end of the server see them. */
import type { Config } from '../../config/config.ts';
import type { DeviceHost } from '../../http/device-endpoint.ts';
import type { DoorHost } from '../../http/front-door.ts';
import type { NorthHost } from '../../http/north-app.ts';
import type { OutboxHost } from '../../http/outbox-endpoint.ts';
import type { Journal } from '../../log-events.ts';

/** The part of the composed bridge that the listeners and the shutdown need. */
export interface ComposedBridge extends DeviceHost, DoorHost, NorthHost, OutboxHost {
  /** The number of notifications that await a session. */
  pendingNotifications(): Promise<number>;
  subscriptions(): Promise<number>;
  /** @throws StoreError when the last write of the store failed */
  check(): Promise<void>;
  /**
   * Uses mappings, devices and routes of another configuration.
   * @throws ConfigError or MappingError for a faulty file, before anything is changed
   */
  reload(config: Config): Promise<BridgeReload>;
  /** Ends background work and closes the store. */
  close(): Promise<void>;
}

/** The URLs at which others reach the bridge. */
export interface PublicUrls {
  /** Base of RespURI. */
  readonly south: string;
  /** Base of DDF links. */
  readonly north: string;
}

export interface BridgeReload {
  /** The number of mappings. */
  readonly mappings: number;
  /** The number of rows that were imported; undefined when the devices file is unchanged or absent. */
  readonly deviceRows: number | undefined;
  /** False when the routes lead to an account that the running bridge does not have. */
  readonly areRoutesUsed: boolean;
}

/** All of a bridge that needs no address. */
export interface PreparedBridge {
  /** Builds the bridge once the addresses are known; its `close` takes the place of this one's. */
  compose(urls: PublicUrls): Promise<ComposedBridge>;
  close(): Promise<void>;
}

/** Loads and opens what a bridge needs, before it listens. */
export type Prepare = (config: Config, journal: Journal) => Promise<PreparedBridge>;
