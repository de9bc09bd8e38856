/** The search for alerts that a backend refuses: short, complete, and harmless while the backend is down (ADR 29). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AlertDelivery } from '../../src/device/managed-device.ts';
import { alertState, type OutboxItem } from '../../src/device/outbox-item.ts';
import {
  afterReply,
  afterSending,
  alertsForPackage1,
  alertsForPackage3,
  isSearching,
} from '../../src/north/alert-delivery.ts';

const HOUR = 3600_000;
const FINAL = [400, 413, 415, 422];
const OTHER = [402, 403, 404, 405, 406, 407, 409, 410, 418, 424, 431, 451, 500, 501, 502, 504, 507, 599];
const NO_REFUSAL = [301, 304, 401, 408, 425, 429, 503];

/** A device that sends one Package#1 after the other; its clock does not move unless a test moves it. */
class Sender {
  delivery: AlertDelivery | undefined;
  items: OutboxItem[] = [];
  readonly taken: number[] = [];
  /** The number of alerts in each Package#1, with its status. */
  readonly log: (readonly [number, number])[] = [];
  now = 1_700_000_000_000;
  #seq = 0;

  add(count: number): readonly number[] {
    const added = Array.from({ length: count }, (): OutboxItem => {
      this.#seq += 1;
      return { seq: this.#seq, receivedAt: 0, code: 1226, item: {} };
    });
    this.items.push(...added);
    return added.map(({ seq }) => seq);
  }

  in(state: ReturnType<typeof alertState>): readonly OutboxItem[] {
    return this.items.filter((item) => alertState(item) === state);
  }

  /** Sends Package#1; `backend` gives the status for what it carries. */
  send(backend: (seqs: readonly number[]) => number): readonly number[] {
    const kept = this.in('kept');
    const carried = alertsForPackage1(this.delivery, { kept, held: this.in('held') }, this.now);
    this.delivery = afterSending(this.delivery, carried);
    const seqs = carried.map(({ seq }) => seq);
    const status = backend(seqs);
    this.log.push([seqs.length, status]);
    const others = kept.filter(({ seq }) => !seqs.includes(seq)).length;
    const step = afterReply(this.delivery, { carried, others, status, at: this.now });
    this.delivery = step.delivery;
    if (status < 300) {
      this.taken.push(...seqs);
      this.items = this.items.filter(({ seq }) => !seqs.includes(seq));
    }
    const { setAside } = step;
    if (setAside !== undefined) this.items = this.items.map((item) => (item.seq === setAside.seq ? setAside : item));
    // As in a store.
    this.delivery = JSON.parse(JSON.stringify({ delivery: this.delivery })).delivery;
    return seqs;
  }
}

/** The statuses of bad alerts by `seq`; a package gets that of the first bad alert in it. */
type BadAlerts = ReadonlyMap<number, number>;
const refusing = (bad: BadAlerts) => (seqs: readonly number[]) =>
  seqs.flatMap((seq) => bad.get(seq) ?? []).at(0) ?? 200;

const badAlerts = (count: number, codes: readonly number[] = [...FINAL, ...OTHER]) =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: count }), fc.constantFrom(...codes)), { maxLength: 6 })
    .map((entries): BadAlerts => new Map(entries));
const scene = fc
  .oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2_000 }))
  .chain((count) => fc.record({ count: fc.constant(count), bad: badAlerts(count) }));

/** Three refusals and a package without alerts, then for each bad alert a way down and a way up by halves, and one way more. */
function bound(count: number, bad: number): number {
  const depth = Math.ceil(Math.log2(count + 1)) + 2;
  // A package without alerts follows each three refusals in a row.
  return Math.ceil(((4 + (bad + 1) * 2 * depth) * 4) / 3);
}

