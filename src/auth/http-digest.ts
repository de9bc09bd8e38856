/**
 * The scheme `http-digest`: HTTP Digest in `Authorization`, under a nonce that the bridge can read back (`http-nonce.ts`).
 * SyncML's own Status is 200, as in `tls.ts`.
 *
 * @see RFC 7616
 */

import { devIdOf } from '../device/dev-id.ts';
import { STATUS } from '../syncml/status-codes.ts';
import type { CheckInput, CheckResult } from './check.ts';
import { httpCredentials } from './http-authorization.ts';
import {
  type DigestCredentials,
  parseDigestCredentials,
  useCount,
  verifyDigestResponse,
} from './http-digest-header.ts';
import { httpNonce, readHttpNonce } from './http-nonce.ts';

export function checkHttpDigest(check: CheckInput): CheckResult {
  const text = httpCredentials(check, 'http-digest');
  if (text === undefined) return 'absent';
  const credentials = parseDigestCredentials(text);
  if (credentials === undefined) return 'wrong';
  const { forms } = check.account;
  const ha1 = (credentials.algorithm === 'MD5' ? forms.ha1Md5 : forms.ha1Sha256) ?? '';
  return isRight(check, credentials, ha1) ? checkCount(check, credentials, ha1) : 'wrong';
}

/**
 * The response covers the realm, by HA1, and the URI, which must be that of this request (RFC 7616 §3.4.6), as the device
 * addressed it or as a proxy passed it on.
 */
function isRight({ request, account }: CheckInput, credentials: DigestCredentials, ha1: string): boolean {
  const isVerified = request !== undefined && verifyDigestResponse(credentials, ha1, request.body);
  return (
    isVerified &&
    ha1 !== '' &&
    credentials.user === account.forms.user &&
    request.targets.some((target) => isTarget(credentials.uri, target))
  );
}

/** Each use of a nonce has a count; only one above the last accepted count is new. */
function checkCount(check: CheckInput, credentials: DigestCredentials, ha1: string): CheckResult {
  const { nonceKey, now, header, account, isRepetition } = check;
  const devId = devIdOf(header);
  const base = readHttpNonce(nonceKey, devId, now, credentials.nonce);
  if (base === undefined) return 'stale';
  const { httpCount = 0 } = account;
  const count = base + useCount(credentials);
  const isNew = count > httpCount;
  if (!isNew && isRepetition !== true) return 'stale';
  const nextNonce = httpNonce(nonceKey, devId, now, Math.max(count, httpCount));
  return {
    scheme: 'http-digest',
    verdict: { status: STATUS.ok },
    changes: isNew ? { httpCount: count } : {},
    digestUse: { credentials, ha1, nextNonce },
  };
}

/** Some clients write the absolute URI. */
function isTarget(uri: string, target: string): boolean {
  if (uri === target) return true;
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  return url !== undefined && `${url.pathname}${url.search}` === target;
}
