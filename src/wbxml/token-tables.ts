/**
 * What a user of the codec hands in: the code pages of the document types that it reads and writes.
 *
 * Pages are plain data; compiling turns them into the look-ups that reading (token → name) and writing (name → token)
 * need. Nothing here knows any document type.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.8.1 "Parser state machine": code pages; §7.2 "Public identifiers"
 */
import { FIRST_TAG, TAG_BITS } from './tokens.ts';

/** One code page of tags; in SyncML's manner, a page is a namespace. */
export interface CodePage {
  readonly namespace: string;
  /** Names in the order of their tokens from 05 on; `undefined` where a token is reserved. */
  readonly tags: readonly (string | undefined)[];
}

/** A kind of document. */
export interface DocumentType {
  /** Such as `-//SYNCML//DTD SyncML 1.2//EN`; compared without regard to case. */
  readonly formalPublicId: string;
  /** The registered number of the same; absent where there is none, then it is written as text. */
  readonly publicId?: number;
  /** By page number. */
  readonly pages: readonly CodePage[];
}

/** A page made ready for reading. */
export interface TagPage {
  readonly namespace: string;
  /** By token; 64 places. */
  readonly names: readonly (string | undefined)[];
}

/** A document type made ready for use. */
export interface CompiledType {
  readonly formalPublicId: string;
  readonly publicId: number | undefined;
  readonly pages: readonly TagPage[];
  /** By namespace, then by name: the page times 256, plus the token. */
  readonly tags: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** All document types that a reader knows. */
export interface TokenTables {
  readonly byNumber: ReadonlyMap<number, CompiledType>;
  /** By formal public identifier in lower case. */
  readonly byText: ReadonlyMap<string, CompiledType>;
  /** For documents that do not say, or say otherwise; `undefined`: these are refused. */
  readonly fallback: CompiledType | undefined;
}

/** Makes a document type ready for use. */
export function compileType({ formalPublicId, publicId, pages }: DocumentType): CompiledType {
  const tags = new Map<string, Map<string, number>>();
  const tagPages = pages.map((page, number) => {
    const names: (string | undefined)[] = new Array(TAG_BITS + 1).fill(undefined);
    const ofPage = tags.get(page.namespace) ?? new Map<string, number>();
    for (const [i, name] of page.tags.entries()) {
      if (name === undefined) continue;
      names[FIRST_TAG + i] = name;
      ofPage.set(name, number * 256 + FIRST_TAG + i);
    }
    tags.set(page.namespace, ofPage);
    return { namespace: page.namespace, names };
  });
  return { formalPublicId, publicId, pages: tagPages, tags };
}

/** Collects document types; `fallback` is meant when a document leaves its type open and its media type tells. */
export function tokenTables(types: readonly CompiledType[], fallback?: CompiledType): TokenTables {
  const byNumber = new Map<number, CompiledType>();
  const byText = new Map<string, CompiledType>();
  for (const type of types) {
    if (type.publicId !== undefined) byNumber.set(type.publicId, type);
    byText.set(type.formalPublicId.toLowerCase(), type);
  }
  return { byNumber, byText, fallback };
}
