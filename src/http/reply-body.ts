/**
 * Reads the body of a reply: whole and with its content codings undone; as much as an operator needs of a refusal; or not
 * at all.
 */
import type { Dispatcher } from 'undici';
import { type BodyFault, decodeBody, maxCodedBytes, parseCodings, tooLarge } from './content-codings.ts';

/** A refusal's body is read for traces only. */
const MAX_REFUSAL_BYTES = 65_536;

/** A body that is not read: at most so much of it is let through, so that its connection can be used again. */
const MAX_SKIPPED_BYTES = 16_384;
const MAX_SKIP_MS = 1_000;

type Response = Pick<Dispatcher.ResponseData, 'headers' | 'body'>;

/**
 * The whole body, decoded.
 * @param limit of the decoded bytes
 * @throws the error of a connection that breaks off before the body is whole
 */
export async function readBody({ headers, body }: Response, limit: number): Promise<Uint8Array | BodyFault> {
  const codings = parseCodings(joined(headers['content-encoding']));
  const isCoded = 'failure' in codings || codings.length > 0;
  const coded = await readLimited({ headers, body }, isCoded ? maxCodedBytes(limit) : limit);
  if (coded === undefined) return tooLarge(limit);
  // An empty body carries no coding, whatever the header says.
  if (coded.length === 0) return coded;
  return 'failure' in codings ? codings : await decodeBody(coded, codings, limit);
}

/** The body of a refusal; empty when it is long, damaged or late, because the status alone counts. */
export async function readRefusal(response: Response): Promise<Uint8Array> {
  try {
    const body = await readBody(response, MAX_REFUSAL_BYTES);
    return body instanceof Uint8Array ? body : new Uint8Array();
  } catch {
    return new Uint8Array();
  }
}

/** Lets a short body through unread, and ends the connection of a long or slow one. Does not wait for it. */
export function skipBody({ body }: Response): void {
  const timer = setTimeout(() => body.destroy(), MAX_SKIP_MS);
  const stop = () => clearTimeout(timer);
  // Its error concerns no one: the reply has been used.
  body.on('error', stop);
  body.dump({ limit: MAX_SKIPPED_BYTES }).then(stop, stop);
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The whole body as it came; undefined when it is longer than `limit`. */
async function readLimited({ headers, body }: Response, limit: number): Promise<Uint8Array | undefined> {
  const announced = Number(headers['content-length'] ?? Number.NaN);
  if (announced > limit) {
    body.on('error', ignoreError).destroy();
    return undefined;
  }
  // The connection enforces Content-Length; only a body of unknown length has to be counted.
  if (announced <= limit) return body.bytes();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    length += chunk.length;
    // Leaving the loop destroys the stream, and with it the connection.
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** For the error that a body reports when it is given up. */
function ignoreError(): void {}
