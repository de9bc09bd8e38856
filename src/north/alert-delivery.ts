/**
 * The alerts of the outbox that a package carries, so that no alert which the backend refuses cuts its device off (ADR 29).
 *
 * After three refused Package#1s in a row the next one carries no alert. If it is taken, a search by halves begins: it ends
 * when each alert is delivered, or was refused alone and is set aside.
 */
import type { AlertDelivery } from '../device/managed-device.ts';
import type { OutboxItem } from '../device/outbox-item.ts';
import { HTTP } from '../http-status.ts';

/** After so many refusals in a row Package#1 carries no alert: a backend that refuses it, too, is down. */
const MAX_REFUSALS = 3;
const FIRST_RETRY_MS = 3600_000;
const LATER_RETRY_MS = 24 * 3600_000;

/** These replies ask for another try, or say that the backend cannot work now; they say nothing about an alert. */
const NO_REFUSALS: readonly number[] = [
  HTTP.unauthorized,
  HTTP.requestTimeout,
  HTTP.tooEarly,
  HTTP.tooManyRequests,
  HTTP.serviceUnavailable,
];
/** An alert that is refused alone with one of these will not be taken later, either. */
const FINAL_REFUSALS: readonly number[] = [
  HTTP.badRequest,
  HTTP.contentTooLarge,
  HTTP.unsupportedMediaType,
  HTTP.unprocessableContent,
];

/** The alerts of a device that wait for its backend, each list oldest first. */
export interface WaitingAlerts {
  readonly kept: readonly OutboxItem[];
  readonly held: readonly OutboxItem[];
}

/** A Package#1 that has its reply. */
export interface AnsweredPackage1 {
  /** The alerts that it carried. */
  readonly carried: readonly OutboxItem[];
  /** The number of kept alerts that it did not carry. */
  readonly others: number;
  /** The HTTP status. */
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The delivery after a reply. */
export interface DeliveryStep {
  readonly delivery: AlertDelivery | undefined;
  /** The alert that the reply refused alone, with its refusal. */
  readonly setAside?: OutboxItem;
}

function isRefusal(status: number): boolean {
  return status >= HTTP.badRequest && !NO_REFUSALS.includes(status);
}

/**
 * The alerts for the next Package#1. A held alert that is due goes alone, but only while the delivery goes as usual: so at
 * least every other Package#1 is without one.
 */
export function alertsForPackage1(
  delivery: AlertDelivery | undefined,
  { kept, held }: WaitingAlerts,
  at: number,
): readonly OutboxItem[] {
  if (delivery === undefined) {
    const due = dueAlert(held, at);
    return due === undefined ? kept : [due];
  }
  if (delivery.refusals >= MAX_REFUSALS) return [];
  return delivery.size === undefined ? kept : kept.slice(0, delivery.size);
}

/** The alerts for a Package#3: none until the search has ended. */
export function alertsForPackage3(
  delivery: AlertDelivery | undefined,
  kept: readonly OutboxItem[],
): readonly OutboxItem[] {
  return isSearching(delivery) ? [] : kept;
}

/** True from the third refusal in a row until the end of the search. */
export function isSearching(delivery: AlertDelivery | undefined): boolean {
  return delivery !== undefined && (delivery.size !== undefined || delivery.refusals >= MAX_REFUSALS);
}

/** The delivery while this Package#1 is on its way. After a held alert, whatever comes of it, the others have their turn. */
export function afterSending(
  delivery: AlertDelivery | undefined,
  carried: readonly OutboxItem[],
): AlertDelivery | undefined {
  return delivery === undefined && carried.some(isHeld) ? { refusals: 0 } : delivery;
}

export function afterReply(delivery: AlertDelivery | undefined, answered: AnsweredPackage1): DeliveryStep {
  if (isRefusal(answered.status)) return afterRefusal(delivery, answered);
  const isTaken = answered.status < HTTP.multipleChoices;
  return { delivery: isTaken ? afterAcceptance(delivery, answered) : delivery };
}

function afterAcceptance(
  delivery: AlertDelivery | undefined,
  { carried, others }: AnsweredPackage1,
): AlertDelivery | undefined {
  if (delivery === undefined || !isSearching(delivery) || others === 0) return undefined;
  const { size } = delivery;
  if (size === undefined) return { refusals: 0, size: half(others) };
  return { refusals: 0, size: carried.length === 0 ? size : size * 2 };
}

function afterRefusal(
  delivery: AlertDelivery | undefined,
  { carried, others, status, at }: AnsweredPackage1,
): DeliveryStep {
  const [first] = carried;
  // Without alerts it is not the alerts that the backend refuses.
  if (first === undefined) return { delivery };
  const refusals = (delivery?.refusals ?? 0) + 1;
  if (isHeld(first)) return { delivery: { ...delivery, refusals }, setAside: withRefusal(first, status, at) };
  if (delivery?.size === undefined) return { delivery: { refusals } };
  if (carried.length > 1) return { delivery: { refusals, size: half(carried.length) } };
  const setAside = withRefusal(first, status, at);
  return { delivery: others === 0 ? { refusals } : { refusals, size: 1 }, setAside };
}

function half(count: number): number {
  return Math.max(1, Math.floor(count / 2));
}

function isHeld({ refusal }: OutboxItem): boolean {
  return refusal?.state === 'held';
}

/** The alert with the refusal that it got alone. */
function withRefusal(item: OutboxItem, status: number, at: number): OutboxItem {
  const tries = (item.refusal?.tries ?? 0) + 1;
  if (FINAL_REFUSALS.includes(status)) return { ...item, refusal: { state: 'refused', status, at, tries } };
  const until = at + (tries === 1 ? FIRST_RETRY_MS : LATER_RETRY_MS);
  return { ...item, refusal: { state: 'held', status, at, tries, until } };
}

/** The held alert that has been due for the longest time. */
function dueAlert(held: readonly OutboxItem[], at: number): OutboxItem | undefined {
  let due: OutboxItem | undefined;
  for (const item of held) {
    if (retryTime(item, at) <= at && (due === undefined || retryTime(item, at) < retryTime(due, at))) due = item;
  }
  return due;
}

/** A refusal in the future shows that the clock was set back: the alert is due at once. */
function retryTime({ refusal }: OutboxItem, now: number): number {
  if (refusal?.until === undefined || refusal.at > now) return 0;
  return refusal.until;
}
