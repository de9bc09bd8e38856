/**
 * From the file's values to the complete `Config`: defaults, notations, and the rules that a schema cannot say.
 *
 * Nothing stops at the first fault: a value that cannot be read is reported and replaced by its default, and the
 * caller throws once everything was looked at.
 */
import { dirname, resolve } from 'node:path';
import type {
  AccountAuth,
  AccountConfig,
  Config,
  ListenAddress,
  RouteConfig,
  StoreConfig,
  TlsSettings,
} from './config.ts';
import type { RawAccount, RawConfig, RawListenerTls, RawRoute, RawTls } from './raw-config.ts';
import { checkFile, checkFolder, checkKeyPair, readPem } from './referenced-files.ts';
import {
  isLoopbackHost,
  parseBaseUrl,
  parseCertificatePattern,
  parseDuration,
  parseHttpUrl,
  parseListen,
  parseNetwork,
  parseSecret,
  parseUrlPath,
  type Reading,
} from './value-parsers.ts';
import type { KeyPath } from './yaml-source.ts';

/** Reports a fault of the value at `path`. */
export type Report = (path: KeyPath, message: string) => void;

/** Builds the configuration that came from `file`; what is reported makes the result unusable. */
export function buildConfig(raw: RawConfig, file: string, report: Report): Config {
  const read = reader(report);
  const folder = dirname(file);
  const accounts = buildAccounts(raw, read, folder, report);
  if (raw.devices !== undefined) checkFile(resolve(folder, raw.devices), (message) => report(['devices'], message));
  if (raw.routes.length === 0) report(['routes'], 'must hold at least one route');
  return {
    file,
    south: buildSouth(raw.south ?? {}, read, folder, report),
    north: buildNorth(raw.north ?? {}, accounts, read, report),
    accounts,
    routes: raw.routes.flatMap((route, index) => buildRoute(route, ['routes', index], raw, read, report)),
    devices: raw.devices === undefined ? undefined : resolve(folder, raw.devices),
    store: buildStore(raw.store, folder, report),
    cache: { maxBytes: raw.cache?.maxBytes ?? 268_435_456 },
    mappings: buildMappings(raw.mappings, folder, report),
    admin: buildAdmin(raw.admin ?? {}, read, report),
    log: { level: raw.log?.level ?? 'info' },
  };
}

type Read = <T>(parse: (text: string) => Reading<T>, text: string, path: KeyPath, fallback: T) => T;

function reader(report: Report): Read {
  return (parse, text, path, fallback) => {
    const reading = parse(text);
    if (reading.ok) return reading.value;
    report(path, reading.message);
    return fallback;
  };
}

const NOWHERE: ListenAddress = { host: '127.0.0.1', port: 0 };

function buildSouth(raw: NonNullable<RawConfig['south']>, read: Read, folder: string, report: Report): Config['south'] {
  const text = (key: 'answerWithin' | 'sessionTimeout', value: string) =>
    read(parseDuration, raw[key] ?? value, ['south', key], 1);
  return {
    listen: read(parseListen, raw.listen ?? '127.0.0.1:8080', ['south', 'listen'], NOWHERE),
    path: read(parseUrlPath, raw.path ?? '/dm', ['south', 'path'], ''),
    publicUrl: raw.publicUrl && read(parseBaseUrl, raw.publicUrl, ['south', 'publicUrl'], ''),
    serverId: raw.serverId ?? 'legacy-dm',
    auth: buildSouthAuth(raw, read, report),
    tls: raw.tls && buildListenerTls(raw.tls, ['south', 'tls'], folder, report),
    trustProxy: (raw.trustProxy ?? []).map((each, index) =>
      read(parseNetwork, each, ['south', 'trustProxy', index], ''),
    ),
    maxBodyBytes: raw.maxBodyBytes ?? 1_048_576,
    maxObjectBytes: raw.maxObjectBytes ?? 16_777_216,
    answerWithin: text('answerWithin', '20s'),
    sessionTimeout: text('sessionTimeout', '15m'),
  };
}

