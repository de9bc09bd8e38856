/**
 * Package#0 of a backend for a device: the checks in their order, each with the status that its failure gives, and the
 * notification that is stored when all of them pass.
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.2.1.2, §9.1
 */
import { hash } from 'node:crypto';
import { secretBytes } from '../../device/credentials.ts';
import { parseDevId } from '../../device/dev-id.ts';
import type { DeviceRecord } from '../../device/record.ts';
import { isAllowed } from '../../dm2/server-uri.ts';
import { DecodeError, StoreError } from '../../errors.ts';
import { HTTP } from '../../http-status.ts';
import { readConnectionTypes } from '../../notification/connection-types.ts';
import { hasSecret } from '../../notification/device-message.ts';
import { type DraftPackage0, isDraftPackage0, parseDraftPackage0 } from '../../notification/draft-package0.ts';
import {
  acceptNotification,
  findDuplicate,
  type Notification,
  type NotificationChange,
  type NotificationRequest,
} from '../../notification/notification.ts';
import {
  isDigestRight,
  type NotificationCredentials,
  type Package0,
  parsePackage0,
} from '../../notification/package0.ts';
import { routesFor } from '../../notification/sending.ts';
import { formatSessionId } from '../../notification/session-number.ts';
import type { BackendAccount } from '../../translate/context.ts';
import type { ActiveDevices } from '../active-devices.ts';
import type { DeviceCell } from '../device-cell.ts';
import type { NotificationRows } from '../device-change.ts';
import type { BridgeOptions, NotificationAccount } from '../options.ts';
import { routeOf } from '../route-of.ts';
import { notificationFacts } from './notification-facts.ts';

/** The body of the answer to an accepted Package#0; wire names. */
export interface AcceptedNotification {
  /** DevID as registered. */
  readonly device: string;
  readonly sessionId: string;
  readonly state: 'accepted';
  readonly expiresAt: string;
}

/** `accepted`: stored. `duplicate`: it was stored before, and nothing is sent for this one. */
export type Package0Result =
  | { readonly kind: 'accepted' | 'duplicate'; readonly body: AcceptedNotification; readonly seq: number }
  | { readonly kind: 'refused'; readonly status: number; readonly detail: string };

type Refusal = Extract<Package0Result, { readonly kind: 'refused' }>;

