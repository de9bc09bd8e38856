/**
 * dmbridge as a library.
 *
 * `startServer` runs what `dmbridge serve` runs: a bridge with its three listeners, from a configuration. `createBridge` is the
 * bridge without sockets, files and clock: the caller brings the ports. `dmbridge/wbxml` is the WBXML codec.
 */

export type { Bridge } from './bridge/bridge.ts';
export { createBridge } from './bridge/bridge.ts';
export type { DeviceAnswer, DeviceRequest } from './bridge/device-request.ts';
export type { BridgeOptions, NotificationAccount, NotificationOptions, SouthSettings } from './bridge/options.ts';
export type { Backend, Clock, Delivery, Random, Store } from './bridge/ports.ts';
export { prepareBridge } from './cli/server/prepare-bridge.ts';
export { type RunningServer, startServer } from './cli/server/start-server.ts';
export { systemClock, systemRandom } from './cli/server/system-ports.ts';
export type { Config } from './config/config.ts';
export { loadConfig, parseConfig } from './config/load.ts';
export {
  BackendError,
  ConfigError,
  DecodeError,
  DmError,
  type DmErrorCode,
  type ErrorPlace,
  MappingError,
  OverloadError,
  ProtocolError,
  StoreError,
} from './errors.ts';
export { BackendClient, type BackendClientOptions } from './http/backend-client.ts';
export { createJournal, type JournalOptions, type LeveledJournal } from './log.ts';
export type { Journal } from './log-events.ts';
export { loadMappings, type MappingSet } from './mapping/load.ts';
export { MoIndex } from './mapping/mo-index.ts';
export { MemoryStore } from './store/memory-store.ts';
export { openStore, type StoreLocation } from './store/open-store.ts';
