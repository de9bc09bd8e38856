/** Connections to the backends and Data Repositories: one undici Pool per origin and set of TLS settings. */
import type { lookup as systemLookup } from 'node:dns';
import type { SecureContextOptions } from 'node:tls';
import { Pool } from 'undici';
import { guardedLookup } from './address-guard.ts';
import { type PskConnectOptions, pskConnectOptions } from './pre-shared-key.ts';
import { type ClientTlsSettings, clientTlsOptions } from './tls-options.ts';

/** The part of an account that concerns its connections. */
export interface HttpAccount {
  readonly name: string;
  /** SrvURI. */
  readonly url: string;
  readonly auth:
    | { readonly type: 'none' }
    | { readonly type: 'basic' | 'digest'; readonly user: string; readonly password: string };
  /** Undefined: the system's authorities, no client certificate. */
  readonly tls: ClientTlsSettings | undefined;
  /** Milliseconds for a whole request. */
  readonly timeout: number;
}

export interface BackendConnections {
  /**
   * The pool for an origin, with the settings of an account.
   * @param isOwn true when the origin may see the account's client certificate, or has its pre-shared key
   */
  poolFor(origin: string, account: HttpAccount, isOwn: boolean): Pool;
  /** Uses other TLS settings for the new connections of an account; requests that run end on theirs. */
  setTls(accountName: string, tls: ClientTlsSettings | undefined): void;
  close(): Promise<void>;
}

/** Opens pools when they are needed; the allow-list bounds their number. */
export function createBackendConnections(resolve?: typeof systemLookup): BackendConnections {
  const pools = new Map<string, { readonly pool: Pool; readonly accountName: string }>();
  /** By the name of the account; of accounts whose settings have changed. */
  const changedTls = new Map<string, ClientTlsSettings | undefined>();
  const lookup = guardedLookup(resolve);
  return {
    poolFor(origin, account, isOwn) {
      const accountName = account.name;
      const tls = changedTls.has(accountName) ? changedTls.get(accountName) : account.tls;
      const key = `${origin} ${tls === undefined ? '' : accountName} ${isOwn}`;
      const known = pools.get(key);
      if (known !== undefined) return known.pool;
      const pool = new Pool(origin, {
        // The bridge bounds the requests of each account. A queue in here would be one of all accounts with this origin.
        connections: null,
        allowH2: false,
        // The backend client limits the time of whole requests.
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: { ...tlsOptions(tls, isOwn), lookup, timeout: account.timeout },
      });
      pools.set(key, { pool, accountName });
      return pool;
    },
    setTls(accountName, tls) {
      changedTls.set(accountName, tls);
      for (const [key, { pool, accountName: owner }] of pools) {
        if (owner !== accountName) continue;
        pools.delete(key);
        // It closes when its requests have ended; their failures belong to them.
        pool.close().catch(() => undefined);
      }
    },
    async close() {
      await Promise.all([...pools.values()].map(({ pool }) => pool.destroy()));
      pools.clear();
    },
  };
}

function tlsOptions(tls: ClientTlsSettings | undefined, isOwn: boolean): SecureContextOptions | PskConnectOptions {
  if (tls === undefined) return { minVersion: 'TLSv1.2' };
  if (isOwn && tls.psk !== undefined) return pskConnectOptions(tls.psk);
  const hasCertificate = isOwn && tls.cert !== undefined;
  return clientTlsOptions(hasCertificate ? tls : { ...tls, key: undefined, cert: undefined });
}
