/** The context of a translation, besides the device: mappings, and the account of the session. */

import type { ServerUri } from '../dm2/server-uri.ts';
import type { MoIndex } from '../mapping/mo-index.ts';
import type { StatusTable } from '../mapping/status-table.ts';
import type { Moid } from '../mo/moid.ts';

/** A DM 2.0 account (DM-2.0 §12.2). */
export interface BackendAccount {
  /** Key in the configuration. */
  readonly id: string;
  /** SrvID. */
  readonly serverId: string;
  /** SrvURI. */
  readonly url: ServerUri;
  /** Perm: the provisioned MOIDs; `*` means all. */
  readonly moids: readonly (Moid | '*')[];
  readonly statusForm: 'object' | 'number';
  /** Present for a backend that speaks the early draft of DM 2.0. */
  readonly dialect?: 'dm20-draft';
  readonly alwaysSendMos: boolean;
  /** True when Package#3 has the reason of each failure. */
  readonly reasons: boolean;
}

export interface TranslationContext {
  readonly index: MoIndex;
  readonly statusTable: StatusTable;
  readonly account: BackendAccount;
  /** All accounts of the bridge: the DM Servers that can get access rights (DM-2.0 §10). */
  readonly accounts: readonly BackendAccount[];
  /** The server identifier of the bridge in the ACLs of devices. */
  readonly dm1ServerId: string;
  /** Prefixes of the ServerURIs that commands may name (DM-2.0 §6.2). */
  readonly allowedServerUris: readonly string[];
  /** Base of the DDF links, without trailing slash. */
  readonly northPublicUrl: string;
}
