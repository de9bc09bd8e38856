/**
 * Which addresses a host name may lead to (design: allow-list, checked on the resolved address).
 *
 * Only listed origins are ever connected to, and what the operator listed may be loopback or private. But whoever runs
 * the name's DNS must not thereby reach what no operator means: the link-local addresses, where clouds keep their
 * metadata services, and addresses that are no host at all. The check sits in the socket's own lookup, so that the
 * address that was checked is the one that is used.
 */
import { lookup as systemLookup } from 'node:dns';
import { BlockList, type LookupFunction } from 'node:net';
import { BackendError } from '../errors.ts';

const REFUSED = new BlockList();
REFUSED.addSubnet('0.0.0.0', 8, 'ipv4');
REFUSED.addSubnet('169.254.0.0', 16, 'ipv4');
REFUSED.addSubnet('224.0.0.0', 3, 'ipv4');
REFUSED.addAddress('::', 'ipv6');
REFUSED.addSubnet('fe80::', 10, 'ipv6');
REFUSED.addSubnet('ff00::', 8, 'ipv6');

/** False for link-local, multicast, reserved and unspecified addresses. */
export function mayReach(address: string, family: number): boolean {
  return !REFUSED.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** A lookup for sockets that fails when any address of the name may not be reached. */
export function guardedLookup(lookup: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) return callback(error, '');
      if (addresses.some(({ address, family }) => !mayReach(address, family))) {
        return callback(
          new BackendError('ERR_BACKEND_UNREACHABLE', 'the name leads to an address that is not allowed'),
          '',
        );
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
