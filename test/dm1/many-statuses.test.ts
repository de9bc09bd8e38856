/** The Statuses for very many commands of a device leave with several messages, and each of them costs its own size only. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { DueStatus } from '../../src/dm1/session-model.ts';
import { MAX_STATUSES, mostThatFit } from '../../src/dm1/size-limits.ts';
import { challengeMessage } from '../../src/dm1/stateless-answers.ts';
import { StoredList } from '../../src/dm1/stored-list.ts';
import { packStatuses, unpackStatuses } from '../../src/dm1/stored-statuses.ts';
import type { Command, SyncmlMessage } from '../../src/syncml/message.ts';
import { alert, deviceMessage, headerOk, LockStep, measureXml, numbered } from './lock-step.ts';

function gets(count: number): readonly Command[] {
  return Array.from({ length: count }, (_, at) => ({
    name: 'Get',
    cmdId: '',
    items: [{ target: { locUri: `./Vendor/Node${at}` } }],
  }));
}

/** A device that sends many Gets, and then nothing but the Status for SyncHdr until it has all Statuses. */
function collect(count: number, maxMsgSize: number | undefined, final = false) {
  const device = new LockStep();
  const meta = maxMsgSize === undefined ? {} : { maxMsgSize };
  device.says([alert('1201'), ...gets(count)], { meta, final });
  let measured = 0;
  const measure = (message: SyncmlMessage) => {
    measured += message.commands.length;
    return measureXml(message);
  };
  const answers: { readonly message: SyncmlMessage; readonly measured: number }[] = [];
  for (let left = count; left > 0; ) {
    const before = measured;
    const message = device.answers('continue', { measure });
    answers.push({ message, measured: measured - before });
    left -= message.commands.filter((command) => command.name === 'Status' && command.cmd === 'Get').length;
    device.says([headerOk(message.header.msgId)], { final });
  }
  return { answers, measured };
}

function commandIds({ message }: { readonly message: SyncmlMessage }): readonly string[] {
  return message.commands.flatMap((each) => (each.name === 'Status' && each.cmd === 'Get' ? [each.cmdRef] : []));
}

describe('the Statuses for very many commands', () => {
  test('all Statuses come, in the order of the commands, in messages within MaxMsgSize', () => {
    const { answers } = collect(1_000, 4_000);
    expect(answers.flatMap(commandIds)).toEqual(Array.from({ length: 1_000 }, (_, at) => String(at + 2)));
    for (const { message } of answers) expect(measureXml(message)).toBeLessThanOrEqual(4_000);
    expect(answers.length).toBeLessThan(50);
  });

  test.each([
    ['open', false],
    ['closed', true],
  ])(
    'what is measured for a message grows with it and not with the Statuses that are due: the package is %s',
    (_, final) => {
      const { answers } = collect(1_000, 4_000, final);
      expect(answers.flatMap(commandIds)).toHaveLength(1_000);
      for (const { message, measured } of answers) {
        expect(measured).toBeLessThanOrEqual(8 * (message.commands.length + 64));
      }
    },
  );

  test('four times as many commands are measured not much more often than four times as much', () => {
    const [few, many] = [collect(300, 4_000).measured, collect(1_200, 4_000).measured];
    expect(many / few).toBeLessThan(5);
  });

  test('a device that names no MaxMsgSize gets no more Statuses in a message than the limit, and nothing is measured', () => {
    const { answers, measured } = collect(12_000, undefined);
    expect(answers.map(({ message }) => message.commands.length)).toEqual([5_001, 5_001, 2_005]);
    expect(measured).toBe(0);
  });

  test('a challenge to very many commands has no more Statuses than the limit', () => {
    const message = deviceMessage(1, numbered(gets(12_000)));
    const { commands } = challengeMessage(message, { code: 407 }, { respUri: 'u' }, measureXml);
    expect(commands).toHaveLength(MAX_STATUSES + 1);
  });
});

/** The sizes of messages with none, one, two … of the parts. */
function sumsOf(parts: readonly number[], base: number): readonly number[] {
  const sums = [base];
  for (const size of parts) sums.push((sums.at(-1) ?? 0) + size);
  return sums;
}

describe('the number of parts that fit', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 100, max: 5_000 })), {
    maxLength: 400,
  });

  test('the number is the largest one that fits, whatever the parts are', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 100_000 }),
        (parts, base, limit) => {
          const sums = sumsOf(parts, base);
          const expected = Math.max(0, sums.filter((sum) => sum <= limit).length - 1);
          expect(mostThatFit(parts.length, limit, (count) => sums[count] ?? Number.NaN)).toBe(expected);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('the tries are few, also where the sizes of the parts mislead', () => {
    for (const shape of [
      () => 10,
      (at: number) => (at < 64 ? 1 : 1_000),
      (at: number) => (at % 500 === 0 ? 30_000 : 1),
    ]) {
      let tries = 0;
      const sums = sumsOf(
        Array.from({ length: 100_000 }, (_, at) => shape(at)),
        0,
      );
      mostThatFit(100_000, 64_000, (count) => {
        tries += 1;
        return sums[count] ?? Number.NaN;
      });
      expect(tries).toBeLessThan(30);
    }
  });
});

describe('the stored form of very many Statuses', () => {
  const statuses = (count: number): readonly DueStatus[] =>
    Array.from({ length: count }, (_, at) => {
      return { msgRef: 1, cmdRef: String(at), cmd: 'Get', targetRefs: [], sourceRefs: [], code: 405 };
    });

  test.each([0, 1, 128, 129, 1_000])('a session comes back with its %i Statuses', (count) => {
    const session = { dueStatuses: statuses(count) };
    const stored = JSON.parse(JSON.stringify(packStatuses(session)));
    expect(unpackStatuses(stored)).toEqual(session);
    expect(stored.dueStatuses).toHaveLength(count > 128 ? 0 : count);
  });

  test('of a list whose first Statuses have left and that has got others, only the two ends are written anew', () => {
    let dueStatuses = statuses(10_000);
    packStatuses({ dueStatuses });
    const stringify = vi.spyOn(JSON, 'stringify');
    for (let message = 1; message <= 100; message += 1) {
      dueStatuses = [...dueStatuses.slice(50), ...statuses(3)];
      packStatuses({ dueStatuses });
      // One block at the beginning, and one or two at the end.
      expect(stringify.mock.calls.length).toBeLessThanOrEqual(3);
      stringify.mockClear();
    }
  });

  test('the blocks of a list that others joined one by one do not stay short', () => {
    const list = new StoredList<{ readonly at: number }>();
    let values: readonly { readonly at: number }[] = [];
    let texts: readonly string[] | undefined;
    for (let at = 0; at < 1_280; at += 1) {
      values = [...values, { at }];
      texts = list.pack(values);
    }
    expect(texts).toHaveLength(10);
    expect(list.unpack(texts ?? [])).toEqual(values);
  });

  test('any list comes back, however its ends change', () => {
    const change = fc.record({ left: fc.nat(200), joined: fc.nat(200), replaced: fc.nat(1_000) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const list = new StoredList<{ readonly at: number }>();
        let values: readonly { readonly at: number }[] = Array.from({ length: 500 }, (_, at) => ({ at }));
        for (const { left, joined, replaced } of changes) {
          values = [...values.slice(left), ...Array.from({ length: joined }, (_, at) => ({ at }))];
          if (replaced < values.length) values = values.with(replaced, { at: -1 });
          const texts = list.pack(values);
          const read: readonly { readonly at: number }[] = texts === undefined ? values : list.unpack(texts);
          expect(read).toEqual(values);
        }
      }),
    );
  });
});