function buildSouthAuth(
  { auth = {}, tls }: NonNullable<RawConfig['south']>,
  read: Read,
  report: Report,
): Config['south']['auth'] {
  const at = (...path: (string | number)[]): KeyPath => ['south', 'auth', ...path];
  const { accept = ['md5', 'basic'], certificate } = auth;
  if (accept.includes('tls') && tls?.clientCa === undefined) {
    report(
      at('accept', accept.indexOf('tls')),
      "tls requires south.tls.clientCa, which signs the devices' certificates",
    );
  }
  const pattern = certificate?.pattern ?? '{devId}';
  return {
    accept,
    required: auth.required ?? true,
    nonceKey: auth.nonceKey && read(parseSecret, auth.nonceKey, at('nonceKey'), ''),
    sha256Type: auth.sha256Type ?? 'syncml:auth-SHA256',
    certificate: {
      from: certificate?.from ?? 'subjectCN',
      pattern: read(parseCertificatePattern, pattern, at('certificate', 'pattern'), ''),
    },
  };
}

function buildNorth(
  raw: NonNullable<RawConfig['north']>,
  accounts: Config['accounts'],
  read: Read,
  report: Report,
): Config['north'] {
  const listen = read(parseListen, raw.listen ?? '127.0.0.1:8081', ['north', 'listen'], NOWHERE);
  if ((raw.auth?.type ?? 'none') === 'none' && !isLoopbackHost(listen.host)) {
    report(['north', 'listen'], 'must be a loopback address while north.auth.type is none');
  }
  const origins = new Set(Object.values(accounts).map(({ url }) => `${new URL(url).origin}/`));
  return {
    listen,
    publicUrl: raw.publicUrl && read(parseBaseUrl, raw.publicUrl, ['north', 'publicUrl'], ''),
    allowServerUris: raw.allowServerUris?.map((url, index) =>
      read(parseHttpUrl, url, ['north', 'allowServerUris', index], ''),
    ) ?? [...origins],
  };
}

function buildAccounts(raw: RawConfig, read: Read, folder: string, report: Report): Config['accounts'] {
  const entries = Object.entries(raw.accounts);
  if (entries.length === 0) report(['accounts'], 'must name at least one account');
  return Object.fromEntries(
    entries.map(([name, account]) => [name, buildAccount(name, account, read, folder, report)]),
  );
}

function buildAccount(name: string, raw: RawAccount, read: Read, folder: string, report: Report): AccountConfig {
  const at = (...path: string[]): KeyPath => ['accounts', name, ...path];
  const secret = (key: 'notificationSecret' | 'notificationData') =>
    raw[key] && read(parseSecret, raw[key], at(key), '');
  const url = 'http://127.0.0.1:9000/dmserver/dm20';
  return {
    name,
    url: read(parseHttpUrl, raw.url ?? url, at('url'), url),
    serverId: raw.serverId ?? 'DMS1',
    moids: raw.moids ?? ['*'],
    auth: buildAuth(raw.auth, at('auth'), report),
    tls: raw.tls && buildTls(raw.tls, at('tls'), folder, report),
    timeout: read(parseDuration, raw.timeout ?? '30s', at('timeout'), 1),
    statusForm: raw.statusForm ?? 'object',
    alwaysSendMos: raw.alwaysSendMos ?? false,
    notificationSecret: secret('notificationSecret'),
    notificationData: secret('notificationData'),
    requireDigest: raw.requireDigest ?? true,
  };
}

function buildAuth(raw: RawAccount['auth'], path: KeyPath, report: Report): AccountAuth {
  if (raw === undefined || raw.type === 'none') return { type: 'none' };
  const { type, user, password } = raw;
  if (user === undefined) report([...path, 'user'], `is required by auth.type ${type}`);
  if (password === undefined) report([...path, 'password'], `is required by auth.type ${type}`);
  if (type === 'basic' && user?.includes(':')) report([...path, 'user'], 'must not hold a colon with auth.type basic');
  return { type, user: user ?? '', password: password ?? '' };
}

