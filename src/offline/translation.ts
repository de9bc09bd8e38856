/** The result of the offline translation of one document, in the form that `dmbridge translate --json` prints. */
import type { Content } from '../dm2/package.ts';
import type { MoIndex } from '../mapping/mo-index.ts';

/** A part of the document that the translation does not have, or has with a poorer meaning. */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
  /** The command, LocURI or ClientURI of that part. */
  readonly at: string;
}

export type WarningCode =
  /** No mapping expects an MO at that LocURI, or has that MOID. */
  | 'NO_MAPPING'
  /** The other protocol has no counterpart; the part is left out. */
  | 'NO_COUNTERPART'
  /** The translation has less information or another effect. */
  | 'LOSS'
  /** The operator has to supply data that the document does not have. */
  | 'INCOMPLETE'
  /** Not a valid command. */
  | 'INVALID';

/** A document that the commands name by ServerURI, for a Data Repository. */
export interface Resource {
  readonly url: string;
  readonly contentType: string;
  readonly content: Content;
}

/** Adds a warning to the result. */
export type Warn = (code: WarningCode, message: string, at: string) => void;

/** The tools of a translation: the mappings, and where its warnings go. */
export interface Translator {
  readonly index: MoIndex;
  readonly warn: Warn;
}

/** The same for a translation to DM 2.0, whose commands name documents. */
export interface Dm2Translator extends Translator {
  /** Adds a document to the result, and returns its ServerURI. */
  readonly addResource: (contentType: string, content: Content) => string;
}

/** An empty list of warnings, with the function that fills it. */
export function warnings(): { readonly list: readonly Warning[]; readonly warn: Warn } {
  const list: Warning[] = [];
  return { list, warn: (code, message, at) => list.push({ code, message, at }) };
}
