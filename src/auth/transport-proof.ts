/**
 * Does the HTTP request itself prove the device: by its client certificate, or by HTTP credentials?
 *
 * SyncML's own Status is 200 then, for no Cred was judged (DM-1.3 §6.3: Cred is needed only where the transport layer provides
 * no authentication).
 *
 * @see RFC 7617; RFC 7616; OMA-TS-DM_Security "transport layer authentication"
 */

import { deviceKey } from '../device/dev-id.ts';
import { type AuthScheme, type HttpScheme, isHttpScheme } from '../dm1/auth-scheme.ts';
import { verifyBasic } from '../dm1/cred.ts';
import type { Account, AuthInput, Finding, RequestCredentials } from './auth-input.ts';
import { certifiedDevIds, DEFAULT_CERTIFICATE_RULE } from './certificate-identity.ts';
import { parseDigestCredentials, useCount, verifyDigestResponse } from './http-digest.ts';
import { httpNonce, readHttpNonce } from './http-nonce.ts';

const VERDICT = { status: 200 } as const;

/** A certificate that names another device is wrong; one that names no device at all is none. */
export function proveCertificate(
  { beside, certificateRule, header }: AuthInput,
  schemes: readonly AuthScheme[],
): Finding {
  if (beside?.certificate === undefined || !schemes.includes('tls')) return 'absent';
  const certified = certifiedDevIds(beside.certificate, certificateRule ?? DEFAULT_CERTIFICATE_RULE);
  if (certified.length === 0) return 'absent';
  const own = deviceKey(header.source.locUri);
  const isOwn = certified.some((devId) => deviceKey(devId) === own);
  return isOwn ? { scheme: 'tls', verdict: VERDICT, changes: {} } : 'wrong';
}

/** HTTP credentials of a scheme that is not accepted do not count: proxies on the way use the header, too. */
export function proveHttp(input: AuthInput, account: Account, schemes: readonly AuthScheme[]): Finding {
  const { beside } = input;
  const scheme = presentedHttpScheme(input);
  if (beside === undefined || scheme === undefined || !schemes.includes(scheme)) return 'absent';
  const [, data = ''] = /^\s*\S+\s+(.*)$/su.exec(beside.authorization ?? '') ?? [];
  if (scheme === 'http-digest') return proveDigest(data, beside, account, input);
  return verifyBasic(data, account.forms.basic) ? { scheme, verdict: VERDICT, changes: {} } : 'wrong';
}

/** The scheme of `Authorization`. */
export function presentedHttpScheme({ beside }: AuthInput): HttpScheme | undefined {
  const [, name] = /^\s*(basic|digest)\s/iu.exec(beside?.authorization ?? '') ?? [];
  const scheme = name === undefined ? undefined : (`http-${name.toLowerCase()}` as AuthScheme);
  return scheme !== undefined && isHttpScheme(scheme) ? scheme : undefined;
}

function proveDigest(data: string, beside: RequestCredentials, account: Account, input: AuthInput): Finding {
  const credentials = parseDigestCredentials(data);
  if (credentials === undefined) return 'wrong';
  const { forms, httpCount = 0 } = account;
  const ha1 = (credentials.algorithm === 'MD5' ? forms.ha1Md5 : forms.ha1Sha256) ?? '';
  const isRight = verifyDigestResponse(credentials, ha1, beside.body);
  // The response covers realm, by HA1, and uri; the latter must be that of this request (RFC 7616 §3.4.6).
  if (!isRight || ha1 === '' || credentials.user !== forms.user || !isTarget(credentials.uri, beside.target))
    return 'wrong';
  const { nonceKey, now, header } = input;
  const base = readHttpNonce(nonceKey, header.source.locUri, now, credentials.nonce);
  if (base === undefined) return 'stale';
  const count = base + useCount(credentials);
  const isNew = count > httpCount;
  if (!isNew && input.isRepetition !== true) return 'stale';
  const nextNonce = httpNonce(nonceKey, header.source.locUri, now, Math.max(count, httpCount));
  return {
    scheme: 'http-digest',
    verdict: VERDICT,
    changes: isNew ? { httpCount: count } : {},
    digestUse: { credentials, ha1, nextNonce },
  };
}

/** Some clients write the absolute URI. */
function isTarget(uri: string, target: string | undefined): boolean {
  if (uri === target) return true;
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  return url !== undefined && `${url.pathname}${url.search}` === target;
}
