/** The page in the body of a reply: its media type and its charset decide how it is read (DM-2.0 §5.3.7). */
import { textOf } from '../dm2/charset.ts';
import { type MediaType, parseMediaType } from '../dm2/media-type.ts';
import type { Content } from '../dm2/package.ts';
import { DecodeError } from '../errors.ts';
import { type Page, textPage, type UnfitPage } from './page.ts';
import { readPage } from './read-page.ts';

/** The values beside the bytes that a page is read with. */
export interface PageSource {
  readonly contentType: string | undefined;
  /** The address of the page. */
  readonly url: string;
}

/** The charset in the beginning of a page, of the element `meta` in either of its forms. */
const META_CHARSET = /<meta[^>]*\bcharset\s*=\s*["']?\s*([^\s"'/>;]+)/iu;
const META_SEARCHED = 1024;

/** They live as long as their contents. */
const pagesRead = new WeakMap<Content, Page | UnfitPage>();

/** The page of a content. A long one that another thread has read is not read again. */
export function pageOfContent(body: Content, source: PageSource): Page | UnfitPage {
  return pagesRead.get(body) ?? readContent(body, source);
}

/** Keeps the page that another thread has read of this content. */
export function keepPage(body: Content, page: Page | UnfitPage): void {
  pagesRead.set(body, page);
}

export function readContent(body: Content, { contentType, url }: PageSource): Page | UnfitPage {
  const mediaType = contentType === undefined ? undefined : mediaTypeOf(contentType);
  const essence = mediaType?.essence;
  const isHtml = essence === 'text/html' || essence === 'application/xhtml+xml';
  if (mediaType === undefined || !(isHtml || essence === 'text/plain')) {
    return { problem: `not a page: ${essence ?? 'no media type'}` };
  }
  const reading = textOf(body, isHtml ? withMetaCharset(mediaType, body) : mediaType);
  if ('problem' in reading) return { problem: reading.problem };
  return isHtml ? readPage(reading.text.replace(/^\uFEFF/u, ''), url) : textPage(reading.text);
}

function mediaTypeOf(contentType: string): MediaType | undefined {
  try {
    return parseMediaType(contentType);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Without a charset in its header, a page may name it itself. A page that can be read so far is not in UTF-16. */
function withMetaCharset(mediaType: MediaType, body: Content): MediaType {
  if (mediaType.parameters.has('charset')) return mediaType;
  const start = 'text' in body ? body.text.slice(0, META_SEARCHED) : latin1Start(body.base64);
  const charset = META_CHARSET.exec(start)?.[1]?.toLowerCase();
  if (charset === undefined || charset.startsWith('utf-16')) return mediaType;
  return { ...mediaType, parameters: new Map([...mediaType.parameters, ['charset', charset]]) };
}

function latin1Start(base64: string): string {
  return Buffer.from(base64.slice(0, (META_SEARCHED / 3) * 4), 'base64').toString('latin1');
}
