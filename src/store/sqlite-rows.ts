/**
 * The columns of a row: JSON text, packed or not, and sealed bytes where secrets are.
 *
 * When a device has secrets, its answers are sealed as well, because a Cred in them may carry the server credentials. So
 * are its cached trees, because the tree of its DM account may hold them long after the session.
 */
import type { SQLOutputValue } from 'node:sqlite';
import type { CachedValue } from '../bridge/ports.ts';
import type { StoredAnswer } from '../bridge/session.ts';
import { type DevId, deviceKey } from '../device/dev-id.ts';
import type { DeviceRecord } from '../device/record.ts';
import { StoreError } from '../errors.ts';
import { isPacked, packText, unpackText } from './packed-text.ts';
import type { SecretBox } from './secret-box.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** The columns of one record. */
export interface RecordColumns {
  readonly record: string;
  readonly secrets: Uint8Array | null;
}

/** The members of a record that are sealed. Values that backends gave for their DM Accounts are secrets, as a rule. */
type Secrets = Partial<Pick<DeviceRecord, 'server' | 'notificationSecret' | 'accountValues'>>;

/** Splits a record into open JSON and sealed secrets. */
export function encodeRecord(record: DeviceRecord, box: SecretBox): RecordColumns {
  const { server, notificationSecret, accountValues } = record;
  const hasValues = Object.keys(accountValues).length > 0;
  const text = JSON.stringify({ ...record, server: undefined, notificationSecret: undefined, accountValues: {} });
  if (server === undefined && notificationSecret === undefined && !hasValues) return { record: text, secrets: null };
  const secrets = { server, notificationSecret, accountValues: hasValues ? accountValues : undefined };
  return { record: text, secrets: box.seal(JSON.stringify(secrets), secretsContext(record.devId)) };
}

/** Reads the columns that `encodeRecord` made; `packed` holds the record of a device at rest. */
export function decodeRecord(row: Row, box: SecretBox): DeviceRecord {
  const { packed, secrets } = row;
  const open: DeviceRecord = JSON.parse(packed instanceof Uint8Array ? unpackText(packed) : textOf(row, 'record'));
  if (!(secrets instanceof Uint8Array)) return open;
  // Earlier builds wrote the values of accounts as open JSON: they stay until the next change.
  const sealed: Secrets = JSON.parse(box.open(secrets, secretsContext(open.devId)));
  return { ...open, ...sealed };
}

/** `guarded`: the device has secrets that an answer may repeat. */
export function encodeAnswer(
  answer: StoredAnswer,
  devId: DevId,
  guarded: boolean,
  box: SecretBox,
): string | Uint8Array {
  const text = JSON.stringify(answer);
  return guarded ? box.seal(text, answerContext(devId)) : text;
}

/** Reads the column that `encodeAnswer` made; undefined when there is no answer. */
export function decodeAnswer(row: Row, devId: DevId, box: SecretBox): StoredAnswer | undefined {
  const { answer } = row;
  if (answer instanceof Uint8Array) return JSON.parse(box.open(answer, answerContext(devId)));
  return typeof answer === 'string' ? JSON.parse(answer) : undefined;
}

/** The device and row to which a sealed cached value belongs; it opens nowhere else. */
export interface CachePlace {
  readonly devId: DevId;
  readonly key: string;
}

/** @param json the value; `guarded`: the device has secrets that its trees may repeat */
export function encodeCached(json: string, place: CachePlace, guarded: boolean, box: SecretBox): string | Uint8Array {
  const content = packText(json) ?? json;
  return guarded ? box.seal(content, cacheContext(place)) : content;
}

/** Reads the column that `encodeCached` made, with the length of its JSON; undefined when the row is damaged. */
export function decodeCached(
  row: Row,
  place: CachePlace,
  box: SecretBox,
): { readonly value: CachedValue; readonly length: number } | undefined {
  try {
    const stored = row.value instanceof Uint8Array ? row.value : textOf(row, 'value');
    const text = typeof stored === 'string' ? stored : unpackText(openCached(stored, place, box));
    const value: unknown = JSON.parse(text);
    return isCachedValue(value) ? { value, length: text.length } : undefined;
  } catch {
    return undefined;
  }
}

function openCached(stored: Uint8Array, place: CachePlace, box: SecretBox): Uint8Array {
  return isPacked(stored) ? stored : box.openBytes(stored, cacheContext(place));
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new StoreError('ERR_STORE_FAILED', `column ${column} holds no text`);
}

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw new StoreError('ERR_STORE_FAILED', `column ${column} holds no number`);
}

function secretsContext(devId: DevId): string {
  return `secrets\0${deviceKey(devId)}`;
}

function cacheContext({ devId, key }: CachePlace): string {
  return `cache\0${deviceKey(devId)}\0${key}`;
}

function isCachedValue(value: unknown): value is CachedValue {
  return typeof value === 'object' && value !== null && ('format' in value || 'roots' in value);
}

function answerContext(devId: DevId): string {
  return `answer\0${deviceKey(devId)}`;
}
