/** The states of notifications, over random histories of one device. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  acceptNotification,
  answered,
  expired,
  findAnswered,
  findDuplicate,
  isPending,
  type Notification,
  type NotificationRequest,
} from '../../src/notification/notification.ts';
import { afterSending, isLastRepetition, type Route, type SendingOutcome } from '../../src/notification/sending.ts';
import { formatSessionId } from '../../src/notification/session-number.ts';

const ROUTES: readonly Route[] = [
  { way: { name: 'wap', type: 'wap' }, target: 'host' },
  { way: { name: 'http', type: 'http' }, target: 'url' },
];
const REPETITIONS = [300, 1_800, 7_200];
const VALID_FOR = 5_000;

type Action =
  | { readonly type: 'notify'; readonly id: number | undefined; readonly random: Uint8Array }
  | { readonly type: 'send'; readonly outcome: SendingOutcome['kind'] }
  | { readonly type: 'session'; readonly at: number }
  | { readonly type: 'wait'; readonly seconds: number };

const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    type: fc.constant('notify'),
    id: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    // Few numbers, so that many are taken.
    random: fc.tuple(fc.constant(0), fc.nat(40)).map((bytes) => Uint8Array.from(bytes)),
  }),
  fc.record({
    type: fc.constant('send'),
    outcome: fc.constantFrom<SendingOutcome['kind']>('accepted', 'refused', 'failed', 'unresolved'),
  }),
  fc.record({ type: fc.constant('session'), at: fc.nat(40) }),
  fc.record({ type: fc.constant('wait'), seconds: fc.nat(2_000) }),
);

/** The notifications of one device. */
class Model {
  now = 1_000_000;
  known: readonly Notification[] = [];
  count = 0;

  act(action: Action): void {
    switch (action.type) {
      case 'notify':
        this.#notify(action.id, action.random);
        break;
      case 'send':
        this.#send(action.outcome);
        break;
      case 'session':
        this.#session(action.at);
        break;
      case 'wait':
        this.now += action.seconds;
    }
  }

  #notify(id: number | undefined, random: Uint8Array): void {
    this.count += 1;
    const request: NotificationRequest = {
      account: 'main',
      notificationId: id,
      requestsMos: false,
      connectionTypes: [],
      contentHash: `${id ?? `content ${this.count}`}`,
    };
    const duplicate = findDuplicate(this.known, request, this.now);
    const sameId = this.known.filter(({ notificationId }) => id !== undefined && notificationId === id);
    if (duplicate !== undefined) {
      expect(sameId).toContain(duplicate);
      return;
    }
    expect(sameId.filter((each) => isPending(each) && each.expiresAt > this.now)).toEqual([]);
    const openSessionId = 'AB';
    const change = acceptNotification(this.known, request, {
      now: this.now,
      validFor: VALID_FOR,
      random,
      openSessionId,
    });
    const { accepted, dropped, forgotten } = change;
    const latest = this.known.slice(-32).map(({ sessionId }) => sessionId);
    expect([...latest, 0, 0xab]).not.toContain(accepted.sessionId);
    const replaced = new Map(dropped.map((each) => [each.seq, each]));
    const kept = this.known.filter(({ seq }) => !forgotten.includes(seq));
    this.known = [...kept.map((each) => replaced.get(each.seq) ?? each), accepted];
    expect(this.known.filter(isPending).length).toBeLessThanOrEqual(16);
  }

  /** Sends what is due, as the sender does. */
  #send(kind: SendingOutcome['kind']): void {
    this.known = this.known.map((each) => {
      if (each.dueAt === undefined || each.dueAt > this.now) return each;
      expect(isPending(each)).toBe(true);
      if (each.expiresAt <= this.now) return expired(each);
      const way = ROUTES.find((route) => !each.refusedBy.includes(route.way.name))?.way.name ?? '';
      const outcome: SendingOutcome = kind === 'accepted' ? { kind } : { kind, reason: 'x' };
      const after = afterSending(each, { way, outcome, at: this.now }, ROUTES, REPETITIONS);
      expect(after.sessionId).toBe(each.sessionId);
      return after;
    });
  }

  #session(at: number): void {
    const one = this.known[at];
    if (one === undefined) return;
    const found = findAnswered(this.known, 'main', formatSessionId(one.sessionId), this.now);
    if (isPending(one) && one.expiresAt > this.now) expect(found).toEqual({ notification: one });
    if (found === undefined) return;
    expect(isPending(found.notification)).toBe(true);
    const after = answered(found.notification, this.now);
    this.known = this.known.map((each) => (each === found.notification ? after : each));
  }

  check(): void {
    for (const each of this.known) {
      // A notification that is over has no time, and a pending one always has one, at its expiry at the latest.
      expect(each.dueAt !== undefined).toBe(isPending(each));
      if (each.dueAt !== undefined) expect(each.dueAt).toBeLessThanOrEqual(Math.max(each.expiresAt, this.now));
      expect(each.state === 'answered').toBe(each.answeredAt !== undefined);
    }
    const seqs = this.known.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other));
  }
}

