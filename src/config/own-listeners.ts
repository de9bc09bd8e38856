/** Finds URLs that lead to the bridge itself, by any name of this machine. */
import { networkInterfaces } from 'node:os';
import type { ListenAddress } from './config.ts';
import { isLoopbackHost } from './value-parsers.ts';

export interface OwnListeners {
  readonly listen: readonly ListenAddress[];
  readonly publicUrls: readonly string[];
}

export function isOwnListener(url: URL, { listen, publicUrls }: OwnListeners): boolean {
  const port = portOf(url);
  const host = hostOf(url);
  const outside = publicUrls.flatMap((text) => (URL.canParse(text) ? [new URL(text)] : []));
  if (outside.some((each) => hostOf(each) === host && portOf(each) === port)) return true;
  if (!listen.some((each) => each.port === port)) return false;
  const names = [...listen.map((each) => each.host.toLowerCase()), ...outside.map(hostOf), ...addresses()];
  return isLoopbackHost(host) || host === '0.0.0.0' || host === '::' || names.includes(host);
}

function portOf({ port, protocol }: URL): number {
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/u, '$1').toLowerCase();
}

function addresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address.toLowerCase()));
}
