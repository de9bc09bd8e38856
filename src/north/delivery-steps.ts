/** The delivery of alerts to the account of a session, in the device's record and in effects of the session. */
import type { AlertDelivery, ManagedDevice } from '../device/managed-device.ts';
import type { OutboxItem } from '../device/outbox-item.ts';
import { type AnsweredPackage1, afterReply, afterSending, isSearching } from './alert-delivery.ts';
import type { PostingSession } from './north-session.ts';
import type { NorthEffect, NorthEnvironment, NorthState } from './north-state.ts';

/** The device once a Package#1 with these alerts is on its way. */
export function deliverySent(
  { context }: NorthEnvironment,
  device: ManagedDevice,
  alerts: readonly OutboxItem[],
): ManagedDevice {
  const { id } = context.account;
  const before = device.alertDelivery?.[id];
  return withDelivery(device, id, before, afterSending(before, alerts));
}

/**
 * The device after the reply to a package, and the effects on its alerts. Only a Package#1 of the device's own sessions counts:
 * alerts of a refused Package#3 leave with the next Package#1.
 */
export function deliveryAnswered(
  environment: NorthEnvironment,
  { north, device }: NorthState<PostingSession>,
  status: number | undefined,
): { readonly device: ManagedDevice; readonly effects: NorthEffect[] } {
  const { post: sent, report } = north;
  if (status === undefined || sent.package !== 1 || report !== undefined) return { device, effects: [] };
  const { id } = environment.context.account;
  const before = device.alertDelivery?.[id];
  const answered = answeredPackage(environment, sent.alerts, status);
  const { delivery, setAside } = afterReply(before, answered);
  const effects: NorthEffect[] = [];
  if (setAside !== undefined) effects.push({ type: 'setAside', item: setAside }, setAsideEvent(setAside));
  if (!isSearching(before) && isSearching(delivery)) {
    const alerts = answered.carried.length + answered.others;
    effects.push({ type: 'log', event: 'alert.search_began', facts: { alerts, status } });
  }
  if (isSearching(before) && !isSearching(delivery)) {
    effects.push({ type: 'log', event: 'alert.search_ended', facts: {} });
  }
  return { device: withDelivery(device, id, before, delivery), effects };
}

function answeredPackage(
  { outbox, alertsUnderWay = 0, held = [], at }: NorthEnvironment,
  seqs: readonly number[],
  status: number,
): AnsweredPackage1 {
  const sent = new Set(seqs);
  const isSent = ({ seq }: OutboxItem): boolean => sent.has(seq);
  const carried = outbox.filter(isSent);
  const others = outbox.length - carried.length + alertsUnderWay;
  carried.push(...held.filter(isSent));
  return { carried, others, status, at };
}

function setAsideEvent({ seq, item, refusal }: OutboxItem): NorthEffect {
  const { status = 0, tries = 0, until } = refusal ?? {};
  const facts = { seq, type: item.meta?.type, status, tries };
  if (until === undefined) return { type: 'log', event: 'alert.refused', facts };
  return { type: 'log', event: 'alert.held', facts: { ...facts, until: new Date(until).toISOString() } };
}

function withDelivery(
  device: ManagedDevice,
  account: string,
  before: AlertDelivery | undefined,
  next: AlertDelivery | undefined,
): ManagedDevice {
  if (next === before) return device;
  const others = Object.entries(device.alertDelivery ?? {}).filter(([id]) => id !== account);
  const entries = next === undefined ? others : [...others, [account, next] as const];
  return { ...device, alertDelivery: entries.length === 0 ? undefined : Object.fromEntries(entries) };
}
