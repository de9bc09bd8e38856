/**
 * The configuration file as its JSON Schema describes it, before defaults.
 *
 * A file that breaks the schema still yields a value: each fault is reported and taken out, so that the rest is checked in
 * the same run.
 */

import type { CertificateRule } from '../auth/certificate-rule.ts';
import { compileSchema } from '../json-schema.ts';
import type { Transport } from '../notification/message13.ts';
import type { UiMode } from '../notification/notification-message.ts';
import type { TemplateObject } from '../notification/sms-template.ts';
import type { RouteMatch } from '../routing/route.ts';
import schema from './config.schema.json' with { type: 'json' };
import type { LogLevel, TlsVersion } from './config.ts';
import type { KeyPath, SourceProblem, YamlSource } from './yaml-source.ts';

export interface RawTls {
  readonly key?: string;
  readonly cert?: string;
  readonly ca?: string;
  readonly minVersion?: TlsVersion;
}

export interface RawPsk {
  readonly identity: string;
  readonly key: string;
}

export interface RawAccountTls extends RawTls {
  readonly psk?: RawPsk;
}

export interface RawListenerTls {
  readonly key: string;
  readonly cert: string;
  readonly clientCa?: string;
  readonly minVersion?: TlsVersion;
  /** Only the south listener has it. */
  readonly ciphers?: string;
}

export interface RawAccount {
  readonly url?: string;
  readonly serverId?: string;
  readonly moids?: readonly string[];
  readonly auth?: { readonly type: 'none' | 'basic' | 'digest'; readonly user?: string; readonly password?: string };
  readonly tls?: RawAccountTls;
  readonly timeout?: string;
  readonly maxConnections?: number;
  readonly statusForm?: 'object' | 'number';
  readonly dialect?: 'dm20' | 'dm20-draft';
  readonly alwaysSendMos?: boolean;
  readonly reasons?: boolean;
  readonly notificationSecret?: string;
  readonly notificationData?: string;
  readonly requireDigest?: boolean;
}

export interface RawPassthrough {
  readonly url: string;
  readonly timeout?: string;
  readonly host?: 'upstream';
  readonly forwarded?: boolean;
  readonly clientCertHeader?: string;
  readonly tls?: RawTls & { readonly servername?: string; readonly verify?: boolean };
}

export interface RawRoute {
  readonly name?: string;
  readonly match?: RouteMatch;
  readonly bridge?: string;
  readonly passthrough?: string | RawPassthrough;
  readonly refuse?: true | { readonly status: number };
}

export interface RawSouthAuth {
  readonly accept?: readonly string[];
  readonly required?: boolean;
  readonly nonceKey?: string;
  readonly sha256Type?: string;
  readonly certificate?: { readonly from: CertificateRule['from']; readonly pattern?: string };
  readonly binding?: 'token' | 'address';
  readonly serverBasic?: boolean;
}

export interface RawSouth {
  readonly listen?: string;
  readonly path?: string;
  readonly publicUrl?: string;
  readonly serverId?: string;
  readonly auth?: RawSouthAuth;
  readonly tls?: RawListenerTls;
  readonly trustProxy?: readonly string[];
  readonly maxBodyBytes?: number;
  readonly maxObjectBytes?: number;
  readonly maxBufferedBytes?: number;
  readonly headerTimeout?: string;
  readonly bodyTimeout?: string;
  readonly answerWithin?: string;
  readonly sessionTimeout?: string;
}

export interface RawNorth {
  readonly listen?: string;
  readonly publicUrl?: string;
  readonly tls?: RawListenerTls;
  readonly auth?: { readonly type: 'none' | 'basic' | 'mtls'; readonly user?: string; readonly password?: string };
  readonly notificationMaxAge?: string;
  readonly allowServerUris?: readonly string[];
  readonly maxCommands?: number;
  readonly maxPackageBytes?: number;
  readonly encodeDevIds?: boolean;
}

