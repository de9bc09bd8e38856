/**
 * A notification of a backend for a device, from its Package#0 to the session that answers it, as plain values that survive
 * JSON. The member names are those of stored rows; a change needs a migration of the store.
 *
 * ```
 * accepted ──sent──▶ sent ──Package#1 that answers──▶ answered
 *     ├───────────────┴──────── validFor over ──────▶ expired
 *     └──── no way left, each refused for good ─────▶ failed
 * ```
 *
 * @see OMA-TS-DM_Protocol 2.0 §5.2.1; OMA-TS-DM_Notification 1.3 §6.4.7, §6.4.8
 */
import type { Mutable } from '../mutable.ts';
import type { DraftPackage0 } from './draft-package0.ts';
import { chooseSessionId, parseSessionId, swappedBytes } from './session-number.ts';

/** Times are milliseconds since 1970. */
export interface Notification {
  /** Counts up per device. */
  readonly seq: number;
  /** Name of the account whose backend sent it. */
  readonly account: string;
  /** NOTIFICATION-ID; absent: the Package#0 had none. */
  readonly notificationId?: number;
  /** 1 to FFFF, the same in all its sendings. */
  readonly sessionId: number;
  readonly requestsMos: boolean;
  /** PREFERRED-CON-TYPE: known types without repetition. */
  readonly connectionTypes: readonly number[];
  /** Present for a Package#0 of the early draft. */
  readonly draft?: DraftPackage0;
  /** Base64 SHA-256 of the whole Package#0. */
  readonly contentHash: string;
  readonly state: 'accepted' | 'sent' | 'answered' | 'expired' | 'failed';
  readonly acceptedAt: number;
  /** From then on no session answers it. */
  readonly expiresAt: number;
  /** Until then the same Package#0 is a duplicate. */
  readonly knownUntil: number;
  /** The time of the next sending, or of its expiry; absent: nothing is to be done any more. */
  readonly dueAt?: number;
  /** Sendings that a way of delivery has accepted. */
  readonly sendings: number;
  readonly firstSentAt?: number;
  readonly answeredAt?: number;
  /** Failures since the last sending that was accepted. */
  readonly failures: number;
  /** The name of the way that accepted the last sending. */
  readonly delivery?: string;
  /** The names of the ways that refused it for good. */
  readonly refusedBy: readonly string[];
  /** Since then the host name of a way has not been found. */
  readonly unresolvedSince?: number;
}

/** A notification that still awaits its session. */
export function isPending({ state }: Notification): boolean {
  return state === 'accepted' || state === 'sent';
}

/** The number of pending notifications of a device and an account; the oldest gives way to a newer one. */
const MAX_PENDING = 16;
/** The latest notifications of a device whose SessionIDs are not given again. */
const REMEMBERED = 32;
/** A NOTIFICATION-ID stays known for so long after its session. */
const ANSWERED_KNOWN_MS = 86_400_000;

/** A Package#0 that all checks have passed. */
export interface NotificationRequest {
  readonly account: string;
  readonly notificationId?: number | undefined;
  readonly requestsMos: boolean;
  readonly connectionTypes: readonly number[];
  readonly draft?: DraftPackage0 | undefined;
  /** Base64 SHA-256 of the whole Package#0. */
  readonly contentHash: string;
  /** Present when it has a digest and no NOTIFICATION-ID: until then its TIMESTAMP would be accepted again. */
  readonly replayableUntil?: number | undefined;
}

/** The notification that a Package#0 repeats (DM-2.0 §5.2.1.2). */
export function findDuplicate(
  known: readonly Notification[],
  { account, notificationId, contentHash }: NotificationRequest,
  now: number,
): Notification | undefined {
  return known.findLast((each) => {
    if (each.account !== account || each.notificationId !== notificationId) return false;
    if (notificationId === undefined && each.contentHash !== contentHash) return false;
    return isAwaited(each, now) || each.knownUntil > now;
  });
}

/** The facts that a notification depends on beside its request. */
export interface Acceptance {
  readonly now: number;
  /** Milliseconds. */
  readonly validFor: number;
  /** Two random bytes. */
  readonly random: Uint8Array;
  /** The SessionID of the device's open session. */
  readonly openSessionId: string | undefined;
}

