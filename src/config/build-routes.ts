/** The rules that choose a door for each device: the checks that the schema cannot express, and the names. */
import type { Route, RouteMatch } from '../routing/route.ts';
import type { RawRoute } from './raw-config.ts';
import type { Section } from './section.ts';
import { parseHttpUrl, parseNetwork } from './value-parsers.ts';

/** A share has at most this many decimals. */
const PERCENT_STEPS = 10_000;

/** @param accounts the names of the accounts */
export function buildRoutes(
  routes: readonly RawRoute[],
  accounts: ReadonlySet<string>,
  section: Section,
): readonly Route[] {
  if (routes.length === 0) section.report('must hold at least one rule');
  const names = routes.map(({ name }, index) => name ?? `rule-${index + 1}`);
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (first < index) section.at(index, 'name').report(`"${name}" is the name of rule ${first + 1}, too`);
  });
  return routes.flatMap((route, index) => buildRoute(route, names[index] ?? '', accounts, section.at(index)) ?? []);
}

/** The rule, or undefined when it leads to no account. */
function buildRoute(raw: RawRoute, name: string, accounts: ReadonlySet<string>, section: Section): Route | undefined {
  const { match = {} } = raw;
  checkMatch(match, section.at('match'));
  const given = (['bridge', 'passthrough', 'refuse'] as const).filter((key) => raw[key] !== undefined);
  if (given.length !== 1) section.report('must have exactly one of bridge, passthrough, refuse');
  if (raw.passthrough !== undefined) section.at('passthrough').read(parseHttpUrl, raw.passthrough, '');
  if (raw.bridge === undefined) return undefined;
  if (!accounts.has(raw.bridge)) section.at('bridge').report(`there is no account "${raw.bridge}"`);
  return { name, match, bridge: raw.bridge };
}

function checkMatch({ percent, network = [] }: RouteMatch, section: Section): void {
  if (percent !== undefined && Math.round(percent * PERCENT_STEPS) / PERCENT_STEPS !== percent) {
    section.at('percent').report('must have at most 4 decimals');
  }
  network.forEach((each, index) => {
    section.at('network', index).read(parseNetwork, each, '');
  });
}
