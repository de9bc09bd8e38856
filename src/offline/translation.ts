/** What the offline translation of one document yields; the form that `dmbridge translate --json` prints. */
import type { Content } from '../dm2/package.ts';

/** Something that has no counterpart on the other side, or only a poorer one. */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
  /** The command, node or place concerned. */
  readonly at: string;
}

export type WarningCode =
  /** No mapping expects an MO at that place, or has that MOID. */
  | 'NO_MAPPING'
  /** The other side has nothing of the kind; it is left out. */
  | 'NO_COUNTERPART'
  /** It is translated, but says less or happens otherwise. */
  | 'LOSS'
  /** Somebody has to supply what the document does not hold. */
  | 'INCOMPLETE'
  /** Not a command that could be carried out. */
  | 'INVALID';

/** A document that the commands name by ServerURI, to be placed in a Data Repository. */
export interface Resource {
  readonly url: string;
  readonly contentType: string;
  readonly content: Content;
}

/** Where payloads go: answers the ServerURI. */
export type PlaceResource = (contentType: string, content: Content) => string;

/** Collects what a translation has to tell. */
export type Warn = (code: WarningCode, message: string, at: string) => void;

/** The collector, and the list that it fills. */
export function warnings(): { readonly list: readonly Warning[]; readonly warn: Warn } {
  const list: Warning[] = [];
  return { list, warn: (code, message, at) => list.push({ code, message, at }) };
}
