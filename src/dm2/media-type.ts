/**
 * Media types, and the choice among them: Content-Type, Accept and OMADM-Accept (DM-2.0 §5.5, RFC 2616 §3.7 and §14.1).
 *
 * A malformed media type is an error. A malformed range of an Accept header is skipped, because the other ranges still
 * name types that the backend accepts.
 */
import { DecodeError } from '../errors.ts';

/** A media type with its parameters. */
export interface MediaType {
  /** Type and subtype in lower case, without parameters. */
  readonly essence: string;
  /** Parameter names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

interface MediaRange extends MediaType {
  readonly q: number;
}

const ESSENCE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const PARAMETER = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\[\s\S])*)")$/;
const ANY = '*/*';

const HEADER_VALUE = /^[\x20-\x7e]+$/;

/** The media type as it may be sent in a header line; a device's Type that no header can contain becomes octet-stream. */
export function toHeaderValue(contentType: string): string {
  return HEADER_VALUE.test(contentType) ? contentType : 'application/octet-stream';
}

/**
 * Reads a Content-Type value; of a parameter that is given twice the first counts.
 * @throws DecodeError ERR_MEDIA_TYPE
 */
export function parseMediaType(text: string): MediaType {
  const [essence = '', ...parameters] = splitOutsideQuotes(text, ';').map((part) => part.trim());
  if (!ESSENCE.test(essence)) throw new DecodeError('ERR_MEDIA_TYPE', `not a media type: "${text}"`);
  return { essence: essence.toLowerCase(), parameters: parseParameters(parameters) };
}

function parseParameters(texts: readonly string[]): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const text of texts.filter((part) => part !== '')) {
    const [, name, token, quoted = ''] = PARAMETER.exec(text) ?? [];
    if (name === undefined) throw new DecodeError('ERR_MEDIA_TYPE', `not a parameter: "${text}"`);
    const value = token ?? quoted.replaceAll(/\\([\s\S])/g, '$1');
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
  }
  return parameters;
}

/** True when a Content-Type value is of this type; parameters do not matter. */
export function isMediaType(text: string | undefined, essence: string): boolean {
  const [written = ''] = (text ?? '').split(';');
  return written.trim().toLowerCase() === essence;
}

/**
 * The offered media type with the highest quality in an Accept or OMADM-Accept header, the first one of equals.
 * Undefined when the header accepts none of them (406). Without a header everything is accepted.
 */
export function negotiate(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0];
  const ranges = parseAccept(accept);
  const rated = offered.map((text) => ({ text, q: quality(text, ranges) }));
  const best = Math.max(0, ...rated.map(({ q }) => q));
  return best === 0 ? undefined : rated.find(({ q }) => q === best)?.text;
}

function parseAccept(text: string): readonly MediaRange[] {
  return splitOutsideQuotes(text, ',').flatMap((element) => {
    const range = tryMediaType(element);
    const q = Number(range?.parameters.get('q') ?? '1');
    if (range === undefined || !(q >= 0 && q <= 1)) return [];
    return [{ essence: range.essence, parameters: beforeQ(range.parameters), q }];
  });
}

function tryMediaType(text: string): MediaType | undefined {
  try {
    return parseMediaType(text);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Parameters behind `q` are extensions of the header, not parameters of the type (RFC 2616 §14.1). */
function beforeQ(parameters: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const entries = [...parameters];
  const at = entries.findIndex(([name]) => name === 'q');
  return new Map(at === -1 ? entries : entries.slice(0, at));
}

/** The q of the most specific range that matches, 0 when none does or when a node's Type is no media type. */
function quality(offered: string, ranges: readonly MediaRange[]): number {
  const offer = tryMediaType(offered);
  if (offer === undefined) return 0;
  const matches = ranges.filter((range) => covers(range, offer));
  const closest = Math.max(...matches.map(specificity));
  return matches.find((range) => specificity(range) === closest)?.q ?? 0;
}

function covers(range: MediaRange, offer: MediaType): boolean {
  const [type] = offer.essence.split('/');
  if (range.essence !== ANY && range.essence !== `${type}/*` && range.essence !== offer.essence) return false;
  return [...range.parameters].every(([name, value]) => offer.parameters.get(name) === value);
}

function specificity(range: MediaRange): number {
  if (range.essence === ANY) return 0;
  return range.essence.endsWith('/*') ? 1 : 2 + range.parameters.size;
}

/** Splits at each separator outside quoted strings. */
function splitOutsideQuotes(text: string, separator: ';' | ','): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (quoted && text[at] === '\\') at++;
    else if (text[at] === '"') quoted = !quoted;
    else if (!quoted && text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}
