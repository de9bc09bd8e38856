/** The section `notifications`: what devices are told, when, and by which ways of delivery. */
import { countFixedOptions, MAX_OPTIONS, type Transport } from '../notification/message13.ts';
import type { UiMode } from '../notification/notification-message.ts';
import { type SmsTemplate, unknownPlaceholders } from '../notification/sms-template.ts';
import { buildTls } from './build-accounts.ts';
import type { DeliveryConfig, HttpSettings, NotificationsConfig } from './config.ts';
import type { RawDelivery, RawNotifications } from './raw-config.ts';
import type { Section } from './section.ts';
import { parseDuration, parseDurationBetween, parseHttpUrl } from './value-parsers.ts';

/** The length of Server-ID has 8 bits in both formats. */
const MAX_SERVER_ID_BYTES = 255;
/** The length of an option has 12 bits. */
const MAX_TEXT_BYTES = 4_095;
const SECOND_MS = 1_000;
/** The field TIMEOUT has 16 bits and counts minutes. */
const MAX_VALID_MS = 65_535 * 60_000;
const DEFAULT_REQUESTED_MOS = ['urn:oma:mo:oma-dm-devdetail:1.1'];
const DEFAULT_REPETITIONS = ['5m', '30m', '2h'];
const DEFAULT_DELIVERIES: readonly RawDelivery[] = [{ type: 'wap' }, { type: 'http' }];
const DEFAULT_UI_MODE: UiMode = 'background';
const DEFAULT_TRANSPORT: Transport = 'unspecified';

const parseValidity = parseDurationBetween(SECOND_MS, MAX_VALID_MS, 'between 1s and 65535m');

export function buildNotifications(
  raw: RawNotifications,
  southServerId: string,
  section: Section,
): NotificationsConfig {
  const config: NotificationsConfig = {
    format: raw.format ?? 'auto',
    serverId: raw.serverId ?? southServerId,
    uiMode: raw.uiMode ?? DEFAULT_UI_MODE,
    transport: raw.transport ?? DEFAULT_TRANSPORT,
    requestedMos: raw.requestedMos ?? DEFAULT_REQUESTED_MOS,
    targetedMos: raw.targetedMos ?? [],
    connectReason: raw.connectReason,
    vendorInfo: raw.vendorInfo,
    validFor: section.at('validFor').read(parseValidity, raw.validFor ?? '24h', SECOND_MS),
    repeatAfter: (raw.repeatAfter ?? DEFAULT_REPETITIONS)
      .map((text, index) => section.at('repeatAfter', index).read(parseValidity, text, SECOND_MS))
      .toSorted((one, other) => one - other),
    version12: raw.version12 ?? 11,
    joinedDigest13: raw.joinedDigest13 ?? false,
    deliver: buildDeliveries(raw.deliver ?? DEFAULT_DELIVERIES, section.at('deliver')),
  };
  checkLengths(config, section);
  return config;
}

function checkLengths(config: NotificationsConfig, section: Section): void {
  const { serverId, connectReason = '', vendorInfo = '', requestedMos, targetedMos } = config;
  const check = (key: string, text: string, most: number) => {
    if (Buffer.byteLength(text) > most) section.at(key).report(`must be at most ${most} bytes of UTF-8`);
  };
  check('serverId', serverId, MAX_SERVER_ID_BYTES);
  check('connectReason', connectReason, MAX_TEXT_BYTES);
  check('vendorInfo', vendorInfo, MAX_TEXT_BYTES);
  // Each MO is one option, whatever its index.
  const indexes = (mos: readonly unknown[]) => mos.map(() => 0);
  const count = countFixedOptions({
    ...config,
    requestedMos: indexes(requestedMos),
    targetedMos: indexes(targetedMos),
  });
  if (count > MAX_OPTIONS) {
    section.report(
      `a notification of DM 1.3 would have ${count} options, but it can have ${MAX_OPTIONS}: fewer MOs or texts`,
    );
  }
}