test('whatever happens, a notification has one SessionID, ends once, and has a time as long as it is pending', () => {
  fc.assert(
    fc.property(fc.array(actions, { maxLength: 80, size: 'max' }), (history) => {
      const model = new Model();
      for (const action of history) {
        model.act(action);
        model.check();
      }
    }),
    { numRuns: 300 },
  );
});

test('the last repetition is the last one before the expiry', () => {
  const { accepted } = acceptNotification(
    [],
    { account: 'main', requestsMos: false, connectionTypes: [], contentHash: '' },
    { now: 0, validFor: 2_000, random: new Uint8Array([0, 1]), openSessionId: undefined },
  );
  expect(isLastRepetition(accepted, REPETITIONS, 0)).toBe(false);
  const sent = afterSending(accepted, { way: 'wap', outcome: { kind: 'accepted' }, at: 0 }, ROUTES, REPETITIONS);
  expect([isLastRepetition(sent, REPETITIONS, 300), isLastRepetition(sent, REPETITIONS, 1_800)]).toEqual([false, true]);
  const twice = afterSending(sent, { way: 'wap', outcome: { kind: 'accepted' }, at: 1_800 }, ROUTES, REPETITIONS);
  expect(twice.dueAt).toBe(2_000);
});

test('a sending that ends after its session counts, and changes nothing else', () => {
  const { accepted } = acceptNotification(
    [],
    { account: 'main', requestsMos: false, connectionTypes: [], contentHash: '' },
    { now: 0, validFor: 2_000, random: new Uint8Array([0, 1]), openSessionId: undefined },
  );
  const done = answered(accepted, 5);
  const sending = { way: 'wap', outcome: { kind: 'accepted' }, at: 9 } as const;
  expect(afterSending(done, sending, ROUTES, REPETITIONS)).toEqual({ ...done, sendings: 1 });
  const failed = { ...sending, outcome: { kind: 'refused', reason: 'x' } } as const;
  expect(afterSending(done, failed, ROUTES, REPETITIONS)).toBe(done);
});

test('a SessionID is not given again within 32 notifications, although none of them is pending', () => {
  let known: readonly Notification[] = [];
  for (let count = 0; count < 80; count += 1) {
    const request = { account: 'main', requestsMos: false, connectionTypes: [], contentHash: `${count}` };
    const facts = { now: count, validFor: 1, random: new Uint8Array([0, 5]), openSessionId: '7' };
    const { accepted, forgotten } = acceptNotification(known, request, facts);
    expect([7, ...known.slice(-32).map(({ sessionId }) => sessionId)]).not.toContain(accepted.sessionId);
    known = [...known.filter(({ seq }) => !forgotten.includes(seq)), expired(accepted)];
    expect(known.length).toBeLessThanOrEqual(32);
  }
});
