/** The table of rules, and the first rule for a request. */
import { hash } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { deviceKey, parseDevId } from '../device/dev-id.ts';
import { compileGlob } from './glob.ts';
import type { BridgeRoute, Route, RouteFacts, RouteMatch, RouteMatchKey } from './route.ts';

/** One condition of a rule. */
interface Condition {
  readonly key: RouteMatchKey;
  readonly holds: (facts: RouteFacts) => boolean;
}

interface CompiledRoute {
  readonly route: Route;
  readonly conditions: readonly Condition[];
}

/** Compiled rules by their table. A table never changes; another one takes its place. */
const compiled = new WeakMap<readonly Route[], readonly CompiledRoute[]>();

/**
 * The first rule that matches; the rules are those that the configuration has checked. Rules that pass requests through take
 * those of DM 2.0 only when they say so.
 */
export function firstRoute(routes: readonly Route[], facts: RouteFacts): Route | undefined {
  return compiledRules(routes).find((rule) => takes(rule, facts))?.route;
}

/** The first rule with an account that matches. */
export function firstBridgeRoute(routes: readonly Route[], facts: RouteFacts): BridgeRoute | undefined {
  for (const rule of compiledRules(routes)) if ('bridge' in rule.route && takes(rule, facts)) return rule.route;
  return undefined;
}

/**
 * The first rule that matches a device of which the registry cannot be asked; undefined when what the registry knows could lead
 * it to an earlier rule.
 */
export function certainRoute(routes: readonly Route[], facts: RouteFacts): Route | undefined {
  for (const rule of compiledRules(routes)) {
    if (takes(rule, facts)) return rule.route;
    const failed = rule.conditions.filter(({ holds }) => !holds(facts));
    if (failed.every(({ key }) => isOfRegistry(key) && facts[FACT_OF[key]] === undefined)) return undefined;
  }
  return undefined;
}

/** The facts that the registry can tell. */
const FACT_OF = { manufacturer: 'manufacturer', model: 'model', firmware: 'firmware', tag: 'tags' } as const;

function isOfRegistry(key: RouteMatchKey): key is keyof typeof FACT_OF {
  return Object.hasOwn(FACT_OF, key);
}

function takes({ route, conditions }: CompiledRoute, facts: RouteFacts): boolean {
  if (facts.protocol === 'dm20' && 'passthrough' in route && route.match.protocol !== 'dm20') return false;
  return conditions.every(({ holds }) => holds(facts));
}

function compiledRules(routes: readonly Route[]): readonly CompiledRoute[] {
  const known = compiled.get(routes);
  if (known !== undefined) return known;
  const rules = routes.map((route) => ({ route, conditions: conditionsOf(route.match) }));
  compiled.set(routes, rules);
  return rules;
}

/** A number from 0 to below 100 for a device: the same on every bridge and after every restart. */
function shareOf(devId: string, salt: string | undefined): number {
  const key = deviceKey(parseDevId(devId));
  const digest = hash('sha256', salt === undefined ? key : `${salt}\0${key}`);
  return (Number.parseInt(digest.slice(0, 8), 16) / 0x1_0000_0000) * 100;
}

/** The conditions that cost least come first. */
function conditionsOf(match: RouteMatch): readonly Condition[] {
  const conditions: Condition[] = [];
  const add = <K extends RouteMatchKey>(key: K, compile: (value: NonNullable<RouteMatch[K]>) => Condition['holds']) => {
    const value = match[key];
    if (value !== undefined) conditions.push({ key, holds: compile(value) });
  };
  add('protocol', (protocol) => (facts) => facts.protocol === protocol);
  add('version', (version) => (facts) => facts.version === version);
  add('devIds', listOfDevIds);
  add('devId', (glob) => {
    const matches = compileGlob(keyOf(glob));
    return ({ devId }) => devId !== undefined && matches(keyOf(devId));
  });
  add(
    'percent',
    (percent) =>
      ({ devId }) =>
        devId !== undefined && shareOf(devId, match.salt) < percent,
  );
  for (const key of ['manufacturer', 'model', 'firmware'] as const) {
    add(key, (texts) => {
      const matches = oneOf(texts);
      return (facts) => facts[key] !== undefined && matches(facts[key]);
    });
  }
  for (const key of ['userAgent', 'path'] as const) {
    add(key, (glob) => {
      const matches = compileGlob(glob);
      return (facts) => facts[key] !== undefined && matches(facts[key]);
    });
  }
  add('tag', (tags) => {
    const wanted = new Set(typeof tags === 'string' ? [tags] : tags);
    return (facts) => facts.tags?.some((tag) => wanted.has(tag)) === true;
  });
  add('network', networks);
  return conditions;
}

function listOfDevIds(devIds: readonly string[]): Condition['holds'] {
  const keys = new Set(devIds.map(keyOf));
  return ({ devId }) => devId !== undefined && keys.has(keyOf(devId));
}

function keyOf(devId: string): string {
  return deviceKey(parseDevId(devId));
}

function oneOf(texts: string | readonly string[]): (text: string) => boolean {
  const list = typeof texts === 'string' ? [texts] : texts;
  const whole = new Set(list.filter((text) => !isGlob(text)));
  const globs = list.filter(isGlob).map(compileGlob);
  return (text) => whole.has(text) || globs.some((matches) => matches(text));
}

function isGlob(text: string): boolean {
  return /[*?]/u.test(text);
}

function networks(list: readonly string[]): Condition['holds'] {
  const known = new BlockList();
  for (const network of list) {
    const [address = '', prefix] = network.trim().split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) known.addAddress(address, family);
    else known.addSubnet(address, Number(prefix), family);
  }
  return ({ address = '' }) => {
    const family = isIP(address);
    return family !== 0 && known.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}
