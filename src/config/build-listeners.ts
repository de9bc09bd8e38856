/** The three listeners: south for devices, north for the backend, admin for operators and probes. */
import type {
  AccountConfig,
  AdminConfig,
  ListenAddress,
  NorthAuth,
  NorthConfig,
  SouthAuth,
  SouthConfig,
  TlsSettings,
} from './config.ts';
import type { RawAdmin, RawListenerTls, RawNorth, RawSouth, RawSouthAuth } from './raw-config.ts';
import { checkCiphers, checkKeyPair, readPem } from './referenced-files.ts';
import type { Section } from './section.ts';
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
} from './value-parsers.ts';

/** Takes the place of an address that cannot be read. */
const UNREADABLE: ListenAddress = { host: '127.0.0.1', port: 0 };

const DEFAULT_MAX_BODY_BYTES = 1_048_576;
const DEFAULT_MAX_OBJECT_BYTES = 16_777_216;
const DEFAULT_MAX_COMMANDS = 5_000;
const DEFAULT_MAX_PACKAGE_BYTES = 8_388_608;
const DEFAULT_MAX_BUFFERED_BYTES = 67_108_864;

export function buildSouth(raw: RawSouth, section: Section): SouthConfig {
  return {
    listen: section.at('listen').read(parseListen, raw.listen ?? '127.0.0.1:8080', UNREADABLE),
    path: section.at('path').read(parseUrlPath, raw.path ?? '/dm', ''),
    publicUrl: raw.publicUrl && section.at('publicUrl').read(parseBaseUrl, raw.publicUrl, ''),
    serverId: raw.serverId ?? 'legacy-dm',
    auth: buildSouthAuth(raw.auth ?? {}, raw.tls, section.at('auth')),
    tls: raw.tls && buildListenerTls(raw.tls, section.at('tls')),
    trustProxy: (raw.trustProxy ?? []).map((network, index) =>
      section.at('trustProxy', index).read(parseNetwork, network, ''),
    ),
    maxBodyBytes: raw.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    maxObjectBytes: raw.maxObjectBytes ?? DEFAULT_MAX_OBJECT_BYTES,
    maxBufferedBytes: raw.maxBufferedBytes ?? DEFAULT_MAX_BUFFERED_BYTES,
    headerTimeout: section.at('headerTimeout').read(parseDuration, raw.headerTimeout ?? '20s', 1),
    bodyTimeout: section.at('bodyTimeout').read(parseDuration, raw.bodyTimeout ?? '30s', 1),
    answerWithin: section.at('answerWithin').read(parseDuration, raw.answerWithin ?? '20s', 1),
    sessionTimeout: section.at('sessionTimeout').read(parseDuration, raw.sessionTimeout ?? '15m', 1),
  };
}

function buildSouthAuth(raw: RawSouthAuth, tls: RawListenerTls | undefined, section: Section): SouthAuth {
  const { accept = ['md5', 'basic'], certificate } = raw;
  if (accept.includes('tls') && tls?.clientCa === undefined) {
    const choice = section.at('accept', accept.indexOf('tls'));
    choice.report("tls requires south.tls.clientCa, which signs the devices' certificates");
  }
  const pattern = section.at('certificate', 'pattern');
  return {
    accept,
    required: raw.required ?? true,
    nonceKey: raw.nonceKey && section.at('nonceKey').read(parseSecret, raw.nonceKey, ''),
    sha256Type: raw.sha256Type ?? 'syncml:auth-SHA256',
    certificate: {
      from: certificate?.from ?? 'subjectCN',
      pattern: pattern.read(parseCertificatePattern, certificate?.pattern ?? '{devId}', ''),
    },
    binding: raw.binding ?? 'token',
    serverBasic: raw.serverBasic ?? false,
  };
}

/** Tries the certificate at once: with a wrong pair every connection would fail. */
function buildListenerTls(raw: RawListenerTls, section: Section): TlsSettings {
  const pem = (key: 'key' | 'cert' | 'clientCa', file: string) => readPem(section.resolve(file), section.at(key));
  const tls: TlsSettings = {
    key: pem('key', raw.key),
    cert: pem('cert', raw.cert),
    ca: raw.clientCa && pem('clientCa', raw.clientCa),
    minVersion: raw.minVersion ?? 'TLSv1.2',
    ciphers: raw.ciphers,
  };
  checkKeyPair(tls, section.at('cert'));
  if (raw.ciphers !== undefined) checkCiphers(raw.ciphers, section.at('ciphers'));
  return tls;
}

export function buildNorth(
  raw: RawNorth,
  accounts: Readonly<Record<string, AccountConfig>>,
  section: Section,
): NorthConfig {
  const listen = section.at('listen').read(parseListen, raw.listen ?? '127.0.0.1:8081', UNREADABLE);
  const auth = buildNorthAuth(raw, section.at('auth'));
  if (auth.type === 'none' && !isLoopbackHost(listen.host)) {
    section.at('listen').report('must be a loopback address while north.auth.type is none');
  }
  const origins = new Set(Object.values(accounts).map(({ url }) => `${new URL(url).origin}/`));
  const allowServerUris = raw.allowServerUris?.map((url, index) =>
    section.at('allowServerUris', index).read(parseHttpUrl, url, ''),
  );
  return {
    listen,
    tls: raw.tls && buildListenerTls(raw.tls, section.at('tls')),
    auth,
    notificationMaxAge: section.at('notificationMaxAge').read(parseDuration, raw.notificationMaxAge ?? '10m', 1),
    publicUrl: raw.publicUrl && section.at('publicUrl').read(parseBaseUrl, raw.publicUrl, ''),
    allowServerUris: allowServerUris ?? [...origins],
    maxCommands: raw.maxCommands ?? DEFAULT_MAX_COMMANDS,
    maxPackageBytes: raw.maxPackageBytes ?? DEFAULT_MAX_PACKAGE_BYTES,
    encodeDevIds: raw.encodeDevIds ?? false,
  };
}

function buildNorthAuth({ auth, tls }: RawNorth, section: Section): NorthAuth {
  const { type = 'none', user, password } = auth ?? {};
  if (type === 'mtls' && tls?.clientCa === undefined) {
    section.at('type').report("mtls requires north.tls.clientCa, which signs the backends' certificates");
  }
  if (type !== 'basic') return { type };
  if (user === undefined) section.at('user').report('is required by auth.type basic');
  if (password === undefined) section.at('password').report('is required by auth.type basic');
  if (user?.includes(':')) section.at('user').report('must not hold a colon');
  return { type, user: user ?? '', password: password ?? '' };
}

export function buildAdmin(raw: RawAdmin, section: Section): AdminConfig {
  const listen = section.at('listen').read(parseListen, raw.listen ?? '127.0.0.1:9080', UNREADABLE);
  if (raw.token === undefined && !isLoopbackHost(listen.host)) {
    section.at('listen').report('must be a loopback address while admin.token is absent');
  }
  return { listen, token: raw.token };
}
