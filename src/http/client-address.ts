/**
 * Finds the address of the client of a request, also behind the operator's balancers.
 *
 * Any client can write `X-Forwarded-For`. Only the entries that a trusted balancer added count, so the header is read from
 * the right up to the first address that is not a trusted balancer.
 */
import { BlockList, isIP, SocketAddress } from 'node:net';

/** Finds the client from the address of the connection and the `X-Forwarded-For` header. */
export type ClientAddressReader = (peer: string, forwardedFor: string) => string;

/** @param trusted addresses of balancers, or networks such as `10.0.0.0/8` */
export function clientAddressReader(trusted: readonly string[]): ClientAddressReader {
  if (trusted.length === 0) return canonicalAddress;
  const balancers = toBlockList(trusted);
  const isBalancer = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && balancers.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
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
