/**
 * MIID: the name of an MO instance within its MOID, which the Client chooses for its lifetime (DM-2.0 §6.1.1.1).
 */
import { DecodeError } from '../errors.ts';

/** The name of an MO instance; not percent-encoded. */
export type Miid = string & { readonly __brand: 'Miid' };

/**
 * Reads a MIID: any text but the empty one, which means the only instance.
 * @throws DecodeError ERR_CLIENT_URI_SYNTAX
 */
export function parseMiid(text: string): Miid {
  if (text === '') throw new DecodeError('ERR_CLIENT_URI_SYNTAX', 'a MIID is not empty');
  return text as Miid;
}
