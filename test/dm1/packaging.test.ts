/** Commands in messages: their order, their Sequence, and MaxMsgSize (DM-1.3 §7.1, §8). */
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from '../../src/dm1/server-command.ts';
import type { MeasureMessage } from '../../src/dm1/session-model.ts';
import { cmdIdOf, get, headerOk, LockStep, measureXml, outline, replace, status } from './lock-step.ts';

const ATOMIC: ServerCommand = {
  id: 'at',
  name: 'Atomic',
  items: [],
  members: [replace('m1'), replace('m2'), replace('m3')],
};
const DISPLAY: ServerCommand = {
  id: 'ui',
  name: 'Alert',
  alertCode: '1100',
  items: [{ data: 'MINDT=10' }, { data: 'Hello' }],
};

function own(message: Parameters<typeof outline>[0]): readonly string[] {
  return outline(message).filter((each) => !each.startsWith('Status'));
}

function joined(command: ServerCommand): ServerCommand {
  return { ...command, withPrevious: true };
}

describe('commands for the device', () => {
  test.each([
    ['sequence', ['Sequence[Get,Replace]', 'Final']],
    ['plain', ['Get', 'Replace', 'Final']],
    ['one-per-message', ['Get', 'Final']],
  ] as const)('share a message by the ordering %s', (ordering, expected) => {
    expect(own(new LockStep({ ordering }).begins(get('a'), replace('b')))).toEqual(expected);
  });

  test('keep their order, and a UI Alert and an Atomic are sent alone', () => {
    const device = new LockStep();
    const packages = [own(device.begins(get('a'), DISPLAY, ATOMIC, get('b'), get('c')))];
    while (device.session.queue.length > 0) {
      device.says([headerOk(device.session.nextMsgId - 1)]);
      packages.push(own(device.answers()));
    }
    expect(packages).toEqual([
      ['Get', 'Final'],
      ['Alert:1100', 'Final'],
      ['Atomic[Replace,Replace,Replace]', 'Final'],
      ['Sequence[Get,Get]', 'Final'],
    ]);
  });

  test.each<[string, readonly ServerCommand[], readonly string[]]>([
    [
      'a UI Alert with what depends on it',
      [DISPLAY, joined(replace('a')), replace('b')],
      ['Sequence[Alert:1100,Replace]', 'Final'],
    ],
    [
      'plain commands and a UI Alert',
      [replace('a'), replace('b'), joined(DISPLAY), replace('c')],
      ['Sequence[Replace,Replace,Alert:1100]', 'Final'],
    ],
    [
      'an Atomic, which is in no Sequence',
      [replace('a'), joined(ATOMIC)],
      ['Replace', 'Atomic[Replace,Replace,Replace]', 'Final'],
    ],
  ])('are sent together when the planner joins them: %s', (_, plan, expected) => {
    expect(own(new LockStep().begins(...plan))).toEqual(expected);
  });

  test('are numbered in document order, containers and members', () => {
    const message = new LockStep().begins(get('a'), get('b'));
    expect([0, 1, 2].map((index) => cmdIdOf(message, index))).toEqual(['4', '5', '6']);
  });

  test('fill a message up to MaxMsgSize, except for less than one command', () => {
    const device = new LockStep();
    device.says([headerOk(1)], { meta: { maxMsgSize: 2000 } });
    device.plans(...Array.from({ length: 30 }, (_, index) => replace(`n${index}`, 'v'.repeat(40))));
    const sent: number[] = [];
    for (;;) {
      const message = device.answers();
      if (own(message).length === 1) break;
      const size = measureXml(message);
      expect(size).toBeLessThanOrEqual(2000);
      sent.push(device.session.outstanding.length);
      if (device.session.queue.length > 0) expect(size).toBeGreaterThan(2000 - 320);
      const { msgId } = message.header;
      device.says([headerOk(msgId), status(msgId, 2, 'Sequence', 200)]);
    }
    expect(sent.reduce((sum, count) => sum + count)).toBe(30);
    expect(device.outcomeStatuses).toEqual(Array.from({ length: 30 }, (_, index) => `n${index}:200`));
  });

  test('are sent after the Statuses when they fit only without them', () => {
    const device = new LockStep();
    device.says(
      [
        { ...headerOk(1) },
        ...Array.from({ length: 6 }, () => ({ name: 'Alert' as const, cmdId: '9', data: '1224', items: [] })),
      ],
      {
        meta: { maxMsgSize: 1800 },
      },
    );
    device.plans(replace('b', 'x'.repeat(700)));
    expect(own(device.answers())).toEqual(['Alert:1222']);
    device.says([headerOk(1)], { final: false });
    expect(own(device.answers())).toEqual(['Replace', 'Final']);
  });

  test('abort the session when MaxMsgSize has no room for header, Statuses and 64 bytes', () => {
    const device = new LockStep();
    device.says([headerOk(1)], { meta: { maxMsgSize: 300 } });
    device.plans(get('a'));
    expect(own(device.answers())).toEqual(['Alert:1223', 'Final']);
    expect(device.effects).toContainEqual(expect.objectContaining({ type: 'aborted', by: 'bridge' }));
  });

  test.each<[string, ServerCommand, number]>([
    ['a Get', get('g', `./${'long/'.repeat(300)}x`), 420],
    ['an Atomic', { id: 'g', name: 'Atomic', items: [], members: [replace('m', 'y'.repeat(1500))] }, 517],
  ])('that no message can carry get an outcome, and the session goes on: %s', (_, command, code) => {
    const device = new LockStep();
    device.says([headerOk(1)], { meta: { maxMsgSize: 1500 } });
    device.plans(command);
    const message = device.answers();
    expect(own(message)).toEqual(['Get', 'Final']);
    expect(device.outcomeStatuses).toEqual([`g:${code}`]);
    device.says([headerOk(1), status(1, 2, 'Get', 200)]);
    device.plans(get('next'));
    expect(own(device.answers())).toEqual(['Get', 'Final']);
    expect(device.session.outstanding).toHaveLength(1);
  });
});

