/**
 * Reads `multipart/form-data` as DM 2.0 uses it.
 *
 * @see RFC 2046 §5.1, RFC 7578, DM-2.0 Appendix F
 */

export interface Part {
  /** The name in Content-Disposition; the first part has none. */
  readonly name: string | undefined;
  /** The media type without parameters, in lower case. */
  readonly type: string;
  readonly body: Buffer;
}

/** The parts, or the reason why the body cannot be read. */
export function readMultipart(contentType: string, body: Buffer): readonly Part[] | string {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/iu.exec(contentType);
  const delimiter = boundary?.[1] ?? boundary?.[2];
  if (delimiter === undefined) return 'multipart without boundary';
  // Latin 1 keeps one character per byte, so that offsets are byte offsets.
  const text = `\r\n${body.toString('latin1')}`;
  const pieces = text.split(`\r\n--${delimiter}`);
  const closing = pieces.at(-1) ?? '';
  if (pieces.length < 3 || !closing.startsWith('--')) return 'multipart without closing delimiter';
  const parts = pieces.slice(1, -1).map(readPart);
  const broken = parts.find((part) => typeof part === 'string');
  return broken ?? parts.filter((part) => typeof part !== 'string');
}

/** One part, or the reason why it cannot be read. */
function readPart(text: string): Part | string {
  const end = text.indexOf('\r\n\r\n');
  if (!text.startsWith('\r\n') || end < 0) return 'a part without header';
  const headers = readHeaders(text.slice(2, end));
  const disposition = headers.get('content-disposition') ?? '';
  if (!disposition.toLowerCase().startsWith('form-data')) return `a part with the disposition "${disposition}"`;
  const [, quoted, plain] = /;\s*name=(?:"([^"]*)"|([^;\s]+))/iu.exec(disposition) ?? [];
  const [type = ''] = (headers.get('content-type') ?? 'text/plain').split(';');
  const body = Buffer.from(text.slice(end + 4), 'latin1');
  return { name: quoted ?? plain, type: type.trim().toLowerCase(), body };
}

/** The header fields by name in lower case. */
function readHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}
