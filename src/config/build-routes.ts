/** The rules that choose a door for each device: the checks that the schema cannot express, and the names. */
import type { BridgeRoute, Passthrough, PassthroughRoute, RefuseRoute, Route, RouteMatch } from '../routing/route.ts';
import { buildTls } from './build-accounts.ts';
import { isOwnListener, type OwnListeners } from './own-listeners.ts';
import type { RawPassthrough, RawRoute } from './raw-config.ts';
import type { Section } from './section.ts';
import { parseBaseUrl, parseDuration, parseNetwork, type Reading } from './value-parsers.ts';

/** A share has at most this many decimals. */
const PERCENT_STEPS = 10_000;

export interface RouteSurroundings {
  /** Names. */
  readonly accounts: ReadonlySet<string>;
  readonly listeners: OwnListeners;
}

export function buildRoutes(
  routes: readonly RawRoute[],
  surroundings: RouteSurroundings,
  section: Section,
): readonly Route[] {
  if (routes.length === 0) section.report('must hold at least one rule');
  const names = routes.map(({ name }, index) => name ?? `rule-${index + 1}`);
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (first < index) section.at(index, 'name').report(`"${name}" is the name of rule ${first + 1}, too`);
  });
  return routes.flatMap((raw, index) => {
    const at = section.at(index);
    checkMatch(raw.match ?? {}, at.at('match'));
    const given = (['bridge', 'passthrough', 'refuse'] as const).filter((key) => raw[key] !== undefined);
    if (given.length !== 1) at.report('must have exactly one of bridge, passthrough, refuse');
    const action = buildAction(raw, surroundings, at);
    return action === undefined ? [] : { name: names[index] ?? '', match: raw.match ?? {}, ...action };
  });
}

type Action = Pick<BridgeRoute, 'bridge'> | Pick<PassthroughRoute, 'passthrough'> | Pick<RefuseRoute, 'refuse'>;

function buildAction(
  { bridge, passthrough, refuse }: RawRoute,
  { accounts, listeners }: RouteSurroundings,
  section: Section,
): Action | undefined {
  if (bridge !== undefined) {
    if (!accounts.has(bridge)) section.at('bridge').report(`there is no account "${bridge}"`);
    return { bridge };
  }
  if (passthrough !== undefined) {
    const isShort = typeof passthrough === 'string';
    const at = section.at('passthrough');
    const raw = isShort ? { url: passthrough } : passthrough;
    return { passthrough: buildPassthrough(raw, listeners, { whole: at, url: isShort ? at : at.at('url') }) };
  }
  if (refuse === undefined) return undefined;
  return { refuse: { status: refuse === true ? undefined : refuse.status } };
}

function buildPassthrough(
  raw: RawPassthrough,
  listeners: OwnListeners,
  at: { readonly whole: Section; readonly url: Section },
): Passthrough {
  const url = at.url.read(parseServerUrl, raw.url, 'http://legacy.invalid/');
  if (isOwnListener(new URL(url), listeners)) at.url.report('leads back to this bridge');
  return {
    url,
    timeout: at.whole.at('timeout').read(parseDuration, raw.timeout ?? '60s', 1),
    host: raw.host,
    forwarded: raw.forwarded ?? false,
    clientCertHeader: raw.clientCertHeader,
    tls: raw.tls && {
      ...buildTls(raw.tls, at.whole.at('tls')),
      servername: raw.tls.servername,
      verify: raw.tls.verify ?? true,
    },
  };
}

/** Reads a URL as `parseBaseUrl` does, with its slash at the end. */
function parseServerUrl(text: string): Reading<string> {
  const reading = parseBaseUrl(text);
  return reading.ok ? { ok: true, value: text } : reading;
}

function checkMatch({ percent, network = [] }: RouteMatch, section: Section): void {
  if (percent !== undefined && Math.round(percent * PERCENT_STEPS) / PERCENT_STEPS !== percent) {
    section.at('percent').report('must have at most 4 decimals');
  }
  network.forEach((each, index) => {
    section.at('network', index).read(parseNetwork, each, '');
  });
}