function buildDeliveries(raw: readonly RawDelivery[], section: Section): readonly DeliveryConfig[] {
  if (raw.length === 0) section.report('must name at least one way of delivery');
  const names = new Set<string>();
  return raw.map((delivery, index) => {
    const { name = delivery.type } = delivery;
    const at = section.at(index);
    if (names.has(name)) at.at('name').report(`there is another way of delivery with the name "${name}"`);
    names.add(name);
    return buildDelivery(name, delivery, at);
  });
}

/** The keys that only some types have. */
const KEYS: Readonly<Record<RawDelivery['type'], readonly string[]>> = {
  wap: [],
  http: ['timeout', 'tls', 'user', 'password'],
  pap: ['url', 'address', 'timeout', 'tls', 'user', 'password'],
  sms: ['url', 'method', 'headers', 'query', 'form', 'json', 'accepted', 'timeout', 'tls', 'user', 'password'],
};

function buildDelivery(name: string, raw: RawDelivery, section: Section): DeliveryConfig {
  for (const key of Object.keys(raw)) {
    const isKnown = key === 'name' || key === 'type' || KEYS[raw.type].includes(key);
    if (!isKnown) section.at(key).report(`is no key of a way of delivery of the type ${raw.type}`);
  }
  switch (raw.type) {
    case 'wap':
      return { name, type: 'wap' };
    case 'http':
      return { name, type: 'http', http: buildHttp(raw, section) };
    case 'pap':
      return {
        name,
        type: 'pap',
        http: buildHttp(raw, section),
        url: buildUrl(raw, section),
        address: buildAddress(raw, section),
      };
    case 'sms':
      return buildSms(name, raw, section);
  }
}

function buildSms(name: string, raw: RawDelivery, section: Section): DeliveryConfig {
  const template = buildTemplate(raw, section);
  for (const placeholder of unknownPlaceholders(template)) {
    section.at(template.kind).report(`there is no placeholder {${placeholder}} here`);
  }
  const method = raw.method ?? (template.kind === 'query' ? 'GET' : 'POST');
  if (method === 'GET' && template.kind !== 'query') section.at('method').report(`a GET has no ${template.kind}`);
  return {
    name,
    type: 'sms',
    http: buildHttp(raw, section),
    url: buildUrl(raw, section),
    method,
    headers: raw.headers ?? {},
    template,
    accepted: raw.accepted && buildPattern(raw.accepted, section.at('accepted')),
  };
}

function buildTemplate(raw: RawDelivery, section: Section): SmsTemplate {
  const given = [raw.query, raw.form, raw.json].filter((each) => each !== undefined);
  if (given.length !== 1) section.report('must have exactly one of query, form, json');
  if (raw.json !== undefined) return { kind: 'json', body: raw.json };
  return raw.form === undefined ? { kind: 'query', pairs: raw.query ?? {} } : { kind: 'form', pairs: raw.form };
}

function buildHttp(raw: RawDelivery, section: Section): HttpSettings {
  const { user, password } = raw;
  if (user !== undefined && password === undefined) section.at('password').report('is required by user');
  if (user === undefined && password !== undefined) section.at('user').report('is required by password');
  if (user?.includes(':')) section.at('user').report('must not hold a colon');
  return {
    timeout: section.at('timeout').read(parseDuration, raw.timeout ?? '10s', 1),
    tls: raw.tls && buildTls(raw.tls, section.at('tls')),
    credentials: user === undefined || password === undefined ? undefined : { user, password },
  };
}

function buildUrl({ url }: RawDelivery, section: Section): string {
  if (url === undefined) {
    section.report('must have url');
    return '';
  }
  return section.at('url').read(parseHttpUrl, url, '');
}

function buildAddress({ address }: RawDelivery, section: Section): string {
  if (address === undefined) section.report('must have address, such as "WAPPUSH={msisdn}/TYPE=PLMN@ppg.example.com"');
  else if (!address.includes('{msisdn}')) section.at('address').report('must have {msisdn}');
  return address ?? '';
}

function buildPattern(text: string, section: Section): string {
  try {
    new RegExp(text, 'u');
  } catch {
    section.report('must be a regular expression');
  }
  return text;
}
