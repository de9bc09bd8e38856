/** The rules for the headers of a device's message, which are checked before its body is read. */
import type { IncomingHttpHeaders } from 'node:http';
import { HTTP } from '../http-status.ts';
import { type DeviceReply, textReply } from './device-reply.ts';
import { PROBLEM_TYPE, problemDocument } from './error-handler.ts';

/** The media types of DM 1.x, and the older forms without `dm` that some devices send. */
const SYNCML_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.syncml.dm+xml',
  'application/vnd.syncml.dm+wbxml',
  'application/vnd.syncml+xml',
  'application/vnd.syncml+wbxml',
]);

/**
 * The content codings that change the bytes of a body (RFC 9110 §8.4.1). Some clients name a character set in
 * Content-Encoding, which changes nothing.
 */
const CODINGS = /^(x-)?(gzip|compress|deflate|br|zstd|dcb|dcz|exi|pack200-gzip|aes128gcm)$/;

const DM2_PACKAGE_TYPE = /^application\/vnd\.oma\.dm\.[a-z]+\+json$/;

/** For every response at the path of devices. */
export const NO_STORE = { 'Cache-Control': 'no-store' };

/** The reply to a request whose headers show that the message cannot be read; undefined when it may be read. */
export function refusalOf(headers: IncomingHttpHeaders): DeviceReply | undefined {
  const contentType = mediaType(headers);
  if (DM2_PACKAGE_TYPE.test(contentType)) {
    const body = problemDocument(HTTP.notImplemented, 'forwarding of DM 2.0 packages is not built yet');
    return { status: HTTP.notImplemented, headers: { ...NO_STORE, 'Content-Type': PROBLEM_TYPE }, body };
  }
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
    return textReply(HTTP.lengthRequired, 'a message needs a Content-Length or the chunked coding', NO_STORE);
  }
  if (!SYNCML_TYPES.has(contentType)) {
    return textReply(HTTP.unsupportedMediaType, 'the media type must be one of SyncML DM', NO_STORE);
  }
  const codings = headers['content-encoding']?.toLowerCase().split(',') ?? [];
  if (codings.some((coding) => CODINGS.test(coding.trim()))) {
    return textReply(HTTP.unsupportedMediaType, 'the body must not be compressed', NO_STORE);
  }
  return undefined;
}

/** True for a message of DM 1.x that can be read as it comes. */
export function isPlainSyncml(headers: IncomingHttpHeaders): boolean {
  return SYNCML_TYPES.has(mediaType(headers)) && refusalOf(headers) === undefined;
}

/** True for a request of a DM 2.0 Client. */
export function isDm2(headers: IncomingHttpHeaders): boolean {
  return headers['omadm-devid'] !== undefined || DM2_PACKAGE_TYPE.test(mediaType(headers));
}

/** The media type without parameters, in lower case; empty when there is none. */
export function mediaType({ 'content-type': contentType = '' }: IncomingHttpHeaders): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}
