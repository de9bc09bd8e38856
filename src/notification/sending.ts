/** The sendings of a notification: the way of each, its time, and what its outcome changes. */
import type { Mutable } from '../mutable.ts';
import type { DeliveryOutcome } from './delivery-outcome.ts';
import { isPending, type Notification } from './notification.ts';

/** One entry of `notifications.deliver`. */
export interface DeliveryWay {
  readonly name: string;
  readonly type: 'wap' | 'http' | 'pap' | 'sms';
}

/** The column of the devices file that holds the target for each type. */
const TARGET_COLUMNS = { wap: 'pushHost', http: 'pushUrl', pap: 'msisdn', sms: 'msisdn' } as const;

/** A way of delivery and its target: host and port, URL, or telephone number. */
export interface Route {
  readonly way: DeliveryWay;
  readonly target: string;
}

/**
 * The ways that have what they need of a device, in the order in which they are used. The device's own list `push` restricts
 * and orders them.
 */
export function routesFor(ways: readonly DeliveryWay[], values: Readonly<Record<string, string>>): readonly Route[] {
  const names = (values.push ?? '').split(/\s+/).filter((name) => name !== '');
  const chosen = names.length === 0 ? ways : names.flatMap((name) => ways.find((way) => way.name === name) ?? []);
  return chosen.flatMap((way) => {
    const target = values[TARGET_COLUMNS[way.type]] ?? '';
    return target === '' ? [] : [{ way, target }];
  });
}

/** The time after each failure in a row; the last one counts for all further ones. */
const RETRY_MS = [5_000, 30_000, 120_000, 600_000] as const;
/** A name that is not found for so long is refused for good. */
const UNRESOLVED_MS = 3600_000;

/** Milliseconds after the first sending, in rising order. */
export type Repetitions = readonly number[];

/** True when this sending is a repetition and no other one follows before the expiry. */
export function isLastRepetition(notification: Notification, repetitions: Repetitions, now: number): boolean {
  const { firstSentAt } = notification;
  return firstSentAt !== undefined && nextRepetition({ ...notification, firstSentAt }, repetitions, now) === undefined;
}

/** The time of the first repetition after `now` and before the expiry. */
function nextRepetition(
  { firstSentAt, expiresAt }: Pick<Required<Notification>, 'firstSentAt' | 'expiresAt'>,
  repetitions: Repetitions,
  now: number,
): number | undefined {
  return repetitions.map((after) => firstSentAt + after).find((time) => time > now && time < expiresAt);
}

/** `unresolved`: the name of the host was not found. */
export type SendingOutcome = DeliveryOutcome | { readonly kind: 'unresolved'; readonly reason: string };

export interface Sending {
  readonly way: string;
  readonly outcome: SendingOutcome;
  /** Milliseconds since 1970: its end. */
  readonly at: number;
}

/**
 * The notification after a sending. `routes` are the ways that the device has now; when all of them have refused it, it has
 * failed. A notification that was answered meanwhile only counts the sending.
 */
export function afterSending(
  notification: Notification,
  { way, outcome, at }: Sending,
  routes: readonly Route[],
  repetitions: Repetitions,
): Notification {
  const { unresolvedSince, ...known } = notification;
  if (!isPending(notification)) {
    return outcome.kind === 'accepted' ? { ...notification, sendings: notification.sendings + 1 } : notification;
  }
  switch (outcome.kind) {
    case 'accepted':
      return sent(known, way, at, repetitions);
    case 'refused':
      return refused(known, way, at, routes);
    case 'unresolved':
      if (at - (unresolvedSince ?? at) >= UNRESOLVED_MS) return refused(known, way, at, routes);
      return { ...retryLater(known, at), unresolvedSince: unresolvedSince ?? at };
    case 'failed':
      return retryLater(known, at);
  }
}

function sent(known: Notification, way: string, at: number, repetitions: Repetitions): Notification {
  const firstSentAt = known.firstSentAt ?? at;
  const dueAt = nextRepetition({ ...known, firstSentAt }, repetitions, at) ?? known.expiresAt;
  const sendings = known.sendings + 1;
  return { ...known, state: 'sent', firstSentAt, sendings, failures: 0, delivery: way, dueAt };
}

function retryLater(known: Notification, at: number): Notification {
  const wait = RETRY_MS[Math.min(known.failures, RETRY_MS.length - 1)] ?? 0;
  return { ...known, failures: known.failures + 1, dueAt: Math.min(at + wait, known.expiresAt) };
}

/** The next way is used at once. */
function refused(known: Notification, way: string, at: number, routes: readonly Route[]): Notification {
  const refusedBy = [...known.refusedBy, way];
  const isLeft = routes.some((route) => !refusedBy.includes(route.way.name));
  const next: Mutable<Notification> = { ...known, refusedBy, failures: 0, dueAt: at };
  if (isLeft) return next;
  const { dueAt: _, ...failed } = next;
  return { ...failed, state: 'failed' };
}
