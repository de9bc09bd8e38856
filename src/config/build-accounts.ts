/** The DM Accounts: the backends, and how the bridge reaches each. */
import type { AccountAuth, AccountConfig, AccountTls, ClientTls, Config } from './config.ts';
import type { RawAccount, RawAccountTls, RawPsk, RawTls } from './raw-config.ts';
import { readPem } from './referenced-files.ts';
import type { Section } from './section.ts';
import { parseDuration, parseHttpUrl, parsePskIdentity, parsePskKey, parseSecret } from './value-parsers.ts';

const DEFAULT_MAX_CONNECTIONS = 128;
const DEFAULT_URL = 'http://127.0.0.1:9000/dmserver/dm20';

/** All accounts by name. */
export function buildAccounts(raw: Readonly<Record<string, RawAccount>>, section: Section): Config['accounts'] {
  const entries = Object.entries(raw);
  if (entries.length === 0) section.report('must name at least one account');
  return Object.fromEntries(entries.map(([name, account]) => [name, buildAccount(name, account, section.at(name))]));
}

function buildAccount(name: string, raw: RawAccount, section: Section): AccountConfig {
  const secret = (key: 'notificationSecret' | 'notificationData') =>
    raw[key] && section.at(key).read(parseSecret, raw[key], '');
  return {
    name,
    url: section.at('url').read(parseHttpUrl, raw.url ?? DEFAULT_URL, DEFAULT_URL),
    serverId: raw.serverId ?? 'DMS1',
    moids: raw.moids ?? ['*'],
    auth: buildAuth(raw.auth, section.at('auth')),
    tls: raw.tls && buildAccountTls(raw.tls, raw.url ?? DEFAULT_URL, section.at('tls')),
    timeout: section.at('timeout').read(parseDuration, raw.timeout ?? '30s', 1),
    maxConnections: raw.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    statusForm: raw.statusForm ?? 'object',
    dialect: raw.dialect ?? 'dm20',
    alwaysSendMos: raw.alwaysSendMos ?? false,
    reasons: raw.reasons ?? false,
    notificationSecret: secret('notificationSecret'),
    notificationData: secret('notificationData'),
    requireDigest: raw.requireDigest ?? true,
  };
}

function buildAuth(raw: RawAccount['auth'], section: Section): AccountAuth {
  if (raw === undefined || raw.type === 'none') return { type: 'none' };
  const { type, user, password } = raw;
  if (user === undefined) section.at('user').report(`is required by auth.type ${type}`);
  if (password === undefined) section.at('password').report(`is required by auth.type ${type}`);
  if (type === 'basic' && user?.includes(':')) section.at('user').report('must not hold a colon with auth.type basic');
  return { type, user: user ?? '', password: password ?? '' };
}

function buildAccountTls(raw: RawAccountTls, url: string, section: Section): AccountTls {
  return { ...buildTls(raw, section), psk: raw.psk && buildPsk(raw, raw.psk, url, section.at('psk')) };
}

/** The certificates of connections to another server. */
export function buildTls(raw: RawTls, section: Section): ClientTls {
  const pem = (key: 'key' | 'cert' | 'ca') => {
    const file = raw[key];
    return file && readPem(section.resolve(file), section.at(key));
  };
  if (raw.cert !== undefined && raw.key === undefined) section.at('key').report('is required by cert');
  if (raw.key !== undefined && raw.cert === undefined) section.at('cert').report('is required by key');
  return { key: pem('key'), cert: pem('cert'), ca: pem('ca'), minVersion: raw.minVersion ?? 'TLSv1.2' };
}

/** A pre-shared key, which takes the place of certificates and needs TLS. */
function buildPsk(raw: RawAccountTls, psk: RawPsk, url: string, section: Section): AccountTls['psk'] {
  const others = (['cert', 'key', 'ca'] as const).filter((key) => raw[key] !== undefined);
  if (others.length > 0) section.report(`cannot be used together with ${others.join(', ')}`);
  if (!/^https:/i.test(url)) section.report('needs a url that begins with https:');
  return {
    identity: section.at('identity').read(parsePskIdentity, psk.identity, ''),
    key: section.at('key').read(parsePskKey, psk.key, ''),
  };
}
