/**
 * What the crossing needs to know besides the device: mappings and the account that a session belongs to.
 */

import type { ServerUri } from '../dm2/server-uri.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { Moid } from '../mo/moid.ts';
import type { StatusTable } from './status.ts';

/** One DM 2.0 account as the crossing uses it (DM-2.0 §12.2). */
export interface BackendAccount {
  /** Key in the configuration. */
  readonly id: string;
  /** SrvID. */
  readonly serverId: string;
  /** SrvURI. */
  readonly url: ServerUri;
  /** Perm: the MOIDs provisioned, or `*`. */
  readonly moids: readonly (Moid | '*')[];
  readonly statusForm: 'object' | 'number';
  readonly alwaysSendMos: boolean;
  /** True when Package#3 says why a command failed. */
  readonly reasons: boolean;
}

export interface TranslationContext {
  readonly index: MoIndex;
  readonly statusTable: StatusTable;
  readonly account: BackendAccount;
  /** Every account of the bridge: the DM Servers that a device can be told of (DM-2.0 §10). */
  readonly accounts: readonly BackendAccount[];
  /** The bridge's name in the ACLs of devices: their ServerID of it. */
  readonly dm1ServerId: string;
  /** URI prefixes that commands may name (design: ServerURI). */
  readonly allowedServerUris: readonly string[];
  /** Base of the DDF links, without trailing slash. */
  readonly northPublicUrl: string;
}
