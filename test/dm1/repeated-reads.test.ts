/** Reads that a device left out of its answer to a Sequence, and that are sent once more (DMREPPRO "Sequence"; DM-TND §9.1). */
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import type { Command } from '../../src/syncml/message.ts';
import { get, headerOk, LockStep, leaf, outline, replace, results, status } from './lock-step.ts';

const STRUCT = get('s', '.?list=Struct');
const DATA_LIST = get('l', './l?list=StructData');

/** The bridge's next message without its Statuses. */
function next(device: LockStep): readonly string[] {
  return outline(device.answers()).filter((each) => !each.startsWith('Status'));
}

/** The CmdIDs of a first Sequence are 4 for itself and 5, 6, … for its members. */
function answered(commands: readonly ServerCommand[], said: readonly Command[]): LockStep {
  const device = new LockStep();
  device.begins(...commands);
  device.says([headerOk(1), ...said]);
  return device;
}

/** The device answers the one Get of the message that it got last. */
function answersGet(device: LockStep, code: number, value?: string): void {
  const msgRef = device.session.nextMsgId - 1;
  const read = value === undefined ? [] : [results(msgRef, 2, [leaf('./x', value)])];
  device.says([headerOk(msgRef), status(msgRef, 2, 'Get', code), ...read]);
}

describe('Gets without Results in the Sequence of a list', () => {
  /** As the Android engine does it: a list, then 200 without Results for all that follows. */
  const disturbed = (list: ServerCommand = STRUCT): LockStep =>
    answered(
      [list, get('a'), replace('r'), get('b')],
      [
        status(1, 4, 'Sequence', 200),
        status(1, 5, 'Get', 200),
        results(1, 5, [leaf('./DevInfo', undefined, { format: 'node' })]),
        status(1, 6, 'Get', 200),
        status(1, 7, 'Replace', 200),
        status(1, 8, 'Get', 200),
      ],
    );

  test.each([STRUCT, DATA_LIST])(
    'are each sent once more, alone, and then have their value: $items.0.target',
    (list) => {
      const device = disturbed(list);
      expect(device.outcomeStatuses).toEqual([`${list.id}:200`, 'r:200']);
      device.plans(replace('late'));
      expect(next(device)).toEqual(['Get', 'Final']);
      answersGet(device, 200, 'A');
      expect(next(device)).toEqual(['Get', 'Final']);
      answersGet(device, 200, 'B');
      expect(device.outcomeStatuses.slice(2)).toEqual(['a:200', 'b:200']);
      expect(device.outcomes.slice(2).map((outcome) => outcome.results[0]?.data)).toEqual(['A', 'B']);
      expect(next(device)).toEqual(['Replace', 'Final']);
    },
  );

  test('end with 500 when they have no Results alone either', () => {
    const device = disturbed();
    next(device);
    answersGet(device, 200);
    next(device);
    answersGet(device, 404);
    expect(device.outcomeStatuses.slice(2)).toEqual(['a:500', 'b:404']);
  });

  test('make the bridge send ?list=Struct alone from then on, and other Gets together', () => {
    const device = disturbed();
    expect(device.effects).toContainEqual({ type: 'structAlone' });
    next(device);
    answersGet(device, 200, 'A');
    next(device);
    answersGet(device, 200, 'B');
    device.plans(get('c'), get('d'), STRUCT, get('e'), DATA_LIST);
    expect(next(device)).toEqual(['Sequence[Get,Get]', 'Final']);
    device.says([headerOk(4), ...[3, 4].map((cmdRef) => status(4, cmdRef, 'Get', 404))]);
    expect(next(device)).toEqual(['Get', 'Final']);
    answersGet(device, 200, 'x');
    expect(next(device)).toEqual(['Sequence[Get,Get]', 'Final']);
  });

  test('of values do not make the bridge send ?list=Struct alone', () => {
    const device = disturbed(DATA_LIST);
    expect(device.effects).not.toContainEqual({ type: 'structAlone' });
  });

  test('have the Status of a device that answers other than 200', () => {
    const device = answered([STRUCT, get('a')], [status(1, 5, 'Get', 404), status(1, 6, 'Get', 405)]);
    expect(device.outcomeStatuses).toEqual(['s:404', 'a:405']);
  });

  test('are not repeated without a list beside them', () => {
    for (const commands of [
      [get('a'), get('b')],
      [get('a'), STRUCT],
    ]) {
      const said = [status(1, 5, 'Get', 404), status(1, 6, 'Get', 200)];
      expect(answered(commands, said).outcomeStatuses).toEqual([`a:404`, `${commands[1]?.id}:500`]);
    }
  });
});

describe('members of a Sequence without a Status', () => {
  test.each<[string, readonly Command[]]>([
    ['beside members that have one', [status(1, 6, 'Replace', 200)]],
    ['in a Sequence with 200', [status(1, 4, 'Sequence', 200), status(1, 6, 'Replace', 200)]],
  ])('are sent once more when they were reads: %s', (_, said) => {
    const device = answered([get('a'), replace('r'), get('b')], said);
    expect(device.outcomeStatuses).toEqual(['r:200']);
    expect(device.session.structAlone).toBeUndefined();
    expect(next(device)).toEqual(['Get', 'Final']);
    answersGet(device, 200, 'A');
    expect(next(device)).toEqual(['Get', 'Final']);
    answersGet(device, 404);
    expect(device.outcomeStatuses).toEqual(['r:200', 'a:200', 'b:404']);
  });

  test('are sent once more when the whole Sequence has none, and writes end with 500', () => {
    const device = answered([get('a'), replace('r')], []);
    expect(device.outcomeStatuses).toEqual(['r:500']);
    expect(device.session.ordering).toBe('one-per-message');
    expect(next(device)).toEqual(['Get', 'Final']);
    device.says([headerOk(2)]);
    expect(device.outcomeStatuses).toEqual(['r:500', 'a:500']);
  });

  test('are not sent once more when their Results came', () => {
    const device = answered(
      [get('a'), replace('r')],
      [results(1, 5, [leaf('./a', 'A')]), status(1, 6, 'Replace', 200)],
    );
    expect(device.outcomeStatuses).toEqual(['a:200', 'r:200']);
  });

  test('have the Status of a Sequence that failed', () => {
    const device = answered([get('a'), replace('r')], [status(1, 4, 'Sequence', 403), status(1, 6, 'Replace', 404)]);
    expect(device.outcomeStatuses).toEqual(['a:403', 'r:404']);
  });
});
