/** The result of a workflow that carries out a DM 2.0 command. */

import type { Content, SupportedMo } from '../dm2/package.ts';
import type { ServerUri } from '../dm2/server-uri.ts';
import type { MoNode } from '../mo/node.ts';

/** A status of a failure. */
export interface Failure {
  readonly status: number;
  /** For the log, and for accounts that want it. Holds no value of a node, and no path or query of a ServerURI. */
  readonly reason?: string;
}

export interface CommandResult extends Failure {
  /** Addresses of the stored data, when the device or the bridge chose the place. */
  readonly uris?: readonly string[];
  /** GET with 200. */
  readonly data?: { readonly contentType: string; readonly content: Content };
  /** CONT with 200: the URL for all further packages of the session. */
  readonly continueAt?: ServerUri;
  readonly end?: true;
  /** The content of MOS; only the workflow that prepares Package#1 has it. */
  readonly mos?: readonly SupportedMo[];
  /** DevDetail; only the workflow that prepares the first request of the early draft has it. */
  readonly devDetail?: MoNode;
}

/** The parts that were read of the device for Package#1. */
export type PreparedStart = Pick<CommandResult, 'mos' | 'devDetail'>;
