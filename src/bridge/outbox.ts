/**
 * The working copy of a device's outbox: alerts that the backend has not taken yet.
 *
 * A message that needs no alert has none in memory, only their numbers. The value is immutable; the cell replaces it as a
 * whole, and its commit writes `added` and `removed`.
 */
import { type AlertState, alertState, type OutboxItem } from '../device/outbox-item.ts';
import type { Mutable } from '../mutable.ts';
import type { OutboxSummary } from './ports.ts';

/** Refused alerts are not delivered, so no message needs them. */
export type LoadedState = Exclude<AlertState, 'refused'>;

export interface Outbox {
  /** The numbers after everything that is not stored yet. */
  readonly numbers: OutboxSummary;
  /** The alerts in a state, oldest first; absent while they are only in the store. */
  readonly loaded: Readonly<Partial<Record<LoadedState, readonly OutboxItem[]>>>;
  /** Not stored yet. */
  readonly added: readonly OutboxItem[];
  /** `seq` of rows that are to be removed from the store before `added` is written; a row may not be there. */
  readonly removed: readonly number[];
}

/** The alerts that a device has in the store. */
export function storedOutbox(numbers: OutboxSummary): Outbox {
  const loaded = listsOf(numbers.kept === 0 ? [] : undefined, numbers.held === 0 ? [] : undefined);
  return { numbers, loaded, added: [], removed: [] };
}

/** The number of alerts that are to be delivered. */
export function outboxSize({ numbers }: Outbox): number {
  return numbers.kept + numbers.held;
}

/** The outbox with the alerts of one state as the store has them. */
export function withLoaded(outbox: Outbox, state: LoadedState, stored: readonly OutboxItem[]): Outbox {
  const removed = new Set(outbox.removed);
  const added = outbox.added.filter((item) => alertState(item) === state);
  const items = [...stored.filter(({ seq }) => !removed.has(seq)), ...added].sort(bySeq);
  return { ...outbox, loaded: { ...outbox.loaded, [state]: items } };
}

/** The outbox with new alerts, whose `seq` is above that of all others. */
export function withAdded(outbox: Outbox, items: readonly OutboxItem[]): Outbox {
  const { numbers, loaded, added } = outbox;
  const { kept } = loaded;
  return {
    ...outbox,
    numbers: { ...numbers, kept: numbers.kept + items.length },
    loaded: kept === undefined ? loaded : { ...loaded, kept: [...kept, ...items] },
    added: [...added, ...items],
  };
}

/** The outbox without the alerts with these `seq`. */
export function withoutAlerts(outbox: Outbox, seqs: readonly number[]): Outbox {
  const gone = new Set(seqs);
  const stays = ({ seq }: OutboxItem): boolean => !gone.has(seq);
  const kept = outbox.loaded.kept?.filter(stays);
  const held = outbox.loaded.held?.filter(stays);
  return {
    numbers: {
      ...outbox.numbers,
      kept: outbox.numbers.kept - countGone(outbox.loaded.kept, kept),
      held: outbox.numbers.held - countGone(outbox.loaded.held, held),
    },
    loaded: listsOf(kept, held),
    added: outbox.added.filter(stays),
    removed: [...outbox.removed, ...seqs],
  };
}

/** The outbox with a loaded alert in the state that its refusal says. */
export function withRefusal(outbox: Outbox, item: OutboxItem): Outbox {
  return withState(withoutAlerts(outbox, [item.seq]), item);
}

/** The outbox with a refused alert of the store among those that the next package carries. */
export function withPutBack(outbox: Outbox, { refusal: _, ...item }: OutboxItem): Outbox {
  return withState(withoutRefused(outbox, [item.seq]), item);
}

/** The outbox without refused alerts of the store. */
export function withoutRefused(outbox: Outbox, seqs: readonly number[]): Outbox {
  const { numbers, removed } = outbox;
  return {
    ...outbox,
    numbers: { ...numbers, refused: numbers.refused - seqs.length },
    removed: [...removed, ...seqs],
  };
}

/** The outbox with one alert more, in its state. */
function withState(outbox: Outbox, item: OutboxItem): Outbox {
  const { numbers, loaded, added } = outbox;
  const state = alertState(item);
  const list = state === 'refused' ? undefined : loaded[state];
  return {
    ...outbox,
    numbers: { ...numbers, [state]: numbers[state] + 1 },
    loaded: list === undefined ? loaded : { ...loaded, [state]: [...list, item].sort(bySeq) },
    added: [...added, item],
  };
}

/** The outbox after a commit has written the changes of `written`, from which it has come. */
export function afterCommit(outbox: Outbox, written: Outbox): Outbox {
  if (written.added.length === 0 && written.removed.length === 0) return outbox;
  const stored = new Set(written.added);
  return {
    ...outbox,
    added: outbox.added.filter((item) => !stored.has(item)),
    removed: outbox.removed.slice(written.removed.length),
  };
}

function listsOf(kept: readonly OutboxItem[] | undefined, held: readonly OutboxItem[] | undefined): Outbox['loaded'] {
  const lists: Mutable<Outbox['loaded']> = {};
  if (kept !== undefined) lists.kept = kept;
  if (held !== undefined) lists.held = held;
  return lists;
}

function countGone(before: readonly OutboxItem[] = [], after: readonly OutboxItem[] = []): number {
  return before.length - after.length;
}

function bySeq(one: OutboxItem, other: OutboxItem): number {
  return one.seq - other.seq;
}
