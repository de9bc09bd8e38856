/**
 * Converts bytes to `Content` and back; in that form they survive JSON.
 */
import type { Content } from './package.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The bytes as text when they are valid UTF-8, as base64 otherwise; `contentBytes` returns the same bytes. */
export function contentFromBytes(bytes: Uint8Array): Content {
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

/** The bytes of a `Content`. */
export function contentBytes(content: Content): Uint8Array {
  return 'text' in content ? encoder.encode(content.text) : new Uint8Array(Buffer.from(content.base64, 'base64'));
}
