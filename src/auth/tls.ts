/**
 * The scheme `tls`: the client certificate of the connection.
 *
 * SyncML's own Status is 200 then, because no Cred was judged (DM-1.3 §6.3: Cred is needed only where the transport layer
 * provides no authentication).
 *
 * @see OMA-TS-DM_Security "transport layer authentication"
 */
import { devIdOf, deviceKey, parseDevId } from '../device/dev-id.ts';
import { STATUS } from '../syncml/status-codes.ts';
import { certifiedDevIds, DEFAULT_CERTIFICATE_RULE } from './certificate-rule.ts';
import type { CheckInput, CheckResult } from './check.ts';

/** A certificate that names another device is wrong; one that names no device at all counts as none. */
export function checkClientCertificate({ request, certificateRule, header, schemes }: CheckInput): CheckResult {
  if (request?.certificate === undefined || !schemes.includes('tls')) return 'absent';
  const certified = certifiedDevIds(request.certificate, certificateRule ?? DEFAULT_CERTIFICATE_RULE);
  if (certified.length === 0) return 'absent';
  const own = deviceKey(devIdOf(header));
  const isOwn = certified.some((name) => deviceKey(parseDevId(name)) === own);
  return isOwn ? { scheme: 'tls', verdict: { status: STATUS.ok }, changes: {} } : 'wrong';
}
