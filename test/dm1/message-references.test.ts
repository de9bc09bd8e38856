/** Statuses and Results for messages that the bridge never sent (DMREPPRO "MsgRef"; DM-1.3 §6.4). */
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/syncml/message.ts';
import { alert, devInfo, get, headerOk, LockStep, leaf, outline, replace, results, status } from './lock-step.ts';

const STRAY = { type: 'tolerated', what: 'Status for nothing that was sent' };

function tolerances(device: LockStep): readonly unknown[] {
  return device.effects.filter(({ type }) => type === 'tolerated');
}

/** A device that has read `./a`; `more` goes into the same message, before or behind its Statuses. */
function playsGet(before: readonly Command[], behind: readonly Command[]): LockStep {
  const device = new LockStep();
  device.begins(get('a'));
  const own = [headerOk(1), status(1, 4, 'Get', 200), results(1, 4, [leaf('./a', 'A')])];
  device.says([...before, ...own, ...behind]);
  return device;
}

describe('a Status for a message that was never sent', () => {
  const strays: readonly (readonly [string, Command])[] = [
    ['SyncHdr 500 with MsgRef 0', headerOk(0, 500)],
    ['SyncHdr 500 with a MsgRef above the last one', headerOk(9, 500)],
    ['SyncHdr 407 with MsgRef 0', headerOk(0, 407)],
    ['SyncHdr 212 with MsgRef 0', headerOk(0, 212)],
    ['Get 500 with the CmdID of a Get', status(0, 4, 'Get', 500)],
    ['Get 404 with a MsgRef above the last one', status(5, 4, 'Get', 404)],
    ['Replace 500', status(0, 7, 'Replace', 500)],
  ];

  test.each(strays)('%s has no effect before the right Status, and is reported', (_, stray) => {
    const device = playsGet([stray], []);
    expect(device.outcomeStatuses).toEqual(['a:200']);
    expect(tolerances(device)).toEqual([STRAY]);
    expect(device.session).toMatchObject({ phase: 'ready', serverAuth: { state: 'none' } });
  });

  test.each(strays)('%s has no effect behind the right Status, and is reported', (_, stray) => {
    const device = playsGet([], [stray]);
    expect(device.outcomeStatuses).toEqual(['a:200']);
    expect(tolerances(device)).toEqual([STRAY]);
    expect(device.session).toMatchObject({ phase: 'ready', serverAuth: { state: 'none' } });
  });

  test.each(strays)('%s in Package#1 has no effect', (_, stray) => {
    for (const commands of [
      [stray, alert('1201'), devInfo()],
      [alert('1201'), devInfo(), stray],
    ]) {
      const device = new LockStep();
      device.says(commands, { verdict: { status: 212 } });
      device.plans(get('a'));
      expect(outline(device.answers()).at(-2)).toBe('Get');
      expect(tolerances(device)).toEqual([STRAY]);
      expect(device.session.serverAuth.state).toBe('none');
    }
  });

  test('a failed SyncHdr Status for the challenge before the session has no effect', () => {
    const device = new LockStep({ nextMsgId: 2 }, 2);
    device.says([headerOk(1, 500), alert('1201'), devInfo()], { verdict: { status: 212 } });
    device.plans(get('a'));
    expect(outline(device.answers()).at(-2)).toBe('Get');
  });

  test('a device that asks for credentials in its Status for the challenge before the session gets them', () => {
    const device = new LockStep({ nextMsgId: 2 }, 2);
    device.says([headerOk(1, 407), alert('1201'), devInfo()], { verdict: { status: 212 } });
    expect(device.session.serverAuth.state).toBe('challenged');
  });

  test('the only SyncHdr Status of a message has no effect when it fails for a message that was never sent', () => {
    const device = new LockStep();
    device.begins(get('a'));
    device.says([headerOk(0, 500)], { final: false });
    expect(device.outcomeStatuses).toEqual([]);
    device.answers();
    device.says([headerOk(2), status(1, 4, 'Get', 200), results(1, 4, [leaf('./a', 'A')])]);
    expect(device.outcomeStatuses).toEqual(['a:200']);
  });
});

describe('a Status for a message that was sent', () => {
  test.each([
    ['the last message', 2],
    ['an earlier message', 1],
  ])('a failed SyncHdr Status for %s ends the session', (_, msgRef) => {
    const device = playsGet([], []);
    device.plans(replace('b'));
    device.answers();
    device.says([headerOk(msgRef, 500)]);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:500']);
    expect(device.session.phase).toBe('closed');
  });

  test('the SyncHdr Status for the last message counts, in whatever order they come', () => {
    for (const header of [
      [headerOk(1, 500), headerOk(2)],
      [headerOk(2), headerOk(1, 500)],
    ]) {
      const device = playsGet([], []);
      device.plans(replace('b'));
      device.answers();
      device.says([...header, status(2, 2, 'Replace', 200)]);
      expect(device.outcomeStatuses).toEqual(['a:200', 'b:200']);
    }
  });

  test('a Status with the right MsgRef counts before one of an earlier message with the same CmdID', () => {
    const device = playsGet([], []);
    device.plans(replace('b'), replace('c'), replace('d'));
    device.answers();
    const late = status(1, 4, 'Replace', 500);
    device.says([headerOk(2), late, ...[3, 4, 5].map((cmdRef) => status(2, cmdRef, 'Replace', 200))]);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:200', 'c:200', 'd:200']);
    expect(tolerances(device)).toEqual([STRAY]);
  });
});

describe('a device that counts MsgRef in its own way', () => {
  test.each([0, 7])('is served when every MsgRef is %i', (msgRef) => {
    const device = new LockStep();
    device.begins(get('a'));
    device.says([headerOk(msgRef), status(msgRef, 4, 'Get', 200), results(msgRef, 4, [leaf('./a', 'A')])]);
    device.plans(replace('b'));
    device.answers();
    device.says([headerOk(msgRef), status(msgRef, 2, 'Replace', 418)]);
    expect(device.outcomeStatuses).toEqual(['a:200', 'b:418']);
    expect(tolerances(device)).toEqual([]);
  });

  test('gets credentials when it asks for them', () => {
    const device = new LockStep();
    device.begins(get('a'));
    device.says([headerOk(0, 407)]);
    expect(device.session.serverAuth.state).toBe('challenged');
    expect(device.outcomeStatuses).toEqual([]);
  });
});

test('Results for a message that was never sent have no effect beside right references', () => {
  const device = playsGet([results(0, 4, [leaf('./a', 'wrong')])], []);
  expect(device.outcomes[0]?.results).toEqual([{ source: './a', data: 'A' }]);
});
