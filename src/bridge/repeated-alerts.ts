/**
 * Recognizes alerts that a device sends again because it has not seen the answer that acknowledged them (ADR 23).
 *
 * Only a nonce shows that: the device comes with one from before that answer. Every other alert is a new event, however equal.
 */
import { hash } from 'node:crypto';
import type { Acceptance } from '../auth/auth-decision.ts';
import type { OutboxItem } from '../device/outbox-item.ts';
import type { DeviceRecord, UnseenAnswer } from '../device/record.ts';

/** The number of alerts of one answer that are recognized; further ones are new events. */
const MAX_ALERTS = 10_000;
/** The number of earlier nonces that are recognized. */
const MAX_NONCES = 3;
const MARK_LENGTH = 16;

/** For the messages that repeat no alert, which nearly all are; nothing is added to it. */
const NOTHING = new Map<string, number>();

/** The alerts of one message of a device, and those of an answer before that it may repeat. */
export class AlertRecognition {
  /** Fingerprints of the alerts of this message. */
  readonly seen: string[] = [];
  readonly #repeatable: Map<string, number>;

  constructor(repeatable: readonly string[]) {
    this.#repeatable = repeatable.length === 0 ? NOTHING : new Map();
    for (const mark of repeatable) this.#repeatable.set(mark, (this.#repeatable.get(mark) ?? 0) + 1);
  }

  /** True when the alert is the same as one of the answer before; each of those is recognized once. */
  recognize(alert: Pick<OutboxItem, 'code' | 'correlator' | 'item'>): boolean {
    const mark = fingerprint(alert);
    if (this.seen.length < MAX_ALERTS) this.seen.push(mark);
    const left = this.#repeatable.get(mark);
    if (left === undefined) return false;
    if (left === 1) this.#repeatable.delete(mark);
    else this.#repeatable.set(mark, left - 1);
    return true;
  }

  /** The alerts that were not repeated so far. */
  get remaining(): readonly string[] {
    return [...this.#repeatable].flatMap(([mark, count]) => Array.from({ length: count }, () => mark));
  }
}

/** The alerts that the device may repeat in a message with these credentials. */
export function repeatableAlerts(
  { unseenAnswer }: DeviceRecord,
  { hasNotSeenAnswer }: Pick<Acceptance, 'hasNotSeenAnswer'>,
): readonly string[] {
  return hasNotSeenAnswer === true ? (unseenAnswer?.alerts ?? []) : [];
}

/**
 * The record after an answer to alerts with these fingerprints. The message shows that the answer before it has arrived, or it
 * repeats the alerts of that answer.
 */
export function withUnseenAnswer(
  record: DeviceRecord,
  acceptance: Acceptance,
  alerts: readonly string[],
): DeviceRecord {
  const { clientNonce, usedNonce } = acceptance.changes;
  const isUnseen = alerts.length > 0 && clientNonce !== undefined && usedNonce !== undefined;
  if (!isUnseen && record.unseenAnswer === undefined) return record;
  const { unseenAnswer: before, ...rest } = record;
  if (!isUnseen) return rest;
  const earlier = acceptance.hasNotSeenAnswer === true ? (before?.nonces ?? []) : [];
  const nonces = [...new Set([usedNonce, ...earlier])].slice(0, MAX_NONCES);
  const unseenAnswer: UnseenAnswer = { nextNonce: clientNonce, nonces, alerts };
  return { ...rest, unseenAnswer };
}

/** The record after a message beside the session: the nonce of an answer in use shows that the answer has arrived. */
export function withoutSeenAnswer(record: DeviceRecord, { changes }: Acceptance): DeviceRecord {
  if (record.unseenAnswer === undefined) return record;
  const { unseenAnswer, ...rest } = record;
  return changes.usedNonce === unseenAnswer.nextNonce ? rest : record;
}

function fingerprint({ code, correlator, item }: Pick<OutboxItem, 'code' | 'correlator' | 'item'>): string {
  return hash('sha256', JSON.stringify([code, correlator, item]), 'base64url').slice(0, MARK_LENGTH);
}
