/**
 * Connections to the backends and Data Repositories: one undici Pool per origin and set of TLS settings.
 */
import type { lookup as systemLookup } from 'node:dns';
import { Pool } from 'undici';
import { guardedLookup } from './address-guard.ts';

/** PEM texts and the oldest version that is spoken. */
export interface ClientTls {
  readonly key: string | undefined;
  readonly cert: string | undefined;
  /** Who signs the backend's certificate; the system's authorities when absent. */
  readonly ca: string | undefined;
  readonly minVersion: string;
}

/** What connections need to know of an account. */
export interface BackendAccount {
  readonly name: string;
  /** SrvURI. */
  readonly url: string;
  readonly auth:
    | { readonly type: 'none' }
    | { readonly type: 'basic' | 'digest'; readonly user: string; readonly password: string };
  readonly tls: ClientTls | undefined;
  /** Milliseconds for a whole request. */
  readonly timeout: number;
}

export interface Connections {
  /** The pool for an origin on behalf of an account; `own`: the origin may see the account's client certificate. */
  poolFor(origin: string, account: BackendAccount, own: boolean): Pool;
  close(): Promise<void>;
}

const CONNECTIONS_PER_ORIGIN = 128;

/** Opens pools as they are needed; their number is bounded by the allow-list. */
export function createConnections(resolve?: typeof systemLookup): Connections {
  const pools = new Map<string, Pool>();
  const lookup = guardedLookup(resolve);
  return {
    poolFor(origin, account, own) {
      const key = `${origin} ${account.tls === undefined ? '' : account.name} ${own}`;
      const known = pools.get(key);
      if (known !== undefined) return known;
      const pool = new Pool(origin, {
        connections: CONNECTIONS_PER_ORIGIN,
        allowH2: false,
        // Whole requests are timed by their sender.
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: { ...tlsOptions(account.tls, own), lookup, timeout: account.timeout },
      });
      pools.set(key, pool);
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}

function tlsOptions(tls: ClientTls | undefined, own: boolean): Record<string, unknown> {
  if (tls === undefined) return { minVersion: 'TLSv1.2' };
  const isOld = tls.minVersion === 'TLSv1' || tls.minVersion === 'TLSv1.1';
  return {
    minVersion: tls.minVersion,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(own && tls.cert !== undefined ? { cert: tls.cert, key: tls.key } : {}),
    // OpenSSL 3 speaks TLS 1.0 and 1.1 at this level only.
    ...(isOld ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
  };
}
