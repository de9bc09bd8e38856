/**
 * MOID: the name of a class of Management Objects, such as `urn:oma:mo:oma-dcmo:1.0` or `com.example/1.2/Product`.
 *
 * A MOID has several spellings. Backends write it with and without the leading `urn:` (DM-2.0 §7.2.1.4 and Appendix I
 * have both), devices surround it with white space, and in a ClientURI or in the name of a DAC node it may be percent-encoded.
 */
import { DecodeError } from '../errors.ts';

/** A MOID as it was written, without white space around it; `moidKey` compares. */
export type Moid = string & { readonly __brand: 'Moid' };

/** Reads a MOID; undefined for white space. */
export function readMoid(text: string): Moid | undefined {
  const trimmed = text.trim();
  return trimmed === '' ? undefined : (trimmed as Moid);
}

/**
 * Reads a MOID that must be there.
 * @throws DecodeError ERR_CLIENT_URI_SYNTAX
 */
export function parseMoid(text: string): Moid {
  const moid = readMoid(text);
  if (moid === undefined) throw new DecodeError('ERR_CLIENT_URI_SYNTAX', 'a MOID is not empty');
  return moid;
}

const URN = 'urn:';

/** The spelling for comparison: trimmed, percent-decoded, without `urn:`. */
export function moidKey(moid: string): string {
  const text = decoded(moid.trim());
  return text.slice(0, URN.length).toLowerCase() === URN ? text.slice(URN.length) : text;
}

/**
 * The MOID without its version: `oma:mo:oma-scomo:1.1` and `com.example/1.2/Product` lose `:1.1` and `/1.2`.
 */
export function versionFreeKey(moid: string): string {
  const key = moidKey(moid);
  return key.includes('/') ? key.replace(/\/\d+(\.\d+)*(?=\/|$)/, '') : key.replace(/:\d+(\.\d+)*$/, '');
}

/** True for a MOID and false for a MIME type: a URN, or a reversed domain with a version (DM-TND, Type property). */
export function isMoid(type: string): type is Moid {
  return /^(urn:|oma:mo:)/i.test(type) || /^[^/\s]+\/\d+(\.\d+)*\//.test(type);
}

/** A name for people: the last part of the MOID before its version. */
export function moidName(moid: string): string {
  const parts = versionFreeKey(moid).split(/[/:]/);
  return parts.at(-1) || moid;
}

/** Percent-decodes the text; returns it unchanged when a sequence is malformed. */
function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
