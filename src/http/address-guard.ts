/**
 * Refuses addresses that no host name may lead to.
 *
 * The bridge connects to configured origins only, which may be on loopback or in a private network. The DNS of such a name
 * may belong to a third party, who must not lead the bridge to the link-local addresses of cloud metadata services or to an
 * address that is no host. The check runs in the socket's own lookup, so the checked address is the one that is used.
 */
import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
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

/** False for a URL whose host is such an address itself; a name is checked when it is looked up. */
export function hasReachableHost({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  return family === 0 || mayReach(address, family);
}

/** A lookup for sockets that fails when any address of the name is refused. */
export function guardedLookup(lookup: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) return callback(error, '');
      if (addresses.some(({ address, family }) => !mayReach(address, family))) {
        const message = 'the name leads to an address that is not allowed';
        return callback(new BackendError('ERR_BACKEND_UNREACHABLE', message), '');
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