describe('a message', () => {
  test('is filled to the last byte after a command that can never be sent', () => {
    // Half as long as XML, so that the Get needs fewer bytes than the smallest chunk.
    const measure: MeasureMessage = (message) => Math.ceil(measureXml(message) / 2);
    const answer = (maxMsgSize: number | undefined) => {
      const device = new LockStep();
      device.says([headerOk(1)], { meta: maxMsgSize === undefined ? {} : { maxMsgSize, maxObjSize: 10 } });
      if (maxMsgSize !== undefined) device.plans(replace('large', 'x'.repeat(11)));
      device.plans(get('a'));
      return { device, message: device.answers('continue', { measure }) };
    };
    const size = measure(answer(undefined).message);
    const { device, message } = answer(size);
    expect(device.outcomeStatuses).toEqual(['large:420']);
    expect(own(message)).toEqual(['Get', 'Final']);
    expect(measure(message)).toBe(size);
  });

  test('leaves commands out from the end when together they are longer than their sum', () => {
    const measure: MeasureMessage = (message) => {
      const [sequence] = message.commands.flatMap((each) => (each.name === 'Sequence' ? [each] : []));
      return measureXml(message) + ((sequence?.members.length ?? 0) > 2 ? 10_000 : 0);
    };
    const device = new LockStep();
    device.says([headerOk(1)], { meta: { maxMsgSize: 5000 } });
    device.plans(...Array.from({ length: 5 }, (_, index) => get(`g${index}`)));
    expect(own(device.answers('continue', { measure }))).toEqual(['Sequence[Get,Get]', 'Final']);
    expect(device.outcomeStatuses).toEqual([]);
  });
});

describe('a command that must not be cut', () => {
  const undivided = (length: number): ServerCommand => ({ ...replace('u', 'x'.repeat(length)), undivided: true });

  function sent(command: ServerCommand, limits: { readonly maxMsgSize: number; readonly maxObjSize?: number }) {
    const device = new LockStep();
    device.says([headerOk(1)], { meta: limits });
    device.plans(command);
    return { device, names: own(device.answers()) };
  }

  test('is sent when it fits', () => {
    expect(sent(undivided(500), { maxMsgSize: 1500 }).names).toEqual(['Replace', 'Final']);
  });

  test('gets 413 of the bridge when it does not fit, and the session goes on', () => {
    const { device, names } = sent(undivided(1500), { maxMsgSize: 1500 });
    expect(device.outcomes).toMatchObject([{ id: 'u', status: 413, unsent: true }]);
    expect(names).toEqual(['Get', 'Final']);
  });

  test('is sent in chunks to a device that sends MaxObjSize, unless it is larger', () => {
    expect(sent(undivided(1500), { maxMsgSize: 1500, maxObjSize: 2000 }).names[0]).toBe('Replace+');
    const { device } = sent(undivided(1500), { maxMsgSize: 1500, maxObjSize: 1000 });
    expect(device.outcomes).toMatchObject([{ id: 'u', status: 420, unsent: true }]);
  });

  test('is not marked as unsent when the device answers it with 413', () => {
    const { device } = sent(undivided(10), { maxMsgSize: 1500 });
    device.says([headerOk(1), status(1, 2, 'Replace', 413)]);
    expect(device.outcomes).toMatchObject([{ id: 'u', status: 413 }]);
    expect(device.outcomes[0]).not.toHaveProperty('unsent');
  });
});

describe('a command that is longer than a message', () => {
  test.each([
    [1000, 'Replace+'],
    [0, 'Replace'],
  ])('of %i characters is sent as %s', (length, expected) => {
    const device = new LockStep();
    device.says([headerOk(1)], { meta: { maxMsgSize: 1400 } });
    device.plans(replace('a', 'x'.repeat(length)));
    expect(own(device.answers())[0]).toBe(expected);
  });
});

describe('limits of the device', () => {
  test('are valid until it names others; 0 is no limit', () => {
    const device = new LockStep();
    device.says([], { meta: { maxMsgSize: 2000, maxObjSize: 5000 }, final: false });
    device.says([], { final: false });
    expect([device.session.maxMsgSize, device.session.maxObjSize]).toEqual([2000, 5000]);
    device.says([], { meta: { maxMsgSize: 0, maxObjSize: 100 } });
    expect([device.session.maxMsgSize, device.session.maxObjSize]).toEqual([2000, 100]);
  });
});
