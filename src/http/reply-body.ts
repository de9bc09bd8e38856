/** Bodies of replies: how many bytes of them may come, and their content codings undone. */
import { type BodyFault, decodeBody, maxCodedBytes, parseCodings, tooLarge } from './content-codings.ts';
import type { HttpResponse } from './response-reader.ts';

/** A refusal's body is read for traces only; as much as an operator needs. */
export const MAX_REFUSAL_BYTES = 65_536;

/** The bytes that a body may have on its way when `limit` bytes count after decoding. */
export function maxBytesOnTheWay(headers: HttpResponse['headers'], limit: number): number {
  const codings = parseCodings(headers['content-encoding']);
  const isCoded = 'failure' in codings || codings.length > 0;
  return isCoded ? maxCodedBytes(limit) : limit;
}

/**
 * The whole body, decoded.
 * @param limit of the decoded bytes
 * @throws the error of a connection that broke off before the body was whole
 */
export async function decodedBody({ headers, body }: HttpResponse, limit: number): Promise<Uint8Array | BodyFault> {
  if (body === 'tooLong') return tooLarge(limit);
  if (body instanceof Error) throw body;
  // An empty body carries no coding, whatever the header says.
  if (body.length === 0) return body;
  const codings = parseCodings(headers['content-encoding']);
  if ('failure' in codings) return codings;
  return codings.length === 0 ? body : await decodeBody(body, codings, limit);
}

/** The body of a refusal; empty when it is long, damaged or late, because the status alone counts. */
export async function refusalBody(response: HttpResponse): Promise<Uint8Array> {
  if (response.body instanceof Error) return new Uint8Array();
  const body = await decodedBody(response, MAX_REFUSAL_BYTES);
  return body instanceof Uint8Array ? body : new Uint8Array();
}