/** A Package#0 with the facts that the checks depend on. */
interface ReceivedPackage0 {
  readonly bytes: Uint8Array;
  readonly package0: Package0;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const MS_PER_SECOND = 1_000;

/** Quirks of backends that the log already has, by account. */
export type KnownQuirks = Map<string, Set<string>>;

export interface Package0Parts {
  readonly options: BridgeOptions;
  readonly devices: ActiveDevices;
  readonly quirks: KnownQuirks;
}

/** Checks the bytes and, when they pass, stores the notification before it returns. */
export async function acceptPackage0(parts: Package0Parts, devId: string, bytes: Uint8Array): Promise<Package0Result> {
  const { options, devices } = parts;
  const package0 = readForm(bytes);
  if ('kind' in package0) return logged(options, devId, package0);
  const work = async (cell: DeviceCell | undefined): Promise<Package0Result> => {
    const received = { bytes, package0, at: options.clock.now() };
    const result = await checkAndStore(parts, received, cell);
    return result.kind === 'refused' ? logged(options, cell?.record.devId ?? devId, result) : result;
  };
  const id = parseDevId(devId);
  try {
    // A message of the device may hold its turn for long: until the very backend has answered that sends this Package#0.
    return await devices.hold(id, work);
  } catch (error) {
    // In its turn the device is read anew.
    if (error instanceof StoreError && error.code === 'ERR_STORE_STALE') return await devices.inTurn(id, work);
    throw error;
  }
}

async function checkAndStore(
  parts: Package0Parts,
  received: ReceivedPackage0,
  cell: DeviceCell | undefined,
): Promise<Package0Result> {
  const { options } = parts;
  const { notifications } = options;
  const account = cell === undefined ? undefined : accountFor(options, cell.record, received.package0);
  const { draft } = received.package0;
  if (draft !== undefined && account !== undefined && account.dialect === undefined) {
    return refusal(HTTP.badRequest, 'it is a Package#0 of the early draft, which the account does not speak');
  }
  if (draft !== undefined && account !== undefined && !mayLeadTo(options, account, draft.url)) {
    return refusal(HTTP.notFound, 'its URL is neither of the origin of the account nor on the allow-list');
  }
  if (cell === undefined || account === undefined) {
    return refusal(HTTP.notFound, 'there is no such device, or it has no account of that SERVER-ID');
  }
  const { record } = cell;
  const fault = digestFault(credentialsOf(notifications.accounts[account.id], record, account.id), received);
  if (fault !== undefined) return refusal(HTTP.unauthorized, fault);
  const { maxAge, ways } = notifications.settings;
  if (isTooOld(received, maxAge)) return refusal(HTTP.unauthorized, 'the TIMESTAMP is too far from the present');
  const request = requestOf(parts, account, received);
  const { change, result } = await cell.storeNotifications((known) => {
    const duplicate = findDuplicate(known, request, received.at);
    if (duplicate !== undefined) return unchanged({ kind: 'duplicate', ...resultOf(record, duplicate) });
    if (routesFor(ways, record.values).length === 0) {
      return unchanged(refusal(HTTP.unprocessableContent, 'no way of delivery has what it needs for this device'));
    }
    if (!hasSecret(notifications.settings, record)) {
      const detail = 'the device has no secret for the notification that it would get';
      return unchanged(refusal(HTTP.unprocessableContent, detail));
    }
    return accept(options, cell, known, request);
  });
  if (change !== undefined) logAccepted(options, cell, change);
  return result;
}

/** The decision about a Package#0 that the checks of its sender have passed. */
interface Decision extends NotificationRows {
  readonly result: Package0Result;
  readonly change: NotificationChange | undefined;
}

function unchanged(result: Package0Result): Decision {
  return { written: [], removed: [], result, change: undefined };
}

/** The parsed message, or the refusal of its form. */
function readForm(bytes: Uint8Array): Package0 | Refusal {
  try {
    return isDraftPackage0(bytes) ? asPackage0(parseDraftPackage0(bytes)) : parsePackage0(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return refusal(HTTP.badRequest, error.message);
    throw error;
  }
}

function asPackage0(draft: DraftPackage0): Package0 {
  return { requestsMos: draft.sendsMos, draft };
}

/** True for the address of a session that the account may have. */
function mayLeadTo({ allowedServerUris }: BridgeOptions, account: BackendAccount, url: string): boolean {
  const target = new URL(url);
  return target.origin === new URL(account.url).origin || isAllowed(target, allowedServerUris);
}

/** The account of the device with the SrvID of the message; without one, that of the device's route. */
function accountFor(options: BridgeOptions, record: DeviceRecord, { serverId }: Package0): BackendAccount | undefined {
  const route = routeOf(options.routes, record);
  const id = route !== undefined && 'bridge' in route ? route.bridge : undefined;
  const account = id === undefined ? undefined : options.accounts[id];
  return serverId === undefined || account?.serverId === serverId ? account : undefined;
}

/** The secret and the data of the account; those that the backend gave for this device count first (DM-2.0 Appendix I.2). */
function credentialsOf(
  account: NotificationAccount | undefined,
  { accountValues }: DeviceRecord,
  id: string,
): NotificationAccount {
  const own = accountValues[id] ?? {};
  const [secret, data] = [own['Auth/Noti/Secret'], own['Auth/Noti/Data']];
  return {
    requireDigest: account?.requireDigest ?? true,
    secret: secret === undefined ? account?.secret : secretBytes(secret),
    data: data === undefined ? account?.data : secretBytes(data),
  };
}

/** The reason for which the digest does not prove the backend; undefined: it does, or is not needed. */
function digestFault(
  { secret, data, requireDigest }: NotificationAccount,
  { bytes, package0: { digest, draft } }: ReceivedPackage0,
): string | undefined {
  if (draft !== undefined) return requireDigest ? 'a Package#0 of the early draft has no digest' : undefined;
  if (secret === undefined) return digest === undefined ? undefined : 'the account has no secret for a SHA256-DIGEST';
  if (digest === undefined) return requireDigest ? 'the SHA256-DIGEST is missing' : undefined;
  const credentials: NotificationCredentials = { secret, data: data ?? new Uint8Array() };
  return isDigestRight(bytes, digest, credentials) ? undefined : 'the SHA256-DIGEST is wrong';
}

function isTooOld({ package0: { timestamp }, at }: ReceivedPackage0, maxAge: number): boolean {
  return timestamp !== undefined && Math.abs(timestamp * MS_PER_SECOND - at) > maxAge;
}

function requestOf(
  { options, quirks }: Package0Parts,
  { id }: BackendAccount,
  { bytes, package0 }: ReceivedPackage0,
): NotificationRequest {
  const { notificationId, requestsMos, preferredConnections = [], digest, timestamp, draft } = package0;
  const { types, problems } = readConnectionTypes(preferredConnections);
  for (const quirk of problems) logQuirk(options, quirks, id, quirk);
  const isReplayable = notificationId === undefined && digest !== undefined && timestamp !== undefined;
  const { maxAge } = options.notifications.settings;
  return {
    account: id,
    notificationId,
    requestsMos,
    connectionTypes: types,
    draft,
    contentHash: hash('sha256', bytes, 'base64'),
    replayableUntil: isReplayable ? timestamp * MS_PER_SECOND + maxAge : undefined,
  };
}

function logQuirk({ journal }: BridgeOptions, quirks: KnownQuirks, account: string, quirk: string): void {
  const known = quirks.get(account) ?? new Set();
  quirks.set(account, known);
  if (known.has(quirk)) return;
  known.add(quirk);
  journal.log('backend.quirk', { account, quirk });
}

function accept(
  { clock, random, notifications }: BridgeOptions,
  { session, record }: DeviceCell,
  known: readonly Notification[],
  request: NotificationRequest,
): Decision {
  const openSessionId = session?.closedAt === undefined ? session?.south.sessionId : undefined;
  const { validFor } = notifications.settings;
  const facts = { now: clock.now(), validFor, random: random.bytes(2), openSessionId };
  const change = acceptNotification(known, request, facts);
  const { accepted, dropped, forgotten } = change;
  const result: Package0Result = { kind: 'accepted', ...resultOf(record, accepted) };
  return { written: [...dropped, accepted], removed: forgotten, result, change };
}

function logAccepted({ journal }: BridgeOptions, { record }: DeviceCell, change: NotificationChange): void {
  const { accepted, dropped } = change;
  for (const each of dropped) journal.log('notification.dropped', notificationFacts(record.devId, each));
  const expiresAt = new Date(accepted.expiresAt).toISOString();
  journal.log('notification.accepted', { ...notificationFacts(record.devId, accepted), expiresAt });
}

function resultOf({ devId }: DeviceRecord, notification: Notification) {
  const { sessionId, expiresAt, seq } = notification;
  const body: AcceptedNotification = {
    device: devId,
    sessionId: formatSessionId(sessionId),
    state: 'accepted',
    expiresAt: new Date(expiresAt).toISOString(),
  };
  return { body, seq };
}

function refusal(status: number, detail: string): Refusal {
  return { kind: 'refused', status, detail };
}

function logged({ journal }: BridgeOptions, device: string, refused: Refusal): Refusal {
  journal.log('notification.refused', { device, status: refused.status, reason: refused.detail });
  return refused;
}
