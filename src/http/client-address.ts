/**
 * Finds the address of the client of a request, and whether TLS protects its connection, also behind the operator's balancers.
 *
 * Any client can write `X-Forwarded-For`. Only the entries that a trusted balancer added count, so the header is read from
 * the right up to the first address that is not a trusted balancer. `X-Forwarded-Proto` counts from a trusted balancer only.
 */
import { BlockList, isIP, SocketAddress } from 'node:net';

/** Finds the client from the address of the connection and the `X-Forwarded-For` header. */
export type ClientAddressReader = (peer: string, forwardedFor: string) => string;

/** @param trusted addresses of balancers, or networks such as `10.0.0.0/8` */
export function clientAddressReader(trusted: readonly string[]): ClientAddressReader {
  if (trusted.length === 0) return canonicalAddress;
  const isBalancer = balancerTest(trusted);
  return (peer, forwardedFor) => {
    let address = canonicalAddress(peer);
    for (const hop of forwardedFor.split(',').reverse()) {
      if (!isBalancer(address)) return address;
      const next = hopAddress(hop);
      if (next === undefined) return address;
      address = next;
    }
    return address;
  };
}

/** Tells whether TLS protects the connection of the client, which ends at a balancer. */
export type TlsReader = (peer: string, forwardedProto: string) => boolean;

/**
 * @param trusted addresses of balancers, or networks
 * @param isPublicTls true when clients reach the balancers by https
 */
export function balancerTlsReader(trusted: readonly string[], isPublicTls: boolean): TlsReader {
  if (trusted.length === 0) return () => false;
  const isBalancer = balancerTest(trusted);
  // Balancers in a chain may each add an entry; one without TLS shows the whole way in clear.
  const isHttps = (header: string): boolean =>
    header.split(',').every((entry) => entry.trim().toLowerCase() === 'https');
  return (peer, forwardedProto) => isBalancer(canonicalAddress(peer)) && (isHttps(forwardedProto) || isPublicTls);
}

/** Returns a test that is true for the addresses of trusted balancers, which many clients share. */
export function balancerTest(trusted: readonly string[]): (address: string) => boolean {
  if (trusted.length === 0) return () => false;
  const balancers = toBlockList(trusted);
  // Nearly all requests come through the same few balancers, and each request asks more than once.
  let last: string | undefined;
  return (address) => {
    if (address === last) return true;
    const family = isIP(address);
    const isBalancer = family !== 0 && balancers.check(address, family === 6 ? 'ipv6' : 'ipv4');
    if (isBalancer) last = address;
    return isBalancer;
  };
}

function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** The address of one entry of the header, which may have a port; undefined when it is malformed. */
function hopAddress(hop: string): string | undefined {
  const text = hop.trim();
  const [, bracketed, dotted] = /^\[([^\]]+)\](?::\d+)?$|^([\d.]+)(?::\d+)?$/u.exec(text) ?? [];
  const address = bracketed ?? dotted ?? text;
  return isIP(address) === 0 ? undefined : canonicalAddress(address);
}

/** One spelling per address: IPv4 without the IPv6 prefix of dual-stack sockets, IPv6 compressed. */
function canonicalAddress(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/iu.exec(address) ?? [];
  if (mapped !== undefined && isIP(mapped) === 4) return mapped;
  return isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
