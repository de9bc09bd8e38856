/**
 * Between bytes and `Content`, the form in which bytes survive JSON: text where they are UTF-8, else base64.
 */
import type { Content } from './package.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Text when the bytes are valid UTF-8, base64 otherwise; `contentBytes` gives the same bytes back. */
export function contentFromBytes(bytes: Uint8Array): Content {
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

/** The bytes that a `Content` stands for. */
export function contentBytes(content: Content): Uint8Array {
  return 'text' in content ? encoder.encode(content.text) : new Uint8Array(Buffer.from(content.base64, 'base64'));
}