/** One way of delivery; its type decides which keys it may have. */
export interface RawDelivery {
  readonly name?: string;
  readonly type: 'wap' | 'http' | 'pap' | 'sms';
  readonly url?: string;
  readonly address?: string;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: TemplateObject;
  readonly accepted?: string;
  readonly timeout?: string;
  readonly tls?: RawTls;
  readonly user?: string;
  readonly password?: string;
}

export interface RawNotifications {
  readonly format?: 'auto' | '1.2' | '1.3';
  readonly serverId?: string;
  readonly uiMode?: UiMode;
  readonly transport?: Transport;
  readonly requestedMos?: readonly (string | number)[];
  readonly targetedMos?: readonly (string | number)[];
  readonly connectReason?: string;
  readonly vendorInfo?: string;
  readonly validFor?: string;
  readonly repeatAfter?: readonly string[];
  readonly version12?: 10 | 11 | 12;
  readonly joinedDigest13?: boolean;
  readonly deliver?: readonly RawDelivery[];
}

export interface RawAdmin {
  readonly listen?: string;
  readonly token?: string;
}

export interface RawConfig {
  readonly south?: RawSouth;
  readonly north?: RawNorth;
  readonly notifications?: RawNotifications;
  readonly accounts: Readonly<Record<string, RawAccount>>;
  readonly routes: readonly RawRoute[];
  readonly devices?: string;
  readonly store?: string | { readonly url?: string; readonly key?: string };
  readonly cache?: { readonly maxBytes?: number };
  readonly outbox?: { readonly maxPerDevice?: number };
  readonly subscriptions?: { readonly recheck?: string | 0 };
  readonly mappings?: readonly string[];
  readonly admin?: RawAdmin;
  readonly log?: { readonly level?: LogLevel };
}

const validate = compileSchema<RawConfig>(schema);

/**
 * Checks the values of a file against the schema.
 *
 * A value that breaks the schema is reported and left out. `raw` is undefined when the rest still breaks the schema.
 */
export function toRawConfig(source: YamlSource): {
  readonly raw: RawConfig | undefined;
  readonly problems: readonly SourceProblem[];
} {
  const value = structuredClone(source.value) ?? {};
  const asWritten = validate(value);
  if (asWritten.ok) return { raw: asWritten.value, problems: [] };
  const problems: SourceProblem[] = [];
  for (const { pointer, message } of asWritten.problems) {
    const path = pathOf(pointer);
    if (source.isExpanded(path) && convertScalar(value, path)) continue;
    problems.push({ path, message: path.length === 0 ? `the file ${message}` : message });
  }
  const converted = validate(value);
  if (converted.ok) return { raw: converted.value, problems };
  const reported = new Set(problems.map(({ path }) => path.join('\0')));
  for (const { pointer, message } of converted.problems) {
    const path = pathOf(pointer);
    if (!reported.has(path.join('\0'))) problems.push({ path, message });
    remove(value, path);
  }
  const pruned = validate(Object.assign({ accounts: {}, routes: [] }, isTree(value) ? value : undefined));
  return { raw: pruned.ok ? pruned.value : undefined, problems };
}

/** The key path of a JSON Pointer (RFC 6901). */
function pathOf(pointer: string): KeyPath {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

type Tree = Record<string, unknown>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null;
}

function parentOf(value: unknown, path: KeyPath): Tree | undefined {
  let node = value;
  for (const step of path.slice(0, -1)) node = isTree(node) ? node[step] : undefined;
  return isTree(node) ? node : undefined;
}

/** A variable always yields text. Where the schema wants a number or a boolean, this reads the text as one. */
function convertScalar(value: unknown, path: KeyPath): boolean {
  const parent = parentOf(value, path);
  const key = path.at(-1) ?? '';
  const text = parent?.[key];
  if (parent === undefined || typeof text !== 'string' || !/^(true|false|\d+(\.\d+)?)$/.test(text)) return false;
  parent[key] = JSON.parse(text);
  return true;
}

/** Removes the value, or the whole list that holds it, so that no index shifts. */
function remove(value: unknown, path: KeyPath): void {
  const parent = parentOf(value, path);
  if (parent === undefined) return;
  if (Array.isArray(parent)) remove(value, path.slice(0, -1));
  else delete parent[path.at(-1) ?? ''];
}
