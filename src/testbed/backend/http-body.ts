/** Reads the bodies of requests to the reference backend. */
import type { IncomingMessage } from 'node:http';
import { TYPES } from './check-package.ts';
import { type Part, readMultipart } from './multipart.ts';

/** Reads Package#3, which is the whole body or the first part of a multipart body (DM-2.0 Appendix F). */
export function readResponse(
  contentType: string,
  body: Buffer,
): { readonly json: unknown; readonly parts: readonly Part[]; readonly fault: string | undefined } {
  if (mediaType(contentType) === TYPES.response) return { json: parseJson(body), parts: [], fault: undefined };
  const parts = readMultipart(contentType, body);
  if (typeof parts === 'string') return { json: undefined, parts: [], fault: parts };
  const [first, ...data] = parts;
  const fault = first?.type === TYPES.response ? undefined : `the first part is of the type "${first?.type ?? ''}"`;
  const empty = data.length === 0 ? 'multipart without data' : undefined;
  return { json: first && parseJson(first.body), parts: data, fault: fault ?? empty };
}

/** Reads the whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The media type without parameters, in lower case; '' when there is none. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The JSON value; undefined for a text that is no JSON. */
export function parseJson(body: Buffer | string): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
