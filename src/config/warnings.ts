/**
 * Values that are allowed and that probably do not do what was meant: for `dmbridge check`.
 */
import { canMatch } from '../dm2/server-uri.ts';
import type { Config } from './config.ts';
import { type KeyPath, keyPathsOf, type SourceProblem, type YamlSource } from './yaml-source.ts';

/** Keys of secrets; `*` is every key. */
const SECRETS: readonly KeyPath[] = [
  ['south', 'auth', 'nonceKey'],
  ['north', 'auth', 'password'],
  ['accounts', '*', 'auth', 'password'],
  ['accounts', '*', 'tls', 'psk', 'key'],
  ['accounts', '*', 'notificationSecret'],
  ['accounts', '*', 'notificationData'],
  ['notifications', 'deliver', '*', 'password'],
  ['store', 'key'],
  ['admin', 'token'],
];

/** Every doubtful value of a configuration that is good. */
export function findWarnings(config: Config, source: YamlSource): readonly SourceProblem[] {
  return [
    ...unreachableRoutes(config),
    ...rulesForBothProtocols(config),
    ...lostCertificates(config),
    ...uselessPrefixes(config),
    ...longServerId(config),
    ...secretsWithLineEnd(source),
  ];
}

function unreachableRoutes({ routes }: Config): readonly SourceProblem[] {
  const last = routes.findIndex(({ match }) => Object.keys(match).length === 0);
  if (last < 0) return [];
  const takesDm2 = !('passthrough' in (routes[last] ?? {}));
  return routes.flatMap(({ match }, at) => {
    if (at <= last || (match.protocol === 'dm20' && !takesDm2)) return [];
    return [{ path: ['routes', at], message: `unreachable: routes[${last}] matches every device` }];
  });
}

/** The operator who has a rule for DM 2.0 probably means it to take all of these devices. */
function rulesForBothProtocols({ routes }: Config): readonly SourceProblem[] {
  const first = routes.findIndex(({ match }) => match.protocol === 'dm20');
  const message = `takes the DM 2.0 packages of its devices, too, before routes[${first}]`;
  return routes.flatMap((route, at) =>
    at < first && 'bridge' in route && route.match.protocol === undefined ? [{ path: ['routes', at], message }] : [],
  );
}

function lostCertificates({ south, routes }: Config): readonly SourceProblem[] {
  if (south.tls?.ca === undefined) return [];
  return routes.flatMap((route, at) => {
    if (!('passthrough' in route) || route.passthrough.clientCertHeader !== undefined) return [];
    const message = 'the legacy server gets no client certificate of a device: see clientCertHeader';
    return [{ path: ['routes', at, 'passthrough'], message }];
  });
}

function uselessPrefixes({ north }: Config): readonly SourceProblem[] {
  return north.allowServerUris.flatMap((text, at) =>
    canMatch(text) ? [] : [{ path: ['north', 'allowServerUris', at], message: 'no ServerURI can match this prefix' }],
  );
}

/** The engine of Android phones refuses longer ones in notifications of DM 1.2. */
const LONG_SERVER_ID_BYTES = 24;

function longServerId({ notifications }: Config): readonly SourceProblem[] {
  if (Buffer.byteLength(notifications.serverId) < LONG_SERVER_ID_BYTES) return [];
  const message = `Android phones ignore notifications of a server whose ServerID has ${LONG_SERVER_ID_BYTES} bytes or more`;
  return [{ path: ['notifications', 'serverId'], message }];
}

/** Such a line end often comes from the file that a variable was filled from. */
function secretsWithLineEnd(source: YamlSource): readonly SourceProblem[] {
  return SECRETS.flatMap((at) => keyPathsOf(source.value, at))
    .filter(({ value }) => typeof value === 'string' && /[\r\n]$/.test(value))
    .map(({ path }) => ({ path, message: 'the secret ends with a line end, which counts as a part of it' }));
}
