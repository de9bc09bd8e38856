/**
 * The code pages of document types, which the user of the codec provides.
 *
 * Code pages are plain data. `compileType` makes the maps for reading (token → name) and for writing (name → token).
 * This file knows no document type.
 *
 * @see WAP-192-WBXML (WBXML 1.3) §5.8.1 "Parser state machine": code pages; §7.2 "Public identifiers"
 */
import { interned } from './interned.ts';
import { FIRST_TAG, TAG_BITS } from './tokens.ts';

/** One code page of tags. A page is a namespace, as in SyncML. */
export interface CodePage {
  readonly namespace: string;
  /** The names in the order of their tokens from 05 on; `undefined` for a reserved token. */
  readonly tags: readonly (string | undefined)[];
}

/** A document type and its code pages. */
export interface DocumentType {
  /** For example `-//SYNCML//DTD SyncML 1.2//EN`; the case of letters does not matter. */
  readonly formalPublicId: string;
  /** The registered number of the identifier. Without a number the identifier is written as text. */
  readonly publicId?: number;
  /** The index is the page number. */
  readonly pages: readonly CodePage[];
}

/** A code page compiled for reading. */
export interface TagPage {
  readonly namespace: string;
  /** 64 names; the index is the token. */
  readonly names: readonly (string | undefined)[];
}

/** A compiled document type. */
export interface CompiledType {
  readonly formalPublicId: string;
  readonly publicId: number | undefined;
  readonly pages: readonly TagPage[];
  /** Namespace → name → page number × 256 + token. */
  readonly tags: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** The document types that a reader knows. */
export interface TokenTables {
  readonly byNumber: ReadonlyMap<number, CompiledType>;
  /** The key is the formal public identifier in lower case. */
  readonly byText: ReadonlyMap<string, CompiledType>;
  /** The type of documents of no or of an unknown type; without it such documents are refused. */
  readonly fallback: CompiledType | undefined;
}

/** Compiles a document type. */
export function compileType({ formalPublicId, publicId, pages }: DocumentType): CompiledType {
  const tags = new Map<string, Map<string, number>>();
  const tagPages = pages.map((page, number) => {
    const names: (string | undefined)[] = new Array(TAG_BITS + 1).fill(undefined);
    const pageTags = tags.get(page.namespace) ?? new Map<string, number>();
    for (const [i, name] of page.tags.entries()) {
      if (name === undefined) continue;
      names[FIRST_TAG + i] = interned(name);
      pageTags.set(name, number * 256 + FIRST_TAG + i);
    }
    tags.set(page.namespace, pageTags);
    return { namespace: page.namespace, names };
  });
  return { formalPublicId, publicId, pages: tagPages, tags };
}

/** Collects document types; `fallback` is for documents whose media type alone says their type. */
export function tokenTables(types: readonly CompiledType[], fallback?: CompiledType): TokenTables {
  const byNumber = new Map<number, CompiledType>();
  const byText = new Map<string, CompiledType>();
  for (const type of types) {
    if (type.publicId !== undefined) byNumber.set(type.publicId, type);
    byText.set(type.formalPublicId.toLowerCase(), type);
  }
  return { byNumber, byText, fallback };
}