function buildTls(raw: RawTls, path: KeyPath, folder: string, report: Report): TlsSettings {
  const pem = (key: 'key' | 'cert' | 'ca') => {
    const file = raw[key];
    return file && readPem(resolve(folder, file), (message) => report([...path, key], message));
  };
  if (raw.cert !== undefined && raw.key === undefined) report([...path, 'key'], 'is required by cert');
  if (raw.key !== undefined && raw.cert === undefined) report([...path, 'cert'], 'is required by key');
  return { key: pem('key'), cert: pem('cert'), ca: pem('ca'), minVersion: raw.minVersion ?? 'TLSv1.2' };
}

/** A listener's certificate is tried at once: a wrong pair would stop every connection. */
function buildListenerTls(raw: RawListenerTls, path: KeyPath, folder: string, report: Report): TlsSettings {
  const pem = (key: 'key' | 'cert' | 'clientCa', file: string) =>
    readPem(resolve(folder, file), (message) => report([...path, key], message));
  const tls = {
    key: pem('key', raw.key),
    cert: pem('cert', raw.cert),
    ca: raw.clientCa && pem('clientCa', raw.clientCa),
    minVersion: raw.minVersion ?? 'TLSv1.2',
  };
  checkKeyPair(tls, (message) => report([...path, 'cert'], message));
  return tls;
}

function buildRoute(
  raw: RawRoute,
  path: KeyPath,
  config: RawConfig,
  read: Read,
  report: Report,
): readonly RouteConfig[] {
  const given = (['bridge', 'passthrough', 'refuse'] as const).filter((key) => raw[key] !== undefined);
  if (given.length !== 1) report(path, 'must have exactly one of bridge, passthrough, refuse');
  if (raw.passthrough !== undefined) read(parseHttpUrl, raw.passthrough, [...path, 'passthrough'], '');
  if (raw.bridge === undefined) return [];
  if (!Object.hasOwn(config.accounts, raw.bridge)) report([...path, 'bridge'], `there is no account "${raw.bridge}"`);
  return [{ match: raw.match ?? {}, bridge: raw.bridge }];
}

function buildStore(raw: RawConfig['store'], folder: string, report: Report): StoreConfig {
  const path = typeof raw === 'object' ? ['store', 'url'] : ['store'];
  const { url = 'sqlite:data/dmbridge.db', key } = typeof raw === 'object' ? raw : { url: raw };
  if (!/^(sqlite:.|rediss?:\/\/.)/.test(url)) report(path, 'must be sqlite:FILE or redis://HOST:PORT/DB');
  const file = url.slice('sqlite:'.length);
  return { url: file === ':memory:' ? url : `sqlite:${resolve(folder, file)}`, key };
}

const DEFAULT_MAPPINGS = './mappings';

/** The default folder need not be there, whether it is written down or not; any other must. */
function buildMappings(raw: RawConfig['mappings'], folder: string, report: Report): readonly string[] {
  return (raw ?? [DEFAULT_MAPPINGS]).flatMap((each, index) => {
    const path = resolve(folder, each);
    const complain = each === DEFAULT_MAPPINGS ? () => {} : (message: string) => report(['mappings', index], message);
    return checkFolder(path, complain) ? [path] : [];
  });
}

function buildAdmin(raw: NonNullable<RawConfig['admin']>, read: Read, report: Report): Config['admin'] {
  const listen = read(parseListen, raw.listen ?? '127.0.0.1:9080', ['admin', 'listen'], NOWHERE);
  if (raw.token === undefined && !isLoopbackHost(listen.host)) {
    report(['admin', 'listen'], 'must be a loopback address while admin.token is absent');
  }
  return { listen, token: raw.token };
}
