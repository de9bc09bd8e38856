/** A request on its way to another server: its target and its headers, and the headers of the answer. Pure. */

/** Of one connection only (RFC 9110 §7.6.1); lower case. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

/** Name, value, name, value: in the order and spelling of the wire. */
export type RawHeaders = readonly string[];

/** The request target at a server: below `southPath` that of `url` takes its place; nothing else is changed. */
export function upstreamTarget(target: string, southPath: string, url: string): string {
  const own = target.replace(/^https?:\/\/[^/?]*/iu, '');
  const at = own.indexOf('?');
  const path = at < 0 ? own : own.slice(0, at);
  const query = at < 0 ? '' : own.slice(at);
  const { pathname } = new URL(url);
  if (path === southPath || (southPath === '' && path === '/')) return `${pathname}${query}`;
  if (!path.startsWith(`${southPath}/`)) return own;
  return `${pathname.replace(/\/$/u, '')}${path.slice(southPath.length)}${query}`;
}

export interface HeaderChanges {
  /** Host of the server; it takes the place of another one only when `replacesHost`. */
  readonly host: string;
  readonly replacesHost: boolean;
  /** Lower case; headers that are not passed on. */
  readonly dropped: ReadonlySet<string>;
  /** The framing of a body that came in chunks; undefined: as it came. */
  readonly framing: RawHeaders;
  readonly added: RawHeaders;
}

/** The headers of a request as the server gets them. */
export function upstreamHeaders(raw: RawHeaders, changes: HeaderChanges): string[] {
  const kept = endToEnd(raw, changes.dropped);
  let hasHost = false;
  for (let at = 0; at < kept.length; at += 2) {
    if (kept[at]?.toLowerCase() !== 'host') continue;
    hasHost = true;
    if (changes.replacesHost) kept[at + 1] = changes.host;
  }
  if (!hasHost) kept.unshift('Host', changes.host);
  return [...kept, ...changes.framing, ...changes.added];
}

const NONE: ReadonlySet<string> = new Set();

/** The headers without those of one connection, and without those that `Connection` names. */
export function endToEnd(raw: RawHeaders, dropped: ReadonlySet<string> = NONE): string[] {
  const named = new Set<string>();
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at]?.toLowerCase() !== 'connection') continue;
    for (const name of (raw[at + 1] ?? '').split(',')) named.add(name.trim().toLowerCase());
  }
  // A body without its length would be another one.
  named.delete('content-length');
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || named.has(lower) || dropped.has(lower)) continue;
    kept.push(name, raw[at + 1] ?? '');
  }
  return kept;
}