test('for each backend that refuses some alerts the search ends after few packages, and each alert ends where it belongs', () => {
  fc.assert(
    fc.property(scene, ({ count, bad }) => {
      const sender = new Sender();
      const seqs = sender.add(count);
      let packages = 0;
      while (sender.in('kept').length > 0) {
        sender.send(refusing(bad));
        packages += 1;
        expect(packages).toBeLessThanOrEqual(bound(count, bad.size));
      }
      expect(sender.taken).toEqual(seqs.filter((seq) => !bad.has(seq)));
      expect(sender.in('refused').map(({ seq }) => seq)).toEqual(
        seqs.filter((seq) => FINAL.includes(bad.get(seq) ?? 200)),
      );
      expect(sender.in('held').map(({ seq }) => seq)).toEqual(
        seqs.filter((seq) => OTHER.includes(bad.get(seq) ?? 200)),
      );
      sender.send(refusing(bad));
      expect(sender.delivery).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

test('a device is never refused more than three times in a row', () => {
  fc.assert(
    fc.property(scene, fc.array(fc.constantFrom(0, HOUR, 24 * HOUR), { maxLength: 60 }), ({ count, bad }, pauses) => {
      const sender = new Sender();
      sender.add(count);
      let inRow = 0;
      for (const pause of pauses) {
        sender.now += pause;
        sender.send(refusing(bad));
        inRow = sender.log.at(-1)?.[1] === 200 ? 0 : inRow + 1;
        expect(inRow).toBeLessThanOrEqual(3);
      }
    }),
  );
});

test('alerts that arrive during the search are delivered, too, each once', () => {
  fc.assert(
    fc.property(scene, fc.array(fc.nat(3), { maxLength: 30 }), ({ count, bad }, arrivals) => {
      const sender = new Sender();
      sender.add(count);
      for (const added of arrivals) {
        sender.add(added);
        sender.send(refusing(bad));
      }
      for (let rest = 0; sender.in('kept').length > 0; rest += 1) {
        sender.send(refusing(bad));
        expect(rest).toBeLessThan(bound(count + 100, bad.size));
      }
      const all = Array.from({ length: count + arrivals.reduce((sum, added) => sum + added, 0) }, (_, at) => at + 1);
      expect(sender.taken).toEqual(all.filter((seq) => !bad.has(seq)));
    }),
  );
});

test('a Package#3 carries alerts only while no search is under way', () => {
  fc.assert(
    fc.property(scene, ({ count, bad }) => {
      const sender = new Sender();
      sender.add(count);
      let hasBegun = false;
      while (sender.in('kept').length > 0) {
        sender.send(refusing(bad));
        const statuses = sender.log.map(([, status]) => status);
        hasBegun ||= statuses.length === 3 && !statuses.includes(200);
        const kept = sender.in('kept');
        if (kept.length > 0) expect(alertsForPackage3(sender.delivery, kept)).toEqual(hasBegun ? [] : kept);
      }
    }),
  );
});

test('a backend that is down marks no alert, and takes all of them once it works again', () => {
  const down = fc.constantFrom(...FINAL, ...OTHER, ...NO_REFUSAL);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.array(down, { maxLength: 30 }), (count, statuses) => {
      const sender = new Sender();
      const seqs = sender.add(count);
      for (const status of statuses) sender.send(() => status);
      expect(sender.in('kept')).toHaveLength(count);
      for (let packages = 0; sender.in('kept').length > 0; packages += 1) {
        sender.send(() => 200);
        expect(packages).toBeLessThan(bound(count, 0));
      }
      expect(sender.taken).toEqual(seqs);
    }),
  );
});

test('replies that are no refusal change nothing, wherever the search is', () => {
  fc.assert(
    fc.property(scene, fc.nat(30), fc.constantFrom(...NO_REFUSAL), ({ count, bad }, steps, status) => {
      const sender = new Sender();
      sender.add(count);
      for (let step = 0; step < steps; step += 1) sender.send(refusing(bad));
      const { delivery, items } = sender;
      sender.send(() => status);
      expect([sender.delivery, sender.items]).toEqual([delivery, items]);
    }),
  );
});

test('a held alert goes alone after one hour, then every 24 hours, and never twice without another Package#1 between', () => {
  const sender = new Sender();
  const [first, second] = sender.add(2);
  const backend = refusing(new Map([first, second].map((seq) => [seq ?? 0, 500])));
  while (sender.in('kept').length > 0) sender.send(backend);
  sender.log.length = 0;
  sender.now += HOUR - 1;
  expect(sender.send(backend)).toEqual([]);
  const [other] = sender.add(1);
  sender.now += 1;
  expect(sender.send(backend)).toEqual([first]);
  expect(sender.send(backend)).toEqual([other]);
  expect(sender.send(backend)).toEqual([second]);
  expect(sender.send(backend)).toEqual([]);
  sender.now += 24 * HOUR - 1;
  expect(sender.send(backend)).toEqual([]);
  sender.now += 1;
  expect(sender.send(() => 200)).toEqual([first]);
  expect(sender.send(() => 413)).toEqual([second]);
  expect(sender.in('refused')).toMatchObject([{ seq: second, refusal: { status: 413, tries: 3 } }]);
  expect(isSearching(sender.delivery)).toBe(false);
});

test('the search goes on with the size that it had before the package without alerts', () => {
  const sender = new Sender();
  const [first = 0] = sender.add(16);
  while (sender.in('kept').length > 0) sender.send(refusing(new Map([[first, 400]])));
  expect(sender.log.map(([count]) => count)).toEqual([16, 16, 16, 0, 8, 4, 2, 0, 1, 1, 2, 4, 8]);
});

test('a search that ends with a refusal is not followed by the try of a held alert', () => {
  const sender = new Sender();
  const [first = 0, second = 0] = sender.add(2);
  const backend = refusing(
    new Map([
      [first, 500],
      [second, 400],
    ]),
  );
  while (sender.in('kept').length > 0) sender.send(backend);
  sender.now += HOUR;
  expect(sender.send(backend)).toEqual([]);
  expect(sender.send(backend)).toEqual([first]);
});

test('of several held alerts that are due, the one that has waited longest goes first', () => {
  const sender = new Sender();
  const [first = 0] = sender.add(1);
  const backend = () => 500;
  const setAside = () => {
    sender.delivery = { refusals: 0, size: 1 };
    sender.send(backend);
    sender.send(() => 200);
  };
  setAside();
  sender.now += HOUR;
  expect(sender.send(backend)).toEqual([first]);
  sender.send(() => 200);
  const [second = 0] = sender.add(1);
  setAside();
  sender.now += 24 * HOUR;
  expect(sender.send(backend)).toEqual([second]);
  sender.send(() => 200);
  expect(sender.send(backend)).toEqual([first]);
});
