/**
 * Reading `multipart/form-data` as Appendix F of DM 2.0 uses it.
 *
 * @see RFC 2046 §5.1, RFC 7578, DM-2.0 Appendix F
 */

export interface Part {
  /** Of Content-Disposition; absent on the first part. */
  readonly name: string | undefined;
  /** Without parameters, in lower case. */
  readonly type: string;
  readonly body: Buffer;
}

/** The parts, or in words why there are none. */
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

function readPart(text: string): Part | string {
  const start = text.startsWith('\r\n') ? 2 : undefined;
  const end = text.indexOf('\r\n\r\n');
  if (start === undefined || end < 0) return 'a part without header';
  const headers = new Map(
    text
      .slice(start, end)
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const disposition = headers.get('content-disposition') ?? '';
  if (!disposition.toLowerCase().startsWith('form-data')) return `a part with the disposition "${disposition}"`;
  const name = /;\s*name=(?:"([^"]*)"|([^;\s]+))/iu.exec(disposition);
  const [type = ''] = (headers.get('content-type') ?? 'text/plain').split(';');
  const body = Buffer.from(text.slice(end + 4), 'latin1');
  return { name: name?.[1] ?? name?.[2], type: type.trim().toLowerCase(), body };
}