/** A change of the notifications of a device. */
export interface NotificationChange {
  readonly accepted: Notification;
  /** Pending ones that have given way, already expired. */
  readonly dropped: readonly Notification[];
  /** The seqs of those that are to be forgotten. */
  readonly forgotten: readonly number[];
}

/** Accepts a request that is no duplicate. */
export function acceptNotification(
  known: readonly Notification[],
  request: NotificationRequest,
  { now, validFor, random, openSessionId }: Acceptance,
): NotificationChange {
  const { account, notificationId, requestsMos, connectionTypes, contentHash, replayableUntil = 0 } = request;
  const sorted = known.toSorted((one, other) => one.seq - other.seq);
  const pending = sorted.filter((each) => each.account === account && isPending(each));
  const dropped = pending.slice(0, Math.max(0, pending.length - MAX_PENDING + 1)).map(expired);
  const expiresAt = now + validFor;
  const accepted: Mutable<Notification> = {
    seq: (sorted.at(-1)?.seq ?? 0) + 1,
    account,
    sessionId: chooseSessionId(random, takenSessionIds(sorted, openSessionId)),
    requestsMos,
    connectionTypes,
    contentHash,
    state: 'accepted',
    acceptedAt: now,
    expiresAt,
    knownUntil: notificationId === undefined ? replayableUntil : expiresAt,
    dueAt: now,
    sendings: 0,
    failures: 0,
    refusedBy: [],
  };
  if (notificationId !== undefined) accepted.notificationId = notificationId;
  if (request.draft !== undefined) accepted.draft = request.draft;
  const remembered = new Set(sorted.slice(1 - REMEMBERED));
  const forgotten = sorted.filter((each) => !remembered.has(each) && !isPending(each) && each.knownUntil <= now);
  return { accepted, dropped, forgotten: forgotten.map(({ seq }) => seq) };
}

function takenSessionIds(sorted: readonly Notification[], openSessionId: string | undefined): ReadonlySet<number> {
  const latest = new Set(sorted.slice(-REMEMBERED));
  const taken = new Set(sorted.filter((each) => latest.has(each) || isPending(each)).map(({ sessionId }) => sessionId));
  const open = openSessionId === undefined ? undefined : parseSessionId(openSessionId);
  if (open !== undefined) taken.add(open);
  return taken;
}

/** A notification that a session answers, and the deviation by which it was found. */
export interface AnsweredNotification {
  readonly notification: Notification;
  readonly tolerance?: 'swapped SessionID of a notification' | 'other SessionID than that of the notification';
}

/**
 * Finds the notification that a Package#1 with Alert 1200 answers: the one of this SessionID, else the one of its two bytes in
 * the other order, else the only one that is pending. Undefined: none is pending.
 */
export function findAnswered(
  known: readonly Notification[],
  account: string,
  sessionId: string,
  now: number,
): AnsweredNotification | undefined {
  const awaited = known.filter((each) => each.account === account && isAwaited(each, now));
  const number = parseSessionId(sessionId);
  const exact = awaited.find((each) => each.sessionId === number);
  if (exact !== undefined) return { notification: exact };
  const swapped = awaited.find((each) => number !== undefined && each.sessionId === swappedBytes(number));
  if (swapped !== undefined) return { notification: swapped, tolerance: 'swapped SessionID of a notification' };
  const [only, ...others] = awaited;
  if (only === undefined || others.length > 0) return undefined;
  return { notification: only, tolerance: 'other SessionID than that of the notification' };
}

/** True when a session may still answer it. */
function isAwaited(each: Notification, now: number): boolean {
  return isPending(each) && each.expiresAt > now;
}

/** Its session has begun. It is never sent again. */
export function answered(notification: Notification, now: number): Notification {
  const { dueAt: _, ...rest } = notification;
  const knownUntil = Math.max(rest.knownUntil, rest.notificationId === undefined ? 0 : now + ANSWERED_KNOWN_MS);
  return { ...rest, state: 'answered', answeredAt: now, knownUntil };
}

export function expired({ dueAt: _, ...notification }: Notification): Notification {
  return { ...notification, state: 'expired' };
}
