/**
 * Whose address counts for a request: the connection's, or, behind the operator's own balancers, the one that they say.
 *
 * `X-Forwarded-For` is written by whoever likes to. Only what a trusted balancer added counts, so it is read from the right until
 * the first address that is no balancer of ours.
 */
import { BlockList, isIP, SocketAddress } from 'node:net';

/** Reads the peer's address and the header of one request. */
export type ClientAddress = (peer: string, forwardedFor: string) => string;

/** `trusted`: addresses or networks such as `10.0.0.0/8`. */
export function clientAddressReader(trusted: readonly string[]): ClientAddress {
  if (trusted.length === 0) return plainAddress;
  const balancers = toBlockList(trusted);
  const isBalancer = (address: string): boolean =>
    isIP(address) !== 0 && balancers.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (peer, forwardedFor) => {
    let address = plainAddress(peer);
    for (const hop of forwardedFor.split(',').reverse()) {
      if (!isBalancer(address)) return address;
      const next = hopAddress(hop);
      if (next === undefined) return address;
      address = next;
    }
    return address;
  };
}

function toBlockList(trusted: readonly string[]): BlockList {
  const list = new BlockList();
  for (const each of trusted) {
    const [address = '', prefix] = each.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** One entry: an address, perhaps with a port. */
function hopAddress(hop: string): string | undefined {
  const text = hop.trim();
  const [, bracketed, dotted] = /^\[([^\]]+)\](?::\d+)?$|^([\d.]+)(?::\d+)?$/u.exec(text) ?? [];
  const address = bracketed ?? dotted ?? text;
  return isIP(address) === 0 ? undefined : plainAddress(address);
}

/** The same machine has one address, whichever way the socket writes it. */
function plainAddress(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/iu.exec(address) ?? [];
  if (mapped !== undefined && isIP(mapped) === 4) return mapped;
  return isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
